"""Looks at made hosts: a quiet workstation, and the same with other files, before and after half a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundspeed.machine.counters import BANDWIDTH, CACHE_MISSES, INSTRUCTIONS, Countable
from groundspeed.machine.fitness import fitness, take_look
from groundspeed.machine.fitness.look import GpuLook
from tests.hosts import cpus, write_tree

if TYPE_CHECKING:
    from pathlib import Path

    from groundspeed.records import Finding

CPU = "sys/devices/system/cpu"
EVERYTHING = Countable(
    events={INSTRUCTIONS: ("instructions:u",), CACHE_MISSES: ("cache-misses:u",)},
    lacking={BANDWIDTH: "no controller"},
    steady=(),
)
NONE = GpuLook(absence="no driver", states=(), processes=())
# A quiet workstation with everything as it should be: 4 cores of two threads, the other threads off.
QUIET = {
    "proc/cpuinfo": "processor\t: 0\nmodel name\t: made\nflags\t: sse2\n",
    "proc/stat": "cpu  100 0 0 900 0 0 0 0 0 0\n"
    + "".join(f"cpu{n} 1 0 0 1\n" for n in range(4))
    + "ctxt 7\n",
    "proc/loadavg": "0.02 0.10 0.10 1/87 2511\n",
    "proc/meminfo": "MemTotal: 67108864 kB\nMemAvailable: 62914560 kB\n"
    "SwapTotal: 8388608 kB\nSwapFree: 8388608 kB\n",
    "proc/vmstat": "pswpin 10\npswpout 20\n",
    "proc/sys/kernel/randomize_va_space": "2\n",
    "proc/7/stat": "7 (a (b) c) S 1 7 7 0 -1 0 0 0 0 0 50 10 0 0 20 0 1 0\n",
    "sys/class/hwmon/hwmon0/name": "coretemp\n",
    "sys/class/hwmon/hwmon0/temp1_input": "41000\n",
    "sys/class/hwmon/hwmon0/temp1_crit": "100000\n",
    "sys/devices/system/clocksource/clocksource0/current_clocksource": "tsc\n",
    "sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never\n",
    f"{CPU}/smt/active": "0\n",
    f"{CPU}/intel_pstate/no_turbo": "1\n",
    **cpus(4, [str(n) for n in range(4)], []),
    **{f"{CPU}/cpu{n}/cpufreq/scaling_governor": "performance\n" for n in range(4)},
}
# Half a second later: 200 ticks went by, 2 of them used.
STILL = {"proc/stat": QUIET["proc/stat"].replace("100 0 0 900", "102 0 0 1098")}


BATTERY = "sys/class/power_supply/BAT0"
DISCHARGING = {f"{BATTERY}/type": "Battery\n", f"{BATTERY}/status": "Discharging\n"}
MOVED = {
    # 60 of 200 ticks of 4 processors used: 1.2 of 4; process 7 used 45 of the 50 of one
    "proc/stat": QUIET["proc/stat"].replace("100 0 0 900", "160 0 0 1040"),
    "proc/7/stat": "7 (a (b) c) S 1 7 7 0 -1 0 0 0 0 0 90 15 0 0 20 0 1 0\n",
}


def looked_at(
    root: Path,
    files: dict[str, str],
    later: dict[str, str] | None = None,
    gpus: GpuLook = NONE,
    countable: Countable = EVERYTHING,
) -> dict[str, Finding]:
    """The findings of a host whose kernel says other things after half a second."""
    tree = write_tree(root, QUIET | files)

    def half_a_second(_: float) -> None:
        write_tree(root, STILL | (later or {}))

    look = take_look(
        tree, sleep=half_a_second, gpus=lambda: gpus, countable=lambda _: countable, affinity=range(4)
    )
    return {finding.check: finding for finding in fitness(look)}


def laptop(root: Path) -> tuple[Finding, ...]:
    """A laptop that somebody works on, as the document shows it."""
    files = {f"{CPU}/cpu{n}/cpufreq/scaling_governor": "powersave\n" for n in range(4)}
    files |= {f"{CPU}/intel_pstate/no_turbo": "0\n"}
    files |= DISCHARGING
    files |= {f"{CPU}/smt/active": "1\n", **cpus(4, ["0,2", "1,3", "0,2", "1,3"], [])}
    later = {name: text.replace("a (b) c", "chromium") for name, text in MOVED.items()}
    return tuple(looked_at(root, files, later).values())
