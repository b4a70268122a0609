"""A lock that one process holds, on a results folder or a host. Owns its text; the lock is the kernel's.

``flock`` dies with its process, so a crash leaves nothing to clean up.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from groundspeed.errors import LockedError, StorageError


@contextlib.contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Hold the lock file ``path`` while inside; LockedError names the holder when it is taken.

    The file stays behind, empty: removing it would let a third process lock a name that a second
    one still waits for. Python opens files close-on-exec, so no child keeps the lock alive.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = _open(path)
    except OSError as error:
        raise StorageError(
            f"The lock file {path} cannot be opened: {error.strerror or error}. "
            "Make its folder writable, then run again."
        ) from error
    try:
        _take(descriptor, path)
        yield
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except PermissionError:  # another user's, in a shared folder: it can be locked all the same
        return os.open(path, os.O_RDONLY)


def _take(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(descriptor, 4096, 0).decode("utf-8", "replace").strip()
        raise LockedError(
            f"Another run holds the lock {path}: {holder or 'its holder has not said who it is'}. "
            "Wait until it ends, or stop that process; the lock goes with it."
        ) from error
    with contextlib.suppress(OSError):  # a full disk: the lock holds all the same, unnamed
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, _who().encode("utf-8", "replace"), 0)


def _who() -> str:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return f"process {os.getpid()} since {since} ({' '.join(sys.argv)})\n"
