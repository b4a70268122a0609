"""What a host is doing: the counters of its kernel at one moment, and the rates between two moments.

Owns /proc/stat, pressure, memory and processes; judges none of them. A quantity that the host does
not state is None. Ticks are the kernel's own unit of processor time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from groundspeed.machine.tree import Tree, text


@dataclass(frozen=True, kw_only=True, slots=True)
class Counters:
    """What only grows, since boot, of all processors together.

    ``busy``, ``idle`` and ``steal`` are ticks (proc_stat(5); the guest's are inside ``busy``);
    ``waiting_us`` is how long some task waited for a processor (the kernel's Documentation/accounting/
    psi.rst).
    """

    processors: int
    busy: int
    idle: int
    steal: int
    switches: int | None
    waiting_us: int | None

    @property
    def ticks(self) -> int:
        """Processor time, used or not."""
        return self.busy + self.idle + self.steal


@dataclass(frozen=True, kw_only=True, slots=True)
class Shares:
    """Of the processor time between two moments: how much was used, and how much a hypervisor kept."""

    busy: float
    steal: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Memory:
    """Gauges of /proc/meminfo."""

    total_bytes: int
    available_bytes: int
    swap_used_bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Process:
    """A process and the processor time that it has used, in ticks."""

    pid: int
    name: str
    ticks: int


def read_counters(tree: Tree) -> Counters | None:
    """The counters now; None without /proc/stat."""
    lines = text(tree.proc / "stat").splitlines()
    rows = {words[0]: words[1:] for words in map(str.split, lines) if words}
    if "cpu" not in rows:
        return None
    # user nice system idle iowait irq softirq steal guest guest_nice; before 2.6.11 there was no steal
    user, nice, system, idle, iowait, irq, softirq, steal, *_ = (*map(int, rows["cpu"]), *[0] * 8)
    return Counters(
        processors=sum(name[:3] == "cpu" and name[3:].isdigit() for name in rows),
        busy=user + nice + system + irq + softirq,
        idle=idle + iowait,
        steal=steal,
        switches=int(rows["ctxt"][0]) if rows.get("ctxt") else None,
        waiting_us=_pressure_us(tree),
    )


def shares(before: Counters, after: Counters) -> Shares | None:
    """The shares between two moments; None when no tick lies between them."""
    ticks = after.ticks - before.ticks
    if ticks <= 0:
        return None
    return Shares(busy=(after.busy - before.busy) / ticks, steal=(after.steal - before.steal) / ticks)


def load_1min(tree: Tree) -> float | None:
    """Tasks that ran or wanted to, damped over the last minute."""
    words = text(tree.proc / "loadavg").split()
    return float(words[0]) if words else None


def read_memory(tree: Tree) -> Memory | None:
    """Memory now; None where the kernel does not state it."""
    sizes: dict[str, int] = {}
    for line in text(tree.proc / "meminfo").splitlines():
        key, _, value = line.partition(":")
        sizes[key] = int(value.split()[0]) * 1024
    if not {"MemTotal", "MemAvailable"} <= sizes.keys():
        return None
    return Memory(
        total_bytes=sizes["MemTotal"],
        available_bytes=sizes["MemAvailable"],
        swap_used_bytes=sizes.get("SwapTotal", 0) - sizes.get("SwapFree", 0),
    )


def swapped_pages(tree: Tree) -> int | None:
    """Pages read from swap and written to it since boot."""
    rows = dict(line.split(maxsplit=1) for line in text(tree.proc / "vmstat").splitlines())
    return int(rows["pswpin"]) + int(rows["pswpout"]) if {"pswpin", "pswpout"} <= rows.keys() else None


def processes(tree: Tree) -> Mapping[int, Process]:
    """Every process with the time of all its threads. One that ends while we look is not there."""
    found = {}
    for path in tree.proc.glob("[0-9]*/stat"):
        before, _, after = text(path).rpartition(")")  # the name may itself hold spaces and brackets
        words = after.split()
        if len(words) > 12:  # utime and stime are fields 14 and 15, the name being field 2
            pid = int(path.parent.name)
            name = before.partition("(")[2]
            found[pid] = Process(pid=pid, name=name, ticks=int(words[11]) + int(words[12]))
    return found


def _pressure_us(tree: Tree) -> int | None:
    """`some avg10=0.00 avg60=0.00 avg300=0.00 total=451709602`."""
    first = text(tree.proc / "pressure/cpu").partition("\n")[0]
    total = first.rpartition("total=")[2]
    return int(total) if first.startswith("some") and total.isdigit() else None
