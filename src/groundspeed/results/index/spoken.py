"""What the sessions of a machine say of one commit, series by series: the processes, or why there are none.

Which lines count and what they come to is the ledger's business; here they are only told apart. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from groundspeed.definition import better as stated_better
from groundspeed.measurements import Process, Stored
from groundspeed.records import (
    Benchmark,
    Better,
    Build,
    Case,
    Failed,
    FailureKind,
    Measured,
    NotRun,
    Run,
    SeriesKey,
    Skipped,
)
from groundspeed.results.asv_files import Cell
from groundspeed.results.conclusion import Concluded, metric_cell
from groundspeed.results.entries import Entry, RowEntries
from groundspeed.results.ledger import Ledger


@dataclass(frozen=True, kw_only=True, slots=True)
class Spoken:
    """A series at a commit. ``stored`` is what asv's file is given of it; where None, ``why`` says why."""

    metric: str
    unit: str
    better: Better
    processes: tuple[Process, ...]
    stored: Stored | None
    why: Failed | Skipped | NotRun | None


def spoken_of(ledger: Ledger, not_run: Sequence[Entry], machine: str, commit: str) -> dict[SeriesKey, Spoken]:
    """Everything said of a commit. ``not_run`` counts where nothing else is said of a case.

    What was carried over to the commit is not said here.
    """
    found: dict[SeriesKey, Spoken] = {}
    for where in ledger.spots():
        spot = ledger.at(where)
        if where[0] != commit or spot is None:
            continue
        for (name, version), entries in spot.rows.items():
            described = ledger.benchmark(entries.last().session, name)
            metrics = ["", *ledger.metrics(name, version)]
            for case in _cases(entries, ledger, name):
                for metric, said in _of_case(entries, case, described, metrics):
                    key = SeriesKey(
                        machine=machine, environment=where[1], case=case, metric=metric, version=version
                    )
                    found[key] = said
    for entry in not_run:
        key, said = _not_run(entry, ledger, machine)
        found.setdefault(key, said)
    return found


def _not_run(entry: Entry, ledger: Ledger, machine: str) -> tuple[SeriesKey, Spoken]:
    run = entry.item
    assert isinstance(run, Run)
    assert isinstance(run.outcome, NotRun)
    described = ledger.benchmark(entry.place.session, run.case.benchmark)
    key = SeriesKey(
        machine=machine, environment=run.environment, case=run.case, metric="", version=run.version
    )
    return key, Spoken(
        metric="",
        unit=described.unit,
        better=stated_better(described.definition) or Better.LOWER,
        processes=(),
        stored=None,
        why=run.outcome,
    )


def _cases(entries: RowEntries, ledger: Ledger, name: str) -> list[Case]:
    """Those with a run, and all of a benchmark that was not built."""
    cases = dict.fromkeys(entries.runs)
    for build in entries.builds:
        cases.update(dict.fromkeys(ledger.benchmark(build.place.session, name).cases()))
    return list(cases)


def _of_case(
    entries: RowEntries, case: Case, described: Benchmark, metrics: Sequence[str]
) -> Iterator[tuple[str, Spoken]]:
    concluded = entries.conclude(case)
    if concluded is None:
        return
    lines = entries.of(case)
    why = None if concluded.measured else _why(lines[-1])
    for metric in metrics:
        cell = metric_cell(concluded, metric) if metric else concluded.cell
        if cell is None:
            continue  # measured without this metric
        unit, better = _unit(concluded, described, metric)
        stored = _stored(cell)
        yield (
            metric,
            Spoken(
                metric=metric,
                unit=unit,
                better=better,
                processes=tuple(_processes(lines, metric)) if stored else (),
                stored=stored,
                why=why or (None if stored else Failed(kind=FailureKind.NO_VALUE, text="")),
            ),
        )


def _why(last: Entry) -> Failed | Skipped | NotRun:
    """The reason that the last line of a case without a value gives."""
    if isinstance(last.item, Build):
        return last.item.failure or Failed(kind=FailureKind.NOT_BUILT, text="")
    outcome = last.item.outcome
    if isinstance(outcome, Failed | Skipped):
        return outcome
    return Failed(kind=FailureKind.NO_VALUE, text="")


def _stored(cell: Cell) -> Stored | None:
    if cell.value is None or math.isnan(cell.value):
        return None
    low, high = (cell.stats.get(f"stats_ci_99_{end}") for end in "ab")
    return Stored(
        value=cell.value,
        low=math.nan if low is None else low,
        high=math.nan if high is None else high,
    )


def _unit(concluded: Concluded, described: Benchmark, metric: str) -> tuple[str, Better]:
    readings = [one for run in concluded.counted for one in run.metrics if one.metric == metric]
    if readings:
        return readings[-1].unit, readings[-1].better
    return described.unit, stated_better(described.definition) or Better.LOWER


def _processes(lines: Sequence[Entry], metric: str) -> Iterator[Process]:
    """One of each run that measured and gave something of the metric."""
    for entry in lines:
        run = entry.item
        if not isinstance(run, Run) or not isinstance(run.outcome, Measured):
            continue
        samples = run.outcome.samples
        if metric:
            samples = tuple(s for one in run.metrics if one.metric == metric for s in one.samples)
        if samples:
            yield Process(
                session=entry.place.session,
                started_at=run.started_at,
                number=None if metric else run.outcome.number,
                samples=tuple(map(float, samples)),
            )
