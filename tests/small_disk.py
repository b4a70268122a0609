"""A disk of a few megabytes that really gets full: a file system in memory that only one process sees.

Owns the forking, the mounting and the filling. The process may mount because it is alone in namespaces of its
own (unshare(2)), which needs no rights; where the host forbids them the test is skipped and says so.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

T = TypeVar("T")

PAGE = 4096
"""The file system in memory hands out room by pages."""

_NEW_USER, _NEW_MOUNTS = 0x10000000, 0x00020000  # CLONE_NEWUSER, CLONE_NEWNS of sched.h
_FORBIDDEN = "this host lets nobody make namespaces of his own (user.max_user_namespaces, seccomp)"


def on_a_small_disk(folder: Path, size_bytes: int, do: Callable[[Path], T]) -> T:
    """What ``do`` returns of ``folder``, an empty disk of so many bytes, in a child of this process.

    It must be possible to pickle it. What the child raises fails the test with the child's traceback.
    """
    folder.mkdir(parents=True, exist_ok=True)
    read_end, write_end = os.pipe()
    with warnings.catch_warnings():
        # Python 3.12 warns where other threads run (pytest-xdist has one): the child needs none of them
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        os.close(read_end)
        with os.fdopen(write_end, "wb") as answer:
            pickle.dump(_answer(folder, size_bytes, do), answer)
        os._exit(0)  # nothing of this process's end is the child's to do
    os.close(write_end)
    with os.fdopen(read_end, "rb") as answers:
        said = answers.read()
    os.waitpid(child, 0)
    kind, value = pickle.loads(said)
    if kind == "skipped":
        pytest.skip(value)
    assert kind == "done", f"on the small disk:\n{value}"
    result: T = value
    return result


def leave(folder: Path, pages: int) -> None:
    """Fill the disk of ``folder`` until so many pages are free; what was filled before counts."""
    filler = folder / "filler"
    filler.unlink(missing_ok=True)
    free = os.statvfs(folder).f_bavail - pages
    assert free >= 0, "the disk is too small for this"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free * PAGE)
    assert os.statvfs(folder).f_bavail == pages


def free(folder: Path) -> None:
    """Make room again."""
    (folder / "filler").unlink()


def _answer(folder: Path, size_bytes: int, do: Callable[[Path], Any]) -> tuple[str, Any]:
    try:
        _mount(folder, size_bytes)
    except (OSError, AttributeError) as error:  # forbidden, or a C library that has no such call
        return "skipped", f"{_FORBIDDEN}: {error}"
    try:
        return "done", do(folder)
    except BaseException:  # whatever it is, the parent is to hear of it
        return "failed", traceback.format_exc()


def _mount(folder: Path, size_bytes: int) -> None:
    who, group = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    _check(libc.unshare(_NEW_USER | _NEW_MOUNTS))
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{who} {who} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    options = f"size={size_bytes}".encode()
    _check(libc.mount(b"none", bytes(folder), b"tmpfs", 0, options))


def _check(code: int) -> None:
    if code:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
