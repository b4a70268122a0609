"""Judgements from what asv's files hold, where no samples were kept: conservative, and said to be so."""

from __future__ import annotations

import math

from groundspeed.measurements import Measurement
from groundspeed.records import Verdict
from groundspeed.stats import ratio as quotients
from groundspeed.stats.comparison import LEAST_VARIANCE, LEVEL, Component, Difference, Undecidable
from groundspeed.stats.ratio import Interval, verdict
from groundspeed.verdicts.judgement import UNKNOWN_TOLERANCE, Caveat, Enough, Ground, Judgement
from groundspeed.verdicts.pairs.certain import (
    ANYTHING,
    EXACTLY,
    certain,
    is_count,
    unrelated,
)
from groundspeed.verdicts.pairs.processes import LOGARITHMIC, chances, from_processes
from groundspeed.verdicts.pairs.question import Ends, Question, Taken, mapped, point

UNSAMPLED = Undecidable(reason="no samples were kept of both ends: measure them again")
NO_ENDS = Ends(base=(), head=(), apart=False)


def from_stored(base: Measurement, head: Measurement, question: Question) -> Judgement:
    """Both stored 99 % intervals at their extremes, and the noise floor on top where it is known.

    A value without a bounded interval is a count, or stands for one process; a time of which nothing but a
    value is left is told by the floor alone.
    """
    bare = not (_is_bounded(base) and _is_bounded(head))
    if bare and question.unit != "s":
        return _from_values(base, head, question)
    before, now = _interval(base), _interval(head)
    if now.centre == now.low == now.high == 0 < before.low or before == point(0.0):
        return certain(before.centre, now.centre, NO_ENDS, question, Ground.STORED)
    if before.centre <= 0 or now.centre <= 0:
        effect = Interval(
            centre=now.centre - before.centre, low=now.low - before.high, high=now.high - before.low
        )
        evidence = NO_ENDS.evidence(Ground.STORED, Caveat.ABOUT_ZERO)
        return unrelated(before.centre, now.centre, effect, evidence, question)
    return _judged(before, now, question, bare=bare)


def _is_bounded(measurement: Measurement) -> bool:
    return math.isfinite(measurement.stored.low) and math.isfinite(measurement.stored.high)


def _from_values(base: Measurement, head: Measurement, question: Question) -> Judgement:
    """One value at each end: certain if it is a count, else as one process in a session of its own."""
    values = base.stored.value, head.stored.value
    ends = Ends(base=_alone(base.commit, values[0]), head=_alone(head.commit, values[1]), apart=False)
    if is_count(question.unit, *values):
        return certain(*values, ends, question, Ground.EXACT)
    return from_processes(ends, question)


def _alone(session: str, value: float) -> tuple[Taken, ...]:
    return (Taken(session=session, samples=(value,), timed=False),)


def _interval(measurement: Measurement) -> Interval:
    """What is stored, the value alone where it is unbounded."""
    stored = measurement.stored
    if _is_bounded(measurement):
        return Interval(centre=stored.value, low=stored.low, high=stored.high)
    return point(stored.value)


def _judged(before: Interval, now: Interval, question: Question, *, bare: bool) -> Judgement:
    """Of positive centres."""
    floor = question.floor
    told = not (bare and floor is None)
    worse = _worse(before, now, question, told=told)
    tolerance = question.tolerance if floor else max(question.tolerance, UNKNOWN_TOLERANCE)
    judged = verdict(worse, tolerance)
    found = _difference(worse)
    turned = worse if question.sign > 0 else mapped(worse, lambda one: 1 / one if one else math.inf)
    caveats = [*([] if floor else [Caveat.NOISE_UNKNOWN]), *([] if told else [Caveat.NO_SPREAD])]
    return Judgement(
        base=before.centre,
        head=now.centre,
        effect=mapped(turned, lambda one: before.centre * (one - 1)),
        ratio=turned,
        worse=worse,
        tolerance=tolerance,
        verdict=judged,
        chances=chances(found, LOGARITHMIC.limits(tolerance)),
        evidence=NO_ENDS.evidence(Ground.STORED, *caveats),
        further=UNSAMPLED if judged is Verdict.INCONCLUSIVE else Enough(),
        difference=found,
        process=found.processes,
    )


def _worse(before: Interval, now: Interval, question: Question, *, told: bool) -> Interval:
    """The ratio that is worse when it is larger, as far as anything tells it."""
    first, second = (before, now) if question.sign > 0 else (now, before)
    if not told or first.low <= 0 or second.low <= 0:
        return Interval(centre=second.centre / first.centre, low=0.0, high=math.inf)
    found = quotients.ratio(first, second)
    return found if question.session is None else _widened(found, question.session)


def _widened(found: Interval, session: Component) -> Interval:
    """With the session's part at either end: independent of the rest, so that half-widths add as squares."""
    from scipy.special import stdtrit

    half = float(stdtrit(session.df, (1 + LEVEL) / 2)) * math.sqrt(2 * session.variance)
    centre = math.log(found.centre)
    return Interval(
        centre=found.centre,
        low=math.exp(centre - math.hypot(centre - math.log(found.low), half)),
        high=math.exp(centre + math.hypot(math.log(found.high) - centre, half)),
    )


def _difference(worse: Interval) -> Difference:
    """Of logarithms, with an error that would make the interval, its wider side taken.

    Of samples that were all alike asv stores no width: the error is then too small to be seen, and not zero.
    """
    if not 0 < worse.low <= worse.high < math.inf:
        return Difference(centre=0.0, processes=ANYTHING, sessions=EXACTLY)
    from scipy.special import ndtri

    centre = math.log(worse.centre)
    half = max(centre - math.log(worse.low), math.log(worse.high) - centre)
    variance = max((half / float(ndtri((1 + LEVEL) / 2))) ** 2, LEAST_VARIANCE)
    return Difference(centre=centre, processes=Component(variance=variance, df=EXACTLY.df), sessions=EXACTLY)
