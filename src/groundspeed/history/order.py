"""The order of commits that results speak of. Owns which stands before which; asks no git."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from datetime import datetime

from groundspeed.records import Commit


def history_order(dates: Mapping[str, datetime], known: Mapping[str, Commit]) -> list[str]:
    """The hashes in ``dates``, oldest first: by date, but never a child before its known parent.

    A committer's clock may be wrong, the graph is not; where ``known`` does not reach (commits that
    left the branch, a parent that was not measured), the date decides. O(n log n).
    """
    children: dict[str, list[str]] = {name: [] for name in dates}
    waiting = dict.fromkeys(dates, 0)
    for name in dates:
        for parent in known[name].parents if name in known else ():
            if parent in dates:
                children[parent].append(name)
                waiting[name] += 1
    ready = [_rank(name, dates) for name, left in waiting.items() if not left]
    heapq.heapify(ready)
    order: list[str] = []
    while ready:
        _, name = heapq.heappop(ready)
        order.append(name)
        for child in children[name]:
            waiting[child] -= 1
            if not waiting[child]:
                heapq.heappush(ready, _rank(child, dates))
    return order


def _rank(name: str, dates: Mapping[str, datetime]) -> tuple[float, str]:
    return (dates[name].timestamp(), name)
