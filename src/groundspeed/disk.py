"""How much room there is on a disk. Owns the looking and the one limit; writes and removes nothing."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

LEAST_FREE_BYTES = 1_000_000_000
"""Below it a disk is nearly full. An environment with numpy and scipy takes 160 MB, one with a large
framework several hundred, and its downloads as much again while it is made; all else is smaller."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Disk:
    """A file system, as whoever is not the superuser may fill it. ``places`` are what was asked for there."""

    places: tuple[str, ...]
    free_bytes: int
    total_bytes: int

    @property
    def nearly_full(self) -> bool:
        """Whether the next thing that is built may not fit."""
        return self.free_bytes < LEAST_FREE_BYTES


def disks(places: Mapping[str, Path]) -> tuple[Disk, ...]:
    """The file systems that ``places`` (by name) lie on, or will when they are made; each once.

    What cannot be looked at is left out: who writes there will be told.
    """
    found: dict[int, list[tuple[str, Path]]] = {}
    for name, path in places.items():
        try:
            there = next(one for one in (path.absolute(), *path.absolute().parents) if one.exists())
            found.setdefault(there.stat().st_dev, []).append((name, there))
        except OSError:
            continue
    return tuple(_disk(each) for each in found.values())


def nearly_full(path: Path) -> bool:
    """Whether what ``path`` lies on, or will, is nearly full."""
    return any(one.nearly_full for one in disks({"": path}))


def full(path: Path) -> bool:
    """Whether there is no room at all on what ``path`` lies on: who failed to write there needs no words."""
    return any(not one.free_bytes for one in disks({"": path}))


def lack_of_room(said: str, *paths: Path) -> str:
    """The line in which a foreign program says (in English) that there was no room; empty where it failed for
    another reason.

    No error number comes back from it, and its words alone decide nothing: the room on the disks of
    ``paths`` is a fact, and the words tell such a failure from any other while there is little.
    """
    if not any(nearly_full(path) for path in paths):
        return ""
    words = [os.strerror(code) for code in (errno.ENOSPC, errno.EDQUOT)]
    lines = [line.strip() for line in said.splitlines()]
    return next((line for line in reversed(lines) if any(word in line for word in words)), "")


def _disk(places: list[tuple[str, Path]]) -> Disk:
    usage = shutil.disk_usage(places[0][1])
    return Disk(places=tuple(name for name, _ in places), free_bytes=usage.free, total_bytes=usage.total)
