"""A stored profile as shares of its functions. Owns what speedscope's own format says; draws nothing.

The format is https://www.speedscope.app/file-format-schema.json: frames, and profiles over them that are
``sampled`` (stacks, the root first, each with a weight) or ``evented`` (a frame opened or closed at a time).
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundspeed.errors import GroundspeedError

MOST_BYTES = 256 * 2**20
"""Of a profile, unpacked: what is larger no browser opens either."""

_UNITS = {
    "seconds": (1.0, "s"),
    "milliseconds": (1e-3, "s"),
    "microseconds": (1e-6, "s"),
    "nanoseconds": (1e-9, "s"),
    "bytes": (1.0, "bytes"),
    "none": (1.0, ""),
}


_BROKEN = (OSError, EOFError, zlib.error, RecursionError)
_UNLIKE = (LookupError, TypeError, ValueError, AttributeError)  # well-formed JSON of another shape


class ProfileFormatError(GroundspeedError):
    """A file that lies where profiles lie is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Function:
    """A function of a profile: ``own`` is the share of it alone, ``whole`` with all that it calls.

    ``file`` is empty and ``line`` None where the profiler does not name them.
    """

    name: str
    file: str
    line: int | None
    own: float
    whole: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """``total`` in ``unit`` (``s``, ``bytes``, or empty: samples); the most own first."""

    unit: str
    total: float
    functions: tuple[Function, ...]


@dataclass(kw_only=True, slots=True)
class _Sums:
    """What is added up, by the number of the frame."""

    total: float
    own: defaultdict[int, float]
    whole: defaultdict[int, float]


def read_profile(path: Path) -> Profile:
    """Raises ``ProfileFormatError`` that names the file; several threads of one unit count together."""
    try:
        return _profile(json.loads(_unpacked(path)))
    except (*_BROKEN, *_UNLIKE) as error:
        raise ProfileFormatError(
            f"{path} is no profile in speedscope's format: {error or type(error).__name__}. Move it away, or "
            "profile its case again."
        ) from error


def _unpacked(path: Path) -> bytes:
    with gzip.open(path) as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(f"it is larger than {MOST_BYTES // 2**20} MiB unpacked")
    return content


def _profile(document: Mapping[str, Any]) -> Profile:
    frames = document["shared"]["frames"]
    units = {one["unit"] for one in document["profiles"]}
    unit = _UNITS[document["profiles"][0]["unit"]][1]
    if {_UNITS[one][1] for one in units} != {unit}:
        raise ValueError("its threads are of different units")
    sums = _Sums(total=0.0, own=defaultdict(float), whole=defaultdict(float))
    for one in document["profiles"]:
        _ADDED[one["type"]](one, _UNITS[one["unit"]][0], sums)
    return Profile(unit=unit, total=sums.total, functions=tuple(_functions(frames, sums)))


def _functions(frames: Sequence[Mapping[str, Any]], sums: _Sums) -> Iterator[Function]:
    """Frames of one name and file are one function: a profiler numbers its lines apart."""
    named: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number in sums.whole:
        if not 0 <= number < len(frames):
            raise ValueError(f"there is no frame {number}")
        frame = frames[number]
        named[str(frame["name"]), str(frame.get("file") or "")].append(number)
    scale = 1 / sums.total if sums.total > 0 else 0.0
    found = [
        Function(
            name=name,
            file=file,
            line=_line(frames[numbers[0]]),
            own=sum(sums.own[number] for number in numbers) * scale,
            whole=min(1.0, sum(sums.whole[number] for number in numbers) * scale),
        )
        for (name, file), numbers in named.items()
    ]
    yield from sorted(found, key=lambda one: (-one.own, -one.whole, one.name, one.file))


def _line(frame: Mapping[str, Any]) -> int | None:
    line = frame.get("line")
    return line if type(line) is int else None


def _sampled(profile: Mapping[str, Any], scale: float, sums: _Sums) -> None:
    for stack, weight in zip(profile["samples"], profile["weights"], strict=True):
        if not weight >= 0:  # NaN is not, either
            raise ValueError(f"a sample weighs {weight}")
        sums.total += weight * scale
        if stack:
            sums.own[stack[-1]] += weight * scale
        for number in set(stack):  # a function that calls itself is there once
            sums.whole[number] += weight * scale


def _evented(profile: Mapping[str, Any], scale: float, sums: _Sums) -> None:
    """Between two events the time is the innermost function's own."""
    stack: list[int] = []
    opened: dict[int, float] = {}
    now = float(profile["startValue"])
    sums.total += (float(profile["endValue"]) - now) * scale
    for event in profile["events"]:
        number, at = event["frame"], float(event["at"])
        if not at >= now:
            raise ValueError(f"an event at {at} comes after one at {now}")
        if stack:
            sums.own[stack[-1]] += (at - now) * scale
        now = at
        if event["type"] == "O":
            if number not in stack:
                opened[number] = at
            stack.append(number)
            continue
        if not stack or stack.pop() != number:
            raise ValueError(f"frame {number} is closed before what it called")
        if number not in stack:
            sums.whole[number] += (at - opened.pop(number)) * scale


_ADDED: Mapping[str, Callable[[Mapping[str, Any], float, _Sums], None]] = {
    "sampled": _sampled,
    "evented": _evented,
}
