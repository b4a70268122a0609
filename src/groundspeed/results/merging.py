"""Two machines' results made one. Owns what becomes of a file that both have, and differently.

Session files and searches only grow, so the longer one is both of them. asv's files are made again from
the sessions; what no session says anything of is joined row by row. Nothing is ever removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path, PurePosixPath

from groundspeed.errors import StorageError
from groundspeed.results import finds, sessions
from groundspeed.results.asv_files import BrokenFileError, StoredFile, foreign_row, parse, render, row
from groundspeed.results.asv_json import read_exact, write_indented
from groundspeed.results.atomic import is_temporary, replace_bytes
from groundspeed.results.catalog import BENCHMARKS, MACHINE, METRICS, write_catalogs
from groundspeed.results.store import rebuild

_JOURNALS = (sessions.FOLDER, finds.FOLDER)
_DERIVED = (MACHINE, METRICS)  # made again from the sessions
_OURS = ".ours"
_LEFT = (".broken", _OURS)  # endings of what a repair or a merge kept beside


class Changed(StrEnum):
    """Which side's file is another one than when both were last the same; BOTH where nobody knows, too."""

    HERE = "here"
    THERE = "there"
    BOTH = "both"


@dataclass(frozen=True, kw_only=True, slots=True)
class Theirs:
    """A file of the other side that is not ours. ``ours`` is what lies here at its path, None for nothing."""

    path: str
    content: bytes
    ours: bytes | None
    changed: Changed


@dataclass(frozen=True, kw_only=True, slots=True)
class Merged:
    """The paths that hold something else now, and what a person should hear."""

    written: tuple[str, ...]
    warnings: tuple[str, ...]


def result_files(results_dir: Path) -> Mapping[str, Path]:
    """Every file of a results folder by its path in it; without what a writer, repair or merge left."""
    found = sorted(path for path in results_dir.rglob("*") if path.is_file())
    named = {path.relative_to(results_dir).as_posix(): path for path in found}
    return {name: path for name, path in named.items() if belongs(name)}


def belongs(name: str) -> bool:
    """Whether a path inside a results folder is one of its results. Raises StorageError for one outside:
    the branch of somebody else may hold anything.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or {"..", ".git"} & {part.lower() for part in path.parts}:
        raise StorageError(f"A results branch holds {name!r}, which is no place in a results folder.")
    return not (is_temporary(path) or path.name.endswith(_LEFT))


def merge(results_dir: Path, theirs: Iterable[Theirs]) -> Merged:
    """Bring another side's files into ``results_dir`` and make asv's files again from the sessions.

    The caller holds the results lock. Raises StorageError when the disk refuses, and, before anything is
    written, when two session files of one name are different sessions.
    """
    planned = [(one, _merged(one)) for one in theirs]
    news = [(one, content) for one, content in planned if content != one.ours]
    warnings: list[str] = []
    for one, content in news:
        target = results_dir / one.path
        if content is None and one.ours is not None:
            replace_bytes(target.with_name(f"{target.name}{_OURS}"), one.ours)
            warnings.append(f"{target} was changed on both sides: theirs stands, ours is {_OURS} beside it.")
        replace_bytes(target, one.content if content is None else content)
    if planned:
        headers = sessions.read_headers(results_dir)
        newest = {one.name: one for suite in headers for one in suite}  # whoever measured it
        warnings += write_catalogs(results_dir, headers, tuple(newest.values()), earlier={}, now={})
    for machine in sorted({one.path.partition("/")[0] for one, _ in planned}):  # a killed merge left off here
        warnings += rebuild(results_dir, machine)
    return Merged(written=tuple(one.path for one, _ in news), warnings=tuple(warnings))


def _merged(one: Theirs) -> bytes | None:
    """What the file holds afterwards; None where theirs and ours cannot both be had in one file."""
    path = PurePosixPath(one.path)
    if one.ours is None:
        return one.content
    if path.parent.name in _JOURNALS:
        return _longer(path, one.ours, one.content)
    if path.name == BENCHMARKS:
        older, newer = (one.content, one.ours) if one.changed is Changed.HERE else (one.ours, one.content)
        return _joined_definitions(older, newer)
    if path.suffix == ".json" and path.name != MACHINE:
        return _joined_rows(one.ours, one.content)
    if one.changed is Changed.HERE:
        return one.ours
    return one.content if one.changed is Changed.THERE or path.name in _DERIVED else None


def _longer(path: PurePosixPath, ours: bytes, theirs: bytes) -> bytes:
    short, long = sorted((ours, theirs), key=len)
    if not long.startswith(short):
        raise StorageError(
            f"{path} here and on the results branch differ, and neither continues the other: one of them is "
            "damaged. Move ours out of the results, run it again, and compare the two."
        )
    return long


def _joined_definitions(older: bytes, newer: bytes) -> bytes | None:
    try:
        before, after = read_exact(older), read_exact(newer)
    except ValueError:
        return None
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return None
    return write_indented({**before, **after})


def _joined_rows(ours: bytes, theirs: bytes) -> bytes | None:
    """The rows of both; of a row in both the one measured last, which the sessions then correct."""
    try:
        mine, other = parse(ours, exact=True), parse(theirs, exact=True)
    except BrokenFileError:
        return None
    if (mine.commit, mine.environment) != (other.commit, other.environment):
        return None
    files = dict.fromkeys(mine.rows, mine)
    for name in other.rows:
        if name not in files or _started(other, name) >= _started(mine, name):
            files[name] = other
    rows = {name: foreign_row(files[name], name) for name in sorted(files)}
    return render(replace(other, rows=rows, durations={**mine.durations, **other.durations}))


def _started(file: StoredFile, name: str) -> int:
    """When a row was measured, in asv's milliseconds; 0 where it does not say."""
    known = row(file, name)
    return 0 if known is None else known.started_at_ms or 0
