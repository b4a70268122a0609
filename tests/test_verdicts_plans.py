"""A plan's gain in all, the next step that follows from it, and what is new since base."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed.config.bottlenecks import BottleneckRule
from groundspeed.config.plans import Expected
from groundspeed.config.targets import Relation
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.bottlenecks import Bottleneck, BottleneckReport, Cause, InCase
from groundspeed.verdicts.places import Place
from groundspeed.verdicts.plans import (
    Answered,
    Outcome,
    PlanReport,
    Row,
    Step,
    Unanswered,
    gained,
    new_since,
    next_step,
)
from groundspeed.verdicts.profiled import ProfileFile

RULE = BottleneckRule()


def entry(key: str = "m.x", relation: Relation = Relation.AT_MOST) -> Expected:
    return Expected(where="", key=key, glob=key, metric="", relation=relation, share=0.5, text="-50 %")


def row(share: float, of: Expected, spread: float = 0.0, outcome: Outcome = Outcome.MET) -> Answered:
    around = Interval(centre=share, low=share * (1 - spread), high=share * (1 + spread))
    return Answered(entry=of, subject="m.x", share=around, outcome=outcome, at="a" * 40)


def test_the_gain_is_that_of_the_geometric_mean_of_what_is_left() -> None:
    """A half and an eighth are left: a quarter on average, so 75 % were gained."""
    found = gained([row(1 / 2, entry("a")), row(1 / 8, entry("b"))])
    assert found == Interval(centre=0.75, low=0.75, high=0.75)


def test_of_a_rate_what_is_more_is_a_gain() -> None:
    """Four times the rate leaves a quarter of the time; 2 to 8 times, from a half to an eighth."""
    faster = replace(
        row(4.0, entry(relation=Relation.AT_LEAST)), share=Interval(centre=4.0, low=2.0, high=8.0)
    )
    assert gained([faster]) == Interval(centre=0.75, low=0.5, high=0.875)


def test_an_entry_counts_once_however_many_cases_it_has() -> None:
    """Three cases of one entry that kept all and one case of another that kept a quarter: a half is left."""
    same, quarter = entry("a"), entry("b")
    found = gained([*(row(1.0, same) for _ in range(3)), row(0.25, quarter)])
    assert found is not None
    assert found.centre == pytest.approx(0.5)


def test_what_was_not_measured_gains_nothing_and_loses_nothing() -> None:
    missing = Unanswered(entry=entry("b"), subject="b", reason="", command="")
    assert gained([missing]) is None
    assert gained([missing, row(0.5, entry("a"))]) == gained([row(0.5, entry("a"))])
    unknown = replace(row(1.0, entry("a")), share=Interval(centre=math.nan, low=-math.inf, high=math.inf))
    assert gained([unknown]) is None


def test_a_value_without_bounds_leaves_the_gain_without_bounds() -> None:
    open_ended = replace(row(0.5, entry()), share=Interval(centre=0.5, low=0.0, high=math.inf))
    assert gained([open_ended]) == Interval(centre=0.5, low=-math.inf, high=1.0)


@settings(deadline=None, derandomize=True, max_examples=50)
@given(st.lists(st.tuples(st.floats(0.01, 100), st.floats(0, 0.9)), min_size=1, max_size=6))
def test_the_ends_of_the_gain_enclose_it_and_the_order_does_not_matter(
    drawn: list[tuple[float, float]],
) -> None:
    rows = [row(share, entry(str(at)), spread) for at, (share, spread) in enumerate(drawn)]
    found, again = gained(rows), gained(rows[::-1])
    assert found is not None
    assert again is not None
    assert found.low <= found.centre + 1e-9
    assert found.centre <= found.high + 1e-9
    assert found.centre == pytest.approx(again.centre)


@pytest.mark.parametrize(
    ("low", "high", "step"),
    [
        (0.31, 0.40, Step.NEXT_TIER),
        (0.30, 0.40, Step.UNDECIDED),  # 30 % is not above 30 %
        (0.25, 0.35, Step.UNDECIDED),
        (0.20, 0.30, Step.BETWEEN),
        (0.10, 0.19, Step.INVESTIGATE),
        (-0.50, -0.10, Step.INVESTIGATE),  # it became slower
        (0.10, 0.25, Step.UNDECIDED),
    ],
)
def test_the_next_step_is_decided_by_the_whole_interval(low: float, high: float, step: Step) -> None:
    assert next_step(Interval(centre=(low + high) / 2, low=low, high=high), RULE) is step


def test_without_a_gain_there_is_no_step() -> None:
    assert next_step(None, RULE) is Step.UNKNOWN


# --- what remains --------------------------------------------------------------------------------------


def place(name: str, line: int = 1, cause: Cause = Cause.CPU) -> Bottleneck:
    case = InCase(case="m.x", commit="a", value=1.0, unit="s", share=0.5, through="")
    return Bottleneck(cause=cause, place=Place(file="a.py", name=name, line=line), cases=(case,))


def known(commit: str, *found: Bottleneck) -> BottleneckReport:
    from pathlib import Path

    file = ProfileFile(case="m.x", kind="cpu", commit=commit, path=Path(commit))
    return BottleneckReport(
        project="p",
        machine="box",
        commit=commit,
        rule=RULE,
        profiles=(file,),
        ladders=0,
        found=found,
        unplaced=(),
        unprofiled=(),
        notices=(),
    )


def test_new_is_what_was_no_bottleneck_at_base_whatever_its_line() -> None:
    base = known("a", place("kept"), place("gone"))
    memory = place("kept", cause=Cause.MEMORY)
    head = known("b", replace(place("kept", line=7), further=(memory,)), place("added"))
    assert new_since(base, head) == (place("added"), memory)  # CPU time stands before memory


def test_the_same_profiles_say_nothing_of_what_is_new() -> None:
    one = known("a", place("kept"))
    assert new_since(one, one) is None


MISSED, MET, OPEN = (
    row(0.9, entry(), outcome=Outcome.MISSED),
    row(0.4, entry()),
    row(0.5, entry(), outcome=Outcome.INCONCLUSIVE),
)
LACKING = Unanswered(entry=entry(), subject="m.x", reason="never measured", command="")


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ((MET,), 0),
        ((MET, OPEN), 4),
        ((MET, OPEN, LACKING), 3),
        ((LACKING,), 3),
        ((MET, OPEN, LACKING, MISSED), 1),
    ],
)
def test_the_worst_decides_the_exit_code(rows: tuple[Row, ...], code: int) -> None:
    report = PlanReport(
        name="tier1",
        base="",
        head="a" * 40,
        rows=rows,
        gain=gained(rows),
        step=Step.UNKNOWN,
        remaining=known("a"),
        new=None,
    )
    assert report.exit_code == code
