"""A results folder read without an index: file by file, each time. For who cannot write one.

The literal version of every answer: what an index says must be what this says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import TYPE_CHECKING

from groundspeed.results.archive import Archive, read_archive
from groundspeed.results.index.answers import Index
from groundspeed.results.index.schemas import only_at, table_of
from groundspeed.results.index.session_tables import rows_of
from groundspeed.results.session_wire import SessionFormatError
from groundspeed.results.sessions import SessionFile, all_session_paths, read_session_file

if TYPE_CHECKING:
    import pyarrow as pa


class DirectIndex(Index):
    """Reads what is asked for when it is asked for, the archive once."""

    def __init__(self, results_dir: Path, folder: Path, *notices: str) -> None:
        """``notices`` say why there is no index."""
        super().__init__(folder)
        self._results_dir = results_dir
        self._notices = notices

    @property
    def notices(self) -> tuple[str, ...]:
        """That there is no index, and why."""
        return self._notices

    def _read(self) -> Archive:
        return read_archive(self._results_dir)

    def _table(
        self, name: str, machine: str, columns: Sequence[str], *, commits: AbstractSet[str] | None = None
    ) -> pa.Table:
        found = [row for file in self._sessions(machine) for table, row in rows_of(file) if table == name]
        return only_at(table_of(name, found).select(list(columns)), commits)

    def _speaking(self) -> set[str]:
        return {file.session.machine for file in self._sessions()}

    def _sessions_of(self, machine: str, commit: str) -> Iterator[SessionFile]:
        return self._sessions(machine, frozenset({commit}))

    def _sessions(
        self, machine: str | None = None, commits: frozenset[str] | None = None
    ) -> Iterator[SessionFile]:
        for path in all_session_paths(self._results_dir):
            try:
                file = read_session_file(path, commits=commits)
            except SessionFormatError:
                continue  # named in the archive's warnings
            if machine in (None, file.session.machine):
                yield file
