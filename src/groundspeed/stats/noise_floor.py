"""How far sessions that measured the same code lie apart, over all cases of a suite at once. Pure arrays.

Spreads are of logarithms: 0.01 is one percent. What one case has seen is little, two or three sessions, so
its variance is moderated by what the other cases show (Smyth 2004; ``precision.learn``). Where no code was
measured twice, the scatter of a history about its levels bounds the floor from above.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from groundspeed.stats.comparison import LEVEL, POWER
from groundspeed.stats.precision import Prior, Spread, moderated

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

LEAST_VALUES = 8
"""Residuals that a scatter is told from: of fewer, one wild value in ten may not be among them."""

_TRIMMED = 0.2  # of a cell's processes at either end: as ``precision.spread``, which a test holds it to
_TENTH = 1.6448536269514722  # Phi^-1(0.95): what a tenth of normal deviations are beyond
_EFFICIENCY = 0.64  # of that quantile against the standard deviation; see ``scatter``
_UNLIKE = 0.05
_MOST_EXPONENT = 100.0  # a ratio of 1e43: beyond what anybody measures, and far from overflowing


NO_SESSIONS = Prior(variance=2.0, df=1.0)
"""Before a suite has shown anything, in ``unit``s: sessions add as much as processes do, taken lightly.
On a quiet virtual machine they add a third of that (3,128 processes of one code in four sessions)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cells:
    """Groups of processes, one element each: what one session measured of one case at one commit.

    ``centre`` is the trimmed mean, ``variance`` that of one process with ``df`` degrees of freedom (NaN
    and 0 of a single process), both as in ``precision.spread``.
    """

    centre: Floats
    variance: Floats
    df: Ints
    count: Ints


@dataclass(frozen=True, kw_only=True, slots=True)
class Repeats:
    """What sessions that measured the same code show of one case.

    ``variance`` is that of a session's centre about the others', process noise included, with ``df``
    degrees of freedom; ``share`` what part of a process's variance such a centre holds, the mean of one
    over the number of processes. ``sessions`` counts those that took part.
    """

    variance: float
    df: int
    share: float
    sessions: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """A standard deviation resting on ``df`` degrees of freedom."""

    deviation: float
    df: float


def cells(logarithms: Floats, cell: Ints) -> Cells:
    """Each cell's centre and spread; ``cell`` numbers the process's cell, from 0 on without a gap.

    Cells of one size are computed together: O(n log n), no loop over cells.
    """
    count = np.bincount(cell)
    ordered = logarithms[np.lexsort((logarithms, cell))]
    starts = np.concatenate([[0], np.cumsum(count)[:-1]]).astype(np.intp)
    centre, variance = np.full(len(count), np.nan), np.full(len(count), np.nan)
    trimmed = (_TRIMMED * count).astype(np.intp)
    for size in np.unique(count).tolist():
        own = np.flatnonzero(count == size)
        values = ordered[starts[own, None] + np.arange(size)]
        cut = int(_TRIMMED * size)
        centre[own] = values[:, cut : size - cut].mean(axis=1)
        if size > 1:
            winsorized = np.clip(values, values[:, [cut]], values[:, [size - 1 - cut]])
            variance[own] = winsorized.var(axis=1, ddof=1) / (1 - 2 * cut / size) ** 2
    return Cells(centre=centre, variance=variance, df=count - 2 * trimmed - 1, count=count)


