"""A benchmark's file against a slow, literal reader of it: ``tests.site_shards``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from groundspeed.history.order import history_order
from groundspeed.records import Benchmark, Commit
from groundspeed.results.archive import MeasuredCommit, Series
from groundspeed.site.axes import axes_of
from groundspeed.site.carried import only_with_values
from groundspeed.site.shard import shards
from tests.site_archives import benchmark, commit_hash, measured, series, small_archive, subject, wavy
from tests.site_shards import DecodedSeries, DecodedShard, decode

# of a larger one five digits may round up to what is no number any more
finite = st.floats(min_value=-1.7e308, max_value=1.7e308)
any_float = finite | st.sampled_from([math.nan, math.inf, -math.inf])


def shard_of(
    *rows: Series, order: Sequence[int] | None = None, suite: Mapping[str, Benchmark] | None = None
) -> DecodedShard:
    """The file of ``rows``; with ``order`` the archive's commit n is the one at ``order[n]`` in history."""
    archive = replace(small_archive(40), series=rows, benchmarks=suite or {}, commits=measured(40))
    published = subject(archive, {})
    if order is not None:
        places = np.array([*order, *range(len(order), 40)], np.int32)
        published = replace(published, timeline=replace(published.timeline, places=places))
    ((_, content),) = shards(published)
    return decode(content)


def stored(
    values: Sequence[float], low: Sequence[float] | None = None, high: Sequence[float] | None = None
) -> DecodedSeries:
    """A series of these values, written and read back; without bounds the values are their own."""
    row = series("a.b", list(values), spread=0)
    below, above = (np.array(values if one is None else one, np.float64) for one in (low, high))
    (found,) = shard_of(replace(row, low=below, high=above)).series
    return found


# --- values --------------------------------------------------------------------------------------


@settings(deadline=None, derandomize=True, max_examples=150)
@given(st.lists(any_float, min_size=1, max_size=20))
@example([5e-324, 1.0])
@example([5e-324, 1e-323, 2.5e-323])
@example([1.7e308, -1.7e308])
@example([0.0, -0.0])
@example([math.nan])
@example([math.inf, -math.inf])
@example([2.0**53, 2.0**53 + 2, 0.0])
@example([-3.5, -3.5, -3.5])
def test_a_value_comes_back_to_five_digits_of_the_smallest(values: list[float]) -> None:
    found = stored(values).values
    sizes = [abs(value) for value in values if math.isfinite(value) and value]
    allowed = max(min(sizes, default=0.0) * 0.5001e-4, 5e-324)
    for value, back in zip(values, found, strict=True):
        if math.isfinite(value):
            assert back == pytest.approx(value, rel=1e-12, abs=allowed)
        else:
            assert back is None


@settings(deadline=None, derandomize=True, max_examples=100)
@given(st.lists(st.integers(min_value=-(2**53) + 1, max_value=2**53 - 1), min_size=1, max_size=20))
def test_whole_numbers_stay_whole(values: list[int]) -> None:
    assert stored([float(value) for value in values]).values == values


@pytest.mark.parametrize(
    ("values", "width"),
    [
        ([7.0, 7.0], 1),
        ([0.0, 254.0], 1),  # 255 says that there is no value
        ([0.0, 255.0], 2),
        ([1000.0, 1254.0], 1),
        ([0.0, 65534.0], 2),
        ([0.0, 65535.0], 3),
        ([-1.0, 2.0**24 - 3], 3),
        ([0.0, 2.0**24 - 1], 4),
        ([0.0, 2.0**32 - 2], 4),
        ([0.0, 2.0**32 - 1], 8),
        ([0.01, 0.02], 2),  # the fifth digit of the smallest is 1e-6: 10,000 of it between them
        ([1e-9, 1.0], 8),
    ],
)
def test_a_series_takes_the_bytes_that_its_range_needs(values: list[float], width: int) -> None:
    found = stored(values)
    assert found.width == width
    assert found.values == pytest.approx(values, rel=1e-9)


# --- intervals -----------------------------------------------------------------------------------


@settings(deadline=None, derandomize=True, max_examples=150)
@given(st.lists(st.tuples(finite, finite, finite).map(sorted), min_size=1, max_size=12))
@example([[0.0, 5e-324, 1e300]])
@example([[-1.7e308, 0.0, 1.7e308]])
def test_an_interval_never_looks_narrower_than_it_is(rows: list[list[float]]) -> None:
    low, values, high = (list(column) for column in zip(*rows, strict=True))
    found = stored(values, low, high)
    assert found.low is not None
    assert found.high is not None
    for row, value in enumerate(found.values):
        assert value is not None
        below, above = found.low[row], found.high[row]
        assert below is not None
        assert above is not None
        slack = 1e-9 * max(abs(value), abs(low[row]), abs(high[row]))
        assert below <= low[row] + slack
        assert above >= high[row] - slack


