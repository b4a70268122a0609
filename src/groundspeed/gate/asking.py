"""The gate, whole: both ends built, the suites looked at, what is on record taken in, the rest measured.

Puts the rooms together for ``groundspeed gate`` and ``compare --measure``; every decision stands in them.
What is measured is recorded in the workspace, so that a pull request leaves results/ alone, and is evidence
when the same is asked again.
"""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from groundspeed.errors import HistoryError, NothingMeasuredError
from groundspeed.gate.answer import Answer, Effort, Question, rows_of, same_rows
from groundspeed.gate.course import Course
from groundspeed.gate.ends import BothEnds, Building, Built, both_ends, build_both
from groundspeed.gate.evidence import Ends, Evidence
from groundspeed.gate.judging import counted_by, judge_by
from groundspeed.gate.record import Stored, base_cases, read_stored, take_in
from groundspeed.gate.rounds import Outside, Place, Plan, Sitting, measure
from groundspeed.gate.vanished import Rules, Vanished, own_cases, vanished
from groundspeed.history import History
from groundspeed.measure import outside
from groundspeed.measure.discover import Suite, discover
from groundspeed.measure.frame import Content, Frame, folders, work_folder
from groundspeed.measure.lock import measuring_lock
from groundspeed.measure.plan import Selection
from groundspeed.measure.session import at_work
from groundspeed.measure.workplace import Workplace, commit_of
from groundspeed.measure.world import Sink, SystemClock
from groundspeed.records import Build, Case, Finding, Run, Sampling, SeriesKey
from groundspeed.results.store import ResultStore
from groundspeed.suite.answers import WorkerError
from groundspeed.suite.client import Worker
from groundspeed.suite.environments import Prepared


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What is asked, of which cases. ``suspects`` are series (case, metric) that the history suspects: they
    alone are measured, and no benchmark need be there beside them; None where everything selected is.
    """

    question: Question
    selection: Selection
    suspects: frozenset[tuple[Case, str]] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """The answer, and the course that came to it."""

    answer: Answer
    course: Course


def ask(at: Workplace, asked: Asked) -> Answered:
    """Is anything slower at head than at base?

    Raises ``HistoryError`` for a revision that is none, ``LockedError`` when somebody else measures on this
    host or holds the results, ``NothingMeasuredError`` when an end does not build, when the suite holds
    nothing that is selected, or when both ends are one commit.
    """
    question = asked.question
    with at_work(at.configuration, at.variables) as (environments, locks):
        if at.configuration.suite.is_remote:
            environments.fetch()
        history = History.open(at.configuration.suite.repo_path)
        base = commit_of(history, question.base)
        head = commit_of(history, "HEAD" if question.worktree else question.head)
        with both_ends(at, environments, (base, head), worktree=question.worktree) as ends:
            try:
                return _Asking(at=at, asked=asked, history=history, ends=ends, locks=locks).answered()
            finally:
                at.screen.finish()


@dataclass(kw_only=True, slots=True)
class _Counting(Sink):
    """A sink that counts what goes into another one."""

    sink: Sink
    runs: int = 0

    def add(self, item: Build | Run) -> None:
        """Record it."""
        self.sink.add(item)
        self.runs += isinstance(item, Run)


@dataclass(kw_only=True, slots=True)
class _Asking:
    """One question while it is answered."""

    at: Workplace
    asked: Asked
    history: History
    ends: BothEnds
    locks: contextlib.ExitStack
    sessions: list[str] = field(default_factory=list)

    def answered(self) -> Answered:
        """Build, look, take in, measure, conclude."""
        started = time.monotonic()
        building = build_both(self.ends, self.at.screen)
        store = ResultStore(outside.outside_results(self.at.configuration), self.at.host.machine.description)
        frame = Frame(
            configuration=self.at.configuration, host=self.at.host, store=store, screen=self.at.screen
        )
        suite = self._discover(frame, building.built)
        stored = self._stored()
        gone = self._vanished(suite, stored, building.built[0])
        course = self._course(suite, stored, building.built)
        recorded = sum(sum(course.evidence.processes(key)) for key in course.positions)
        same = self.asked.selection.carry and all(one.same for one in building.built)
        counting = _Counting(sink=store)
        interrupted = not same and self._measure(course, frame, counting, suite, building)
        for warning in store.warnings:
            self.at.screen.note(warning)
        effort = Effort(
            sessions=tuple(self.sessions),
            processes=counting.runs,
            recorded=recorded,
            duration_s=time.monotonic() - started,
            out_of_time=not same and not course.over and not interrupted,
            interrupted=interrupted,
        )
        answer = Answer(
            question=self.asked.question,
            machine=self.at.host.machine.name,
            base=self.ends.base,
            head=self.ends.head,
            rows=same_rows(course) if same else rows_of(course),
            vanished=gone,
            import_errors=suite.import_errors,
            same_content=same,
            effort=effort,
            page=self.at.configuration.project.gate.page or self.at.configuration.suite.project_url,
        )
        return Answered(answer=answer, course=course)

    # --- the suites --------------------------------------------------------------------------------------

    def _discover(self, frame: Frame, built: Sequence[Built]) -> Suite:
        """Head's suite. Raises ``NothingMeasuredError`` where it holds nothing that is selected."""
        with work_folder(self.at.configuration.workspace) as work:
            suite = discover(
                [(self.ends.head, one.environment) for one in built],
                self.ends.environments,
                lambda prepared: frame.worker(prepared, work, ()),
                lambda: (),
                self.at.screen,
            )
        if not suite.benchmarks:
            folder = self.at.configuration.suite.benchmark_dir
            raise NothingMeasuredError(f"No benchmark could be found in {folder} at head: {suite.why_none}")
        return suite

    def _stored(self) -> tuple[Stored, ...]:
        """What is on record of both ends. What made the history suspicious cannot confirm it."""
        ends = Ends(base=self.ends.base.hash, head=self.ends.head.hash)
        machine, results_dir = self.at.host.machine.name, self.at.configuration.suite.results_dir
        found = read_stored(self.at.configuration, machine, ends)
        if self.asked.suspects is None:
            return found
        return tuple(one for one in found if one.results_dir != results_dir)

    def _wanted(self, suite: Suite, built: Sequence[Built]) -> list[SeriesKey]:
        """The series to decide: of each case the main one, or those that are suspected."""
        suspects = self.asked.suspects
        found = [
            SeriesKey(
                machine=self.at.host.machine.name,
                environment=one.environment.name,
                case=case,
                metric=metric,
                version=benchmark.version,
            )
            for one in built
            for benchmark in suite.benchmarks
            for case in benchmark.cases()
            if self.asked.selection.wants(case)
            for metric in ([""] if suspects is None else sorted(m for c, m in suspects if c == case))
        ]
        if not found:
            raise NothingMeasuredError(
                f"No case matches {self.asked.selection.pattern or 'the selection'}; "
                f"the suite has {len(suite.benchmarks)} benchmarks, such as {suite.benchmarks[0].name}."
            )
        return found

    def _vanished(self, suite: Suite, stored: Sequence[Stored], built: Built) -> tuple[Vanished, ...]:
        if self.asked.suspects is not None:
            return ()
        project = self.at.configuration.project
        rules = Rules(selection=self.asked.selection, renames=project.renames, removed=project.gate.removed)
        names = [one.name for one in suite.benchmarks]
        own = self._own_cases(built.base)
        return vanished(own, base_cases(stored), names, rules, suite.import_errors)

    def _own_cases(self, prepared: Prepared) -> tuple[Case, ...]:
        """Those of the suite that base itself holds; none where it holds none that can be imported."""
        configuration = self.at.configuration

        def start(folder: Path) -> Worker:
            own = dataclasses.replace(configuration.suite, benchmark_dir=folder)
            return Worker(
                prepared, dataclasses.replace(configuration, suite=own), folders(prepared, work, ())
            )

        self.at.screen.doing("looking at the suite that base has")
        with work_folder(configuration.workspace) as work:
            try:
                return own_cases(configuration.suite, self.history, self.ends.base.hash, start)
            except (HistoryError, WorkerError) as error:
                text = str(error).strip().splitlines()
                self.at.screen.note(f"base's own suite cannot be looked at: {text[-1] if text else ''}")
                return ()

    # --- measuring ---------------------------------------------------------------------------------------

    def _course(self, suite: Suite, stored: Sequence[Stored], built: Sequence[Built]) -> Course:
        tolerances = self.at.configuration.project.tolerances
        if self.asked.question.tolerance is not None:
            tolerances = dataclasses.replace(tolerances, default=self.asked.question.tolerance)
        ends = Ends(base=self.ends.base.hash, head=self.ends.head.hash)
        evidence = Evidence(ends, self.at.host.machine.name, suite.benchmarks)
        take_in(evidence, stored)
        wanted = tuple(self._wanted(suite, built))
        suspected = self.asked.suspects is not None
        return Course(
            evidence=evidence,
            wanted=wanted,
            counts=frozenset(wanted).__contains__ if suspected else counted_by(tolerances, wanted),
            judge=judge_by(tolerances),
            suspected=suspected,
        )

    def _measure(
        self, course: Course, frame: Frame, sink: _Counting, suite: Suite, building: Building
    ) -> bool:
        """Measure what is undecided; whether somebody interrupted that."""
        if course.over:
            return False
        configuration = self.at.configuration
        sampling = Sampling(
            precision=configuration.project.precision,
            case_budget_s=configuration.project.case_budget_s,
            budget_s=self.asked.question.budget_s,
            interleave=True,
            cpus=self.at.host.cpus,
        )
        plan = Plan(
            base=self.ends.base,
            head=self.ends.head,
            versions={one.name: one.version for one in suite.benchmarks},
            sampling=sampling,
            timeout_s=configuration.suite.default_benchmark_timeout_s,
        )
        content = Content(
            commits=(self.ends.head, self.ends.base),
            environments=tuple(one.environment for one in building.built),
            benchmarks=suite.benchmarks,
            sampling=sampling,
        )
        self.locks.enter_context(measuring_lock())
        look = frame.look()
        around = Outside(
            sit=lambda: self._sit(frame, content, look, sink, building),
            clock=SystemClock(),
            screen=self.at.screen,
        )
        try:
            measure(course, plan, around)
        except KeyboardInterrupt:
            return True
        return False

    @contextlib.contextmanager
    def _sit(
        self,
        frame: Frame,
        content: Content,
        look: tuple[Finding, ...],
        sink: _Counting,
        building: Building,
    ) -> Iterator[Sitting]:
        """A session of its own: name, seed, workers, control benchmark before and after."""
        header = frame.header(content, look)
        frame.store.begin(header)
        try:
            for build in building.builds:
                frame.store.add(build)
            with frame.watched(), work_folder(self.at.configuration.workspace) as work:
                self.sessions.append(header.id)
                yield Sitting(
                    session=header.id,
                    seed=header.seed,
                    places=tuple(_place(frame, one, work) for one in building.built),
                    sink=sink,
                )
        finally:
            frame.store.close()


def _place(frame: Frame, built: Built, work: Path) -> Place:
    cpus = frame.host.cpus
    return Place(
        environment=built.environment.name,
        base=lambda: frame.worker(built.base, work, cpus),
        head=lambda: frame.worker(built.head, work, cpus),
    )
