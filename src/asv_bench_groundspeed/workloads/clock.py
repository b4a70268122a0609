"""The clock that load is put on by: the time, and how to wait for a moment of it.

Owns waiting that ends when it should. Standard library only, Python 3.8 or newer.
"""

from __future__ import annotations

import os
import time
from typing import Callable, NamedTuple

NEAR_S = 0.0002  # a sleep ends about 0.09 ms late on Linux: the last of the wait is spent looking


class Clock(NamedTuple):
    """The time in seconds, and how to wait: passed in, so that arithmetic is tested without waiting."""

    now: Callable[[], float]
    sleep: Callable[[float], None]  # 0: let others run

    def sleep_until(self, moment: float) -> None:
        """Wait for the moment; at once when it has passed."""
        while True:
            left = moment - self.now()
            if left <= 0:
                return
            self.sleep(left - NEAR_S if left > NEAR_S else 0)


def _sleep(seconds: float) -> None:
    if seconds > 0 or not hasattr(os, "sched_yield"):
        time.sleep(seconds)
    else:
        os.sched_yield()  # 0.7 us; since CPython 3.11 sleep(0) takes the kernel's timer and 70 us


WALL = Clock(time.perf_counter, _sleep)  # one clock for all processes of a host on Linux and macOS
