"""A few figures of a set of samples: tables, the literal formulas, and laws."""

from __future__ import annotations

import math
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed.stats.summary import summarise

VALUES = st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=60)


def test_a_table_by_hand() -> None:
    """1 to 5: mean and median 3; squares about it 4+1+0+1+4 = 10 over 4; p95 at place 1 + 4 * 0.95 = 4.8."""
    found = summarise([5.0, 1.0, 4.0, 2.0, 3.0])
    assert (found.samples, found.mean, found.median, found.min, found.max) == (5, 3.0, 3.0, 1.0, 5.0)
    assert found.sd == pytest.approx(math.sqrt(10 / 4))
    assert found.p95 == pytest.approx(4.8)
    assert found.p99 == pytest.approx(4.96)


def test_one_value_has_no_spread() -> None:
    found = summarise([7.0])
    assert found.sd is None
    assert {found.mean, found.median, found.p95, found.p99, found.min, found.max} == {7.0}


def test_no_size_of_a_value_ends_in_infinity() -> None:
    wide = summarise([-1.7e308, 1.7e308])
    assert (wide.mean, wide.median, wide.sd) == (0.0, 0.0, sys.float_info.max)
    assert summarise([0.0, 2e154]).sd == pytest.approx(2e154 / math.sqrt(2))
    assert summarise([5e-324, 5e-324]).mean == 5e-324


@pytest.mark.parametrize("values", [[], [math.nan], [1.0, math.inf]])
def test_what_has_no_figures_is_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match="finite values"):
        summarise(values)


@given(VALUES)
@settings(deadline=None, derandomize=True, max_examples=60)
def test_quantiles_are_the_literal_ones(values: list[float]) -> None:
    def literal(share: float) -> float:
        place = (len(values) - 1) * share
        below = math.floor(place)
        ordered = sorted(values)
        above = ordered[min(below + 1, len(values) - 1)]
        return ordered[below] + (place - below) * (above - ordered[below])

    found = summarise(values)
    size = max(1.0, max(map(abs, values)))
    for share, quantile in ((0.5, found.median), (0.95, found.p95), (0.99, found.p99)):
        assert quantile == pytest.approx(literal(share), abs=1e-9 * size)


@given(VALUES)
@settings(deadline=None, derandomize=True, max_examples=60)
def test_figures_stand_in_order(values: list[float]) -> None:
    found = summarise(values)
    slack = 1e-9 * max(1.0, max(map(abs, values)))
    assert found.min <= found.median <= found.p95 + slack
    assert found.p95 <= found.p99 + slack
    assert found.p99 <= found.max + slack
    assert found.min <= found.mean <= found.max


@given(VALUES, st.floats(0.5, 4.0))
@settings(deadline=None, derandomize=True, max_examples=40)
def test_a_scale_scales_everything(values: list[float], scale: float) -> None:
    one, other = summarise(values), summarise([value * scale for value in values])
    slack = 1e-6 * max(1.0, max(map(abs, values)))
    for name in ("mean", "median", "p95", "p99", "min", "max"):
        assert getattr(other, name) == pytest.approx(getattr(one, name) * scale, abs=slack)
    assert (one.sd is None) == (other.sd is None)
