"""Work in several processes: real forks, in a process of their own, since one with threads makes none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from groundspeed.parallel import processes, share
from tests.processes import wait_until

HEAD = """
import os, signal, sys, time
from groundspeed import parallel
parallel.processes = lambda: 3
here = os.getpid()
def number(n):
    return lambda: (n, os.getpid() == here)
"""


def run(script: str, code: int = 0) -> str:
    done = subprocess.run([sys.executable, "-c", HEAD + script], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    if code == 0:
        assert done.stderr == ""
    return done.stdout + done.stderr


def test_answers_come_in_their_order_and_from_other_processes() -> None:
    found = run("print(parallel.share([number(n) for n in range(4)]))")
    assert found == "[(0, True), (1, False), (2, False), (3, False)]\n"


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_and_one_work_start_nobody(count: int) -> None:
    forbid = "os.fork = None\n"
    found = run(f"{forbid}print(parallel.share([number(n) for n in range({count})]))")
    assert found == f"{[(n, True) for n in range(count)]}\n"


def test_an_answer_larger_than_a_pipe() -> None:
    assert (
        run("print([len(one) for one in parallel.share([lambda: b'a' * 10**7] * 3)])") == f"{[10**7] * 3}\n"
    )


@pytest.mark.parametrize(
    "fate",
    [
        "os._exit(0)",
        "os.kill(os.getpid(), signal.SIGKILL)",
        "sys.exit(3)",
        "1 / 0",
        "lambda: 0",  # cannot be pickled
    ],
)
def test_what_a_child_does_not_give_is_made_here(fate: str) -> None:
    script = f"""
def work():
    return "made here" if os.getpid() == here else {fate}
print(parallel.share([work, work, work]))
"""
    assert run(script) == "['made here', 'made here', 'made here']\n"


def test_what_is_wrong_is_raised_here() -> None:
    assert "ZeroDivisionError" in run("parallel.share([number(1), lambda: 1 / 0])", code=1)


def test_where_no_process_is_to_be_had_all_is_done_here() -> None:
    script = """
def fork():
    raise BlockingIOError(11, "Resource temporarily unavailable")
os.fork = fork
print(parallel.share([number(n) for n in range(3)]))
"""
    assert run(script) == f"{[(n, True) for n in range(3)]}\n"


def test_an_error_here_ends_the_children(tmp_path: Path) -> None:
    script = f"""
import pathlib
def endless():
    pathlib.Path({str(tmp_path)!r}, str(os.getpid())).touch()
    while True:
        time.sleep(60)
def wrong():
    while not any(os.scandir({str(tmp_path)!r})):
        os.sched_yield()
    raise ValueError("it is wrong")
parallel.share([wrong, endless])
"""
    assert "it is wrong" in run(script, code=1)
    (child,) = tmp_path.iterdir()
    assert not Path("/proc", child.name).exists()


def test_ctrl_c_ends_all_of_them_in_silence(tmp_path: Path) -> None:
    script = f"""
import pathlib
def endless():
    pathlib.Path({str(tmp_path)!r}, str(os.getpid())).touch()
    while True:
        time.sleep(60)
try:
    parallel.share([endless, endless])
except KeyboardInterrupt:
    print("interrupted")
"""
    with subprocess.Popen(
        [sys.executable, "-c", HEAD + script],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        text=True,
    ) as process:
        wait_until(lambda: len(list(tmp_path.iterdir())) == 2, process)
        os.killpg(process.pid, signal.SIGINT)
        out, _ = process.communicate()
    assert out == "interrupted\n"
    assert not any(Path("/proc", one.name).exists() for one in tmp_path.iterdir())


def test_a_process_with_threads_makes_none() -> None:
    hold = threading.Event()
    thread = threading.Thread(target=hold.wait)
    thread.start()
    try:
        assert processes() == 1
        seen: list[int] = []
        share([lambda: seen.append(1), lambda: seen.append(2)])
        assert seen == [1, 2]
    finally:
        hold.set()
        thread.join()