def repeats(found: Cells, case: Ints, code: Ints, session: Ints) -> dict[int, Repeats]:
    """By case: how far cells of one code lie apart that were measured in different sessions.

    Labels are of the cells; a code counts within its case. Of one code, the mean of half the squared
    differences over all pairs from different sessions (a U-statistic, unbiased for the variance that sessions
    and all else between cells add up to, however many cells each has); codes are pooled by their sessions
    less one. What was measured in the same two sessions shares their difference, so a case has no more
    degrees of freedom than sessions less one. O(n log n).
    """
    group, case_of = _numbered(case, code)
    part, group_of = _numbered(group, session)
    size, own_size = np.bincount(group), np.bincount(part)
    within = np.bincount(group_of, own_size * _squares(found.centre, part), len(size))
    apart = size * _squares(found.centre, group) - within  # the sum of (y_i - y_j)^2 over i < j is n SS
    pairs = size**2 - np.bincount(group_of, own_size**2, len(size))  # each counted twice: half the square
    sessions = np.bincount(group_of, minlength=len(size))
    again = sessions > 1
    df = np.bincount(case_of, np.where(again, sessions - 1, 0))
    variance = np.divide(np.maximum(apart, 0), pairs, out=np.zeros(len(size)), where=again)
    sums = np.bincount(case_of, np.where(again, sessions - 1, 0) * variance)
    of_repeated = again[group]
    share = np.bincount(case[of_repeated], 1 / found.count[of_repeated], len(df))
    cells_of = np.bincount(case[of_repeated], minlength=len(df))
    seen = np.bincount(_numbered(case[of_repeated], session[of_repeated])[1], minlength=len(df))
    return {
        one: Repeats(
            variance=float(sums[one] / df[one]),
            df=int(min(df[one], seen[one] - 1)),
            share=float(share[one] / cells_of[one]),
            sessions=int(seen[one]),
        )
        for one in np.flatnonzero(df).tolist()
    }


def processes_of(found: Cells, case: Ints) -> dict[int, Spread]:
    """By case: the variance of a process within its cell, pooled over cells by their degrees of freedom."""
    df = np.bincount(case, found.df)
    sums = np.bincount(case, found.df * np.nan_to_num(found.variance))
    return {
        one: Spread(variance=float(sums[one] / df[one]), df=int(df[one]))
        for one in np.flatnonzero(df).tolist()
    }


def unit(seen: Repeats, process: float | None) -> float:
    """What a case's variance between sessions is told in: its processes' part of it; 1 where unknown.

    Cases differ in their processes by more than in what sessions add: over that part they are alike, and
    tell of each other.
    """
    return seen.share * process if process else 1.0


def between_sessions(seen: Repeats, process: float | None, others: Prior) -> Estimate:
    """The floor of a case: its moderated variance between sessions, less what its processes add to it.

    ``process`` is the (moderated) variance of one process, None where no cell has two: then all is put
    down to sessions. ``others`` is what other cases show, in ``unit``s. A case that they cannot explain (the
    F test of its variance against theirs at 5 %) speaks for itself (as Phipson et al., Ann. Appl. Stat.
    10(2), 2016, treat outliers). What is left is never taken to be below the standard error of the variance
    that it is taken from, ``v sqrt(2 / df)``: that sessions added little three times shows no more than that.
    """
    from scipy.special import fdtrc

    one = unit(seen, process)
    own = Spread(variance=seen.variance / one, df=seen.df)
    alone = others.variance > 0 and fdtrc(own.df, others.df, own.variance / others.variance) < _UNLIKE
    total, df = (own.variance, float(own.df)) if alone else (moderated(own, others), own.df + others.df)
    rest = total - 1.0 if process else total
    least = total * min(1.0, math.sqrt(2 / df))
    return Estimate(deviation=math.sqrt(max(rest, least) * one), df=df)


# --- from a history ------------------------------------------------------------------------------------


def residuals(logarithms: Floats, starts: Sequence[int]) -> tuple[Floats, int]:
    """Of values in the order of commits: each less the median of its level, and how many levels there are.

    Levels begin at ``starts``. What is not finite is left out, and so are levels of fewer than three
    values, which their medians follow.
    """
    there = np.isfinite(logarithms)
    kept = []
    for first, end in pairwise([0, *starts, len(logarithms)]):
        level = logarithms[first:end][there[first:end]]
        if len(level) > 2:
            kept.append(level - _quantile(level, 0.5))
    return np.concatenate([np.zeros(0), *kept]), len(kept)


