"""The searches of a question: taken from the record or gone on with, driven side by side, concluded, kept.

A culprit that is a merge is searched inside in the same way. Where a search measures next, its trail says.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass

from groundspeed import units
from groundspeed.find.answer import Question, Row
from groundspeed.find.concluding import concluded, within_merge
from groundspeed.find.driving import Drive
from groundspeed.find.hunt import Hunt, Standing
from groundspeed.find.places import Places
from groundspeed.find.search import Kind
from groundspeed.find.span import Span, span_inside
from groundspeed.find.suspicion import prior, stored_values
from groundspeed.find.trail import How, Trail
from groundspeed.history import History
from groundspeed.measure.workplace import Workplace
from groundspeed.records import Benchmark, Build, Case, SeriesKey
from groundspeed.results.archive import Archive
from groundspeed.results.finds import Asked, Journal, newest_of, path_of, read_find
from groundspeed.results.found import Found, Outcome
from groundspeed.suite.environments import at_once


@dataclass(kw_only=True, slots=True)
class Searching:
    """What the searches of one question share, until ``ends_at`` of the clock.

    ``sitting`` names this invocation in the journals; ``interrupted`` says that Ctrl-C ended the driving.
    """

    at: Workplace
    question: Question
    history: History
    places: Places
    archive: Archive
    sitting: str
    ends_at: float
    interrupted: bool = False

    def asked(self, benchmark: Benchmark, case: Case, span: Span) -> Asked:
        """The question about one case, as its journal keeps it."""
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

    def rows(self, asked: Sequence[tuple[Benchmark, Asked]], span: Span) -> list[Row]:
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

    def _concluded(self, hunt: Hunt, took_s: float) -> Row:
        """What a search came to, kept where it is an answer. A culprit that is a merge is looked into."""
        builds = {**hunt.builds, **self.places.builds}
        found = concluded(hunt, builds, self.history.changed_files, took_s, self._why_open(hunt))
        inside = self._inside(hunt, found)
        if inside is not None:
            found = within_merge(found, inside)
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
        asked = self.asked(hunt.benchmark, hunt.asked.case, span)
        (row,) = self.rows([(hunt.benchmark, asked)], span)
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
