from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from groundspeed.history.order import history_order
from groundspeed.records import Commit
from groundspeed.results.archive import MeasuredCommit, Series
from groundspeed.site import columns
from groundspeed.site.axes import axes_of
from groundspeed.site.carried import only_with_values
from groundspeed.site.order import Timeline
from tests.site_archives import benchmark, commit_hash, measured, series, small_archive, wavy

# rounding up the largest double of all would leave the doubles
finite = st.floats(min_value=-1e307, max_value=1e307)


def restored(numbers: list[int | None], exponent: int) -> list[float]:
    """What the page does, in Python."""
    return [math.nan if number is None else float(f"{number}e{exponent}") for number in numbers]


def shard_of(*rows: Series, order: Sequence[int] = range(40)) -> dict[str, Any]:
    """The shard of ``rows`` where the archive's commit number n is the one at ``order[n]`` in history."""
    name = rows[0].key.case.benchmark
    hashes = [commit_hash(place) for place in range(len(order))]
    line = Timeline(
        hashes=tuple(hashes),
        dates={one.hash: one.date for one in measured(len(order))},
        place_of={name: place for place, name in enumerate(hashes)},
        places=np.array(order, dtype=np.int32),
    )
    content = columns.shard(name, rows, axes_of(name, rows, {}), None, line)
    decoded: dict[str, Any] = json.loads(content, parse_constant=_refuse)
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
    row = series("a.b", [10, 20, math.nan], failures={2: "why"})
    decoded = shard_of(row, order=[2, 0, 1])
    assert decoded["commits"] == [[0, 1, 1]]
    assert decoded["series"][0]["v"] == [20, None, 10]
    assert decoded["series"][0]["fail"] == [[1, 0]]


def test_parameters_keep_the_suite_s_order_and_what_only_history_knows_comes_after() -> None:
    definition = benchmark("a.b", params={"size": ("10", "9", "gone")})
    rows = [series("a.b", [1.0], params=(value, "x")) for value in ("8", "9", "10")]
    axes = axes_of("a.b", rows, {"a.b": definition})
    assert axes.values == (("10", "9", "8"), ("x",))
    assert axes.names == ("size", "param2")


def test_a_parameter_that_came_later_is_absent_before() -> None:
    rows = [series("a.b", [1.0]), series("a.b", [1.0], params=("7",))]
    axes = axes_of("a.b", rows, {})
    assert [axes.positions(one.key) for one in rows] == [[None], [0]]


def test_a_metric_without_the_size_keeps_its_parameters_on_their_axes() -> None:
    """``size`` in the middle: by position alone the exponent's second value would be taken for a size."""
    main = benchmark("a.b", params={"kind": ("'x'", "'y'"), "n": ("1", "10"), "mode": ("'fast'", "'slow'")})
    entry = benchmark("a.b@exponent", params={"kind": ("'x'", "'y'"), "mode": ("'fast'", "'slow'")})
    rows = [
        *(series("a.b", [1.0], params=("'x'", size, "'slow'")) for size in ("1", "10")),
        *(series("a.b", [1.0], params=("'y'", size, "'fast'")) for size in ("1", "10")),
        series("a.b", [1.1], params=("'y'", "'fast'"), metric="exponent"),
        series("a.b", [1.2], params=("'x'",), metric="exponent"),  # from before there was a mode
    ]
    axes = axes_of("a.b", rows, {"a.b": main, "a.b@exponent": entry})
    assert axes.names == ("kind", "n", "mode")
    assert axes.values == (("'x'", "'y'"), ("1", "10"), ("'fast'", "'slow'"))
    assert [axes.positions(one.key) for one in rows[-3:]] == [[1, 1, 0], [1, None, 0], [0, None, None]]
    assert axes.aligned(rows[4].key) == ["'y'", None, "'fast'"]


def test_without_the_metric_s_entry_its_parameters_stand_in_their_order() -> None:
    main = benchmark("a.b", params={"n": ("1", "10"), "kind": ("'x'",)})
    rows = [
        series("a.b", [1.0], params=("1", "'x'")),
        series("a.b", [1.1], params=("'x'",), metric="exponent"),
    ]
    strangers = {"a.b": main, "a.b@exponent": benchmark("a.b@exponent", params={"other": ("'x'",)})}
    for known in ({"a.b": main}, strangers, {}):
        assert axes_of("a.b", rows, known).aligned(rows[1].key) == ["'x'", None]


def test_what_was_carried_over_names_its_commit_and_the_measured_one() -> None:
    twice = {9: 5, 6: 5, 2: 4}  # whatever the order: 2 shares what was measured later, at 4
    shard = shard_of(
        series("a.b", [1, 2, 3], params=("1",), first=3, carried=twice),
        series("a.b", [1, 2, 3], params=("2",), first=3),
        series("a.b", [1, 2, 3], params=("3",), first=3, carried=dict(reversed(twice.items()))),
    )
    assert shard["carried"] == [[[2, -2], [4, 1], [3, 4]]]
    assert [one.get("carried") for one in shard["series"]] == [0, None, 0]
    assert all(len(one["v"]) == 3 for one in shard["series"])


def test_where_nothing_was_carried_over_no_byte_speaks_of_it() -> None:
    shard = shard_of(series("a.b", [1.0, 2.0]))
    assert "carried" not in shard
    assert "carried" not in shard["series"][0]


def test_what_shares_a_measurement_that_is_not_there_is_left_out() -> None:
    row = series("a.b", [1.0, math.nan], failures={1: "why"}, carried={7: 0, 8: 1, 9: 30})
    archive = replace(small_archive(), series=(row,))
    (kept,) = only_with_values(archive).series
    assert [(one.commit, one.measured_at) for one in kept.carried] == [(commit_hash(7), commit_hash(0))]


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
    assert history_order(dates_of(measured(4)[::-1]), {}) == [commit_hash(place) for place in range(4)]


def test_a_wrong_clock_does_not_put_a_child_before_its_parent() -> None:
    dates = {**dates_of(measured(3)), commit_hash(1): datetime(2030, 1, 1, tzinfo=UTC)}
    first, late, second = dates
    assert history_order(dates, {}) == [first, second, late]
    assert history_order(dates, {commit_hash(place): _child(place) for place in range(3)}) == [*dates]


@settings(deadline=None, derandomize=True, max_examples=50)
@given(st.lists(st.integers(min_value=0, max_value=9), min_size=1, max_size=12), st.data())
def test_the_order_is_a_permutation_with_parents_first(days: list[int], data: st.DataObject) -> None:
    dates = {
        commit_hash(place): datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=day)
        for place, day in enumerate(days)
    }
    parents = {
        place: data.draw(st.lists(st.integers(min_value=0, max_value=place - 1), max_size=2)) if place else []
        for place in range(len(days))
    }
    graph = {commit_hash(place): _child(place, parents[place]) for place in parents}
    order = history_order(dates, graph)
    assert sorted(order) == sorted(dates)
    place = {name: position for position, name in enumerate(order)}
    for child, above in parents.items():
        assert all(place[commit_hash(parent)] < place[commit_hash(child)] for parent in above)


def dates_of(commits: Sequence[MeasuredCommit]) -> dict[str, datetime]:
    return {one.hash: one.date for one in commits}


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
