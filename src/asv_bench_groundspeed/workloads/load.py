"""Load on a function: closed loop (so many workers, each waiting for its answer) and open loop (requests
that are due at moments fixed in advance, whether answers come or not).

Owns when requests begin and what of them is recorded; makes no summary (``figures.py`` does). An open
loop measures from the intended start: a service that stalls is charged for everyone who would have come
meanwhile. A closed loop, which sends nothing while it waits, omits them (G. Tene, "How NOT to Measure
Latency", 2015: coordinated omission). Standard library only, Python 3.8 or newer.
"""

from __future__ import annotations

import math
import multiprocessing
import threading
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Callable, Generic, List, NamedTuple, Optional, Sequence, Tuple, TypeVar

from .arrivals import Arrivals
from .clock import WALL, Clock
from .workers import EXECUTORS, Begin

T = TypeVar("T")


@dataclass(frozen=True)
class Load:
    """How much, by whom and when. A wrong value raises ``ValueError`` that names the field.

    ``requests`` are recorded, after ``warmup`` requests that are not: those the workers share out evenly
    and send as fast as they are answered. ``workers`` are ``"threads"`` or forked ``"processes"``; one
    thread is the calling one. Without ``arrivals`` the loop is closed: each worker sends its next request
    when it has the answer to its last. With them it is open: a request is taken by the first worker that
    is free, and its latency counts from when it was due. No request begins later than ``max_time_s``
    after the start, but the first always does.
    """

    requests: int
    workers: int = 1
    executor: str = "threads"
    arrivals: Optional[Arrivals] = None
    warmup: int = 0
    max_time_s: float = math.inf

    def __post_init__(self) -> None:
        for field, least in (("requests", 1), ("workers", 1), ("warmup", 0)):
            if getattr(self, field) < least:
                raise ValueError("{} must be at least {}, not {}".format(field, least, getattr(self, field)))
        if self.executor not in EXECUTORS:
            raise ValueError('executor must be "threads" or "processes", not {!r}'.format(self.executor))
        if not self.max_time_s > 0:
            raise ValueError("max_time_s must be above 0, not {}".format(self.max_time_s))


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


def drive(
    call: Callable[..., Any], load: Load, items: Optional[Sequence[Any]] = None, clock: Clock = WALL
) -> Served:
    """Put the load on ``call``: on ``call(item)`` with the next of ``items`` for each request, from the
    first again after the last; without items on ``call()``.

    Warm-up requests take the first items. The first exception of any worker ends the loop and is raised
    here; with processes answer 0 travels by pickle, and one that dies raises ``RuntimeError``.
    """
    if items is not None:
        _refuse_none(items)
    tickets = Tickets(load, shared=load.executor == "processes")
    loop = _Loop(call, load, () if items is None else items, clock, tickets)
    return tickets.served(EXECUTORS[load.executor](loop.work, load.workers, clock))


class Turns(Generic[T]):
    """The items one after the other, from the first again after the last, one at each call.

    For a benchmark that one function with several workers runs: whoever calls, threads and processes
    forked since, nobody gets an item that was somebody else's turn. A call takes 0.4 us.
    """

    def __init__(self, items: Sequence[T]) -> None:
        _refuse_none(items)
        self._items = items
        self._lock, self._taken = _counter(shared=True)

    def __call__(self) -> T:
        """The item whose turn it is."""
        with self._lock:
            number: int = self._taken.value
            self._taken.value = number + 1
        return self._items[number % len(self._items)]


def _refuse_none(items: Sequence[Any]) -> None:
    if len(items) == 0:  # an array has no truth
        raise ValueError("items must hold at least one item")


def _counter(shared: bool) -> Any:
    """A lock and a number from 0 (``.value``): this process's own, or shared with those it forks."""
    if not shared:
        return threading.Lock(), SimpleNamespace(value=0)
    context = multiprocessing.get_context("fork")
    return context.Lock(), context.RawValue("q", 0)


class Ticket(NamedTuple):
    """The right to send request ``number``, in an open loop at the moment when it is due."""

    number: int
    due: Optional[float]


class Part(NamedTuple):
    """What one worker did, in order; ``first_answer`` counts where it made request 0."""

    requests: List[Request]
    first_answer: Any


class Tickets:
    """Who sends which request, and when: handed out under a lock, to threads, tasks or forked processes.

    Whoever serves sets ``start`` (a moment of the clock) before it takes the first.
    """

    def __init__(self, load: Load, shared: bool) -> None:
        self.start = 0.0
        self.stopped = False  # by a failure; processes are stopped by their parent
        self._load = load
        self._offsets = load.arrivals.offsets(load.requests) if load.arrivals else []
        self._lock, self._taken = _counter(shared)

    def take(self, now: float) -> Optional[Ticket]:
        """The next ticket; nothing when all are taken, the time is up or a worker has failed."""
        with self._lock:
            number = self._taken.value
            if self.stopped or number >= self._load.requests:
                return None
            due = self.start + self._offsets[number] if self._offsets else None
            if number and max(now, due or 0.0) >= self.start + self._load.max_time_s:
                return None
            self._taken.value = number + 1
            return Ticket(number, due)

    def served(self, parts: Sequence[Part]) -> Served:
        """The record of all workers."""
        requests = sorted(request for part in parts for request in part.requests)
        first = next(part for part in parts if part.requests and part.requests[0].number == 0)
        return Served(requests, self._waiting(), first.first_answer)

    def _waiting(self) -> List[float]:
        missed = self._offsets[self._taken.value :]
        return [self._load.max_time_s - offset for offset in missed if offset < self._load.max_time_s]


@dataclass(frozen=True)
class _Loop:
    """The work of every worker of one loop."""

    call: Callable[..., Any]
    load: Load
    items: Sequence[Any]
    clock: Clock
    tickets: Tickets

    def arguments(self, number: int) -> Tuple[Any, ...]:
        """What request ``number`` is called with, warm-up requests counted."""
        return (self.items[number % len(self.items)],) if len(self.items) else ()

    def work(self, index: int, begin: Begin) -> Part:
        """Warm up, wait for the others, serve."""
        try:
            for number in range(index, self.load.warmup, self.load.workers):
                if self.tickets.stopped:
                    break
                self.call(*self.arguments(number))
            self.tickets.start = begin()
            self.clock.sleep_until(self.tickets.start)
            return self.serve()
        except BaseException:
            self.tickets.stopped = True
            raise

    def serve(self) -> Part:
        """Send requests until there are no more tickets."""
        now, call, take, warmup = self.clock.now, self.call, self.tickets.take, self.load.warmup
        made: List[Request] = []
        first_answer = None
        ticket = take(now())
        while ticket is not None:
            arguments = self.arguments(warmup + ticket.number)
            if ticket.due is not None:
                self.clock.sleep_until(ticket.due)
            begun = now()
            answer = call(*arguments) if arguments else call()  # the star alone would cost it 6 ns
            ended = now()
            made.append(Request(ticket.number, begun if ticket.due is None else ticket.due, begun, ended))
            if ticket.number == 0:
                first_answer = answer
            ticket = take(ended)
        return Part(made, first_answer)
