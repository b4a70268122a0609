"""Load on a function: closed loop (so many clients, each waiting for its answer) and open loop (so many
requests a second, whether answers come or not).

Owns when requests begin and what of them is recorded; makes no summary. An open loop measures from the
intended start, fixed in advance: a service that stalls is charged for everyone who would have come
meanwhile. A closed loop, which sends nothing while it waits, omits them (G. Tene, "How NOT to Measure
Latency", 2015: coordinated omission). Standard library only, Python 3.8 or newer.
"""

from __future__ import annotations

import math
import os
import threading
import time
from typing import Any, Callable, List, NamedTuple, Optional, Tuple

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


WALL = Clock(time.perf_counter, _sleep)


class Request(NamedTuple):
    """One request: its number, when it was due, begun and answered (seconds of the clock)."""

    number: int
    due: float
    begun: float
    ended: float


class Served(NamedTuple):
    """What a loop did. ``requests`` in order of their number; ``waiting`` is how long each request had
    waited that was due in an open loop when the time was up, and was not begun; ``first_answer`` is
    what request 0 returned."""

    requests: List[Request]
    waiting: List[float]
    first_answer: Any

    @property
    def latencies(self) -> List[float]:
        """Seconds from due to answered, in order; who still waited counts with the wait so far."""
        return [one.ended - one.due for one in self.requests] + self.waiting

    @property
    def rate(self) -> float:
        """Requests answered a second, from the first one's due time to the last answer."""
        took = max(one.ended for one in self.requests) - min(one.due for one in self.requests)
        return len(self.requests) / took if took > 0 else math.inf


def closed_loop(
    call: Callable[[], Any],
    *,
    requests: int,
    workers: int = 1,
    max_time_s: float = math.inf,
    clock: Clock = WALL,
) -> Served:
    """``workers`` threads send ``requests`` in all, each its next when it has the answer to its last.

    No request begins later than ``max_time_s`` after the start; the first always does. One worker is
    the calling thread. The first exception stops them all and is raised here.
    """
    return _Loop(call, requests, None, max_time_s, clock).run(workers)


def open_loop(
    call: Callable[[], Any],
    *,
    requests: int,
    rate: float,
    workers: int = 1,
    max_time_s: float = math.inf,
    clock: Clock = WALL,
) -> Served:
    """Request n is due ``n / rate`` seconds after the start and taken by the first of ``workers`` threads
    that is free; otherwise as ``closed_loop``."""
    return _Loop(call, requests, rate, max_time_s, clock).run(workers)


class _Loop:
    """One run of a loop; its counter and its first failure are shared under a lock."""

    def __init__(
        self, call: Callable[[], Any], requests: int, rate: Optional[float], max_time_s: float, clock: Clock
    ) -> None:
        self.call, self.requests, self.rate = call, requests, rate
        self.max_time_s, self.clock = max_time_s, clock
        self.lock = threading.Lock()
        self.taken = 0
        self.start = 0.0
        self.done: List[Request] = []
        self.first_answer: Any = None
        self.failure: Optional[BaseException] = None

    def run(self, workers: int) -> Served:
        if workers == 1:
            self.start = self.clock.now()
            self._serve()
        else:
            self._serve_in_threads(workers)
        if self.failure is not None:
            raise self.failure
        return Served(sorted(self.done), self._waiting(), self.first_answer)

    def _serve_in_threads(self, workers: int) -> None:
        gate = threading.Event()

        def serve() -> None:
            gate.wait()
            self._serve()

        threads = [threading.Thread(target=serve, daemon=True) for _ in range(workers)]
        for thread in threads:
            thread.start()
        self.start = self.clock.now()
        gate.set()
        for thread in threads:
            thread.join()

    def _serve(self) -> None:
        now, call, mine = self.clock.now, self.call, []
        try:
            taken = self._take()
            while taken is not None:
                number, due = taken
                if due is not None:
                    self.clock.sleep_until(due)
                begun = now()
                answer = call()
                ended = now()
                mine.append(Request(number, begun if due is None else due, begun, ended))
                if number == 0:
                    self.first_answer = answer
                taken = self._take()
        except BaseException as error:  # a thread's exception is the benchmark's: raised by run
            with self.lock:
                self.failure = self.failure or error
        with self.lock:
            self.done.extend(mine)

    def _take(self) -> Optional[Tuple[int, Optional[float]]]:
        with self.lock:
            number = self.taken
            due = None if self.rate is None else self.start + number / self.rate
            if self.failure is not None or number >= self.requests:
                return None
            if number and max(self.clock.now(), due or 0.0) >= self.start + self.max_time_s:
                return None
            self.taken += 1
            return number, due

    def _waiting(self) -> List[float]:
        if self.rate is None or self.taken >= self.requests:
            return []
        end = self.start + self.max_time_s
        waits = []
        for number in range(self.taken, self.requests):
            wait = end - (self.start + number / self.rate)
            if wait <= 0:
                break
            waits.append(wait)
        return waits
