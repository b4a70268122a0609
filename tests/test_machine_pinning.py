"""Which processors --pin takes, on made hosts."""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING

import pytest

from groundspeed.machine.control_group import allowed_processors, held_back, quota
from groundspeed.machine.pinning import Pinning, choose_cpus
from tests.hosts import arm, cpus, epyc, ryzen, write_tree

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

CPU = "sys/devices/system/cpu"
LAST = "the last of the fastest cores"
ISOLATED = "isolated from the scheduler (isolcpus)"
PAIRS = {f"{CPU}/online": "0-7\n", **cpus(8, [f"{n % 4},{n % 4 + 4}" for n in range(8)], [])}  # 4 cores
ALL = range(8)


def test_a_workstation_keeps_the_other_thread_idle(tmp_path: Path) -> None:
    tree = ryzen(tmp_path)
    assert choose_cpus(tree, range(32)) == Pinning(cpus=(15,), idle=(31,), reason=LAST)
    assert choose_cpus(tree, range(32), cores=3).cpus == (13, 14, 15)
    assert choose_cpus(tree, range(32), cores=15).cpus == tuple(range(1, 16))
    refused = choose_cpus(tree, range(32), cores=16)
    assert (refused.cpus, refused.idle) == ((), ())
    assert refused.reason == ("17 cores are needed, one of them for the system, and 16 can be used here")


def test_a_small_virtual_machine_without_topology(tmp_path: Path) -> None:
    assert choose_cpus(epyc(tmp_path), (0, 1)) == Pinning(cpus=(1,), idle=(), reason=LAST)
    assert choose_cpus(arm(tmp_path), (3,)).reason.endswith("and 1 can be used here")


@pytest.mark.parametrize(
    ("files", "affinity", "chosen", "idle", "reason"),
    [
        ({}, ALL, (3,), (7,), LAST),
        ({}, (0, 1, 4, 5), (1,), (5,), LAST),  # within the mask
        ({}, (2, 6), (), (), None),  # two threads of one core: nothing to leave to the system
        ({}, (1, 5, 7), (7,), (3,), LAST),  # half a core is a core; its other thread is somebody's
        # isolated processors are outside every inherited mask
        ({f"{CPU}/isolated": "2-3,6-7\n"}, (0, 1, 4, 5), (3,), (7,), ISOLATED),
        ({f"{CPU}/isolated": "\n"}, ALL, (3,), (7,), LAST),
        ({f"{CPU}/isolated": "9\n"}, ALL, (3,), (7,), LAST),  # not online
        # a container that was not given them
        (
            {
                f"{CPU}/isolated": "3,7\n",
                "proc/self/cgroup": "0::/\n",
                "sys/fs/cgroup/cpuset.cpus.effective": "0-2,4-6\n",
            },
            (0, 1, 2, 4, 5, 6),
            (2,),
            (6,),
            LAST,
        ),
        # two kinds of core: Intel's list of the large ones, ARM's capacities
        ({"sys/devices/cpu_core/cpus": "0-1,4-5\n"}, ALL, (1,), (5,), LAST),
        ({f"{CPU}/cpu{n}/cpu_capacity": "1024" if n % 4 < 2 else "446" for n in ALL}, ALL, (1,), (5,), LAST),
    ],
)
def test_choices(
    tmp_path: Path,
    files: Mapping[str, str],
    affinity: Collection[int],
    chosen: tuple[int, ...],
    idle: tuple[int, ...],
    reason: str | None,
) -> None:
    pinning = choose_cpus(write_tree(tmp_path, {**PAIRS, **files}), affinity)
    assert (pinning.cpus, pinning.idle) == (chosen, idle)
    if reason is not None:
        assert pinning.reason == reason


def test_two_isolated_cores_of_one_are_not_enough(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, PAIRS | {f"{CPU}/isolated": "3,7\n"})
    assert choose_cpus(tree, (0, 1, 2, 4, 5, 6), cores=2) == Pinning(cpus=(1, 2), idle=(5, 6), reason=LAST)


def test_where_nothing_can_be_pinned(tmp_path: Path) -> None:
    mac = dataclasses.replace(write_tree(tmp_path, {}), system="Darwin")
    assert choose_cpus(mac, ()) == Pinning(
        cpus=(), idle=(), reason="Darwin cannot pin a process to a processor"
    )


def test_this_host() -> None:
    pinning = choose_cpus()
    if pinning.cpus:
        kept = os.sched_getaffinity(0)
        os.sched_setaffinity(0, pinning.cpus)  # the kernel agrees
        os.sched_setaffinity(0, kept)
    else:
        assert "can be used here" in pinning.reason


GROUP = "sys/fs/cgroup"
LIMITS: dict[str, tuple[dict[str, str], float | None, int | None, frozenset[int] | None]] = {
    "no group": ({}, None, None, None),
    "version 2, in a service": (
        {
            "proc/self/cgroup": "0::/system.slice/bench\n",
            f"{GROUP}/system.slice/bench/cpu.max": "150000 100000\n",
            f"{GROUP}/system.slice/bench/cpu.stat": "usage_usec 9\nnr_periods 5\nnr_throttled 2\n",
            f"{GROUP}/system.slice/cpu.max": "max 100000\n",
            f"{GROUP}/cpuset.cpus.effective": "0-3\n",
        },
        1.5,
        2,
        frozenset(range(4)),
    ),
    "version 2, the limit is above": (
        {
            "proc/self/cgroup": "0::/a/b\n",
            f"{GROUP}/a/b/cpu.max": "max 100000\n",
            f"{GROUP}/a/cpu.max": "50000 100000\n",
        },
        0.5,
        None,
        None,
    ),
    "version 1, whose own path the container does not show": (
        {
            "proc/self/cgroup": "9:name=systemd:/\n4:cpu,cpuacct:/docker/4f\n3:cpuset:/docker/4f\n0::/\n",
            f"{GROUP}/cpu,cpuacct/cpu.cfs_quota_us": "200000\n",
            f"{GROUP}/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            f"{GROUP}/cpu,cpuacct/cpu.stat": "nr_periods 5\nnr_throttled 0\nthrottled_time 0\n",
            f"{GROUP}/cpuset/cpuset.effective_cpus": "2\n",
        },
        2.0,
        0,
        frozenset({2}),
    ),
    "version 1 without a limit": (
        {
            "proc/self/cgroup": "1:cpu:/\n",
            f"{GROUP}/cpu/cpu.cfs_quota_us": "-1\n",
            f"{GROUP}/cpu/cpu.cfs_period_us": "100000\n",
        },
        None,
        None,
        None,
    ),
}


@pytest.mark.parametrize("case", [*LIMITS])
def test_the_limits_of_control_groups(tmp_path: Path, case: str) -> None:
    files, *expected = LIMITS[case]
    tree = write_tree(tmp_path, files)
    assert [quota(tree), held_back(tree), allowed_processors(tree)] == expected
