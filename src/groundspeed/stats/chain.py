"""The mean course of many series that come and go: a chained geometric mean. Pure arrays.

It is the index of prices that statistics offices call a chained Jevons index (ILO, IMF, OECD, Eurostat, UN
and World Bank, Consumer Price Index Manual: Concepts and Methods, 2020, chapters 6 and 8): from one time to
the next the geometric mean of the ratios of what is there at both, multiplied up. A series that begins later
changes nothing by its level, only by its ratios from then on. One with a gap is carried forward over it, so
that a chain over always the same series ends where their own geometric mean does: it has no drift.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Observations:
    """Rows by series, and in each by place: ``series``, ``place``, ``log`` of shape (n,), all finite."""

    series: Places
    place: Places
    log: Floats


@dataclass(frozen=True, kw_only=True, slots=True)
class Chains:
    """A chain for each group of series, (groups, places): logarithms, 0 where a chain begins, NaN before.

    ``members`` (groups,) counts the series of each.
    """

    log: Floats
    members: Places


def chains(rows: Observations, group: Places, groups: int, places: int) -> Chains:
    """The chain of each group; ``group`` (number of series,) says which one a series is in.

    The link at a place is the sum of what its rows changed by since their own last rows, over the number of
    series that began before: those without a row there changed by nothing. O(n + groups · places).
    """
    first = np.empty(rows.series.size, np.bool_)
    first[:1] = True
    np.not_equal(rows.series[1:], rows.series[:-1], out=first[1:])
    cell = group[rows.series] * places + rows.place
    size = groups * places
    changed = np.diff(rows.log, prepend=0.0)
    changed[first] = 0.0
    sums = np.bincount(cell, changed, size).reshape(groups, places)
    begun = np.bincount(cell[first], minlength=size).reshape(groups, places).cumsum(axis=1)
    before = np.concatenate([np.zeros((groups, 1), begun.dtype), begun[:, :-1]], axis=1)
    links = np.divide(sums, before, out=np.zeros(sums.shape), where=before > 0)
    log = np.where(begun > 0, links.cumsum(axis=1), np.nan)
    return Chains(log=log, members=begun[:, -1] if places else np.zeros(groups, np.int64))
