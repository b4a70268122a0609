"""What costs a suite most: places and growths beyond the thresholds of groundspeed.toml, the worst first.

Owns the decision and the rank. It judges what was stored: profiles, results of ``alloc_``, growth with a
size; and says of which cases there is no profile. Measures nothing.

The most that an optimisation can win is what it takes away altogether: of a share p of the time there is
left 1 - p, which is 1 / (1 - p) times as fast (Amdahl, "Validity of the single processor approach to
achieving large scale computing capabilities", AFIPS Spring Joint Computer Conference, 1967).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from groundspeed.config.bottlenecks import BottleneckRule
from groundspeed.errors import NothingMeasuredError
from groundspeed.stats.extrapolation import Curve
from groundspeed.verdicts.places import Place, Spending, Spent
from groundspeed.verdicts.profiled import ProfileFile
from groundspeed.verdicts.scaling import MeasuredSize, Scaled

CPU, MEMORY, ALLOCATIONS, MOVES, CONTENTION = "cpu", "memory", "allocations", "reallocations", "contention"
"""Kinds of profiles: seconds, bytes asked for, how often, how often again and larger, seconds waited."""
ASKED = (CPU, MEMORY, CONTENTION)
"""Those that ``groundspeed profile`` takes by these names; the others come with memory."""

HIGH, MEDIUM = 0.30, 0.10
"""Of what can be won: 1.43 and 1.11 times as fast."""


class Cause(StrEnum):
    """What is too much, in the order in which bottlenecks of one priority stand: growth becomes worse by
    itself; what is waited for no faster machine brings back; memory costs time by way of the others.
    """

    GROWTH = "growth"
    CPU = "CPU time"
    BLOCKED = "blocked"
    REGROWN = "grown again and again"
    SMALL = "small allocations"
    MEMORY = "memory"


class Priority(StrEnum):
    """By the most that can be won in one case."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, kw_only=True, slots=True)
class InCase:
    """What a place takes of a case, at ``commit``: ``share`` of all of it, and ``value`` in ``unit`` a call
    (in all where nobody counted calls, and of waiting). Of a growth the value is the exponent, the share what
    is beyond a linear growth at the largest size, ``through`` its form.
    """

    case: str
    commit: str
    value: float
    unit: str
    share: float
    through: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Bottleneck:
    """``place`` is None where no profile names it. ``cases``: the largest share first, one at least.
    ``further`` is what else is too much at the same place, in order.
    """

    cause: Cause
    place: Place | None
    cases: tuple[InCase, ...]
    further: tuple[Bottleneck, ...] = ()

    @property
    def most(self) -> float:
        """The largest share that an optimisation can win in a case."""
        return self.cases[0].share

    @property
    def times_as_fast(self) -> float:
        """Amdahl's limit of the speed-up there; infinite where it is all of it."""
        return 1 / (1 - self.most) if self.most < 1 else math.inf

    @property
    def priority(self) -> Priority:
        """By ``most``."""
        if self.most >= HIGH:
            return Priority.HIGH
        return Priority.MEDIUM if self.most >= MEDIUM else Priority.LOW

    @property
    def identity(self) -> tuple[str, ...]:
        """What it is called at another commit as well."""
        where = (
            self.place.identity if self.place and self.cause is not Cause.GROWTH else (self.cases[0].case,)
        )
        return (self.cause, *where)


@dataclass(frozen=True, kw_only=True, slots=True)
class Unplaced:
    """A case that allocates more than the threshold, where no profile says which place does."""

    cause: Cause
    case: str
    commit: str
    value: float
    unit: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Unprofiled:
    """Cases of the suite without a profile of a kind."""

    kind: str
    cases: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class BottleneckReport:
    """All that lies above ``rule``, the worst first, by these ``profiles`` and so many ``ladders``."""

    project: str
    machine: str
    commit: str
    rule: BottleneckRule
    profiles: tuple[ProfileFile, ...]
    ladders: int
    found: tuple[Bottleneck, ...]
    unplaced: tuple[Unplaced, ...]
    unprofiled: tuple[Unprofiled, ...]
    notices: tuple[str, ...]

    @property
    def top(self) -> tuple[Bottleneck, ...]:
        """As many as are asked for."""
        return self.found[: self.rule.top]

    @property
    def exit_code(self) -> int:
        """What costs most is no bad news; that nothing was stored to tell it by is none at all."""
        return 0 if self.profiles or self.ladders or self.unplaced else NothingMeasuredError.exit_code


@dataclass(frozen=True, kw_only=True, slots=True)
class Profiled:
    """A case's profile, and what it says."""

    file: ProfileFile
    spending: Spending


