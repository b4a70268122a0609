"""How a host is set up: what a person, a hypervisor or a container decided, and what that means."""

from __future__ import annotations

from groundspeed.machine.control_group import quota as quota_of
from groundspeed.machine.counters import BANDWIDTH
from groundspeed.machine.fitness.finding import fine, note, unfit, unknown
from groundspeed.machine.fitness.look import Look
from groundspeed.machine.tree import text
from groundspeed.records import Finding

_CPU = "/sys/devices/system/cpu"
_CONTAINERS = ("docker", "kubepods", "containerd", "libpod", "lxc", "machine.slice")
# A question for the time costs 20–30 ns with these, by a page shared with the kernel (vDSO).
_QUICK_CLOCKS = frozenset(("tsc", "kvm-clock", "hyperv_clocksource_tsc_page", "arch_sys_counter"))
_COARSE_CLOCKS = frozenset(("jiffies", "refined-jiffies", "pit"))  # steps of 1 to 10 ms


def governor(look: Look) -> Finding:
    """Who decides on the clock."""
    found = look.host.governor
    if found is None:
        return unknown("governor", f"no frequency driver{_kept_by(look)}")
    if found == "performance":
        return fine("governor", found)
    advice = f"echo performance | sudo tee {_CPU}/cpu*/cpufreq/scaling_governor"
    return note("governor", f"{found}: the clock follows the load", advice)


def turbo(look: Look) -> Finding:
    """Whether the clock depends on heat and on how many cores work."""
    found = look.host.turbo
    if found is None:
        return unknown("turbo", f"the kernel does not show it{_kept_by(look)}")
    if not found:
        return fine("turbo", "off")
    intel = (look.tree.sys / "devices/system/cpu/intel_pstate/no_turbo").exists()
    switch = f"echo 1 | sudo tee {_CPU}/intel_pstate/no_turbo"
    switch = switch if intel else f"echo 0 | sudo tee {_CPU}/cpufreq/boost"
    return note("turbo", "on: the clock depends on heat and on the other cores", switch)


def threads(look: Look) -> Finding:
    """Whether two hardware threads share a core."""
    active = text(look.tree.sys / "devices/system/cpu/smt/active")
    physical, logical = look.host.cores_physical, look.host.cores_logical
    if active not in {"0", "1"} and physical is None:
        return unknown("threads", "the kernel does not say which processors share a core")
    if active == "0" or physical == logical:
        return fine("threads", "one a core")
    advice = (
        f"use --pin, which leaves the core's other thread idle, or: echo off | sudo tee {_CPU}/smt/control"
    )
    return note("threads", "several share a core, and slow each other down", advice)


def quota(look: Look) -> Finding:
    """A limit on processor time stops every thread until the next period, 100 ms long as a rule."""
    limit, stopped = quota_of(look.tree), look.after.held_back or 0
    if limit is None:
        return fine("quota", "processor time is not limited")
    seen = f"limited to {limit:g} processors' time" + (f", stopped {stopped:,} times" if stopped else "")
    advice = "give it processors of its own instead (docker run --cpuset-cpus), without a quota (--cpus)"
    growing = stopped > (look.before.held_back or 0)
    return unfit("quota", seen, advice) if limit < 1 or growing else note("quota", seen, advice)


def virtual(look: Look) -> Finding:
    """Whether the hardware is shared with strangers."""
    container = _in_container(look)
    if look.host.virtualised is None:
        where = "bare metal, in a container" if container else "bare metal"
        return (
            fine("virtual", where)
            if look.tree.system == "Linux"
            else unknown("virtual", f"{look.tree.system} does not say without /proc")
        )
    seen = f"{look.host.virtualised}, in a container" if container else look.host.virtualised
    return note("virtual", seen, "neighbours come and go: trust the control benchmark, or use bare metal")


def clock(look: Look) -> Finding:
    """Where the time comes from."""
    found = text(look.tree.sys / "devices/system/clocksource/clocksource0/current_clocksource")
    if not found:
        return unknown("clock", "the kernel does not name its clock")
    if found in _QUICK_CLOCKS:
        return fine("clock", found)
    advice = "see why the kernel does not trust tsc: dmesg | grep -i -e tsc -e clocksource"
    if found in _COARSE_CLOCKS:
        return unfit("clock", f"{found}: it moves in steps of milliseconds", advice)
    return note("clock", f"{found}: every question for the time costs about a microsecond", advice)


def layout(look: Look) -> Finding:
    """Random addresses are wanted: without them every process has the same accident of layout, and it
    is measured as if it were the code (Mytkowicz et al. 2009; Curtsinger and Berger 2013).
    """
    found = text(look.tree.proc / "sys/kernel/randomize_va_space")
    if not found:
        return unknown("layout", "the kernel does not say whether addresses are random")
    if found == "2":
        return fine("layout", "addresses are random: several processes average over them")
    return note("layout", "addresses are not random", "sudo sysctl kernel.randomize_va_space=2")


def huge_pages(look: Look) -> Finding:
    """Whether the kernel joins pages behind a program's back."""
    folder = look.tree.sys / "kernel/mm/transparent_hugepage"
    chosen = text(folder / "enabled").partition("[")[2].partition("]")[0]
    if not chosen:
        return fine("huge pages", "the kernel has none")
    if chosen != "always":
        return fine("huge pages", chosen)
    advice = "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled"
    return note("huge pages", "always: speed depends on how fragmented memory happens to be", advice)


def pinning(look: Look) -> Finding:
    """What --pin would take."""
    found = look.pinning
    if not found.cpus:
        return note(
            "pinning", f"not possible: {found.reason}", "leave --pin out, or measure on a larger host"
        )
    idle = f"; {_listed(found.idle)} stays idle" if found.idle else ""
    return fine("pinning", f"--pin takes {_listed(found.cpus)}, {found.reason}{idle}")


def counters(look: Look) -> Finding:
    """What perf can count here. Memory controllers are rare and not missed."""
    lacking = {metric: why for metric, why in look.countable.lacking.items() if metric != BANDWIDTH}
    found = ", ".join(look.countable.events)
    if not lacking:
        return fine("counters", found)
    seen = f"not countable: {', '.join(lacking)}"
    return note("counters", seen, "; ".join(dict.fromkeys(lacking.values())))


def _in_container(look: Look) -> bool:
    groups = text(look.tree.proc / "1/cgroup") + text(look.tree.proc / "self/cgroup")
    mounts = (line.split() for line in text(look.tree.proc / "self/mountinfo").splitlines())
    layered = any(words[4] == "/" and "overlay" in words for words in mounts if len(words) > 4)
    return layered or any(name in groups for name in _CONTAINERS)


def _kept_by(look: Look) -> str:
    return f": the hypervisor ({look.host.virtualised}) decides" if look.host.virtualised else ""


def _listed(cpus: tuple[int, ...]) -> str:
    return f"processor {cpus[0]}" if len(cpus) == 1 else f"processors {', '.join(map(str, cpus))}"
