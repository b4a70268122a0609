"""One session, whole: which commits, which machine, the suite, the plan, the measuring, the record.

Puts the rooms together for ``groundspeed run``; every decision stands in them. Holds the locks from the
first look at the record to the last write.
"""

from __future__ import annotations

import collections
import contextlib
import secrets
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from groundspeed.config import Configuration
from groundspeed.errors import NothingMeasuredError
from groundspeed.history import History
from groundspeed.machine.control import ControlError, run_control
from groundspeed.machine.fitness import fitness, for_the_record, take_look
from groundspeed.machine.telemetry import TelemetryRecorder
from groundspeed.measure.carry import Carrier
from groundspeed.measure.commits import Range, choose_commits, newest_then_gaps
from groundspeed.measure.counting import counter_for
from groundspeed.measure.discover import Preparing, Suite, discover
from groundspeed.measure.forecast import Forecast
from groundspeed.measure.host import Host
from groundspeed.measure.lock import measuring_lock
from groundspeed.measure.plan import Plan, Selection, make_plan
from groundspeed.measure.run import INTERLEAVED, Tally, measure
from groundspeed.measure.taking import Settings
from groundspeed.measure.world import Screen, SystemClock, World
from groundspeed.records import (
    Commit,
    Control,
    Environment,
    Finding,
    Measured,
    Sampling,
    SeriesKey,
    Session,
    Severity,
)
from groundspeed.results.lock import file_lock
from groundspeed.results.store import ResultStore
from groundspeed.suite.client import Folders, Worker
from groundspeed.suite.environments import Environments, Prepared


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What a user asks to have measured, and how thoroughly; a dry run only plans.

    ``counts`` are the metrics of ``measure.counting`` that are wanted beside what the kinds give.
    """

    commits: Range
    selection: Selection
    sampling: Sampling
    dry_run: bool
    counts: Set[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What a session came to. ``forecast_s`` is what the plan was expected to take.

    ``checks`` holds, by series and commit, what the benchmarks returned, as far as it is on record;
    ``controls`` the control benchmark before and after, none where nothing was measured.
    """

    machine: str
    commits: tuple[Commit, ...]
    plan: Plan
    sampling: Sampling
    forecast_s: float
    tally: Tally
    checks: Mapping[SeriesKey, Mapping[str, frozenset[str]]]
    controls: tuple[Control, ...]
    import_errors: Mapping[str, str]
    interrupted: bool
    duration_s: float

    @property
    def exit_code(self) -> int:
        """0 done · 3 there was something to measure and nothing could be · 130 interrupted."""
        if self.interrupted:
            return 130
        wanted = any(not step.second_look for step in self.plan.steps)
        return 3 if wanted and not self.tally.count(Measured) + self.tally.carried else 0


def run(
    configuration: Configuration, host: Host, request: Request, variables: Mapping[str, str], screen: Screen
) -> Report:
    """Measure what the request asks for and the record lacks. ``variables`` are the shell's.

    Raises ``LockedError`` when somebody else measures on this host or holds the results,
    ``HistoryError`` for a range that is none, ``NothingMeasuredError`` when there was something to
    measure and nothing could be.
    """
    with at_work(configuration, variables) as (environments, locks):
        if configuration.suite.is_remote:
            environments.fetch()
        store = ResultStore(configuration.suite.results_dir, host.machine.description)
        history = History.open(configuration.suite.repo_path)
        if (shallow := history.shallow()) is not None:
            screen.note(str(shallow))
        measured = store.measured_commits()
        commits = choose_commits(history, configuration.suite.branches, request.commits, measured)
        session = MeasuringSession(
            configuration=configuration,
            environments=environments,
            store=store,
            screen=screen,
            matrix=environments.matrix(),
            locks=locks,
        )
        return session.run(host, request, commits)


@contextlib.contextmanager
def at_work(
    configuration: Configuration, variables: Mapping[str, str]
) -> Iterator[tuple[Environments, contextlib.ExitStack]]:
    """The project's environments, held by its lock, and where the host's lock goes when it is taken."""
    with (
        file_lock(configuration.workspace / "locks" / "results"),
        contextlib.closing(Environments(configuration, variables)) as environments,
        contextlib.ExitStack() as locks,
    ):
        yield environments, locks


