"""When a generation is to end before it is done. Owns the clock and the event; ends nothing itself.

An event cannot be waited for together with a socket, so whoever waits looks again every ``LOOK_S``.
"""

from __future__ import annotations

import threading
import time

from noesis.rag.inference.records import Finish

LOOK_S = 0.02  # nobody notices that a cancelled answer goes on for so long; 50 looks a second cost nothing


class Stopped(Exception):  # noqa: N818 (no error: somebody wanted it)
    """The generation is over before its engine was done."""

    def __init__(self, finish: Finish) -> None:
        super().__init__(finish.value)
        self.finish = finish


class Deadline:
    """``timeout_s`` seconds from now, or as soon as ``cancel`` is set."""

    def __init__(self, timeout_s: float, cancel: threading.Event) -> None:
        self._end = time.monotonic() + timeout_s
        self._cancel = cancel

    def check(self) -> None:
        """Raise ``Stopped`` where the time is over or somebody cancelled; the latter comes first."""
        if self._cancel.is_set():
            raise Stopped(Finish.cancelled)
        if time.monotonic() >= self._end:
            raise Stopped(Finish.timed_out)

    def wait_s(self) -> float:
        """How long to wait before the next ``check``: above 0, ``LOOK_S`` at most."""
        return min(LOOK_S, max(self._end - time.monotonic(), 0.001))
