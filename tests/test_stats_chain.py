"""Chained means against a literal chain, and the laws that an index of this kind has."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from groundspeed.stats.chain import Chains, Observations, chains
from groundspeed.verdicts.machine_rows import rows_of_machine
from groundspeed.verdicts.module_trends import POINTS, module_of, module_trends
from tests.site_archives import small_archive

Table = list[list[float | None]]  # a row a series, a column a place; None: no value


def chained(table: Table, group: list[int] | None = None) -> Chains:
    rows = [
        (series, place, math.log(value))
        for series, values in enumerate(table)
        for place, value in enumerate(values)
        if value is not None
    ]
    series, place, log = zip(*rows, strict=True) if rows else ((), (), ())
    groups = group or [0] * len(table)
    return chains(
        Observations(
            series=np.array(series, np.int64), place=np.array(place, np.int64), log=np.array(log, np.float64)
        ),
        np.array(groups, np.int64),
        max(groups, default=0) + 1,
        len(table[0]),
    )


def literal(table: Table) -> list[float]:
    """From place to place the mean change of the series that began before, each from its own last value."""
    level, last, found = 0.0, [math.nan] * len(table), []
    for place in range(len(table[0])):
        changes, begun = 0.0, 0
        for series, values in enumerate(table):
            value = values[place]
            if not math.isnan(last[series]):
                begun += 1
                changes += 0.0 if value is None else math.log(value) - last[series]
            if value is not None:
                last[series] = math.log(value)
        level += changes / begun if begun else 0.0
        found.append(level if any(not math.isnan(one) for one in last) else math.nan)
    return found


values = st.one_of(st.none(), st.floats(0.01, 100.0))
tables = st.integers(1, 12).flatmap(
    lambda width: st.lists(st.lists(values, min_size=width, max_size=width), min_size=1, max_size=6)
)


@settings(deadline=None, derandomize=True, max_examples=150)
@given(tables)
def test_the_fast_chain_is_the_literal_one(table: Table) -> None:
    found = chained(table)
    np.testing.assert_allclose(found.log[0], literal(table), atol=1e-9)
    assert found.members[0] == sum(any(value is not None for value in row) for row in table)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(tables, st.floats(0.1, 10.0))
def test_no_level_and_no_unit_matters(table: Table, scale: float) -> None:
    """One series in other units: the chain is the same."""
    other = [[None if value is None else value * scale for value in table[0]], *table[1:]]
    np.testing.assert_allclose(chained(other).log, chained(table).log, atol=1e-9)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.lists(st.lists(st.floats(0.01, 100.0), min_size=5, max_size=5), min_size=1, max_size=6))
def test_a_chain_over_the_same_series_has_no_drift(table: Table) -> None:
    """It ends where the geometric mean of their own ratios does."""
    ends = [math.log((row[-1] or 1) / (row[0] or 1)) for row in table]
    assert chained(table).log[0, -1] == pytest.approx(sum(ends) / len(ends), abs=1e-9)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ([[1.0, 2.0], [1.0, 0.5]], [1, 1]),  # twice and half
        ([[1.0, 4.0], [1.0, 1.0]], [1, 2]),  # the geometric mean of 4 and 1
        ([[1.0, 1.0, 1.0], [None, 9.0, 18.0]], [1, 1, math.sqrt(2)]),  # who comes later brings no level
        ([[1.0, None, 2.0], [1.0, 1.0, 1.0]], [1, 1, math.sqrt(2)]),  # a gap is carried over
        ([[1.0, 3.0, None], [1.0, 1.0, 1.0]], [1, math.sqrt(3), math.sqrt(3)]),  # who goes takes nothing away
        ([[None, 5.0, 10.0]], [math.nan, 1, 2]),
    ],
)
def test_a_chain(table: Table, expected: list[float]) -> None:
    found: NDArray[np.float64] = np.exp(chained(table).log[0])
    np.testing.assert_allclose(found, expected)


def test_groups_are_chained_apart() -> None:
    found = chained([[1.0, 2.0], [1.0, 1.0], [1.0, 0.5]], [0, 1, 0])
    np.testing.assert_allclose(np.exp(found.log[:, -1]), [1, 1])
    assert found.members.tolist() == [2, 1]


@pytest.mark.parametrize(
    ("benchmark", "module"),
    [
        ("walk.Desert.time_cross", "walk"),
        ("a.b.Class.time_x", "a.b"),
        ("old.time_renewed", "old"),
        ("a.b.time_x", "a.b"),
        ("time_alone", ""),
        ("Class.time_x", "Class"),  # the first part is a module whatever its letters
        ("walk.Ünlike.time_x", "walk.Ünlike"),  # as the page's /^[A-Z]/
    ],
)
def test_a_module_ends_where_a_class_begins(benchmark: str, module: str) -> None:
    assert module_of(benchmark) == module


def test_a_trend_is_of_main_metrics_in_the_version_that_the_suite_has() -> None:
    archive = small_archive()
    rows = rows_of_machine(archive, "camel", [one.hash for one in archive.commits])
    trends = {one.module: one for one in module_trends(rows, archive)}
    assert {module: one.series for module, one in trends.items()} == {
        "old": 2,  # the version v0 of time_renewed is another benchmark
        "walk": 11,  # cross, drink, nine herds
        "water": 2,  # fill and pour, without p99 and rate
    }
    for one in trends.values():
        assert len(one.mean) == len(one.at) <= POINTS
        assert one.mean[np.isfinite(one.mean)][0] == 1
    crossed = math.exp(math.log(1.3) / 11)  # one of eleven is 30 % slower
    assert trends["walk"].ratio == pytest.approx(crossed, rel=0.02)
