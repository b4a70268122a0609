"""The ratio of two measurements with its interval, and the verdict that follows from it. Pure floats.

Deliberately cautious: it knows two stored intervals, not the samples behind them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from groundspeed.records import Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """A centre with bounds, ``low <= centre <= high``; all alike where nothing is known of the spread."""

    centre: float
    low: float
    high: float


def ratio(base: Interval, head: Interval) -> Interval:
    """``head / base``. Bounds are the extreme quotients of the two intervals.

    With two independent intervals of level 1 - a each, the quotient's covers at least 1 - 2a
    (Bonferroni's inequality): 98 % from asv's 99 %. All bounds must be positive; otherwise the
    interval is unbounded, because nothing can be said of a quotient whose divisor may be zero.
    """
    if min(base.low, head.low) <= 0:
        return Interval(centre=math.nan, low=-math.inf, high=math.inf)
    return Interval(centre=head.centre / base.centre, low=head.low / base.high, high=head.high / base.low)


def verdict(change: Interval, tolerance: float) -> Verdict:
    """What a ratio of head to base says when lower is better.

    ``slower``: the whole interval lies beyond ``1 + tolerance``; ``faster``: below its reciprocal (so that
    swapping the ends swaps the verdicts); ``same``: within both; else ``inconclusive``.
    """
    limit = 1 + tolerance
    if change.low > limit:
        return Verdict.SLOWER
    if change.high < 1 / limit:
        return Verdict.FASTER
    if change.low >= 1 / limit and change.high <= limit:
        return Verdict.SAME
    return Verdict.INCONCLUSIVE
