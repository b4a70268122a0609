"""The order of the published history. Owns which commit stands before which; reads no repository."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence

from groundspeed.records import Commit
from groundspeed.results.archive import MeasuredCommit


def history_order(measured: Sequence[MeasuredCommit], known: Mapping[str, Commit]) -> list[int]:
    """Positions in ``measured``, oldest first: by date, but never a child before its known parent.

    A committer's clock may be wrong, the graph is not; where ``known`` does not reach (commits that
    left the branch, a parent that was not measured), the date decides. O(n log n).
    """
    place = {commit.hash: position for position, commit in enumerate(measured)}
    children: list[list[int]] = [[] for _ in measured]
    waiting = [0] * len(measured)
    for position, commit in enumerate(measured):
        parents = known[commit.hash].parents if commit.hash in known else ()
        for parent in parents:
            if parent in place:
                children[place[parent]].append(position)
                waiting[position] += 1
    ready = [(_rank(measured[position]), position) for position, left in enumerate(waiting) if not left]
    heapq.heapify(ready)
    order: list[int] = []
    while ready:
        _, position = heapq.heappop(ready)
        order.append(position)
        for child in children[position]:
            waiting[child] -= 1
            if not waiting[child]:
                heapq.heappush(ready, (_rank(measured[child]), child))
    return order


def _rank(commit: MeasuredCommit) -> tuple[float, str]:
    return (commit.date.timestamp(), commit.hash)
