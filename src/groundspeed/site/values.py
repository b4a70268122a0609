"""The values of many series as one table, a row each and a column a commit. Owns what a gap is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundspeed.site.subject import Subject
from groundspeed.verdicts.steps import Scale


@dataclass(frozen=True, kw_only=True, slots=True)
class ValueTable:
    """Shape (k, c). ``series`` (k,) are places in ``Archive.series``; ``places`` (c,) of history, rising.

    ``values`` are logarithms where ``related`` (k,) says so: of series that have a ratio. NaN where there is
    no value, or one that is not finite. Seven digits are kept: all that is drawn in 256 shades or steps.
    """

    series: NDArray[np.int64]
    places: NDArray[np.int64]
    values: NDArray[np.float32]
    related: NDArray[np.bool_]


def value_table(subject: Subject, series: Sequence[int]) -> ValueTable:
    """The table of ``series`` (at least one), with a column for each commit that one of them has a row for.

    A whole machine at once: each step is one pass over all of its values.
    """
    chosen = [subject.archive.series[place] for place in series]
    sizes = [one.values.size for one in chosen]
    place = subject.timeline.places[np.concatenate([one.commits for one in chosen])]
    seen = np.zeros(len(subject.timeline.hashes), np.bool_)
    seen[place] = True
    column = np.cumsum(seen) - 1
    width = int(column[-1]) + 1
    table = np.full((len(chosen), width), np.nan, np.float32)
    related = np.array([subject.stepped.scales[one] is Scale.RATIO for one in series])
    values = np.concatenate([one.values for one in chosen])
    rows = np.repeat(np.arange(len(chosen)), sizes)
    # without a logarithm, or a difference beyond 1e38: not finite, and so a gap
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        np.log(values, out=values, where=related[rows])
        table.ravel()[rows * width + column[place]] = values
    table[np.isinf(table)] = np.nan
    return ValueTable(
        series=np.array(series, np.int64), places=np.flatnonzero(seen), values=table, related=related
    )
