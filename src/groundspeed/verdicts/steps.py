"""The steps of every series of a history: where each lies, between which levels, and what is left of chance.

Owns how a series is read for steps (its order, its scale) and the record of a step. Detection and the
numbers are ``stats``'; what a step means to anybody is ``regressions``'.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundspeed.parallel import processes, share
from groundspeed.records import Better, SeriesKey
from groundspeed.results.archive import Archive, Series
from groundspeed.results.further import EXPONENT
from groundspeed.results.index.memory import Memory, code_digest, digest_of
from groundspeed.stats import changepoints, levels, segmentation
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.confirmed import hidden_starts, spans
from groundspeed.verdicts.triage import Decision

_COLUMNS = tuple(one.name for one in fields(levels.Steps) if one.name != "series")
_WORTH_VALUES = 100_000  # for each process: a tenth of a second, where its start takes a hundredth
_LARGEST_LOG = 709.0  # of a number that is finite
_PLACES = frozenset({"base", "head", "earliest", "latest"})


class Scale(StrEnum):
    """How two levels are compared. Exponents and what may be zero or negative have no ratio."""

    RATIO = "ratio"
    DIFFERENCE = "difference"


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A change of level in a series. Commits are full hashes.

    The culprit is most likely in (``base``, ``head``]: the last measured commit of the old level and the
    first of the new. All but surely (``levels.ASTRAY``) it is in (``earliest``, ``latest``]. ``change`` is
    ``after`` over ``before``, or their difference; ``p`` is the chance that noise alone makes such a step
    anywhere in the series.
    """

    key: SeriesKey
    unit: str
    better: Better
    base: str
    head: str
    earliest: str
    latest: str
    before: Interval
    after: Interval
    scale: Scale
    change: Interval
    p: float

    @property
    def worse(self) -> bool:
        """Whether the new level is the worse one, by the metric's direction."""
        return (self.after.centre > self.before.centre) == (self.better is Better.LOWER)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stepped:
    """The steps of many series as columns of shape (k,), by series and then in order.

    ``rows`` holds the numbers on each series' scale (logarithms where it is a ratio), its positions made
    places in ``order``; ``series`` are those that were searched.
    """

    order: tuple[str, ...]
    series: tuple[Series, ...]
    scales: tuple[Scale, ...]
    rows: levels.Steps

    def worse(self) -> NDArray[np.bool_]:
        """Which steps are to the worse."""
        sign = np.array([1.0 if one.better is Better.LOWER else -1.0 for one in self.series])
        return np.asarray((self.rows.after - self.rows.before) * sign[self.rows.series] > 0)

    def step(self, row: int) -> Step:
        """One of them as a record."""
        rows, number = self.rows, int(self.rows.series[row])
        series, scale = self.series[number], self.scales[number]
        return Step(
            key=series.key,
            unit=series.unit,
            better=series.better,
            base=self.order[rows.base[row]],
            head=self.order[rows.head[row]],
            earliest=self.order[rows.earliest[row]],
            latest=self.order[rows.latest[row]],
            before=_interval(rows.before[row], rows.before_half[row], scale),
            after=_interval(rows.after[row], rows.after_half[row], scale),
            scale=scale,
            change=_interval(rows.after[row] - rows.before[row], rows.half[row], scale),
            p=float(rows.p[row]),
        )


def method() -> str:
    """Names what is remembered: by the code that finds it, so that no older one's answer is taken."""
    return f"steps-{code_digest(changepoints, segmentation, levels)}"


def find_steps(
    archive: Archive, order: Sequence[str], memory: Memory, decisions: Sequence[Decision] = ()
) -> Stepped:
    """The steps of every series of ``archive``, its commits in ``order`` (oldest first).

    What ``memory`` holds of a series with these very values is taken from there. What ``decisions`` confirm
    is a step also where the values alone do not show it.
    """
    place_of = {commit: place for place, commit in enumerate(order)}
    places = np.array([place_of[one.hash] for one in archive.commits], np.int64)
    flat = _flatten(archive.series, places)
    values = flat.series()
    tables = _remembered(values, memory)
    for number, starts in _confirmed(archive.series, flat, tables, spans(decisions, place_of)):
        tables[number] = _table(values[number], starts)
    rows = _placed(_columns(tables), flat)
    _tighten(rows, archive.series, order, place_of)
    return Stepped(order=tuple(order), series=archive.series, scales=flat.scales, rows=rows)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Flat:
    """All series in one column, each in the order of its places, between neighbours of ``bounds``."""

    value: NDArray[np.float64]
    place: NDArray[np.int64]
    bounds: NDArray[np.int64]
    scales: tuple[Scale, ...]

    def series(self) -> list[NDArray[np.float64]]:
        """The values of each."""
        return np.split(self.value, self.bounds[1:-1]) if self.scales else []


def _flatten(series: Sequence[Series], places: NDArray[np.int64]) -> _Flat:
    """Values on the scale of their series: a pass over everything, where one over each series cost thrice."""
    sizes = [one.values.size for one in series]
    bounds = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    value = np.concatenate([np.empty(0), *(one.values for one in series)])
    place = places[np.concatenate([np.empty(0, np.int32), *(one.commits for one in series)])]
    for number in _backwards(place, bounds):  # seldom: git's order is mostly that of dates
        cut = slice(bounds[number], bounds[number + 1])
        sorting = np.argsort(place[cut], kind="stable")
        place[cut], value[cut] = place[cut][sorting], value[cut][sorting]
    value[np.isinf(value)] = np.nan
    filled = np.flatnonzero(sizes)
    least = np.full(len(sizes), np.nan)
    if filled.size:
        least[filled] = np.fmin.reduceat(value, bounds[filled])
    scales = [
        Scale.DIFFERENCE if low <= 0 or one.key.metric == EXPONENT else Scale.RATIO
        for one, low in zip(series, least.tolist(), strict=True)
    ]
    related = np.repeat([one is Scale.RATIO for one in scales], sizes) if sizes else np.empty(0, np.bool_)
    np.log(value, out=value, where=related)
    return _Flat(value=value, place=place, bounds=bounds, scales=tuple(scales))