def ranked(found: Iterable[Bottleneck]) -> tuple[Bottleneck, ...]:
    """By priority, then by cause, then by what all cases together can win. A place stands once: where it is
    worst, with its further causes.
    """
    priorities, causes = list(Priority), list(Cause)

    def rank(one: Bottleneck) -> tuple[int, int, float, tuple[str, ...]]:
        shares = sum(case.share for case in one.cases)
        return priorities.index(one.priority), causes.index(one.cause), -shares, one.identity

    places: dict[tuple[str, ...], list[Bottleneck]] = {}
    for one in sorted(found, key=rank):
        places.setdefault(one.place.identity if one.place else one.identity, []).append(one)
    return tuple(replace(worst, further=tuple(others)) for worst, *others in places.values())


def apart(found: Iterable[Bottleneck]) -> tuple[Bottleneck, ...]:
    """The reverse: one for each cause."""
    return tuple(
        replace(one, further=()) for bottleneck in found for one in (bottleneck, *bottleneck.further)
    )


# --- places ------------------------------------------------------------------------------------------


def placed(profiles: Sequence[Profiled], rule: BottleneckRule) -> tuple[Bottleneck, ...]:
    """The places of all profiles that lie above the rule's thresholds, a bottleneck each and cause."""
    sizes = {
        (one.file.case, spent.place.identity): one.spending.a_call(spent.amount)
        for one in profiles
        if one.file.kind == MEMORY
        for spent in one.spending.spent
    }
    cases: defaultdict[tuple[Cause, tuple[str, str]], list[tuple[InCase, Place]]] = defaultdict(list)
    for one in profiles:
        for spent in one.spending.spent:
            size = sizes.get((one.file.case, spent.place.identity), math.inf)
            cause = _cause(one, spent, size, rule)
            if cause is not None:
                cases[cause, spent.place.identity].append((_in_case(one, spent), spent.place))
    found = []
    for (cause, _), own in cases.items():
        own.sort(key=lambda pair: (-pair[0].share, pair[0].case))
        found.append(Bottleneck(cause=cause, place=own[0][1], cases=tuple(case for case, _ in own)))
    return tuple(found)


def _cause(one: Profiled, spent: Spent, allocated: float, rule: BottleneckRule) -> Cause | None:
    """Of what a place takes too much; ``allocated`` are its bytes a call, infinite where unknown."""
    each = one.spending.a_call(spent.amount)
    if one.file.kind == CPU:
        return Cause.CPU if spent.share > rule.cpu else None
    if one.file.kind == MEMORY:
        return Cause.MEMORY if each > rule.allocated else None
    if one.file.kind == MOVES:
        return Cause.REGROWN if each > rule.regrown else None
    if one.file.kind == ALLOCATIONS:
        return Cause.SMALL if each > rule.allocations and allocated < rule.small * each else None
    return Cause.BLOCKED if one.file.kind == CONTENTION and spent.amount > rule.blocked_s else None


def _in_case(one: Profiled, spent: Spent) -> InCase:
    whole = one.file.kind == CONTENTION
    return InCase(
        case=one.file.case,
        commit=one.file.commit,
        value=spent.amount if whole else one.spending.a_call(spent.amount),
        unit=_COUNTED.get(one.file.kind, one.spending.unit),
        share=spent.share,
        through=spent.through,
    )


_COUNTED: Mapping[str, str] = {ALLOCATIONS: "allocations", MOVES: "moves"}


# --- growth ------------------------------------------------------------------------------------------


def growing(
    ladders: Iterable[Scaled], profiles: Sequence[Profiled], rule: BottleneckRule
) -> tuple[Bottleneck, ...]:
    """The ladders whose whole interval of the exponent lies above the rule's, each with the place that takes
    most CPU time at the largest size that was profiled.
    """
    hottest = {
        one.file.case: one.spending.spent[0].place
        for one in profiles
        if one.file.kind == CPU and one.spending.spent
    }
    found = []
    for one in ladders:
        if not isinstance(one.growth, Curve) or one.growth.low <= rule.exponent:
            continue
        largest = max(one.measured, key=lambda size: size.size)
        cases = [str(rung.track.series.key.case) for rung in reversed(one.ladder.rungs)]
        found.append(
            Bottleneck(
                cause=Cause.GROWTH,
                place=next((hottest[case] for case in cases if case in hottest), None),
                cases=(_grown(one, one.growth, largest),),
            )
        )
    return tuple(found)


def _grown(one: Scaled, growth: Curve, largest: MeasuredSize) -> InCase:
    smallest = min(one.measured, key=lambda size: size.size)
    linear = smallest.value.centre * largest.size / smallest.size
    return InCase(
        case=str(one.ladder),
        commit=largest.commit,
        value=growth.exponent,
        unit="",
        share=max(0.0, 1 - linear / largest.value.centre),
        through=" or ".join(growth.forms),
    )
