"""The groundspeed command in a project with a home of its own, and what is on record afterwards."""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from unittest import mock

from groundspeed.machine import control
from groundspeed.machine.fitness import take_look
from groundspeed.records import Build, Run
from groundspeed.results.session_wire import SessionFormatError
from groundspeed.results.sessions import read_session_file
from tests.inside import Said, inside
from tests.processes import wait_until
from tests.repositories import git_environment
from tests.wheelhouse import offline_environment


def variables(root: Path) -> dict[str, str]:
    home = root / "home"
    home.mkdir(exist_ok=True)
    own = {"HOME": str(home), "NO_COLOR": "1", "TMPDIR": str(home)}  # and the host's lock lies there
    return {**git_environment(), **offline_environment(), **own}


def groundspeed(root: Path, *arguments: str, code: int = 0, more: Mapping[str, str] | None = None) -> Said:
    """The command, ended with the code, in this process: what it starts (builds, workers) is real.

    Its own start takes a second of a processor, the control benchmark of a session two, the looks at the
    host are half a second apart: start and wait are spared, the control is short. ``more`` variables.
    """
    at_once = functools.partial(take_look, sleep=lambda _: None)
    with (
        mock.patch.multiple(control, PROCESSES=1, SAMPLES=2),
        mock.patch("groundspeed.measure.frame.take_look", at_once),
    ):
        return inside(root, *arguments, code=code, variables={**variables(root), **(more or {})})


def apart(
    root: Path, *arguments: str, code: int = 0, largest_file: int | None = None
) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, ended with the code. No file may grow over ``largest_file``.

    Bytecode neither: Python 3.11 would leave the part that it could write, and nobody could import it.
    """
    command = [sys.executable, "-m", "groundspeed", *arguments]
    environment = variables(root) | ({"PYTHONDONTWRITEBYTECODE": "1"} if largest_file is not None else {})
    if largest_file is not None:  # in blocks of 512 bytes; ignored, the signal is an error of the write
        command = ["sh", "-c", f'trap "" XFSZ; ulimit -f {largest_file // 512}; exec "$@"', "sh", *command]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


@contextmanager
def running(
    root: Path, *arguments: str, more: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """The command while it runs, with ``more`` variables; killed with all it started when the test fails."""
    process = subprocess.Popen(
        [sys.executable, "-m", "groundspeed", *arguments],
        cwd=root,
        env={**variables(root), **(more or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def items(root: Path) -> list[Build | Run]:
    paths = sorted((root / "results").glob("*/sessions/*.jsonl.gz"))
    found = [item for path in paths for item in read_session_file(path).items]
    return [item for item in found if isinstance(item, Build | Run)]


def runs(root: Path) -> list[Run]:
    return [item for item in items(root) if isinstance(item, Run)]


def wait_for_runs(process: subprocess.Popen[str], root: Path, number: int) -> None:
    """Until so many runs are recorded; the process's own progress is the clock."""

    def recorded() -> bool:
        with suppress(SessionFormatError):  # its header is being written
            return len(runs(root)) >= number
        return False

    wait_until(recorded, process)
