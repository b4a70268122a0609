"""What became of a plan's expected gains, how much was gained in all, and the next step by the rule. Pure.

Owns these judgements. Where values come from is verdicts/plan_values.py's business. Measures nothing.

The gain in all is that of the geometric mean of what is left, for ratios have no other mean that does not
depend on which end is called base (Fleming and Wallace, "How not to lie with statistics: the correct way to
summarize benchmark results", Communications of the ACM 29(3), 1986): every entry counts once, however many
cases it means.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from groundspeed.config.bottlenecks import BottleneckRule
from groundspeed.config.plans import Entry
from groundspeed.errors import NothingMeasuredError
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.bottlenecks import Bottleneck, BottleneckReport, apart, ranked
from groundspeed.verdicts.targets import State

_MISSED, _INCONCLUSIVE = 1, 4  # exit codes


class Outcome(StrEnum):
    """How a measured change stands to the expected one. Inconclusive: that lies inside the interval."""

    MISSED = "missed"
    INCONCLUSIVE = "inconclusive"
    MET = "met"


OUTCOMES = {
    State.HOLDS: Outcome.MET,
    State.FAILS: Outcome.MISSED,
    State.INCONCLUSIVE: Outcome.INCONCLUSIVE,
}


class Step(StrEnum):
    """What to do next, by how much was gained."""

    NEXT_TIER = "next tier"
    BETWEEN = "between"
    INVESTIGATE = "investigate"
    UNDECIDED = "undecided"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """A case's change: ``share`` is head over base, or over the other case. ``at`` is the commit."""

    entry: Entry
    subject: str
    share: Interval
    outcome: Outcome
    at: str

    @property
    def left(self) -> Interval:
        """The share turned so that less is better, whatever is better of the metric."""
        if self.entry.relation.is_upper:
            return self.share
        low, centre, high = (_inverse(one) for one in (self.share.high, self.share.centre, self.share.low))
        return Interval(centre=centre, low=low, high=high)


@dataclass(frozen=True, kw_only=True, slots=True)
class Unanswered:
    """An expectation without the data to judge it, and the command that would make it; empty where none."""

    entry: Entry
    subject: str
    reason: str
    command: str


Row = Answered | Unanswered


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanReport:
    """A plan, judged. ``base`` is empty where one commit answers it. ``gain`` is None where nothing is known.

    ``remaining`` is what lies above the thresholds at head; ``new`` what of it did not at base, None where
    nothing was profiled in between.
    """

    name: str
    base: str
    head: str
    rows: tuple[Row, ...]
    gain: Interval | None
    step: Step
    remaining: BottleneckReport
    new: tuple[Bottleneck, ...] | None

    @property
    def exit_code(self) -> int:
        """As targets have it: what is missed is bad news, what has no data no pass."""
        outcomes = {one.outcome for one in self.rows if isinstance(one, Answered)}
        if Outcome.MISSED in outcomes:
            return _MISSED
        if not outcomes or any(isinstance(one, Unanswered) for one in self.rows):
            return NothingMeasuredError.exit_code
        return _INCONCLUSIVE if Outcome.INCONCLUSIVE in outcomes else 0


def gained(rows: Sequence[Row]) -> Interval | None:
    """The share that the plan's entries gained on average, None where none was measured.

    Its ends are those where every case lies at its own: wider than their common 99 % interval, never
    narrower.
    """
    by_entry: defaultdict[str, list[Interval]] = defaultdict(list)
    for row in rows:
        if isinstance(row, Answered) and 0 < row.left.centre < math.inf:
            by_entry[row.entry.key].append(row.left)
    if not by_entry:
        return None
    left = _mean([_mean(of_entry) for of_entry in by_entry.values()])
    return Interval(centre=1 - left.centre, low=1 - left.high, high=1 - left.low)


def next_step(gain: Interval | None, rule: BottleneckRule) -> Step:
    """By the whole interval: what crosses a limit decides nothing."""
    if gain is None:
        return Step.UNKNOWN
    if gain.low > rule.next_tier:
        return Step.NEXT_TIER
    if gain.high < rule.investigate:
        return Step.INVESTIGATE
    return Step.BETWEEN if rule.investigate <= gain.low and gain.high <= rule.next_tier else Step.UNDECIDED


def new_since(base: BottleneckReport, head: BottleneckReport) -> tuple[Bottleneck, ...] | None:
    """What lies above the thresholds at head and did not at base; None where both rest on the same profiles,
    so that nobody looked.
    """
    if set(base.profiles) == set(head.profiles):
        return None
    before = {one.identity for one in apart(base.found)}
    return ranked(one for one in apart(head.found) if one.identity not in before)


def _mean(found: Sequence[Interval]) -> Interval:
    """Geometric, end by end."""
    centre, low, high = (
        math.exp(math.fsum(map(_log, ends)) / len(found))
        for ends in zip(*((one.centre, one.low, one.high) for one in found), strict=True)
    )
    return Interval(centre=centre, low=low, high=high)


def _log(value: float) -> float:
    return math.log(value) if value > 0 else -math.inf


def _inverse(value: float) -> float:
    return 1 / value if value > 0 else math.inf
