"""Profiles of cases at a commit, or at two in turn: from what is asked to the files beside the results.

Builds the commits' environments as ``run`` does, holds the host's lock while it profiles, and stores what
came. A kind that cannot be taken of a case is a failure of that kind alone.
"""

from __future__ import annotations

import contextlib
import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from groundspeed.errors import GroundspeedError, NothingMeasuredError
from groundspeed.history import History
from groundspeed.measure.frame import folders, work_folder
from groundspeed.measure.lock import measuring_lock
from groundspeed.measure.session import at_work
from groundspeed.measure.standing_worker import Located, StandingWorker
from groundspeed.measure.workplace import Workplace, commit_of, last_said
from groundspeed.profiling.recorders import KINDS as RECORDED_KINDS
from groundspeed.profiling.storing import Subject, store, store_recorded, store_stats
from groundspeed.profiling.taking import At, Run, prove, record, take
from groundspeed.profiling.values import Answer, CaseProfiles, Failure, Stored, Wanted
from groundspeed.profiling.weights import Namer, merged
from groundspeed.records import Benchmark, Case, Commit, Environment, Failed
from groundspeed.suite.client import Worker
from groundspeed.suite.environments import Environments, Prepared


class UnknownCaseError(GroundspeedError):
    """No case of the suite is meant."""


def ask(at: Workplace, wanted: Wanted) -> Answer:
    """Profile and store.

    Raises ``HistoryError`` for a revision that is none, ``UnknownCaseError`` where no case matches,
    ``LockedError`` when somebody else measures here, ``NothingMeasuredError`` when a commit does not build.
    """
    with at_work(at.configuration, at.variables) as (environments, locks):
        if at.configuration.suite.is_remote:
            environments.fetch()
        history = History.open(at.configuration.suite.repo_path)
        commit = commit_of(history, wanted.revision)
        against = None if wanted.against is None else commit_of(history, wanted.against)
        if against is not None and against.hash == commit.hash:
            raise GroundspeedError(
                f"{wanted.revision} and {wanted.against} are both {commit.short}: name two commits."
            )
        (environment, *_) = environments.matrix()
        commits = (commit,) if against is None else (against, commit)
        try:
            prepared = [_prepared(at, environments, environment, one) for one in commits]
            with work_folder(at.configuration.workspace) as work:
                asking = _Asking(at=at, wanted=wanted, work=work)
                return asking.answered(environment, commits, prepared, locks)
        finally:
            at.screen.finish()


def chosen(benchmarks: Sequence[Benchmark], pattern: str | None) -> list[Case]:
    """The cases that are meant. Raises ``UnknownCaseError`` naming the nearest."""
    every = [case for one in benchmarks for case in one.cases()]
    found = [case for case in every if pattern is None or re.search(pattern, str(case))]
    if found:
        return found
    names = {word: one.name for one in benchmarks for word in (one.name, one.name.rpartition(".")[2])}
    close = difflib.get_close_matches(pattern or "", names, n=3)
    near = dict.fromkeys([names[word] for word in close] or [one.name for one in benchmarks[:3]])
    raise UnknownCaseError(
        f"No case of the suite matches {pattern or 'anything'}"
        + (f". Name one that it has, such as {', '.join(near)}." if near else ": the suite is empty.")
    )


def _prepared(
    at: Workplace, environments: Environments, environment: Environment, commit: Commit
) -> Prepared:
    at.screen.doing(f"building {commit.short}")
    made = environments.prepare(commit.hash, environment)
    if isinstance(made, Failed):
        raise NothingMeasuredError(f"{commit.short} does not build: {last_said(made)}. Name another commit.")
    return made


@dataclass(kw_only=True, slots=True)
class _End:
    """A commit while a case is profiled there; ``against`` is what it is held against, if anything."""

    commit: Commit
    against: Commit | None
    at: At
    worker: StandingWorker
    runs: list[Run] = field(default_factory=list)
    recorded: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)

    def fail(self, kind: str, why: str) -> None:
        failure = Failure(kind=kind, why=why)
        if failure not in self.failures:
            self.failures.append(failure)


