"""What the workspace keeps of builds: environments, wheels, downloads; how large, and what goes first.

Owns the layout below ``.groundspeed/`` and the removing; makes nothing. Callers hold the lock when they
remove. A size is what removing frees: a file that uv links from its download cache counts there, once,
and not in the environments that share it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from groundspeed.suite.isolation import bytecode_folder

READY = "ready.json"
FORMAT = 2  # of ready.json; an environment of another format is made again
_BLOCK = 512  # bytes, st_blocks counts in them (POSIX)


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """One environment of the cache. ``wheel`` is the key of the wheel that it was installed from.

    ``size_bytes`` is what its removal frees; ``identity`` as in ``records.Build``.
    """

    commit: str
    environment: str
    path: Path
    size_bytes: int
    used_at: datetime
    wheel: str | None
    identity: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Stock:
    """Everything that is kept, the environment used last first."""

    environments: tuple[Kept, ...]
    wheels: int
    wheels_bytes: int
    downloads_bytes: int

    @property
    def total_bytes(self) -> int:
        """All of it, each file once."""
        return sum(one.size_bytes for one in self.environments) + self.wheels_bytes + self.downloads_bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What may stay: so many bytes in all, and nothing that was not used for so long."""

    size_bytes: int
    age: timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class Freed:
    """What was removed."""

    environments: int
    wheels: int
    downloads: bool
    freed_bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _Item:
    path: Path
    size_bytes: int
    used_at: datetime


def environments_folder(workspace: Path) -> Path:
    """Where environments lie: ``<commit>/<environment>/``."""
    return workspace / "environments"


def wheels_folder(workspace: Path) -> Path:
    """Where wheels lie: ``<key>/<wheel>``."""
    return workspace / "wheels"


def worktrees_folder(workspace: Path) -> Path:
    """Where environments of working trees lie while they are used."""
    return workspace / "worktrees"


def downloads_folder(workspace: Path) -> Path:
    """What uv and pip keep of what they fetched and built."""
    return workspace / "home" / ".cache"


def read_ready(folder: Path) -> Mapping[str, Any] | None:
    """What stands in an environment's ready.json; None when it is half made, or of another format."""
    try:
        ready: Mapping[str, Any] = json.loads((folder / READY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return ready if ready.get("format") == FORMAT else None


def write_ready(folder: Path, ready: Mapping[str, Any]) -> None:
    """Say that an environment stands. Only this makes it one."""
    beside = folder / f".{READY}.{os.getpid()}"
    whole = {"format": FORMAT, "size_bytes": size_of(folder), **ready}
    beside.write_text(json.dumps(whole), encoding="utf-8")
    beside.replace(folder / READY)


def stock(workspace: Path) -> Stock:
    """Everything that is kept. Environments that are half made are not in it."""
    environments = sorted(_environments(workspace), key=lambda one: one.used_at, reverse=True)
    wheels = _wheels(workspace)
    return Stock(
        environments=tuple(environments),
        wheels=len(wheels),
        wheels_bytes=sum(one.size_bytes for one in wheels),
        downloads_bytes=size_of(downloads_folder(workspace), shared=True),
    )


def clean(workspace: Path, limits: Limits, spared: Collection[Path] = ()) -> Freed:
    """Remove what a killed run left, then what is over the limits. Nothing may be building."""
    sweep_leftovers(workspace, spared)
    return trim(workspace, limits, datetime.now(UTC), spared)


def trim(workspace: Path, limits: Limits, now: datetime, spared: Collection[Path] = ()) -> Freed:
    """Remove what was not used for longer than the age, then what was used least recently, until the rest
    is small enough. ``spared`` folders stay; the downloads count and go last, as a whole."""
    items = [
        _Item(path=one.path, size_bytes=one.size_bytes, used_at=one.used_at)
        for one in _environments(workspace)
    ]
    items = sorted([*items, *_wheels(workspace)], key=lambda one: one.used_at)
    downloads = _Item(
        path=downloads_folder(workspace),
        size_bytes=size_of(downloads_folder(workspace), shared=True),
        used_at=now,
    )
    total = sum(one.size_bytes for one in items) + downloads.size_bytes
    removed: list[_Item] = []
    for item in (*items, downloads):
        if item.path in spared:
            continue
        if total > limits.size_bytes or now - item.used_at > limits.age:
            removed.append(item)
            total -= item.size_bytes
    for item in removed:
        remove(item.path)
    wheels = sum(item.path.parent == wheels_folder(workspace) for item in removed)
    downloaded = downloads in removed
    return Freed(
        environments=len(removed) - wheels - downloaded,
        wheels=wheels,
        downloads=downloaded,
        freed_bytes=sum(item.size_bytes for item in removed),
    )


def sweep_leftovers(workspace: Path, spared: Collection[Path] = ()) -> None:
    """Remove what a killed run left: environments half made, throw-away ones, parts of wheels, lock files,
    and the bytecode of environments that are gone.

    Nothing may be building; ``spared`` are folders in use.
    """
    for folder in environments_folder(workspace).glob("*/*"):
        if folder not in spared and read_ready(folder) is None:
            remove(folder)
    for folder in worktrees_folder(workspace).glob("*"):
        if not any(path.is_relative_to(folder) for path in spared):
            remove(folder)
    for part in wheels_folder(workspace).glob(".*"):
        remove(part)
    for lock in wheels_folder(workspace).glob("*.lock"):
        lock.unlink(missing_ok=True)
    kept = environments_folder(workspace)
    compiled = bytecode_folder(workspace) / kept.relative_to(kept.anchor)
    for folder in compiled.glob("*/*"):
        if not (kept / folder.relative_to(compiled)).is_dir():
            remove(folder)


def remove(folder: Path) -> None:
    """Remove a folder, out of the way at once: killed half way, it is no environment any more."""
    with contextlib.suppress(OSError):
        (folder / READY).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):  # another environment of the commit is kept
        folder.parent.rmdir()


def size_of(folder: Path, *, shared: bool = False) -> int:
    """Bytes on disk below ``folder``, each file once; those linked from elsewhere only when ``shared``."""
    seen: dict[tuple[int, int], list[int]] = {}
    for status in _statuses(folder):
        links = seen.setdefault((status.st_dev, status.st_ino), [0, status.st_nlink, status.st_blocks])
        links[0] += 1
    return _BLOCK * sum(blocks for found, links, blocks in seen.values() if shared or found == links)


def _statuses(folder: Path) -> Iterator[os.stat_result]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        with contextlib.suppress(OSError):  # somebody removed it meanwhile
            if entry.is_dir(follow_symlinks=False):
                yield from _statuses(Path(entry.path))
            else:
                yield entry.stat(follow_symlinks=False)


def _environments(workspace: Path) -> Iterator[Kept]:
    for folder in environments_folder(workspace).glob("*/*"):
        ready = read_ready(folder)
        if ready is not None:
            yield Kept(
                commit=ready["commit"],
                environment=folder.name,
                path=folder,
                size_bytes=ready["size_bytes"],
                used_at=_used_at(folder / READY),
                wheel=ready["wheel"],
                identity=ready["identity"],
            )


def _wheels(workspace: Path) -> list[_Item]:
    return [
        _Item(path=folder, size_bytes=size_of(folder), used_at=_used_at(folder))
        for folder in wheels_folder(workspace).glob("[!.]*")
        if folder.is_dir()
    ]


def _used_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
