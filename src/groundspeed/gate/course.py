"""Where every case stands while base and head are measured in turn, and which are still worth a process.

Pure: pairs of processes go in, standings come out; who measures and who judges is passed in.

A series passes when the worse end of its interval lies within the tolerance: the gate's question has one
side, so faster, same and "not slower: faster or same" all pass. What is judged slower is a suspicion. It
leaves the session in which it arose, and only what is slower in the sessions after that one alone counts:
samples that raised a suspicion cannot confirm it. A case that fails at head twice in a row and ran at base
is broken.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from groundspeed.gate.evidence import Evidence
from groundspeed.gate.judging import Judge
from groundspeed.records import Case, SeriesKey, Skipped, Verdict
from groundspeed.stats.comparison import LEVEL, MOST_PROCESSES, More, more_processes
from groundspeed.verdicts.compare import learned
from groundspeed.verdicts.judgement import Judgement

LEAST_PROCESSES = 4
"""At either end before anything is decided."""

TELLING_PROCESSES = 10
"""From which on an estimate is good enough to say that what is left of the budget will not do."""

LUCK = 2.0
"""Standard errors by which an estimate may yet move before a case is given up: hopeless is what nineteen of
twenty such cases would not be decided by. With one, 1 of 100 gates of identical code gave up a case.
"""

TRIES = 2
"""Processes in a row, each of another worker, that fail before a case does: one may be the host's doing."""


