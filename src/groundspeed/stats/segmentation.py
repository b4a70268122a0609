"""Where the levels of a row of numbers may begin: the least-squares segmentations of 1, 2, ... levels.

Owns the search, and decides nothing: how many levels are believed is for ``changepoints``. All rows of one
call have one length and are treated alike, so that a row's answer does not depend on its neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

MOST_CANDIDATES = 48
"""Places that are looked at, the strongest first: the search costs their square."""

_LEAST_INTERVAL = 12  # points: in shorter ones nothing can be told from noise


@dataclass(frozen=True, kw_only=True, slots=True)
class Segmentations:
    """The best ones found.

    ``costs`` (rows, most + 1): the sum of squares about the levels with 0, 1, ... steps, infinite where
    there is no room for so many. ``places`` (rows, candidates + 2): the candidates between 0 and n.
    ``back`` (most, rows, candidates + 2): where the last level of those that end at a place begins, as a
    position in ``places``.
    """

    costs: Floats
    places: Ints
    back: Ints

    def steps(self, row: int, count: int) -> list[int]:
        """The first index of each new level in the segmentation of this row with ``count`` steps."""
        at = self.places.shape[1] - 1
        found = []
        for level in range(count - 1, -1, -1):
            at = int(self.back[level, row, at])
            found.append(int(self.places[row, at]))
        return found[::-1]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Intervals:
    """Those of one length. ``first`` and ``last`` (intervals, 1), exclusive; ``split`` (intervals,
    length - 1) are the places inside; ``share`` of the points lie before each, with ``weight`` its contrast
    is comparable with others."""

    first: Ints
    split: Ints
    last: Ints
    share: Floats
    weight: Floats


def segment(rows: Floats, *, shortest: int, most: int) -> Segmentations:
    """Of each of ``rows`` (rows, n): levels of at least ``shortest`` points, with up to ``most`` steps.

    The best of all that step at candidates (segment neighbourhood: Auger & Lawrence, "Algorithms for the
    optimal identification of segment neighborhoods", Bull. Math. Biol. 51 (1989) 39-54); these are the best
    single splits of seeded intervals (Kovács, Li, Bühlmann & Munk, "Seeded binary segmentation: a general
    methodology for fast and optimal changepoint detection", Biometrika 110 (2023) 249-256), the
    ``MOST_CANDIDATES`` of the highest contrast. Cost O(rows x (n log n + most x MOST_CANDIDATES^2)).
    """
    sums, squares = _running(rows), _running(rows * rows)
    places = _candidates(sums)
    cost = _costs(sums, squares, places, shortest)
    best = cost[:, :, 0].copy()
    costs = [best[:, -1]]
    back = np.empty((most, *places.shape), dtype=np.intp)
    total = np.empty_like(cost)
    for level in range(most):
        np.add(cost, best[:, None, :], out=total)
        total.argmin(axis=2, out=back[level])
        best = np.take_along_axis(total, back[level][:, :, None], axis=2)[:, :, 0]
        costs.append(best[:, -1])
    return Segmentations(costs=np.stack(costs, axis=1), places=places, back=back)


def _running(rows: Floats) -> Floats:
    """Sums of the first 0, 1, ... n numbers of each row."""
    sums = np.zeros((rows.shape[0], rows.shape[1] + 1))
    np.cumsum(rows, axis=1, out=sums[:, 1:])
    return sums


def _costs(sums: Floats, squares: Floats, places: Ints, shortest: int) -> Floats:
    """``cost[row, j, i]``: the squares about their mean of the points from place i up to place j, infinite
    where these are fewer than ``shortest``."""
    at = np.take_along_axis(sums, places, axis=1)
    square = np.take_along_axis(squares, places, axis=1)
    length = (places[:, :, None] - places[:, None, :]).astype(np.float64)
    room = length >= shortest
    np.maximum(length, 1.0, out=length)
    total = at[:, :, None] - at[:, None, :]
    cost = (square[:, :, None] - square[:, None, :]) - total * total / length
    np.maximum(cost, 0.0, out=cost)  # rounding
    cost[~room] = np.inf
    return cost


def _candidates(sums: Floats) -> Ints:
    """0, the places where a level may begin in ascending order, and n. Shape (rows, candidates + 2).

    Where the intervals give fewer than there may be, the places with the highest contrast in the whole row
    are taken, too: up to ``MOST_CANDIDATES`` + 1 points, these are all.
    """
    count, n = sums.shape[0], sums.shape[1] - 1
    strength = np.zeros((count, n + 1))
    rows = np.arange(count)[:, None]
    contrasts = [_contrast(sums, one) for one in _seeded(n)]
    for one, contrast in zip(_seeded(n), contrasts, strict=True):
        place = one.first[:, 0] + 1 + contrast.argmax(axis=2)
        np.maximum.at(strength, (rows, place), contrast.max(axis=2))
    order = np.lexsort((-contrasts[0][:, 0], -strength[:, 1:n]))[:, :MOST_CANDIDATES] + 1
    order.sort(axis=1)
    ends = np.zeros((count, 1), dtype=np.intp)
    return np.concatenate([ends, order, ends + n], axis=1)


def _contrast(sums: Floats, one: _Intervals) -> Floats:
    """(rows, intervals, length - 1): |S_j - (j / l) S_l| sqrt(l / (j (l - j))) of the split after j of the l
    points of an interval, the root of what it takes off their squares."""
    left = sums[:, one.split] - sums[:, one.first]
    whole = sums[:, one.last] - sums[:, one.first]
    contrast: Floats = np.abs(left - one.share * whole) * one.weight
    return contrast


@lru_cache(maxsize=64)
def _seeded(n: int) -> tuple[_Intervals, ...]:
    """Intervals of n, n / 2, n / 4, ... points, overlapping by half, and the same from either end."""
    found = []
    parts = 1
    while parts == 1 or n >= _LEAST_INTERVAL * parts:
        size = -(-n // parts)
        start = np.linspace(0, n - size, 2 * parts - 1).astype(np.intp)
        start = np.unique(np.concatenate([start, n - size - start]))[:, None]
        inside = np.arange(1, size)
        weight = np.sqrt(size / (inside * (size - inside)))
        found.append(
            _Intervals(
                first=start,
                split=start + inside,
                last=start + size,
                share=inside / size,
                weight=weight,
            )
        )
        parts *= 2
    return tuple(found)
