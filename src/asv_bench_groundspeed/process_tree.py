"""CPU and memory of a process and all its descendants, from /proc, while something else measures.

Owns who belongs to the tree and what is summed; runs in a thread of a process outside the tree, so that
its cost is not the measured one's. Where there is no /proc it says so and gives no metrics. Standard
library only, Python 3.8 or newer.

    watch = TreeWatch(pid)
    watch.start()
    ...
    metrics = watch.stop()

CPU seconds come in the kernel's ticks (10 ms): a watch of a second knows the share of one process to 1 %.
Memory is looked at every ``interval_s``; a peak between two looks is not seen. RSS counts a page once for
every process that shares it, as the kernel does: a forked child that only reads counts like its parent.
"""

from __future__ import annotations

import os
import threading
import time
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Set

NO_PROC = "no metrics of the process tree: there is no /proc on this system"
_AT = {"ppid": 1, "session": 3, "times": 11, "started": 19, "vsize": 20, "rss": 21}  # fields after the name


class Look(NamedTuple):
    """One process at one moment (proc(5), /proc/pid/stat). ``cpu_s`` includes children it waited for."""

    pid: int
    parent: int
    session: int
    started: int
    cpu_s: float
    rss: int
    vms: int


class Totals(NamedTuple):
    """A tree at one moment: bytes over its processes."""

    rss: int
    vms: int


class Tree:
    """Finds the processes of a tree: ``root``, their descendants, and whoever is in the root's session when
    it leads one (a daemon's child whose parent has gone). ``proc`` is the folder to read."""

    def __init__(self, root: int, proc: str = "/proc") -> None:
        self.root, self.proc = root, proc
        self.members: Dict[int, Look] = {}
        self._strangers: Set[int] = set()
        self._orphans_s = 0.0  # CPU seconds of members that ended where no member waited for them
        self._leads = False

    def look(self) -> Totals:
        """Read every member, and every process that was not there before; strangers only once."""
        pids = {int(name) for name in os.listdir(self.proc) if name.isdigit()}
        self._strangers &= pids
        before, self.members = self.members, {}
        # ascending numbers are nearly always parents first; the second pass is for those that wrapped
        fresh = self._read(sorted(pids - self._strangers))
        found = True
        while found:
            joined = [one for one in fresh.values() if self._belongs(one, before)]
            found = bool(joined)
            for one in joined:
                self.members[one.pid] = fresh.pop(one.pid)
        self._strangers |= set(fresh)
        self._bury(before)
        return Totals(
            rss=sum(one.rss for one in self.members.values()),
            vms=sum(one.vms for one in self.members.values()),
        )

    @property
    def cpu_s(self) -> float:
        """CPU seconds of all that were ever seen in the tree, up to the last look."""
        return self._orphans_s + sum(one.cpu_s for one in self.members.values())

    def _read(self, pids: List[int]) -> Dict[int, Look]:
        found = {}
        for pid in pids:
            one = read_stat(self.proc, pid)
            if one is not None:
                found[pid] = one
                if pid == self.root:
                    self._leads = one.session == pid
        return found

    def _belongs(self, one: Look, before: Dict[int, Look]) -> bool:
        known = before.get(one.pid)
        return (
            one.pid == self.root
            or one.parent in self.members
            or (self._leads and one.session == self.root)
            or (known is not None and known.started == one.started)
        )

    def _bury(self, before: Dict[int, Look]) -> None:
        """A member that has gone lives on in the waited-for time of its parent, if that is one of us and is
        here; else its last figure is kept."""
        for pid, last in before.items():
            still = self.members.get(pid)
            gone = still is None or still.started != last.started
            if gone and last.parent not in self.members:
                self._orphans_s += last.cpu_s


class TreeWatch:
    """Watches one tree from ``start`` to ``stop``; made anew for each watch."""

    def __init__(
        self,
        pid: int,
        interval_s: float = 0.02,
        proc: str = "/proc",
        now: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.reason: Optional[str] = None  # why stop gives no metrics, where it gives none
        self._tree = Tree(pid, proc)
        self._interval_s, self._now = interval_s, now
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="groundspeed-tree", daemon=True)
        self._peak = Totals(0, 0)

    def start(self) -> None:
        """Take the first look and go on in a thread."""
        if not os.path.exists(os.path.join(self._tree.proc, "self", "stat")):
            self.reason = NO_PROC
            return
        self._look()
        if not self._tree.members:
            self.reason = "no metrics of the process tree: process {} has ended".format(self._tree.root)
            return
        self._began, self._cpu_before = self._now(), self._tree.cpu_s
        self._thread.start()

    def stop(self) -> List[Dict[str, Any]]:
        """Take the last look and give the metrics, as an observation's; none where ``reason`` says why."""
        if self.reason is not None:
            return []
        self._done.set()
        self._thread.join()
        self._look()
        wall = self._now() - self._began
        share = (self._tree.cpu_s - self._cpu_before) / wall if wall > 0 else 0.0
        values = (
            ("cpu_share", "1", share),
            ("rss", "bytes", self._peak.rss),
            ("vms", "bytes", self._peak.vms),
        )
        return [
            {"metric": name, "unit": unit, "better": "lower", "samples": [value]}
            for name, unit, value in values
        ]

    def _watch(self) -> None:
        while not self._done.wait(self._interval_s):
            self._look()

    def _look(self) -> None:
        seen = self._tree.look()
        self._peak = Totals(max(self._peak.rss, seen.rss), max(self._peak.vms, seen.vms))


def read_stat(proc: str, pid: int) -> Optional[Look]:
    """The process as /proc says; None when it has gone (or is not ours to see)."""
    try:
        with open(os.path.join(proc, str(pid), "stat"), "rb", buffering=0) as file:
            data = file.read()
    except OSError:
        return None
    # the name stands in parentheses and may hold blanks and parentheses itself
    fields = data[data.rfind(b")") + 1 :].split()
    if len(fields) <= _AT["rss"]:
        return None
    times = fields[_AT["times"] : _AT["times"] + 4]  # own user and system, then those of waited-for children
    return Look(
        pid=pid,
        parent=int(fields[_AT["ppid"]]),
        session=int(fields[_AT["session"]]),
        started=int(fields[_AT["started"]]),
        cpu_s=sum(map(int, times)) / os.sysconf("SC_CLK_TCK"),
        rss=int(fields[_AT["rss"]]) * os.sysconf("SC_PAGE_SIZE"),
        vms=int(fields[_AT["vsize"]]),
    )
