"""Made hosts: the files of a kernel as they stand on machines that the tests do not run on.

Owns their writing; figures are those of real hosts of the kind (memory as Linux shows it there).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundspeed.machine.tree import Tree
from groundspeed.records import Gpu

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

MIB = 2**20
RTX_5090 = Gpu(name="NVIDIA GeForce RTX 5090", memory_bytes=32_607 * MIB, driver="575.57.08")


def write_tree(root: Path, files: Mapping[str, str], *, arch: str = "x86_64") -> Tree:
    """A host whose kernel says what ``files`` say (paths below ``root``: proc/…, sys/…, os-release)."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return Tree(
        proc=root / "proc", sys=root / "sys", os_release=root / "os-release", system="Linux", arch=arch
    )


def processors(
    count: int, *, model: str | None, flags: str | None = None, more: Mapping[str, str] | None = None
) -> str:
    """/proc/cpuinfo with ``count`` processors."""
    lines = {"model name": model, "flags": flags, **(more or {})}
    said = "".join(f"{key}\t: {value}\n" for key, value in lines.items() if value is not None)
    return "".join(f"processor\t: {number}\n{said}\n" for number in range(count))


def memory(kib: int) -> str:
    """/proc/meminfo of a kernel that may use so many KiB."""
    return f"MemTotal:       {kib} kB\nMemFree:        1234 kB\n"


def cpus(
    count: int, siblings: Sequence[str], caches: Sequence[tuple[str, str, str, Sequence[str]]]
) -> dict[str, str]:
    """/sys/devices/system/cpu: the threads of each core; each cache's level, type, size and owners."""
    files = {"sys/devices/system/cpu/online": f"0-{count - 1}\n"}
    for number in range(count):
        at = f"sys/devices/system/cpu/cpu{number}"
        files[f"{at}/topology/thread_siblings_list"] = siblings[number] + "\n"
        for index, (level, kind, size, owners) in enumerate(caches):
            values = {"level": level, "type": kind, "size": size, "shared_cpu_list": owners[number]}
            files |= {f"{at}/cache/index{index}/{key}": f"{value}\n" for key, value in values.items()}
    return files


def ryzen(root: Path) -> Tree:
    """A workstation: Ryzen 9 9950X (16 cores in two halves, 32 threads), 64 GB of modules, bare metal."""
    threads = [f"{number % 16},{number % 16 + 16}" for number in range(32)]
    halves = ["0-7,16-23" if number % 16 < 8 else "8-15,24-31" for number in range(32)]
    files = {
        "proc/cpuinfo": processors(
            32, model="AMD Ryzen 9 9950X 16-Core Processor", flags="fpu vme sse2 avx512f"
        ),
        "proc/meminfo": memory(65_017_308),  # 62.0 GiB
        "proc/sys/kernel/osrelease": "6.14.0-27-generic\n",
        "os-release": 'NAME="Ubuntu"\nPRETTY_NAME="Ubuntu 24.04.3 LTS"\n',
        "sys/devices/system/cpu/cpufreq/boost": "1\n",
        "sys/class/dmi/id/sys_vendor": "ASUS\n",
        "sys/class/dmi/id/product_name": "System Product Name\n",
        **cpus(
            32,
            threads,
            [
                ("1", "Data", "48K", threads),
                ("1", "Instruction", "32K", threads),
                ("2", "Unified", "1024K", threads),
                ("3", "Unified", "32768K", halves),
            ],
        ),
        **{f"sys/devices/system/cpu/cpu{n}/cpufreq/scaling_governor": "performance\n" for n in range(32)},
    }
    return write_tree(root, files)


def epyc(root: Path) -> Tree:
    """A small virtual machine on an EPYC: no frequency driver, no topology, 24 GB."""
    files = {
        "proc/cpuinfo": processors(
            2,
            model="AMD EPYC Processor",
            flags="fpu sse2 hypervisor",
            more={"physical id": "0", "core id": "0"},
        ),
        "proc/meminfo": memory(24_684_084),  # 23.5 GiB
        "proc/sys/kernel/osrelease": "6.1.0-38-cloud-amd64\n",
        "os-release": "PRETTY_NAME='Debian GNU/Linux 12 (bookworm)'\n",
        "sys/class/dmi/id/sys_vendor": "QEMU\n",
        "sys/class/dmi/id/product_name": "Standard PC (Q35 + ICH9, 2009)\n",
    }
    files["proc/cpuinfo"] = files["proc/cpuinfo"].replace("core id\t: 0", "core id\t: 1", 1)
    return write_tree(root, files)


def arm(root: Path) -> Tree:
    """An ARM server whose kernel gives no model name; nothing but the bare minimum is there."""
    files = {
        "proc/cpuinfo": processors(
            4, model=None, more={"Features": "fp asimd", "CPU implementer": "0x41", "CPU part": "0xd0c"}
        ),
        "proc/meminfo": memory(8_024_000),
    }
    return write_tree(root, files, arch="aarch64")
