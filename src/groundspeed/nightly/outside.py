"""What a stage of the night takes from the world: the time, and waiting. Owns how long it is patient."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from groundspeed.history.remote import UnreachableError

T = TypeVar("T")

TRIES = 4
_FIRST_PAUSE_S = 2.0  # a connection that broke is there again in a second or two
_GROWTH = 4.0  # 2, 8, 32 s: a router that starts anew takes half a minute


@dataclass(frozen=True, kw_only=True, slots=True)
class Outside:
    """``now`` gives aware times; ``pause`` waits so many seconds; ``tries`` bound what is asked again."""

    now: Callable[[], datetime]
    pause: Callable[[float], None]
    tries: int

    def patiently(self, work: Callable[[], T]) -> T:
        """What ``work`` gives, again after a pause where nobody answered. Raises UnreachableError."""
        pause_s = _FIRST_PAUSE_S
        for _ in range(self.tries - 1):
            try:
                return work()
            except UnreachableError:
                self.pause(pause_s)
                pause_s *= _GROWTH
        return work()


def real_outside(tries: int = TRIES) -> Outside:
    """The host's own clock and waiting."""
    return Outside(now=lambda: datetime.now(UTC), pause=time.sleep, tries=tries)
