"""A stored profile as shares of its functions. Owns how they are added up; draws nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from groundspeed.results.stacks import Document, Frame, ProfileFormatError, read_document, reading, stacks

__all__ = ["Function", "Profile", "ProfileFormatError", "read_profile"]


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
    """Raises ``ProfileFormatError`` that names the file; threads and runs count together."""
    with reading(path):
        document = read_document(path)
        sums = _added(document)
    return Profile(unit=document.unit, total=sums.total, functions=tuple(_functions(document.frames, sums)))


def _added(document: Document) -> _Sums:
    sums = _Sums(total=0.0, own=defaultdict(float), whole=defaultdict(float))
    for profile in document.profiles:
        for stack, weight in stacks(document, profile):
            sums.total += weight
            if stack:
                sums.own[stack[-1]] += weight
            for number in set(stack):  # a function that calls itself is there once
                sums.whole[number] += weight
    return sums


def _functions(frames: Sequence[Frame], sums: _Sums) -> Iterator[Function]:
    """Frames of one name and file are one function: a profiler numbers its lines apart."""
    named: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number in sums.whole:
        named[frames[number].name, frames[number].file].append(number)
    scale = 1 / sums.total if sums.total > 0 else 0.0
    found = [
        Function(
            name=name,
            file=file,
            line=frames[numbers[0]].line,
            own=sum(sums.own[number] for number in numbers) * scale,
            whole=min(1.0, sum(sums.whole[number] for number in numbers) * scale),
        )
        for (name, file), numbers in named.items()
    ]
    yield from sorted(found, key=lambda one: (-one.own, -one.whole, one.name, one.file))
