"""A find, whole: the range, both ends built, the suite looked at, the searches driven, their answers kept.

Puts the rooms together for ``groundspeed find``; every decision stands in them. What is measured goes into
the journals under ``results/<machine>/finds``: an interrupted find goes on where it was.
"""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import json
import math
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from groundspeed import units
from groundspeed.errors import GroundspeedError, NothingMeasuredError
from groundspeed.find.answer import Answer, Question, Row
from groundspeed.find.concluding import concluded
from groundspeed.find.driving import Drive
from groundspeed.find.exponents import exponents
from groundspeed.find.hunt import Hunt, Standing
from groundspeed.find.places import Places
from groundspeed.find.search import Kind
from groundspeed.find.span import Span, span_inside, span_of
from groundspeed.find.suspicion import prior, stored_values
from groundspeed.find.trail import How, Trail
from groundspeed.history import History
from groundspeed.measure.discover import Suite, discover
from groundspeed.measure.frame import folders, work_folder
from groundspeed.measure.lock import measuring_lock
from groundspeed.measure.session import at_work
from groundspeed.measure.taking import Settings
from groundspeed.measure.workplace import Workplace, last_said
from groundspeed.measure.world import SystemClock
from groundspeed.records import Benchmark, Build, Case, Sampling, SeriesKey
from groundspeed.results.archive import Archive
from groundspeed.results.finds import Asked, Journal, newest_of, path_of, read_find
from groundspeed.results.found import Found, Outcome
from groundspeed.suite.client import Worker
from groundspeed.suite.environments import Environments, at_once
from groundspeed.verdicts.reading import read

SHOWN = 5  # names that an error gives as examples


def find(at: Workplace, question: Question) -> Answer:
    """Which commit of a range changed the cases that a pattern names?

    Raises ``HistoryError`` for a range that is none, ``GroundspeedError`` for a pattern that no case matches
    or a metric that a case has not, ``LockedError`` when somebody else measures on this host or holds the
    results, ``NothingMeasuredError`` when an end does not build or its suite cannot be imported.
    """
    with at_work(at.configuration, at.variables) as (environments, locks):
        if at.configuration.suite.is_remote:
            environments.fetch()
        history = History.open(at.configuration.suite.repo_path)
        span = span_of(history, question.revisions)
        with work_folder(at.configuration.workspace) as work:
            try:
                finding = _Finding(
                    at=at,
                    question=question,
                    history=history,
                    places=_places(at, environments, work),
                    archive=read(at.configuration).index.archive(),
                )
                return finding.answered(span, locks)
            finally:
                at.screen.finish()


def _places(at: Workplace, environments: Environments, work: Path) -> Places:
    """The first environment of the matrix: a culprit is a commit, whatever it is measured in."""
    project = at.configuration.project
    environment, *others = environments.matrix()
    if others:
        at.screen.note(f"searching in {environment.name}, the first of {len(others) + 1} environments")
    sampling = Sampling(
        precision=project.precision,
        case_budget_s=project.case_budget_s,
        budget_s=None,
        interleave=True,
        cpus=at.host.cpus,
    )
    settings = Settings(
        quick=False,
        timeout_s=at.configuration.suite.default_benchmark_timeout_s,
        seed=secrets.randbits(32),
        sampling=sampling,
    )
    return Places(
        environments=environments,
        environment=environment,
        start_worker=lambda prepared: Worker(
            prepared, at.configuration, folders(prepared, work, at.host.cpus)
        ),
        clock=SystemClock(),
        settings=settings,
        versions={},
    )


