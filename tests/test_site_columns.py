from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from groundspeed.records import Commit
from groundspeed.results.archive import MeasuredCommit
from groundspeed.site import columns
from groundspeed.site.order import history_order
from tests.site_archives import benchmark, commit_hash, measured, series, wavy

# rounding up the largest double of all would leave the doubles
finite = st.floats(min_value=-1e307, max_value=1e307)


def restored(numbers: list[int | None], exponent: int) -> list[float]:
    """What the page does, in Python."""
    return [math.nan if number is None else float(f"{number}e{exponent}") for number in numbers]


def shard_of(*rows: Any, definition: Any = None, commits: int = 40) -> dict[str, Any]:
    places = np.arange(commits, dtype=np.int32)
    decoded: dict[str, Any] = json.loads(
        columns.shard(rows[0].key.case.benchmark, rows, definition, places), parse_constant=_refuse
    )
    return decoded


def _refuse(word: str) -> None:
    raise AssertionError(f"{word} is not JSON")


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.lists(finite, min_size=1, max_size=20))
@example([5e-324, 1.0])
@example([1e307, 1e-300])
@example([0.0, -0.0])
def test_a_value_comes_back_to_five_digits_of_the_smallest_or_fifteen_of_the_largest(
    values: list[float],
) -> None:
    column = np.array(values)
    quantised = columns.quantise(column, column, column)
    assert all(number is not None and abs(number) <= 2**53 for number in quantised.values)
    smallest = min((abs(value) for value in values if value), default=0.0)
    allowed = max(smallest * 0.5001e-4, max(map(abs, values)) * 0.5001e-14, 5e-324)
    assert restored(quantised.values, quantised.exponent) == pytest.approx(values, rel=1e-12, abs=allowed)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(st.lists(st.integers(min_value=-(2**52), max_value=2**52), min_size=1, max_size=20))
def test_whole_numbers_stay_whole(values: list[int]) -> None:
    column = np.array(values, dtype=np.float64)
    quantised = columns.quantise(column, column, column)
    assert (quantised.exponent, quantised.values) == (0, values)


def test_an_interval_is_its_distances_and_what_is_not_finite_is_none() -> None:
    # smallest value 0.01: its fifth digit is 1e-6
    quantised = columns.quantise(
        np.array([0.01, 0.02, math.nan, math.inf]),
        np.array([0.009, -math.inf, 1.0, 1.0]),
        np.array([0.012, math.inf, 2.0, 2.0]),
    )
    assert quantised.exponent == -6
    assert quantised.values == [10000, 20000, None, None]
    assert quantised.low == [1000, None, None, None]
    assert quantised.high == [2000, None, None, None]


def test_without_any_interval_there_are_no_interval_columns() -> None:
    nothing = np.full(2, math.nan)
    quantised = columns.quantise(np.array([1.5, 2.5]), nothing, nothing)
    assert (quantised.low, quantised.high) == (None, None)
    assert "lo" not in shard_of(replace(series("a.b", [1.5, 2.5]), low=nothing, high=nothing))["series"][0]


def test_a_failure_is_marked_and_a_skip_is_not() -> None:
    row = shard_of(series("a.b", [1.5, math.nan, math.nan, math.inf], failures={1: "it broke"}))
    assert row["series"][0]["v"] == [15000, None, None, None]
    assert row["series"][0]["fail"] == [[1, 0], [3, 1]]
    assert row["texts"] == ["it broke", "the benchmark gave an infinite value"]


def test_series_measured_at_the_same_commits_share_one_list_of_differences() -> None:
    shard = shard_of(
        series("a.b", [1, 2, 3], params=("1",), first=4),
        series("a.b", [1, 2, 3], params=("2",), first=4),
        series("a.b", [1, 2], params=("3",), first=4),
    )
    assert shard["commits"] == [[4, 1, 1], [4, 1]]
    assert [one["commits"] for one in shard["series"]] == [0, 0, 1]


