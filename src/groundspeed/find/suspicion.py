"""Where the history suspects a change, before anything is measured. Reads values; measures nothing."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from groundspeed.find.posterior import Direction, Floats, grouped, posterior
from groundspeed.find.search import FLAT
from groundspeed.find.span import Span
from groundspeed.records import Better, SeriesKey
from groundspeed.results.archive import Archive

TRUST = 0.75
"""Of the probability that goes where the history points; the rest is for all commits alike, so that a
history of sessions on another kernel or in another summer misleads for two bits, about two builds."""

_LEAST = 3  # measured commits that tell of a change and of the noise about it


def stored_values(archive: Archive, key: SeriesKey, span: Span) -> dict[int, float]:
    """By position the value on record, lower being better; without those that are not above 0."""
    at = {one.hash: index for index, one in enumerate(span.commits)}
    found: dict[int, float] = {}
    for series in archive.series:
        if series.key != key:
            continue
        for place, value in zip(series.commits, series.values, strict=True):
            index = at.get(archive.commits[place].hash)
            if index is not None and 0 < value < np.inf:
                found[index] = float(value) if series.better is Better.LOWER else 1 / float(value)
    return found


def prior(values: Mapping[int, float], commits: int, direction: Direction) -> Floats | None:
    """The weight of each commit as the first changed one, shape (commits,); None where too little is known.

    The model is the search's own, each value a build of its own session; what it finds is mixed with what is
    believed when nothing is known.
    """
    if len(values) < _LEAST:
        return None
    alike = np.full(commits, 1 / (commits - 1))
    alike[0] = 0.0
    known = sorted(values)
    groups = grouped(known, [[float(np.log(values[index]))] for index in known])
    found = posterior(groups, (1 - FLAT) * alike, direction).changed
    total = float(found.sum())
    if total <= 0:
        return None
    return np.asarray((1 - TRUST) * alike + TRUST * found / total, dtype=np.float64)
