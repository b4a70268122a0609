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
    """The best ones found. ``costs`` (rows, most + 1): the sum of squares with 0, 1, ... steps, infinite
    where there is no room. ``_starts`` and ``_places`` lead back to the steps."""

    costs: Floats
    places: Ints
    back: Ints

    def steps(self, row: int, count: int) -> list[int]:
        """The first indices of the levels 2, 3, ... of the segmentation of this row with ``count`` steps."""
        at = self.places.shape[1] - 1
        found = []
        for level in range(count - 1, -1, -1):
            at = int(self.back[level, row, at])
            found.append(int(self.places[row, at]))
        return found[::-1]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Interval:
    """Intervals of one length, side by side and overlapping by half. Shapes (count, length - 1)."""

    first: Ints
    split: Ints
    last: Ints
    share: Floats
    weight: Floats


def segment(rows: Floats, *, shortest: int, most: int) -> Segmentations:
    """Of each of ``rows`` (rows, n): segments of at least ``shortest`` points, with up to ``most`` steps.

    Exact over the candidates (segment neighbourhood: Auger & Lawrence, "Algorithms for the optimal
    identification of segment neighborhoods", Bull. Math. Biol. 51 (1989) 39-54), which are the best single
    splits of seeded intervals (Kovacs, Li, Buehlmann & Munk, "Seeded binary segmentation", Biometrika 110
    (2023) 249-256). Cost O(rows (n log n + most MOST_CANDIDATES^2)).
    """
    count, n = rows.shape
    sums = np.zeros((count, n + 1))
    np.cumsum(rows, axis=1, out=sums[:, 1:])
    squares = np.zeros((count, n + 1))
    np.cumsum(rows * rows, axis=1, out=squares[:, 1:])
    places = _candidates(sums)
    cost = _costs(sums, squares, places, shortest)
    best = cost[:, :, 0].copy()
    costs, back = [best[:, -1]], []
    total = np.empty_like(cost)
    for _ in range(most):
        np.add(cost, best[:, None, :], out=total)
        arg = total.argmin(axis=2)
        best = np.take_along_axis(total, arg[:, :, None], axis=2)[:, :, 0]
        back.append(arg)
        costs.append(best[:, -1])
    return Segmentations(
        costs=np.stack(costs, axis=1),
        places=places,
        back=np.stack(back) if back else np.zeros((0, *places.shape), dtype=np.intp),
    )


def _costs(sums: Floats, squares: Floats, places: Ints, shortest: int) -> Floats:
    """``cost[row, j, i]``: the squares about their mean of the points from place i up to place j."""
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
    """0, the places where a level may begin in ascending order, and n. Shape (rows, candidates + 2)."""
    count, n = sums.shape[0], sums.shape[1] - 1
    strength = np.zeros((count, n + 1))
    row = np.arange(count)[:, None]
    for one in _seeded(n):
        left = sums[:, one.split] - sums[:, one.first]
        whole = sums[:, one.last] - sums[:, one.first]
        contrast = np.abs(left - one.share * whole) * one.weight
        best = contrast.argmax(axis=2)
        height = np.take_along_axis(contrast, best[:, :, None], axis=2)[:, :, 0]
        place = np.take_along_axis(np.broadcast_to(one.split, contrast.shape), best[:, :, None], axis=2)[
            :, :, 0
        ]
        np.maximum.at(strength, (row, place), height)
    kept = min(MOST_CANDIDATES, n - 1)
    order = np.argsort(-strength[:, 1:n], axis=1, kind="stable")[:, :kept] + 1
    order.sort(axis=1)
    ends = np.zeros((count, 1), dtype=np.intp)
    return np.concatenate([ends, order, ends + n], axis=1)


@lru_cache(maxsize=256)
def _seeded(n: int) -> tuple[_Interval, ...]:
    """Intervals of n, n / 2, n / 4, ... points. The contrast of a split after j of l points is

        |S_j - (j / l) S_l| sqrt(l / (j (l - j))),

    the root of what it takes off the sum of squares.
    """
    found = []
    length, parts = float(n), 1
    while length >= _LEAST_INTERVAL or parts == 1:
        size = int(np.ceil(length))
        start = np.unique(np.linspace(0, n - size, 2 * parts - 1).astype(np.intp))
        j = np.arange(1, size)
        found.append(
            _Interval(
                first=start[:, None],
                split=start[:, None] + j,
                last=start[:, None] + size,
                share=j / size,
                weight=np.sqrt(size / (j * (size - j))),
            )
        )
        length, parts = length / 2, parts * 2
    return tuple(found)
