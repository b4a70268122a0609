"""The caller's side of the worker protocol: one worker process, several cases alive in it.

Owns the process and turns its messages into typed answers; decides neither what is sampled nor how
often.
"""

from __future__ import annotations

import itertools
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
from groundspeed.records import Benchmark, Better, Failed, FailureKind, Measured, Reading, Skipped
from groundspeed.suite import isolation
from groundspeed.suite.environments import Prepared

PROTOCOL = 2
TEXT_KEPT = 8_000  # characters of a failure's text in the record; the end says why
IMPORT_S = 600.0  # for importing the suite; asv's install_timeout has the same default
_SLACK_S = 30.0  # beyond a case's time-outs: the worker itself ends what is late, this ends a worker


@dataclass(frozen=True, kw_only=True, slots=True)
class Discovery:
    """What a worker found when it imported the suite.

    ``stated_rounds`` are the benchmarks whose suite says in how many processes they are measured;
    ``import_errors`` maps a module that could not be imported to its traceback; ``launch`` is how
    cases are started, ``launch_reason`` why they are not forked (None when they are).
    """

    benchmarks: tuple[Benchmark, ...]
    stated_rounds: frozenset[str]
    import_errors: Mapping[str, str]
    python: str
    launch: str
    launch_reason: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Repeat:
    """What a suite states for the samples of one process (asv's ``repeat``)."""

    least: int
    most: int
    within_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Ready:
    """A case is set up and warm. ``repeat`` is None where the suite leaves it open.

    ``number`` calls make a sample, which takes about ``sample_s`` seconds; None and 0 where the benchmark
    gives a value instead of timed samples. ``active_s`` is what the worker spent on it, set-up included.
    """

    number: int | None
    sample_s: float
    repeat: Repeat | None
    check: str | None
    active_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """Samples of a case that is alive."""

    measured: Measured
    metrics: tuple[Reading, ...]
    check: str | None
    active_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Gone:
    """The case failed, or does not apply; its process has ended."""

    outcome: Failed | Skipped
    active_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """The case was torn down, as asked."""

    active_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Preparation:
    """How a case is set up. ``timeout_s`` bounds its active seconds.

    ``number`` calls made a sample in an earlier process of the case, 0 where there was none.
    """

    quick: bool
    timeout_s: float
    number: int


class LiveLike(Protocol):
    """A case that was prepared, until it ends."""

    @property
    def ready(self) -> Ready:
        """How it came up."""

    def sample(self, count: int, within_s: float) -> Batch | Gone:
        """At most ``count`` samples and at least one, begun within the seconds."""

    def finish(self) -> Finished | Gone:
        """Tear it down."""


class WorkerLike(Protocol):
    """What a scheduler needs of a worker; a fake in the tests is this without processes."""

    @property
    def discovery(self) -> Discovery:
        """The suite as this worker sees it."""

    @property
    def alive(self) -> bool:
        """Whether it can answer another request."""

    def prepare(self, benchmark: Benchmark, index: int, how: Preparation) -> LiveLike | Gone:
        """Set up one case in a process of its own; several may be alive at once."""

    def close(self) -> None:
        """End the worker and all it started."""


class Live:
    """A case alive in a worker."""

    def __init__(self, worker: Worker, number: int, ready: Ready) -> None:
        self._worker = worker
        self._number = number
        self.ready = ready

    def sample(self, count: int, within_s: float) -> Batch | Gone:
        """At most ``count`` samples and at least one, begun within the seconds."""
        reply = self._worker.ask(self._number, {"do": "sample", "count": count, "within_s": within_s})
        return reply if isinstance(reply, Gone) else _batch(reply)

    def finish(self) -> Finished | Gone:
        """Tear it down."""
        reply = self._worker.ask(self._number, {"do": "finish"})
        return reply if isinstance(reply, Gone) else Finished(active_s=reply["active_s"])


