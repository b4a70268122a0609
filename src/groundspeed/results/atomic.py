"""Replacing a file whole. Owns temporary names; a reader sees the old bytes or the new, never half."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path, PurePath

from groundspeed.errors import StorageError

_PREFIX = ".groundspeed-"
_SUFFIX = ".tmp"  # nothing of ours ends in .json: asv reads every such file


def replace_bytes(path: Path, data: bytes) -> None:
    """Write ``data`` beside ``path``, make it durable, and put it in the place of ``path``.

    Leaves no temporary file behind when the disk refuses or the run is interrupted; ``path`` is
    then untouched. The process id keeps two writers from sharing a temporary file.
    """
    temporary = path.with_name(f"{_PREFIX}{os.getpid()}{_SUFFIX}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise refused(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_output(path: Path, data: bytes) -> None:
    """Write to where a user points: a file is replaced whole, also behind a link; a device or a pipe is
    written into, for whoever replaced /dev/null would have broken the host.
    """
    try:
        special = path.exists() and not (path.is_file() or path.is_dir())
        if not special:
            replace_bytes(path.resolve(), data)
            return
        with path.open("wb") as file:
            file.write(data)
    except OSError as error:
        raise refused(path, error) from error


def replace_changed(path: Path, data: bytes) -> None:
    """Replace a file unless it holds these bytes already: a quiet night changes no file."""
    try:
        if path.read_bytes() == data:
            return
    except OSError:
        pass  # absent or unreadable: the write will tell
    replace_bytes(path, data)


def set_aside(path: Path) -> None:
    """Keep a file that cannot be read beside the place where it stood."""
    try:
        path.replace(path.with_name(f"{path.name}.broken"))
    except OSError as error:
        raise refused(path, error) from error


def sweep(folder: Path) -> None:
    """Remove what a killed writer left in ``folder``. Only the holder of the results lock may."""
    for leftover in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
        with contextlib.suppress(OSError):
            leftover.unlink()


def is_temporary(path: PurePath) -> bool:
    """Whether a writer is at work on this file, or was killed over it."""
    return path.name.startswith(_PREFIX) and path.name.endswith(_SUFFIX)


def refused(path: Path, error: OSError) -> StorageError:
    """The error for a write that the system refused."""
    return StorageError(
        f"{path} could not be written: {error.strerror or error}. "
        "What was recorded before is whole; free space or permissions there, then run again."
    )
