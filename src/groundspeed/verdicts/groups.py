"""What one commit seems to have done to many series, and what is known of it. Owns records and their rank.

Finds nothing: ``culprits`` makes groups of steps, ``triage`` tells what was decided about them.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import StrEnum

from groundspeed.records import SeriesKey
from groundspeed.stats.levels import SMALLEST_P
from groundspeed.verdicts.steps import Step
from groundspeed.verdicts.triage import Decision

FULL_EVIDENCE = 6.0
"""Powers of ten. Beyond one in a million it is the model of the noise that is in doubt, and no longer the
noise: further evidence counts for nothing in the ranking."""


MOST_OF = 1 / 3
"""Of a machine's series: so many at once are seldom one commit's work."""

MANY = 10
"""Series: of fewer no share says anything."""


class State(StrEnum):
    """What is known of a regression. Open are the first two: ``suspected`` by the history alone, and
    ``confirmed`` by a measurement of both ends side by side.
    """

    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"
    NOT_CONFIRMED = "not confirmed"
    ACKNOWLEDGED = "acknowledged"
    RECOVERED = "recovered"


OPEN = frozenset({State.SUSPECTED, State.CONFIRMED})


@dataclass(frozen=True, kw_only=True, slots=True)
class Range:
    """Commits after ``base`` up to ``head``, both measured (full hashes)."""

    base: str
    head: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Affected:
    """A series in a group. ``q`` is the false discovery rate at which its step still counts.

    ``size`` is how much worse, as a logarithm of what it multiplies. ``recovered`` is where a later step
    went back to within the tolerance of the old level, or beyond; None while none did.
    """

    step: Step
    q: float
    size: float
    recovered: Range | None
    state: State

    @property
    def evidence(self) -> float:
        """From 0 to 1: see ``FULL_EVIDENCE``. What was measured again leaves no doubt."""
        if self.state is State.CONFIRMED:
            return 1.0
        return min(1.0, -math.log10(max(self.q, SMALLEST_P)) / FULL_EVIDENCE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Steps that one commit explains: it is most likely in ``likely``, and all but surely in ``range``.

    ``decisions`` are those that hold for any of the series.
    """

    id: str
    range: Range
    likely: Range
    affected: tuple[Affected, ...]
    decisions: tuple[Decision, ...]

    @property
    def state(self) -> State:
        """The most pressing of its series' states."""
        found = {one.state for one in self.affected}
        return next(state for state in _PRESSING if state in found)

    @property
    def counted(self) -> tuple[Affected, ...]:
        """Those that the rank rests on: the open ones; all, where none is."""
        return tuple(one for one in self.affected if one.state in OPEN) or self.affected

    @property
    def machines(self) -> tuple[str, ...]:
        """Where the counted ones were measured."""
        return tuple(sorted({one.step.key.machine for one in self.counted}))

    @property
    def score(self) -> float:
        """Evidence times size times breadth: see ``_score``."""
        return _score(self.counted)


_PRESSING = (
    State.CONFIRMED,
    State.SUSPECTED,
    State.NOT_CONFIRMED,
    State.ACKNOWLEDGED,
    State.RECOVERED,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Regressions:
    """Every group of a history, the most pressing first, whatever its state; or every improvement.

    ``searched`` counts the series of each machine, ``stale`` are decisions that hold for nothing any more.
    """

    groups: tuple[Group, ...]
    improvements: bool
    searched: Mapping[str, int]
    stale: tuple[Decision, ...]
    order: tuple[str, ...]

    @property
    def open(self) -> tuple[Group, ...]:
        """What somebody should look at; of improvements, those that last."""
        return tuple(group for group in self.groups if group.state in OPEN)

    def broad(self, group: Group) -> Mapping[str, float]:
        """The machines on which so many series moved at once that one should look at the host first: the
        share of those that were searched there.
        """
        moved = Counter(one.step.key.machine for one in group.counted)
        return {
            machine: count / self.searched[machine]
            for machine, count in sorted(moved.items())
            if count >= MANY and count > MOST_OF * self.searched[machine]
        }

    def since(self, commits: AbstractSet[str]) -> Regressions:
        """The same with the groups whose range ends at one of ``commits``."""
        return replace(self, groups=tuple(one for one in self.groups if one.range.head in commits))

    def only(self, wanted: Callable[[SeriesKey], bool]) -> Regressions:
        """The same with the series that are wanted; groups keep their ids and ranges."""
        left = [
            replace(group, affected=kept)
            for group in self.groups
            if (kept := tuple(one for one in group.affected if wanted(one.step.key)))
        ]
        return replace(self, groups=ranked(left))


def ranked(groups: Sequence[Group]) -> tuple[Group, ...]:
    """Open ones first, then by score."""
    return tuple(sorted(groups, key=lambda one: (one.state not in OPEN, -one.score, one.id)))


def _score(affected: Sequence[Affected]) -> float:
    """The length of the vector of evidence times size, an entry for each benchmark's metric on a machine.

    For n benchmarks alike it is evidence · size · sqrt(n): a hundred benchmarks 10 % slower weigh as much
    as one 2.6 times slower. Within a benchmark it is the quadratic mean: its parameters are one thing
    measured many times, and the worst of them matter most, while another machine is a witness of its own.
    """
    entries: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for one in affected:
        key = one.step.key
        entries[key.machine, key.case.benchmark, key.metric].append((one.evidence * one.size) ** 2)
    return math.sqrt(sum(statistics.fmean(values) for values in entries.values()))
