"""A suite with planted causes, and a case of it recorded in a process of its own, as the command does it."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundspeed.profiling.recorded import Recorded, read_recorded
from groundspeed.profiling.recorders import Recording, recorder_command
from groundspeed.results.speedscope import Profile, read_profile
from groundspeed.suite.isolation import make_ruler

ROUNDS = 5
PLANTED = """\
import os
import threading

LOCK = threading.Lock()
KEPT = []


class Thing:
    pass


def hold(ready, entered):
    with LOCK:
        entered.set()
        os.read(ready, 1)


def hurried():
    with LOCK:
        pass


def asleep(thread):
    # The kernel says so, many times in a row: a thread that wants the interpreter has got it meanwhile.
    state, looks = "/proc/self/task/{}/stat".format(thread.native_id), 0
    while looks < 50:
        with open(state) as file:
            looks = looks + 1 if file.read().rpartition(")")[2].split()[0] == "S" else 0


def time_held():
    ready, release = os.pipe()
    entered = threading.Event()
    holder = threading.Thread(target=hold, args=(ready, entered))
    holder.start()
    entered.wait()
    waiter = threading.Thread(target=hurried)
    waiter.start()
    asleep(waiter)
    os.write(release, b"x")
    holder.join()
    waiter.join()
    os.close(ready)
    os.close(release)


def time_leak():
    KEPT.append(Thing())


def unique(names):
    found = []
    for name in names:
        if name not in found:
            found.append(name)
    return found


def time_squared():
    return len(unique(range(200)))


def timeraw_text():
    return "pass"


def time_fails():
    raise ValueError("on purpose")


class Absent:
    def setup(self):
        raise NotImplementedError

    def time_nothing(self):
        pass
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """How a recorder's process ended; ``file`` is what it wrote, stored as results store it."""

    code: int
    error: str
    file: Path

    @property
    def recorded(self) -> Recorded:
        """The details."""
        assert self.code == 0, self.error
        return read_recorded(self.file)

    @property
    def profile(self) -> Profile:
        """The same as any stored profile is read."""
        assert self.code == 0, self.error
        return read_profile(self.file)


def record(folder: Path, kind: str, benchmark: str, **request: Any) -> Done:
    """A case of the planted suite, recorded by this interpreter, which finds the tools itself."""
    suite, case, out = folder / "suite", folder / "case", folder / "out.json"
    for one in (suite, case):
        one.mkdir(parents=True, exist_ok=True)
    (suite / "__init__.py").touch()
    (suite / "planted.py").write_text(PLANTED)
    wanted: dict[str, Any] = {
        "suite": str(suite),
        "benchmark": f"planted.{benchmark}",
        "index": 0,
        "rounds": ROUNDS,
        "quick": False,
        "timeout_s": 60.0,
        "cwd": str(case),
        "cpu_affinity": None,
        **request,
    }
    command = recorder_command(
        Path(sys.executable), folder, make_ruler(folder), Recording(kind=kind, request=wanted, out=out)
    )
    done = subprocess.run(command.words, cwd=command.cwd, capture_output=True, text=True, check=False)
    stored = folder / f"{benchmark}.{kind}.gz"
    if done.returncode == 0:
        json.loads(out.read_text())
        stored.write_bytes(gzip.compress(out.read_bytes()))
    return Done(code=done.returncode, error=done.stderr, file=stored)
