"""Forms of growth: planted ones are found, literal least squares agree, predictions hold what they say."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares

from groundspeed.stats.extrapolation import IRREGULAR, Curve, Form, Point, curve
from groundspeed.stats.scaling import NoGrowth

DECADES = (1e3, 1e4, 1e5, 1e6)
PLANTED: dict[Form, Callable[[float], float]] = {
    Form.CONSTANT: lambda _: 7.0,
    Form.LOGARITHMIC: math.log,
    Form.LINEAR: lambda n: n,
    Form.LINEARITHMIC: lambda n: n * math.log(n),
    Form.QUADRATIC: lambda n: n**2,
    Form.CUBIC: lambda n: n**3,
}


def points_of(
    growth: Callable[[float], float], sizes: Sequence[float] = DECADES, *, noise: float = 0.0, seed: int = 0
) -> list[Point]:
    chance = random.Random(seed)
    return [
        Point(size=size, value=1e-6 * growth(size) * math.exp(chance.gauss(0, noise)), error=noise / 4)
        for size in sizes
    ]


def known(points: Sequence[Point]) -> Curve:
    found = curve(points)
    assert isinstance(found, Curve), found
    return found


@pytest.mark.parametrize("form", PLANTED)
def test_a_planted_growth_is_named_and_no_other(form: Form) -> None:
    """2 % of noise, four decades, 100 times: always with the truth in it, alone in nine of ten."""
    found = [known(points_of(PLANTED[form], noise=0.02, seed=seed)).forms for seed in range(100)]
    assert sum(form in forms for forms in found) >= 99
    assert sum(forms == (form,) for forms in found) >= 90


@pytest.mark.parametrize("form", PLANTED)
def test_a_prediction_holds_what_it_says(form: Form) -> None:
    """At ten times the largest size, 200 times: the true value lies in a 95 % interval in 190 or more."""
    truth = 1e-6 * PLANTED[form](1e7)
    found = [known(points_of(PLANTED[form], noise=0.02, seed=seed)).at(1e7) for seed in range(200)]
    assert sum(one.low <= truth <= one.high for one in found) >= 190
    assert sum(one.doubts == () for one in found) >= 190


def test_close_sizes_do_not_tell_a_logarithm() -> None:
    """The factor log n grows by 20 %: at 2 % and three sizes it stays open more often than not."""
    found = [
        known(points_of(PLANTED[Form.LINEAR], (1e3, 2e3, 4e3), noise=0.02, seed=seed)).forms
        for seed in range(100)
    ]
    assert sum({Form.LINEAR, Form.LINEARITHMIC} <= set(forms) for forms in found) > 50
    assert sum(Form.LINEAR in forms for forms in found) > 90


def test_a_fixed_cost_is_told_from_the_growth() -> None:
    """40 MB of interpreter and 3.5 bytes a byte: in logarithms a slope of 0.2, in truth n."""
    found = known([Point(size=n, value=4e7 + 3.5 * n, error=0.0) for n in (1e4, 1e5, 1e6, 1e7, 1e8)])
    assert found.forms == (Form.LINEAR,)
    assert found.exponent < 0.4
    assert found.fits[0].fixed == pytest.approx(4e7, rel=1e-6)
    assert found.fits[0].factor == pytest.approx(3.5, rel=1e-6)
    assert found.at(1e9).value == pytest.approx(4e7 + 3.5e9, rel=1e-6)


def test_a_growth_that_has_hardly_begun_cannot_be_told() -> None:
    """38.8, 39.5 and 42.6 MB: n, n² and n³ beside a fixed cost fit alike, and differ by far at a GB."""
    found = known(
        [Point(size=n, value=mb * 1e6, error=0.0) for n, mb in ((1e4, 38.76), (1e5, 39.51), (1e6, 42.55))]
    )
    assert {Form.LINEAR, Form.QUADRATIC} <= set(found.forms)
    assert found.at(1e7).doubts == ("the sizes measured allow very different growths",)
    assert found.at(1e9).doubts[0] == "it is 1,000 times the largest size measured"


def test_a_power_between_the_usual_forms_is_none_of_them() -> None:
    found = known(points_of(lambda n: n**1.5))
    assert (found.forms, found.fits[0].form) == ((), Form.POWER)
    assert found.exponent == pytest.approx(1.5)
    assert found.low < 1.5 < found.high


def test_what_scatters_widely_claims_little() -> None:
    """±40 % about a line: the exponent's interval is wide, and nothing is predicted."""
    found = known(
        [Point(size=n, value=n * f, error=0.0) for n, f in zip(DECADES, (1, 1.5, 0.8, 1.4), strict=True)]
    )
    assert found.scatter > 0.15
    assert found.high - found.low > 0.2  # 0.02 where they scatter by 2 %
    assert found.at(1e7).doubts


