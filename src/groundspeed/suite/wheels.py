"""Wheels by what they were made of, under ``.groundspeed/wheels``: a content is built once.

Owns the folder's layout, ``<key>/<the wheel's own name>``, and that two builds never make the same key at
once: the second waits and finds the first one's wheel. Knows no asv and does not build.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


def wheel_key(made_of: Mapping[str, Any]) -> str:
    """The key of a wheel: a digest of everything that decides what is built (docs/environments.md)."""
    return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()[:32]


@contextlib.contextmanager
def held(folder: Path, key: str) -> Iterator[None]:
    """Nobody else builds ``key`` meanwhile. The kernel's lock: a killed build leaves none behind."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{key}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def take(folder: Path, key: str, where: Path) -> Path | None:
    """Put the wheel of ``key`` into the folder ``where``; None when there is none. Marks it as used."""
    for wheel in (folder / key).glob("*.whl"):
        os.utime(folder / key)
        _copy(wheel, where / wheel.name)
        return where / wheel.name
    return None


def keep(folder: Path, key: str, wheel: Path) -> None:
    """Keep a wheel that was just built; what is read there is whole, or not there."""
    beside = folder / f".{key}.{os.getpid()}"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    _copy(wheel, beside / wheel.name)
    shutil.rmtree(folder / key, ignore_errors=True)
    beside.replace(folder / key)


def _copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copy2(source, target)
