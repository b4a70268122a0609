"""The first judgement: derivations beside the tables, and the law that swapping ends swaps verdicts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed.records import Better, Case, SeriesKey, Verdict
from groundspeed.results.archive import Archive, MeasuredCommit, Series
from groundspeed.stats.ratio import Interval, ratio, verdict
from groundspeed.verdicts.changes import changes
from tests.measuring import START


def around(centre: float, half: float) -> Interval:
    return Interval(centre=centre, low=centre - half, high=centre + half)


@pytest.mark.parametrize(
    ("base", "head", "judged"),
    [
        (around(1, 0.01), around(1.3, 0.01), Verdict.SLOWER),  # low 1.29/1.01 = 1.277 > 1.1
        (around(1, 0.01), around(1.12, 0.01), Verdict.INCONCLUSIVE),  # low 1.099 < 1.1 < high 1.141
        (around(1, 0.01), around(1.02, 0.01), Verdict.SAME),  # 1.0 .. 1.04
        (around(1, 0.01), around(0.8, 0.01), Verdict.FASTER),  # high 0.818 < 0.909
        (around(1, 0.5), around(2, 0.5), Verdict.INCONCLUSIVE),  # 1.0 .. 5.0
        (around(1, 1.5), around(9, 0.1), Verdict.INCONCLUSIVE),  # the divisor may be zero
        (around(0, 0), around(1, 0), Verdict.SLOWER),  # of nothing, anything is infinitely more
        (around(1, 0), around(0, 0), Verdict.FASTER),
        (around(0, 0), around(0, 0), Verdict.SAME),
        (around(0, 0), around(1, 1), Verdict.INCONCLUSIVE),  # perhaps still nothing
        (around(-1, 0), around(1, 0), Verdict.INCONCLUSIVE),
    ],
)
def test_a_verdict_needs_the_whole_interval(base: Interval, head: Interval, judged: Verdict) -> None:
    assert verdict(ratio(base, head), 0.10) is judged


positive = st.floats(0.1, 10)
SWAPPED = {Verdict.SLOWER: Verdict.FASTER, Verdict.FASTER: Verdict.SLOWER}


@settings(deadline=None, derandomize=True)
@given(positive, positive, st.floats(0, 0.05), st.floats(0.01, 0.5))
def test_law_swapping_the_ends_swaps_the_verdict(
    base: float, head: float, half: float, tolerance: float
) -> None:
    there = ratio(around(base, half), around(head, half))
    back = ratio(around(head, half), around(base, half))
    edge = min(abs(there.low - 1 - tolerance), abs(back.low - 1 - tolerance))
    if edge > 1e-9:  # on the edge itself rounding decides
        first = verdict(there, tolerance)
        assert verdict(back, tolerance) is SWAPPED.get(first, first)


@settings(deadline=None, derandomize=True)
@given(positive, positive, st.floats(0, 0.05), st.floats(1e-6, 1e6))
def test_law_the_ratio_does_not_know_the_unit(base: float, head: float, half: float, scale: float) -> None:
    one = ratio(around(base, half), around(head, half))
    other = ratio(around(base * scale, half * scale), around(head * scale, half * scale))
    assert (other.centre, other.low, other.high) == pytest.approx((one.centre, one.low, one.high))


def archive_of(values: list[float], *, half: float = 0.0, better: Better = Better.LOWER) -> Archive:
    column = np.array(values, dtype=np.float64)
    bounds = np.full_like(column, np.nan) if half == 0 else np.full_like(column, half)
    key = SeriesKey(
        machine="box", environment="e", case=Case(benchmark="m.time_x", params=()), metric="", version="1"
    )
    series = Series(
        key=key,
        unit="s",
        better=better,
        commits=np.arange(len(values), dtype=np.int32),
        values=column,
        low=column - bounds,
        high=column + bounds,
        failures={},
    )
    return Archive(
        commits=tuple(MeasuredCommit(hash=f"c{at}", date=START) for at in range(len(values))),
        series=(series,),
        benchmarks={},
        machines={},
        files=1,
        warnings=(),
    )


def test_neighbours_are_compared_over_a_hole() -> None:
    (change,) = changes(archive_of([1.0, math.nan, 2.0]), "box", ["c2", "c1", "c0"])
    assert (change.base, change.head, change.values) == ("c0", "c2", (1.0, 2.0))
    assert (change.verdict, change.ratio.centre) == (Verdict.SLOWER, 2.0)


def test_higher_is_better_turns_the_verdict_not_the_ratio() -> None:
    (change,) = changes(archive_of([1.0, 2.0], better=Better.HIGHER), "box", ["c1", "c0"])
    assert (change.verdict, change.ratio.centre) == (Verdict.FASTER, 2.0)


@pytest.mark.parametrize("better", list(Better))
def test_nothing_at_both_ends_is_no_change_in_either_direction(better: Better) -> None:
    assert changes(archive_of([0.0, 0.0], better=better), "box", ["c1", "c0"]) == ()


def test_from_nothing_and_to_nothing_come_first() -> None:
    found = changes(archive_of([0.0, 1.0, 3.0, 0.0]), "box", ["c3", "c2", "c1", "c0"])
    assert [(one.head, one.verdict) for one in found] == [
        ("c3", Verdict.FASTER),
        ("c1", Verdict.SLOWER),
        ("c2", Verdict.SLOWER),
    ]


def test_wide_intervals_and_other_machines_and_commits_are_silent() -> None:
    assert changes(archive_of([1.0, 2.0], half=0.6), "box", ["c1", "c0"]) == ()
    assert changes(archive_of([1.0, 2.0]), "other", ["c1", "c0"]) == ()
    assert changes(archive_of([1.0, 2.0]), "box", ["c1"]) == ()


def test_the_largest_comes_first() -> None:
    found = changes(archive_of([1.0, 2.0, 0.5]), "box", ["c2", "c1", "c0"])
    assert [change.head for change in found] == ["c2", "c1"]
