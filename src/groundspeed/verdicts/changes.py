"""What changed from one measured commit to the next: the first answer, until somebody measures again.

Owns which commits are neighbours. The judgement is that of every comparison.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from groundspeed.config.tolerances import Tolerances
from groundspeed.measurements import Measurement, NoiseFloor
from groundspeed.records import SeriesKey
from groundspeed.results.archive import Series
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.compare import Comparison, Ending, Pair, compare_pairs, learned


def changes(
    at: Callable[[str], Sequence[Ending]],
    commits: Sequence[str],
    *,
    floors: Mapping[SeriesKey, NoiseFloor],
    tolerances: Tolerances,
) -> Comparison:
    """Every series between neighbours of ``commits`` (hashes, newest first), judged together.

    ``at`` gives what the results hold of a commit. One without a value in a series is passed over: its
    neighbours are compared.
    """
    ends = [at(commit) for commit in reversed(commits)]
    last: dict[SeriesKey, Measurement] = {}
    pairs = []
    for end in ends:
        for one in end:
            if isinstance(one, Measurement):
                if one.key in last:
                    pairs.append(Pair(base=last[one.key], head=one))
                last[one.key] = one
    prior = learned(one for end in ends for one in end)
    return compare_pairs(pairs, floors=floors, tolerances=tolerances, prior=prior)


def interval_at(series: Series, at: int) -> Interval:
    """The stored interval; where none is stored the value stands alone."""
    centre, low, high = (float(one[at]) for one in (series.values, series.low, series.high))
    if math.isnan(low) or math.isnan(high):
        return Interval(centre=centre, low=centre, high=centre)
    return Interval(centre=centre, low=low, high=high)
