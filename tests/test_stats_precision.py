"""How well a median is known: tables, the slow literal formula, coverage, laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import stdtrit

from groundspeed.stats.precision import UNKNOWN, Prior, Spread, learn, spread, standard_error

positive = st.floats(1e-6, 1e3)
processes = st.lists(st.lists(positive, min_size=1, max_size=6), min_size=2, max_size=5)


def test_one_process_bounds_nothing() -> None:
    assert standard_error([[1.0, 1.0, 1.0, 1.0]], UNKNOWN) == math.inf
    assert standard_error([], UNKNOWN) == math.inf
    assert spread([[1.0]]) is None


def test_without_a_prior_it_is_that_of_the_process_medians() -> None:
    """Centres log 1, log 1.02, log 1.04: s = 0.019610, three of them."""
    found = standard_error([[1.0], [1.02], [1.04]], Prior(variance=0.0, df=1e-12))
    centres = np.log([1.0, 1.02, 1.04])
    assert found == pytest.approx(math.expm1(centres.std(ddof=1) / math.sqrt(3)), rel=1e-5)


def test_the_prior_weighs_as_its_degrees_of_freedom() -> None:
    """(3 * 0.01² + 1 * 0.03²) / 4 = 0.0003, two processes."""
    centres = np.exp([0.0, 0.03 * math.sqrt(2)])
    found = standard_error([[one] for one in centres], Prior(variance=1e-4, df=3))
    assert found == pytest.approx(math.expm1(math.sqrt(0.0003 / 2)), rel=1e-5)


def test_one_process_that_was_held_up_is_trimmed() -> None:
    """Winsorized 0, 0, 1, 2, 2 %: variance 0.0001, over (1 - 2/5)² = 0.36, five of them."""
    centres = np.exp([0.0, -0.03, 0.01, 0.02, 0.40])
    found = standard_error([[one] for one in centres], Prior(variance=0.0, df=1e-12))
    assert found == pytest.approx(math.expm1(math.sqrt(1e-4 / 0.36 / 5)), rel=1e-5)


def test_equal_processes_of_wild_samples_are_not_known_well() -> None:
    wild = [1.0, 2.0, 1.5, 1.2, 1.8]
    assert standard_error([wild, wild], Prior(variance=0.0, df=1)) > 0.1


@given(processes, st.floats(1e-3, 1e3))
def test_a_change_of_unit_changes_nothing(found: list[list[float]], factor: float) -> None:
    scaled = [[value * factor for value in one] for one in found]
    assert standard_error(scaled, UNKNOWN) == pytest.approx(
        standard_error(found, UNKNOWN), rel=1e-6, abs=1e-9
    )


@given(processes)
def test_the_order_of_processes_changes_nothing(found: list[list[float]]) -> None:
    assert standard_error(found[::-1], UNKNOWN) == pytest.approx(standard_error(found, UNKNOWN), rel=1e-9)


@pytest.mark.parametrize("level", [0.68, 0.95])
@pytest.mark.parametrize("count", [2, 3, 6, 12])
def test_errors_over_the_standard_error_are_students(count: int, level: float) -> None:
    """With d0 + d degrees of freedom (Smyth 2004, section 4), where the variances of cases differ.

    4,000 cases, variances scaled inverse chi² with 6 degrees; trimming makes Student's t an approximation.
    """
    chance = np.random.default_rng(7)
    sds = 0.01 * np.sqrt(6 / chance.chisquare(6, 4000))
    centres = chance.normal(0, sds[:, None], (4000, count))
    found = [[[math.exp(value)] for value in row] for row in centres]
    spreads = [one for row in found if (one := spread(row)) is not None]
    prior = learn(spreads)
    bound = float(stdtrit(prior.df + spreads[0].df, (1 + level) / 2))
    errors = [
        abs(row.mean()) / math.log1p(standard_error(one, prior))
        for row, one in zip(centres, found, strict=True)
    ]
    assert np.mean(np.array(errors) <= bound) == pytest.approx(level, abs=0.012 if level > 0.9 else 0.04)


def test_what_many_cases_show_is_learned() -> None:
    """Variances drawn from 0.0001 · F(3, 8): the scale and the degrees come back."""
    chance = np.random.default_rng(7)
    draws = 1e-4 * chance.f(3, 8, 20_000)
    prior = learn([Spread(variance=float(one), df=3) for one in draws])
    assert prior.variance == pytest.approx(1e-4, rel=0.05)
    assert prior.df == pytest.approx(8, rel=0.1)


def test_alike_cases_weigh_no_more_than_twenty_processes() -> None:
    chance = np.random.default_rng(7)
    draws = 1e-4 * chance.chisquare(4, 5000) / 4
    assert learn([Spread(variance=float(one), df=4) for one in draws]).df == pytest.approx(20, abs=0.1)


@pytest.mark.parametrize("variances", [[], [1e-4], [1e-4, 1e-5], [0.0, 0.0, 0.0, 1e-4]])
def test_too_few_variances_teach_nothing(variances: list[float]) -> None:
    assert learn([Spread(variance=one, df=1) for one in variances]) == UNKNOWN
