"""What the workspace keeps and could make again: environments, wheels, downloads; how large, what goes first.

Owns the removing below ``.groundspeed/``; makes nothing. Callers hold the lock when they remove. A size is
what removing frees: a file that uv links from its download cache counts there, once, and not in the
environments that share it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from groundspeed.disk import nearly_full
from groundspeed.suite.isolation import bytecode_folder

READY = "ready.json"
FORMAT = 2  # of ready.json; an environment of another format is made again
_BLOCK = 512  # bytes, st_blocks counts in them (POSIX)


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """One environment of the cache. ``wheel`` is the key of the wheel that it was installed from.

    ``size_bytes`` is what its removal frees, its bytecode included; ``identity`` as in ``records.Build``.
    """

    commit: str
    environment: str
    path: Path
    size_bytes: int
    used_at: datetime
    wheel: str | None
    identity: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """Something else below the workspace that grows; of the kinds that ``_PARTS`` and ``_STAYING`` name."""

    name: str
    size_bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Stock:
    """Everything that is kept, the environment used last first.

    ``parts`` are made again when they are missing, and count; ``staying`` are not removed for room.
    """

    environments: tuple[Kept, ...]
    wheels: int
    wheels_bytes: int
    parts: tuple[Part, ...]
    staying: tuple[Part, ...]

    @property
    def total_bytes(self) -> int:
        """All that the limits hold, each file once."""
        beside = sum(one.size_bytes for one in self.parts)
        return sum(one.size_bytes for one in self.environments) + self.wheels_bytes + beside


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What may stay: so many bytes in all, and nothing that was not used for so long.

    ``results_age`` holds for measurements of what is no commit; there is no limit to their size.
    """

    size_bytes: int
    age: timedelta
    results_age: timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class Freed:
    """What was removed. ``results`` counts files of measurements of what is no commit."""

    environments: int
    wheels: int
    parts: tuple[str, ...]
    results: int
    freed_bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _Item:
    """What goes as one: ``paths`` are folders or files, the first of them names it."""

    paths: tuple[Path, ...]
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


def outside_results(workspace: Path) -> Path:
    """Where measurements of what is no commit are recorded (``measure.outside`` writes them)."""
    return workspace / "results"


def work_folder(workspace: Path) -> Path:
    """Where cases run while a session goes on (``measure.frame`` makes and removes it)."""
    return workspace / "work"


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
        parts=_parts(workspace, environments),
        staying=tuple(_part(name, paths(workspace)) for name, paths in _STAYING.items()),
    )


def clean(workspace: Path, limits: Limits, spared: Collection[Path] = ()) -> Freed:
    """Remove what a killed run left, then what is over the limits. Nothing may be building."""
    sweep_leftovers(workspace, spared)
    return trim(workspace, limits, datetime.now(UTC), spared)


def trim(workspace: Path, limits: Limits, now: datetime, spared: Collection[Path] = ()) -> Freed:
    """Remove what was not used for longer than the age, then what was used least recently, until the rest
    is small enough. ``spared`` folders stay; the other parts count and go last, each as a whole, and while
    something is spared only the downloads do: an environment may need the rest.
    """
    environments = list(_environments(workspace))
    wheels = _wheels(workspace)
    parts = [
        _Item(paths=_PARTS[one.name](workspace), size_bytes=one.size_bytes, used_at=now)
        for one in _parts(workspace, environments)
    ]
    kept = [_item_of(one, workspace) for one in environments]
    items = [*sorted([*kept, *wheels], key=lambda one: one.used_at), *parts]
    needed = [path for one in parts[:-1] for path in one.paths] if spared else []
    going = _over(items, limits, now, {*spared, *needed})
    for item in going:
        for path in item.paths:
            remove(path)
    results = _expired(workspace, now - limits.results_age)
    freed = sum(item.size_bytes for item in going) + sum(_remove_file(path) for path in results)
    return Freed(
        environments=sum(item in going for item in kept),
        wheels=sum(item in going for item in wheels),
        parts=tuple(
            name for name, item in zip(_PARTS, parts, strict=True) if item in going and item.size_bytes
        ),
        results=len(results),
        freed_bytes=freed,
    )