@dataclass(frozen=True, kw_only=True, slots=True)
class MeasuringSession:
    """What a session works with. ``locks`` takes the measuring lock when there is something to measure."""

    configuration: Configuration
    environments: Preparing
    store: ResultStore
    screen: Screen
    matrix: tuple[Environment, ...]
    locks: contextlib.ExitStack
    controls: list[Control] = field(default_factory=list)

    def run(self, host: Host, request: Request, commits: tuple[Commit, ...]) -> Report:
        """Plan what the record lacks, measure it, record it. ``commits`` are newest first."""
        try:
            return self._run(host, request, commits)
        finally:
            self.screen.finish()
            for warning in self.store.warnings:
                self.screen.note(warning)

    def _run(self, host: Host, request: Request, commits: tuple[Commit, ...]) -> Report:
        started = time.monotonic()
        suite = self._discover(commits, ahead=0 if request.dry_run else INTERLEAVED)
        plan = self._plan(suite, commits, request)
        forecast = Forecast(plan, self.store.durations(), self.store.build_duration())
        expected, tally, interrupted = forecast.left_s, Tally(), False
        if not suite.benchmarks and not request.dry_run:
            self._record_failed_builds(suite, self._header(host, suite, commits, request.sampling, ()))
        self._refuse_nothing(suite, request.selection)
        if plan.steps and not request.dry_run:
            self.locks.enter_context(measuring_lock())
            fit = () if request.selection.quick else self._look()
            header = self._header(host, suite, commits, request.sampling, fit)
            self.store.begin(header)
            try:
                self._measure(plan, host, request, header.seed, forecast, tally)
            except KeyboardInterrupt:
                interrupted = True
            finally:
                self.store.close()
        return Report(
            machine=host.machine.name,
            commits=commits,
            plan=plan,
            sampling=request.sampling,
            forecast_s=expected,
            tally=tally,
            checks=self.store.checks() if tally.outcomes else {},
            controls=tuple(self.controls),
            import_errors=suite.import_errors,
            interrupted=interrupted,
            duration_s=time.monotonic() - started,
        )

    def _plan(self, suite: Suite, commits: tuple[Commit, ...], request: Request) -> Plan:
        """What is to do; a limited time goes to the commits where it tells most."""
        if request.sampling.budget_s is not None:
            commits = newest_then_gaps(commits, frozenset(self.store.measured_commits()))
        found = suite.benchmarks, suite.stated_rounds
        return make_plan(commits, self.matrix, *found, self.store.recorded, request.selection)

    def _measure(
        self, plan: Plan, host: Host, request: Request, seed: int, forecast: Forecast, tally: Tally
    ) -> None:
        sampling, selection = request.sampling, request.selection
        settings = Settings(
            quick=selection.quick,
            timeout_s=self.configuration.suite.default_benchmark_timeout_s,
            seed=seed,
            sampling=sampling,
        )
        carrying = selection.carry and not selection.quick
        carrier = Carrier(self.store.builds().values(), self.store.recorded if carrying else None)
        with self._watched(host, settings), _work_folder(self.configuration.workspace) as work:
            world = World(
                environments=self.environments,
                start_worker=lambda prepared: self._start_worker(prepared, work, sampling.cpus),
                record=self.store.recorded,
                sink=self.store,
                clock=SystemClock(),
                progress=self.screen,
                counter=counter_for(
                    request.counts,
                    self.configuration,
                    lambda prepared: _folders(prepared, work, sampling.cpus),
                    self.screen.note,
                ),
            )
            measure(plan, world, settings, carrier, forecast, tally)

    @contextlib.contextmanager
    def _watched(self, host: Host, settings: Settings) -> Iterator[None]:
        """The control benchmark before and after, telemetry in between; quick runs need neither."""
        if settings.quick:
            yield
            return
        self._control(host.cpus)
        recorder = TelemetryRecorder(cpus=host.cpus + host.idle)
        try:
            with recorder:
                yield
        except KeyboardInterrupt:  # of any other end the store may be the reason
            self.store.add(recorder.telemetry)
            raise
        self.store.add(recorder.telemetry)
        self._control(host.cpus)

    def _look(self) -> tuple[Finding, ...]:
        """How fit the host is now, for the record; what speaks against measuring is said at once."""
        self.screen.doing("looking at the host")
        found = for_the_record(fitness(take_look()))
        for finding in found:
            if finding.severity is Severity.UNFIT:
                why = f"{finding.check}: {finding.seen}"
                self.screen.note(f"this host is not fit to measure on ({why}); see groundspeed doctor")
        return found

    def _control(self, cpus: Sequence[int]) -> None:
        self.screen.doing("running the control benchmark")
        try:
            control = run_control(cpus=cpus)
        except ControlError as error:
            self.screen.note(str(error))
            return
        self.store.add(control)
        self.controls.append(control)

    def _start_worker(self, prepared: Prepared, work: Path, cpus: tuple[int, ...]) -> Worker:
        return Worker(prepared, self.configuration, _folders(prepared, work, cpus))

    def _discover(self, commits: Sequence[Commit], ahead: int) -> Suite:
        """The suite. Environments that are wanted anyway are made together with the one that shows it."""
        measured = frozenset(self.store.measured_commits())
        wanted = [one.hash for one in commits[:ahead] if one.hash not in measured]
        if len(wanted) > 1:
            self.screen.doing(f"building {', '.join(one[:8] for one in wanted)}")
            pairs = [(hash_, environment) for hash_ in wanted for environment in self.matrix]
            collections.deque(self.environments.prepare_many(pairs), maxlen=0)
        with _work_folder(self.configuration.workspace) as work:
            return discover(
                [(commit, environment) for commit in commits for environment in self.matrix],
                self.environments,
                lambda prepared: self._start_worker(prepared, work, ()),
                self.store.benchmarks,
                self.screen,
            )

    def _record_failed_builds(self, suite: Suite, header: Session) -> None:
        """Of a suite that nobody has ever seen, that its commits do not build is all there is to record."""
        self.store.begin(header)
        for build in suite.broken:
            self.store.add(build)
            self.screen.built(build)
        self.store.close()

    def _header(
        self,
        host: Host,
        suite: Suite,
        commits: Sequence[Commit],
        sampling: Sampling,
        found: tuple[Finding, ...],
    ) -> Session:
        started_at = SystemClock().now()
        return Session(
            id=f"{started_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}",
            started_at=started_at,
            machine=host.machine.name,
            fingerprint=host.machine.fingerprint,
            environments=self.matrix,
            benchmarks=suite.benchmarks,
            commits={commit.hash: commit.date for commit in commits},
            seed=secrets.randbits(32),
            versions={
                "python": sys.version.split()[0],
                **{
                    name: version(name)
                    for name in ("groundspeed", "asv", "asv_runner", "asv_bench_groundspeed")
                },
            },
            sampling=sampling,
            fitness=found,
        )

    def _refuse_nothing(self, suite: Suite, selection: Selection) -> None:
        if not suite.benchmarks:
            raise NothingMeasuredError(
                f"No benchmark could be found in {self.configuration.suite.benchmark_dir}: {suite.why_none}"
            )
        if not any(selection.wants(case) for one in suite.benchmarks for case in one.cases()):
            raise NothingMeasuredError(
                f"No case matches {selection.pattern or 'the selection'}; "
                f"the suite has {len(suite.benchmarks)} benchmarks, such as {suite.benchmarks[0].name}."
            )


def _folders(prepared: Prepared, work: Path, cpus: tuple[int, ...]) -> Folders:
    """Of every process at a commit: its cases find what an earlier one's setup_cache made."""
    caches = work / "caches" / prepared.commit[:12] / prepared.environment
    caches.mkdir(parents=True, exist_ok=True)
    return Folders(work=work, caches=caches, cpus=cpus)


@contextlib.contextmanager
def _work_folder(workspace: Path) -> Iterator[Path]:
    """Where cases run and setup_cache leaves what it made; what a killed session left goes first."""
    work = workspace / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)
