"""Round after round of base and head in turn, session after session, until everything is decided.

Owns the order of events and the budget; processes, files, clock and screen are passed in, and what is
decided is the course's to say. Each pair is recorded before the next one starts: what an interruption
leaves is evidence for the next time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from groundspeed import units
from groundspeed.gate.course import Course
from groundspeed.measure.interleave import Pair, interleave
from groundspeed.measure.taking import Settings, Spot, run_of
from groundspeed.measure.world import Clock, Screen, Sink
from groundspeed.records import Case, Commit, Sampling
from groundspeed.suite.answers import WorkerLike

MOST_ROUNDS = 10_000  # of a session: the budget ends it, or everything is decided


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """An environment that stands at both ends: how a worker is started there."""

    environment: str
    base: Callable[[], WorkerLike]
    head: Callable[[], WorkerLike]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sitting:
    """A session that has begun: its id, the seed of its order, and where its runs go."""

    session: str
    seed: int
    places: tuple[Place, ...]
    sink: Sink


@dataclass(frozen=True, kw_only=True, slots=True)
class Outside:
    """What measuring touches. ``sit`` begins a fresh session, which ends with the context."""

    sit: Callable[[], AbstractContextManager[Sitting]]
    clock: Clock
    screen: Screen


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What is measured, and how: ``versions`` are those of the suite's benchmarks."""

    base: Commit
    head: Commit
    versions: Mapping[str, str]
    sampling: Sampling
    timeout_s: float


def measure(course: Course, plan: Plan, outside: Outside) -> None:
    """Measure until the course is over or the budget is spent.

    A session ends when nothing is left that it can decide, or when what is left of the budget will be
    needed to measure its suspects again; what is still open then goes on beside them in the next one.
    """
    budget_s = plan.sampling.budget_s
    ends_at = math.inf if budget_s is None else outside.clock.monotonic() + budget_s
    while not course.over and outside.clock.monotonic() < ends_at:
        with outside.sit() as sitting:
            _Sitting(course=course, plan=plan, outside=outside, sitting=sitting, ends_at=ends_at).measure()


Pairs = Generator[Pair, None, None]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sitting:
    """One session while it measures."""

    course: Course
    plan: Plan
    outside: Outside
    sitting: Sitting
    ends_at: float

    def measure(self) -> None:
        """Rounds over all places, until nothing is open here or it is time to go."""
        places = [(place, self._open(place)) for place in self.sitting.places]
        turns = [(place, cases, self._turns(place, cases)) for place, cases in places]
        try:
            while any(cases for _, cases in places) and not self._must_go():
                for turn in turns:
                    self._round(*turn)
                self._look()
                for place, cases in places:
                    cases[:] = self._open(place)
        except KeyboardInterrupt:
            self._look()  # an unfinished round tells as much as it has
            raise
        finally:
            for _, _, pairs in turns:
                pairs.close()

    def _open(self, place: Place) -> list[Case]:
        return self.course.open_in(self.sitting.session, place.environment)

    def _turns(self, place: Place, cases: list[Case]) -> Pairs:
        settings = Settings(
            quick=False,
            timeout_s=self.plan.timeout_s,
            seed=self.sitting.seed,
            sampling=self.plan.sampling,
        )
        return interleave(place.base, place.head, cases, settings, rounds=MOST_ROUNDS)

    def _round(self, place: Place, cases: list[Case], pairs: Pairs) -> None:
        """One pair of processes of each case that is open."""
        clock, wanted = self.outside.clock, len(cases)
        for done in range(wanted):
            if self._left_s() <= 0:
                return
            self._tell(wanted - done)
            started_at, started = clock.now(), clock.monotonic()
            pair = next(pairs)
            self._record(place, pair, started_at)
            self.course.took(place.environment, pair.case, clock.monotonic() - started)

    def _record(self, place: Place, pair: Pair, started_at: datetime) -> None:
        for commit, taken in ((self.plan.base, pair.base), (self.plan.head, pair.head)):
            version = self.plan.versions[pair.case.benchmark]
            spot = Spot(version=version, commit=commit.hash, environment=place.environment)
            run = run_of(pair.case, spot, taken, started_at)
            self.sitting.sink.add(run)
            self.course.evidence.add(self.sitting.session, run)
            self.outside.screen.ran(run)

    def _tell(self, pairs: int) -> None:
        """What a person watching wants to know: how long it may go on, how much is decided."""
        positions = self.course.positions.values()
        undecided = sum(not one.standing.decided for one in positions)
        left = "" if math.isinf(self._left_s()) else f"{units.display_duration(self._left_s())} left  "
        text = f"{left}{undecided} of {len(positions)} undecided, {pairs} pairs to go in this round"
        self.outside.screen.doing(text)

    def _look(self) -> None:
        self.course.look(self.sitting.session, self._left_s())

    def _left_s(self) -> float:
        return self.ends_at - self.outside.clock.monotonic()

    def _must_go(self) -> bool:
        return self._left_s() <= self.course.reserve_s(self.sitting.session)
