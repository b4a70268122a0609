"""What a set of samples comes to in a few figures, for people. Pure arrays; no verdict rests on it.

The samples of all processes are pooled, as asv pools them: right for what a caller gets to see, blind to
which process a sample is of. What judges looks at the processes (``precision``, ``comparison``).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """Figures of ``samples`` values, in their unit. ``sd`` is None of a single one: it has no spread."""

    samples: int
    mean: float
    median: float
    p95: float
    p99: float
    min: float
    max: float
    sd: float | None


def summarise(values: Sequence[float]) -> Summary:
    """The figures of one finite value at least. O(n log n).

    ``sd`` is the sample standard deviation (n - 1 below). A quantile p lies at the place 1 + (n - 1) p of
    the sorted values, between two of them by a straight line (Hyndman and Fan, "Sample quantiles in
    statistical packages", The American Statistician 50(4), 1996, definition 7): with less than 100 values
    p99 lies between the two largest, and says little. Raises ValueError for no value or one not finite.
    """
    samples = np.asarray(values, dtype=np.float64)
    if samples.ndim != 1 or not len(samples) or not np.isfinite(samples).all():
        raise ValueError("a summary needs a row of finite values, one at least")
    low, high = float(samples.min()), float(samples.max())
    _, power = np.frexp(max(-low, high))
    scaled = np.ldexp(samples, -power)  # exact, and no square of it overflows
    deviation = scaled.std(ddof=1) if len(scaled) > 1 else 0.0
    figures = (scaled.mean(), *np.percentile(scaled, (50, 95, 99)), deviation)
    with np.errstate(over="ignore"):  # a deviation may be larger than any float
        mean, median, p95, p99, sd = np.minimum(np.ldexp(figures, power), sys.float_info.max).tolist()
    return Summary(
        samples=len(samples),
        mean=min(max(mean, low), high),  # rounding may carry a mean out of its values
        median=median,
        p95=p95,
        p99=p99,
        min=low,
        max=high,
        sd=sd if len(samples) > 1 else None,
    )
