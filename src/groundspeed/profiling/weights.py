"""What a profile is before it is a file: stacks with weights, by run, and what taking it cost. Pure.

Owns which part of a stack is the benchmark's own, and how a source file is named: the same at every commit
and on every host.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from groundspeed.results.stacks import Frame

Stack = tuple[Frame, ...]
"""The root first."""

Weights = Mapping[Stack, float]

BELOW = "profiled_calls"  # suite/worker/repeated.py: what lies below this frame is the benchmark
WORKER = "groundspeed_worker/"
_INSTALLED = re.compile(r".*/(?:site|dist)-packages/")
_STANDARD = re.compile(r".*/lib/python3\.\d+t?/")


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """One run: a process of its own. ``calls`` of the benchmark took ``duration_s`` while it was recorded.

    ``duration_s`` is None where the weights are no time, ``samples`` where everything was counted.
    """

    weights: Weights
    calls: int
    duration_s: float | None
    samples: int | None

    @property
    def total(self) -> float:
        """Its weights."""
        return math.fsum(self.weights.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class Overhead:
    """What profiling cost: the seconds of a call (without, with), each pair measured in turn."""

    pairs: tuple[tuple[float, float], ...]

    @property
    def plain_s(self) -> float:
        """A call without, at best: whatever else the host does only adds to it."""
        return min(plain for plain, _ in self.pairs)

    @property
    def profiled_s(self) -> float:
        """A call with, at best."""
        return min(profiled for _, profiled in self.pairs)

    @property
    def share(self) -> float:
        """By which a call takes longer. Below zero where noise was larger."""
        return self.profiled_s / self.plain_s - 1


def pairs_in(seconds: float, call_s: float, most: int) -> int:
    """How many pairs of stretches there is time for: of a call that takes long, one."""
    return max(1, min(most, int(seconds / call_s)))


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """A profile of one ``kind`` (that of the stored file). ``unit`` is speedscope's: seconds, bytes, none.

    ``notes`` are what its reader must know: what was not seen, which tool stood in.
    """

    kind: str
    unit: str
    tool: str
    runs: tuple[Recorded, ...]
    overhead: Overhead
    notes: tuple[str, ...] = ()

    @property
    def calls(self) -> int:
        """Of all runs."""
        return sum(one.calls for one in self.runs)

    @property
    def total(self) -> float:
        """The weights of all runs."""
        return math.fsum(one.total for one in self.runs)


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A function, or a line of one: what it took by itself, and with all that it called, in the unit."""

    name: str
    file: str
    line: int | None
    own: float
    whole: float


def places_of(runs: Iterable[Recorded], *, by_line: bool) -> tuple[Place, ...]:
    """Every function that was seen in runs, or every line; the most of its own first."""
    own: defaultdict[Frame, float] = defaultdict(float)
    whole: defaultdict[Frame, float] = defaultdict(float)
    lines: dict[Frame, int | None] = {}
    for run in runs:
        for stack, weight in run.weights.items():
            keys = [frame if by_line else replace(frame, line=None) for frame in stack]
            for key, frame in zip(keys, stack, strict=True):
                lines.setdefault(key, frame.line)
            own[keys[-1]] += weight
            for key in set(keys):  # what calls itself is there once
                whole[key] += weight
    found = [
        Place(name=key.name, file=key.file, line=lines[key], own=own[key], whole=whole[key]) for key in whole
    ]
    return tuple(sorted(found, key=lambda one: (-one.own, -one.whole, one.file, one.name, one.line or 0)))


def merged(profiles: Iterable[Taken]) -> Taken:
    """Profiles of one kind and case as one, each of their runs a run. There is one at least."""
    first, *others = profiles
    every = (first, *others)
    return replace(
        first,
        runs=tuple(run for one in every for run in one.runs),
        overhead=Overhead(pairs=tuple(pair for one in every for pair in one.overhead.pairs)),
        notes=tuple(dict.fromkeys(note for one in every for note in one.notes)),
    )


def own_part(weighed: Iterable[tuple[Stack, float]], named: Callable[[str], str]) -> Weights:
    """What the benchmark did, of stacks whose files are as the profiler saw them; ``named`` names them.

    In the thread that calls it that is what lies below the worker's own frame; set-ups between calls go. A
    thread that knows no frame of the worker's is the benchmark's whole.
    """
    found: defaultdict[Stack, float] = defaultdict(float)
    for stack, weight in weighed:
        own = _below(stack)
        if own:
            found[tuple(replace(one, file=named(one.file)) for one in own)] += weight
    return found


def _below(stack: Stack) -> Stack:
    for place, frame in enumerate(stack):
        if frame.name == BELOW and WORKER in frame.file:
            return stack[place + 1 :]
    return () if any(WORKER in frame.file for frame in stack) else stack


@dataclass(frozen=True, kw_only=True, slots=True)
class Namer:
    """Names source files: those of the project lie below ``roots``, but for what is made in ``workspace``."""

    roots: tuple[Path, ...]
    workspace: Path

    def __call__(self, file: str) -> str:
        """``sample/work.py``, ``json/decoder.py``, ``benchmarks/work.py``; else the file's name alone.

        What is installed is named from its folder of packages on, the standard library from its own.
        """
        if not file.startswith("/"):
            return "" if file == "~" else file  # a built-in function, <frozen importlib>, <string>
        for pattern in (_INSTALLED, _STANDARD):
            if found := pattern.match(file):
                return file[found.end() :]
        path = Path(file)
        if not path.is_relative_to(self.workspace):
            for root in self.roots:
                if path.is_relative_to(root):
                    return str(path.relative_to(root))
        return path.name
