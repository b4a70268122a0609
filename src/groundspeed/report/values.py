"""The measurements themselves, at a commit or two: for whoever asked for them and not for a history."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from groundspeed import units
from groundspeed.records import SeriesKey
from groundspeed.report.table import Table
from groundspeed.results.archive import Archive
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.changes import interval_at


@dataclass(frozen=True, kw_only=True, slots=True)
class Value:
    """What a metric of a case came to at each of a few commits, with its unit; None where it has none."""

    key: SeriesKey
    unit: str
    at: tuple[Interval | None, ...]


def read_values(archive: Archive, machine: str, commits: Sequence[str]) -> tuple[Value, ...]:
    """What each metric came to at the commits (hashes), for those that have any of them, by name."""
    found = []
    for series in archive.series:
        at = {
            archive.commits[commit].hash: position for position, commit in enumerate(series.commits.tolist())
        }
        places = [at.get(commit) for commit in commits]
        if series.key.machine == machine and any(place is not None for place in places):
            values = tuple(None if place is None else interval_at(series, place) for place in places)
            found.append(Value(key=series.key, unit=series.unit, at=values))
    return tuple(sorted(found, key=lambda one: (str(one.key.case), one.key.metric)))


def values_table(values: Sequence[Value]) -> Table:
    """One value at least: each with half its 99 % interval, at one commit or two, the newer one first."""
    names = ("now", "before")[: len(values[0].at)]
    rows = tuple(
        (
            f"{one.key.case}@{one.key.metric}" if one.key.metric else str(one.key.case),
            *(_known(value, one.unit) for value in one.at),
        )
        for one in values
    )
    return Table(header=("case", *names), rows=rows, right=frozenset(names))


def _known(value: Interval | None, unit: str) -> str:
    if value is None or math.isnan(value.centre):
        return "–"
    half = (value.high - value.low) / 2
    spread = f" ± {half / value.centre:.1%}" if 0 < half < math.inf and value.centre > 0 else ""
    return f"{units.display(value.centre, unit)}{spread}"
