"""One commit in one environment while it is measured: its open cases, and what they gave so far.

Turns what a process gave into the run that is recorded.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from groundspeed.measure.plan import PlannedCase, Step
from groundspeed.measure.sampling import Evidence, Seen, share, stop_reason
from groundspeed.measure.standing_worker import Located, StandingWorker
from groundspeed.measure.taking import Settings, Taken, take
from groundspeed.measure.world import World
from groundspeed.records import (
    Build,
    Case,
    Failed,
    Measured,
    NotRun,
    Outcome,
    Run,
    Stop,
)
from groundspeed.suite.environments import Prepared


@dataclass(kw_only=True, slots=True)
class Place:
    """Where some cases are measured. ``open`` are those that want another run."""

    step: Step
    build: Build
    prepared: Prepared
    world: World
    settings: Settings
    open: dict[Case, PlannedCase] = field(default_factory=dict)
    _seen: dict[Case, Seen] = field(default_factory=dict)
    _worker: StandingWorker = field(init=False)

    def __post_init__(self) -> None:
        self._worker = StandingWorker(start=lambda: self.world.start_worker(self.prepared))
        self.open = {one.case: one for one in self.step.cases}
        self._seen = {one.case: Seen(processes=list(one.earlier)) for one in self.step.cases}

    def run(self, planned: PlannedCase, evidence: Evidence) -> Run:
        """One process of a case, and whether it was the last one wanted."""
        clock = self.world.clock
        started_at, started = clock.now(), clock.monotonic()
        taken = self._take(planned, evidence)
        duration_s = clock.monotonic() - started
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
            stop=self._stop(planned, full, duration_s, evidence),
            quick=self.settings.quick,
            started_at=started_at,
            duration_s=duration_s,
        )

    def counted(self, planned: PlannedCase, run: Run) -> Run:
        """The run, with what a call executes where that is to be counted: once, with the last one."""
        counter = self.world.counter
        if counter is None or run.stop is None or not isinstance(run.outcome, Measured):
            return run
        located = self._worker.locate(planned.benchmark.name, planned.case)
        if not isinstance(located, Located):  # the worker died since, and does not come up again
            return run
        seen, timeout_s = self._seen[planned.case], located.benchmark.timeout_s or self.settings.timeout_s
        process_s = seen.spent_s / seen.runs
        readings = counter.count(self.prepared, located, run.outcome, process_s, timeout_s)
        return replace(run, metrics=run.metrics + readings)

    def renew(self) -> None:
        """Another worker for the next round."""
        self._worker.renew()

    def close(self) -> None:
        """End the worker."""
        self._worker.close()

    def _stop(
        self, planned: PlannedCase, taken: Taken | None, duration_s: float, evidence: Evidence
    ) -> Stop | None:
        if taken is None or not isinstance(taken.outcome, Measured):
            return Stop.ENDED
        seen = self._seen[planned.case]
        seen.processes.append(taken.outcome.samples)
        seen.runs += 1
        seen.samples += len(taken.outcome.samples)
        seen.spent_s += duration_s
        seen.sampling_s += taken.sampling_s
        evidence.count(planned.case, taken.outcome)
        if planned.adaptive:
            evidence.add((self.step.commit.hash, self.step.environment.name, planned.case), seen)
        return stop_reason(planned, seen, self.settings.sampling, evidence)

    def _take(self, planned: PlannedCase, evidence: Evidence) -> Taken | NotRun | Failed:
        located = self._worker.locate(planned.benchmark.name, planned.case)
        if not isinstance(located, Located):
            return located
        part = share(self._seen[planned.case], self.settings.sampling, evidence)
        return take(located, self.settings, evidence.number(planned.case), part)


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
