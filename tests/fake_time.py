"""A clock that moves when it is slept on or worked on, so that loops are tested without waiting."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from asv_bench_groundspeed.workloads.clock import Clock


class FakeTime:
    """Whole seconds are met exactly."""

    def __init__(self) -> None:
        self.at = 0.0
        self.clock = Clock(now=lambda: self.at, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        # less than rounding leaves of a wait would not move the clock at all
        self.at = self.at + seconds if seconds > 1e-6 else float(math.ceil(self.at))

    def service(self, *seconds: float) -> Callable[[], str]:
        """A function whose calls take so long, one after the other."""
        left: Iterator[float] = iter(seconds)

        def call() -> str:
            self.at += next(left)
            return "answer"

        return call
