"""Records of contention, leaks and lines, read back from where they are stored. Owns their wire format.

A record is a profile in speedscope's format with the details beside it, under a key of our own
(``inside/frames.py``). Version 1. Judges nothing.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundspeed.profiling.inside.frames import KEY, VERSION
from groundspeed.results.speedscope import ProfileFormatError


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A line of a program; ``line`` is 0 and ``file`` empty where nobody knows."""

    function: str
    file: str
    line: int

    def __str__(self) -> str:
        at = f"{self.file}:{self.line}" if self.line else self.file
        return f"{self.function} ({at})" if at else self.function


@dataclass(frozen=True, kw_only=True, slots=True)
class Holder:
    """A line that took a lock ``count`` times and held it, ``longest_s`` at the longest."""

    at: Place
    count: int
    hold_s: float
    longest_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiter:
    """A line that waited ``count`` times, while ``held_by`` held the lock when it began to."""

    at: Place
    held_by: Place
    count: int
    wait_s: float
    longest_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class LockUse:
    """The ``locks`` that one line made, together; ``given_up`` waits ended without the lock.

    Holders by the time they held, waiters by the time they waited, the longest first.
    """

    kind: str
    made: Place
    locks: int
    acquisitions: int
    hold_s: float
    waits: int
    wait_s: float
    longest_wait_s: float
    given_up: int
    holders: tuple[Holder, ...]
    waiters: tuple[Waiter, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Contention:
    """Waits for locks in ``calls`` calls that took ``seconds``; the locks waited for longest come first.

    ``notified`` are waits for a notification (conditions, events, queues), which are no contention.
    ``gil_share`` is the share of the time that the interpreter's lock was held; absent, ``notes`` say why.
    ``acquire_cost_s`` is what the recorder added to each of ``acquisitions``.
    """

    calls: int
    seconds: float
    gil_share: float | None
    locks: tuple[LockUse, ...]
    notified: tuple[Waiter, ...]
    acquire_cost_s: float
    acquisitions: int
    notes: tuple[str, ...]

    @property
    def wait_s(self) -> float:
        """Seconds waited for locks, all threads together."""
        return sum(lock.wait_s for lock in self.locks)


@dataclass(frozen=True, kw_only=True, slots=True)
class Leak:
    """A type of which every call leaves some; ``made`` are creation sites with their share.

    ``chain`` leads from a module to an example, step by step.
    """

    type: str
    objects_a_call: float
    bytes_a_call: float
    made: tuple[tuple[Place, float], ...]
    chain: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaks:
    """What ``windows`` windows of ``calls`` calls left behind, the most bytes first."""

    calls: int
    windows: int
    seconds: float
    leaks: tuple[Leak, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A line of a function: ``share`` is of the function's seconds, what the line calls included."""

    line: int
    hits: int
    seconds: float
    share: float
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FunctionLines:
    """A function by its lines, in ``calls`` calls of the case."""

    at: Place
    seconds: float
    lines: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Lines:
    """The hottest functions, or the named ones; a call took ``plain_s``, under line_profiler ``slow_s``."""

    calls: int
    functions: tuple[FunctionLines, ...]
    plain_s: float
    slow_s: float
    notes: tuple[str, ...]


Recorded = Contention | Leaks | Lines


def read_recorded(path: Path) -> Recorded:
    """The record that a stored file holds. Raises ``ProfileFormatError`` that names the file."""
    try:
        document = json.loads(gzip.decompress(path.read_bytes()))
        return parse_recorded(document)
    except (OSError, EOFError, zlib.error, LookupError, TypeError, ValueError, AttributeError) as error:
        raise ProfileFormatError(
            f"{path} holds no record of contention, leaks or lines: {error or type(error).__name__}. "
            "Move it away, or profile its case again."
        ) from error


def parse_recorded(document: Mapping[str, Any]) -> Recorded:
    """The details beside a profile. Raises LookupError, TypeError or ValueError where they are none."""
    wire = document[KEY]
    if wire["version"] != VERSION:
        raise ValueError(f"it is of version {wire['version']}; this groundspeed reads {VERSION}")
    return _PARSED[wire["kind"]](wire)


def _contention(wire: Mapping[str, Any]) -> Contention:
    return Contention(
        calls=wire["calls"],
        seconds=wire["seconds"],
        gil_share=wire["gil"].get("share"),
        locks=tuple(_lock(one) for one in wire["locks"]),
        notified=tuple(_waiter(one) for one in wire["notified"]),
        acquire_cost_s=wire["acquire_cost_s"],
        acquisitions=wire["acquisitions"],
        notes=tuple(wire["notes"]),
    )


def _lock(wire: Mapping[str, Any]) -> LockUse:
    same = ("kind", "locks", "acquisitions", "hold_s", "waits", "wait_s", "longest_wait_s", "given_up")
    return LockUse(
        made=_place(wire["made"]),
        holders=tuple(Holder(**{**one, "at": _place(one["at"])}) for one in wire["sites"]),
        waiters=tuple(_waiter(one) for one in wire["waiters"]),
        **{name: wire[name] for name in same},
    )


def _waiter(wire: Mapping[str, Any]) -> Waiter:
    return Waiter(**{**wire, "at": _place(wire["at"]), "held_by": _place(wire["held_by"])})


def _leaks(wire: Mapping[str, Any]) -> Leaks:
    return Leaks(
        calls=wire["calls"],
        windows=wire["windows"],
        seconds=wire["seconds"],
        leaks=tuple(_leak(one) for one in wire["leaks"]),
        notes=tuple(wire["notes"]),
    )


def _leak(wire: Mapping[str, Any]) -> Leak:
    made = tuple((_place(one["at"]), one["share"]) for one in wire["made"])
    return Leak(**{**wire, "made": made, "chain": tuple(wire["chain"])})


def _lines(wire: Mapping[str, Any]) -> Lines:
    return Lines(
        calls=wire["calls"],
        functions=tuple(
            FunctionLines(
                at=_place(one["at"]),
                seconds=one["seconds"],
                lines=tuple(Line(**line) for line in one["lines"]),
            )
            for one in wire["functions"]
        ),
        plain_s=wire["plain_s"],
        slow_s=wire["slow_s"],
        notes=tuple(wire["notes"]),
    )


def _place(wire: Mapping[str, Any]) -> Place:
    return Place(function=wire["name"], file=wire["file"], line=wire["line"])


_PARSED: Mapping[str, Callable[[Mapping[str, Any]], Recorded]] = {
    "contention": _contention,
    "leaks": _leaks,
    "lines": _lines,
}
