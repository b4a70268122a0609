"""Some files of the results to a part of the index: read once, written as tables.

Owns what a part is made of; the order of parts and when they are made is ``refresh``'s business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundspeed.results.asv_files import StoredFile
from groundspeed.results.gather import (
    Columns,
    Gatherer,
    Identity,
    collector_paused,
    machine_facts,
    machine_of,
)
from groundspeed.results.index.manifest import (
    IndexFile,
    Part,
    ResultFacts,
    Source,
)
from groundspeed.results.index.schemas import schema_of
from groundspeed.results.index.session_tables import make_sessions
from groundspeed.results.index.sources import RESULTS, Stamp, digest
from groundspeed.results.index.tables import STATES, series_id, write_table

if TYPE_CHECKING:
    import pyarrow as pa


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """Files of one folder that shall be a part, by path, with their stamps before they are read."""

    kind: str
    folder: str
    stamps: Mapping[str, Stamp]


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """A part and its sources. ``identities``, by machine and series id, are those new to the maker."""

    part: Part
    sources: tuple[Source, ...]
    identities: Mapping[str, Mapping[str, Identity]]


class Maker:
    """Makes one part after the other; what it learns of series it keeps."""

    def __init__(
        self, results_dir: Path, folder: Path, definitions: Mapping[str, Mapping[str, Any]], stated: str
    ) -> None:
        """``definitions`` is benchmarks.json and ``stated`` its digest."""
        self._results_dir = results_dir
        self._folder = folder
        self._definitions = definitions
        self._stated = stated
        self._gatherers: dict[str, _Folder] = {}

    def make(self, task: Task) -> Made:
        """Raises StorageError."""
        if task.kind != RESULTS:
            part, sources = make_sessions(self._results_dir, self._folder, task.folder, task.stamps)
            return Made(part=part, sources=sources, identities={})
        where = self._results_dir / task.folder
        if task.folder not in self._gatherers:
            self._gatherers[task.folder] = _Folder(where, Gatherer(self._definitions))
        with collector_paused():
            return self._gatherers[task.folder].make(task, self._results_dir, self._folder, self._stated)


class _Folder:
    """The result files of one folder; series keep their numbers from part to part."""

    def __init__(self, where: Path, gatherer: Gatherer) -> None:
        self._gatherer = gatherer
        self._machine = gatherer.add_machine(where)
        gatherer.warnings.clear()  # the archive says this of every folder, indexed or not
        self._ids: list[str] = []
        self._told = 0

    def make(self, task: Task, results_dir: Path, folder: Path, stated: str) -> Made:
        gatherer = self._gatherer
        gatherer.consulted = False
        sources = [self._source(results_dir, path, stamp) for path, stamp in task.stamps.items()]
        columns = gatherer.drain()
        self._ids.extend(map(series_id, columns.identities[len(self._ids) :]))
        new = range(self._told, len(self._ids))
        self._told = len(self._ids)
        identities: dict[str, dict[str, Identity]] = {}
        for at in new:
            identity = columns.identities[at]
            identities.setdefault(identity.machine, {})[self._ids[at]] = identity
        name = digest("".join(one.digest for one in sources).encode() + task.folder.encode())
        part = Part(
            kind=task.kind,
            folder=task.folder,
            sources=tuple(task.stamps),
            machine=None if self._machine is None else self._machine["machine"],
            definitions=stated if gatherer.consulted else None,
            files=tuple(self._write(folder, columns, name)),
        )
        return Made(part=part, sources=tuple(sources), identities=identities)

    def _source(self, results_dir: Path, path: str, stamp: Stamp) -> Source:
        gatherer, read = self._gatherer, _Reader()
        file = gatherer.add_file(results_dir / path, self._machine, read=read)
        warnings = tuple(gatherer.warnings)
        gatherer.warnings.clear()
        return Source(
            kind=RESULTS,
            path=path,
            stamp=stamp,
            digest=read.digest,
            warnings=warnings,
            said=None if file is None else self._facts(file, results_dir / path),
        )

    def _facts(self, file: StoredFile, path: Path) -> ResultFacts:
        return ResultFacts(
            commit=file.commit,
            date_ms=file.date_ms,
            machine=machine_of(file, path),
            facts=machine_facts(file) if self._machine is None else None,
        )

    def _write(self, folder: Path, columns: Columns, name: str) -> list[IndexFile]:
        import numpy as np

        if not len(columns.values):
            return []
        machines = [identity.machine for identity in columns.identities]
        present = sorted({machines[at] for at in np.unique(columns.series).tolist()})
        table = _measurements(columns, self._ids)
        if len(present) == 1:
            return [write_table(folder, "measurements", present[0], name, table)]
        of = np.array(machines)[columns.series]
        return [write_table(folder, "measurements", one, name, table.filter(of == one)) for one in present]


class _Reader:
    """Reads a file and remembers what stands for its content."""

    def __init__(self) -> None:
        self.digest = ""

    def __call__(self, path: Path) -> bytes:
        data = path.read_bytes()
        self.digest = digest(data)
        return data


def _measurements(columns: Columns, ids: list[str]) -> pa.Table:
    import numpy as np
    import pyarrow as pa

    moments = np.array([_microseconds(date) for date in columns.commits.values()], np.int64)
    kinds = pa.array(columns.kinds.astype(np.int8))
    numbers = {"value": columns.values, "low": columns.low, "high": columns.high}
    return pa.table(
        {
            "series": _coded(columns.series, ids),
            "commit": _coded(columns.commit, list(columns.commits)),
            "date": pa.array(moments[columns.commit]).cast(schema_of("measurements").field("date").type),
            **{name: pa.array(one, from_pandas=True) for name, one in numbers.items()},  # NaN becomes null
            "state": pa.DictionaryArray.from_arrays(kinds, pa.array(STATES)),
        }
    )


def _microseconds(date: datetime) -> int:
    return (date - _EPOCH) // timedelta(microseconds=1)


def _coded(codes: Any, texts: list[str]) -> pa.DictionaryArray:
    """A column of texts from positions in a list, of which only those in use are kept."""
    import numpy as np
    import pyarrow as pa

    used = np.unique(codes)
    place = np.zeros(len(texts), np.int32)
    place[used] = np.arange(len(used))
    return pa.DictionaryArray.from_arrays(
        pa.array(place[codes]), pa.array([texts[at] for at in used.tolist()])
    )
