"""``workloads.workers``: real threads and real forked processes, their start together and their ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asv_bench_groundspeed.workloads.workers import EXECUTORS, Begin, in_processes, in_threads
from tests.processes import ended

BOTH = pytest.mark.parametrize("workers", EXECUTORS.values(), ids=list(EXECUTORS))


@BOTH
def test_all_begin_at_the_same_moment_when_the_last_is_ready(workers: Any) -> None:
    def work(index: int, begin: Begin) -> tuple[int, float, float, float]:
        ready = time.perf_counter()
        start = begin()
        return index, ready, start, time.perf_counter()

    made = workers(work, 4)
    assert [index for index, *_ in made] == [0, 1, 2, 3]
    assert len({start for _, _, start, _ in made}) == 1
    assert max(ready for _, ready, _, _ in made) <= min(end for *_, end in made)
    assert max(ready for _, ready, _, _ in made) <= made[0][2]


def test_threads_are_as_many_as_asked_and_gone_afterwards() -> None:
    before = threading.active_count()

    def work(_: int, begin: Begin) -> threading.Thread:
        begin()
        return threading.current_thread()

    assert len({threading.current_thread(), *in_threads(work, 3)}) == 4
    assert threading.active_count() == before
    assert in_threads(work, 1) == [threading.current_thread()]


def test_processes_are_children_with_the_set_ups_state_and_gone_afterwards() -> None:
    state = {"made by": "the set-up"}

    def work(_: int, begin: Begin) -> tuple[int, int, str]:
        begin()
        return os.getpid(), os.getppid(), state["made by"]

    made = in_processes(work, 3)
    assert {(parent, by) for _, parent, by in made} == {(os.getpid(), "the set-up")}
    workers = {pid for pid, _, _ in made}
    assert len(workers) == 3
    assert not any(Path("/proc", str(pid)).exists() for pid in workers)


def out_of_work() -> None:
    raise KeyError("out of work")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@BOTH
@pytest.mark.parametrize("ready", [False, True])
def test_an_exception_of_a_worker_is_raised_here(workers: Any, ready: bool) -> None:
    before = threading.active_count()
    with pytest.raises(KeyError, match="out of work") as caught:
        workers(the_second(out_of_work, ready), 3)
    if workers is in_processes:
        assert "in out_of_work" in str(caught.value.__cause__)  # the child's own traceback
    assert threading.active_count() == before


@pytest.mark.parametrize("ready", [False, True])
def test_a_worker_that_dies_ends_them_all(ready: bool, tmp_path: Path) -> None:
    """Those that live would wait for ever."""
    second = the_second(die, ready)

    def work(index: int, begin: Begin) -> None:
        (tmp_path / str(os.getpid())).touch()
        second(index, begin)
        signal.pause()

    with pytest.raises(RuntimeError, match="a worker process ended with exit code -9"):
        in_processes(work, 3)
    assert not any(Path("/proc", path.name).exists() for path in tmp_path.iterdir())


def the_second(act: Callable[[], None], ready: bool) -> Callable[[int, Begin], None]:
    """Work whose second worker acts, before or after it is ready."""

    def work(index: int, begin: Begin) -> None:
        if index == 1 and not ready:
            act()
        begin()
        if index == 1:
            act()

    return work


class UnpicklableError(Exception):
    """Cannot be made again from its arguments."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(first + second)


def test_an_exception_that_cannot_travel_is_named() -> None:
    def work(_: int, __: Begin) -> None:
        raise UnpicklableError("no ", "way")

    with pytest.raises(RuntimeError, match="UnpicklableError: no way"):
        in_processes(work, 1)


def test_a_result_that_cannot_travel_is_named() -> None:
    def work(_: int, begin: Begin) -> Any:
        begin()
        return threading.Lock()

    with pytest.raises(
        RuntimeError, match=r"what a worker process made cannot be pickled: TypeError: .*lock"
    ):
        in_processes(work, 2)


def test_threads_that_the_host_refuses_leave_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    before = threading.active_count()
    started: list[threading.Thread] = []
    real = threading.Thread.start

    def start(thread: threading.Thread) -> None:
        if len(started) == 2:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        real(thread)

    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        in_threads(lambda _, begin: begin(), 4)
    for thread in started:
        thread.join(timeout=20)
    assert threading.active_count() == before


HANGING = """
import os, time
from asv_bench_groundspeed.workloads.workers import in_processes

def work(index, begin):
    begin()
    os.write(1, b"%d\\n" % os.getpid())
    time.sleep(600)

in_processes(work, 2)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel kills them on Linux only")
def test_workers_die_with_the_process_that_measures() -> None:
    parent = subprocess.Popen([sys.executable, "-c", HANGING], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    workers = [int(parent.stdout.readline()) for _ in range(2)]
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert all(ended(pid) for pid in workers)
