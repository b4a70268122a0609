"""Opening an index: brought up to date where that can be, and without one where it cannot.

Owns the lock of the folder. Whoever has an index open holds it together with others; who is alone may
remove files that no manifest names any more. Nobody waits for long: two may refresh at once.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
import weakref
from pathlib import Path

from groundspeed.errors import StorageError
from groundspeed.results.archive import read_catalog
from groundspeed.results.index.answers import DERIVED, Index
from groundspeed.results.index.columnar import ColumnarIndex
from groundspeed.results.index.direct import DirectIndex
from groundspeed.results.index.manifest import NAME, Manifest, UnfitError
from groundspeed.results.index.refresh import refreshed

LOCK, IGNORE = "lock", ".gitignore"
_PATIENCE_S = 10.0
"""How long to wait for another's first reading, which takes seconds; after that both read."""


def open_index(results_dir: Path, folder: Path) -> Index:
    """The index of ``results_dir``, kept under ``folder`` and brought up to date. An absent folder is empty.

    Never fails for want of an index: where the disk refuses, the results are read without one, and the
    warnings say so.
    """
    catalog = read_catalog(results_dir)
    _keep_from_git(folder)
    lock = _Lock(folder / LOCK)
    try:
        manifest = refreshed(results_dir, folder, catalog)
    except (StorageError, UnfitError, UnicodeError) as error:
        lock.release()
        return DirectIndex(results_dir, folder, f"The results are read without an index: {error}")
    if lock.alone:
        _sweep(folder, manifest)
    lock.share()
    index = ColumnarIndex(results_dir, folder, manifest, catalog)
    weakref.finalize(index, lock.release)
    return index


def _keep_from_git(folder: Path) -> None:
    """Who only asks a history finds nothing new in git afterwards, whatever the project ignores."""
    path = folder / IGNORE
    if not path.exists():
        with contextlib.suppress(OSError):  # what is written next will say why
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text("*\n", encoding="ascii")


class _Lock:
    """The lock file, held alone when nobody else has the index open, else with others. None: not at all."""

    def __init__(self, path: Path) -> None:
        self.alone = False
        self._descriptor = _open(path)
        if self._descriptor is not None:
            self.alone = _taken(self._descriptor, fcntl.LOCK_EX)
            if not self.alone:
                self._wait()

    def _wait(self) -> None:
        """Until whoever holds it alone is done."""
        assert self._descriptor is not None
        until = time.monotonic() + _PATIENCE_S
        while not _taken(self._descriptor, fcntl.LOCK_SH) and time.monotonic() < until:
            time.sleep(0.02)

    def share(self) -> None:
        """Let others in."""
        if self._descriptor is not None and self.alone:
            _taken(self._descriptor, fcntl.LOCK_SH)

    def release(self) -> None:
        """Let go; may be said twice."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)


def _open(path: Path) -> int | None:
    """The lock file; None where there is none and none can be made: what is written will say why."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    with contextlib.suppress(OSError):
        return os.open(path, os.O_RDONLY)
    return None


def _taken(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _sweep(folder: Path, manifest: Manifest) -> None:
    """Remove what neither the manifest names nor anybody has open. Values derived from series stay."""
    named = {NAME, LOCK, IGNORE, *(one.path for one in manifest.files())}
    for root, folders, names in os.walk(folder, topdown=True):
        if Path(root) == folder and DERIVED in folders:
            folders.remove(DERIVED)
        for name in names:
            path = Path(root) / name
            if path.relative_to(folder).as_posix() not in named:
                with contextlib.suppress(OSError):
                    path.unlink()
