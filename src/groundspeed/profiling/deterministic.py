"""Every call counted, by cProfile inside: how often each function ran, and how long. Reads pstats' format.

cProfile charges for each call: functions that call many small ones look slower than they are. Where py-spy
may not look, its table stands in for the samples.
"""

from __future__ import annotations

import marshal
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundspeed.profiling.weights import BELOW, WORKER, Namer, Overhead, Recorded, Stack, Taken, Weights
from groundspeed.results.stacks import Frame
from groundspeed.suite.repeating import Repeater

TOOL = "cProfile"
TOP = 50  # functions that a table shows
PAIRS = 3  # of stretches with cProfile and without: its cost is a multiple, which three pairs tell
_LEAST = 1e-4  # of the whole: what is less ends a stack that is made of a table
_DEEPEST = 60  # functions of such a stack

Label = tuple[str, int, str]
"""File, first line, name: what pstats calls a function."""

Table = Mapping[Label, tuple[int, int, float, float, Mapping[Label, tuple[int, int, float, float]]]]
"""Of each function: primitive calls, calls, seconds of its own, seconds with its calls, and by caller."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Called:
    """A function in the measured calls: ``calls`` of it, those of recursion included."""

    name: str
    file: str
    line: int | None
    calls: int
    own_s: float
    whole_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Deterministic:
    """A pass under cProfile: ``benchmark_calls`` in all; ``stats`` are a ``.prof`` file's bytes."""

    functions: tuple[Called, ...]
    benchmark_calls: int
    duration_s: float
    overhead: Overhead
    table: Table
    stats: bytes


def take_deterministic(repeater: Repeater, seconds: float, pairs: int, namer: Namer) -> Deterministic:
    """Calls for about ``seconds`` under cProfile, and as long without. Raises ``RepeatError``."""
    costs, calls, taken_s, tables = [], 0, 0.0, []
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "prof"
        for _ in range(pairs):
            plain = repeater.repeat(seconds / pairs)
            profiled = repeater.by_cprofile(seconds / pairs, output)
            costs.append((plain.call_s, profiled.call_s))
            calls, taken_s = calls + profiled.calls, taken_s + profiled.seconds
            tables.append(marshal.loads(output.read_bytes()))  # noqa: S302 -- cProfile's own format, of our own process
    table = added([own_table(one, namer) for one in tables])
    return Deterministic(
        functions=functions_of(table),
        benchmark_calls=calls,
        duration_s=taken_s,
        overhead=Overhead(pairs=tuple(costs)),
        table=table,
        stats=marshal.dumps(dict(table)),
    )


def functions_of(table: Table) -> tuple[Called, ...]:
    """Every function, the most own time first."""
    found = [
        Called(name=name, file=file, line=line or None, calls=one[1], own_s=one[2], whole_s=one[3])
        for (file, line, name), one in table.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.own_s, -one.whole_s, one.file, one.name)))


def own_table(table: Table, named: Callable[[str], str]) -> Table:
    """What the benchmark called, directly or not; files as ``named`` names them.

    The worker's functions and the profiler's go, and so does the clock that the worker reads.
    """
    called = _called(table)
    kept: set[Label] = set()
    wanted = [label for by in table if _is_start(by) for label in called[by] if label[0] != "~"]
    while wanted:
        label = wanted.pop()
        if label not in kept and not _is_worker(label):
            kept.add(label)
            wanted += called[label]

    def renamed(label: Label) -> Label:
        return named(label[0]), label[1], label[2]

    return {
        renamed(label): (
            *table[label][:4],
            {renamed(by): cost for by, cost in table[label][4].items() if by in kept},
        )
        for label in kept
    }


def added(tables: list[Table]) -> Table:
    """Several tables as one."""
    found: dict[Label, tuple[int, int, float, float, dict[Label, tuple[int, int, float, float]]]] = {}
    for table in tables:
        for label, one in table.items():
            before = found.get(label, (0, 0, 0.0, 0.0, {}))
            callers = dict(before[4])
            for by, cost in one[4].items():
                callers[by] = _sum(callers.get(by, (0, 0, 0.0, 0.0)), cost)
            found[label] = (*_sum(before[:4], one[:4]), callers)
    return found


def as_cpu(taken: Deterministic, why: str) -> Taken:
    """The profile that stands in where no sampler may look; ``why`` says so."""
    weights = stacks_of_table(taken.table)
    return Taken(
        kind="cpu",
        unit="seconds",
        tool=TOOL,
        runs=(
            Recorded(
                weights=weights,
                calls=taken.benchmark_calls,
                duration_s=taken.duration_s,
                samples=None,
            ),
        ),
        overhead=taken.overhead,
        notes=(
            why,
            "cProfile stands in: small functions look slower than they are; stacks come from callers.",
        ),
    )


def stacks_of_table(table: Table) -> Weights:
    """Stacks whose own times add up to the table's.

    A table knows callers, no stacks: what a function costs is shared out over the ways to it as its callers
    used it, as gprof does (Graham, Kessler and McKusick 1982). Ways below ``_LEAST`` of the whole end where
    they are.
    """
    called = _called(table)
    least_s = _LEAST * sum(one[2] for one in table.values())
    found: dict[Stack, float] = defaultdict(float)
    ways: list[tuple[tuple[Label, ...], float, float]] = [
        ((label,), one[2], 1.0) for label, one in table.items() if not one[4]
    ]
    while ways:  # a way, its own seconds, and the part of its last function's calls that came along it
        way, own_s, part = ways.pop()
        found[tuple(map(_frame, way))] += own_s
        for label in called[way[-1]]:
            _, _, own, whole = table[label][4][way[-1]]
            if label not in way and len(way) < _DEEPEST and whole * part >= least_s:
                ways.append(((*way, label), own * part, part * _share(whole, table[label][3])))
    return found


def _frame(label: Label) -> Frame:
    return Frame(name=label[2], file=label[0], line=label[1] or None)


def _share(part: float, whole: float) -> float:
    return min(1.0, part / whole) if whole > 0 else 0.0


def _sum(one: tuple[int, int, float, float], other: Any) -> tuple[int, int, float, float]:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2], one[3] + other[3]


def _is_start(label: Label) -> bool:
    return _is_worker(label) and label[2] == BELOW


def _is_worker(label: Label) -> bool:
    return WORKER in label[0]


def _called(table: Table) -> Mapping[Label, Sequence[Label]]:
    """Of each function those that it called."""
    called: dict[Label, list[Label]] = defaultdict(list)
    for label, one in table.items():
        for by in one[4]:
            called[by].append(label)
    return called
