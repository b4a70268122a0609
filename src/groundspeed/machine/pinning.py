"""Which processors workers are pinned to by --pin. Pure on the kernel's files; pins nothing itself.

A pinned worker keeps its caches and its clock, and with the other threads of its core idle it shares
neither with a stranger. Processors that the kernel was told to keep free (isolcpus=) come first.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass

from groundspeed.machine.control_group import allowed_processors
from groundspeed.machine.tree import Tree, number, numbers, text, this_tree


@dataclass(frozen=True, kw_only=True, slots=True)
class Pinning:
    """The processors to pin to, one a core; empty when it cannot be done, and ``reason`` says why.

    ``idle`` are the other threads of the same cores: nothing should run there while measuring.
    """

    cpus: tuple[int, ...]
    idle: tuple[int, ...]
    reason: str


def choose_cpus(
    tree: Tree | None = None, affinity: Collection[int] | None = None, *, cores: int = 1
) -> Pinning:
    """Processors on ``cores`` cores: isolated ones, else the last ones of the fastest kind.

    ``affinity`` is what this process may run on (None: asked for). At least one core is left to the
    rest of the system: interrupts and the tool itself would otherwise be measured with the code.
    """
    tree = tree or this_tree()
    if affinity is None:
        affinity = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else ()
    if not affinity:
        return _refused(f"{tree.system} cannot pin a process to a processor")
    isolated = _isolated(tree, affinity)
    if len(isolated) >= cores:
        return _chosen(tree, isolated[-cores:], "isolated from the scheduler (isolcpus)")
    kind = _fastest(tree, affinity)
    free = _cores(tree, [one for one in kind if one not in _siblings(tree, min(affinity))])
    if len(free) < cores:
        usable = len(_cores(tree, affinity))
        return _refused(
            f"{cores + 1} cores are needed, one of them for the system, and {usable} can be used here"
        )
    return _chosen(tree, free[-cores:], "the last of the fastest cores")


def _isolated(tree: Tree, affinity: Collection[int]) -> list[int]:
    """The isolated processors, one a core. They stand outside every inherited affinity, so what limits
    them is the control group.
    """
    group = allowed_processors(tree)
    named = numbers(text(tree.sys / "devices/system/cpu/isolated"))
    online = numbers(text(tree.sys / "devices/system/cpu/online")) or list(affinity)
    return _cores(tree, [one for one in named if one in online and (group is None or one in group)])


def _fastest(tree: Tree, affinity: Collection[int]) -> list[int]:
    """Without the small cores of a hybrid processor: Intel's list of the large ones, ARM's capacities."""
    large = [one for one in numbers(text(tree.sys / "devices/cpu_core/cpus")) if one in affinity]
    if large:
        return large
    capacity = {one: number(tree.sys / f"devices/system/cpu/cpu{one}/cpu_capacity") or 0 for one in affinity}
    return [one for one in affinity if capacity[one] == max(capacity.values())]


def _cores(tree: Tree, cpus: Collection[int]) -> list[int]:
    """The first thread of each core, in order."""
    return sorted({min(one for one in _siblings(tree, cpu) if one in cpus) for cpu in cpus})


def _siblings(tree: Tree, cpu: int) -> frozenset[int]:
    """The threads of the processor's core, itself among them."""
    topology = tree.sys / f"devices/system/cpu/cpu{cpu}/topology"
    listed = text(topology / "core_cpus_list") or text(topology / "thread_siblings_list")
    return frozenset(numbers(listed)) | {cpu}


def _chosen(tree: Tree, cpus: list[int], reason: str) -> Pinning:
    idle = sorted({other for one in cpus for other in _siblings(tree, one)} - set(cpus))
    return Pinning(cpus=tuple(cpus), idle=tuple(idle), reason=reason)


def _refused(reason: str) -> Pinning:
    return Pinning(cpus=(), idle=(), reason=reason)
