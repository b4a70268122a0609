"""The figures of a load: exact percentiles of all latencies, rate and counts. Owns the arithmetic.

Standard library only, Python 3.8 or newer.
"""

from __future__ import annotations

from typing import Dict, Sequence

from .load import Served

# Name, and the percentile in thousandths: 99.9 % is not a float's business.
PERCENTILES = (("p50", 500), ("p90", 900), ("p95", 950), ("p99", 990), ("p99.9", 999))

# Of what ``figures`` returns, as a ``measure_`` benchmark states them.
UNITS = {
    **{name: "seconds" for name, _ in PERCENTILES},
    "max": "seconds",
    "rate": "requests/s",
    "requests": "requests",
    "unserved": "requests",
}
BETTER = {"rate": "higher", "requests": "higher"}  # the others: lower


def nearest_rank(ordered: Sequence[float], thousandths: int) -> float:
    """The percentile of sorted values by nearest rank: the value of rank ``ceil(p n)``, so at least that
    share of the values is no larger. Always a measured value, never one between two; with fewer than
    1 / (1 - p) values it is the largest. (Hyndman and Fan, "Sample Quantiles in Statistical Packages",
    The American Statistician 50, 1996: definition 1.)
    """
    rank = -(-len(ordered) * thousandths // 1000)  # ceil, in whole numbers
    return ordered[max(rank, 1) - 1]


def figures(served: Served) -> Dict[str, float]:
    """What ``UNITS`` names, of all requests; the median first, in the order of ``UNITS``.

    Latencies and units as in ``Served``: who was due and not served counts with the wait so far. ``rate``
    is infinite where the clock did not move.
    """
    ordered = sorted(served.latencies)
    return {
        **{name: nearest_rank(ordered, thousandths) for name, thousandths in PERCENTILES},
        "max": ordered[-1],
        "rate": served.rate,
        "requests": float(len(served.requests)),
        "unserved": float(len(served.waiting)),
    }