@dataclass(kw_only=True, slots=True)
class _Finding:
    """One question while it is answered, until ``ends_at`` of the clock."""

    at: Workplace
    question: Question
    history: History
    places: Places
    archive: Archive
    sitting: str = ""
    started: float = field(default_factory=time.monotonic)
    ends_at: float = math.inf
    interrupted: bool = False

    def answered(self, span: Span, locks: contextlib.ExitStack) -> Answer:
        """Build the ends, look at the suite, search, conclude."""
        self.sitting = f"{self.places.clock.now():%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
        ends = self._ends(span)
        wanted = self._wanted(self._suite(span))
        self.places.versions = {one.name: one.version for one, _ in wanted}
        locks.enter_context(measuring_lock())
        self.ends_at = self.places.clock.monotonic() + self.question.budget_s
        asked = [(benchmark, self._asked(benchmark, case, span)) for benchmark, case in wanted]
        if ends[0].identity is not None and ends[0].identity == ends[1].identity:
            rows = [self._same(benchmark, one) for benchmark, one in asked]
        else:
            rows = self._searched(asked, span)
        return Answer(
            question=self.question,
            machine=self.at.host.machine.name,
            environment=self.places.environment.name,
            commits=span.commits,
            rows=tuple(rows),
            grown=exponents(rows, {one.name: one for one, _ in wanted}),
            interrupted=self.interrupted,
            duration_s=time.monotonic() - self.started,
        )

    # --- before anything is measured ----------------------------------------------------------------

    def _ends(self, span: Span) -> tuple[Build, Build]:
        """Both ends, built. Raises ``NothingMeasuredError`` where one is not."""
        old, new = span.commits[0], span.commits[-1]
        self.at.screen.doing(f"building {old.short}, {new.short}")
        for build in self.places.build([old.hash, new.hash]):
            self.at.screen.built(build)
        found = self.places.builds[old.hash], self.places.builds[new.hash]
        for commit, build in zip((old, new), found, strict=True):
            if build.failure is not None:
                raise NothingMeasuredError(
                    f"The {'old' if commit is old else 'new'} end {commit.short} ({commit.subject}) does not "
                    f"build: {last_said(build.failure)}. Name a range whose ends build."
                )
        return found

    def _suite(self, span: Span) -> Suite:
        """The suite of the working tree, as the newest commit that can import it shows it."""
        environment, configuration = self.places.environment, self.at.configuration
        suite = discover(
            [(span.commits[-1], environment), (span.commits[0], environment)],
            self.places.environments,
            self.places.start_worker,
            lambda: (),
            self.at.screen,
        )
        if not suite.benchmarks:
            folder = configuration.suite.benchmark_dir
            raise NothingMeasuredError(f"No benchmark could be found in {folder}: {suite.why_none}")
        return suite

    def _wanted(self, suite: Suite) -> list[tuple[Benchmark, Case]]:
        """The cases that are asked about. Raises ``GroundspeedError`` where there is none."""
        cases = [(one, case) for one in suite.benchmarks for case in one.cases()]
        found = [one for one in cases if re.search(self.question.pattern, str(one[1]))]
        if not found:
            names = [str(case) for _, case in cases]
            near = difflib.get_close_matches(self.question.pattern, names, n=SHOWN, cutoff=0.4)
            raise GroundspeedError(
                f"No case matches {self.question.pattern}. "
                + (f"Did you mean {', '.join(near)}?" if near else f"There are {', '.join(names[:SHOWN])}.")
            )
        return found

    def _asked(self, benchmark: Benchmark, case: Case, span: Span) -> Asked:
        return Asked(
            started_at=self.places.clock.now(),
            machine=self.at.host.machine.name,
            environment=self.places.environment.name,
            case=case,
            version=benchmark.version,
            metric=self.question.metric,
            direction=self.question.direction.name.lower(),
            confidence=self.question.confidence,
            merge="" if span.merge is None else span.merge.hash,
            commits=span.commits,
            command=self.question.command(case),
        )

    def _same(self, benchmark: Benchmark, asked: Asked) -> Row:
        """Both ends hold the same content: nothing can have changed, and nothing is measured."""
        found = Found(
            outcome=Outcome.FLAT,
            probability=1.0,
            culprit=None,
            likely=(),
            why="both ends build the same content",
            unit=benchmark.unit,
            builds=2,
            processes=0,
            duration_s=0.0,
        )
        return Row(asked=asked, found=found, recorded=False)

    # --- searching ----------------------------------------------------------------------------------

    def _searched(self, asked: Sequence[tuple[Benchmark, Asked]], span: Span) -> list[Row]:
        """The searches of some cases over a span: those that are on record as they are, the others driven
        side by side."""
        begun = [self._begin(benchmark, one, span) for benchmark, one in asked]
        hunts = [one for one in begun if isinstance(one, Hunt)]
        drive = Drive(
            places=self.places,
            hunts=hunts,
            sitting=self.sitting,
            screen=self.at.screen,
            clock=self.places.clock,
            ends_at=self.ends_at,
            at_once=at_once(),
        )
        started = time.monotonic()
        try:
            if hunts and not self.interrupted:
                drive.run()
        except KeyboardInterrupt:
            self.interrupted = True
        finally:
            for hunt in hunts:
                hunt.journal.close()
        took_s = time.monotonic() - started
        return [one if isinstance(one, Row) else self._concluded(one, took_s) for one in begun]

    def _begin(self, benchmark: Benchmark, asked: Asked, span: Span) -> Hunt | Row:
        """A search as far as it is on record, else a new one."""
        folder = self.at.configuration.suite.results_dir / asked.machine
        path = None if self.question.again else newest_of(folder, key_of(asked))
        known = None if path is None else read_find(path)
        if known is not None and known.found is not None:
            return Row(asked=known.asked, found=known.found, recorded=True)
        hunt = Hunt(
            asked=asked,
            span=span,
            benchmark=benchmark,
            trail=Trail(len(span.commits), self._how(asked, span)),
            journal=Journal(path or path_of(folder, asked, key_of(asked)), asked),
        )
        if known is not None:
            self.at.screen.note(f"{hunt.text}: going on after {len(known.entries)} builds and samples")
            for entry in known.entries:
                hunt.take_in(entry)
                if isinstance(entry.item, Build) and entry.item.failure is not None:
                    self.places.known_broken(entry.item)
        for build in self.places.builds.values():
            if span.index_of(build.commit) is not None:
                hunt.note(self.sitting, build)
        return hunt

    def _how(self, asked: Asked, span: Span) -> How:
        direction = self.question.direction
        key = SeriesKey(
            machine=asked.machine,
            environment=asked.environment,
            case=asked.case,
            metric=asked.metric,
            version=asked.version,
        )
        values = stored_values(self.archive, key, span)
        weights = prior(values, len(span.commits), direction)
        if weights is not None:
            first = span.commits[int(weights.argmax())].short
            self.at.screen.note(f"{asked.case}: {len(values)} values on record point at {first}")
        return How(confidence=self.question.confidence, direction=direction, prior=weights)

    # --- concluding ---------------------------------------------------------------------------------

    def _concluded(self, hunt: Hunt, took_s: float) -> Row:
        """What a search came to, kept where it is an answer. A culprit that is a merge is looked into."""
        builds = {**hunt.builds, **self.places.builds}
        found = concluded(hunt, builds, self.history.changed_files, took_s, self._why_open(hunt))
        inside = self._inside(hunt, found)
        if inside is not None:
            found = _within(found, inside)
        if found.outcome in (Outcome.CULPRIT, Outcome.FLAT) and not found.why:
            with contextlib.closing(Journal(hunt.journal.path, hunt.asked)) as journal:
                journal.conclude(found)
        return Row(asked=hunt.asked, found=found, recorded=False)

    def _inside(self, hunt: Hunt, found: Found) -> Found | None:
        """The search inside of a culprit that is a merge; None where it is none."""
        span = found.culprit and span_inside(self.history, found.culprit.commit)
        if not span:
            return None
        assert span.merge is not None
        self.at.screen.note(
            f"{span.merge.short} is a merge of {len(span.commits) - 1} commits: looking inside"
        )
        for build in self.places.build([span.commits[0].hash, span.commits[-1].hash]):
            self.at.screen.built(build)
        asked = self._asked(hunt.benchmark, hunt.asked.case, span)
        (row,) = self._searched([(hunt.benchmark, asked)], span)
        return row.found

    def _why_open(self, hunt: Hunt) -> str:
        """Why a search has no answer, as far as it is not its own doing; empty where it has one."""
        if hunt.standing is Standing.CONFIRMED or hunt.trail.answer().kind is Kind.FLAT or hunt.fault:
            return hunt.fault
        if self.interrupted:
            return "interrupted"
        is_over = self.places.clock.monotonic() >= self.ends_at
        return f"the budget ({units.display_duration(self.question.budget_s)}) is spent" if is_over else ""


def key_of(asked: Asked) -> str:
    """Eight digits that stand for what a search asks, whenever it does."""
    text = json.dumps(
        [
            asked.environment,
            str(asked.case),
            asked.version,
            asked.metric,
            asked.direction,
            asked.confidence,
            asked.merge,
            asked.commits[0].hash,
            asked.commits[-1].hash,
        ]
    )
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _within(found: Found, inside: Found) -> Found:
    """A merge, with what the search inside of it came to: a commit of its own, or the merge after all."""
    both = replace(
        found,
        builds=found.builds + inside.builds,
        processes=found.processes + inside.processes,
        duration_s=found.duration_s + inside.duration_s,
    )
    if inside.culprit is not None:
        return replace(both, culprit=inside.culprit, likely=inside.likely, probability=inside.probability)
    if inside.outcome is Outcome.FLAT:
        return both  # neither side alone: what they make together
    return replace(both, why=f"which commit of it, is undecided: {inside.why}")
