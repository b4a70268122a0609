"""Something done again and again until it is told to stop. Owns one thread."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Heartbeat:
    """Calls ``beat`` every ``interval_s`` seconds, the first time after one. ``beat`` is given a look at
    whether it should end early, and raises nothing."""

    def __init__(self, beat: Callable[[Callable[[], bool]], None], interval_s: float) -> None:
        self._beat = beat
        self._interval_s = interval_s
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._live, name="noesis-heartbeat", daemon=True)
        self._thread.start()

    def _live(self) -> None:
        while not self._ending.wait(self._interval_s):
            self._beat(self._ending.is_set)

    def stop(self) -> None:
        """Begin no further beat, and wait for the one under way to end."""
        self._ending.set()
        self._thread.join()
