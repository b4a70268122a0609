"""The caller's side of the worker protocol: one worker process, several cases alive in it.

Owns the process; what its messages mean is ``answers``' to say. Decides neither what is sampled nor how
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
from typing import Any, BinaryIO

from groundspeed.config import Configuration
from groundspeed.definition import benchmark
from groundspeed.records import Benchmark, Failed, FailureKind, Measured, Skipped
from groundspeed.suite import isolation
from groundspeed.suite.answers import (
    Batch,
    Discovery,
    Finished,
    Gone,
    Preparation,
    Ready,
    WorkerError,
    batch_of,
    end_of,
    outcome_of,
    ready_of,
    why_gone,
)
from groundspeed.suite.environments import Prepared

PROTOCOL = 2
IMPORT_S = 600.0  # for importing the suite; asv's install_timeout has the same default
_SLACK_S = 30.0  # beyond a case's time-outs: the worker itself ends what is late, this ends a worker


class Live:
    """A case alive in a worker."""

    def __init__(self, worker: Worker, number: int, ready: Ready) -> None:
        self._worker = worker
        self._number = number
        self.ready = ready

    def sample(self, count: int, within_s: float) -> Batch | Gone:
        """At most ``count`` samples and at least one, begun within the seconds."""
        reply = self._worker.ask(self._number, {"do": "sample", "count": count, "within_s": within_s})
        return reply if isinstance(reply, Gone) else batch_of(reply)

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
        return reply if isinstance(reply, Gone) else Live(self, number, ready_of(reply))

    def ask(self, number: int, request: Mapping[str, Any]) -> dict[str, Any] | Gone:
        """Ask something of a case; the message of one that is alive or was torn down, else why it is gone."""
        started = time.monotonic()
        timeout_s, patience_s = self._patience_s[number]
        message = self._ask({**request, "id": number}, patience_s)
        if message is None:
            text = f"the worker itself ended ({self._ended()})\n{self._printed()}"
            failed = Failed(kind=FailureKind.EXITED, text=self._redact(end_of(text)))
            return Gone(outcome=failed, active_s=time.monotonic() - started)
        if message["event"] in ("prepared", "finished"):
            return message
        if message["event"] == "samples":
            outcome = outcome_of(message["value"])
            return message if isinstance(outcome, Measured) else self._no_value(number, outcome, message)
        gone = why_gone(message, timeout_s)
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
            outcome = replace(outcome, text=self._redact(end_of(f"{printed}\n{outcome.text}".strip())))
        return Gone(outcome=outcome, active_s=message["active_s"])

    def _greet(self, wanted: Mapping[str, Any]) -> Discovery:
        message = self._ask(wanted, IMPORT_S)
        if message is None:
            text = f"The worker did not come up ({self._ended()}).\n{self._printed()}"
            self.close()
            raise WorkerError(self._redact(end_of(text)))
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
