"""What a host really is, read from /proc, /sys, os-release and NVML; psutil where there is no /proc.

Owns the reading of hardware as the kernel shows it: inside a container these are the host's CPU and
memory, not the container's share. Refuses to guess: what the host does not say is None or empty.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from pathlib import Path

from groundspeed.machine.gpus import read_gpus
from groundspeed.machine.tree import Tree, numbers, text, this_tree
from groundspeed.machine.virtual import hypervisor
from groundspeed.records import Fingerprint, Gpu

# Without a model name an ARM core says who designed which part (MIDR; the kernel's asm/cputype.h).
_ARM_PARTS = {
    ("0x41", "0xd08"): "Cortex-A72",
    ("0x41", "0xd0b"): "Cortex-A76",
    ("0x41", "0xd0c"): "Neoverse-N1",
    ("0x41", "0xd40"): "Neoverse-V1",
    ("0x41", "0xd49"): "Neoverse-N2",
    ("0x41", "0xd4f"): "Neoverse-V2",
    ("0xc0", "0xac3"): "Ampere-1",
}


def read_fingerprint(
    tree: Tree | None = None, gpus: Callable[[], tuple[Gpu, ...]] = read_gpus
) -> Fingerprint:
    """The fingerprint of the host that ``tree`` describes; of this one when none is given."""
    tree = tree or this_tree()
    blocks = _cpuinfo(tree.proc)
    cpus = tree.sys / "devices/system/cpu"
    online = numbers(text(cpus / "online")) or [n for n, one in enumerate(blocks) if "processor" in one]
    return Fingerprint(
        cpu_model=_cpu_model(blocks, tree),
        cores_physical=_cores(cpus, online) or _cores_of(blocks) or _count(tree, logical=False),
        cores_logical=len(online) or _count(tree, logical=True) or 1,
        caches=_caches(cpus, online),
        ram_bytes=_ram(tree),
        gpus=gpus(),
        os=_os(tree),
        kernel=text(tree.proc / "sys/kernel/osrelease") or platform.release(),
        arch=tree.arch,
        virtualised=hypervisor(tree.proc, tree.sys, flags=_flags(blocks)),
        governor=_governor(cpus, online),
        turbo=_turbo(cpus),
    )


# --- processor ------------------------------------------------------------------------------------


def _cpuinfo(proc: Path) -> list[dict[str, str]]:
    """/proc/cpuinfo: blocks of `key : value`, one per processor, then (on ARM) one for the board."""
    blocks: list[dict[str, str]] = []
    for block in text(proc / "cpuinfo").split("\n\n"):
        pairs = (line.partition(":") for line in block.splitlines())
        blocks.append({key.strip(): value.strip() for key, _, value in pairs})
    return blocks


def _cpu_model(blocks: list[dict[str, str]], tree: Tree) -> str:
    for key in ("model name", "cpu", "uarch", "cpu model"):  # x86 and some ARM; POWER; RISC-V; MIPS
        for block in blocks:
            if block.get(key):
                return " ".join(block[key].split())
    for block in blocks:
        implementer, part = block.get("CPU implementer", ""), block.get("CPU part", "")
        if implementer and part:
            return _ARM_PARTS.get((implementer, part), f"ARM {implementer}/{part}")
    return (_sysctl("machdep.cpu.brand_string") if tree.system == "Darwin" else "") or f"unknown {tree.arch}"


def _flags(blocks: list[dict[str, str]]) -> frozenset[str]:
    return frozenset(word for block in blocks[:1] for word in block.get("flags", "").split())


def _cores(cpus: Path, online: list[int]) -> int | None:
    """Physical cores: the distinct sets of threads that share one. Also right where core ids repeat."""
    siblings = {
        text(cpus / f"cpu{number}/topology" / "core_cpus_list")
        or text(cpus / f"cpu{number}/topology" / "thread_siblings_list")
        for number in online
    }
    return len(siblings) if siblings and "" not in siblings else None


def _cores_of(blocks: list[dict[str, str]]) -> int | None:
    pairs = {
        (one["physical id"], one["core id"]) for one in blocks if {"physical id", "core id"} <= one.keys()
    }
    return len(pairs) or None


def _caches(cpus: Path, online: list[int]) -> tuple[str, ...]:
    """`L1d 32K ×16`: each kind and size once, and how many of them the host has."""
    found: dict[tuple[str, str], set[str]] = {}
    for number in online:
        for index in sorted((cpus / f"cpu{number}/cache").glob("index*")):
            kind = {"Data": "d", "Instruction": "i"}.get(text(index / "type"), "")
            level, size = text(index / "level"), text(index / "size")
            if level and size:
                owners = text(index / "shared_cpu_list") or str(number)
                found.setdefault((f"L{level}{kind}", size), set()).add(owners)
    return tuple(
        f"{name} {size}" + (f" ×{len(owners)}" if len(owners) > 1 else "")
        for (name, size), owners in sorted(found.items())
    )


def _governor(cpus: Path, online: list[int]) -> str | None:
    """The frequency governor; several are joined by `+`."""
    found = {text(cpus / f"cpu{number}/cpufreq/scaling_governor") for number in online} - {""}
    return "+".join(sorted(found)) or None


def _turbo(cpus: Path) -> bool | None:
    no_turbo = text(cpus / "intel_pstate/no_turbo")
    if no_turbo in {"0", "1"}:
        return no_turbo == "0"
    boost = text(cpus / "cpufreq/boost") or text(cpus / "cpufreq/policy0/boost")
    return boost == "1" if boost in {"0", "1"} else None


# --- memory, system -------------------------------------------------------------------------------


def _ram(tree: Tree) -> int:
    """MemTotal: what the kernel may use. Firmware and integrated graphics have taken theirs before."""
    for line in text(tree.proc / "meminfo").splitlines():
        key, _, value = line.partition(":")
        if key == "MemTotal":
            return int(value.split()[0]) * 1024
    import psutil

    return int(psutil.virtual_memory().total)


def _os(tree: Tree) -> str:
    for line in text(tree.os_release).splitlines():
        key, _, value = line.partition("=")
        if key == "PRETTY_NAME":
            return value.strip().strip("\"'")
    return f"macOS {platform.mac_ver()[0]}" if tree.system == "Darwin" else tree.system


def _count(tree: Tree, *, logical: bool) -> int | None:
    """psutil's count, for systems without /proc; a Linux that does not say is not asked twice."""
    if tree.system == "Linux":
        return None
    import psutil

    count = psutil.cpu_count(logical=logical)
    return None if count is None else int(count)


def _sysctl(name: str) -> str:
    import subprocess

    done = subprocess.run(["sysctl", "-n", name], capture_output=True, text=True, check=False)
    return done.stdout.strip()