class Worker:
    """A running worker. Raises ``WorkerError`` when it cannot import the suite at all."""

    def __init__(self, prepared: Prepared, configuration: Configuration, folders: Folders) -> None:
        suite, workspace = configuration.suite, configuration.workspace
        self._redact = isolation.redaction(suite.root, workspace)
        self._output: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 -- closed by close()
        self._patience_s: dict[int, tuple[float, float]] = {}
        self._numbers = itertools.count(1)
        requests_fd, self._requests = os.pipe()
        self._replies, replies_fd = os.pipe()
        self._buffer = b""
        ruler = isolation.make_ruler(workspace)
        command = [
            prepared.python,
            "-m",
            isolation.WORKER,
            suite.benchmark_dir,
            requests_fd,
            replies_fd,
            ruler,
        ]
        self._process = subprocess.Popen(
            [*map(str, command)],
            cwd=ruler,
            env=dict(prepared.variables),
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._output,
            pass_fds=[requests_fd, replies_fd],
            start_new_session=True,
        )
        os.close(requests_fd)
        os.close(replies_fd)
        self._discovery = self._greet(
            {
                "launch": configuration.project.launch,
                "cpus": list(folders.cpus),
                "folder": str(folders.work),
                "caches": str(folders.caches),
            }
        )

    @property
    def discovery(self) -> Discovery:
        """The suite as this worker sees it."""
        return self._discovery

    def prepare(self, benchmark: Benchmark, index: int, how: Preparation) -> Live | Gone:
        """Set up one case. A worker that dies is this case's failure; it answers nothing more."""
        cache_s = benchmark.setup_cache_timeout_s or how.timeout_s
        number = next(self._numbers)
        self._patience_s[number] = how.timeout_s, how.timeout_s + cache_s + _SLACK_S
        reply = self.ask(
            number,
            {
                "do": "prepare",
                "benchmark": benchmark.name,
                "index": index,
                "type": benchmark.kind,
                "number": how.number,
                "quick": how.quick,
                "timeout_s": how.timeout_s,
                "setup_cache_key": benchmark.setup_cache_key,
                "setup_cache_timeout_s": cache_s,
                "process_tree": bool(benchmark.definition.get("process_tree")),
            },
        )
        return reply if isinstance(reply, Gone) else Live(self, number, _ready(reply))

    def ask(self, number: int, request: Mapping[str, Any]) -> dict[str, Any] | Gone:
        """Ask something of a case; the message of one that is alive or was torn down, else why it is gone."""
        started = time.monotonic()
        timeout_s, patience_s = self._patience_s[number]
        message = self._ask({**request, "id": number}, patience_s)
        if message is None:
            text = f"the worker itself ended ({self._ended()})\n{self._printed()}"
            failed = Failed(kind=FailureKind.EXITED, text=self._redact(_end(text)))
            return Gone(outcome=failed, active_s=time.monotonic() - started)
        if message["event"] in ("prepared", "finished"):
            return message
        if message["event"] == "samples":
            outcome = outcome_of(message["value"])
            return message if isinstance(outcome, Measured) else self._no_value(number, outcome, message)
        gone = _why_gone(message, timeout_s)
        if isinstance(gone, Failed):
            gone = replace(gone, text=self._redact(gone.text))
        return Gone(outcome=gone, active_s=message["active_s"])

    @property
    def pid(self) -> int:
        """The worker's process number."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it can answer another request."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the worker and everything it started, at once: it owns nothing but cases and their folders."""
        for fd in (self._requests, self._replies):
            if fd >= 0:
                os.close(fd)
        self._requests = self._replies = -1
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._output.close()

    def _no_value(self, number: int, outcome: Failed | Skipped, message: Mapping[str, Any]) -> Gone:
        """A benchmark that gave no number has nothing more to give: end it, keep what it printed."""
        last = self._ask({"do": "finish", "id": number}, self._patience_s[number][1]) or {}
        if isinstance(outcome, Failed):
            printed = str(last.get("output", "")).strip()
            outcome = replace(outcome, text=self._redact(_end(f"{printed}\n{outcome.text}".strip())))
        return Gone(outcome=outcome, active_s=message["active_s"])

    def _greet(self, wanted: Mapping[str, Any]) -> Discovery:
        message = self._ask(wanted, IMPORT_S)
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
            stated_rounds=frozenset(message["stated_rounds"]),
            import_errors={name: self._redact(text) for name, text in message["import_errors"].items()},
            python=message["python"],
            launch=message["launch"],
            launch_reason=message["launch_reason"],
        )

    def _ask(self, request: Mapping[str, Any], patience_s: float) -> dict[str, Any] | None:
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Folders:
    """Where a worker's cases run, and where what setup_cache made for a commit is kept between workers.

    ``cpus`` are the processors its cases are pinned to, empty for any.
    """

    work: Path
    caches: Path
    cpus: tuple[int, ...]


class WorkerError(GroundspeedError):
    """A worker process did not come up; the text holds what it printed."""

    exit_code = 3


# --- messages to values -------------------------------------------------------------------------


def outcome_of(value: Any) -> Measured | Failed | Skipped:
    """What a benchmark gave: a number (NaN is asv's word for skipped), or samples and their calls."""
    if isinstance(value, dict) and {"samples", "number"} <= value.keys():
        samples = tuple(_number(one) for one in value["samples"])
        if samples and None not in samples:
            return Measured(samples=tuple(s for s in samples if s is not None), number=value["number"])
    number = _number(value)
    if number is None:
        return Failed(kind=FailureKind.NO_VALUE, text=f"it gave {value!r}, not a number")
    if number != number:
        return Skipped(reason="the benchmark returned NaN")
    return Measured(samples=(number,), number=None)


def _ready(message: Mapping[str, Any]) -> Ready:
    repeat = message["repeat"]
    return Ready(
        number=message["number"],
        sample_s=message["sample_s"],
        repeat=None if repeat is None else Repeat(least=repeat[0], most=repeat[1], within_s=repeat[2]),
        check=message["check"],
        active_s=message["active_s"],
    )


def _batch(message: Mapping[str, Any]) -> Batch:
    measured = outcome_of(message["value"])
    if not isinstance(measured, Measured):
        raise WorkerError(f"The worker called {message['value']!r} samples.")
    return Batch(
        measured=measured,
        metrics=tuple(_reading(one) for one in message["metrics"]),
        check=message.get("check"),
        active_s=message["active_s"],
    )


def _reading(wire: Mapping[str, Any]) -> Reading:
    samples = tuple(one for one in map(_number, wire["samples"]) if one is not None)
    return Reading(
        metric=wire["metric"], unit=wire["unit"], better=Better(wire.get("better", "lower")), samples=samples
    )


def _why_gone(message: Mapping[str, Any], timeout_s: float) -> Failed | Skipped:
    """The outcome that such a last message stands for (docs/worker-protocol.md lists the events)."""
    event, printed = message["event"], str(message.get("output", "")).strip()
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


def _number(value: Any) -> float | None:
    """The number in a message; ``{"float": "inf"}`` is one that JSON cannot write."""
    if isinstance(value, dict) and value.keys() == {"float"}:
        return float(value["float"])
    return value if isinstance(value, int | float) else None


def _end(text: str) -> str:
    return text if len(text) <= TEXT_KEPT else "…" + text[-TEXT_KEPT:]