def test_nothing_is_said_from_two_sizes_or_from_near_ones() -> None:
    for sizes in ((1e3, 1e6), (1000.0, 1500.0, 2000.0), ()):
        assert isinstance(curve(points_of(PLANTED[Form.LINEAR], sizes)), NoGrowth)
    broken = [Point(size=n, value=value, error=0.0) for n, value in ((1, math.nan), (2, 0.0), (-3, 1.0))]
    assert isinstance(curve(broken), NoGrowth)


def test_a_size_of_one_and_sizes_beyond_all_floats_are_no_fault() -> None:
    found = known([Point(size=n, value=n, error=0.0) for n in (1.0, 10.0, 100.0)])
    assert found.forms[0] is Form.LINEAR
    huge = known([Point(size=n, value=n / 1e100, error=0.0) for n in (1e100, 1e150, 1e200)])
    assert huge.forms == (Form.LINEAR,)  # their squares are more than a float holds


# --- oracles ----------------------------------------------------------------------------------------

noisy = st.lists(st.floats(-0.3, 0.3), min_size=3, max_size=6)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(noisy, st.floats(0, 0.1))
def test_the_exponent_is_weighted_least_squares(noise: list[float], error: float) -> None:
    """The literal formula: the slope is sum w (x - x̄) y / sum w (x - x̄)^2."""
    errors = [error * (1 + place) for place in range(len(noise))]
    points = [
        Point(size=10.0 ** (place + 1), value=10.0**place * math.exp(one), error=errors[place])
        for place, one in enumerate(noise)
    ]
    w = [1 / (one**2 + IRREGULAR**2) for one in errors]
    x = [math.log(one.size) for one in points]
    y = [math.log(one.value) for one in points]
    mean = sum(a * b for a, b in zip(w, x, strict=True)) / sum(w)
    slope = sum(a * (b - mean) * c for a, b, c in zip(w, x, y, strict=True)) / sum(
        a * (b - mean) ** 2 for a, b in zip(w, x, strict=True)
    )
    assert known(points).exponent == pytest.approx(slope, abs=1e-9)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.lists(st.floats(-0.03, 0.03), min_size=4, max_size=6), st.floats(0.1, 100.0))
def test_a_fixed_cost_is_where_a_general_minimiser_finds_it(noise: list[float], share: float) -> None:
    """fixed + factor n, by scipy's least squares on the same residuals from another start."""
    sizes = [10.0**place for place in range(1, len(noise) + 1)]
    points = [
        Point(size=n, value=(share * 100 + n) * math.exp(one), error=0.0)
        for n, one in zip(sizes, noise, strict=True)
    ]
    ours = [one for one in known(points).fits if one.form is Form.LINEAR and one.fixed]
    for fit in ours:
        oracle = least_squares(
            lambda logs: [
                (math.log(one.value) - math.log(math.exp(logs[0]) + math.exp(logs[1]) * one.size)) / IRREGULAR
                for one in points
            ],
            [math.log(share * 100), 0.0],
            xtol=1e-14,
            ftol=1e-14,
        )
        assert fit.chi2 == pytest.approx(2 * oracle.cost, rel=1e-6, abs=1e-9)
        assert math.log(fit.fixed) == pytest.approx(oracle.x[0], abs=1e-5)
        assert math.log(fit.factor) == pytest.approx(oracle.x[1], abs=1e-5)


# --- laws -------------------------------------------------------------------------------------------


@settings(deadline=None, derandomize=True, max_examples=60)
@given(noisy, st.floats(1e-6, 1e6), st.randoms(use_true_random=False))
def test_law_unit_and_order_do_not_matter(noise: list[float], scale: float, chance: random.Random) -> None:
    points = [
        Point(size=10.0 ** (place + 1), value=10.0**place * math.exp(one), error=0.01)
        for place, one in enumerate(noise)
    ]
    other = [Point(size=one.size, value=one.value * scale, error=one.error) for one in points]
    chance.shuffle(other)
    one, two = known(points), known(other)
    assert two.exponent == pytest.approx(one.exponent, abs=1e-9)
    assert set(two.forms) == set(one.forms)
    there, here = one.at(1e7), two.at(1e7)
    assert (here.value, here.low, here.high) == pytest.approx(
        (there.value * scale, there.low * scale, there.high * scale), rel=1e-6
    )


def test_several_values_at_a_size_are_one() -> None:
    """Two values of equal error count by their geometric mean: 1 and 4 at a size are 2."""
    one = known(
        [Point(size=n, value=v, error=0.01) for n, v in ((1, 1.0), (1, 4.0), (10, 20.0), (100, 200.0))]
    )
    other = known([Point(size=n, value=v, error=0.01) for n, v in ((1, 2.0), (10, 20.0), (100, 200.0))])
    assert one.exponent == pytest.approx(other.exponent)
    assert one.sizes == other.sizes
