"""What an index was made from and which files hold it: ``manifest.json``, the switch from old to new.

Everything else in the folder is named by its content and never changes. A manifest that cannot be read,
or is another version's, or names a file that is not as it was, is no manifest: all is made again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from groundspeed.errors import GroundspeedError
from groundspeed.results.atomic import replace_bytes
from groundspeed.results.index.schemas import TABLES
from groundspeed.results.index.sources import Stamp, digest

NAME = "manifest.json"
FORMAT = "groundspeed-index"
VERSION = 1
_COLUMNS = digest(orjson.dumps(TABLES))
"""Tables with other columns are another version's, whatever they call themselves."""


class UnfitError(GroundspeedError):
    """The results hold what no index can: they are read without one."""


def to_json(value: Any) -> bytes:
    """JSON of records and plain values. Raises UnfitError for text that is no Unicode."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError as error:
        raise UnfitError(f"a name or text in the results cannot be indexed: {error}") from error


@dataclass(frozen=True, kw_only=True, slots=True)
class ResultFacts:
    """What a result file is about. ``facts`` of its machine where there is no machine.json, else None."""

    commit: str
    date_ms: int
    machine: str
    facts: Mapping[str, str] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionFacts:
    """What a session file is about: ``commits`` have lines in it. ``faults`` are lines that do not count."""

    id: str
    machine: str
    commits: tuple[str, ...]
    faults: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A file that was read. ``said`` is None where it was passed over; ``warnings`` are the archive's."""

    kind: str
    path: str
    stamp: Stamp
    digest: str
    warnings: tuple[str, ...]
    said: ResultFacts | SessionFacts | None

    @property
    def folder(self) -> str:
        """The folder that it stands in."""
        return self.path.rpartition("/")[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class IndexFile:
    """A file of the index; ``path`` is relative to its folder, ``machine`` empty where it is of none."""

    table: str
    machine: str
    path: str
    size: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """Some sources of one folder, and the tables made from them.

    ``machine`` is what machine.json named then (None: nothing); ``definitions`` the digest of
    benchmarks.json where a row needed it.
    """

    kind: str
    folder: str
    sources: tuple[str, ...]
    machine: str | None
    definitions: str | None
    files: tuple[IndexFile, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """An index. ``shelves`` and ``series`` (the table of that name) are by machine."""

    results_dir: str
    sources: Mapping[str, Source] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    shelves: Mapping[str, tuple[IndexFile, ...]] = field(default_factory=dict)
    series: Mapping[str, IndexFile] = field(default_factory=dict)

    def files(self) -> Iterator[IndexFile]:
        """Every file that it names."""
        for part in self.parts:
            yield from part.files
        for shelf in self.shelves.values():
            yield from shelf
        yield from self.series.values()

    def tables(self, table: str, machine: str | None = None) -> list[IndexFile]:
        """The files of a table, of all machines or one."""
        return [one for one in self.files() if one.table == table and machine in (None, one.machine)]


def read_manifest(folder: Path, results_dir: str) -> Manifest:
    """The manifest of ``folder``; an empty one where there is none of these results that holds."""
    empty = Manifest(results_dir=results_dir)
    try:
        wire = orjson.loads((folder / NAME).read_bytes())
        if (wire["format"], wire["version"], wire["columns"]) != (FORMAT, VERSION, _COLUMNS):
            return empty
        if wire["results_dir"] != results_dir:
            return empty
        manifest = _parse(wire)
        whole = all((folder / one.path).stat().st_size == one.size for one in manifest.files())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return empty
    return manifest if whole else empty


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Make ``manifest`` what counts. Raises StorageError."""
    wire = {
        "format": FORMAT,
        "version": VERSION,
        "columns": _COLUMNS,
        "results_dir": manifest.results_dir,
        "sources": list(manifest.sources.values()),
        "parts": list(manifest.parts),
        "shelves": dict(manifest.shelves),
        "series": dict(manifest.series),
    }
    replace_bytes(folder / NAME, to_json(wire))


def _parse(wire: Mapping[str, Any]) -> Manifest:
    sources = [_source(one) for one in wire["sources"]]
    return Manifest(
        results_dir=wire["results_dir"],
        sources={one.path: one for one in sources},
        parts=tuple(_part(one) for one in wire["parts"]),
        shelves={machine: _files(files) for machine, files in wire["shelves"].items()},
        series={machine: IndexFile(**one) for machine, one in wire["series"].items()},
    )


def _source(wire: Mapping[str, Any]) -> Source:
    """A source from what orjson made of it."""
    said = wire["said"]
    facts: ResultFacts | SessionFacts | None = None
    if said is not None and "id" in said:
        facts = SessionFacts(
            id=said["id"],
            machine=said["machine"],
            commits=tuple(said["commits"]),
            faults=tuple(said["faults"]),
        )
    elif said is not None:
        facts = ResultFacts(**said)
    return Source(
        kind=wire["kind"],
        path=wire["path"],
        stamp=Stamp(**wire["stamp"]),
        digest=wire["digest"],
        warnings=tuple(wire["warnings"]),
        said=facts,
    )


def _part(wire: Mapping[str, Any]) -> Part:
    """A part from what orjson made of it."""
    return Part(**{**wire, "sources": tuple(wire["sources"]), "files": _files(wire["files"])})


def _files(wire: list[Mapping[str, Any]]) -> tuple[IndexFile, ...]:
    return tuple(IndexFile(**one) for one in wire)