def scatter(found: Sequence[tuple[Floats, int]]) -> Estimate | None:
    """The spread about their levels of residuals, each series' with its number of levels.

    The deviation that a tenth is beyond, over a normal's: tails that a median deviation would not see
    count, single wild values do not. Its efficiency against the standard deviation is
    ``z^2 f(z)^2 / (2 p (1 - p))`` with ``f = 2 phi``, 0.64 at p = 0.9 (Kendall & Stuart, The Advanced Theory
    of Statistics 1, 10.10). Neighbours that are alike tell less: n values with a lag-one correlation r
    are worth ``n (1 - r^2) / (1 + r^2)`` for a variance (Bayley & Hammersley, J. R. Stat. Soc. Suppl. 8,
    1946). None of fewer than ``LEAST_VALUES``.
    """
    pooled = np.concatenate([np.zeros(0), *(one for one, _ in found)])
    free = len(pooled) - sum(levels for _, levels in found)
    if len(pooled) < LEAST_VALUES or free < 1:
        return None
    deviation = _quantile(np.abs(pooled), 0.9) / _TENTH * math.sqrt(len(pooled) / free)
    alike = max(0.0, _correlation([one for one, _ in found], 3 * deviation)) ** 2
    return Estimate(deviation=deviation, df=max(1.0, _EFFICIENCY * free * (1 - alike) / (1 + alike)))


def _quantile(values: Floats, share: float) -> float:
    """As ``np.quantile``, at a fifth of its cost for what is short."""
    ordered = np.sort(values)
    place = share * (len(ordered) - 1)
    lower = int(place)
    upper = min(lower + 1, len(ordered) - 1)
    return float(ordered[lower] + (place - lower) * (ordered[upper] - ordered[lower]))


def _correlation(rows: Sequence[Floats], most: float) -> float:
    """At lag one within each row, of values cut at ``most``; 0 where nothing varies."""
    cut = [np.clip(one, -most, most) for one in rows]
    squares = sum(float(one @ one) for one in cut)
    return sum(float(one[1:] @ one[:-1]) for one in cut) / squares if squares > 0 else 0.0


# --- what can be seen ------------------------------------------------------------------------------------


def smallest_change(between: Estimate, process: Estimate | None, sessions: int, processes: int) -> float:
    """The least ratio, less one, that a comparison shows with a chance of ``POWER``.

    Of two commits, each measured in ``sessions`` sessions of its own by ``processes`` in each:

        log(1 + change) = (t + t') sqrt(2 (s^2 + w^2 / processes) / sessions)

    with Student's t at (1 + ``LEVEL``) / 2 and at ``POWER``, of the degrees of freedom that s and w have
    together (Satterthwaite 1946); Cochran, Sampling Techniques, 3rd edition, 1977, section 4.4. Cut
    where that is more than any change.
    """
    from scipy.special import stdtrit

    own = 0.0 if process is None else process.deviation**2 / processes
    variance = between.deviation**2 + own
    if variance == 0:
        return 0.0
    weight = between.deviation**4 / between.df + (own**2 / process.df if process and own else 0.0)
    df = variance**2 / weight
    times = float(stdtrit(df, (1 + LEVEL) / 2) + stdtrit(df, POWER))
    exponent = times * math.sqrt(2 * variance / sessions)
    return math.expm1(min(exponent, _MOST_EXPONENT))


# --- groups ----------------------------------------------------------------------------------------------


def _numbered(outer: Ints, inner: Ints) -> tuple[Ints, Ints]:
    """Each element's pair as a number, and the outer label of each number."""
    pairs, number = np.unique(np.stack([outer, inner]), axis=1, return_inverse=True)
    return number.reshape(-1), pairs[0]


def _squares(values: Floats, group: Ints) -> Floats:
    """By group, the sum of squares about the group's mean."""
    count = np.bincount(group)
    mean = np.bincount(group, values) / count
    return np.bincount(group, (values - mean[group]) ** 2).astype(np.float64)
