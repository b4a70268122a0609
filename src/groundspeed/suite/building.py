"""The asker's side of the builder: one process per order, its answer, and its end.

Owns the process and how its failure reads; decides neither what is built nor where it is kept.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from groundspeed.suite.builder import Order
from groundspeed.suite.ending import end_all

_LOG_KEPT = 12_000  # characters of a failed build's log: the end says why
# How git, uv, pip and conda say that a host cannot be reached. Nothing but the advice depends on it.
_UNREACHABLE = (
    "error sending request for url",
    "dns error",
    "Could not resolve host",
    "Failed to resolve",
    "Temporary failure in name resolution",
    "Name or service not known",
    "Network is unreachable",
    "Connection refused",
    "Failed to establish a new connection",
    "Connection timed out",
    "Read timed out",
    "Could not connect to server",
    "CondaHTTPError",
)
_ADVICE = "No package index or host could be reached: with the network back, add --retry to the command."


class Build:
    """A builder at work. ``answer`` waits for it, once; ``end`` may come from anywhere meanwhile."""

    def __init__(self, order: Order, root: Path, variables: Mapping[str, str]) -> None:
        self._log: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 -- closed by answer()
        self._answers, write_fd = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "groundspeed.suite.builder", str(write_fd)],
            cwd=root,
            env={**variables, "PYTHONPATH": os.pathsep.join(_our_paths())},
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            pass_fds=[write_fd],
            start_new_session=True,
        )
        os.close(write_fd)
        assert self._process.stdin is not None
        self._order_line = self._process.stdin  # stays open: its end would be the builder's
        with contextlib.suppress(BrokenPipeError):  # it ended already: its log says why
            self._order_line.write(json.dumps(dataclasses.asdict(order)).encode() + b"\n")
            self._order_line.flush()

    @property
    def pid(self) -> int:
        """The builder's process number, and its session's."""
        return self._process.pid

    def answer(self) -> tuple[dict[str, Any], str]:
        """The builder's answer (empty when it was ended) and what was printed. Nothing goes on after it."""
        try:
            with os.fdopen(self._answers, encoding="utf-8") as line:
                text = line.read()
        finally:
            self.end()
            self._process.wait()
            with contextlib.suppress(BrokenPipeError):
                self._order_line.close()
        with self._log as log:
            log.seek(0)
            printed = log.read().decode("utf-8", "replace")
        return (json.loads(text) if text else {}), printed

    def end(self) -> None:
        """End the build and everything it started; whoever waits for its answer gets none."""
        self._process.kill()
        end_all(self.pid)


def failure_text(answer: Mapping[str, Any], log: str, redact: Callable[[str], str]) -> str:
    """What a failed build says: the end of its log, the reason, at last a next move where one is known."""
    reason = answer.get("failure", "the build ended without an answer")
    text = f"{log}\n{reason}".strip()
    advice = f"\n{_ADVICE}" if any(sign in text for sign in _UNREACHABLE) else ""
    return redact(text)[-_LOG_KEPT:] + advice  # in this order: half a path is not recognised


def _our_paths() -> list[str]:
    """Where this very groundspeed and its asv lie: the builder runs them, whatever is on its path."""
    return [path for path in sys.path if path and Path(path).is_dir()]
