"""How each module of the suite went on a machine: the geometric mean of its cases; lower is better.

Owns which series speak for a module: main metrics of cases that the suite has, in the version that it has.
The mean is ``stats.chain``'s.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from groundspeed.records import Better
from groundspeed.results.archive import Archive, Series
from groundspeed.stats.chain import Observations, chains
from groundspeed.verdicts.machine_rows import Rows
from groundspeed.verdicts.regressions import current_suite

POINTS = 60
"""Of a trend: as many as a picture of the size of a word has pixels to tell apart, twice over."""

LATELY = 0.1
"""The share of a machine's commits that is called lately: of a nightly year the last five weeks."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ModuleTrend:
    """``mean`` is 1 where the module begins, NaN before; at most ``POINTS``, each the median of its commits.

    ``at`` are the dates of each point's newest commit. ``ratio`` is the end over the beginning, ``lately``
    the end over what it was before the newest tenth of the commits. ``series`` were meant.
    """

    module: str
    machine: str
    series: int
    at: tuple[datetime, ...]
    mean: NDArray[np.float64]
    ratio: float
    lately: float


def module_of(benchmark: str) -> str:
    """The module that a benchmark stands in: what is before its class, or before its last name.

    ``moduleOf`` of the page's search.js is the same.
    """
    parts = benchmark.split(".")
    for place, part in enumerate(parts):
        if place and "A" <= part[:1] <= "Z":
            return ".".join(parts[:place])
    return ".".join(parts[:-1])


def module_trends(rows: Rows, archive: Archive) -> tuple[ModuleTrend, ...]:
    """The trend of every module, by name."""
    chosen = _speaking(rows, archive)
    modules = sorted({module_of(rows.series[number].key.case.benchmark) for number in chosen})
    if not modules:
        return ()
    observed = _observations(rows, chosen)
    measured = np.flatnonzero(np.bincount(observed.place, minlength=len(rows.order)))
    code = {name: number for number, name in enumerate(modules)}
    group = np.array([code[module_of(rows.series[number].key.case.benchmark)] for number in chosen], np.int64)
    found = chains(
        Observations(
            series=observed.series, place=np.searchsorted(measured, observed.place), log=observed.log
        ),
        group,
        len(modules),
        measured.size,
    )
    parts = np.array_split(np.arange(measured.size), min(POINTS, measured.size))
    before = max(0, math.ceil(measured.size * (1 - LATELY)) - 1)
    at = tuple(rows.dates[int(measured[part[-1]])] for part in parts)
    points = np.column_stack([_middle(found.log[:, part]) for part in parts])
    return tuple(
        ModuleTrend(
            module=name,
            machine=rows.machine,
            series=int(found.members[number]),
            at=at,
            mean=np.exp(np.clip(points[number] - _first(points[number]), -700, 700)),
            ratio=_ratio(points[number], points[number]),
            lately=_ratio(points[number], found.log[number, before:]),
        )
        for number, name in enumerate(modules)
        if found.members[number]
    )


def _speaking(rows: Rows, archive: Archive) -> list[int]:
    """The series that count: of further metrics one benchmark would have several voices."""
    current = current_suite(archive)
    return [number for number, one in enumerate(rows.series) if not one.key.metric and current(one.key)]


def _observations(rows: Rows, chosen: Sequence[int]) -> Observations:
    """Their rows with a value that has a logarithm, the sign such that less is better."""
    series = [rows.series[number] for number in chosen]
    sizes = rows.sizes[chosen]
    starts = rows.bounds[:-1][chosen]
    at = np.repeat(starts - np.cumsum(sizes) + sizes, sizes) + np.arange(int(sizes.sum()))
    place, number = rows.place[at], np.repeat(np.arange(len(chosen)), sizes)
    value = np.concatenate([one.values for one in series])
    kept = np.isfinite(value) & (value > 0)
    place, number, log = place[kept], number[kept], np.log(value[kept])
    log *= np.repeat([_sign(one) for one in series], sizes)[kept]
    inside = number[1:] == number[:-1]
    if np.any(inside & (place[1:] < place[:-1])):  # seldom: git's order is mostly that of dates
        order = np.lexsort((place, number))
        place, number, log = place[order], number[order], log[order]
    return Observations(series=number, place=place, log=log)


def _sign(one: Series) -> float:
    return 1.0 if one.better is Better.LOWER else -1.0


def _middle(part: NDArray[np.float64]) -> NDArray[np.float64]:
    """The median of each row's numbers, NaN where it has none."""
    middle = np.full(len(part), np.nan)
    some = np.isfinite(part).any(axis=1)
    middle[some] = np.nanmedian(part[some], axis=1)
    return middle


def _ratio(end: NDArray[np.float64], begin: NDArray[np.float64]) -> float:
    """The last of one over the first number of another."""
    return math.exp(max(-700.0, min(700.0, float(end[-1]) - _first(begin))))


def _first(values: NDArray[np.float64]) -> float:
    return float(values[np.isfinite(values)][0])
