"""The caller's side of the worker protocol: one worker process per environment, one answer a case.

Owns the process and turns its messages into outcomes; decides neither order nor number of runs.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from groundspeed.config import Configuration
from groundspeed.definition import benchmark
from groundspeed.errors import GroundspeedError
from groundspeed.records import Benchmark, Failed, FailureKind, Measured, Outcome, Skipped
from groundspeed.suite import isolation
from groundspeed.suite.environments import Prepared

PROTOCOL = 1
TEXT_KEPT = 8_000  # characters of a failure's text in the record; the end says why
IMPORT_S = 600.0  # for importing the suite; asv's install_timeout has the same default
_WORKER = Path(__file__).with_name("worker.py")
_SLACK_S = 30.0  # beyond a case's time-outs: the worker itself ends what is late, this ends a worker


@dataclass(frozen=True, kw_only=True, slots=True)
class Discovery:
    """What a worker found when it imported the suite.

    ``import_errors`` maps a module that could not be imported to its traceback; ``launch`` is how
    cases are started, ``launch_reason`` why they are not forked (None when they are).
    """

    benchmarks: tuple[Benchmark, ...]
    import_errors: Mapping[str, str]
    python: str
    launch: str
    launch_reason: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What became of one run, and how long it took with everything around it."""

    outcome: Outcome
    duration_s: float


class WorkerLike(Protocol):
    """What a scheduler needs of a worker; a fake in the tests is this without processes."""

    @property
    def discovery(self) -> Discovery:
        """The suite as this worker sees it."""

    @property
    def alive(self) -> bool:
        """Whether it can answer another request."""

    def run(self, benchmark: Benchmark, index: int, *, quick: bool, timeout_s: float) -> Answer:
        """Run one case once, in a process of its own."""

    def close(self) -> None:
        """End the worker and all it started."""


class Worker:
    """A running worker. Raises ``WorkerError`` when it cannot import the suite at all."""

    def __init__(self, prepared: Prepared, configuration: Configuration) -> None:
        suite, workspace = configuration.suite, configuration.workspace
        self._redact = isolation.redaction(suite.root, workspace)
        self._output: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 -- closed by close()
        requests_fd, self._requests = os.pipe()
        self._replies, replies_fd = os.pipe()
        self._buffer = b""
        command = [prepared.python, _WORKER, suite.benchmark_dir, requests_fd, replies_fd]
        self._process = subprocess.Popen(
            [*map(str, command), str(isolation.make_ruler(workspace))],
            cwd=prepared.python.parent,
            env=dict(prepared.variables),
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._output,
            pass_fds=[requests_fd, replies_fd],
            start_new_session=True,
        )
        os.close(requests_fd)
        os.close(replies_fd)
        self._discovery = self._greet(configuration.project.launch)

    @property
    def discovery(self) -> Discovery:
        """The suite as this worker sees it."""
        return self._discovery

    def run(self, benchmark: Benchmark, index: int, *, quick: bool, timeout_s: float) -> Answer:
        """Run one case once. A worker that dies is this run's failure; it answers nothing more."""
        cache_s = benchmark.setup_cache_timeout_s or timeout_s
        request = {
            "benchmark": benchmark.name,
            "index": index,
            "type": benchmark.kind,
            "quick": quick,
            "timeout_s": timeout_s,
            "setup_cache_key": benchmark.setup_cache_key,
            "setup_cache_timeout_s": cache_s,
        }
        started = time.monotonic()
        message = self._ask(request, timeout_s + cache_s + _SLACK_S)
        if message is None:
            text = f"the worker itself ended ({self._ended()})\n{self._printed()}"
            failed = Failed(kind=FailureKind.EXITED, text=self._redact(_end(text)))
            return Answer(outcome=failed, duration_s=time.monotonic() - started)
        outcome = outcome_of(message, timeout_s)
        if isinstance(outcome, Failed):
            outcome = replace(outcome, text=self._redact(outcome.text))
        return Answer(outcome=outcome, duration_s=message["duration_s"])

    @property
    def pid(self) -> int:
        """The worker's process number."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it can answer another request."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the worker and everything it started, without waiting for its goodwill."""
        for fd in (self._requests, self._replies):
            if fd >= 0:
                os.close(fd)
        self._requests = self._replies = -1
        try:
            self._process.wait(timeout=1.0)  # its line is closed: it leaves by itself
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._output.close()

    def _greet(self, launch: str) -> Discovery:
        message = self._ask({"launch": launch}, IMPORT_S)
        if message is None:
            text = f"The worker did not come up ({self._ended()}).\n{self._printed()}"
            self.close()
            raise WorkerError(self._redact(_end(text)))
        if message["protocol"] != PROTOCOL:
            self.close()
            raise WorkerError(f"The worker speaks protocol {message['protocol']}, not {PROTOCOL}.")
        try:
            benchmarks = tuple(benchmark(one["name"], one) for one in message["benchmarks"])
        except ValueError as error:
            self.close()
            raise WorkerError(f"The suite {error}.") from error
        return Discovery(
            benchmarks=benchmarks,
            import_errors={name: self._redact(text) for name, text in message["import_errors"].items()},
            python=message["python"],
            launch=message["launch"],
            launch_reason=message["launch_reason"],
        )

    def _ask(self, request: dict[str, Any], patience_s: float) -> dict[str, Any] | None:
        try:
            os.write(self._requests, (json.dumps(request) + "\n").encode())
        except BrokenPipeError:
            return None
        deadline = time.monotonic() + patience_s
        while b"\n" not in self._buffer:
            ready = select.select([self._replies], [], [], max(0.0, deadline - time.monotonic()))[0]
            chunk = os.read(self._replies, 1 << 16) if ready else b""
            if not chunk:
                return None
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        message: dict[str, Any] = json.loads(line)
        return message

    def _ended(self) -> str:
        try:
            code = self._process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            return "it did not answer in time and was ended"
        return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

    def _printed(self) -> str:
        self._output.seek(0)
        return self._output.read().decode("utf-8", "replace").strip()


