"""How fast a quantity grows with a size: the exponent of a power law, with its interval. Pure floats.

``y = c · n^b`` is a line in logarithms, ``log y = log c + b · log n``; ``b`` is its slope by least
squares (Goldsmith, Aiken and Wilkerson, Measuring Empirical Computational Complexity, ESEC/FSE 2007,
section 2.2). An exponent of 1 is linear; of n log n the slope lies a little above 1, falling with n.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SIZES = 3
"""Through two points every line goes: of fewer than three sizes nothing is left to tell the error by."""

SPAN = 4.0
"""Largest size over smallest: over less, 5 % in the outer values is more than 0.07 in the exponent."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Growth:
    """An exponent. ``low`` and ``high`` bound it at the level asked for, ``quartiles`` at one half."""

    exponent: float
    low: float
    high: float
    quartiles: tuple[float, float]
    sizes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class NoGrowth:
    """No exponent can be told, and why."""

    reason: str


def growth(points: Iterable[tuple[float, float]], *, level: float) -> Growth | NoGrowth:
    """The exponent of ``y`` in ``n`` from pairs (n, y); several ``y`` at one size are their median.

    The interval is the slope's, ``b ± t · s / sqrt(Sxx)`` with the residuals' ``s² = RSS / (k - 2)``
    and Student's t of k - 2 degrees of freedom, for k sizes (Draper and Smith, Applied Regression
    Analysis, 3rd edition, 1.4). What bends the line counts as its error: a growth that is no power
    law has a wide interval. Pairs that are not finite and positive are passed over. O(k log k).
    """
    at: dict[float, list[float]] = {}
    for size, value in points:
        if 0 < size < math.inf and 0 < value < math.inf:
            at.setdefault(size, []).append(value)
    if (why := unusable(list(at))) is not None:
        return NoGrowth(reason=why)
    slope, error = _slope(
        [math.log(size) for size in at], [math.log(statistics.median(values)) for values in at.values()]
    )
    from scipy.special import stdtrit

    half, quarter = (float(stdtrit(len(at) - 2, (1 + one) / 2)) * error for one in (level, 0.5))
    return Growth(
        exponent=slope,
        low=slope - half,
        high=slope + half,
        quartiles=(slope - quarter, slope + quarter),
        sizes=len(at),
    )


def unusable(sizes: Sequence[float]) -> str | None:
    """Why no growth can be told from different sizes that have a positive value; None when it can."""
    if len(sizes) < SIZES:
        have = "size has" if len(sizes) == 1 else "sizes have"
        return f"{len(sizes) or 'no'} {have} a positive value; it takes {SIZES}: measure more sizes"
    if max(sizes) / min(sizes) < SPAN:
        return (
            f"the sizes {min(sizes):g} to {max(sizes):g} are too close; "
            f"the largest must be {SPAN:g} times the smallest"
        )
    return None


def _slope(x: list[float], y: list[float]) -> tuple[float, float]:
    """The slope of ``y`` on ``x`` by least squares, and its standard error."""
    x_mean, y_mean = statistics.fmean(x), statistics.fmean(y)
    sxx = math.fsum((one - x_mean) ** 2 for one in x)
    slope = math.fsum((one - x_mean) * (other - y_mean) for one, other in zip(x, y, strict=True)) / sxx
    residuals = [other - y_mean - slope * (one - x_mean) for one, other in zip(x, y, strict=True)]
    variance = math.fsum(one * one for one in residuals) / (len(x) - 2)
    return slope, math.sqrt(variance / sxx)
