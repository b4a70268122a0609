"""Whether values drift with their order: a robust slope with its interval. Pure arrays.

Theil and Sen's slope, the median of the slopes of all pairs (Sen, "Estimates of the regression coefficient
based on Kendall's tau", JASA 63, 1968): wild values, up to 29 % of them, do not move it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from groundspeed.stats.ratio import Interval

LEAST = 5
"""Values: of four, even the most orderly are chance (Kendall's S, two-sided p = 0.083)."""

_NORMAL_95 = 1.959964


def drift(values: ArrayLike) -> Interval:
    """The change of ``values`` from first to last along the slope, with a 95 % interval; ``LEAST`` at least.

    The interval is between the slopes of rank (N ± C) / 2 of the N = n (n - 1) / 2 pairs, with
    C = z sqrt(n (n - 1) (2 n + 5) / 18) (Sen 1968, section 5; normal approximation to Kendall's S). O(n²).
    """
    y = np.asarray(values, dtype=np.float64)
    n = len(y)
    if n < LEAST:
        raise ValueError(f"{n} values show no drift; it takes {LEAST}")
    first, second = np.triu_indices(n, 1)
    slopes = np.sort((y[second] - y[first]) / (second - first))
    pairs = len(slopes)
    spread = _NORMAL_95 * math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    low = max(0, math.floor((pairs - spread) / 2) - 1)  # rank M1 from below, the same from above
    high = pairs - 1 - low
    whole = n - 1
    return Interval(
        centre=float(np.median(slopes)) * whole,
        low=float(slopes[low]) * whole,
        high=float(slopes[high]) * whole,
    )
