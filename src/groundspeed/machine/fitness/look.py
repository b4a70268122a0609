"""One look at a host: everything that its fitness is judged by. Owns the looking; judges nothing.

Some of it are counters, whose growth between two moments is what counts.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from groundspeed.disk import Disk, disks
from groundspeed.machine import activity, control_group, sensors
from groundspeed.machine.activity import Counters, Process, read_counters
from groundspeed.machine.counters import Countable, probe
from groundspeed.machine.fingerprint import read_fingerprint
from groundspeed.machine.gpu_state import GpuProcess, Gpus, GpuState
from groundspeed.machine.pinning import Pinning, choose_cpus
from groundspeed.machine.sensors import Sensors, find_sensors
from groundspeed.machine.tree import Tree, this_tree
from groundspeed.records import Fingerprint

# 50 ticks of a processor: a share is known to 2 % of one, and nobody minds the wait.
_BETWEEN_S = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """The counters at one moment; None where the host does not count."""

    counters: Counters | None
    processes: Mapping[int, Process]
    swapped_pages: int | None
    throttles: int | None
    held_back: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class GpuLook:
    """The devices and who uses each; ``absence`` is the driver's word when there are none."""

    absence: str
    states: tuple[GpuState, ...]
    processes: tuple[tuple[GpuProcess, ...], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """Everything that fitness is judged by. ``disks`` are those that were asked for."""

    tree: Tree
    host: Fingerprint
    before: Moment
    after: Moment
    sensors: Sensors
    gpus: GpuLook
    pinning: Pinning
    countable: Countable
    disks: tuple[Disk, ...] = ()


def look_at_gpus() -> GpuLook:
    """The devices of this host as its driver shows them."""
    with Gpus() as gpus:
        return GpuLook(states=gpus.states(), processes=gpus.processes(), absence=gpus.absence)


def take_look(
    tree: Tree | None = None,
    *,
    sleep: Callable[[float], None] = time.sleep,
    gpus: Callable[[], GpuLook] = look_at_gpus,
    countable: Callable[[Tree], Countable] = probe,
    affinity: Collection[int] | None = None,
    places: Mapping[str, Path] | None = None,
) -> Look:
    """Look at the host that ``tree`` describes (this one when none is given), twice, half a second apart.

    ``affinity`` is what this process may run on (None: asked for). It is not among the processes seen.
    ``places`` are what will be written to, by name: the room there is looked at as well.
    """
    tree = tree or this_tree()
    found = find_sensors(tree)
    # what costs processor time comes before or after the two looks at the counters, not between them
    host, pinning, counting, devices = (
        read_fingerprint(tree, tuple),
        choose_cpus(tree, affinity),
        countable(tree),
        gpus(),
    )
    before = replace(_moment(tree, found), counters=read_counters(tree))
    sleep(_BETWEEN_S)
    after = _moment(tree, found)
    return Look(
        tree=tree,
        host=host,
        before=before,
        after=after,
        sensors=found,
        gpus=devices,
        pinning=pinning,
        countable=counting,
        disks=disks(places or {}),
    )


def _moment(tree: Tree, found: Sensors) -> Moment:
    counters = read_counters(tree)
    others = {pid: one for pid, one in activity.processes(tree).items() if pid != os.getpid()}
    return Moment(
        counters=counters,
        processes=others,
        swapped_pages=activity.swapped_pages(tree),
        throttles=sensors.throttles(found),
        held_back=control_group.held_back(tree),
    )
