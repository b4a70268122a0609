"""Searches for a culprit as they are kept: ``results/<machine>/finds/<UTC>-<8 hex>.jsonl``, one each.

Such a file is the journal of its search: a header, each build and each process as a session file has them,
safe before the next one starts, and at last what the search came to. One without that last line was
interrupted and goes on from there. The format is written down in docs/find.md.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from groundspeed.errors import GroundspeedError
from groundspeed.records import Build, Case, Commit, Run
from groundspeed.results.atomic import refused
from groundspeed.results.found import Found, commit_wire, found_wire, parse_commit, parse_found
from groundspeed.results.session_lines import item_line, parse_item
from groundspeed.results.session_wire import from_line, parse_time, time_text, to_line

FOLDER = "finds"
FORMAT, MAJOR, MINOR = "groundspeed-find", 1, 0
_ENDING = ".jsonl"


class FindFormatError(GroundspeedError):
    """A file of a search is not one, or is newer than this groundspeed understands."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a search is about: the header of its file.

    ``commits`` are the range, oldest first; the first one is the old end. ``case`` and ``version`` are of
    the benchmark, ``metric`` is empty for the main one; ``direction`` is worse, better or any. ``merge`` is
    the hash of the merge inside of which it searches, empty for none. ``command`` asks it again.
    """

    started_at: datetime
    machine: str
    environment: str
    case: Case
    version: str
    metric: str
    direction: str
    confidence: float
    merge: str
    commits: tuple[Commit, ...]
    command: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A build or a process, and the sitting (one invocation's part) that it belongs to."""

    sitting: str
    item: Build | Run


@dataclass(frozen=True, kw_only=True, slots=True)
class FindFile:
    """A search as far as it came; ``found`` is None where it did not end."""

    path: Path
    asked: Asked
    entries: tuple[Entry, ...]
    found: Found | None


class Journal:
    """A file that grows. Each line is on the disk when the call returns; raises ``StorageError``."""

    def __init__(self, path: Path, asked: Asked) -> None:
        """Begin the file, or go on with it: half a line that a killed writer left goes first."""
        self.path = path
        self._sitting = ""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("ab")
            if whole := _whole_bytes(path):
                self._file.truncate(whole)
            else:
                self._file.truncate(0)
                self._append(to_line(_asked_wire(asked)))
        except OSError as error:
            raise refused(path, error) from error

    def add(self, entry: Entry) -> None:
        """A build or a process."""
        if entry.sitting != self._sitting:
            self._append(to_line({"type": "sitting", "sitting": entry.sitting}))
            self._sitting = entry.sitting
        self._append(item_line(entry.item))

    def conclude(self, found: Found) -> None:
        """What it came to."""
        self._append(to_line({"type": "found", **found_wire(found)}))

    def close(self) -> None:
        """No more lines come."""
        self._file.close()

    def _append(self, line: bytes) -> None:
        try:
            self._file.write(line)
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise refused(self.path, error) from error


def find_paths(machine_folder: Path) -> list[Path]:
    """A machine's searches, oldest first (the names begin with the time)."""
    return sorted((machine_folder / FOLDER).glob(f"*{_ENDING}"))


def path_of(machine_folder: Path, asked: Asked, key: str) -> Path:
    """Where a search goes that begins now; ``key`` are eight digits that stand for what it asks."""
    return machine_folder / FOLDER / f"{asked.started_at:%Y%m%dT%H%M%SZ}-{key}{_ENDING}"


def newest_of(machine_folder: Path, key: str) -> Path | None:
    """The newest search that asks the same; None where there is none."""
    found = sorted((machine_folder / FOLDER).glob(f"*-{key}{_ENDING}"))
    return found[-1] if found else None


def stored_finds(results_dir: Path) -> tuple[FindFile, ...]:
    """Every search of every machine that can be read, without what it measured."""
    found = []
    for path in sorted(results_dir.glob(f"*/{FOLDER}/*{_ENDING}")):
        try:
            found.append(read_find(path, measured=False))
        except FindFormatError:
            continue  # the command that asks it again says so
    return tuple(found)


def read_find(path: Path, *, measured: bool = True) -> FindFile:
    """A search; without its builds and processes where ``measured`` is false. Raises ``FindFormatError``.

    A last line without its end is left out.
    """
    try:
        lines = path.read_bytes()[: _whole_bytes(path)].splitlines()
        asked = _parse_asked(from_line(lines[0]) if lines else {})
        entries, found = tuple(_entries(lines[1:] if measured else [])), _found(lines[-1])
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise FindFormatError(
            f"{path} is no search that this groundspeed can read ({error!r}). Restore it from git, or move "
            "it away."
        ) from error
    return FindFile(path=path, asked=asked, entries=entries, found=found)


def _whole_bytes(path: Path) -> int:
    """How many bytes are whole lines."""
    return path.read_bytes().rfind(b"\n") + 1 if path.exists() else 0


def _entries(lines: list[bytes]) -> Iterator[Entry]:
    sitting = ""
    for line in lines:
        wire = from_line(line)
        if wire["type"] == "sitting":
            sitting = str(wire["sitting"])
        elif wire["type"] != "found":
            item = parse_item(line)
            if isinstance(item, Build | Run):
                yield Entry(sitting=sitting, item=item)


def _found(line: bytes) -> Found | None:
    wire = from_line(line)
    return parse_found(wire) if wire["type"] == "found" else None


def _asked_wire(asked: Asked) -> dict[str, Any]:
    return {
        "type": "find",
        "format": FORMAT,
        "version": f"{MAJOR}.{MINOR}",
        "started_at": time_text(asked.started_at),
        "machine": asked.machine,
        "environment": asked.environment,
        "benchmark": asked.case.benchmark,
        "params": list(asked.case.params),
        "benchmark_version": asked.version,
        "metric": asked.metric,
        "direction": asked.direction,
        "confidence": asked.confidence,
        "merge": asked.merge,
        "command": asked.command,
        "commits": [commit_wire(one) for one in asked.commits],
    }


def _parse_asked(wire: dict[str, Any]) -> Asked:
    if wire["format"] != FORMAT or int(wire["version"].partition(".")[0]) != MAJOR:
        raise ValueError(f"format {wire['format']} {wire['version']}, not {FORMAT} {MAJOR}")
    return Asked(
        started_at=parse_time(wire["started_at"]),
        machine=wire["machine"],
        environment=wire["environment"],
        case=Case(benchmark=wire["benchmark"], params=tuple(wire["params"])),
        version=wire["benchmark_version"],
        metric=wire["metric"],
        direction=wire["direction"],
        confidence=wire["confidence"],
        merge=wire["merge"],
        command=wire["command"],
        commits=tuple(parse_commit(one) for one in wire["commits"]),
    )
