"""The ledger to asv's files: one row a benchmark, one a further metric, one for how a benchmark grows.

Pure: no file is touched. The same ledger gives the same file, whatever stood there before of what
sessions speak of; rows and cells that no session speaks of stay as asv wrote them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from groundspeed.records import Benchmark, Build
from groundspeed.results.asv_files import (
    COLUMNS,
    STATS,
    Cell,
    Row,
    StoredFile,
    foreign_row,
    milliseconds,
    row,
    row_to_wire,
)
from groundspeed.results.asv_json import truncated
from groundspeed.results.conclusion import NOTHING, SKIPPED, metric_cell
from groundspeed.results.entries import Entry, RowEntries, SpotEntries
from groundspeed.results.further import EXPONENT, entry_name, size_position, without
from groundspeed.results.ledger import Ledger, Spot
from groundspeed.stats.scaling import Growth, growth

BUILD_KEY = "<build>"
LEVEL = 0.99
"""Of the intervals that asv stores."""


def stored_file(ledger: Ledger, spot: Spot, existing: StoredFile | None) -> StoredFile | None:
    """asv's file of one commit in one environment; None when there is no row to put in it."""
    entries = ledger.at(spot)
    rows = _rows(ledger, entries, existing) if entries else {}
    if entries is None or not rows:
        return None
    commit, environment = spot
    session, machine = ledger.session(entries.last.session)
    made = next(one for one in session.environments if one.name == environment)
    return StoredFile(
        commit=commit,
        date_ms=milliseconds(session.commits[commit]),
        environment=environment,
        params={**machine, "python": made.python, **made.requirements},
        python=made.python,
        requirements=made.requirements,
        env_vars=made.env_vars,
        columns={column: position for position, column in enumerate(COLUMNS)},
        rows=rows,
        durations=_durations(entries.builds, existing),
    )


def _rows(ledger: Ledger, spot: SpotEntries, existing: StoredFile | None) -> dict[str, Any]:
    """All rows, by name. asv keeps one version of a benchmark in a file: the newest entry's."""
    chosen = dict(sorted(spot.rows, key=lambda one: spot.rows[one].last()))
    rows = {name: foreign_row(existing, name) for name in existing.rows} if existing else {}
    for name, version in chosen.items():
        ours = _Rows(ledger, spot.rows[name, version], name, version, existing)
        known = {one for other, one in spot.rows if other == name}
        if _is_newer(ours.old(""), known, ours.main):
            continue
        for metric in {*ledger.metrics(name), EXPONENT}:
            rows.pop(entry_name(name, metric), None)
        rows.update({one: row_to_wire(made) for one, made in ours.all().items()})
    return {name: rows[name] for name in sorted(rows)}