def test_an_interval_is_at_most_two_per_cent_wider_where_widths_are_alike() -> None:
    values = [1.0 + place / 1000 for place in range(30)]
    widths = [0.001 * 1.17**place for place in range(30)]  # 0.001 to 0.095: ninety-five times
    low = [value - width for value, width in zip(values, widths, strict=True)]
    high = [value + width for value, width in zip(values, widths, strict=True)]
    found = stored(values, low, high)
    assert found.high is not None
    for value, above, width in zip(values, found.high, widths, strict=True):
        assert above is not None
        assert width <= above - value + 1e-12 <= width * 1.0203 + 5e-5


def test_what_has_no_bound_or_no_value_has_no_interval() -> None:
    found = stored(
        [0.01, 0.02, 0.03, math.nan, math.inf],
        [0.009, -math.inf, 0.03, 1.0, 1.0],
        [0.012, math.inf, 0.03, 2.0, 2.0],
    )
    assert found.low is not None
    assert found.low[0] is not None
    assert 0.009 * 0.997 <= found.low[0] <= 0.009
    assert found.low[1:] == [None, 0.03, None, None]
    assert found.high is not None
    assert found.high[1:] == [None, 0.03, None, None]


def test_without_any_interval_there_are_no_interval_columns() -> None:
    nothing = [math.nan, math.nan]
    found = stored([1.5, 2.5], nothing, nothing)
    assert (found.low, found.high) == (None, None)


# --- what stands beside them ---------------------------------------------------------------------


def test_a_failure_is_marked_and_a_skip_is_not() -> None:
    (row,) = shard_of(series("a.b", [1.5, math.nan, math.nan, math.inf], failures={1: "it broke"})).series
    assert row.values == [1.5, None, None, None]
    assert row.failures == {1: "it broke", 3: "the benchmark gave an infinite value"}


def test_series_measured_at_the_same_commits_share_one_list_of_positions() -> None:
    shard = shard_of(
        series("a.b", [1, 2, 3], params=("1",), first=4),
        series("a.b", [1, 2, 3], params=("2",), first=4),
        series("a.b", [1, 2], params=("3",), first=4),
    )
    assert shard.header["positions"] == [[3, 1], [2, 1]]
    assert shard.header["series"]["positions"] == [0, 0, 1]
    assert [one.commits for one in shard.series] == [[4, 5, 6], [4, 5, 6], [4, 5]]


def test_rows_follow_the_published_order_not_the_archive_s() -> None:
    row = series("a.b", [10, 20, math.nan], failures={2: "why"})
    (found,) = shard_of(row, order=[2, 0, 1]).series
    assert found.commits == [0, 1, 2]
    assert found.values == [20, None, 10]
    assert found.failures == {1: "why"}


def test_the_steps_of_a_series_stand_in_its_shard() -> None:
    flat, stepped = wavy(1.0), wavy(1.0, step_at=18)
    shard = shard_of(series("a.b", flat, params=("1",)), series("a.b", stepped, params=("2",)))
    assert shard.series[0].steps == []
    ((base, head, earliest, latest, before, _, after, _, half, p),) = shard.series[1].steps
    assert (base, head) == (17, 18)
    assert earliest <= base < head <= latest
    ratio = float(np.median(stepped[18:]) / np.median(stepped[:18]))
    assert math.exp(after - before) == pytest.approx(ratio, rel=1e-5)
    assert half > 0
    assert 0 < p < 0.01
    assert shard.header["series"]["ratio"] == [1, 1]


def test_versions_of_a_line_stand_beside_each_other_the_youngest_last() -> None:
    suite = {"a.b": benchmark("a.b")}
    shard = shard_of(
        series("a.b", [1.0], version="old", first=3),
        series("a.b", [1.0], version=suite["a.b"].version, first=1),
        suite=suite,
    )
    assert [one.version for one in shard.series] == ["old", suite["a.b"].version]


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
    assert [one.carried for one in shard.series] == [{2: 4, 6: 5, 9: 5}, {}, {2: 4, 6: 5, 9: 5}]
    assert all(one.values == [1, 2, 3] for one in shard.series)


def test_where_nothing_was_carried_over_no_byte_speaks_of_it() -> None:
    assert "carried" not in shard_of(series("a.b", [1.0, 2.0])).header


def test_what_shares_a_measurement_that_is_not_there_is_left_out() -> None:
    row = series("a.b", [1.0, math.nan], failures={1: "why"}, carried={7: 0, 8: 1, 9: 30})
    archive = replace(small_archive(), series=(row,))
    (kept,) = only_with_values(archive).series
    assert [(one.commit, one.measured_at) for one in kept.carried] == [(commit_hash(7), commit_hash(0))]


def test_metrics_of_other_units_or_directions_are_told_apart() -> None:
    shard = shard_of(
        series("a.b", [1.0]), series("a.b", [2.0], metric="p99"), series("a.b", [1], unit="bytes")
    )
    assert [(one["name"], one["unit"]) for one in shard.header["metrics"]] == [
        ("", "bytes"),
        ("", "s"),
        ("p99", "s"),
    ]


def test_a_text_that_utf_8_cannot_hold_is_written_all_the_same() -> None:
    shard = shard_of(series("a.b", [math.nan], failures={0: "bad \ud800 byte"}))
    assert shard.header["texts"] == ["bad ? byte"]


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
