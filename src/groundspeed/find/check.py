"""Whether an answer holds: its commit and the one before it, measured in turn in fresh processes. Pure.

The processes that gave the answer cannot confirm it; those of a check alone are looked at here.
"""

from __future__ import annotations

import math

from groundspeed.find.hunt import Checking, Hunt, Standing
from groundspeed.records import Verdict
from groundspeed.results.found import Check
from groundspeed.stats.precision import UNKNOWN
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.judgement import Judgement
from groundspeed.verdicts.pairs import compare_measurements

LEAST_PAIRS = 4
"""Before anything is said: a host that is busy for a moment slows down two processes in a row."""

MOST_PAIRS = 100
"""Half a minute of a fast case; a change that this many cannot show is smaller than the noise by far."""

MOST_TOLERANCE = 0.05
"""On a host that was busy meanwhile a change of two times was once found to be one of five: half of that
would have refuted it."""

FATE_PAIRS = 2
"""Where the question is whether a case fails: what fails twice and works twice beside it is no chance."""


def standing(hunt: Hunt, one: Checking) -> Standing:
    """What the pairs of both commits say so far."""
    pairs = min(hunt.checks(one.base), hunt.checks(one.head))
    if hunt.is_fate:
        return _fate(hunt, one) if pairs >= FATE_PAIRS else Standing.OPEN
    if pairs < LEAST_PAIRS:
        return Standing.OPEN
    found = judgement(hunt, one)
    if found is None:
        return Standing.REFUTED  # it gave values when it was searched, and gives none now
    if found.verdict is Verdict.INCONCLUSIVE:
        return Standing.OPEN
    expected = Verdict.SLOWER if one.effect > 0 else Verdict.FASTER
    return Standing.CONFIRMED if found.verdict is expected else Standing.REFUTED


def judgement(hunt: Hunt, one: Checking) -> Judgement | None:
    """The comparison of every command, at half of the change that was found, 5 % at most: what is larger
    confirms it, what is smaller refutes it, and of a small change either takes as many processes."""
    before, after = hunt.checked(one.base), hunt.checked(one.head)
    if before is None or after is None:
        return None
    tolerance = min(math.expm1(abs(one.effect) / 2), MOST_TOLERANCE)
    return compare_measurements(before, after, floor=None, prior=UNKNOWN, tolerance=tolerance)


def check_of(hunt: Hunt, one: Checking) -> Check | None:
    """What is told of a check; None where a benchmark that fails has no ratio."""
    found = None if hunt.is_fate else judgement(hunt, one)
    if found is None or not isinstance(found.ratio, Interval):
        return None
    return Check(
        ratio=(found.ratio.low, found.ratio.centre, found.ratio.high),
        base=found.base,
        head=found.head,
        processes=(found.evidence.base_processes, found.evidence.head_processes),
    )


def _fate(hunt: Hunt, one: Checking) -> Standing:
    works = hunt.checked(one.base) is not None, hunt.checked(one.head) is not None
    return Standing.CONFIRMED if works == (one.effect > 0, one.effect < 0) else Standing.REFUTED