class _Rows:
    """All rows of one benchmark version at one spot. Cells without data are the old row's."""

    def __init__(
        self, ledger: Ledger, entries: RowEntries, name: str, version: str, existing: StoredFile | None
    ) -> None:
        self._benchmark = ledger.benchmark(entries.last().session, name)
        self._metrics = ledger.metrics(name, version)
        self._version = version
        self._existing = existing
        self._cases = self._benchmark.cases()
        self._concluded = [entries.conclude(case) for case in self._cases]
        self.main = self._main(entries)

    def old(self, metric: str) -> Row | None:
        """What stands in the file, of whatever version."""
        name = entry_name(self._benchmark.name, metric)
        return row(self._existing, name) if self._existing and name in self._existing.rows else None

    def all(self) -> dict[str, Row]:
        """Every row that there is something to say in, by name."""
        rows = {metric: self._further(metric) for metric in self._metrics}
        found = {"": self.main, EXPONENT: growth_row(self.main, self._benchmark), **rows}
        return {entry_name(self._benchmark.name, metric): one for metric, one in found.items() if one}

    def _main(self, entries: RowEntries) -> Row:
        counted = [run for one in self._concluded if one for run in one.counted]
        attempts = [*counted] if counted else [entry.item for entry in entries.builds]
        old, kept = self.old(""), self._kept("")
        return Row(
            params=self._benchmark.params,
            version=self._version,
            started_at_ms=min(milliseconds(one.started_at) for one in attempts),
            duration_s=math.fsum(run.duration_s for run in counted) if counted else None,
            cells=tuple(
                one.cell if one else kept.get(case.params, NOTHING)
                for one, case in zip(self._concluded, self._cases, strict=True)
            ),
            profile=old.profile if old and old.version == self._version else None,
        )

    def _further(self, metric: str) -> Row | None:
        """A metric's row, where some case has it, or where nothing was measured at all.

        Its cells are what the metric has of each case; a case that was measured without it is skipped.
        """
        cells = [metric_cell(one, metric) if one else None for one in self._concluded]
        measured = [one is not None and one.measured for one in self._concluded]
        kept = self._kept(metric)
        others = [kept.get(case.params, NOTHING) for case in self._cases]
        has = any(of_it and cell is not None for of_it, cell in zip(measured, cells, strict=True))
        if any(measured) and not has and all(cell.value is None for cell in others):
            return None
        made = [
            (cell or SKIPPED) if one else other
            for one, cell, other in zip(self._concluded, cells, others, strict=True)
        ]
        return replace(self.main, duration_s=None, cells=tuple(made), profile=None)

    def _kept(self, metric: str) -> dict[tuple[str, ...], Cell]:
        """The old cells by parameters, of cases that no session speaks of."""
        old = self.old(metric)
        if old is None or old.version != self._version:
            return {}
        silent = {case.params for case, one in zip(self._cases, self._concluded, strict=True) if one is None}
        cells = zip(itertools.product(*old.params), old.cells, strict=True)
        return {params: cell for params, cell in cells if params in silent}


# --- how a benchmark grows -------------------------------------------------------------------------


def growth_row(main: Row, benchmark: Benchmark) -> Row | None:
    """The exponent of the growth with ``size``, for each case without that parameter.

    None where no case tells it; a case that does not, of others that do, is skipped.
    """
    place = size_position(benchmark)
    if place is None:
        return None
    points: dict[tuple[str, ...], list[tuple[float, float]]] = {}
    for params, cell in zip(itertools.product(*main.params), main.cells, strict=True):
        size = _size(params[place])
        found = points.setdefault(without(params, place), [])
        if cell.value is not None and size is not None:
            found.append((size, cell.value))
    answers = [growth(one, level=LEVEL) for one in points.values()]
    if not any(isinstance(one, Growth) for one in answers):
        return None
    cells = tuple(_growth_cell(one) if isinstance(one, Growth) else SKIPPED for one in answers)
    left = without(main.params, place)
    return replace(main, params=left, duration_s=None, cells=cells, profile=None)


def _size(text: str) -> float | None:
    """A size from the ``repr`` of a parameter, which may also be text that holds a number."""
    try:
        return float(text.strip("'\""))
    except ValueError:
        return None


def _growth_cell(found: Growth) -> Cell:
    bounds = (found.low, found.high, found.quartiles[0], found.quartiles[1], 1, found.sizes)
    return Cell(
        value=found.exponent,
        stats={
            column: truncated(one) if isinstance(one, float) else one
            for column, one in zip(STATS, bounds, strict=True)
        },
        samples=None,
    )


# --- one file --------------------------------------------------------------------------------------


def _durations(builds: Sequence[Entry], existing: StoredFile | None) -> dict[str, Any]:
    """asv's durations beside the benchmarks': the last build that stood is ours, the rest is kept."""
    durations = dict(existing.durations) if existing else {}
    for entry in builds:
        if isinstance(entry.item, Build) and entry.item.failure is None:
            durations[BUILD_KEY] = entry.item.duration_s
    return dict(sorted(durations.items()))


def _is_newer(old: Row | None, known: Iterable[str], ours: Row) -> bool:
    """Whether asv itself wrote ``old`` after our last run, of a version that no session has."""
    if old is None or old.version in set(known):
        return False
    return (old.started_at_ms or 0) > (ours.started_at_ms or 0)
