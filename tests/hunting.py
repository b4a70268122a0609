"""Searches without git, processes or time: workers whose samples are drawn, a clock that they move.

Owns a range in which one commit changes what a benchmark takes (or whether it fails), and the driving of a
search over it, from nothing or from a journal that another one left.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from groundspeed.find.concluding import concluded
from groundspeed.find.driving import Drive
from groundspeed.find.hunt import Hunt
from groundspeed.find.places import Places
from groundspeed.find.posterior import Direction
from groundspeed.find.span import Span
from groundspeed.find.trail import How, Trail
from groundspeed.measure.discover import Preparing
from groundspeed.measure.taking import Settings
from groundspeed.records import (
    Benchmark,
    Build,
    Case,
    Environment,
    Failed,
    FailureKind,
    Measured,
    Outcome,
    Sampling,
)
from groundspeed.results.finds import Asked, Journal, read_find
from groundspeed.results.found import Found
from groundspeed.suite.environments import Prepared
from tests.gating import Quiet
from tests.measuring import ENVIRONMENT, START, FakeClock, FakeEnvironments, FakeWorker, benchmark, commit

RAISED = Failed(kind=FailureKind.RAISED, text="Traceback\nValueError: no more")


class Making(FakeEnvironments, Preparing):
    """Makes one by one as well."""

    def prepare(self, commit: str, environment: Environment) -> Prepared | Failed:
        (made,) = self.prepare_many([(commit, environment)])
        return made.result


class Watching(Quiet):
    """Remembers the lines that stay."""

    def note(self, text: str) -> None:
        self.said.append(text)


@dataclass(kw_only=True, slots=True)
class Field:
    """Commits 0 to ``commits - 1``: what benchmarks give at each (None: they fail), but for the noise."""

    commits: int
    value: Callable[[int], float | None]
    broken: Sequence[int] = ()
    noise: float = 0.01
    seed: int = 1
    benchmarks: tuple[Benchmark, ...] = (benchmark("loop", kind="time"),)
    clock: FakeClock = field(default_factory=FakeClock)
    screen: Watching = field(default_factory=Watching)
    environments: Making = field(init=False)
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        texts = {commit(at).hash: "no such backend" for at in self.broken}
        self.environments = Making(texts, {})
        self.chance = random.Random(self.seed)

    @property
    def span(self) -> Span:
        """All of it."""
        return Span(commits=tuple(commit(at) for at in range(self.commits)), merge=None)

    def fate(self, hash_: str, case: Case) -> Outcome:
        """What one process gives."""
        value = self.value(int(hash_))
        if value is None:
            return RAISED
        return Measured(samples=(value * self.chance.lognormvariate(0.0, self.noise),), number=1)

    def places(self) -> Places:
        """Where its commits are measured."""
        sampling = Sampling(precision=0.01, case_budget_s=2.0, budget_s=None, interleave=True, cpus=())
        return Places(
            environments=self.environments,
            environment=ENVIRONMENT,
            start_worker=lambda prepared: FakeWorker(
                prepared.commit, self.benchmarks, {}, self.fate, self.clock, []
            ),
            clock=self.clock,
            settings=Settings(quick=False, timeout_s=60.0, seed=self.seed, sampling=sampling),
            versions={one.name: one.version for one in self.benchmarks},
        )

    def hunt(self, path: Path, number: int = 0, direction: Direction = Direction.ANY) -> Hunt:
        """The search of one benchmark, as far as the journal holds it."""
        asked = Asked(
            started_at=START,
            machine="box",
            environment=ENVIRONMENT.name,
            case=self.benchmarks[number].cases()[0],
            version="1",
            metric="",
            direction=direction.name.lower(),
            confidence=0.95,
            merge="",
            commits=self.span.commits,
            command="groundspeed find",
        )
        known = read_find(path).entries if path.exists() else ()
        hunt = Hunt(
            asked=asked,
            span=self.span,
            benchmark=self.benchmarks[number],
            trail=Trail(self.commits, How(confidence=0.95, direction=direction, prior=None)),
            journal=Journal(path, asked),
        )
        for entry in known:
            hunt.take_in(entry)
        return hunt

    def drive(
        self, *hunts: Hunt, sitting: str = "20260101T000000Z-00000000", budget_s: float = 1e6
    ) -> Places:
        """Drive searches to their end, and close their journals."""
        places = self.places()
        for hunt in hunts:
            for build in hunt.builds.values():
                if build.failure is not None:
                    places.known_broken(build)
        ends: list[Build] = list(places.build([self.span.commits[0].hash, self.span.commits[-1].hash]))
        for hunt in hunts:
            for build in ends:
                hunt.note(sitting, build)
        drive = Drive(
            places=places,
            hunts=hunts,
            sitting=sitting,
            screen=self.screen,
            clock=self.clock,
            ends_at=self.clock.monotonic() + budget_s,
            at_once=2,
        )
        drive.run()
        for hunt in hunts:
            hunt.journal.close()
        return places


def found(hunt: Hunt, places: Places) -> Found:
    """What a search came to."""
    return concluded(
        hunt, places.builds, lambda base, head: (f"{int(base)}-{int(head)}.py",), 1.0, hunt.fault
    )
