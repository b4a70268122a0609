"""The watch of a process tree: made /proc trees for its arithmetic, real processes for its finding them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from asv_bench_groundspeed.process_tree import NO_PROC, Look, Tree, TreeWatch, read_stat
from tests.processes import ended

TICKS, PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="there is no /proc here")


class FakeProc:
    """A made /proc. ``put`` writes a process: its parent, its CPU ticks (own and of waited-for children)."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "self").mkdir()
        (root / "self" / "stat").touch()
        (root / "meminfo").touch()

    def put(self, pid: int, parent: int, *, own: int = 0, waited: int = 0, session: int = 1) -> None:
        (self.root / str(pid)).mkdir(exist_ok=True)
        between = "0 -1 0 0 0 0 0"  # tty, terminal's group, flags, faults
        times = f"{own} 0 {waited} 0"
        line = f"{pid} (a) b (c)) S {parent} {pid} {session} {between} {times} 20 0 1 0 {pid * 7} 8000 3 0"
        (self.root / str(pid) / "stat").write_text(line + "\n")

    def end(self, pid: int) -> None:
        (self.root / str(pid) / "stat").unlink()
        (self.root / str(pid)).rmdir()


@pytest.fixture
def proc(tmp_path: Path) -> FakeProc:
    return FakeProc(tmp_path)


def test_a_line_is_read_by_its_fields_whatever_the_name(proc: FakeProc) -> None:
    proc.put(40, 30, own=150, waited=50, session=20)
    assert read_stat(str(proc.root), 40) == Look(
        pid=40, parent=30, session=20, started=280, cpu_s=200 / TICKS, rss=3 * PAGE, vms=8000
    )
    assert read_stat(str(proc.root), 41) is None


def test_descendants_belong_whatever_their_numbers_and_strangers_do_not(proc: FakeProc) -> None:
    proc.put(100, 1)
    proc.put(50, 100)  # numbers start over: a child may have the smaller one
    proc.put(20, 50)
    proc.put(200, 1)
    tree = Tree(100, str(proc.root))
    assert tree.look().rss == 3 * 3 * PAGE
    assert set(tree.members) == {100, 50, 20}
    proc.put(300, 20)
    proc.put(301, 200)
    assert tree.look().vms == 4 * 8000
    proc.end(20)
    proc.put(300, 1)  # its parent has gone: it stays ours
    tree.look()
    assert set(tree.members) == {100, 50, 300}


def test_an_orphan_seen_too_late_is_known_by_its_session(proc: FakeProc) -> None:
    proc.put(100, 1, session=100)
    tree = Tree(100, str(proc.root))
    tree.look()
    proc.put(300, 1, session=100)
    proc.put(301, 1, session=1)
    tree.look()
    assert set(tree.members) == {100, 300}


def test_no_cpu_time_is_lost_or_counted_twice_when_processes_end(proc: FakeProc) -> None:
    proc.put(100, 1, own=10)
    proc.put(101, 100, own=5)
    proc.put(102, 100, own=7)
    tree = Tree(100, str(proc.root))
    tree.look()
    assert tree.cpu_s == pytest.approx(22 / TICKS)
    proc.end(101)
    proc.put(100, 1, own=10, waited=6)  # it ran one tick more, and its parent waited for it
    tree.look()
    assert tree.cpu_s == pytest.approx(23 / TICKS)
    proc.put(102, 1, own=9)  # orphaned, then ended: init waited for it
    tree.look()
    proc.end(102)
    tree.look()
    assert tree.cpu_s == pytest.approx(25 / TICKS)
    proc.end(100)
    assert tree.look().rss == 0
    assert tree.cpu_s == pytest.approx(25 / TICKS)


def test_a_watch_gives_the_share_and_the_highest_sums(proc: FakeProc) -> None:
    """Two processes for a while, one at the end; 30 ticks of CPU in 2 s of a given clock."""
    proc.put(100, 1, own=10)
    proc.put(101, 100)
    times = iter((5.0, 7.0))
    watch = TreeWatch(100, interval_s=3600, proc=str(proc.root), now=lambda: next(times))
    watch.start()
    proc.end(101)
    proc.put(100, 1, own=38, waited=2)
    assert watch.stop() == [
        {"metric": "cpu_share", "unit": "1", "better": "lower", "samples": [pytest.approx(15 / TICKS)]},
        {"metric": "rss", "unit": "bytes", "better": "lower", "samples": [6 * PAGE]},
        {"metric": "vms", "unit": "bytes", "better": "lower", "samples": [16_000]},
    ]
    assert watch.reason is None


def test_without_proc_there_is_a_reason_and_no_metric(tmp_path: Path) -> None:
    watch = TreeWatch(os.getpid(), proc=str(tmp_path / "nowhere"))
    watch.start()
    assert watch.stop() == []
    assert watch.reason == NO_PROC


def test_a_process_that_has_ended_is_said_to_have(proc: FakeProc) -> None:
    watch = TreeWatch(100, proc=str(proc.root))
    watch.start()
    assert watch.stop() == []
    assert watch.reason == "no metrics of the process tree: process 100 has ended"


TREE = """
import os, sys
held = bytearray(b"x") * 40_000_000
child = os.fork()
if not child:
    own = bytearray(b"y") * 60_000_000
    sys.stdout.write("%d\\n" % os.getpid()); sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)
os.waitpid(child, 0)
"""


@linux
def test_a_real_tree_is_seen_whole() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", TREE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdin is not None
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    watch = TreeWatch(parent.pid)
    watch.start()
    found = {one["metric"]: one["samples"][0] for one in watch.stop()}
    parent.stdin.close()
    parent.wait()
    parent.stdout.close()
    assert ended(child)
    assert found["rss"] > 40_000_000 + 40_000_000 + 60_000_000  # the held bytes count in both
    assert found["vms"] > found["rss"]
    assert found["cpu_share"] >= 0
