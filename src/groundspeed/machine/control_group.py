"""The limits that a container or service puts on this process: its control group, versions 1 and 2.

Owns where the kernel keeps them. A limit of a group above holds here as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from groundspeed.machine.tree import Tree, number, numbers, text

_MOUNT = "fs/cgroup"


def allowed_processors(tree: Tree) -> frozenset[int] | None:
    """The processors that the group may use; None where no group says."""
    for folder in _folders(tree, "cpuset"):
        for name in ("cpuset.cpus.effective", "cpuset.effective_cpus"):
            if listed := text(folder / name):
                return frozenset(numbers(listed))
    return None


def quota(tree: Tree) -> float | None:
    """How many processors' worth of time the group may use; None when it is not limited."""
    found = [one for folder in _folders(tree, "cpu") if (one := _quota(folder)) is not None]
    return min(found, default=None)


def held_back(tree: Tree) -> int | None:
    """Periods since its start in which the group had used up its quota; None where nobody counts."""
    found = [one for folder in _folders(tree, "cpu") if (one := _held_back(folder)) is not None]
    return sum(found) if found else None


def _folders(tree: Tree, controller: str) -> Iterator[Path]:
    """The group's folder and those above it. Inside a container the upper ones are not shown."""
    for line in text(tree.proc / "self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        mount = tree.sys / _MOUNT / controllers  # version 2 has no name here and one mount for all
        inside = Path(path.lstrip("/"))
        yield from (mount / part for part in (inside, *inside.parents) if (mount / part).is_dir())


def _quota(folder: Path) -> float | None:
    words = text(folder / "cpu.max").split()  # version 2: "max 100000" or "150000 100000"
    if len(words) == 2 and words[0] != "max":
        return int(words[0]) / int(words[1])
    quota_us, period_us = number(folder / "cpu.cfs_quota_us"), number(folder / "cpu.cfs_period_us")
    return quota_us / period_us if quota_us and period_us and quota_us > 0 else None


def _held_back(folder: Path) -> int | None:
    for line in text(folder / "cpu.stat").splitlines():
        key, _, value = line.partition(" ")
        if key == "nr_throttled":
            return int(value)
    return None
