"""One session, whole: which commits, which machine, the suite, the plan, the measuring, the record.

Puts the rooms together for ``groundspeed run``; every decision stands in them. Holds the lock on the
results from the first look at the record to the last write.
"""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Protocol

from groundspeed.config import Configuration
from groundspeed.errors import HistoryError, NothingMeasuredError
from groundspeed.history import History
from groundspeed.machine.choice import MachineChoice
from groundspeed.measure.forecast import Forecast
from groundspeed.measure.plan import Plan, Selection, make_plan
from groundspeed.measure.run import Progress, Settings, SystemClock, Tally, World, measure
from groundspeed.records import Benchmark, Build, Commit, Environment, Failed, Measured, Session
from groundspeed.results.lock import results_lock
from groundspeed.results.store import ResultStore
from groundspeed.suite.client import Worker, WorkerError
from groundspeed.suite.environments import Environments


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What a user asks to have measured. Without a range it is the newest commit of each branch.

    ``revisions`` as git writes them; ``last`` and ``steps`` thin them out; ``new`` means the commits
    since the newest measured one; a dry run only plans.
    """

    revisions: str | None
    last: int | None
    steps: int | None
    new: bool
    selection: Selection
    dry_run: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What a session came to. ``forecast_s`` is what the plan was expected to take."""

    machine: str
    commits: tuple[Commit, ...]
    plan: Plan
    forecast_s: float
    tally: Tally
    import_errors: Mapping[str, str]
    interrupted: bool
    duration_s: float

    @property
    def exit_code(self) -> int:
        """0 done · 3 there was something to measure and nothing could be · 130 interrupted."""
        if self.interrupted:
            return 130
        return 3 if self.plan.steps and not self.tally.count(Measured) else 0


class Screen(Progress, Protocol):
    """Progress, and lines that stay."""

    def doing(self, text: str) -> None:
        """What goes on before there is a plan."""

    def note(self, text: str) -> None:
        """Something worth knowing that stays."""

    def finish(self) -> None:
        """Nothing more is coming."""


def run(
    configuration: Configuration,
    host: MachineChoice,
    request: Request,
    variables: Mapping[str, str],
    screen: Screen,
) -> Report:
    """Measure what the request asks for and the record lacks. ``variables`` are the shell's.

    Raises ``LockedError`` when another run holds the results, ``HistoryError`` for a range that is
    none, ``NothingMeasuredError`` when there was something to measure and nothing could be.
    """
    environments = Environments(configuration, variables)
    with results_lock(configuration.workspace / "locks" / "results"):
        if configuration.suite.is_remote:
            environments.fetch()
        store = ResultStore(configuration.suite.results_dir, host.description)
        history = History.open(configuration.suite.repo_path)
        if (shallow := history.shallow()) is not None:
            screen.note(str(shallow))
        commits = choose_commits(history, configuration.suite.branches, request, store.measured_commits())
        session = _Session(
            configuration=configuration,
            environments=environments,
            store=store,
            screen=screen,
            matrix=environments.matrix(),
        )
        try:
            return session.run(host, request, commits)
        finally:
            screen.finish()
            for warning in store.warnings:
                screen.note(warning)
            environments.sweep()


def choose_commits(
    history: History, branches: Sequence[str], request: Request, measured: Sequence[str]
) -> tuple[Commit, ...]:
    """The commits of a request, newest first. ``measured`` are the hashes with results, for ``new``."""
    if request.revisions is not None:
        return _chosen(history, [request.revisions], request)
    ranges = history.branches(branches)
    known = history.known(measured) if request.new else {}
    if known:
        newest = max(known.values(), key=lambda commit: commit.date)
        return _chosen(history, [f"{newest.hash}..{one}" for one in ranges], request)
    last = 1 if request.last is None and request.steps is None else request.last
    return _merged([history.commits(one, last=last, steps=request.steps) for one in ranges])


def _chosen(history: History, ranges: Sequence[str], request: Request) -> tuple[Commit, ...]:
    found = _merged([history.commits(one, last=request.last, steps=request.steps) for one in ranges])
    if not found and not request.new:
        raise HistoryError(
            f"{' '.join(ranges)} holds no commit. Look at it with: git log --first-parent {' '.join(ranges)}"
        )
    return found


