"""What a step between two neighbouring levels of a series amounts to: how large, how sure, and where.

Owns the numbers of steps that something else has found; finds none. Works on as many series at once as
there are, as flat columns. Values are as they shall be compared: logarithms where a ratio is asked for.

Noise is taken about the medians of the levels. Its size is the median absolute deviation, with the factors
of Croux and Rousseeuw ("Time-efficient algorithms for two highly robust estimators of scale", COMPSTAT
1992) for few values, of the two levels beside the step, steadied by all levels of the series. That
neighbours err alike is counted by the variance of a first-order autoregression, (1 + r) / (1 - r) times
that of independent values (Priestley, Spectral Analysis and Time Series, 1981, section 5.3).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

LEVEL = 0.99
"""Of the intervals: the level of those that asv stores."""

ASTRAY = 0.001
"""How often the range of a culprit may miss it: one commit explains hundreds of steps, and each range that
missed it would stand as a culprit of its own."""

SMALLEST_P = 1e-300  # of what has no noise at all; keeps a logarithm finite

_MAD_TO_SD = 1.4826  # of a normal distribution: 1 / Phi^-1(3/4)
_MEAN_TO_SD = math.sqrt(math.pi / 2)  # the same from the mean absolute deviation
_FEW = np.array([1.0, 1.0, 1.196, 1.495, 1.363, 1.206, 1.200, 1.140, 1.129, 1.107])  # n = 0 … 9
_MEDIAN = math.pi / 2  # variance of a normal sample's median, against its mean's
_EFFICIENCY = 0.37  # of the MAD: what its variance weighs in degrees of freedom, for one value each
_STEADYING_DF = 3.0  # a level's own three values weigh as much as all others of the series
_MOST_R = 0.9  # beyond it a series of some hundred values is no noise about a level
_CLIP = 3.0  # standard deviations: an outlier shall not stand for how alike neighbours are
_LARGEST = (
    300  # power of two: the squares of what is smaller, and of its inverse, are numbers with room to add
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Steps:
    """Columns of shape (k,), a row a step, by series and then by place.

    ``series`` is the position of the series; ``base`` and ``head`` are the positions in it of the last
    value of the old level and the first of the new; ``earliest`` and ``latest`` those between which the
    culprit lies all but surely: it is in (earliest, latest], as it is most likely in (base, head].
    ``before`` and ``after`` are medians, each known to ``before_half`` and ``after_half``; ``half`` is the
    same of their difference. ``p`` is what is left of chance, at all places of the series together.
    """

    series: Places
    base: Places
    head: Places
    earliest: Places
    latest: Places
    before: Floats
    before_half: Floats
    after: Floats
    after_half: Floats
    half: Floats
    p: Floats


def weigh(series: Sequence[Floats], starts: Sequence[Sequence[int]]) -> Steps:
    """The steps of ``series`` (each (n,), NaN missing) whose new levels begin at ``starts``.

    A start is the position of a finite value that is not the first. With n1 and n2 values on either side,
    noise variance v, and neighbours' correlation r,

        se^2 = pi / 2 * v * (1 + r) / (1 - r) * (1 / n1 + 1 / n2)

    and Student's t of the difference of the medians gives p, which is multiplied by the number of places
    searched (Bonferroni): a step was looked for everywhere. O(n log n) of all values together.
    """
    flat = _flatten(series, starts)
    levels = _levels(flat)
    first = np.flatnonzero(levels.follows)  # the number of the new level of each step
    power = flat.power[levels.series[first]]
    last = first - 1
    noise, inflation, df = _noise(flat, levels, last, first)
    half_of = _student_quantile(df)
    se = np.sqrt(_MEDIAN * noise * inflation)
    n1, n2 = levels.count[last], levels.count[first]
    both = se * np.sqrt(1 / n1 + 1 / n2)
    shift = levels.median[first] - levels.median[last]
    searched = flat.count[levels.series[first]] - 1
    earliest, latest = _ranges(flat.value, levels, first, np.sqrt(noise), inflation)
    at = levels.start[first]
    return Steps(
        series=levels.series[first],
        base=flat.position[at - 1],
        head=flat.position[at],
        earliest=flat.position[earliest - 1],
        latest=flat.position[latest],
        before=_times_power(levels.median[last], power),
        before_half=_times_power(half_of * se / np.sqrt(n1), power),
        after=_times_power(levels.median[first], power),
        after_half=_times_power(half_of * se / np.sqrt(n2), power),
        half=_times_power(half_of * both, power),
        p=np.clip(_two_sided(shift, both, df) * searched, SMALLEST_P, 1.0),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Flat:
    """The finite values of all series in one column, with where they stood; ``count`` is by series.

    A series has been divided by two to its ``power``, by which everything found in its unit is to be
    multiplied: zero wherever squares are numbers anyway.
    """

    value: Floats
    position: Places
    series: Places
    level: Places
    count: Places
    power: Places


@dataclass(frozen=True, kw_only=True, slots=True)
class _Levels:
    """A row a level. ``follows`` tells whether another level of the same series stands before it."""

    series: Places
    start: Places
    count: Places
    median: Floats
    follows: NDArray[np.bool_]


def _flatten(series: Sequence[Floats], starts: Sequence[Sequence[int]]) -> _Flat:
    sizes = np.array([one.size for one in series], np.int64)
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    value = np.concatenate([*series, np.empty(0)])
    begins = np.zeros(value.size, np.int64)
    for offset, one in zip(offsets.tolist(), starts, strict=False):  # one offset more: the end
        begins[offset + np.asarray(one, np.int64)] = 1
    begins[offsets[:-1][sizes > 0]] = 1
    level = np.cumsum(begins) - 1
    owner = np.repeat(np.arange(len(series)), sizes)
    there = np.isfinite(value)
    kept = level[there]
    count = np.bincount(owner[there], minlength=len(series))
    power = _powers(value[there], count)
    return _Flat(
        value=_times_power(value[there], -power[owner[there]]),
        position=(np.arange(value.size) - offsets[owner])[there],
        series=owner[there],
        level=np.unique(kept, return_inverse=True)[1].astype(np.int64),
        count=count,
        power=power,
    )


def _powers(value: Floats, count: Places) -> Places:
    """Of each series, a slice of so many values: what brings the largest within 2^±_LARGEST."""
    power = np.zeros(count.size, np.int64)
    filled = np.flatnonzero(count)
    if filled.size:
        largest = np.maximum.reduceat(np.abs(value), (np.cumsum(count) - count)[filled])
        exponent = np.frexp(largest)[1].astype(np.int64)
        power[filled] = exponent - np.clip(exponent, -_LARGEST, _LARGEST)
    return power


def _times_power(value: Floats, power: Places) -> Floats:
    """Exactly, but what is too large for a number has no end."""
    if not power.any():
        return value
    with np.errstate(over="ignore"):
        return np.asarray(np.ldexp(value, power))


def _levels(flat: _Flat) -> _Levels:
    size = int(flat.level[-1]) + 1 if flat.level.size else 0
    count = np.bincount(flat.level, minlength=size)
    start = np.concatenate([[0], np.cumsum(count)[:-1]]).astype(np.int64)[:size]
    series = flat.series[start]
    return _Levels(
        series=series,
        start=start,
        count=count,
        median=_medians(flat.value, start, count),
        follows=np.concatenate([[False], series[1:] == series[:-1]])[:size],
    )


def _medians(value: Floats, start: Places, count: Places) -> Floats:
    """Of each level, a slice; a sort of each costs an eighth of one sort of everything by level and value."""
    ordered = value.copy()
    for begin, end in zip(start.tolist(), (start + count).tolist(), strict=True):
        ordered[begin:end].sort()
    return np.asarray((ordered[start + (count - 1) // 2] + ordered[start + count // 2]) / 2)


def _noise(flat: _Flat, levels: _Levels, last: Places, first: Places) -> tuple[Floats, Floats, Floats]:
    """Of each step: the variance of one value, by how much correlation inflates that of a mean, and df."""
    residual = flat.value - levels.median[flat.level]
    size = np.abs(residual)
    mad = _medians(size, levels.start, levels.count)
    mean = np.bincount(flat.level, size, levels.count.size) / np.maximum(levels.count, 1)
    n = levels.count
    factor = np.where(n < len(_FEW), _FEW[np.minimum(n, len(_FEW) - 1)], n / (n - 0.8))
    sd = np.where(mad > 0, factor * _MAD_TO_SD * mad, _MEAN_TO_SD * mean)  # more than half of them equal
    df = _EFFICIENCY * (n - 1)
    series = flat.count.size
    total_df = np.bincount(levels.series, df, series)
    total = np.bincount(levels.series, df * sd**2, series) / np.maximum(total_df, 1e-9)
    inflation = _inflation(flat, residual, np.sqrt(total), np.bincount(levels.series, minlength=series))
    of = levels.series[first]
    steadying = np.minimum(_STEADYING_DF, total_df[of])
    own = df[last] * sd[last] ** 2 + df[first] * sd[first] ** 2
    variance = (steadying * total[of] + own) / np.maximum(steadying + df[last] + df[first], 1e-9)
    known = np.minimum(total_df[of], steadying + df[last] + df[first]) / inflation[of]
    return variance, inflation[of], np.maximum(known, 1.0)


def _inflation(flat: _Flat, residual: Floats, sd: Floats, levels: Places) -> Floats:
    """(1 + r) / (1 - r) of each series; never below 1: that neighbours err unlike is no knowledge.

    Each level's own median takes 1 / n off the correlation (Marriott and Pope, "Bias in the estimation of
    autocorrelations", Biometrika 41, 1954), which is put back.
    """
    clipped = np.clip(residual, -_CLIP * sd[flat.series], _CLIP * sd[flat.series])
    together = flat.level[1:] == flat.level[:-1]
    products = np.where(together, clipped[1:] * clipped[:-1], 0.0)
    size = flat.count.size
    squares = np.bincount(flat.series, clipped**2, size)
    alike = np.bincount(flat.series[1:], products, size) / np.where(squares > 0, squares, 1.0)
    r = np.clip(alike + levels / np.maximum(flat.count, 1), 0.0, _MOST_R)
    return np.where(squares > 0, (1 + r) / (1 - r), 1.0)


def _ranges(
    value: Floats, levels: _Levels, first: Places, sd: Floats, inflation: Floats
) -> tuple[Places, Places]:
    """The earliest and the latest first value of the new level that the values leave possible.

    A place stays possible while its likelihood is not less than ``ASTRAY / 2`` of that of the place found,
    the noise being Laplace's (so that one outlier moves it by no more than the step itself). Where the step
    truly is, the ratio at any other place is a martingale of mean 1, so it ever exceeds 2 / ASTRAY with a
    probability of at most ASTRAY / 2 on either side (Ville, Étude critique de la notion de collectif,
    1939; for change points Siegmund, "Confidence sets in change-point problems", Int. Stat. Rev. 56, 1988).
    """
    at = levels.start[first]
    before, after = levels.median[first - 1], levels.median[first]
    scale = math.sqrt(2) / np.maximum(sd * inflation, 1e-300)
    earliest = _reach(value, at, -1, before, after, scale, levels.count[first - 1] - 1)
    latest = _reach(value, at, +1, after, before, scale, levels.count[first] - 1)
    return at - earliest, at + latest


def _reach(
    value: Floats, at: Places, way: int, own: Floats, other: Floats, scale: Floats, most: Places
) -> Places:
    """How many values beside each step may as well belong to the ``other`` level, at most ``most``."""
    threshold = math.log(2 / ASTRAY)
    reach = np.zeros(at.size, np.int64)
    likelihood = np.zeros(at.size)
    alive = np.flatnonzero(most > 0)
    for distance in range(1, int(most.max(initial=0)) + 1):
        if not alive.size:
            break
        x = value[at[alive] - distance if way < 0 else at[alive] + distance - 1]
        likelihood[alive] += (np.abs(x - own[alive]) - np.abs(x - other[alive])) * scale[alive]
        reach[alive[likelihood[alive] >= -threshold]] = distance
        # twice as unlikely in logarithms, and drifting on: what comes back from there is a step of its own
        alive = alive[(likelihood[alive] >= -2 * threshold) & (most[alive] > distance)]
    return reach


def _student_quantile(df: Floats) -> Floats:
    from scipy.special import stdtrit

    return np.asarray(stdtrit(df, (1 + LEVEL) / 2))


def _two_sided(shift: Floats, error: Floats, df: Floats) -> Floats:
    from scipy.special import stdtr

    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(error > 0, np.abs(shift) / error, np.inf)
    return np.asarray(2 * stdtr(df, -t))
