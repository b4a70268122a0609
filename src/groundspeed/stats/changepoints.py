"""The steps in a series: where a new level begins. Pure arrays; the same numbers give the same steps.

Owns the decision what is a step and what is noise; knows no commits and no units. No steps are: single
spikes, bursts of up to ten points that come back, what the scatter of the series or its autocorrelation
explains, and a difference that the points of the two levels do not show. A series goes through four
stages, each of which treats its reverse and its negative alike:

1. Outliers are brought nearer: what lies more than three standard deviations from the running median of
   21 points is moved to there. A burst of up to ten points thus counts as three deviations at most,
   however high it is; a level of eleven points or more loses nothing.
2. The least-squares segmentations with 0, 1, 2, ... steps are searched (``segmentation``).
3. Their number is the one with the least n / 2 log(squares) + penalty x steps x log n: Schwarz's criterion,
   strengthened (Yao, "Estimating the number of change-points via Schwarz' criterion", Stat. Probab. Lett.
   6 (1988) 181-189; Fryzlewicz, "Wild binary segmentation", Ann. Stat. 42 (2014) 2243-2281).
   It asks for no scale of the noise. Noise that wanders by itself raises the penalty.
4. Of the steps found, bursts and those that do not separate the levels beside them are taken back.

Where two places of a step fit exactly alike the left one is taken: only there may a reversed series answer
otherwise. An appended point moves every quantity above (median deviation, squares, log n), so that nothing
less than the whole series answers for it; with 400 points that takes half a millisecond.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from groundspeed.stats.segmentation import segment

Floats = NDArray[np.float64]

FEWEST = 10
"""Points. A series with fewer has no steps: of a level of less than five, a median says nothing."""

_BURST = 10  # points: what a busy host spoils in one go
_CLIP = (
    3.0  # standard deviations: of normal noise 0.3 % lies beyond; 2.5 and 4 do as well, within 0.5 % of F1
)
_MOST = 12  # steps: the search costs as much for each, and 7 of numpy's 8,424 series have more than ten
_PENALTY = 4.0  # log n for each step; 1 is Schwarz's for normal noise, and real noise has tails
_CORRELATED = 0.5  # at most: beyond, what correlates neighbours may as well be steps that were missed
_SEPARATION = 0.8  # of the pairs with one point of either level; of normal noise, 1.2 standard deviations
_MAD_TO_SD = 1.4826  # of a normal distribution: 1 / Phi^-1(3/4)
_ROUNDING = 1e-12  # of the squares of a series: what is less is as good as nothing
_CHUNK = 16  # rows at a time: what they need stays in the cache of a core


def detect(values: NDArray[np.float64]) -> list[int]:
    """The first index of each new level in ``values`` (n,), ascending; what is not finite is missing.

    An index is always that of a point that is there. ``a * values + b`` has the same steps for every a
    other than zero; of the reversed series they are the places ``m - i``, counted in the m points there.
    """
    return detect_many([values])[0]


def detect_many(series: Sequence[NDArray[np.float64]]) -> list[list[int]]:
    """``detect`` of each one, with the same answers, sooner: those with as many points go together."""
    found: list[list[int]] = [[] for _ in series]
    there = [np.flatnonzero(np.isfinite(one)) for one in series]
    lengths: dict[int, list[int]] = {}
    for number, places in enumerate(there):
        if len(places) >= FEWEST:
            lengths.setdefault(len(places), []).append(number)
    for numbers in lengths.values():
        for start in range(0, len(numbers), _CHUNK):
            chunk = numbers[start : start + _CHUNK]
            rows = np.stack([np.asarray(series[one], dtype=np.float64)[there[one]] for one in chunk])
            for number, steps in zip(chunk, _detect_rows(rows), strict=True):
                found[number] = there[number][steps].tolist() if steps else []
    return found


def parting(values: Floats, candidates: Sequence[int]) -> int:
    """The place among ``candidates`` (each in 1 … n - 1) at which two levels of ``values`` (n,), all finite,
    part: where the absolute deviations from their medians are least. O(candidates n log n).
    """
    costs = [_deviations(values[:cut]) + _deviations(values[cut:]) for cut in candidates]
    return candidates[int(np.argmin(costs))]


def level_from(values: Floats, start: int, stop: int) -> list[int]:
    """Where a level of ``values`` (n,), all finite, that is known to begin at ``start`` begins and, if it
    does before ``stop``, ends: where it parts from one that is nearer to the level before ``start``.
    """
    after = values[start:stop]
    if len(after) < 2:
        return [start]
    cut = parting(after, range(1, len(after)))
    new, last = _median(after[:cut]), _median(after[cut:])
    is_back = abs(last - _median(values[:start])) < abs(last - new)
    return [start, start + cut] if is_back else [start]


def _deviations(values: Floats) -> float:
    return float(np.abs(values - _median(values)).sum())


def _detect_rows(rows: Floats) -> list[list[int]]:
    """Of each of ``rows`` (rows, n), all finite."""
    n = rows.shape[1]
    values = _scaled(rows)
    values = values - np.sort(values, axis=1)[:, n // 2, None]
    clipped = _scaled(_clipped(values))
    best = segment(clipped, shortest=_shortest(n), most=_MOST)
    found: list[list[int]] = [[] for _ in rows]
    for row, number in enumerate(_numbers(best.costs, n, _PENALTY)):
        if number:
            penalty = _PENALTY * _wandering(clipped[row], best.steps(row, number))
            (number,) = _numbers(best.costs[row : row + 1], n, penalty)
            steps = _without_bursts(values[row], clipped[row], best.steps(row, number), penalty)
            found[row] = _separating(values[row], steps)
    return found


def _shortest(n: int) -> int:
    """The fewest points of a level: five, eight from 80 on, where noise has more places to look like one."""
    return min(8, max(FEWEST // 2, n // 10))


def _numbers(costs: Floats, n: int, penalty: float) -> list[int]:
    """How many steps each row of ``costs`` (rows, steps + 1) of series of ``n`` points has."""
    floor = np.maximum(_ROUNDING * costs[:, :1], np.finfo(np.float64).tiny)
    criterion = n / 2 * np.log(np.maximum(costs, floor))
    criterion += penalty * np.log(n) * np.arange(costs.shape[1])
    return [int(number) for number in criterion.argmin(axis=1)]


def _wandering(clipped: Floats, steps: list[int]) -> float:
    """How much more the mean of autocorrelated noise varies than that of as much white noise.

    (1 + r) / (1 - r) with the correlation r of neighbours, for noise of the first order (Bayley &
    Hammersley, "The 'effective' number of independent observations in an autocorrelated time series",
    J. R. Stat. Soc. Suppl. 8 (1946) 184-197), from what the segmentation leaves over.
    """
    rest = _rest(clipped, steps)
    squares = float((rest * rest).sum())
    if squares == 0:
        return 1.0
    r = min(max(float((rest[1:] * rest[:-1]).sum()) / squares, 0.0), _CORRELATED)
    return (1 + r) / (1 - r)


def _rest(clipped: Floats, steps: list[int]) -> Floats:
    """What the means of the levels leave over."""
    return np.concatenate([clipped[a:b] - clipped[a:b].sum() / (b - a) for a, b in _levels(steps, clipped)])


# --- outliers ---------------------------------------------------------------------------------------


def _scaled(rows: Floats) -> Floats:
    """By a power of two, so that the largest lies below 1: nothing overflows and nothing is rounded."""
    exponent = np.frexp(np.abs(rows).max(axis=1, keepdims=True))[1]
    scaled: Floats = np.ldexp(rows, -exponent)
    return scaled


def _clipped(values: Floats) -> Floats:
    """With what lies beyond ``_CLIP`` standard deviations of the running median moved to there.

    The deviation is the median one, scaled; where more than half of them are zero, the mean one.
    """
    n = values.shape[1]
    middle = _running_median(values)
    away = np.abs(values - middle)
    deviation = _MAD_TO_SD * np.sort(away, axis=1)[:, n // 2, None]
    deviation = np.where(deviation > 0, deviation, np.cumsum(away, axis=1)[:, -1:] / n)
    clipped: Floats = np.clip(values, middle - _CLIP * deviation, middle + _CLIP * deviation)
    return clipped


def _running_median(values: Floats) -> Floats:
    """Of 2 * _BURST + 1 points about each; near the ends, of the outermost so many."""
    n = values.shape[1]
    width = min(2 * _BURST + 1, n - 1 + n % 2)
    middle = np.sort(sliding_window_view(values, width, axis=1), axis=2)[:, :, width // 2]
    before = width // 2
    return np.pad(middle, ((0, 0), (before, n - before - middle.shape[1])), mode="edge")


# --- steps that are taken back ----------------------------------------------------------------------


def _without_bursts(values: Floats, clipped: Floats, steps: list[int], penalty: float) -> list[int]:
    """Less the levels that are as long as a burst and end about where they began, the shortest first.

    What ends only about where it began may still be a step, small beside the burst. One of the burst's two
    ends then stays, when the criterion of the segmentation says so.
    """
    while (burst := _burst(values, steps)) is not None:
        without = steps[: burst - 1] + steps[burst + 1 :]
        left, right = (
            [*without[: burst - 1], end, *without[burst - 1 :]] for end in steps[burst - 1 : burst + 1]
        )
        none, one, other = (float((_rest(clipped, some) ** 2).sum()) for some in (without, left, right))
        (stays,) = _numbers(np.array([[none, min(one, other)]]), len(values), penalty)
        steps = without if not stays else left if one <= other else right
    return steps


def _burst(values: Floats, steps: list[int]) -> int | None:
    """The number of the shortest level that is one.

    As long: two points more are allowed for a misplaced end on either side. About where it began: within
    half of the way there, and of the way back; medians, of the values as they are.
    """
    places = _levels(steps, values)
    level = [_median(values[a:b]) for a, b in places]
    bursts = [
        (b - a, i)
        for i, (a, b) in enumerate(places[1:-1], 1)
        if b - a <= _BURST + 2
        and min(abs(level[i] - level[i - 1]), abs(level[i] - level[i + 1]))
        >= 2 * abs(level[i + 1] - level[i - 1])
    ]
    return min(bursts)[1] if bursts else None


def _separating(values: Floats, steps: list[int]) -> list[int]:
    """Less those, the weakest first, whose levels too few pairs of points tell apart."""
    steps = list(steps)
    while steps:
        levels = [values[a:b] for a, b in _levels(steps, values)]
        shares = [_separation(before, after) for before, after in pairwise(levels)]
        if min(shares) >= _SEPARATION:
            break
        del steps[shares.index(min(shares))]
    return steps


def _separation(before: Floats, after: Floats) -> float:
    """The share of pairs in which one level's point is above the other's, a tie counting half: the effect
    size A (Vargha & Delaney, "A critique and improvement of the CL common language effect size statistics
    of McGraw and Wong", J. Educ. Behav. Stat. 25 (2000) 101-132); 0.5 for nothing, 1 for complete.
    """
    ordered = np.sort(after)
    twice = np.searchsorted(ordered, before, "left") + np.searchsorted(ordered, before, "right")
    above = int(twice.sum()) / (2 * len(before) * len(after))
    return max(above, 1 - above)


def _median(values: Floats) -> float:
    ordered = np.sort(values)
    return float(ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def _levels(steps: list[int], values: Floats) -> list[tuple[int, int]]:
    """First index of each level, and the one behind its last."""
    return list(pairwise([0, *steps, len(values)]))
