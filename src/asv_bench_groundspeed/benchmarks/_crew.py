"""Several workers that call one function side by side for a while; ``workloads.workers`` owns the workers.

Owns what each counts, and when. Refuses to say what the counts mean.
"""

from __future__ import annotations

import math
from typing import Any, Callable, List, NamedTuple

from ..workloads.clock import WALL, Clock
from ..workloads.workers import EXECUTORS, Begin


class Mark(NamedTuple):
    """How many items a worker had done at a moment of the clock."""

    at: float
    items: float


Stretch = List[Mark]
Call = Callable[[], Any]


def stretches(call: Call, executor: str, count: int, seconds: float, marks: int) -> List[Stretch]:
    """The stretches of ``count`` workers that begin together, by a name of ``EXECUTORS``."""

    def work(_: int, begin: Begin) -> Stretch:
        return stretch(call, begin(), seconds, marks)

    return EXECUTORS[executor](work, count)


def stretch(call: Call, start: float, seconds: float, marks: int, clock: Clock = WALL) -> Stretch:
    """Call from ``start`` on until ``seconds`` have passed, at least once. The first mark is the start,
    the others the first returns after each of ``marks`` equal parts; the last ends the stretch."""
    clock.sleep_until(start)
    now = clock.now
    items = 0.0
    made = [Mark(now(), 0.0)]
    for part in range(1, marks + 1):
        end = made[0].at + seconds * part / marks
        moment = made[-1].at
        while moment < end:
            items += items_of(call())
            moment = now()
        if moment > made[-1].at:
            made.append(Mark(moment, items))
    return made


def items_of(returned: Any) -> float:
    """What one call did: the number it returned, one item where it returned nothing."""
    if returned is None:
        return 1.0
    try:
        items = math.nan if isinstance(returned, (bool, str, bytes)) else float(returned)
    except (TypeError, ValueError):
        items = math.nan
    if not 0 <= items < math.inf:
        raise ValueError(
            "a throughput_ benchmark returns the number of items that the call did, or nothing for one, "
            "not {!r:.200}".format(returned)
        )
    return items
