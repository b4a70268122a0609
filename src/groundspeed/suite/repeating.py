"""The caller's side of a process that calls one case for a while when asked (docs/worker-protocol.md).

Owns that process. What looks at it meanwhile, and what is made of that, is its callers' to say.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from groundspeed.config import Configuration
from groundspeed.errors import GroundspeedError
from groundspeed.records import Skipped
from groundspeed.suite import isolation
from groundspeed.suite.answers import why_gone
from groundspeed.suite.client import Folders
from groundspeed.suite.counted import Repetition, case_folder, request
from groundspeed.suite.environments import Prepared

_SLACK_S = 30.0  # beyond what the calls may take: profilers write their files after them
_SETUPS = 3.0  # times the seconds asked for: calls, and as long again for set-ups between them
_PATIENCE_S = 2.0  # for a tear-down, when nothing more is wanted


class RepeatError(GroundspeedError):
    """The case did not come up, failed while it was called, or does not apply."""

    exit_code = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """Calls in a row. ``seconds`` are those of the calls alone, by the process's own clock."""

    calls: int
    seconds: float

    @property
    def call_s(self) -> float:
        """What a call took, in the mean."""
        return self.seconds / self.calls


class Repeater:
    """A case that is set up, in a process of its own."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        pipes: tuple[int, int],
        output: BinaryIO,
        timeout_s: float,
        redact: Callable[[str], str],
    ) -> None:
        """``pipes`` are this side's ends: requests, replies; ``redact`` names no place of this host."""
        self._process = process
        self._requests, self._replies = pipes
        self._output = output
        self._timeout_s = timeout_s
        self._redact = redact
        self._buffer = b""

    def settle(self) -> None:
        """Wait until it is set up. Raises ``RepeatError``."""
        self._answer(self._timeout_s)

    @property
    def pid(self) -> int:
        """Its process number."""
        return self._process.pid

    def repeat(self, seconds: float) -> Stretch:
        """Call it for about so long, once at least. Raises ``RepeatError``, as all of these."""
        return self._ask({"seconds": seconds, "calls": 1 << 62, "by": "nothing", "output": ""})

    def by_cprofile(self, seconds: float, output: Path) -> Stretch:
        """The same under cProfile; ``output`` takes what ``pstats`` reads."""
        return self._ask({"seconds": seconds, "calls": 1 << 62, "by": "cProfile", "output": str(output)})

    def by_memray(self, output: Path) -> Stretch:
        """One call under memray, which writes ``output``."""
        return self._ask({"seconds": 0.0, "calls": 1, "by": "memray", "output": str(output)})

    def once(self) -> Stretch:
        """One call."""
        return self._ask({"seconds": 0.0, "calls": 1, "by": "nothing", "output": ""})

    def close(self) -> None:
        """Let it tear down, then end it and all it started."""
        for fd in (self._requests, self._replies):
            os.close(fd)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=_PATIENCE_S)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _ask(self, wanted: dict[str, Any]) -> Stretch:
        with contextlib.suppress(BrokenPipeError):  # it has ended: waiting for it tells how
            os.write(self._requests, (json.dumps(wanted) + "\n").encode())
        message = self._answer(self._timeout_s + _SETUPS * wanted["seconds"])
        return Stretch(calls=message["calls"], seconds=message["seconds"])

    def _answer(self, patience_s: float) -> dict[str, Any]:
        deadline = time.monotonic() + patience_s + _SLACK_S
        while b"\n" not in self._buffer:
            ready = select.select([self._replies], [], [], max(0.0, deadline - time.monotonic()))[0]
            if not ready:
                raise self._failed({"event": "timed out"})
            chunk = os.read(self._replies, 1 << 16)
            if not chunk:
                raise self._failed({"event": "exited", "text": "the process ended before it answered"})
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        message: dict[str, Any] = json.loads(line)
        if message["event"] not in ("prepared", "repeated"):
            raise self._failed(message)
        return message

    def _failed(self, message: dict[str, Any]) -> RepeatError:
        self._output.seek(0)
        message["output"] = self._output.read().decode("utf-8", "replace")
        gone = why_gone(message, self._timeout_s)
        return RepeatError(self._redact(gone.reason if isinstance(gone, Skipped) else gone.text))


@contextlib.contextmanager
def repeating(
    prepared: Prepared,
    configuration: Configuration,
    folders: Folders,
    wanted: Repetition,
    tools: Sequence[Path] = (),
) -> Iterator[Repeater]:
    """The process, while it is wanted. ``tools`` are folders in which it may find a profiler.

    Raises ``RepeatError``, and ``OSError`` when what setup_cache made cannot be copied.
    """
    with (
        case_folder(folders, wanted.benchmark, "repeated") as folder,
        tempfile.TemporaryFile() as output,
    ):
        ruler = isolation.make_ruler(configuration.workspace)
        asked = request(configuration.suite.benchmark_dir, folder, folders.cpus, wanted)
        requests_fd, requests = os.pipe()
        replies, replies_fd = os.pipe()
        words: list[object] = [prepared.python, "-m", isolation.WORKER, "--repeat"]
        words += [json.dumps({**asked, "tools": [*map(str, tools)]}), requests_fd, replies_fd, ruler]
        process = subprocess.Popen(
            [*map(str, words)],
            cwd=ruler,
            env=dict(prepared.variables),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=[requests_fd, replies_fd],
            start_new_session=True,
        )
        os.close(requests_fd)
        os.close(replies_fd)
        redact = isolation.redaction(configuration.suite.root, configuration.workspace)
        repeater = Repeater(process, (requests, replies), output, wanted.timeout_s, redact)
        with contextlib.closing(repeater):
            repeater.settle()
            yield repeater
