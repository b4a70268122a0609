"""Measure a plan: for each commit its environment, a worker, and run after run, each saved at once.

Owns the order of events and what happens when one fails; the processes, the files, the clock and
the screen are passed in. A commit that does not build, a suite that does not import and a case that
fails are recorded and the rest goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from groundspeed.measure.forecast import Forecast
from groundspeed.measure.plan import Plan, PlannedCase, Step
from groundspeed.records import (
    Benchmark,
    Build,
    Case,
    Commit,
    Environment,
    Failed,
    FailureKind,
    Measured,
    NotRun,
    Outcome,
    Run,
    Stop,
)
from groundspeed.suite.client import Answer, WorkerError, WorkerLike
from groundspeed.suite.environments import Prepared


class EnvironmentsLike(Protocol):
    """Who makes a commit's environment."""

    def prepare(self, commit: str, environment: Environment) -> Prepared | Failed:
        """The environment with the commit installed, or why there is none."""


class Sink(Protocol):
    """Where what became of each attempt goes, before the next one starts."""

    def add(self, item: Build | Run) -> None:
        """Record it; returns when it is safe."""


class Clock(Protocol):
    """The time of day and a stop-watch."""

    def now(self) -> datetime:
        """Aware UTC."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary start."""


class SystemClock:
    """The host's clocks."""

    def now(self) -> datetime:
        """Aware UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds from an arbitrary start."""
        return time.monotonic()


class Progress(Protocol):
    """What a person watching is told."""

    def building(self, commit: Commit, environment: Environment, left_s: float) -> None:
        """A commit's environment is being made."""

    def built(self, build: Build) -> None:
        """It stands, or failed."""

    def running(self, commit: Commit, case: Case, open_runs: int, left_s: float) -> None:
        """A run starts."""

    def ran(self, run: Run) -> None:
        """It ended."""


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """Everything outside that measuring touches."""

    environments: EnvironmentsLike
    start_worker: Callable[[Prepared], WorkerLike]
    sink: Sink
    clock: Clock
    progress: Progress