def _merged(lists: Sequence[Sequence[Commit]]) -> tuple[Commit, ...]:
    """Several branches as one list, newest first, each commit once."""
    unique = {commit.hash: commit for commits in lists for commit in commits}
    return (
        tuple(unique.values())
        if len(lists) == 1
        else tuple(sorted(unique.values(), key=lambda c: c.date, reverse=True))
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Suite:
    """The suite as the first commit that could import it showed it.

    ``broken`` are the builds that failed where no commit could.
    """

    benchmarks: tuple[Benchmark, ...]
    import_errors: Mapping[str, str]
    broken: tuple[Build, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Session:
    configuration: Configuration
    environments: Environments
    store: ResultStore
    screen: Screen
    matrix: tuple[Environment, ...]

    def run(self, host: MachineChoice, request: Request, commits: tuple[Commit, ...]) -> Report:
        started = time.monotonic()
        suite = self._discover(commits)
        plan = make_plan(commits, self.matrix, suite.benchmarks, self.store.recorded, request.selection)
        forecast = Forecast(plan, self.store.durations(), self.store.build_duration())
        expected, tally, interrupted = forecast.left_s, Tally(), False
        header = self._header(host, suite, commits)
        if not suite.benchmarks and not request.dry_run:
            self._record_failed_builds(suite, header)
        self._refuse_nothing(suite, request.selection)
        if plan.steps and not request.dry_run:
            self.store.begin(header)
            try:
                self._measure(plan, request.selection, header.seed, forecast, tally)
            except KeyboardInterrupt:
                interrupted = True
            finally:
                self.store.close()
        return Report(
            machine=host.name,
            commits=commits,
            plan=plan,
            forecast_s=expected,
            tally=tally,
            import_errors=suite.import_errors,
            interrupted=interrupted,
            duration_s=time.monotonic() - started,
        )

    def _measure(self, plan: Plan, selection: Selection, seed: int, forecast: Forecast, tally: Tally) -> None:
        world = World(
            environments=self.environments,
            start_worker=lambda prepared: Worker(prepared, self.configuration),
            sink=self.store,
            clock=SystemClock(),
            progress=self.screen,
        )
        timeout_s = self.configuration.suite.default_benchmark_timeout_s
        settings = Settings(quick=selection.quick, timeout_s=timeout_s, seed=seed)
        measure(plan, world, settings, forecast, tally)

    def _discover(self, commits: Sequence[Commit]) -> _Suite:
        """The suite, imported in the environment of the newest commit that builds.

        Where none does, the benchmarks that the results know already stand in, so that the failures
        are recorded all the same.
        """
        broken: list[Build] = []
        for commit in commits:
            for environment in self.matrix:
                self.screen.doing(f"{commit.short}  building {environment.name} to see the suite")
                started_at, started = SystemClock().now(), time.monotonic()
                prepared = self.environments.prepare(commit.hash, environment)
                if isinstance(prepared, Failed):
                    took_s = time.monotonic() - started
                    broken.append(_failed_build(commit, environment, prepared, started_at, took_s))
                    continue
                try:
                    worker = Worker(prepared, self.configuration)
                except WorkerError as error:
                    self.screen.note(f"{commit.short}  the suite cannot be imported there: {error}")
                    continue
                found = worker.discovery
                worker.close()
                if found.launch_reason:
                    self.screen.note(f"cases are spawned, not forked: {found.launch_reason}")
                return _Suite(benchmarks=found.benchmarks, import_errors=found.import_errors, broken=())
        return _Suite(benchmarks=self.store.benchmarks(), import_errors={}, broken=tuple(broken))

    def _record_failed_builds(self, suite: _Suite, header: Session) -> None:
        """Of a suite that nobody has ever seen, that its commits do not build is all there is to record."""
        self.store.begin(header)
        for build in suite.broken:
            self.store.add(build)
            self.screen.built(build)
        self.store.close()

    def _header(self, host: MachineChoice, suite: _Suite, commits: Sequence[Commit]) -> Session:
        started_at = SystemClock().now()
        return Session(
            id=f"{started_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}",
            started_at=started_at,
            machine=host.name,
            fingerprint=host.fingerprint,
            environments=self.matrix,
            benchmarks=suite.benchmarks,
            commits={commit.hash: commit.date for commit in commits},
            seed=secrets.randbits(32),
            sampling=None,
            fitness=(),
            versions={
                "python": sys.version.split()[0],
                **{
                    name: version(name)
                    for name in ("groundspeed", "asv", "asv_runner", "asv_bench_groundspeed")
                },
            },
        )

    def _refuse_nothing(self, suite: _Suite, selection: Selection) -> None:
        if not suite.benchmarks:
            raise NothingMeasuredError(
                f"No benchmark could be found in {self.configuration.suite.benchmark_dir}: "
                "no commit of the range builds and imports the suite, or the folder holds none. "
                "Try one commit alone: groundspeed run COMMIT^!"
            )
        if not any(selection.wants(case) for one in suite.benchmarks for case in one.cases()):
            raise NothingMeasuredError(
                f"No case matches {selection.pattern or 'the selection'}; "
                f"the suite has {len(suite.benchmarks)} benchmarks, such as {suite.benchmarks[0].name}."
            )


def _failed_build(
    commit: Commit, environment: Environment, failed: Failed, started_at: datetime, duration_s: float
) -> Build:
    return Build(
        commit=commit.hash,
        environment=environment.name,
        failure=failed,
        dependencies=(),
        identity=None,
        benchmarks=(),
        started_at=started_at,
        duration_s=duration_s,
    )
