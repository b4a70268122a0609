"""The order of the published history. Owns which commit stands before which; reads no repository."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from groundspeed.records import Commit
from groundspeed.results.archive import Archive

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Timeline:
    """The commits that a site speaks of, oldest first: what was measured, and what was carried over to.

    ``place_of`` is where a hash stands in ``hashes``; ``places`` the same for each of ``Archive.commits``.
    """

    hashes: tuple[str, ...]
    dates: Mapping[str, datetime]
    place_of: Mapping[str, int]
    places: NDArray[np.int32]


def timeline(archive: Archive, known: Mapping[str, Commit]) -> Timeline:
    """The commits of ``archive`` in the order that ``known`` gives them, see ``history_order``."""
    import numpy as np

    dates = dates_of(archive)
    hashes = history_order(dates, known)
    place_of = {name: place for place, name in enumerate(hashes)}
    places = [place_of[commit.hash] for commit in archive.commits]
    return Timeline(
        hashes=tuple(hashes), dates=dates, place_of=place_of, places=np.array(places, dtype=np.int32)
    )


def dates_of(archive: Archive) -> dict[str, datetime]:
    """Every commit that results or carried-over measurements speak of, by hash."""
    dates = {commit.hash: commit.date for commit in archive.commits}
    for series in archive.series:
        for one in series.carried:
            dates.setdefault(one.commit, one.date)
    return dates


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
