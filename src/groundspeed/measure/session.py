"""One session, whole: which commits, which machine, the suite, the plan, the measuring, the record.

Puts the rooms together for ``groundspeed run``; every decision stands in them. Holds the locks from the
first look at the record to the last write.
"""

from __future__ import annotations

import collections
import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from groundspeed.config import Configuration
from groundspeed.config.notify import SECRETS
from groundspeed.errors import NothingMeasuredError
from groundspeed.history import History
from groundspeed.measure.carry import Carrier
from groundspeed.measure.commits import Range, choose_commits, newest_then_gaps
from groundspeed.measure.counting import counter_for
from groundspeed.measure.discover import Preparing, Suite, discover
from groundspeed.measure.forecast import Forecast
from groundspeed.measure.frame import Content, Frame, folders, work_folder
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
    Measured,
    Sampling,
    SeriesKey,
    Session,
)
from groundspeed.results.lock import file_lock
from groundspeed.results.store import ResultStore
from groundspeed.stats.control import usual_noise_floor
from groundspeed.suite.environments import Environments
from groundspeed.suite.isolation import withdraw_from_view


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
    ``controls`` the control benchmark before and after, none where nothing was measured;
    ``control_noise_floor`` how far it moves on this machine, None while too few sessions tell.
    """

    machine: str
    commits: tuple[Commit, ...]
    plan: Plan
    sampling: Sampling
    forecast_s: float
    tally: Tally
    checks: Mapping[SeriesKey, Mapping[str, frozenset[str]]]
    controls: tuple[Control, ...]
    control_noise_floor: float | None
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
    """The project's environments, held by its lock, and where the host's lock goes when it is taken.

    From here on nobody reads the secrets of this process from outside: what runs is the code of commits.
    """
    withdraw_from_view(SECRETS)
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
        frame = Frame(configuration=self.configuration, host=host, store=self.store, screen=self.screen)
        suite = self._discover(frame, commits, ahead=0 if request.dry_run else INTERLEAVED)
        plan = self._plan(suite, commits, request)
        forecast = Forecast(plan, self.store.durations(), self.store.build_duration())
        expected, tally, interrupted = forecast.left_s, Tally(), False
        content = Content(
            commits=commits,
            environments=self.matrix,
            benchmarks=suite.benchmarks,
            sampling=request.sampling,
        )
        if not suite.benchmarks and not request.dry_run:
            self._record_failed_builds(suite, frame.header(content, ()))
        self._refuse_nothing(suite, request.selection)
        if plan.steps and not request.dry_run:
            self.locks.enter_context(measuring_lock())
            header = frame.header(content, () if request.selection.quick else frame.look())
            self.store.begin(header)
            try:
                self._measure(plan, frame, request, header.seed, forecast, tally)
            except KeyboardInterrupt:
                interrupted = True
            finally:
                self.store.close()
        elif not request.dry_run:
            self.store.catch_up()
        return Report(
            machine=host.machine.name,
            commits=commits,
            plan=plan,
            sampling=request.sampling,
            forecast_s=expected,
            tally=tally,
            checks=self.store.checks() if tally.outcomes else {},
            controls=tuple(frame.controls),
            control_noise_floor=usual_noise_floor(self.store.controls()) if frame.controls else None,
            import_errors=suite.import_errors,
            interrupted=interrupted,
            duration_s=time.monotonic() - started,
        )

    def _plan(self, suite: Suite, commits: tuple[Commit, ...], request: Request) -> Plan:
        """What is to do; a limited time goes to the commits where it tells most."""
        if request.sampling.budget_s is not None and not request.commits.named:
            commits = newest_then_gaps(commits, frozenset(self.store.measured_commits()))
        found = suite.benchmarks, suite.stated_rounds
        return make_plan(commits, self.matrix, *found, self.store.recorded, request.selection)

    def _measure(
        self, plan: Plan, frame: Frame, request: Request, seed: int, forecast: Forecast, tally: Tally
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
        watched = contextlib.nullcontext() if selection.quick else frame.watched()
        with watched, work_folder(self.configuration.workspace) as work:
            world = World(
                environments=self.environments,
                start_worker=lambda prepared: frame.worker(prepared, work, sampling.cpus),
                record=self.store.recorded,
                sink=self.store,
                clock=SystemClock(),
                progress=self.screen,
                counter=counter_for(
                    request.counts,
                    self.configuration,
                    lambda prepared: folders(prepared, work, sampling.cpus),
                    self.screen.note,
                ),
            )
            measure(plan, world, settings, carrier, forecast, tally)

    def _discover(self, frame: Frame, commits: Sequence[Commit], ahead: int) -> Suite:
        """The suite. Environments that are wanted anyway are made together with the one that shows it."""
        measured = frozenset(self.store.measured_commits())
        wanted = [one.hash for one in commits[:ahead] if one.hash not in measured]
        if len(wanted) > 1:
            self.screen.doing(f"building {', '.join(one[:8] for one in wanted)}")
            pairs = [(hash_, environment) for hash_ in wanted for environment in self.matrix]
            collections.deque(self.environments.prepare_many(pairs), maxlen=0)
        with work_folder(self.configuration.workspace) as work:
            return discover(
                [(commit, environment) for commit in commits for environment in self.matrix],
                self.environments,
                lambda prepared: frame.worker(prepared, work, ()),
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
