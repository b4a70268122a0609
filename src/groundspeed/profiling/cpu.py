"""Where a process spends its time, by py-spy from outside. Owns py-spy's process and its output.

py-spy (https://github.com/benfred/py-spy) stops the process for each sample and reads its stack: nothing is
loaded into it, and it runs at full speed between.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from groundspeed.errors import NothingMeasuredError
from groundspeed.profiling.weights import Namer, Overhead, Recorded, Stack, Taken, own_part
from groundspeed.results.stacks import Frame
from groundspeed.suite.isolation import question_variables
from groundspeed.suite.repeating import Repeater

RATE = 200
"""Samples a second. A sample stops the process for about 0.1 ms, so that is 2 % of its time; 100 a second
would show a function of 1 % in two seconds by two samples.
"""

PAIRS = 5
"""Of stretches with py-spy and without it, in turn: of five, one is hardly disturbed by the host."""

_ONE_THREAD = (0.5, 1.5)
"""Seconds of samples a second of calls: below, the benchmark waits; above, several threads work. Between,
samples came late, or close together: of 30 in 0.15 s there were 45.
"""

NO_SYMBOL = "(no symbol)"
_ADDRESS = re.compile(r"0x[0-9a-f]+")

_PATIENCE_S = 30.0  # to attach: it reads the symbols of the interpreter, and of all libraries where asked


class NoSamplerError(NothingMeasuredError):
    """py-spy is not here, or may not look into the process."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sampler:
    """py-spy, by its path; with ``native`` also the frames of C, C++ and Rust."""

    program: Path
    native: bool
    rate: int = RATE

    @property
    def name(self) -> str:
        """Of what took a profile, with its version."""
        try:
            return f"py-spy {version('py-spy')}"
        except PackageNotFoundError:
            return "py-spy"

    @contextlib.contextmanager
    def watching(self, pid: int, output: Path) -> Iterator[None]:
        """Samples of a process while inside; afterwards ``output`` holds them, in speedscope's format.

        Raises ``NoSamplerError`` where it may not look.
        """
        words = [self.program, "record", "--pid", pid, "--rate", self.rate, "--output", output]
        words += ["--format", "speedscope", "--function", "--full-filenames"]
        words += ["--native"] if self.native else []
        with (
            tempfile.TemporaryFile() as errors,
            subprocess.Popen(
                [*map(str, words)],
                env=question_variables(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
            ) as spy,
        ):
            try:
                if not _has_begun(spy):
                    raise _refused(spy, errors)
                yield
            finally:
                _end(spy)
        if not output.is_file():
            raise NoSamplerError("py-spy wrote no profile: the process took no processor time meanwhile.")


def sampler_or_why(*, native: bool) -> tuple[Sampler | None, str]:
    """py-spy, or none and why: cProfile stands in for it."""
    try:
        return find_sampler(native=native), ""
    except NoSamplerError as error:
        return None, str(error)


def find_sampler(*, native: bool) -> Sampler:
    """py-spy beside this interpreter, else on the PATH. Raises ``NoSamplerError``."""
    beside = Path(sys.executable).parent / "py-spy"
    found = str(beside) if beside.is_file() else shutil.which("py-spy")
    if found is None:
        raise NoSamplerError("py-spy is not here: python -m pip install 'groundspeed[profile]'.")
    return Sampler(program=Path(found), native=native)


def take_cpu(repeater: Repeater, sampler: Sampler, seconds: float, pairs: int, namer: Namer) -> Taken:
    """One run: calls for about ``seconds`` under py-spy, and as long without it, in turn.

    Raises ``NoSamplerError``, and ``RepeatError`` where the case fails.
    """
    costs, weighed, calls, taken_s, samples = [], [], 0, 0.0, 0
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(pairs):
            output = Path(folder) / f"{turn}.json"
            plain = repeater.repeat(seconds / pairs) if turn % 2 else None
            with sampler.watching(repeater.pid, output):
                profiled = repeater.repeat(seconds / pairs)
            plain = plain or repeater.repeat(seconds / pairs)
            costs.append((plain.call_s, profiled.call_s))
            calls, taken_s = calls + profiled.calls, taken_s + profiled.seconds
            stacks = list(stacks_of(json.loads(output.read_bytes())))
            weighed += stacks
            samples += len(stacks)
    own = own_part(weighed, namer)
    run = Recorded(weights=own, calls=calls, duration_s=taken_s, samples=samples)
    return cpu_profile(run, costs, sampler.name)


def cpu_profile(run: Recorded, costs: Sequence[tuple[float, float]], tool: str) -> Taken:
    """A run as a profile. Its weights are scaled to the clock where one thread worked all the time."""
    busy = run.total / (run.duration_s or 1.0)
    notes: tuple[str, ...] = ()
    if not _ONE_THREAD[0] <= busy <= _ONE_THREAD[1]:
        run = replace(run, duration_s=None)
        share = f"{busy:.0%} of the time that the calls took"
        notes = (f"Threads worked {share}: figures are of work, waits are not sampled.",)
    return Taken(
        kind="cpu",
        unit="seconds",
        tool=tool,
        runs=(run,),
        overhead=Overhead(pairs=tuple(costs)),
        notes=notes,
    )


def stacks_of(document: Mapping[str, Any]) -> Iterator[tuple[Stack, float]]:
    """The samples of a document of py-spy's, of all threads, in seconds."""
    frames = [_frame(one) for one in document["shared"]["frames"]]
    for profile in document["profiles"]:
        for stack, weight in zip(profile["samples"], profile["weights"], strict=True):
            yield tuple(frames[number] for number in stack), weight


def _frame(wire: Mapping[str, Any]) -> Frame:
    """py-spy names a native function without a symbol by its address, which no two processes share: all of
    a library are one. Native frames have the line 0 where nobody knows it.
    """
    name = NO_SYMBOL if _ADDRESS.fullmatch(wire["name"]) else wire["name"]
    return Frame(name=name, file=wire["file"], line=wire["line"] or None)


def _has_begun(spy: subprocess.Popen[bytes]) -> bool:
    """Whether it says that it samples: it says nothing before it has attached."""
    assert spy.stdout is not None  # it was asked for
    ready = select.select([spy.stdout], [], [], _PATIENCE_S)[0]
    return bool(ready) and bool(os.read(spy.stdout.fileno(), 1 << 12))


def _end(spy: subprocess.Popen[bytes]) -> None:
    """As its help says, Ctrl-C ends a recording: it writes its file."""
    spy.send_signal(signal.SIGINT)
    try:
        spy.communicate(timeout=_PATIENCE_S)
    except subprocess.TimeoutExpired:
        spy.kill()


def _refused(spy: subprocess.Popen[bytes], errors: Any) -> NoSamplerError:
    spy.kill()
    spy.wait()
    errors.seek(0)
    said = errors.read().decode("utf-8", "replace").strip() or "it said nothing"
    return NoSamplerError(
        f"py-spy cannot look into the process ({said.splitlines()[0]}). It knows CPython alone, and needs "
        "the right to trace: the capability SYS_PTRACE in a container, or root."
    )
