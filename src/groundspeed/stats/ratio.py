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
    (Bonferroni's inequality): 98 % from asv's 99 %. Of quantities that may be negative, or of a base
    that may be zero, nothing can be said: the interval is unbounded. A base that is exactly zero is
    a count of nothing: more than it is infinitely more, nothing again is the same.
    """
    if base.low == base.high == 0 <= head.low:
        quotient = math.inf if head.low > 0 else 1.0 if head.high == 0 else math.nan
        if not math.isnan(quotient):
            return Interval(centre=quotient, low=quotient, high=quotient)
    if base.low <= 0 or head.low < 0:
        return Interval(centre=math.nan, low=-math.inf, high=math.inf)
    return Interval(centre=head.centre / base.centre, low=head.low / base.high, high=head.high / base.low)


def verdict(change: Interval, tolerance: float) -> Verdict:
    """What a ratio of head to base says when lower is better.

    ``slower``: the whole interval lies beyond ``1 + tolerance``; ``faster``: below its reciprocal (so that
    swapping the ends swaps the verdicts); ``same``: within both, which is Schuirmann's two one-sided tests of
    equivalence ("A comparison of the two one-sided tests procedure and the power approach", J.
    Pharmacokinetics and Biopharmaceutics 15, 1987), each at half of what the interval misses; else
    ``inconclusive``.
    """
    limit = 1 + tolerance
    if change.low > limit:
        return Verdict.SLOWER
    if change.high < 1 / limit:
        return Verdict.FASTER
    if change.low >= 1 / limit and change.high <= limit:
        return Verdict.SAME
    return Verdict.INCONCLUSIVE
