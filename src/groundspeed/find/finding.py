"""A find, whole: the range, both ends built, the suite looked at, the searches driven, their answers told.

Puts the rooms together for ``groundspeed find``; every decision stands in them. What is measured goes into
the journals under ``results/<machine>/finds``: an interrupted find goes on where it was.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from pathlib import Path

from groundspeed.find.answer import Answer, Question, Row
from groundspeed.find.asking import benchmarks_of, built_ends, cases_named
from groundspeed.find.exponents import exponents
from groundspeed.find.places import Places
from groundspeed.find.searching import Searching
from groundspeed.find.span import Span, span_of
from groundspeed.history import History
from groundspeed.measure.frame import folders, work_folder
from groundspeed.measure.lock import measuring_lock
from groundspeed.measure.session import at_work
from groundspeed.measure.taking import Settings
from groundspeed.measure.workplace import Workplace
from groundspeed.measure.world import SystemClock
from groundspeed.records import Benchmark, Sampling
from groundspeed.results.finds import Asked
from groundspeed.results.found import Found, Outcome
from groundspeed.suite.client import Worker
from groundspeed.suite.environments import Environments
from groundspeed.verdicts.reading import read


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
                places = _places(at, environments, work)
                return _answered(at, question, history, span, places, locks)
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


def _answered(
    at: Workplace,
    question: Question,
    history: History,
    span: Span,
    places: Places,
    locks: contextlib.ExitStack,
) -> Answer:
    """Build the ends, look at the suite, search, tell."""
    started, now = time.monotonic(), places.clock.now()
    archive = read(at.configuration).index.archive()
    ends = built_ends(at, places, span)
    wanted = cases_named(benchmarks_of(at, places, span), question.pattern)
    places.versions = {one.name: one.version for one, _ in wanted}
    locks.enter_context(measuring_lock())
    searching = Searching(
        at=at,
        question=question,
        history=history,
        places=places,
        archive=archive,
        sitting=f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}",
        ends_at=places.clock.monotonic() + question.budget_s,
    )
    asked = [(benchmark, searching.asked(benchmark, case, span)) for benchmark, case in wanted]
    if ends[0].identity is not None and ends[0].identity == ends[1].identity:
        rows = [_same(benchmark, one) for benchmark, one in asked]
    else:
        rows = searching.rows(asked, span)
    return Answer(
        question=question,
        machine=at.host.machine.name,
        environment=places.environment.name,
        commits=span.commits,
        rows=tuple(rows),
        grown=exponents(rows, {one.name: one for one, _ in wanted}),
        interrupted=searching.interrupted,
        duration_s=time.monotonic() - started,
    )


def _same(benchmark: Benchmark, asked: Asked) -> Row:
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
