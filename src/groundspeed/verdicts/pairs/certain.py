"""Values without chance: counts, and what every process gives alike. Judged exactly."""

from __future__ import annotations

import math

from groundspeed.records import Better, Verdict
from groundspeed.stats.comparison import Component, Difference, Undecidable
from groundspeed.stats.ratio import Interval, verdict
from groundspeed.verdicts.judgement import Caveat, Chances, Enough, Evidence, Ground, Judgement, NoRatio
from groundspeed.verdicts.pairs.question import Ends, Question, point

EXACTLY = Component(variance=0.0, df=1e6)
"""The variance of what does not scatter."""

ANYTHING = Component(variance=1e6, df=1.0)
"""The variance, of logarithms, of what nothing is known of."""


def is_steady(ends: Ends, unit: str) -> bool:
    """Whether values do not scatter: each end has one value only, seen in two processes at least, or it is
    a count.
    """
    base, head = ({sample for one in end for sample in one.samples} for end in (ends.base, ends.head))
    if len(base) > 1 or len(head) > 1:
        return False
    return ends.fewest > 1 or is_count(unit, *base, *head)


def is_count(unit: str, *values: float) -> bool:
    """Whole numbers, but of times and sizes, which clocks and pages make whole."""
    return unit not in ("s", "bytes") and all(value.is_integer() for value in values)


def certain(base: float, head: float, ends: Ends, question: Question, ground: Ground) -> Judgement:
    """Values that are what they are: any change beyond the tolerance is one."""
    found = quotient(base, head)
    worse = found if question.better is Better.LOWER else quotient(head, base)
    judged = verdict(point(worse), question.tolerance)
    endless = math.isinf(found)
    return Judgement(
        base=base,
        head=head,
        effect=point(head - base),
        ratio=NoRatio(reason=Caveat.NOTHING_BEFORE) if endless else point(found),
        worse=point(worse),
        tolerance=question.tolerance,
        verdict=judged,
        chances=certain_chances(judged),
        evidence=ends.evidence(ground, *((Caveat.NOTHING_BEFORE,) if endless else ())),
        further=Enough(),
        difference=Difference(
            centre=math.log(worse) if 0 < worse < math.inf else worse - 1,
            processes=EXACTLY,
            sessions=EXACTLY,
        ),
        process=EXACTLY,
    )


def quotient(base: float, head: float) -> float:
    """head / base; below zero 1 and the change relative to base; endless from nothing."""
    if base == head:
        return 1.0
    if base == 0:
        return math.copysign(math.inf, head)
    return head / base if base > 0 and head >= 0 else 1 + (head - base) / abs(base)


def certain_chances(judged: Verdict) -> Chances:
    """Nothing is left to chance."""
    return Chances(slower=float(judged is not Verdict.SLOWER), faster=float(judged is not Verdict.FASTER))


def unrelated(
    base: float, head: float, effect: Interval, evidence: Evidence, question: Question
) -> Judgement:
    """Base scatters about zero: what the change is relative to, nobody can say."""
    return Judgement(
        base=base,
        head=head,
        effect=effect,
        ratio=NoRatio(reason=Caveat.ABOUT_ZERO),
        worse=Interval(centre=1.0, low=-math.inf, high=math.inf),
        tolerance=question.tolerance,
        verdict=Verdict.INCONCLUSIVE,
        chances=certain_chances(Verdict.INCONCLUSIVE),
        evidence=evidence,
        further=Undecidable(reason="values about zero have no ratio: set a target for them instead"),
        difference=Difference(centre=0.0, processes=ANYTHING, sessions=EXACTLY),
        process=ANYTHING,
    )
