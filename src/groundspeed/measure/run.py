"""Measure a plan: environments, then round after round over several commits, each run saved at once.

Owns the order of events and what happens when one fails; the processes, the files, the clock and the
screen are passed in. A commit that does not build, a suite that does not import and a case that fails
are recorded and the rest goes on.

Environments are made first, in parallel; while anything is measured, nothing else runs. Then each round
gives every case that is still open one process at every commit of the window, the commits of one case
next to each other, in an order that the seed decides: what drifts on the host then drifts for all of
them. A round has workers of its own: forked cases share their worker's hash seed and address layout, so
only another worker shows what those are worth.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from groundspeed.measure.carry import Carrier
from groundspeed.measure.forecast import Forecast
from groundspeed.measure.place import Place, build_of
from groundspeed.measure.plan import Plan, PlannedCase, Step
from groundspeed.measure.sampling import Evidence
from groundspeed.measure.taking import Settings
from groundspeed.measure.world import World
from groundspeed.records import Build, CarriedOver, Case, Failed, Outcome, Run, Stop

INTERLEAVED = 4  # commits: as many suites are imported at once


@dataclass(kw_only=True, slots=True)
class Tally:
    """What measuring a plan came to, so far: each build, and the last outcome of each case.

    Keys are commit and environment, and the case. ``stops`` tell why a measured case got no further run;
    ``out_of_time`` when the session's budget ended first.
    """

    builds: dict[tuple[str, str], Build] = field(default_factory=dict)
    outcomes: dict[tuple[str, str, Case], Outcome] = field(default_factory=dict)
    stops: dict[tuple[str, str, Case], Stop] = field(default_factory=dict)
    out_of_time: bool = False

    def count(self, kind: type[Outcome], commit: str | None = None) -> int:
        """Cases whose last outcome is of a kind, at one commit or at all."""
        return sum(
            isinstance(outcome, kind)
            for (at, _, _), outcome in self.outcomes.items()
            if commit is None or at == commit
        )

    @property
    def carried(self) -> int:
        """Cases that took over another commit's measurement."""
        return self.count(CarriedOver)

    @property
    def not_built(self) -> tuple[Build, ...]:
        """The builds that failed."""
        return tuple(build for build in self.builds.values() if build.failure is not None)


def measure(
    plan: Plan, world: World, settings: Settings, carrier: Carrier, forecast: Forecast, tally: Tally
) -> None:
    """Measure the plan, counting into ``tally``: what happened before an interruption stays."""
    session = _Session(
        world=world, settings=settings, carrier=carrier, forecast=forecast, tally=tally, evidence=Evidence()
    )
    ends_at = None
    if settings.sampling.budget_s is not None:
        ends_at = world.clock.monotonic() + settings.sampling.budget_s
    for window in _windows(plan.steps, INTERLEAVED if settings.sampling.interleave else 1):
        session.ends_at = ends_at
        if session.is_over():
            return
        session.measure(window)


def _windows(steps: Sequence[Step], size: int) -> Iterator[Sequence[Step]]:
    for start in range(0, len(steps), size):
        yield steps[start : start + size]


@dataclass(kw_only=True, slots=True)
class _Session:
    """What the windows of one session share. ``ends_at`` is when its budget ends, on the stop-watch."""

    world: World
    settings: Settings
    carrier: Carrier
    forecast: Forecast
    tally: Tally
    evidence: Evidence
    ends_at: float | None = None
    rounds: int = 0

    def is_over(self) -> bool:
        over = self.ends_at is not None and self.world.clock.monotonic() >= self.ends_at
        self.tally.out_of_time = self.tally.out_of_time or over
        return over

    def measure(self, steps: Sequence[Step]) -> None:
        """One window. Of commits whose content is the same one is measured, the others carry it over."""
        places = self._build(steps)
        first: dict[object, Place] = {}
        for place in places:
            first.setdefault(self.carrier.content(place.build) or place.build.commit, place)
        leaders = list(first.values())
        self._sample(leaders)
        self._sample([place for place in places if place not in leaders])

    def _build(self, steps: Sequence[Step]) -> list[Place]:
        """The environments of a window, in the order of its steps."""
        world, by_key = self.world, {(one.commit.hash, one.environment.name): one for one in steps}
        world.progress.building([one.commit for one in steps], self.forecast.left_s)
        places = {}
        started_at, started = world.clock.now(), world.clock.monotonic()
        wanted = [(one.commit.hash, one.environment) for one in steps]
        for one in world.environments.prepare_many(wanted):
            key, made = (one.commit, one.environment.name), one.result
            step = by_key[key]
            duration_s = world.clock.monotonic() - started if isinstance(made, Failed) else made.build_s
            build = build_of(step, made, started_at, duration_s)
            self._built(build)
            if not isinstance(made, Failed):
                places[key] = Place(
                    step=step, build=build, prepared=made, world=world, settings=self.settings
                )
        return [places[key] for key in by_key if key in places]

    def _built(self, build: Build) -> None:
        self.world.sink.add(build)
        self.carrier.add(build)
        self.tally.builds[build.commit, build.environment] = build
        self.world.progress.built(build)
        self.forecast.built(build.duration_s)
        if build.failure is not None:
            self.forecast.dropped(build.commit, build.environment)

    def _sample(self, places: Sequence[Place]) -> None:
        """Round after round until nothing is open at any of the places."""
        for place in places:
            for run in self.carrier.carried(place.build, list(place.open.values()), self.world.clock.now()):
                self._record(place, run)
        try:
            while not self.is_over() and any(place.open for place in places):
                self._round(places)
        finally:
            for place in places:
                place.close()

    def _round(self, places: Sequence[Place]) -> None:
        self.rounds += 1
        order = random.Random(f"{self.settings.seed}-{self.rounds}")  # noqa: S311 -- an order, no secret
        for place in places:
            place.renew()
        cases = list(dict.fromkeys(case for place in places for case in place.open))
        order.shuffle(cases)
        for case in cases:
            for place in order.sample(places, len(places)):
                if case in place.open:
                    if self.is_over():
                        return
                    self._run(place, place.open[case])

    def _run(self, place: Place, planned: PlannedCase) -> None:
        forecast = self.forecast
        self.world.progress.running(place.step.commit, planned.case, forecast.open_runs, forecast.left_s)
        run = place.counted(planned, place.run(planned, self.evidence))
        self._record(place, run)
        self.world.progress.ran(run)

    def _record(self, place: Place, run: Run) -> None:
        self.world.sink.add(run)
        self.tally.outcomes[run.commit, run.environment, run.case] = run.outcome
        if not isinstance(run.outcome, CarriedOver):
            self.forecast.ran(run)
        if run.stop is not None:
            self.tally.stops[run.commit, run.environment, run.case] = run.stop
            del place.open[run.case]
            self.forecast.dropped(run.commit, run.environment, run.case)
