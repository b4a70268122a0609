"""Opening an index: what the results folder holds, ready to be asked."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

from groundspeed.measurements import Measurement, Missing
from groundspeed.records import Build, Measured, Run, SeriesKey
from groundspeed.results.archive import Archive, Series, read_archive
from groundspeed.results.entries import Place
from groundspeed.results.index.at_commit import Held, carried, held_cell, joined
from groundspeed.results.index.memory import Memory
from groundspeed.results.index.processes import Processes
from groundspeed.results.index.spoken import spoken_of
from groundspeed.results.ledger import Ledger
from groundspeed.results.session_wire import SessionFormatError
from groundspeed.results.sessions import FOLDER, SessionFile, read_session_file, session_paths


def open_index(results_dir: Path, folder: Path) -> Index:
    """The index of ``results_dir``, kept under ``folder`` and brought up to date."""
    return Index(results_dir, folder)


class Index:
    """A results folder, as it was when it was opened."""

    def __init__(self, results_dir: Path, folder: Path) -> None:
        self._results_dir = results_dir
        self._folder = folder
        self._archive: Archive | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """Each broken file that was passed over, and why; that there is no index, where it is so."""
        return self.archive().warnings

    def archive(self) -> Archive:
        """Everything that the results hold, as ``read_archive`` gives it."""
        if self._archive is None:
            self._archive = read_archive(self._results_dir)
        return self._archive

    def machines(self) -> tuple[str, ...]:
        """The machines that there are results or sessions of, sorted."""
        spoken = {file.session.machine for file in self._sessions()}
        return tuple(sorted({one.key.machine for one in self.archive().series} | spoken))

    def measurements(self, machine: str, commit: str) -> tuple[Measurement | Missing, ...]:
        """Everything known of a commit (its whole hash): every environment, case, metric and version."""
        found = self._measured(machine, commit)
        sources: dict[str, dict[SeriesKey, Measurement | Missing]] = {}
        for series in self.archive().series:
            for one in series.carried:
                if series.key.machine == machine and one.commit == commit and series.key not in found:
                    if one.measured_at not in sources:
                        sources[one.measured_at] = self._measured(machine, one.measured_at)
                    source = sources[one.measured_at].get(series.key)
                    if isinstance(source, Measurement):
                        found[series.key] = carried(source, commit)
        return tuple(found[key] for key in sorted(found, key=_order))

    def processes(self, machine: str) -> Processes:
        """Every process of every session of a machine."""
        import numpy as np

        keys: dict[SeriesKey, int] = {}
        commits: dict[str, int] = {}
        sessions: dict[str, int] = {}
        rows = []
        for file in self._sessions():
            for run in file.items:
                if file.session.machine != machine or not isinstance(run, Run):
                    continue
                if not isinstance(run.outcome, Measured):
                    continue
                parts = {"": [*run.outcome.samples]}
                for reading in run.metrics:
                    parts.setdefault(reading.metric, []).extend(reading.samples)
                for metric, samples in parts.items():
                    key = SeriesKey(
                        machine=machine,
                        environment=run.environment,
                        case=run.case,
                        metric=metric,
                        version=run.version,
                    )
                    numbers = [one for one in samples if not math.isnan(one)]
                    rows.append(
                        (
                            keys.setdefault(key, len(keys)),
                            commits.setdefault(run.commit, len(commits)),
                            sessions.setdefault(file.session.id, len(sessions)),
                            run.started_at.timestamp(),
                            statistics.median(numbers) if numbers else math.nan,
                            len(numbers),
                            run.quick,
                        )
                    )
        columns: list[tuple[Any, ...]] = list(zip(*rows, strict=True)) or [()] * 7
        kinds = (np.int32, np.int32, np.int32, np.float64, np.float64, np.int32, np.bool_)
        arrays: list[Any] = [np.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
        series, commit, session, started_at_s, medians, counts, quick = arrays
        return Processes(
            keys=tuple(keys),
            commits=tuple(commits),
            sessions=tuple(sessions),
            series=series,
            commit=commit,
            session=session,
            started_at_s=started_at_s,
            medians=medians,
            counts=counts,
            quick=quick,
        )

    def remembered(self, method: str) -> Memory:
        """What was derived from the bytes of series by ``method`` (its name and version) before."""
        return Memory(self._folder / "derived", method)

    def _sessions(self) -> list[SessionFile]:
        files = []
        for folder in sorted(path.parent for path in self._results_dir.glob(f"*/{FOLDER}")):
            for path in session_paths(folder):
                try:
                    files.append(read_session_file(path))
                except SessionFormatError:
                    continue
        return files

    def _ledger(self, machine: str) -> Ledger:
        ledger = Ledger()
        for file in self._sessions():
            if file.session.machine != machine:
                continue
            ledger.open(file.session, file.machine)
            for line, item in enumerate(file.items, start=2):
                if isinstance(item, Build | Run):
                    try:
                        ledger.add(Place(session=file.session.id, line=line), item)
                    except ValueError:
                        continue
        return ledger

    def _measured(self, machine: str, commit: str) -> dict[SeriesKey, Measurement | Missing]:
        archive = self.archive()
        place = {one.hash: at for at, one in enumerate(archive.commits)}.get(commit)
        held = [
            one
            for series in archive.series
            if series.key.machine == machine and (one := _held(series, place)) is not None
        ]
        return joined(commit, held, spoken_of(self._ledger(machine), machine, commit))


def _held(series: Series, place: int | None) -> Held | None:
    found = [] if place is None else (series.commits == place).nonzero()[0].tolist()
    if not found:
        return None
    (at,) = found
    return Held(
        key=series.key,
        unit=series.unit,
        better=series.better,
        stored=held_cell(*(float(column[at]) for column in (series.values, series.low, series.high))),
        skipped=at in series.skipped,
    )


def _order(key: SeriesKey) -> tuple[str, str, str, str, tuple[str, ...]]:
    return (key.environment, key.case.benchmark, key.metric, key.version or "", key.case.params)
