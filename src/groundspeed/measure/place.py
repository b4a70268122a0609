"""One commit in one environment while it is measured: its workers, its open cases, what they gave so far.

Starts a worker late and anew when it died; turns what a process gave into the run that is recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from groundspeed.measure.plan import PlannedCase, Step
from groundspeed.measure.sampling import Evidence, Seen, stop_reason
from groundspeed.measure.taking import Taken, take
from groundspeed.measure.world import World
from groundspeed.records import (
    Benchmark,
    Build,
    Case,
    Failed,
    FailureKind,
    Measured,
    NotRun,
    Outcome,
    Run,
    Sampling,
    Stop,
)
from groundspeed.suite.client import WorkerError, WorkerLike
from groundspeed.suite.environments import Prepared


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """How a plan is measured; ``timeout_s`` is for benchmarks that name none."""

    quick: bool
    timeout_s: float
    seed: int
    sampling: Sampling


@dataclass(kw_only=True, slots=True)
class Place:
    """Where some cases are measured. ``open`` are those that want another run.

    ``benchmarks`` by name and the parameter index of each case are the suite as it shows there.
    """

    step: Step
    build: Build
    prepared: Prepared
    world: World
    settings: Settings
    open: dict[Case, PlannedCase] = field(default_factory=dict)
    _seen: dict[Case, Seen] = field(default_factory=dict)
    _worker: WorkerLike | None = None
    _broken: str | None = None
    _benchmarks: dict[str, Benchmark] = field(default_factory=dict)
    _indices: dict[Case, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.open = {one.case: one for one in self.step.cases}
        self._seen = {one.case: Seen(processes=list(one.earlier)) for one in self.step.cases}

    def run(self, planned: PlannedCase, evidence: Evidence) -> Run:
        """One process of a case, and whether it was the last one wanted."""
        clock = self.world.clock
        started_at, started = clock.now(), clock.monotonic()
        taken = self._take(planned)
        outcome: Outcome = taken if isinstance(taken, NotRun | Failed) else taken.outcome
        full = taken if isinstance(taken, Taken) else None
        return Run(
            case=planned.case,
            version=planned.benchmark.version,
            commit=self.step.commit.hash,
            environment=self.step.environment.name,
            outcome=outcome,
            metrics=full.metrics if full else (),
            check=full.check if full else None,
            stop=self._stop(planned, full, evidence),
            quick=self.settings.quick,
            started_at=started_at,
            duration_s=clock.monotonic() - started,
        )

    def renew(self) -> None:
        """Another worker for the next round, where cases are forked from it."""
        if self._worker is not None and self._worker.discovery.launch == "fork":
            self.close()

    def close(self) -> None:
        """End the worker."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def _stop(self, planned: PlannedCase, taken: Taken | None, evidence: Evidence) -> Stop | None:
        if taken is None or not isinstance(taken.outcome, Measured):
            return Stop.ENDED
        seen = self._seen[planned.case]
        seen.processes.append(taken.outcome.samples)
        seen.runs += 1
        seen.active_s += taken.active_s
        if planned.adaptive:
            evidence.add((self.step.commit.hash, self.step.environment.name, planned.case), seen)
        return stop_reason(planned, seen, self.settings.sampling, evidence)

    def _take(self, planned: PlannedCase) -> Taken | NotRun | Failed:
        worker = self._alive()
        if worker is None:
            return _not_imported(self._broken or "")
        benchmark = self._benchmarks.get(planned.benchmark.name)
        if benchmark is None:
            return _not_imported(_why_missing(planned.benchmark, worker.discovery.import_errors))
        index = self._indices.get(planned.case)
        if index is None:  # parameters may come from the measured code
            return NotRun(reason="no such parameters at this commit")
        timeout_s = benchmark.timeout_s or self.settings.timeout_s
        settings = self.settings
        return take(worker, benchmark, index, settings.sampling, quick=settings.quick, timeout_s=timeout_s)

    def _alive(self) -> WorkerLike | None:
        if self._worker is not None and not self._worker.alive:
            self.close()
        if self._worker is None and self._broken is None:
            try:
                self._worker = self.world.start_worker(self.prepared)
            except WorkerError as error:
                self._broken = str(error)
            else:
                self._look(self._worker.discovery.benchmarks)
        return self._worker

    def _look(self, benchmarks: tuple[Benchmark, ...]) -> None:
        self._benchmarks = {one.name: one for one in benchmarks}
        self._indices = {case: index for one in benchmarks for index, case in enumerate(one.cases())}


def build_of(step: Step, made: Prepared | Failed, started_at: datetime, duration_s: float) -> Build:
    """The record of one attempt to make a commit's environment."""
    failed = isinstance(made, Failed)
    return Build(
        commit=step.commit.hash,
        environment=step.environment.name,
        failure=made if isinstance(made, Failed) else None,
        dependencies=() if isinstance(made, Failed) else made.dependencies,
        identity=None if isinstance(made, Failed) else made.identity,
        benchmarks=tuple(dict.fromkeys(one.benchmark.name for one in step.cases)) if failed else (),
        started_at=started_at,
        duration_s=duration_s,
    )


def _not_imported(text: str) -> Failed:
    return Failed(kind=FailureKind.NOT_IMPORTED, text=text)


def _why_missing(benchmark: Benchmark, import_errors: Mapping[str, str]) -> str:
    """The traceback of the benchmark's own module, else of a package above it."""
    for module, text in import_errors.items():
        _, _, below = module.partition(".")  # the suite's own folder name is not part of a benchmark's
        if f"{benchmark.name}.".startswith(f"{below}." if below else ""):
            return text
    return "the suite does not define this benchmark at this commit"
