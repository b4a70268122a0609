"""What changed from one measured commit to the next, by the intervals that the results hold.

A first answer, not a confirmed regression: one measurement of each end, noise between sessions
unknown, so the tolerance is the wide one.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from groundspeed.records import Better, SeriesKey, Verdict
from groundspeed.results.archive import Archive, Series
from groundspeed.stats.ratio import Interval, ratio, verdict

TOLERANCE = 0.10  # while the noise between sessions is unknown


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A series at two commits; ``ratio`` is head over base, ``values`` are base and head in base units."""

    key: SeriesKey
    unit: str
    base: str
    head: str
    values: tuple[float, float]
    ratio: Interval
    verdict: Verdict


def changes(
    archive: Archive, machine: str, commits: Sequence[str], *, tolerance: float = TOLERANCE
) -> tuple[Change, ...]:
    """Every slower or faster series between neighbours of ``commits`` (hashes, newest first).

    A commit without a value in a series is passed over: its neighbours are compared. Largest first.
    """
    order = {hash_: at for at, hash_ in enumerate(commits)}
    found = [
        change
        for series in archive.series
        if series.key.machine == machine
        for change in _of_series(series, archive, order, tolerance)
    ]
    return tuple(sorted(found, key=lambda one: (-_size(one), str(one.key.case))))


def _of_series(series: Series, archive: Archive, order: dict[str, int], tolerance: float) -> list[Change]:
    places = sorted(
        (order[hash_], at)
        for at, commit in enumerate(series.commits.tolist())
        if (hash_ := archive.commits[commit].hash) in order and math.isfinite(series.values[at])
    )
    found = []
    for (_, head), (_, base) in itertools.pairwise(places):
        before, now = interval_at(series, base), interval_at(series, head)
        worse = ratio(before, now) if series.better is Better.LOWER else ratio(now, before)
        judged = verdict(worse, tolerance)
        if judged in (Verdict.SLOWER, Verdict.FASTER):
            found.append(_change(series, archive, base, head, ratio(before, now), judged))
    return found


def _change(
    series: Series, archive: Archive, base: int, head: int, between: Interval, judged: Verdict
) -> Change:
    return Change(
        key=series.key,
        unit=series.unit,
        base=archive.commits[series.commits[base]].hash,
        head=archive.commits[series.commits[head]].hash,
        values=(float(series.values[base]), float(series.values[head])),
        ratio=between,
        verdict=judged,
    )


def interval_at(series: Series, at: int) -> Interval:
    """The stored interval; where none is stored the value stands alone."""
    centre, low, high = (float(column[at]) for column in (series.values, series.low, series.high))
    if math.isnan(low) or math.isnan(high):
        return Interval(centre=centre, low=centre, high=centre)
    return Interval(centre=centre, low=low, high=high)


def _size(change: Change) -> float:
    """How far from 1 a ratio is, either way; beyond all where one end is nothing."""
    centre = change.ratio.centre
    return abs(math.log(centre)) if 0 < centre < math.inf else math.inf