class Standing(StrEnum):
    """Where a series stands."""

    OPEN = "undecided"
    SUSPECTED = "slower, not measured again"
    PASSED = "passed"
    NOT_CONFIRMED = "not confirmed"
    SLOWER = "slower"
    BROKEN = "broken"
    GIVEN_UP = "given up"
    NEW = "new"
    FAILING = "failing"
    SKIPPED = "skipped"

    @property
    def decided(self) -> bool:
        """Whether no process would change it."""
        return self not in (Standing.OPEN, Standing.SUSPECTED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """A series in the course. ``pooled`` is what all its processes say, ``fresh`` what those of the
    sessions after the suspicion say; None where there are none at both ends.
    """

    key: SeriesKey
    standing: Standing
    pooled: Judgement | None
    fresh: Judgement | None

    @property
    def telling(self) -> Judgement | None:
        """The judgement that its standing rests on."""
        return self.fresh or self.pooled


@dataclass(kw_only=True, slots=True)
class _Spent:
    """What the pairs of a case took in this course."""

    seconds: float = 0.0
    pairs: int = 0

    @property
    def pair_s(self) -> float:
        """The mean; 0 while nobody knows."""
        return self.seconds / self.pairs if self.pairs else 0.0


@dataclass(kw_only=True, slots=True)
class Course:
    """From nothing known to everything decided. ``wanted`` are the main series of the suite; of further
    metrics, which come with the processes, those that ``counts`` are judged as well. What something else
    than these processes made ``suspected`` has only to be slower here to be so.
    """

    evidence: Evidence
    wanted: tuple[SeriesKey, ...]
    counts: Callable[[SeriesKey], bool]
    judge: Judge
    suspected: bool = False
    positions: dict[SeriesKey, Position] = field(default_factory=dict)
    _suspected_in: dict[SeriesKey, str] = field(default_factory=dict)
    _spent: dict[tuple[str, Case], _Spent] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Go through what is on record, session by session: a suspicion is as old as what raised it."""
        for key in self.wanted:
            self.positions[key] = Position(key=key, standing=Standing.OPEN, pooled=None, fresh=None)
            if self.suspected:
                self._suspected_in[key] = ""  # before every session
        for session in self.evidence.sessions:
            self.look(session, math.inf)

    def took(self, environment: str, case: Case, seconds: float) -> None:
        """A pair of processes of a case took so long."""
        spent = self._spent.setdefault((environment, case), _Spent())
        spent.seconds += seconds
        spent.pairs += 1

    def look(self, session: str, left_s: float) -> None:
        """Judge anew, after a round of ``session`` or from the record up to it."""
        keys = list(dict.fromkeys((*self.wanted, *filter(self.counts, self.evidence.keys))))
        earlier = [key for key, since in self._suspected_in.items() if since != session]
        every = self.evidence.pairs(keys, lambda _, one: one <= session)
        later = self.evidence.pairs(earlier, lambda key, one: self._suspected_in[key] < one <= session)
        prior = learned([*every[0], *every[1]])
        pooled, fresh = self.judge(*every, prior), self.judge(*later, prior)
        for key, judgement in pooled.items():
            if judgement.verdict is Verdict.SLOWER and _is_told(judgement):
                self._suspected_in.setdefault(key, session)
        for key in keys:
            self._place(key, pooled.get(key), fresh.get(key), left_s)

    def open_in(self, session: str, environment: str) -> list[Case]:
        """The cases that want another pair of processes in this session."""
        wanted = {
            one.key.case: None
            for one in self.positions.values()
            if one.key.environment == environment
            and not one.standing.decided
            and self._suspected_in.get(one.key) != session
        }
        return list(wanted)

    @property
    def over(self) -> bool:
        """Whether everything is decided."""
        return all(one.standing.decided for one in self.positions.values())

    def reserve_s(self, session: str) -> float:
        """What measuring again will take that which became suspect in this session: as many rounds as it has
        had, in which everything that is undecided has its turn.
        """
        undecided = {_where(one.key) for one in self.positions.values() if not one.standing.decided}
        suspects = {_where(key) for key, since in self._suspected_in.items() if since == session}
        rounds = max((self._spent.get(one, _Spent()).pairs for one in suspects & undecided), default=0)
        return rounds * sum(self._spent.get(one, _Spent()).pair_s for one in undecided)

    def pair_s(self, key: SeriesKey) -> float:
        """What a pair of processes of a case takes; 0 while nobody knows."""
        return self._spent.get(_where(key), _Spent()).pair_s

    def _place(
        self, key: SeriesKey, pooled: Judgement | None, fresh: Judgement | None, left_s: float
    ) -> None:
        before = self.positions.get(key)
        now = Position(key=key, standing=self._standing(key, pooled, fresh), pooled=pooled, fresh=fresh)
        given_up = before is not None and before.standing is Standing.GIVEN_UP
        if now.standing is Standing.OPEN and (given_up or self._is_futile(now, left_s)):
            now = replace(now, standing=Standing.GIVEN_UP)
        self.positions[key] = now

    def _standing(self, key: SeriesKey, pooled: Judgement | None, fresh: Judgement | None) -> Standing:
        refused = self._refused(key)
        if refused is not None:
            return refused
        suspected = key in self._suspected_in
        if suspected and fresh is None:
            return Standing.SUSPECTED
        telling = fresh if suspected else pooled
        if telling is None or not _is_told(telling):
            return Standing.OPEN
        if suspected and telling.verdict is Verdict.SLOWER:
            return Standing.SLOWER
        if passes(telling):
            return Standing.NOT_CONFIRMED if suspected else Standing.PASSED
        return Standing.OPEN

    def _refused(self, key: SeriesKey) -> Standing | None:
        """What a case is that gives nothing at an end; None where both give something, or may yet."""
        base, head = self.evidence.refusals(key)
        if head >= TRIES and base >= TRIES:
            whys = self.evidence.whys(key)
            return Standing.SKIPPED if all(isinstance(one, Skipped) for one in whys) else Standing.FAILING
        if head >= TRIES:
            return Standing.BROKEN
        return Standing.NEW if base >= TRIES and not head else None

    def _is_futile(self, position: Position, left_s: float) -> bool:
        """Whether what is left of the budget cannot decide it; few processes cannot tell."""
        telling = position.telling
        if telling is None or _processes(telling) < TELLING_PROCESSES:
            return False
        return need(telling, LUCK) * self.pair_s(position.key) > left_s


def passes(judgement: Judgement) -> bool:
    """Whether head is not slower than tolerated: the worse end of the interval lies within the tolerance.

    One half of the two one-sided tests that "same" takes (Schuirmann 1987), at the same level.
    """
    within = judgement.worse.high <= 1 + judgement.tolerance
    return judgement.verdict in (Verdict.SAME, Verdict.FASTER) or within


def need(judgement: Judgement, luck: float = 0.0) -> int:
    """How many further processes at either end would decide, if the estimate stays what it is;
    ``MOST_PROCESSES`` and one stand for any number beyond.

    With ``luck`` it may yet move by so many standard errors, whichever way brings an end sooner. What is
    faster is as good as what is the same.
    """
    limit, chance = math.log1p(judgement.tolerance), (1 - LEVEL) / 2
    found, least = judgement.difference, MOST_PROCESSES + 1
    for moved in (-luck, luck):
        kind = replace(found, centre=max(0.0, found.centre + moved * found.error))
        more = more_processes(kind, judgement.process, limit, chance=chance)
        if isinstance(more, More):
            least = min(least, more.processes)
    return least


def _where(key: SeriesKey) -> tuple[str, Case]:
    return key.environment, key.case


def _is_told(judgement: Judgement) -> bool:
    return _processes(judgement) >= LEAST_PROCESSES


def _processes(judgement: Judgement) -> int:
    return min(judgement.evidence.base_processes, judgement.evidence.head_processes)
