"""What can be asked of a results folder, however it is read.

Owns how a commit's measurements are put together.
"""

from __future__ import annotations

import abc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from groundspeed.measurements import Measurement, Missing
from groundspeed.records import Build, NotRun, Run, SeriesKey
from groundspeed.results.archive import Archive, Series
from groundspeed.results.entries import Entry, Place
from groundspeed.results.index.at_commit import Held, carried, held_cell, joined
from groundspeed.results.index.memory import Memory
from groundspeed.results.index.processes import PROCESS_COLUMNS, Processes, processes_of
from groundspeed.results.index.recorded import (
    CONTROL_COLUMNS,
    DONE_COLUMNS,
    SESSION_COLUMNS,
    TELEMETRY_COLUMNS,
    RecordedSession,
    recorded,
)
from groundspeed.results.index.samples import SAMPLE_COLUMNS, Samples, samples_of
from groundspeed.results.index.spoken import spoken_of
from groundspeed.results.ledger import Ledger
from groundspeed.results.sessions import SessionFile

if TYPE_CHECKING:
    import pyarrow as pa

DERIVED = "derived"
"""The folder inside an index's that holds what was made of series: it outlives every refresh."""


class Index(abc.ABC):
    """A results folder, as it was when it was opened. ``folder`` keeps what is derived from it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def notices(self) -> tuple[str, ...]:
        """What a user should hear beside the archive's warnings."""
        return ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """Everything that a user should hear: broken files and lines, or that there is no index."""
        return (*self.notices, *self.archive().warnings)

    def archive(self) -> Archive:
        """Everything that the results hold, as ``read_archive`` gives it; its arrays may be read-only."""
        return self._archive

    @cached_property
    def _archive(self) -> Archive:
        return self._read()

    def machines(self) -> tuple[str, ...]:
        """The machines that there are results or sessions of, sorted."""
        return tuple(sorted({one.key.machine for one in self.archive().series} | self._speaking()))

    def processes(self, machine: str) -> Processes:
        """Every process of every session of a machine that measured, by session and line."""
        return processes_of(machine, self._table("processes", machine, PROCESS_COLUMNS))

    def samples(self, machine: str, commits: AbstractSet[str]) -> Samples:
        """The samples of those of ``processes`` that measured one of ``commits`` (full hashes)."""
        table = self._table("processes", machine, SAMPLE_COLUMNS, commits=commits)
        return samples_of(machine, table)

    def identities(self, machine: str) -> dict[tuple[str, str], str]:
        """What builds hold, by commit and environment, where a session says it; the last word counts."""
        columns = ["session", "line", "commit", "environment", "identity"]
        rows = self._table("builds", machine, columns).to_pylist()
        rows.sort(key=lambda row: (row["session"], row["line"]))
        return {
            (row["commit"], row["environment"]): row["identity"]
            for row in rows
            if row["identity"] is not None
        }

    def sessions(self, machine: str) -> tuple[RecordedSession, ...]:
        """The sessions of a machine, oldest first; none where only asv measured there."""
        if machine not in self._speaking():
            return ()
        return recorded(
            self._table("sessions", machine, SESSION_COLUMNS),
            self._table("controls", machine, CONTROL_COLUMNS),
            self._table("telemetry", machine, TELEMETRY_COLUMNS),
            self._table("processes", machine, DONE_COLUMNS),
        )

    def remembered(self, method: str) -> Memory:
        """What ``method`` (its name and version, ``steps-1``) made of series before, by their digests."""
        return Memory(self._folder / DERIVED, method)

    @abc.abstractmethod
    def _read(self) -> Archive:
        """What ``read_archive`` gives."""

    @abc.abstractmethod
    def _table(
        self, name: str, machine: str, columns: Sequence[str], *, commits: AbstractSet[str] | None = None
    ) -> pa.Table:
        """Columns of a machine's table of what sessions say; the rows in any order.

        With ``commits`` those of them alone; the column ``commit`` is then among ``columns``.
        """

    @abc.abstractmethod
    def _speaking(self) -> set[str]:
        """The machines that have sessions."""

    @abc.abstractmethod
    def _sessions_of(self, machine: str, commit: str) -> Iterator[SessionFile]:
        """The sessions of a machine that speak of a commit, oldest first; other lines may be left out."""

    def measurements(self, machine: str, commit: str) -> tuple[Measurement | Missing, ...]:
        """Everything known of a commit (its whole hash): every environment, case, metric and version."""
        archive = self.archive()
        found = self._measured(machine, commit)
        sources: dict[str, Mapping[SeriesKey, Measurement | Missing]] = {}
        for series in archive.series:
            if series.key.machine != machine or not series.carried:
                continue
            for one in series.carried:
                if one.commit != commit or isinstance(found.get(series.key), Measurement):
                    continue
                if one.measured_at not in sources:
                    sources[one.measured_at] = self._measured(machine, one.measured_at)
                source = sources[one.measured_at].get(series.key)
                if isinstance(source, Measurement):
                    found[series.key] = carried(source, commit)
        return tuple(found[key] for key in sorted(found, key=_order))

    def _measured(self, machine: str, commit: str) -> dict[SeriesKey, Measurement | Missing]:
        """What was measured at a commit itself."""
        archive = self.archive()
        place = next((at for at, one in enumerate(archive.commits) if one.hash == commit), None)
        held = [
            one
            for series in archive.series
            if series.key.machine == machine and (one := _held(series, place)) is not None
        ]
        ledger, not_run = _ledger(self._sessions_of(machine, commit), commit)
        return joined(commit, held, spoken_of(ledger, not_run, machine, commit))


def _ledger(sessions: Iterable[SessionFile], commit: str) -> tuple[Ledger, list[Entry]]:
    """What sessions say of a commit; beside it what was not run, which the ledger takes for no data."""
    ledger, not_run = Ledger(), []
    for file in sessions:
        ledger.open(file.session, file.machine)
        for line, item in enumerate(file.items, start=2):
            if not isinstance(item, Build | Run) or item.commit != commit:
                continue
            place = Place(session=file.session.id, line=line)
            try:
                ledger.add(place, item)
            except ValueError:
                continue  # named where every line is read
            if isinstance(item, Run) and isinstance(item.outcome, NotRun):
                not_run.append(Entry(place=place, item=item))
    return ledger, not_run


def _held(series: Series, place: int | None) -> Held | None:
    import numpy as np

    if place is None:
        return None
    at = int(np.searchsorted(series.commits, place))
    if at == len(series.commits) or series.commits[at] != place:
        return None
    return Held(
        key=series.key,
        unit=series.unit,
        better=series.better,
        stored=held_cell(float(series.values[at]), float(series.low[at]), float(series.high[at])),
        skipped=at in series.skipped,
    )


def _order(key: SeriesKey) -> tuple[str, str, str, str, tuple[str, ...]]:
    return (key.environment, key.case.benchmark, key.metric, key.version or "", key.case.params)