class WorkerError(GroundspeedError):
    """A worker process did not come up; the text holds what it printed."""

    exit_code = 3


def outcome_of(message: Mapping[str, Any], timeout_s: float) -> Outcome:
    """The outcome a worker's message stands for (docs/worker-protocol.md lists the events)."""
    event, printed = message["event"], str(message.get("output", "")).strip()
    if event == "value":
        return _value(message["value"], printed)
    if event == "skipped":
        return Skipped(reason=message["reason"])
    if event == "timed out":
        text = f"{printed}\ntimed out after {timeout_s:g} s".strip()
    else:
        text = f"{printed}\n{message['text']}".strip()
    return Failed(kind=_KINDS[event], text=_end(text))


_KINDS = {
    "raised": FailureKind.RAISED,
    "timed out": FailureKind.TIMED_OUT,
    "exited": FailureKind.EXITED,
    "setup_cache": FailureKind.SETUP_CACHE,
}


def _value(value: Any, printed: str) -> Outcome:
    """asv's runner gives a number, or ``{"samples": [...], "number": n}``; NaN means not applicable."""
    if isinstance(value, dict) and {"samples", "number"} <= value.keys():
        samples = tuple(_number(one) for one in value["samples"])
        if samples and None not in samples:
            return Measured(samples=tuple(s for s in samples if s is not None), number=int(value["number"]))
    number = _number(value)
    if number is None:
        return Failed(
            kind=FailureKind.NO_VALUE, text=_end(f"{printed}\nit gave {value!r}, not a number".strip())
        )
    if number != number:
        return Skipped(reason="the benchmark returned NaN")
    return Measured(samples=(number,), number=None)


def _number(value: Any) -> float | None:
    """The number in a message; ``{"float": "inf"}`` is one that JSON cannot write."""
    if isinstance(value, dict) and value.keys() == {"float"}:
        return float(value["float"])
    return value if isinstance(value, int | float) else None


def _end(text: str) -> str:
    return text if len(text) <= TEXT_KEPT else "…" + text[-TEXT_KEPT:]
