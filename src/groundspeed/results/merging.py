"""Two machines' results made one. Owns what becomes of a file that both have, and differently.

Session files and searches only grow, so the longer one is both of them. asv's files are made again from
the sessions; what no session says anything of is joined row by row. Nothing is ever removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from groundspeed.errors import StorageError
from groundspeed.results import finds, sessions
from groundspeed.results.asv_files import BrokenFileError, foreign_row, parse, render
from groundspeed.results.asv_json import read_exact, write_indented
from groundspeed.results.atomic import is_temporary, replace_bytes
from groundspeed.results.catalog import BENCHMARKS, MACHINE, METRICS, write_catalogs
from groundspeed.results.store import rebuild

_JOURNALS = (sessions.FOLDER, finds.FOLDER)
_DERIVED = (MACHINE, METRICS)  # made again from the sessions
_OURS = ".ours"
_LEFT = (".broken", _OURS)  # endings of what a repair or a merge kept beside


@dataclass(frozen=True, kw_only=True, slots=True)
class Theirs:
    """A file of the other side that is not ours. ``ours`` is what lies here at its path, None for nothing.

    ``unchanged`` tells whether ours is what both sides held when they last exchanged.
    """

    path: str
    content: bytes
    ours: bytes | None
    unchanged: bool


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


def merge(results_dir: Path, theirs: Iterable[Theirs]) -> tuple[str, ...]:
    """Bring another side's files into ``results_dir`` and make asv's files again from the sessions; warnings.

    The caller holds the results lock. Raises StorageError when the disk refuses, and, before anything is
    written, when two session files of one name are different sessions.
    """
    planned = [(one, _merged(one)) for one in theirs]
    warnings = []
    for one, content in planned:
        target = results_dir / one.path
        if content is None and one.ours is not None:
            replace_bytes(target.with_name(f"{target.name}{_OURS}"), one.ours)
            warnings.append(f"{target} was changed on both sides: theirs stands, ours is {_OURS} beside it.")
        replace_bytes(target, one.content if content is None else content)
    headers = sessions.read_headers(results_dir)
    newest = {one.name: one for suite in headers for one in suite}  # whoever measured it
    warnings += write_catalogs(results_dir, headers, tuple(newest.values()), earlier={}, now={})
    for machine in sorted({one.path.partition("/")[0] for one, _ in planned}):
        warnings += rebuild(results_dir, machine)
    return tuple(warnings)


def _merged(one: Theirs) -> bytes | None:
    """What the file holds afterwards; None where theirs and ours cannot both be had in one file."""
    path = PurePosixPath(one.path)
    if one.ours is None or one.unchanged or path.name in _DERIVED:
        return one.content
    if path.parent.name in _JOURNALS:
        return _longer(path, one.ours, one.content)
    if path.name == BENCHMARKS:
        return _joined_definitions(one.ours, one.content)
    return _joined_rows(one.ours, one.content) if path.suffix == ".json" else None


def _longer(path: PurePosixPath, ours: bytes, theirs: bytes) -> bytes:
    short, long = sorted((ours, theirs), key=len)
    if not long.startswith(short):
        raise StorageError(
            f"{path} here and on the results branch differ, and neither continues the other: one of them is "
            "damaged. Move ours out of the results, run it again, and compare the two."
        )
    return long


def _joined_definitions(ours: bytes, theirs: bytes) -> bytes | None:
    try:
        mine, other = read_exact(ours), read_exact(theirs)
    except ValueError:
        return None
    return write_indented({**mine, **other}) if isinstance(mine, dict) and isinstance(other, dict) else None


def _joined_rows(ours: bytes, theirs: bytes) -> bytes | None:
    """The rows of both; of a row in both theirs, which the sessions then correct."""
    try:
        mine, other = parse(ours, exact=True), parse(theirs, exact=True)
    except BrokenFileError:
        return None
    if (mine.commit, mine.environment) != (other.commit, other.environment):
        return None
    rows = {name: foreign_row(file, name) for file in (mine, other) for name in file.rows}
    return render(replace(other, rows=rows, durations={**mine.durations, **other.durations}))