def test_rows_follow_the_published_order_not_the_archive_s() -> None:
    places = np.array([2, 0, 1], dtype=np.int32)
    row = series("a.b", [10, 20, math.nan], failures={2: "why"})
    decoded = json.loads(columns.shard("a.b", [row], None, places))
    assert decoded["commits"] == [[0, 1, 1]]
    assert decoded["series"][0]["v"] == [20, None, 10]
    assert decoded["series"][0]["fail"] == [[1, 0]]


def test_parameters_keep_the_suite_s_order_and_what_only_history_knows_comes_after() -> None:
    definition = benchmark("a.b", params={"size": ("10", "9", "gone")})
    rows = [series("a.b", [1.0], params=(value,)) for value in ("8", "9", "10")]
    assert columns.parameter_axes(rows, definition) == [["10", "9", "8"]]
    assert columns.param_names(2, definition) == ["size", "param2"]


def test_a_parameter_that_came_later_is_absent_before() -> None:
    rows = [series("a.b", [1.0]), series("a.b", [1.0], params=("7",))]
    axes = columns.parameter_axes(rows, None)
    assert [columns.positions_on(axes, one.key.case.params) for one in rows] == [[None], [0]]


def test_metrics_of_other_units_or_directions_are_told_apart() -> None:
    shard = shard_of(
        series("a.b", [1.0]), series("a.b", [2.0], metric="p99"), series("a.b", [1], unit="bytes")
    )
    assert [(one["name"], one["unit"]) for one in shard["metrics"]] == [
        ("", "bytes"),
        ("", "s"),
        ("p99", "s"),
    ]


def test_a_text_that_utf_8_cannot_hold_is_written_all_the_same() -> None:
    shard = shard_of(series("a.b", [math.nan], failures={0: "bad \ud800 byte"}))
    assert shard["texts"] == ["bad ? byte"]


# --- order -------------------------------------------------------------------------------------


def test_without_a_repository_the_date_decides() -> None:
    assert history_order(measured(4)[::-1], {}) == [3, 2, 1, 0]


def test_a_wrong_clock_does_not_put_a_child_before_its_parent() -> None:
    late = MeasuredCommit(hash=commit_hash(1), date=datetime(2030, 1, 1, tzinfo=UTC))
    commits = (measured(3)[0], late, measured(3)[2])
    assert history_order(commits, {}) == [0, 2, 1]
    assert history_order(commits, {commit_hash(place): _child(place) for place in range(3)}) == [0, 1, 2]


@settings(deadline=None, derandomize=True, max_examples=50)
@given(st.lists(st.integers(min_value=0, max_value=9), min_size=1, max_size=12), st.data())
def test_the_order_is_a_permutation_with_parents_first(days: list[int], data: st.DataObject) -> None:
    commits = [
        MeasuredCommit(hash=commit_hash(place), date=datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=day))
        for place, day in enumerate(days)
    ]
    parents = {
        place: data.draw(st.lists(st.integers(min_value=0, max_value=place - 1), max_size=2)) if place else []
        for place in range(len(days))
    }
    graph = {commit_hash(place): _child(place, parents[place]) for place in parents}
    order = history_order(commits, graph)
    assert sorted(order) == list(range(len(days)))
    for child, above in parents.items():
        assert all(order.index(parent) < order.index(child) for parent in above)


def _child(place: int, parents: list[int] | None = None) -> Commit:
    above = parents if parents is not None else ([place - 1] if place else [])
    return Commit(
        hash=commit_hash(place),
        parents=tuple(commit_hash(parent) for parent in above),
        date=datetime(2024, 1, 1, tzinfo=UTC),
        author="",
        subject="",
        tags=(),
    )


def test_a_whole_series_restored_as_the_page_does_is_the_series() -> None:
    values = wavy(1.24e-3)
    row = shard_of(series("a.b", values))["series"][0]
    assert restored(row["v"], row["e"]) == pytest.approx(values, rel=5e-5)
    low = [value - width for value, width in zip(row["v"], row["lo"], strict=True)]
    assert restored(low, row["e"]) == pytest.approx([value * 0.98 for value in values], rel=1e-4)
