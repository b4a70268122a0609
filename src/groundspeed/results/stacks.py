"""A file in speedscope's format as stacks with weights. Owns the format, unpacked; adds nothing up.

The format is https://www.speedscope.app/file-format-schema.json: frames, and profiles over them that are
``sampled`` (stacks, the root first, each with a weight) or ``evented`` (a frame opened or closed at a time).
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
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

Stack = tuple[int, ...]
"""Numbers of frames, the root first; empty where nothing ran."""


class ProfileFormatError(GroundspeedError):
    """A file that lies where profiles lie is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """A place in a program. ``file`` is empty and ``line`` None where the profiler does not name them."""

    name: str
    file: str
    line: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """``profiles`` as they stand in the file, a thread or a run each; ``unit`` is ``s``, ``bytes`` or empty.

    ``further`` holds what else stands at the top of the file.
    """

    unit: str
    frames: tuple[Frame, ...]
    profiles: tuple[Mapping[str, Any], ...]
    further: Mapping[str, Any]


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """What goes wrong inside is told as ``ProfileFormatError``, which names the file."""
    try:
        yield
    except (*_BROKEN, *_UNLIKE) as error:
        raise ProfileFormatError(
            f"{path} is no profile in speedscope's format: {error or type(error).__name__}. Move it away, or "
            "profile its case again."
        ) from error


def read_document(path: Path) -> Document:
    """Inside ``reading``: raises whatever a file of another shape leads to."""
    document = json.loads(_unpacked(path))
    profiles = document["profiles"]
    units = {_UNITS[one["unit"]][1] for one in profiles}
    if len(units) != 1:
        raise ValueError("its threads are of different units" if units else "it holds no profile")
    return Document(
        unit=units.pop(),
        frames=tuple(map(_frame, document["shared"]["frames"])),
        profiles=tuple(profiles),
        further={key: value for key, value in document.items() if key not in ("profiles", "shared")},
    )


def stacks(document: Document, profile: Mapping[str, Any]) -> Iterator[tuple[Stack, float]]:
    """The stacks of one of its profiles, each with its weight in ``document.unit``; equal ones come again.

    Raises ValueError for weights below zero, times that go back, and frames that are not in the file.
    """
    scale = _UNITS[profile["unit"]][0]
    for stack, weight in _KINDS[profile["type"]](profile):
        if stack and not 0 <= min(stack) <= max(stack) < len(document.frames):
            raise ValueError(f"there is no frame {min(stack) if min(stack) < 0 else max(stack)}")
        yield stack, weight * scale


def _unpacked(path: Path) -> bytes:
    with gzip.open(path) as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(f"it is larger than {MOST_BYTES // 2**20} MiB unpacked")
    return content


def _frame(wire: Mapping[str, Any]) -> Frame:
    line = wire.get("line")
    return Frame(
        name=str(wire["name"]), file=str(wire.get("file") or ""), line=line if type(line) is int else None
    )


def _sampled(profile: Mapping[str, Any]) -> Iterator[tuple[Stack, float]]:
    for stack, weight in zip(profile["samples"], profile["weights"], strict=True):
        if not weight >= 0:  # NaN is not, either
            raise ValueError(f"a sample weighs {weight}")
        yield tuple(stack), float(weight)


def _evented(profile: Mapping[str, Any]) -> Iterator[tuple[Stack, float]]:
    """Between two events the time is that of the frames that are open."""
    stack: list[int] = []
    now = float(profile["startValue"])
    for event in profile["events"]:
        number, at = event["frame"], float(event["at"])
        if not at >= now:
            raise ValueError(f"an event at {at} comes after one at {now}")
        yield tuple(stack), at - now
        now = at
        if event["type"] == "O":
            stack.append(number)
        elif not stack or stack.pop() != number:
            raise ValueError(f"frame {number} is closed before what it called")
    if not float(profile["endValue"]) >= now:
        raise ValueError(f"it ends at {profile['endValue']}, before an event at {now}")
    yield tuple(stack), float(profile["endValue"]) - now


_KINDS: Mapping[str, Callable[[Mapping[str, Any]], Iterator[tuple[Stack, float]]]] = {
    "sampled": _sampled,
    "evented": _evented,
}
