"""The exponent of a growth: textbook tables, exact powers, a literal formula beside, laws of scale."""

from __future__ import annotations

import math
import random
import statistics

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from groundspeed.stats.scaling import SIZES, SPAN, Growth, NoGrowth, growth

# Student's t, two-sided (Abramowitz and Stegun, table 26.10): level, degrees of freedom, t
T_TABLE = [
    (0.5, 1, 1.000),
    (0.5, 2, 0.816),
    (0.95, 1, 12.706),
    (0.95, 2, 4.303),
    (0.95, 3, 3.182),
    (0.95, 4, 2.776),
    (0.95, 10, 2.228),
    (0.99, 1, 63.657),
    (0.99, 2, 9.925),
    (0.99, 5, 4.032),
    (0.99, 6, 3.707),
    (0.99, 15, 2.947),
    (0.99, 30, 2.750),
    (0.99, 120, 2.617),
]


@pytest.mark.parametrize(("level", "freedom", "expected"), T_TABLE)
def test_the_interval_is_t_times_the_slopes_error(level: float, freedom: int, expected: float) -> None:
    """Residuals of about ±1 around a slope of one; the error by its literal formula."""
    points = [(2.0**at, 2.0**at * math.exp((-1) ** at)) for at in range(freedom + 2)]
    found = growth(points, level=level)
    assert isinstance(found, Growth)
    x, y = ([math.log(one) for one in column] for column in zip(*points, strict=True))
    slope, intercept = statistics.linear_regression(x, y)
    rss = sum((there - intercept - slope * here) ** 2 for here, there in zip(x, y, strict=True))
    sxx = sum((here - statistics.fmean(x)) ** 2 for here in x)
    error = math.sqrt(rss / freedom / sxx)
    assert (found.high - found.low) / 2 / error == pytest.approx(expected, abs=6e-4)


def grown(points: list[tuple[float, float]], level: float = 0.99) -> Growth:
    found = growth(points, level=level)
    assert isinstance(found, Growth), found
    return found


@pytest.mark.parametrize("exponent", [-1.0, 0.0, 0.5, 1.0, 2.0, 3.0])
def test_a_power_is_found_exactly(exponent: float) -> None:
    found = grown([(size, 3e-6 * size**exponent) for size in (10.0, 100.0, 1000.0, 10_000.0)])
    assert found.exponent == pytest.approx(exponent, abs=1e-12)
    assert found.high - found.low == pytest.approx(0, abs=1e-11)
    assert found.sizes == 4


def test_by_hand() -> None:
    """log2 of sizes 0 1 2, of values 0 2 2: slope 1, residuals 1/3 -2/3 1/3, s² = 2/3, Sxx = 2."""
    found = grown([(1.0, 1.0), (2.0, 4.0), (4.0, 4.0)])
    error = math.sqrt((2 / 3) / 2)
    assert found.exponent == pytest.approx(1.0)
    assert (found.low, found.high) == pytest.approx((1 - 63.657 * error, 1 + 63.657 * error), rel=1e-4)
    assert found.quartiles == pytest.approx((1 - error, 1 + error))


def test_what_is_no_power_law_is_not_sure() -> None:
    sizes = (10.0, 100.0, 1000.0, 10_000.0)
    sure = grown([(size, size * 1.01 ** (place % 2)) for place, size in enumerate(sizes)])
    bent = grown([(size, 1.0 + 1e-3 * size) for size in sizes])
    assert bent.high - bent.low > 20 * (sure.high - sure.low)
    assert sure.low < 1.0 < sure.high


@pytest.mark.parametrize(
    ("points", "why"),
    [
        ([], "no sizes have"),
        ([(1.0, 1.0), (8.0, 8.0)], f"it takes {SIZES}"),
        ([(1.0, 1.0), (1.0, 2.0), (8.0, 8.0)], "2 sizes have"),
        ([(0.0, 1.0), (1.0, 0.0), (-4.0, 1.0), (2.0, math.inf), (math.nan, 1.0)], "no sizes have"),
        ([(1.0, 1.0), (2.0, 2.0), (3.9, 3.9)], "sizes 1 to 3.9 are too close"),
    ],
)
def test_too_few_or_too_close_says_so(points: list[tuple[float, float]], why: str) -> None:
    found = growth(points, level=0.99)
    assert isinstance(found, NoGrowth)
    assert why in found.reason


def test_several_values_at_a_size_are_their_median() -> None:
    many = [(1.0, 1.0), (1.0, 1.2), (1.0, 50.0), (2.0, 2.0), (8.0, 9.0)]
    assert growth(many, level=0.9) == growth([(1.0, 1.2), (2.0, 2.0), (8.0, 9.0)], level=0.9)


values = st.lists(st.floats(1e-6, 1e6), min_size=3, max_size=8)


@given(values, st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_units_change_nothing(found: list[float], of_size: float, of_value: float) -> None:
    points = [(2.0**place, value) for place, value in enumerate(found)]
    assume((2.0 ** (len(points) - 1)) >= SPAN)
    one = grown(points)
    other = grown([(size * of_size, value * of_value) for size, value in points])
    assert other.exponent == pytest.approx(one.exponent, abs=1e-9)
    assert (other.low, other.high) == pytest.approx((one.low, one.high), abs=1e-6)
    assert growth(points[::-1], level=0.99) == one


@given(values)
def test_the_slope_is_the_standard_librarys(found: list[float]) -> None:
    points = [(3.0**place, value) for place, value in enumerate(found)]
    x, y = ([math.log(one) for one in column] for column in zip(*points, strict=True))
    assert grown(points).exponent == pytest.approx(statistics.linear_regression(x, y).slope, abs=1e-9)


def test_the_interval_holds_what_it_says() -> None:
    """Normal errors, five sizes, 2,000 times: an 80 % interval misses a fifth of them (± 3 sigma = 2.7 %)."""
    chance = random.Random(7)
    sizes = (10.0, 30.0, 100.0, 300.0, 1000.0)
    missed = 0
    for _ in range(2000):
        found = grown([(size, size**1.5 * math.exp(chance.gauss(0, 0.2))) for size in sizes], level=0.8)
        missed += not found.low <= 1.5 <= found.high
    assert missed / 2000 == pytest.approx(0.2, abs=0.027)
