"""The answers of an index that is up to date."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from groundspeed.results.archive import Archive, Catalog, Series, in_order, series_of
from groundspeed.results.asv_files import BrokenFileError
from groundspeed.results.catalog import MACHINE, read_machine
from groundspeed.results.gather import collector_paused
from groundspeed.results.index.answers import Index
from groundspeed.results.index.manifest import Manifest, ResultFacts, SessionFacts, Source
from groundspeed.results.index.refresh import dates_of
from groundspeed.results.index.schemas import only_at, table_of
from groundspeed.results.index.session_tables import UNMEASURED
from groundspeed.results.index.shelf import open_shelf, placed
from groundspeed.results.index.sources import RESULTS, SESSIONS
from groundspeed.results.index.unmeasured_wire import unmeasured_from_wire
from groundspeed.results.session_wire import SessionFormatError
from groundspeed.results.sessions import SessionFile, read_session_file
from groundspeed.results.unmeasured import Unmeasured, merged

if TYPE_CHECKING:
    import pyarrow as pa


class ColumnarIndex(Index):
    """An index whose files are those of ``manifest``."""

    def __init__(self, results_dir: Path, folder: Path, manifest: Manifest, catalog: Catalog) -> None:
        super().__init__(folder)
        self._results_dir = results_dir
        self._manifest = manifest
        self._catalog = catalog

    @property
    def notices(self) -> tuple[str, ...]:
        """What is wrong with lines that an archive does not look at."""
        return tuple(one for source in self._session_sources() for one in _faults(source))

    @property
    def warnings(self) -> tuple[str, ...]:
        """As for every index, without making an archive."""
        return (*self.notices, *self._archive_warnings())

    @property
    def is_empty(self) -> bool:
        """Whether there is no result file and no session."""
        return not self._manifest.sources

    def table_files(self) -> dict[str, list[Path]]:
        """The Parquet files of every table, for other engines."""
        found: dict[str, list[Path]] = {}
        for one in self._manifest.files():
            if one.path.endswith(".parquet"):
                found.setdefault(one.table, []).append(self._folder / one.path)
        return found

    def _read(self) -> Archive:
        commits = in_order(dates_of(self._manifest))
        unmeasured = self._unmeasured()
        series: list[Series] = []
        places = {one.hash: at for at, one in enumerate(commits)}
        with collector_paused():  # a hundred thousand small objects and no cycle
            for machine, files in sorted(self._manifest.shelves.items()):
                block = placed(open_shelf(self._folder, machine, files), places)
                series += series_of(block, commits, self._catalog, unmeasured)
        return Archive(
            commits=commits,
            series=tuple(series),
            benchmarks=self._catalog.benchmarks,
            machines=self._machines()[0],
            files=sum(one.said is not None for one in self._results()),
            warnings=self._archive_warnings(),
        )

    def _archive_warnings(self) -> tuple[str, ...]:
        sessions = (warning for one in self._session_sources() for warning in one.warnings)
        return (*self._catalog.warnings, *self._machines()[1], *sessions)

    def _results(self) -> list[Source]:
        return [one for one in self._manifest.sources.values() if one.kind == RESULTS]

    def _session_sources(self) -> list[Source]:
        return [one for one in self._manifest.sources.values() if one.kind == SESSIONS]

    def _machines(self) -> tuple[dict[str, Mapping[str, str]], list[str]]:
        """What is known of each machine; the warnings of its folder, then of the result files in it."""
        machines: dict[str, Mapping[str, str]] = {}
        warnings: list[str] = []
        for name, sources in itertools.groupby(self._results(), key=lambda one: one.folder):
            folder = self._results_dir / name
            try:
                stated = read_machine(folder)
                machines[stated["machine"]] = stated
            except BrokenFileError as error:
                warnings.append(f"{folder / MACHINE} {error}; the machine is taken from the result files.")
            for one in sources:
                warnings += one.warnings
                if isinstance(one.said, ResultFacts) and one.said.facts is not None:
                    machines.setdefault(one.said.machine, one.said.facts)
        return machines, warnings

    def _unmeasured(self) -> Unmeasured:
        told: dict[str, Any] = {}
        for one in self._manifest.tables(UNMEASURED):
            told |= orjson.loads((self._folder / one.path).read_bytes())
        sources = [one for one in self._session_sources() if one.path in told]
        return merged((unmeasured_from_wire(told[one.path]) for one in sources), ())

    def _speaking(self) -> set[str]:
        return {one.said.machine for one in self._session_sources() if one.said is not None}

    def _sessions_of(self, machine: str, commit: str) -> Iterator[SessionFile]:
        for one in self._session_sources():
            said = one.said
            if isinstance(said, SessionFacts) and said.machine == machine and commit in said.commits:
                with contextlib.suppress(SessionFormatError):  # it was whole when the index was made
                    yield read_session_file(self._results_dir / one.path, commits=frozenset({commit}))

    def _table(
        self, name: str, machine: str, columns: Sequence[str], *, commits: AbstractSet[str] | None = None
    ) -> pa.Table:
        import pyarrow as pa
        import pyarrow.parquet as pq

        files = self._manifest.tables(name, machine)
        tables = [
            only_at(pq.ParquetFile(self._folder / one.path).read(columns=list(columns)), commits)
            for one in files
        ]
        return pa.concat_tables([table_of(name, []).select(list(columns)), *tables])


def _faults(source: Source) -> tuple[str, ...]:
    return source.said.faults if isinstance(source.said, SessionFacts) else ()
