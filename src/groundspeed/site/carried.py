"""Measurements that were carried over, as the site shows them. Owns which have a value, and their short form.

A carried-over commit has no value, no interval and no evidence of its own: it points at the commit
whose measurement it shares, and is counted apart from what was measured.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from groundspeed.results.archive import Archive, Series
from groundspeed.results.unmeasured import Carried

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundspeed.results.archive import MeasuredCommit
    from groundspeed.site.order import Timeline


def only_with_values(archive: Archive) -> Archive:
    """``archive`` without the carried-over commits whose measurement it does not hold: nothing to show."""
    if not any(one.carried for one in archive.series):
        return archive
    series = tuple(
        dataclasses.replace(one, carried=_with_values(one, archive.commits)) if one.carried else one
        for one in archive.series
    )
    return dataclasses.replace(archive, series=series)


def carried_steps(series: Series, timeline: Timeline) -> tuple[tuple[int, int], ...]:
    """For each carried-over commit, oldest first: places since the one before, places since the measured."""
    pairs = sorted(
        (timeline.place_of[one.commit], timeline.place_of[one.measured_at]) for one in series.carried
    )
    before = [0, *(place for place, _ in pairs)]
    return tuple((place - last, place - at) for (place, at), last in zip(pairs, before, strict=False))


def _with_values(series: Series, commits: Sequence[MeasuredCommit]) -> tuple[Carried, ...]:
    import numpy as np

    held = {commits[place].hash for place in series.commits[np.isfinite(series.values)].tolist()}
    return tuple(one for one in series.carried if one.measured_at in held)