def sweep_leftovers(workspace: Path, spared: Collection[Path] = ()) -> None:
    """Remove what a killed run left: environments half made, throw-away ones, parts of wheels, lock files,
    the folder that cases ran in, and the bytecode of folders that are gone.

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
    if not spared:  # a session that goes on has its cases there
        remove(work_folder(workspace))
    if nearly_full(workspace):  # it may have been full, and left parts of files (isolation.worker_variables)
        remove(bytecode_folder(workspace))
    _sweep_bytecode(bytecode_folder(workspace))


def remove(folder: Path) -> None:
    """Remove a folder, out of the way at once: killed half way, it is no environment any more. Or a file."""
    with contextlib.suppress(OSError):
        (folder / READY).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):  # a folder, and it is gone; else a file or a link
        folder.unlink()
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
                size_bytes=ready["size_bytes"] + size_of(_compiled(workspace, folder)),
                used_at=_used_at(folder / READY),
                wheel=ready["wheel"],
                identity=ready["identity"],
            )


def _item_of(one: Kept, workspace: Path) -> _Item:
    paths = one.path, _compiled(workspace, one.path)
    return _Item(paths=paths, size_bytes=one.size_bytes, used_at=one.used_at)


def _wheels(workspace: Path) -> list[_Item]:
    return [
        _Item(paths=(folder,), size_bytes=size_of(folder), used_at=_used_at(folder))
        for folder in wheels_folder(workspace).glob("[!.]*")
        if folder.is_dir()
    ]


def _home(workspace: Path) -> tuple[Path, ...]:
    """What builds and measured code left in their home beside downloads, such as interpreters."""
    downloads = downloads_folder(workspace)
    return tuple(path for path in downloads.parent.glob("*") if path != downloads)


# What else grows and is made again, what costs least first: it is removed in this order, the downloads last.
_PARTS: Mapping[str, Callable[[Path], tuple[Path, ...]]] = {
    "viewer": lambda workspace: (workspace / "viewer",),
    "tools": lambda workspace: (workspace / "tools",),
    "bytecode": lambda workspace: (bytecode_folder(workspace),),
    "home": _home,
    "downloads": lambda workspace: (downloads_folder(workspace),),
}
# The index is as large as its results make it, and a reader may have it open. Results are nobody's to remove
# for room: of what is no commit they end by their age.
_STAYING: Mapping[str, Callable[[Path], tuple[Path, ...]]] = {
    "index": lambda workspace: (workspace / "index", workspace / "index-outside"),
    "results": lambda workspace: (outside_results(workspace),),
}


def _parts(workspace: Path, environments: Iterable[Kept]) -> tuple[Part, ...]:
    """In the order of ``_PARTS``. Bytecode that goes with its environment counts there."""
    with_theirs = sum(size_of(_compiled(workspace, one.path)) for one in environments)
    found = (_part(name, paths(workspace)) for name, paths in _PARTS.items())
    return tuple(
        replace(one, size_bytes=one.size_bytes - with_theirs) if one.name == "bytecode" else one
        for one in found
    )


def _part(name: str, paths: Iterable[Path]) -> Part:
    return Part(name=name, size_bytes=sum(size_of(path, shared=name == "downloads") for path in paths))


def _over(items: Iterable[_Item], limits: Limits, now: datetime, staying: Collection[Path]) -> list[_Item]:
    """What is to go of ``items``, which are in the order of their going."""
    items = list(items)
    total = sum(one.size_bytes for one in items)
    going = []
    for item in items:
        if staying and any(path in staying for path in item.paths):
            continue
        if total > limits.size_bytes or now - item.used_at > limits.age:
            going.append(item)
            total -= item.size_bytes
    return going


def _expired(workspace: Path, before: datetime) -> list[Path]:
    """Files of measurements of what is no commit, last written before a moment: they name code that nobody
    can check out, or pairs of commits that a gate asked for.
    """
    found = outside_results(workspace).glob("*/**/*")
    return [
        path for path in found if path.is_file() and path.name != "machine.json" and _used_at(path) < before
    ]


def _remove_file(path: Path) -> int:
    size_bytes = path.lstat().st_size
    path.unlink(missing_ok=True)
    return size_bytes


def _compiled(workspace: Path, folder: Path) -> Path:
    """Where interpreters keep what they compiled of a folder's modules."""
    return bytecode_folder(workspace) / folder.absolute().relative_to(folder.absolute().anchor)


def _sweep_bytecode(compiled: Path) -> None:
    """Remove what was compiled of folders that are gone."""
    for place, names, _ in os.walk(compiled):
        for name in tuple(names):
            folder = Path(place, name)
            if not (Path(folder.anchor) / folder.relative_to(compiled)).is_dir():
                names.remove(name)
                remove(folder)


def _used_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
