"""Joined series: which versions go on as which, whose cell counts, and what is said of what does not fit."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed.config.renames import StatedRenames
from groundspeed.measurements import Measurement, Missing, Stored
from groundspeed.records import Benchmark, Better, Case, Failed, FailureKind, SeriesKey
from groundspeed.results.archive import Archive, Series
from groundspeed.verdicts.renames import NO_RENAMES, Renames
from tests.site_archives import benchmark, commit_hash, measured, series

NAN = math.nan


def archive(*found: Series, benchmarks: Sequence[Benchmark] = (), count: int = 30) -> Archive:
    return Archive(
        commits=measured(count),
        series=found,
        benchmarks={one.name: one for one in benchmarks},
        machines={},
        files=1,
        warnings=("before",),
    )


def applied(
    of: Archive,
    names: Mapping[str, str] | None = None,
    defaults: Mapping[str, Mapping[str, str]] | None = None,
) -> Archive:
    stated = StatedRenames(names=names or {}, defaults=defaults or {})
    return Renames.of(stated, of).apply(of)


def summary(of: Archive) -> dict[tuple[str, str | None], list[float]]:
    return {(str(one.key.case), one.key.version): one.values.tolist() for one in of.series}


def test_the_old_version_goes_on_as_the_new_one() -> None:
    joined = applied(
        archive(series("old", [1, 2, 3], version="v1"), series("new", [4, 5], version="v2", first=3)),
        {"old": "new"},
    )
    (one,) = joined.series
    assert one.key.case == Case(benchmark="new", params=())
    assert one.key.version == "v2"
    assert one.values.tolist() == [1, 2, 3, 4, 5]
    assert one.commits.tolist() == [0, 1, 2, 3, 4]
    assert joined.warnings == ("before",)


def test_only_the_last_old_version_meets_the_first_new_one() -> None:
    joined = applied(
        archive(
            series("old", [1, 2], version="v1"),
            series("old", [3, 4], version="v2", first=2),
            series("new", [5, 6], version="v3", first=4),
            series("new", [7, 8], version="v4", first=6),
        ),
        {"old": "new"},
    )
    assert summary(joined) == {("new", "v1"): [1, 2], ("new", "v3"): [3, 4, 5, 6], ("new", "v4"): [7, 8]}


def test_a_chain_is_one_series() -> None:
    joined = applied(
        archive(
            series("a", [1], version="x"),
            series("b", [2], version="y", first=1),
            series("c", [3], version="z", first=2),
        ),
        {"a": "b", "b": "c"},
    )
    assert summary(joined) == {("c", "z"): [1, 2, 3]}


def test_machines_that_know_one_version_alone_follow_it() -> None:
    """Which version goes on as which is the benchmark's history, not a machine's."""
    joined = applied(
        archive(
            series("old", [1], version="v1"),
            series("old", [2], version="v2", first=1),
            series("new", [3], version="v3", first=2),
            series("old", [9], version="v1", machine="dromedary"),
        ),
        {"old": "new"},
    )
    dromedary = [one for one in joined.series if one.key.machine == "dromedary"]
    assert [(one.key.version, one.values.tolist()) for one in dromedary] == [("v1", [9])]


def test_two_old_names_follow_each_other_in_the_order_of_their_commits() -> None:
    joined = applied(
        archive(
            series("b", [1, 2], version="x"),
            series("a", [3], version="y", first=2),
            series("c", [4], version="z", first=3),
        ),
        {"a": "c", "b": "c"},
    )
    assert summary(joined) == {("c", "z"): [1, 2, 3, 4]}


def test_metrics_follow_their_benchmark() -> None:
    joined = applied(
        archive(
            series("m.old", [1], metric="p99", version="v1"),
            series("m.new", [2], metric="p99", version="v2", first=1),
        ),
        {"m.": "n.", "m.old": "n.new"},
    )
    assert [(str(one.key.case), one.key.metric, one.values.tolist()) for one in joined.series] == [
        ("n.new", "p99", [1, 2])
    ]


def test_of_two_values_the_newer_names_counts_and_a_warning_says_where() -> None:
    joined = applied(
        archive(series("old", [1, 2, 3], version="v1"), series("new", [20, 30, 40], version="v2", first=1)),
        {"old": "new"},
    )
    (one,) = joined.series
    assert one.values.tolist() == [1, 20, 30, 40]
    warning = joined.warnings[-1]
    assert warning == (
        f"renamed: old and new both have values at 2 commits ({commit_hash(1)[:8]} is one): "
        "the newer ones count."
    )


def test_a_value_counts_before_a_failure_of_the_newer_name() -> None:
    joined = applied(
        archive(
            series("old", [1, NAN, 3, NAN], version="v1", failures={1: "old: why", 3: "old: again"}),
            series("new", [NAN, 20, NAN, NAN], version="v2", failures={0: "new", 2: "new", 3: "new: why"}),
        ),
        {"old": "new"},
    )
    (one,) = joined.series
    assert one.values.tolist()[:3] == [1, 20, 3]
    assert one.failures == {3: "new: why"}
    assert joined.warnings == ("before",), "no commit has two values"


def test_what_was_carried_over_stays_so_until_it_was_measured() -> None:
    joined = applied(
        archive(
            series("old", [1, 2], version="v1", carried={2: 1, 3: 1}),
            series("new", [4], version="v2", first=3, carried={4: 3}),
        ),
        {"old": "new"},
    )
    (one,) = joined.series
    assert [(carried.commit, carried.measured_at) for carried in one.carried] == [
        (commit_hash(2), commit_hash(1)),
        (commit_hash(4), commit_hash(3)),
    ]


def test_other_units_are_not_joined_and_it_is_said() -> None:
    joined = applied(
        archive(series("old", [1], version="v1", unit="bytes"), series("new", [2], version="v2", first=1)),
        {"old": "new"},
    )
    assert summary(joined) == {("old", "v1"): [1], ("new", "v2"): [2]}
    assert "old has another unit than new" in joined.warnings[-1]


def test_definitions_bear_the_present_name() -> None:
    found = archive(
        series("old", [1]),
        series("gone", [1]),
        benchmarks=[benchmark("old"), benchmark("new"), benchmark("gone")],
    )
    joined = applied(found, {"old": "new", "gone": "there"})
    assert sorted(joined.benchmarks) == ["new", "there"]
    assert joined.benchmarks["there"].name == "there"


def test_a_name_that_nothing_bears_is_a_warning() -> None:
    joined = applied(archive(series("old", [1])), {"odl": "new", "old": "new"})
    assert joined.warnings[1:] == (
        'renamed: "odl" is no name in the results; take it out, or look for a slip of the pen.',
    )


# --- parameters --------------------------------------------------------------------------------------

GROWN = benchmark("walk", params={"size": ("10", "100"), "mode": ("'fast'", "'slow'")})


def test_results_without_a_parameter_join_those_with_its_value() -> None:
    joined = applied(
        archive(
            series("walk", [1, 2], version="v1"),
            series("walk", [3], version="v2", first=2, params=("10",)),
            series("walk", [30], version="v2", first=2, params=("100",)),
            series("walk", [4], version="v3", first=3, params=("10", "'fast'")),
            series("walk", [5], version="v3", first=3, params=("10", "'slow'")),
            benchmarks=[GROWN],
        ),
        defaults={"walk": {"size": "10", "mode": "fast"}},
    )
    assert summary(joined) == {
        ("walk(10, 'fast')", "v3"): [1, 2, 3, 4],
        ("walk(10, 'slow')", "v3"): [5],
        ("walk(100, 'fast')", "v3"): [30],
    }
    assert joined.warnings == ("before",)


def test_a_rename_and_a_later_parameter_at_once() -> None:
    joined = applied(
        archive(
            series("stroll", [1], version="v1", params=("10",)),
            series("walk", [2], version="v2", first=1, params=("10", "'fast'")),
            benchmarks=[GROWN],
        ),
        {"stroll": "walk"},
        {"walk": {"mode": "'fast'"}},
    )
    assert summary(joined) == {("walk(10, 'fast')", "v2"): [1, 2]}


def test_an_exponent_lacks_its_size_and_nothing_else() -> None:
    grown = dataclasses.replace(GROWN, definition={"size": "size"})
    joined = applied(
        archive(
            series("walk", [1.0], version="v1", metric="exponent"),
            series("walk", [1.5], version="v2", first=1, metric="exponent", params=("'fast'",)),
            benchmarks=[grown],
        ),
        defaults={"walk": {"mode": "fast"}},
    )
    assert summary(joined) == {("walk('fast')", "v2"): [1.0, 1.5]}


@pytest.mark.parametrize(
    ("defaults", "warning"),
    [
        ({"wlak": {"mode": "1"}}, 'parameters: "wlak" is no benchmark that the results describe.'),
        ({"walk": {"mood": "1"}}, 'parameters: walk has no parameter "mood" (it has: size, mode).'),
        (
            {"walk": {"mode": "medium"}},
            (
                "parameters: walk.mode = medium is none of its values ('fast', 'slow'): "
                "the older results make a series of their own."
            ),
        ),
    ],
)
def test_what_does_not_fit_is_a_warning(defaults: Mapping[str, Mapping[str, str]], warning: str) -> None:
    joined = applied(
        archive(series("walk", [1], params=("10", "'fast'")), benchmarks=[GROWN]), None, defaults
    )
    assert joined.warnings[1:] == (warning,)
    assert summary(joined) == {("walk(10, 'fast')", "v1"): [1]}


# --- at one commit -----------------------------------------------------------------------------------


def at(name: str, value: float | None, version: str = "v1") -> Measurement | Missing:
    key = SeriesKey(
        machine="camel",
        environment="virtualenv-py3.11",
        case=Case(benchmark=name, params=()),
        metric="",
        version=version,
    )
    if value is None:
        why = Failed(kind=FailureKind.RAISED, text=name)
        return Missing(key=key, commit="c", unit="s", better=Better.LOWER, why=why)
    return Measurement(
        key=key,
        commit="c",
        unit="s",
        better=Better.LOWER,
        processes=(),
        stored=Stored(value=value, low=NAN, high=NAN),
        carried_from=None,
    )


def test_measurements_bear_the_present_names() -> None:
    of = archive(series("old", [1], version="v1"), series("new", [2], version="v2", first=1))
    renames = Renames.of(StatedRenames(names={"old": "new"}, defaults={}), of)
    (both,) = renames.apply_to([at("new", 2.0, "v2"), at("old", 1.0, "v1")])
    assert isinstance(both, Measurement)
    assert (both.key.case.benchmark, both.key.version, both.stored.value) == ("new", "v2", 2.0)
    (value,) = renames.apply_to([at("old", 1.0, "v1"), at("new", None, "v2")])
    assert isinstance(value, Measurement)
    assert value.stored.value == 1.0
    (missing,) = renames.apply_to([at("new", None, "v2"), at("old", None, "v1")])
    assert isinstance(missing, Missing)
    assert missing.why == Failed(kind=FailureKind.RAISED, text="new")


def test_without_renames_everything_is_as_it_was() -> None:
    of = archive(series("old", [1]))
    assert NO_RENAMES.apply(of) is of
    assert NO_RENAMES.key(of.series[0].key) == of.series[0].key
    found = (at("b", 1.0), at("a", 1.0))
    assert NO_RENAMES.apply_to(found) == found


# --- laws --------------------------------------------------------------------------------------------

COLUMNS = st.lists(st.one_of(st.just(NAN), st.floats(0.5, 2)), min_size=6, max_size=6)


@given(COLUMNS, COLUMNS, st.sets(st.integers(0, 5), min_size=1), st.sets(st.integers(0, 5), min_size=1))
@settings(deadline=None, derandomize=True)
def test_every_commit_has_the_cell_that_counts(
    old: list[float], new: list[float], at_old: set[int], at_new: set[int]
) -> None:
    def part(name: str, values: list[float], places: set[int], version: str) -> Series:
        places_ = sorted(places)
        whole = series(name, [values[place] for place in places_], version=version)
        missing = {at: f"{name}{at}" for at, place in enumerate(places_) if math.isnan(values[place])}
        return dataclasses.replace(whole, commits=np.array(places_, np.int32), failures=missing)

    joined = applied(archive(part("old", old, at_old, "v1"), part("new", new, at_new, "v2")), {"old": "new"})
    (one,) = joined.series
    assert one.commits.tolist() == sorted(at_old | at_new)
    for at, place in enumerate(one.commits.tolist()):
        choices = [values[place] for values, seen in ((new, at_new), (old, at_old)) if place in seen]
        expected = next((value for value in choices if not math.isnan(value)), NAN)
        assert one.values[at] == pytest.approx(expected, nan_ok=True)
        assert (at in one.failures) == math.isnan(expected)
