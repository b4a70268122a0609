"""The files that an index is made from, and whether each still is what it was.

A file whose size and times are what they were is taken to be unchanged; otherwise its content decides.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from groundspeed.results.gather import result_paths
from groundspeed.results.sessions import all_session_paths

RESULTS, SESSIONS = "results", "sessions"

_SETTLED_NS = 2_000_000_000
"""A file that changed less than two seconds ago may change again within one tick of the file system's
clock (two seconds on FAT, ten milliseconds elsewhere): its times prove nothing yet. git does the same."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stamp:
    """What a file system says of a file without opening it. Below zero: it says nothing."""

    size: int
    modified_ns: int
    changed_ns: int

    def settled(self, now_ns: int) -> Stamp:
        """Itself, where an equal stamp later on means equal content; else one that equals no file's."""
        late = max(self.modified_ns, self.changed_ns) >= now_ns - _SETTLED_NS
        return UNKNOWN if late else self


UNKNOWN = Stamp(size=-1, modified_ns=-1, changed_ns=-1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A file of the results; ``path`` is relative to them."""

    kind: str
    path: str
    stamp: Stamp

    @property
    def folder(self) -> str:
        """The folder that it stands in."""
        return self.path.rpartition("/")[0]


def walk(results_dir: Path) -> Iterator[Found]:
    """Every result file, then every session file, in the order in which ``read_archive`` reads them."""
    root = str(results_dir)
    for folder, names in result_paths(results_dir):
        for name in names:
            yield _found(RESULTS, root, os.path.join(folder, name))  # noqa: PTH118 - a Path each doubles the walk
    for path in all_session_paths(results_dir):
        yield _found(SESSIONS, root, str(path))


def _found(kind: str, root: str, path: str) -> Found:
    try:
        status = os.stat(path)  # noqa: PTH116 - as above
        stamp = Stamp(size=status.st_size, modified_ns=status.st_mtime_ns, changed_ns=status.st_ctime_ns)
    except OSError:
        stamp = UNKNOWN  # whoever reads it says why
    return Found(kind=kind, path=os.path.relpath(path, root).replace(os.sep, "/"), stamp=stamp)


def digest(data: bytes) -> str:
    """What stands for a file's content: 128 bits of SHA-256, which processors do in hardware (2 GB/s)."""
    return hashlib.sha256(data).hexdigest()[:32]


def digest_of_file(path: Path) -> str:
    """``digest`` of a file; empty where it cannot be read."""
    try:
        return digest(path.read_bytes())
    except OSError:
        return ""