def _backwards(place: NDArray[np.int64], bounds: NDArray[np.int64]) -> list[int]:
    """The series in which a place is before the one that precedes it."""
    falls = np.flatnonzero(place[1:] < place[:-1]) + 1
    inside = falls[~np.isin(falls, bounds)]
    found: list[int] = np.unique(np.searchsorted(bounds, inside, side="right") - 1).tolist()
    return found


def _confirmed(
    series: Sequence[Series],
    flat: _Flat,
    tables: Sequence[NDArray[np.float64]],
    confirmed: Sequence[tuple[Decision, int, int]],
) -> Iterator[tuple[int, list[int]]]:
    """The series with a confirmed step that was not found, by number, and where their levels begin."""
    values = flat.series() if confirmed else []
    for number, one in enumerate(series if confirmed else ()):
        meant = [(first, last) for decision, first, last in confirmed if decision.names(one.key)]
        if meant:
            starts = _columns([tables[number]]).head.tolist()
            places = flat.place[flat.bounds[number] : flat.bounds[number + 1]]
            whole = hidden_starts(values[number], places, starts, meant)
            if whole != starts:
                yield number, whole


def _remembered(values: Sequence[NDArray[np.float64]], memory: Memory) -> list[NDArray[np.float64]]:
    """The steps by position in each series, as tables; only where some are new is anything written."""
    digests = [digest_of(one) for one in values]
    known = memory.get_many(digests)
    new = {digest: place for place, digest in enumerate(digests) if digest not in known}
    if new:
        fresh = [values[place] for place in new.values()]
        known = {**known, **dict(zip(new, _found(fresh), strict=True))}
        memory.put_many(known)
    return [known[digest] for digest in digests]


def _found(values: Sequence[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """Of each series its steps, row after row in one line; several processes where there are many values."""
    ends = np.cumsum([one.size for one in values])
    count = min(processes(), 1 + int(ends[-1]) // _WORTH_VALUES)
    cuts = np.searchsorted(ends, np.arange(1, count) * ends[-1] / count).tolist()
    shares = [values[start:stop] for start, stop in pairwise([0, *cuts, len(values)])]
    found = share([partial(changepoints.detect_many, one) for one in shares])
    # weighed here alone: it takes a tenth of the time, and scipy, whose import is as long, is had once
    return _tables(values, [starts for some in found for starts in some])


def _table(values: NDArray[np.float64], starts: Sequence[int]) -> NDArray[np.float64]:
    (table,) = _tables([values], [starts])
    return table


def _tables(
    values: Sequence[NDArray[np.float64]], starts: Sequence[Sequence[int]]
) -> list[NDArray[np.float64]]:
    """Of each series its steps, which begin at ``starts``."""
    found = levels.weigh(values, starts)
    table = np.column_stack([getattr(found, name).astype(np.float64) for name in _COLUMNS])
    bounds = np.searchsorted(found.series, np.arange(len(values) + 1)).tolist()
    return [table[start:stop].ravel() for start, stop in pairwise(bounds)]


def _columns(numbers: Sequence[NDArray[np.float64]]) -> levels.Steps:
    """The tables, row after row in one line each, as columns."""
    width = len(_COLUMNS)
    table = np.concatenate([np.empty(0), *numbers]).reshape(-1, width)
    column: dict[str, Any] = {
        name: table[:, at].astype(np.int64) if name in _PLACES else table[:, at]
        for at, name in enumerate(_COLUMNS)
    }
    counts = [one.size // width for one in numbers]
    return levels.Steps(series=np.repeat(np.arange(len(numbers)), counts), **column)


def _placed(rows: levels.Steps, flat: _Flat) -> levels.Steps:
    """Positions in a series made places in the order of all commits."""
    column: dict[str, Any] = {name: getattr(rows, name) for name in _COLUMNS}
    column |= {name: flat.place[flat.bounds[rows.series] + column[name]] for name in _PLACES}
    return levels.Steps(series=rows.series, **column)


def _tighten(
    rows: levels.Steps, series: Sequence[Series], order: Sequence[str], place_of: Mapping[str, int]
) -> None:
    """Move the ends of ranges, in place, to commits that hold the same content: no culprit is among them."""
    carrying = np.flatnonzero([bool(one.carried) for one in series])
    for row in np.flatnonzero(np.isin(rows.series, carrying)).tolist():
        twins: dict[str, list[int]] = defaultdict(list)
        for one in series[rows.series[row]].carried:
            twins[one.measured_at].append(place_of[one.commit])
        for base, head in ((rows.base, rows.head), (rows.earliest, rows.latest)):
            first, last = int(base[row]), int(head[row])
            base[row] = max([first, *(at for at in twins[order[first]] if first < at < last)])
            head[row] = min([last, *(at for at in twins[order[last]] if base[row] < at < last)])


def _interval(centre: float, half: float, scale: Scale) -> Interval:
    bounds = (float(centre), float(centre - half), float(centre + half))
    if scale is Scale.RATIO:
        bounds = (_exp(bounds[0]), _exp(bounds[1]), _exp(bounds[2]))
    return Interval(centre=bounds[0], low=bounds[1], high=bounds[2])


def _exp(value: float) -> float:
    """Of three wild values nothing is known: the bound is infinite."""
    return math.exp(value) if value < _LARGEST_LOG else math.inf
