"""Sessions to asv's rows: what all sessions of one machine say, and what asv's files then hold.

Pure: no file is touched. The order in which lines are added does not matter, only where they stand
(session id, then line), so files made case by case during a run and files made again from all
sessions are the same, byte for byte.

Rules: all runs of a case at one commit, in one environment, of one benchmark version make one
measurement, their samples pooled in session order. Quick runs count only where no other run
measured, failed or was skipped. A measured run beats failed and skipped ones; without one the last
outcome counts. A failed build counts as a failure of each benchmark it names. Carried-over and
not-run lines are no data.
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from groundspeed.records import (
    Benchmark,
    Build,
    CarriedOver,
    Case,
    Failed,
    Measured,
    NotRun,
    Run,
    Session,
    Skipped,
)
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

BUILD_KEY = "<build>"


COMPLETE = 1_000_000
"""``Recorded.runs`` of what asv measured itself: it stores a case when all its rounds are done."""


class Standing(StrEnum):
    """What the record says of a case at a commit."""

    MEASURED = "measured"
    FAILED = "failed"
    NOT_BUILT = "did not build"
    SKIPPED = "skipped"
    CARRIED_OVER = "carried over"


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """What is recorded of one case. ``runs`` count; ``quick`` when they are quick ones."""

    standing: Standing
    runs: int
    quick: bool

    @property
    def measured(self) -> bool:
        """Whether there is a value."""
        return self.standing is Standing.MEASURED


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Place:
    """Where a line stands among all sessions of a machine."""

    session: str
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A line at its place."""

    place: Place
    item: Build | Run


@dataclass(frozen=True, kw_only=True, slots=True)
class Concluded:
    """What all entries of one case come to. ``counted`` are the runs that made it so."""

    cell: Cell
    counted: tuple[Run, ...]


@dataclass(kw_only=True, slots=True)
class _RowEntries:
    """The entries of one benchmark version at one commit in one environment, each list in order."""

    builds: list[Entry] = field(default_factory=list)
    runs: dict[Case, list[Entry]] = field(default_factory=dict)
    concluded: dict[Case, Concluded | None] = field(default_factory=dict)

    def last(self) -> Place:
        """The place of the newest entry."""
        lists = [self.builds, *self.runs.values()]
        return max(entries[-1].place for entries in lists if entries)


@dataclass(kw_only=True, slots=True)
class _Spot:
    """Everything that sessions say of one commit in one environment."""

    last: Place
    rows: dict[tuple[str, str], _RowEntries] = field(default_factory=dict)
    builds: list[Entry] = field(default_factory=list)


