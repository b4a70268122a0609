"""The first judgement: derivations beside the tables, and the law that swapping ends swaps verdicts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed.config.tolerances import Tolerances
from groundspeed.measurements import Measurement, Missing, Process, Stored
from groundspeed.records import Better, Case, Failed, FailureKind, SeriesKey, Verdict
from groundspeed.stats.ratio import Interval, ratio, verdict
from groundspeed.verdicts.changes import changes
from groundspeed.verdicts.compare import Ending
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


def history(
    *values: float | None, better: Better = Better.LOWER, scatter: float = 0.0
) -> dict[str, list[Ending]]:
    """One series: at commit c0, c1, ... three processes about each value, all of one session."""
    key = SeriesKey(
        machine="box", environment="e", case=Case(benchmark="m.time_x", params=()), metric="", version="1"
    )
    found: dict[str, list[Ending]] = {}
    for at, value in enumerate(values):
        if value is None:
            why = Failed(kind=FailureKind.RAISED, text="")
            found[f"c{at}"] = [Missing(key=key, commit=f"c{at}", unit="s", better=better, why=why)]
            continue
        samples = (value * (1 - scatter), value, value * (1 + scatter))
        processes = tuple(
            Process(session="s", started_at=START, number=1, samples=(sample,)) for sample in samples
        )
        stored = Stored(value=value, low=value, high=value)
        one = Measurement(
            key=key,
            commit=f"c{at}",
            unit="s",
            better=better,
            processes=processes,
            stored=stored,
            carried_from=None,
        )
        found[f"c{at}"] = [one]
    return found


def told(found: dict[str, list[Ending]]) -> list[tuple[str, str, str]]:
    """Base, head and verdict of every pair of neighbours."""
    compared = changes(found.__getitem__, list(reversed(found)), floors={}, tolerances=Tolerances()).compared
    return [(one.base, one.head, str(one.judgement.verdict)) for one in compared]


def test_neighbours_are_compared_over_a_hole() -> None:
    assert told(history(1.0, None, 2.0)) == [("c0", "c2", "slower")]


def test_higher_is_better_turns_the_verdict_not_the_ratio() -> None:
    found = history(1.0, 2.0, better=Better.HIGHER)
    assert told(found) == [("c0", "c1", "faster")]
    (row,) = changes(found.__getitem__, ["c1", "c0"], floors={}, tolerances=Tolerances()).compared
    assert isinstance(row.judgement.ratio, Interval)
    assert row.judgement.ratio.centre == 2.0


@pytest.mark.parametrize("better", list(Better))
def test_nothing_at_both_ends_is_no_change_in_either_direction(better: Better) -> None:
    assert told(history(0.0, 0.0, better=better)) == [("c0", "c1", "same")]


def test_from_nothing_and_to_nothing_are_changes() -> None:
    assert [verdict for *_, verdict in told(history(0.0, 1.0, 3.0, 0.0))] == ["slower", "slower", "faster"]


def test_what_scatters_more_than_it_changed_is_inconclusive() -> None:
    assert told(history(1.0, 1.2, scatter=0.3)) == [("c0", "c1", "inconclusive")]


def test_one_commit_has_no_neighbour() -> None:
    assert told(history(1.0)) == []
