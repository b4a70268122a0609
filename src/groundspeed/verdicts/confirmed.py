"""Steps that the values of a series do not show, and a fresh measurement did: confirmed, and soon mended.

A level of up to ten points that comes back is a busy host's doing, as far as the values tell
(``stats.changepoints``). Where both ends were measured again, in turn, it was not. Owns which these are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from groundspeed.records import SeriesKey
from groundspeed.stats.changepoints import level_from, parting
from groundspeed.verdicts.triage import Decision, Ruling

Places = NDArray[np.int64]


def spans(
    decisions: Sequence[Decision], place_of: Mapping[str, int]
) -> tuple[tuple[Decision, int, int], ...]:
    """What was confirmed, with the places of both ends of its range; without what is not in the history."""
    return tuple(
        (one, place_of[one.base], place_of[one.head])
        for one in decisions
        if one.ruling is Ruling.CONFIRMED and one.base in place_of and one.head in place_of
    )


def rows_of(
    keys: Sequence[SeriesKey],
    series: Places,
    ends: tuple[Places, Places],
    confirmed: Sequence[tuple[Decision, int, int]],
) -> NDArray[np.bool_]:
    """Which steps were confirmed: rows of ``series`` (positions in ``keys``) whose ``ends`` (base and head,
    as places) have a commit in common with the range of a decision that names the series.
    """
    found = np.zeros(series.size, np.bool_)
    for decision, first, last in confirmed:
        for row in np.flatnonzero((ends[0] < last) & (first < ends[1])).tolist():
            found[row] |= decision.names(keys[series[row]])
    return found


def hidden_starts(
    values: NDArray[np.float64], places: Places, starts: Sequence[int], spans_: Sequence[tuple[int, int]]
) -> list[int]:
    """``starts`` of new levels in a series, with those of the confirmed levels that are not among them.

    ``values`` and ``places`` (n,) are the series', NaN missing; ``spans_`` the ranges (base, head] as places.
    """
    there = np.flatnonzero(np.isfinite(values))
    row, at = values[there], places[there]
    found = np.searchsorted(there, sorted(starts)).tolist()
    for base, head in spans_:
        inside = np.flatnonzero((base < at) & (at <= head)).tolist()
        if not inside or any(base < at[start] <= head for start in found):
            continue
        before = max((start for start in found if start < inside[0]), default=0)
        after = min((start for start in found if start > inside[-1]), default=row.size)
        if inside[0] > before:
            begins = parting(row[before : inside[-1] + 1], [place - before for place in inside])
            levels = level_from(row[before:after], begins, after - before)
            found = sorted({*found, *(before + start for start in levels)})
    return [int(there[start]) for start in found]