@dataclass(kw_only=True, slots=True)
class _Asking:
    """One question while it is answered."""

    at: Workplace
    wanted: Wanted
    work: Path

    def answered(
        self,
        environment: Environment,
        commits: Sequence[Commit],
        prepared: Sequence[Prepared],
        locks: contextlib.ExitStack,
    ) -> Answer:
        """The last of ``commits`` shows the suite."""
        starters = [self._starter(one) for one in prepared]
        worker = starters[-1]()
        worker.close()
        for module, text in worker.discovery.import_errors.items():
            self.at.screen.note(f"{module} cannot be imported: {text.strip().splitlines()[-1]}")
        cases = chosen(worker.discovery.benchmarks, self.wanted.pattern)
        locks.enter_context(measuring_lock())
        found: list[list[CaseProfiles]] = [[] for _ in commits]
        with contextlib.ExitStack() as workers:
            standing = [StandingWorker(start=start) for start in starters]
            for one in standing:
                workers.callback(one.close)
            against = (None, *commits[:-1])
            for number, case in enumerate(cases, start=1):
                ends = [
                    _End(commit=commit, against=base, at=self._at(made), worker=worker)
                    for commit, base, made, worker in zip(commits, against, prepared, standing, strict=True)
                ]
                with self._telling(number, len(cases), case, ends):
                    self._profile(case, ends)
                    for into, end in zip(found, ends, strict=True):
                        into.append(self._kept(case, end))
        return Answer(
            machine=self.at.host.machine.name,
            environment=environment.name,
            commit=commits[-1],
            cases=tuple(found[-1]),
            against=commits[0] if len(commits) > 1 else None,
            base=tuple(found[0]) if len(commits) > 1 else (),
        )

    @contextlib.contextmanager
    def _telling(self, number: int, cases: int, case: Case, ends: Sequence[_End]) -> Iterator[None]:
        """A line a case, where a suite may take an hour; who interrupts is told what there is."""
        try:
            yield
        except KeyboardInterrupt:
            if number > 1:
                self.at.screen.note(f"{number - 1:,} of {cases:,} cases were profiled, and are stored")
            raise
        if cases > 1:
            missing = dict.fromkeys(one.kind for end in ends for one in end.failures)
            failed = f"  not taken: {', '.join(missing)}" if missing else ""
            self.at.screen.note(f"{number:,} of {cases:,}  {case}{failed}")

    def _starter(self, prepared: Prepared) -> Callable[[], Worker]:
        return lambda: Worker(
            prepared, self.at.configuration, folders(prepared, self.work, self.at.host.cpus)
        )

    def _at(self, prepared: Prepared) -> At:
        configuration = self.at.configuration
        return At(
            configuration=configuration,
            prepared=prepared,
            folders=folders(prepared, self.work, self.at.host.cpus),
            variables=self.at.variables,
            namer=Namer(
                roots=(configuration.suite.repo_path, configuration.suite.root),
                workspace=configuration.workspace,
            ),
        )

    def _profile(self, case: Case, ends: Sequence[_End]) -> None:
        """All kinds of a case: the ends in turn, each run a process of its own, each time the other first."""
        located = {end.commit.hash: self._located(case, end) for end in ends}
        order = [end for end in ends if located[end.commit.hash] is not None]
        for number in range(self.wanted.runs):
            for end in order:
                place = located[end.commit.hash]
                if place is not None:
                    self._run(case, end, place, first=number == 0)
                    self._record(case, end, place)
            order.reverse()

    def _located(self, case: Case, end: _End) -> Located | None:
        """Where the case stands, once it has shown that it works; else the failure of every kind."""
        located = end.worker.locate(case.benchmark, case)
        why = prove(located, end.at) if isinstance(located, Located) else _why(located)
        for kind in self.wanted.kinds if why else ():
            end.fail(kind, why or "")
        return located if isinstance(located, Located) and not why else None

    def _run(self, case: Case, end: _End, located: Located, *, first: bool) -> None:
        kinds = {kind for kind in self.wanted.kinds if kind not in RECORDED_KINDS}
        if not kinds:
            return
        self.at.screen.doing(f"{end.commit.short}  {case}  {', '.join(sorted(kinds))}")
        run = take(end.at, located, self.wanted, kinds, calls=first)
        end.runs.append(run)
        for kind, why in run.failures:
            end.fail(kind, why)

    def _record(self, case: Case, end: _End, located: Located) -> None:
        for kind in self.wanted.kinds:
            if kind not in RECORDED_KINDS:
                continue
            self.at.screen.doing(f"{end.commit.short}  {case}  {kind}")
            try:
                found = record(end.at, located, kind, self.wanted.functions)
                end.recorded.setdefault(kind, []).append(found)
            except GroundspeedError as error:
                end.fail(kind, str(error))

    def _kept(self, case: Case, end: _End) -> CaseProfiles:
        """Store what came of a case at a commit."""
        subject = self._subject(case, end)
        kinds = dict.fromkeys(taken.kind for run in end.runs for taken in run.taken)
        profiles = [
            merged(taken for run in end.runs for taken in run.taken if taken.kind == kind) for kind in kinds
        ]
        calls = next((run.calls for run in end.runs if run.calls is not None), None)
        return CaseProfiles(
            case=case,
            commit=end.commit,
            stored=tuple(Stored(taken=one, path=store(subject, one)) for one in profiles),
            calls=calls,
            stats=None if calls is None else store_stats(subject, calls.stats),
            recorded=tuple(
                (kind, store_recorded(subject, kind, found, end.at.namer))
                for kind, found in end.recorded.items()
            ),
            failures=tuple(end.failures),
        )

    def _subject(self, case: Case, end: _End) -> Subject:
        return Subject(
            results_dir=self.at.configuration.suite.results_dir,
            machine=self.at.host.machine.name,
            commit=end.commit.hash,
            case=case,
            environment=end.at.prepared.environment,
            dependencies=end.at.prepared.dependencies,
            against=None if end.against is None else end.against.hash,
        )


def _why(located: object) -> str:
    text = getattr(located, "reason", None) or getattr(located, "text", "")
    lines = [line.strip() for line in str(text).splitlines() if line.strip()]
    return lines[-1] if lines else "the case is not there at this commit"