class Ledger:
    """What the sessions of one machine say. Sessions are opened, then their lines added."""

    def __init__(self) -> None:
        """An empty ledger."""
        self._sessions: dict[str, tuple[Session, Mapping[str, str]]] = {}
        self._benchmarks: dict[str, dict[str, Benchmark]] = {}
        self._spots: dict[tuple[str, str], _Spot] = {}
        self._carried: dict[tuple[str, str], set[tuple[Case, str]]] = {}

    def open(self, session: Session, machine: Mapping[str, str]) -> None:
        """Make a session known; ``machine`` is asv's machine.json during it."""
        self._sessions[session.id] = (session, dict(machine))
        self._benchmarks[session.id] = {one.name: one for one in session.benchmarks}

    def add(self, place: Place, item: Build | Run) -> None:
        """Add a line of an opened session. ValueError when its header does not know what it names."""
        self.check(place.session, item)
        where = (item.commit, item.environment)
        if isinstance(item, Run) and isinstance(item.outcome, NotRun | CarriedOver):
            if isinstance(item.outcome, CarriedOver):
                self._carried.setdefault(where, set()).add((item.case, item.version))
            return
        spot = self._spots.setdefault(where, _Spot(last=place))
        spot.last = max(spot.last, place)
        entry = Entry(place=place, item=item)
        if isinstance(item, Run):
            entries = spot.rows.setdefault((item.case.benchmark, item.version), _RowEntries())
            _insert(entries.runs.setdefault(item.case, []), entry)
            entries.concluded.pop(item.case, None)
            return
        _insert(spot.builds, entry)
        if item.failure is not None:
            for name in item.benchmarks:
                version = self._benchmarks[place.session][name].version
                entries = spot.rows.setdefault((name, version), _RowEntries())
                _insert(entries.builds, entry)
                entries.concluded.clear()

    def check(self, session_id: str, item: Build | Run) -> None:
        """Raise ValueError when the session's header does not know what the line names."""
        session, _ = self._sessions[session_id]
        if item.commit not in session.commits:
            raise ValueError(f"commit {item.commit} is not in the header of session {session.id}")
        if item.environment not in {one.name for one in session.environments}:
            raise ValueError(f"environment {item.environment} is not in the header of session {session.id}")
        names = [item.case.benchmark] if isinstance(item, Run) else item.benchmarks
        for name in names:
            if name not in self._benchmarks[session_id]:
                raise ValueError(f"benchmark {name} is not in the header of session {session.id}")
        if isinstance(item, Run) and not _belongs(item.case, self._benchmarks[session_id][names[0]]):
            raise ValueError(f"case {item.case} is none of the suite's in the header of session {session.id}")

    def spots(self) -> list[tuple[str, str]]:
        """Every (commit, environment) of which something is said, sorted."""
        return sorted(self._spots)

    def commits(self) -> list[str]:
        """Every commit of which something is said."""
        return sorted({commit for commit, _ in self._spots})

    def durations(self) -> dict[Case, float]:
        """Seconds of the newest run of each case, quick ones only where there is no other."""
        lists = [
            one for spot in self._spots.values() for rows in spot.rows.values() for one in rows.runs.items()
        ]
        newest: dict[Case, tuple[bool, Place, float]] = {}
        for case, entries in lists:
            for entry in entries:
                if isinstance(entry.item, Run):
                    rank = (not entry.item.quick, entry.place, entry.item.duration_s)
                    newest[case] = max(newest.get(case, rank), rank)
        return {case: duration_s for case, (_, _, duration_s) in newest.items()}

    def build_duration(self) -> float | None:
        """Seconds of the newest build that stood."""
        builds = [entry for spot in self._spots.values() for entry in spot.builds]
        for entry in sorted(builds, key=_place, reverse=True):
            if isinstance(entry.item, Build) and entry.item.failure is None:
                return entry.item.duration_s
        return None

    def headers(self) -> list[tuple[Benchmark, ...]]:
        """The benchmarks of every opened session, oldest session first."""
        return [self._sessions[name][0].benchmarks for name in sorted(self._sessions)]

    def file(self, commit: str, environment: str, existing: StoredFile | None) -> StoredFile | None:
        """asv's file of one commit in one environment; None when there is no row to put in it.

        Of ``existing`` those rows and cells are kept that no session says anything of.
        """
        spot = self._spots.get((commit, environment))
        rows = self._rows(spot, existing) if spot else {}
        if spot is None or not rows:
            return None
        session, machine = self._sessions[spot.last.session]
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
            durations=_durations(spot.builds, existing),
        )

    def _rows(self, spot: _Spot, existing: StoredFile | None) -> dict[str, Any]:
        """All rows, by name. asv keeps one version of a benchmark in a file: the newest entry's."""
        chosen = dict(sorted(spot.rows, key=lambda one: spot.rows[one].last()))
        rows = {name: foreign_row(existing, name) for name in existing.rows} if existing else {}
        for name, version in chosen.items():
            old = row(existing, name) if existing and name in existing.rows else None
            known = {one for other, one in spot.rows if other == name}
            ours = self._row(spot.rows[name, version], name, version, old)
            if not _is_newer(old, known, ours):
                rows[name] = row_to_wire(ours)
        return {name: rows[name] for name in sorted(rows)}

    def _row(self, entries: _RowEntries, name: str, version: str, old: Row | None) -> Row:
        """One row of ours. Cells without data are ``old``'s, if it is of the same version."""
        benchmark = self._benchmarks[entries.last().session][name]
        concluded = [self._concluded(entries, case) for case in benchmark.cases()]
        counted = [run for one in concluded if one for run in one.counted]
        attempts: list[Build | Run] = [*counted] if counted else [entry.item for entry in entries.builds]
        kept = _cells_by_params(old) if old and old.version == version else {}
        return Row(
            params=benchmark.params,
            version=version,
            started_at_ms=min(milliseconds(one.started_at) for one in attempts),
            duration_s=math.fsum(run.duration_s for run in counted) if counted else None,
            cells=tuple(
                one.cell if one else kept.get(case.params, _cell(None))
                for one, case in zip(concluded, benchmark.cases(), strict=True)
            ),
            profile=old.profile if kept and old else None,
        )

    def _concluded(self, entries: _RowEntries, case: Case) -> Concluded | None:
        if case not in entries.concluded:
            lines = [*entries.builds, *entries.runs.get(case, ())]
            entries.concluded[case] = conclude([one.item for one in sorted(lines, key=_place)])
        return entries.concluded[case]

    def recorded(self, commit: str, environment: str) -> dict[tuple[Case, str], Recorded]:
        """What sessions say of each case and benchmark version, carried-over ones included."""
        carried = self._carried.get((commit, environment), ())
        none = Recorded(standing=Standing.CARRIED_OVER, runs=0, quick=False)
        found = dict.fromkeys(carried, none)
        spot = self._spots.get((commit, environment))
        for (name, version), entries in spot.rows.items() if spot else ():
            cases = dict.fromkeys(entries.runs)
            for build in entries.builds:
                cases.update(dict.fromkeys(self._benchmarks[build.place.session][name].cases()))
            for case in cases:
                lines = sorted([*entries.builds, *entries.runs.get(case, ())], key=_place)
                found[case, version] = standing([one.item for one in lines])
        return found


