"""Fitness of made hosts, one trouble at a time; of a made driver, and of this host."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from groundspeed.machine.counters import BANDWIDTH, CACHE_MISSES, INSTRUCTIONS, Countable
from groundspeed.machine.fitness import fitness, for_the_record, take_look
from groundspeed.machine.fitness.look import GpuLook, look_at_gpus
from groundspeed.machine.gpu_state import GpuProcess, GpuState
from groundspeed.records import Finding, Severity
from groundspeed.report.doctor import is_fit
from tests.hosts import cpus, write_tree
from tests.looks import BATTERY, CPU, DISCHARGING, EVERYTHING, MOVED, NONE, QUIET, looked_at
from tests.made_driver import build_driver, run_with_driver


def test_a_quiet_host_is_fine(tmp_path: Path) -> None:
    found = looked_at(tmp_path, {})
    assert {one.severity for one in found.values()} == {Severity.FINE}
    assert {one.advice for one in found.values()} == {""}
    assert {name: one.seen for name, one in found.items()} == {
        "load": "0.04 of 4 processors busy, 0.02 over the last minute",
        "steal": "0.0 % now, 0.00 % since boot",
        "memory": "60.0 GiB of 64.0 GiB available, no swap in use",
        "heat": "41 °C of 100 °C",
        "power": "no battery",
        "governor": "performance",
        "turbo": "off",
        "threads": "one a core",
        "quota": "processor time is not limited",
        "virtual": "bare metal",
        "clock": "tsc",
        "layout": "addresses are random: several processes average over them",
        "huge pages": "madvise",
        "pinning": "--pin takes processor 3, the last of the fastest cores",
        "counters": "instructions, cache_misses",
        "GPU": "none that the NVIDIA driver shows",
    }


GROUP = "sys/fs/cgroup"
LIMITED = {"proc/self/cgroup": "0::/\n", f"{GROUP}/cpu.stat": "nr_throttled 7\n"}
KVM = {"proc/cpuinfo": "processor\t: 0\nflags\t: hypervisor\n", "sys/hypervisor/type": "kvm\n"}
TROUBLES: dict[str, tuple[str, dict[str, str], dict[str, str], Severity, str, str]] = {
    "busy": (
        "load",
        {},
        MOVED,
        Severity.UNFIT,
        "1.20 of 4 processors busy, 0.02 over the last minute",
        "wait for it, or end it: a (b) c (pid 7, 90 % of one)",
    ),
    "busy by somebody new": (
        "load",
        {},
        {
            **MOVED,
            "proc/7/stat": QUIET["proc/7/stat"],
            "proc/8/stat": "8 (new) R 1 8 8 0 -1 0 0 0 0 0 20 5 0\n",
        },
        Severity.UNFIT,
        "1.20 of 4 processors busy",
        "wait for it, or end it: new (pid 8, 50 % of one)",
    ),
    "astir, by somebody who left": (
        "load",
        {},
        {"proc/stat": QUIET["proc/stat"].replace("100 0 0 900", "112 0 0 1088")},
        Severity.NOTE,
        "0.24 of 4 processors busy",
        "wait: whoever it was has ended",
    ),
    "no /proc/stat": ("load", {"proc/stat": ""}, {"proc/stat": ""}, Severity.UNKNOWN, "no /proc/stat", ""),
    "stolen now": (
        "steal",
        {},
        {"proc/stat": QUIET["proc/stat"].replace("100 0 0 900 0 0 0 0", "102 0 0 1088 0 0 0 10")},
        Severity.UNFIT,
        "5.0 % now, 0.83 % since boot",
        "dedicated instance",
    ),
    "stolen before": (
        "steal",
        {"proc/stat": QUIET["proc/stat"].replace("100 0 0 900 0 0 0 0", "100 0 0 850 0 0 0 50")},
        {"proc/stat": QUIET["proc/stat"].replace("100 0 0 900 0 0 0 0", "102 0 0 1048 0 0 0 50")},
        Severity.NOTE,
        "0.0 % now, 4.17 % since boot",
        "quieter hour",
    ),
    "swapping": (
        "memory",
        {},
        {"proc/vmstat": "pswpin 15\npswpout 21\n"},
        Severity.UNFIT,
        "no swap in use, 6 pages moved while looking",
        "ps aux --sort=-rss",
    ),
    "swapped": (
        "memory",
        {"proc/meminfo": QUIET["proc/meminfo"].replace("SwapFree: 8388608", "SwapFree: 7340032")},
        {},
        Severity.NOTE,
        "60.0 GiB of 64.0 GiB available, 1.0 GiB of swap in use",
        "swapoff -a",
    ),
    "full": (
        "memory",
        {"proc/meminfo": QUIET["proc/meminfo"].replace("62914560", "6291456")},
        {},
        Severity.NOTE,
        "6.0 GiB of 64.0 GiB available",
        "ps aux",
    ),
    "hot": (
        "heat",
        {"sys/class/hwmon/hwmon0/temp1_input": "96000\n"},
        {},
        Severity.UNFIT,
        "96 °C of 100 °C",
        "let it cool",
    ),
    "throttled now": (
        "heat",
        {f"{CPU}/cpu0/thermal_throttle/core_throttle_count": "3\n"},
        {f"{CPU}/cpu0/thermal_throttle/core_throttle_count": "4\n"},
        Severity.UNFIT,
        "slowed down 4 times since boot",
        "let it cool",
    ),
    "throttled once": (
        "heat",
        {f"{CPU}/cpu0/thermal_throttle/core_throttle_count": "1200\n"},
        {},
        Severity.NOTE,
        "41 °C of 100 °C, slowed down 1,200 times since boot",
        "let it cool",
    ),
    "no sensor, virtual": (
        "heat",
        {**KVM, "sys/class/hwmon/hwmon0/name": "nvme\n"},
        {},
        Severity.UNKNOWN,
        "no sensor and no count of throttling: the hypervisor (kvm) shows none",
        "",
    ),
    "on battery": (
        "power",
        DISCHARGING,
        {},
        Severity.UNFIT,
        "on battery",
        "plug it in",
    ),
    "plugged in": (
        "power",
        {f"{BATTERY}/type": "Battery\n", f"{BATTERY}/status": "Not charging\n"},
        {},
        Severity.FINE,
        "mains, with a battery",
        "",
    ),
    "a mouse's battery": (
        "power",
        {
            f"{BATTERY}/type": "Battery\n",
            f"{BATTERY}/status": "Discharging\n",
            f"{BATTERY}/scope": "Device\n",
        },
        {},
        Severity.FINE,
        "no battery",
        "",
    ),
    "powersave": (
        "governor",
        {f"{CPU}/cpu{n}/cpufreq/scaling_governor": "powersave\n" for n in range(4)},
        {},
        Severity.NOTE,
        "powersave: the clock follows the load",
        "echo performance | sudo tee",
    ),
    "turbo, Intel": (
        "turbo",
        {f"{CPU}/intel_pstate/no_turbo": "0\n"},
        {},
        Severity.NOTE,
        "on",
        "echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo",
    ),
    "threads": (
        "threads",
        {f"{CPU}/smt/active": "1\n", **cpus(4, ["0,2", "1,3", "0,2", "1,3"], [])},
        {},
        Severity.NOTE,
        "several share a core",
        "use --pin",
    ),
    "a quota": (
        "quota",
        {**LIMITED, f"{GROUP}/cpu.max": "200000 100000\n"},
        {},
        Severity.NOTE,
        "limited to 2 processors' time, stopped 7 times",
        "--cpuset-cpus",
    ),
    "a quota that bites": (
        "quota",
        {**LIMITED, f"{GROUP}/cpu.max": "200000 100000\n"},
        {f"{GROUP}/cpu.stat": "nr_throttled 8\n"},
        Severity.UNFIT,
        "stopped 8 times",
        "--cpuset-cpus",
    ),
    "half a processor": (
        "quota",
        {**LIMITED, f"{GROUP}/cpu.max": "50000 100000\n"},
        {},
        Severity.UNFIT,
        "limited to 0.5 processors' time",
        "--cpuset-cpus",
    ),
    "virtual": ("virtual", KVM, {}, Severity.NOTE, "kvm", "control benchmark"),
    "a container on metal": (
        "virtual",
        {"proc/self/mountinfo": "22 1 0:21 / / rw,relatime - overlay overlay rw\n"},
        {},
        Severity.FINE,
        "bare metal, in a container",
        "",
    ),
    "a slow clock": (
        "clock",
        {"sys/devices/system/clocksource/clocksource0/current_clocksource": "hpet\n"},
        {},
        Severity.NOTE,
        "hpet: every question",
        "dmesg",
    ),
    "a coarse clock": (
        "clock",
        {"sys/devices/system/clocksource/clocksource0/current_clocksource": "jiffies\n"},
        {},
        Severity.UNFIT,
        "jiffies: it moves in steps",
        "dmesg",
    ),
    "fixed addresses": (
        "layout",
        {"proc/sys/kernel/randomize_va_space": "0\n"},
        {},
        Severity.NOTE,
        "addresses are not random",
        "sudo sysctl kernel.randomize_va_space=2",
    ),
    "huge pages": (
        "huge pages",
        {"sys/kernel/mm/transparent_hugepage/enabled": "[always] madvise never\n"},
        {},
        Severity.NOTE,
        "always",
        "echo madvise",
    ),
    "a driver that does not answer": (
        "GPU",
        {"proc/driver/nvidia/version": "NVRM version\n"},
        {},
        Severity.UNKNOWN,
        "the NVIDIA driver is loaded and does not answer: no driver",
        "nvidia-smi",
    ),
}


@pytest.mark.parametrize("case", [*TROUBLES])
def test_one_trouble_is_one_finding(tmp_path: Path, case: str) -> None:
    check, files, later, severity, seen, advice = TROUBLES[case]
    found = looked_at(tmp_path, files, later)
    assert found[check].severity is severity
    assert seen in found[check].seen
    assert advice in found[check].advice
    assert (severity in {Severity.NOTE, Severity.UNFIT}) <= bool(found[check].advice)
    others = {one.severity for name, one in found.items() if name != check}
    assert Severity.UNFIT not in others
    assert is_fit([*found.values()]) == (severity is not Severity.UNFIT)


def test_the_record_names_nobody(tmp_path: Path) -> None:
    gpus = GpuLook(absence="", states=(IDLE_GPU,), processes=((COMPUTING, DRAWING),))
    found = tuple(looked_at(tmp_path, {"proc/7/comm": "trainer\n"}, MOVED, gpus=gpus).values())
    assert {"load", "GPU 0"} <= {one.check for one in found if "pid 7" in one.advice}
    recorded = for_the_record(found)
    assert [(one.check, one.severity, one.seen) for one in recorded] == [
        (one.check, one.severity, one.seen) for one in found
    ]
    assert not any(word in str(one) for one in recorded for word in ("pid", "trainer", "a (b) c"))


def test_what_cannot_be_counted_or_pinned(tmp_path: Path) -> None:
    nothing = Countable(
        events={}, lacking={INSTRUCTIONS: "no perf", CACHE_MISSES: "no perf", BANDWIDTH: "none"}, steady=()
    )
    files = cpus(4, ["0-3"] * 4, [])
    found = looked_at(tmp_path, files, countable=nothing)
    assert found["counters"] == Finding(
        check="counters",
        severity=Severity.NOTE,
        seen="not countable: instructions, cache_misses",
        advice="no perf",
    )
    assert found["pinning"].severity is Severity.NOTE
    assert found["pinning"].seen.startswith("not possible: 2 cores are needed")


def test_another_system_does_not_say(tmp_path: Path) -> None:
    mac = dataclasses.replace(write_tree(tmp_path, {}), system="Darwin")
    found = fitness(
        take_look(mac, sleep=lambda _: None, gpus=lambda: NONE, countable=lambda _: EVERYTHING, affinity=())
    )
    assert {one.check for one in found if one.severity is Severity.UNKNOWN} >= {"load", "steal", "memory"}
    assert is_fit(found)


# --- GPUs -------------------------------------------------------------------------------------------

IDLE_GPU = GpuState(
    name="made device",
    busy_share=0.0,
    memory_used_bytes=0,
    clock_hz=2.4e9,
    memory_clock_hz=14e9,
    power_w=30.0,
    temperature_c=35.0,
    slowed_by_heat=False,
    slowed_by_power=False,
    persistent=True,
)

COMPUTING = GpuProcess(pid=7, memory_bytes=8 * 2**30, graphics=False)
DRAWING = GpuProcess(pid=99, memory_bytes=None, graphics=True)


@pytest.mark.parametrize(
    ("changed", "processes", "severity", "seen", "advice"),
    [
        ({}, (), Severity.FINE, "made device, idle", ""),
        (
            {"busy_share": 0.97},
            (COMPUTING,),
            Severity.UNFIT,
            "made device; a process computes on it with 8.0 GiB",
            "wait for it, or end it: trainer (pid 7)",
        ),
        (
            {},
            (DRAWING,),
            Severity.NOTE,
            "made device; a process draws on it",
            "stop the desktop while measuring: of another container (pid 99)",
        ),
        (
            {"busy_share": 0.5},
            (),
            Severity.UNFIT,
            "made device; 50 % busy, and the driver does not say by whom",
            "look on the host itself, outside of this container: nvidia-smi",
        ),
        (
            {"slowed_by_heat": True, "slowed_by_power": True, "persistent": False},
            (),
            Severity.UNFIT,
            (
                "made device; its clock is held down for heat at 35 °C; "
                "its clock is held down by the power limit at 30 W; the driver unloads it between programs"
            ),
            (
                "let it cool, and look at its fans; fix the clock below the limit: "
                "sudo nvidia-smi --lock-gpu-clocks=MHz; sudo nvidia-smi -pm 1"
            ),
        ),
        (
            {"busy_share": None, "slowed_by_heat": None, "slowed_by_power": None, "persistent": None},
            (),
            Severity.FINE,
            "made device, idle",
            "",
        ),
    ],
)
def test_devices(
    tmp_path: Path,
    changed: dict[str, object],
    processes: tuple[GpuProcess, ...],
    severity: Severity,
    seen: str,
    advice: str,
) -> None:
    state = dataclasses.replace(IDLE_GPU, **changed)  # type: ignore[arg-type]  # values of several types
    gpus = GpuLook(absence="", states=(IDLE_GPU, state), processes=((), processes))
    found = looked_at(tmp_path, {"proc/7/comm": "trainer\n"}, gpus=gpus)
    assert found["GPU 0"].severity is Severity.FINE
    assert found["GPU 1"] == Finding(check="GPU 1", severity=severity, seen=seen, advice=advice)


def test_the_real_pynvml_and_a_made_driver(tmp_path: Path) -> None:
    program = """
import json
from groundspeed.machine.fitness import fitness, take_look
found = fitness(take_look(sleep=lambda _: None))
print(json.dumps([[one.check, one.severity, one.seen] for one in found][-2:]))
"""
    first, second = run_with_driver(build_driver(tmp_path), 0, program)
    assert first[:2] == ["GPU 0", "unfit"]
    assert "; a process computes on it with 8 GB" in first[2]
    assert "held down for heat at 71 °C" in first[2]
    assert second == ["GPU 1", "fine", "FAKE H200, idle"]


def test_the_gpus_of_this_host() -> None:
    looked = look_at_gpus()
    assert bool(looked.states) != bool(looked.absence)
    assert len(looked.states) == len(looked.processes)
