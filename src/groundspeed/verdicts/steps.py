"""The steps of every series of a history: where each lies, between which levels, and what is left of chance.

Owns how a series is read for steps (its order, its scale) and the record of a step. Detection and the
numbers are ``stats``'; what a step means to anybody is ``regressions``'.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundspeed.records import Better, SeriesKey
from groundspeed.results.archive import Archive, Series
from groundspeed.results.further import EXPONENT
from groundspeed.results.index.memory import Memory, digest_of
from groundspeed.stats import changepoints, levels
from groundspeed.stats.ratio import Interval

METHOD = "steps-1"
"""Names what is remembered. Another number whenever ``changepoints`` or ``levels`` may answer otherwise."""

_COLUMNS = tuple(one.name for one in fields(levels.Steps) if one.name != "series")
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


def find_steps(archive: Archive, order: Sequence[str], memory: Memory) -> Stepped:
    """The steps of every series of ``archive`` that has values, its commits in ``order`` (oldest first).

    What ``memory`` holds of a series with these very values is taken from there.
    """
    place_of = {commit: place for place, commit in enumerate(order)}
    places = np.array([place_of[one.hash] for one in archive.commits], np.int64)
    scales = [_scale(one) for one in archive.series]
    at = [places[one.commits] for one in archive.series]
    sorting = [np.argsort(one, kind="stable") for one in at]
    values = [_values(one, scale)[by] for one, scale, by in zip(archive.series, scales, sorting, strict=True)]
    rows = _placed(_remembered(values, memory), [one[by] for one, by in zip(at, sorting, strict=True)])
    return Stepped(order=tuple(order), series=archive.series, scales=tuple(scales), rows=rows)


def _scale(series: Series) -> Scale:
    if series.key.metric == EXPONENT:
        return Scale.DIFFERENCE
    finite = series.values[np.isfinite(series.values)]
    return Scale.RATIO if bool((finite > 0).all()) else Scale.DIFFERENCE


def _values(series: Series, scale: Scale) -> NDArray[np.float64]:
    values = np.where(np.isfinite(series.values), series.values, np.nan)
    return np.log(values) if scale is Scale.RATIO else values


def _remembered(values: Sequence[NDArray[np.float64]], memory: Memory) -> levels.Steps:
    """The steps by position in each series; only where some are new is anything written."""
    digests = [digest_of(one) for one in values]
    known = memory.get_many(digests)
    new = {digest: place for place, digest in enumerate(digests) if digest not in known}
    if new:
        fresh = [values[place] for place in new.values()]
        found = levels.weigh(fresh, changepoints.detect_many(fresh))
        table = np.column_stack([getattr(found, name).astype(np.float64) for name in _COLUMNS])
        bounds = np.searchsorted(found.series, np.arange(len(fresh) + 1))
        cut = {digest: table[bounds[at] : bounds[at + 1]].ravel() for at, digest in enumerate(new)}
        known = {**known, **cut}
        memory.put_many(known)
    return _columns([known[digest] for digest in digests])


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


def _placed(rows: levels.Steps, places: Sequence[NDArray[np.int64]]) -> levels.Steps:
    """Positions in a series made places in the order of all commits."""
    offsets = np.concatenate([[0], np.cumsum([one.size for one in places])]).astype(np.int64)
    flat = np.concatenate([np.empty(0, np.int64), *places])
    column: dict[str, Any] = {name: getattr(rows, name) for name in _COLUMNS}
    column |= {name: flat[offsets[rows.series] + column[name]] for name in _PLACES}
    return levels.Steps(series=rows.series, **column)


def _interval(centre: float, half: float, scale: Scale) -> Interval:
    bounds = [centre, centre - half, centre + half]
    if scale is Scale.RATIO:
        with np.errstate(over="ignore"):  # of three wild values nothing is known: the bound is infinite
            bounds = [np.exp(one) for one in bounds]
    return Interval(centre=float(bounds[0]), low=float(bounds[1]), high=float(bounds[2]))