@dataclass(kw_only=True, slots=True)
class Tally:
    """What measuring a plan came to, so far: each build, and the last outcome of each case.

    Keys are commit and environment, and the case.
    """

    builds: dict[tuple[str, str], Build] = field(default_factory=dict)
    outcomes: dict[tuple[str, str, Case], Outcome] = field(default_factory=dict)

    def count(self, kind: type[Outcome], commit: str | None = None) -> int:
        """Cases whose last outcome is of a kind, at one commit or at all."""
        return sum(
            isinstance(outcome, kind)
            for (at, _, _), outcome in self.outcomes.items()
            if commit is None or at == commit
        )

    @property
    def not_built(self) -> tuple[Build, ...]:
        """The builds that failed."""
        return tuple(build for build in self.builds.values() if build.failure is not None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """How a plan is measured; ``timeout_s`` is for benchmarks that name none."""

    quick: bool
    timeout_s: float
    seed: int


def measure(plan: Plan, world: World, settings: Settings, forecast: Forecast, tally: Tally) -> None:
    """Take the plan's steps in order, counting into ``tally``: what happened before an interruption stays."""
    for step in plan.steps:
        world.progress.building(step.commit, step.environment, forecast.left_s)
        prepared = _build(step, world, tally, forecast)
        if prepared is not None:
            _measure_step(step, prepared, world, settings, tally, forecast)


def _build(step: Step, world: World, tally: Tally, forecast: Forecast) -> Prepared | None:
    started_at, started = world.clock.now(), world.clock.monotonic()
    made = world.environments.prepare(step.commit.hash, step.environment)
    failure = made if isinstance(made, Failed) else None
    duration_s = world.clock.monotonic() - started if isinstance(made, Failed) else made.build_s
    build = Build(
        commit=step.commit.hash,
        environment=step.environment.name,
        failure=failure,
        dependencies=() if isinstance(made, Failed) else made.dependencies,
        identity=None,
        benchmarks=tuple(dict.fromkeys(one.benchmark.name for one in step.cases)) if failure else (),
        started_at=started_at,
        duration_s=duration_s,
    )
    world.sink.add(build)
    tally.builds[build.commit, build.environment] = build
    world.progress.built(build)
    forecast.built(duration_s)
    if isinstance(made, Failed):
        forecast.dropped(step.commit.hash, step.environment.name)
        return None
    return made


def _measure_step(
    step: Step, prepared: Prepared, world: World, settings: Settings, tally: Tally, forecast: Forecast
) -> None:
    here = _Here(step=step, prepared=prepared, world=world, settings=settings)
    done: set[Case] = set()  # failed, skipped: not tried again at this commit
    try:
        for members in step.rounds(settings.seed):
            for planned in members:
                if planned.case in done:
                    continue
                world.progress.running(step.commit, planned.case, forecast.open_runs, forecast.left_s)
                run = here.run(planned)
                world.sink.add(run)
                world.progress.ran(run)
                forecast.ran(run)
                tally.outcomes[run.commit, run.environment, run.case] = run.outcome
                if not isinstance(run.outcome, Measured):
                    done.add(planned.case)
                    forecast.dropped(run.commit, run.environment, run.case)
    finally:
        here.close()


@dataclass(kw_only=True, slots=True)
class _Here:
    """The worker at one commit: started late, started anew when it died.

    ``benchmarks`` by name and the parameter index of each case are the suite as it shows there.
    """

    step: Step
    prepared: Prepared
    world: World
    settings: Settings
    worker: WorkerLike | None = None
    broken: str | None = None
    benchmarks: dict[str, Benchmark] = field(default_factory=dict)
    indices: dict[Case, int] = field(default_factory=dict)

    def run(self, planned: PlannedCase) -> Run:
        started_at = self.world.clock.now()
        answer = self._answer(planned)
        return Run(
            case=planned.case,
            version=planned.benchmark.version,
            commit=self.step.commit.hash,
            environment=self.step.environment.name,
            outcome=answer.outcome,
            metrics=(),
            check=None,
            stop=Stop.STATED,
            quick=self.settings.quick,
            started_at=started_at,
            duration_s=answer.duration_s,
        )

    def close(self) -> None:
        if self.worker is not None:
            self.worker.close()
            self.worker = None

    def _answer(self, planned: PlannedCase) -> Answer:
        worker = self._alive()
        if worker is None:
            return _not_imported(self.broken or "")
        benchmark = self.benchmarks.get(planned.benchmark.name)
        if benchmark is None:
            return _not_imported(_why_missing(planned.benchmark, worker.discovery.import_errors))
        index = self.indices.get(planned.case)
        if index is None:  # parameters may come from the measured code
            return Answer(outcome=NotRun(reason="no such parameters at this commit"), duration_s=0.0)
        timeout_s = benchmark.timeout_s or self.settings.timeout_s
        return worker.run(benchmark, index, quick=self.settings.quick, timeout_s=timeout_s)

    def _alive(self) -> WorkerLike | None:
        if self.worker is not None and not self.worker.alive:
            self.close()
        if self.worker is None and self.broken is None:
            try:
                self.worker = self.world.start_worker(self.prepared)
            except WorkerError as error:
                self.broken = str(error)
            else:
                self._look(self.worker.discovery.benchmarks)
        return self.worker

    def _look(self, benchmarks: tuple[Benchmark, ...]) -> None:
        self.benchmarks = {one.name: one for one in benchmarks}
        self.indices = {case: index for one in benchmarks for index, case in enumerate(one.cases())}


def _not_imported(text: str) -> Answer:
    return Answer(outcome=Failed(kind=FailureKind.NOT_IMPORTED, text=text), duration_s=0.0)


def _why_missing(benchmark: Benchmark, import_errors: Mapping[str, str]) -> str:
    """The traceback of the benchmark's own module, else of a package above it."""
    for module, text in import_errors.items():
        _, _, below = module.partition(".")  # the suite's own folder name is not part of a benchmark's
        if f"{benchmark.name}.".startswith(f"{below}." if below else ""):
            return text
    return "the suite does not define this benchmark at this commit"
