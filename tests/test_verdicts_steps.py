"""The steps of a history: in which order, on which scale, between which commits, and found once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from groundspeed.records import Better
from groundspeed.results.archive import Archive, Series
from groundspeed.results.index.memory import Memory
from groundspeed.stats import changepoints
from groundspeed.verdicts.steps import Scale, Step, Stepped, find_steps, method
from tests.site_archives import commit_hash, measured, series

COUNT = 30
AT = 18


def history(*found: Series) -> Archive:
    return Archive(
        commits=measured(COUNT), series=found, benchmarks={}, machines={}, files=COUNT, warnings=()
    )


def walk(before: float, after: float, *, wobble: float = 0.02, at: int = AT) -> list[float]:
    """Two levels and a little scatter that is the same on every day."""
    return [
        (after if place >= at else before) + wobble * math.sin(2.3 * place * place) for place in range(COUNT)
    ]


def steps_of(tmp_path: Path, *found: Series, order: Sequence[int] = range(COUNT)) -> Stepped:
    memory = Memory(tmp_path, method())
    return find_steps(history(*found), [commit_hash(place) for place in order], memory)


def only(stepped: Stepped) -> Step:
    assert stepped.rows.p.size == 1
    return stepped.step(0)


def test_a_step_lies_between_the_last_commit_of_one_level_and_the_first_of_the_next(tmp_path: Path) -> None:
    stepped = steps_of(tmp_path, series("m.time_a", walk(1.0, 1.5)))
    step = only(stepped)
    assert (step.base, step.head) == (commit_hash(AT - 1), commit_hash(AT))
    assert step.scale is Scale.RATIO
    assert step.change.centre == pytest.approx(1.5, rel=0.02)
    assert step.change.low < step.change.centre < step.change.high
    assert step.before.centre == pytest.approx(1.0, rel=0.02)
    assert step.after.low < 1.5 < step.after.high
    assert step.p < 1e-9
    assert step.worse
    assert stepped.worse().tolist() == [True]


@pytest.mark.parametrize(
    ("before", "after", "better", "worse"),
    [
        (1.0, 1.5, Better.LOWER, True),
        (1.5, 1.0, Better.LOWER, False),
        (1.0, 1.5, Better.HIGHER, False),
        (1.5, 1.0, Better.HIGHER, True),
    ],
)
def test_worse_is_what_the_metric_says(
    tmp_path: Path, before: float, after: float, better: Better, worse: bool
) -> None:
    stepped = steps_of(tmp_path, series("m.track_a", walk(before, after), better=better))
    assert only(stepped).worse is worse
    assert stepped.worse().tolist() == [worse]


@pytest.mark.parametrize(
    ("metric", "before", "after"), [("", 0.0, 5.0), ("", -3.0, 4.0), ("exponent", 1.0, 1.9)]
)
def test_what_has_no_ratio_is_compared_by_difference(
    tmp_path: Path, metric: str, before: float, after: float
) -> None:
    step = only(steps_of(tmp_path, series("m.track_a", walk(before, after), metric=metric)))
    assert step.scale is Scale.DIFFERENCE
    assert step.change.centre == pytest.approx(after - before, abs=0.05)


def test_the_order_of_commits_is_git_s_and_not_that_of_dates(tmp_path: Path) -> None:
    """Two commits whose clocks stood wrong: by date there would be three steps."""
    values = walk(1.0, 1.5)
    values[4], values[AT + 5] = values[AT + 5], values[4]
    order = list(range(COUNT))
    order[4], order[AT + 5] = order[AT + 5], order[4]
    step = only(steps_of(tmp_path, series("m.time_a", values), order=order))
    assert (step.base, step.head) == (commit_hash(AT - 1), commit_hash(AT))


def test_missing_values_are_in_no_range(tmp_path: Path) -> None:
    values = walk(1.0, 1.5)
    values[AT - 2 : AT + 1] = [math.nan, math.inf, math.nan]
    step = only(steps_of(tmp_path, series("m.time_a", values)))
    assert (step.base, step.head) == (commit_hash(AT - 3), commit_hash(AT + 1))


def test_commits_that_hold_the_same_content_hold_no_culprit(tmp_path: Path) -> None:
    """Not measured: 17 is built like 16, 18 like 19. So the culprit is 18, and no other."""
    values = walk(1.0, 1.5, at=19)
    values[17:19] = [math.nan, math.nan]
    whole = series("m.time_a", values, carried={17: 16, 18: 19})
    kept = [place for place in range(COUNT) if place not in (17, 18)]
    lacking = replace(
        whole,
        commits=whole.commits[kept],
        values=whole.values[kept],
        low=whole.low[kept],
        high=whole.high[kept],
    )
    step = only(steps_of(tmp_path, lacking))
    assert (step.base, step.head) == (commit_hash(17), commit_hash(18))
    assert (step.earliest, step.latest) == (commit_hash(17), commit_hash(18))
    other = replace(lacking, carried=())
    assert only(steps_of(tmp_path, other)).head == commit_hash(19)


def test_what_was_found_is_remembered_by_the_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    detect_many = changepoints.detect_many

    def counted(values: Sequence[np.ndarray[tuple[int], np.dtype[np.float64]]]) -> list[list[int]]:
        asked.append(len(values))
        return detect_many(values)

    monkeypatch.setattr(changepoints, "detect_many", counted)
    one, other = series("m.time_a", walk(1.0, 1.5)), series("m.time_b", walk(1.0, 1.0))
    first = steps_of(tmp_path, one, other)
    again = steps_of(tmp_path, other, one, series("m.time_c", walk(2.0, 1.0)))
    assert asked == [2, 1]
    assert first.step(0) == again.step(0)
    assert [step.key.case.benchmark for step in map(again.step, range(2))] == ["m.time_a", "m.time_c"]


def test_series_without_a_value_and_no_series_at_all(tmp_path: Path) -> None:
    assert steps_of(tmp_path).rows.p.size == 0
    assert steps_of(tmp_path, series("m.time_a", [math.nan] * 4), series("m.time_b", [])).rows.p.size == 0


def test_wild_values_have_an_unbounded_interval(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Values between 10^-150 and 10^150: no detector calls it a step, the numbers hold all the same."""
    values = [1e-150, 1.0, 1e-150, 1.0, 1e-150, 1e150, 1.0, 1e150, 1.0, 1e150]
    monkeypatch.setattr(changepoints, "detect_many", lambda _: [[5]])
    step = only(steps_of(tmp_path, series("m.time_a", values)))
    assert step.change.high == math.inf
    assert step.change.low >= 0
