"""The parameters of a benchmark as axes. Owns which axis each of a case's values stands on.

A case has as many values as its benchmark had parameters when it was measured, and a metric that is
derived over one of them (``@exponent``) is without that one: its own entry says which it kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from groundspeed.records import Benchmark, SeriesKey
from groundspeed.results.archive import Series
from groundspeed.results.further import entry_name


@dataclass(frozen=True, kw_only=True, slots=True)
class Axes:
    """For each parameter a name and the values seen: the suite's order first, then what only history knows.

    ``narrowed`` holds, of each metric with fewer parameters than its benchmark, the axes of those it has.
    """

    names: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]
    narrowed: Mapping[str, tuple[int, ...]]

    def aligned(self, key: SeriesKey) -> list[str | None]:
        """A case's value on each axis; None for a parameter that it did not have yet, or is without."""
        values: list[str | None] = [None] * len(self.values)
        for place, value in zip(_places(key, self.narrowed), key.case.params, strict=False):
            values[place] = value
        return values

    def positions(self, key: SeriesKey) -> list[int | None]:
        """Where a case stands on each axis; None where it has no value."""
        return [
            None if value is None else axis.index(value)
            for axis, value in zip(self.values, self.aligned(key), strict=True)
        ]


def axes_of(name: str, series: Sequence[Series], benchmarks: Mapping[str, Benchmark]) -> Axes:
    """The axes of the benchmark ``name``, whose entry and whose metrics' entries are in ``benchmarks``."""
    benchmark = benchmarks.get(name)
    metrics = {one.key.metric for one in series}
    found = {metric: _kept(benchmark, benchmarks.get(entry_name(name, metric))) for metric in metrics}
    narrowed = {metric: kept for metric, kept in found.items() if kept is not None}
    known = benchmark.params if benchmark else ()
    seen: dict[int, set[str]] = {place: set() for place in range(len(known))}
    for one in series:
        for place, value in zip(_places(one.key, narrowed), one.key.case.params, strict=False):
            seen.setdefault(place, set()).add(value)
    width = max(seen, default=-1) + 1
    return Axes(
        names=_names(width, benchmark),
        values=tuple(_axis(known[at] if at < len(known) else (), seen.get(at, set())) for at in range(width)),
        narrowed=narrowed,
    )


def _places(key: SeriesKey, narrowed: Mapping[str, Sequence[int]]) -> Sequence[int]:
    """The axis of each value of a case; parameters come at the end, so the first ones are the oldest."""
    count = len(key.case.params)
    kept = narrowed.get(key.metric, ())
    return kept if len(kept) >= count else range(count)


def _kept(benchmark: Benchmark | None, entry: Benchmark | None) -> tuple[int, ...] | None:
    """Which of a benchmark's parameters the entry of a metric has; None: all of them, or nobody knows."""
    if benchmark is None or entry is None or len(entry.param_names) >= len(benchmark.param_names):
        return None
    if not set(entry.param_names) <= set(benchmark.param_names):
        return None
    return tuple(benchmark.param_names.index(name) for name in entry.param_names)


def _names(width: int, benchmark: Benchmark | None) -> tuple[str, ...]:
    """asv calls the nameless ones param1, param2, … and so do we."""
    names = benchmark.param_names if benchmark else ()
    return tuple(names[at] if at < len(names) else f"param{at + 1}" for at in range(width))


def _axis(known: Sequence[str], seen: set[str]) -> tuple[str, ...]:
    """The values that were measured: those that the suite knows in its order, then the others sorted."""
    return (*(value for value in dict.fromkeys(known) if value in seen), *sorted(seen.difference(known)))