# --- one case --------------------------------------------------------------------------------------


def conclude(items: Sequence[Build | Run]) -> Concluded | None:
    """What entries of one case (failed builds among them), in order, come to; None: no data."""
    data = _counting(items)
    measured = [item for item in data if isinstance(item, Run) and isinstance(item.outcome, Measured)]
    if measured:
        pooled = [one.outcome for one in measured if isinstance(one.outcome, Measured)]
        return Concluded(cell=_measured_cell(pooled), counted=tuple(measured))
    if not data:
        return None
    last = data[-1]
    if isinstance(last, Build):
        return Concluded(cell=_cell(None), counted=())
    return Concluded(cell=_cell(math.nan if isinstance(last.outcome, Skipped) else None), counted=(last,))


def standing(items: Sequence[Build | Run]) -> Recorded:
    """What entries of one case, one at least, mean for who wants to measure it."""
    data = _counting(items)
    runs = [item for item in data if isinstance(item, Run)]
    measured = [run for run in runs if isinstance(run.outcome, Measured)]
    quick = any(run.quick for run in runs)
    if measured:
        return Recorded(standing=Standing.MEASURED, runs=len(measured), quick=quick)
    last = data[-1]
    if isinstance(last, Build):
        return Recorded(standing=Standing.NOT_BUILT, runs=0, quick=False)
    failed = isinstance(last.outcome, Failed)
    return Recorded(standing=Standing.FAILED if failed else Standing.SKIPPED, runs=len(runs), quick=quick)


def _counting(items: Sequence[Build | Run]) -> list[Build | Run]:
    """The entries that count: no quick runs where there are others."""
    if any(isinstance(item, Run) and not item.quick for item in items):
        return [item for item in items if isinstance(item, Build) or not item.quick]
    return list(items)


def _belongs(case: Case, benchmark: Benchmark) -> bool:
    """Whether the case is one of the benchmark's, without making them all."""
    return len(case.params) == len(benchmark.params) and all(
        value in values for value, values in zip(case.params, benchmark.params, strict=True)
    )


def _measured_cell(outcomes: Sequence[Measured]) -> Cell:
    """As ``asv.results.Results.add_result``: timed samples are summarised, a value is itself.

    Where a benchmark gives a value instead of samples, the last one counts: asv keeps what it was
    told last, and a median of two tracked numbers may be a number that nobody tracked.
    """
    samples = [float(sample) for outcome in outcomes for sample in outcome.samples]
    number = outcomes[0].number
    if not samples:
        return _cell(None)
    if number is None:
        return _cell(samples[-1])
    from asv_runner.statistics import compute_stats, quantile

    try:
        value, stats = compute_stats(samples, number)
    except ArithmeticError:  # its interval divides by powers of differences; its median always stands
        return _cell(quantile(samples, 0.5))
    shortened = {column: _stat(stats[column.removeprefix("stats_")]) for column in STATS}
    return Cell(value=value, stats=shortened, samples=None)


def _stat(value: float) -> float | None:
    return truncated(value) if isinstance(value, float) else value


def _cell(value: float | None) -> Cell:
    return Cell(value=value, stats={}, samples=None)


# --- one file --------------------------------------------------------------------------------------


def _place(entry: Entry) -> Place:
    return entry.place


def _insert(entries: list[Entry], entry: Entry) -> None:
    bisect.insort(entries, entry, key=_place)


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


def _cells_by_params(old: Row) -> dict[tuple[str, ...], Cell]:
    return dict(zip(itertools.product(*old.params), old.cells, strict=True))
