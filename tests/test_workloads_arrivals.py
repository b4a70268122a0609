"""``workloads.arrivals``: moments against the distribution that they are drawn from."""

from __future__ import annotations

import math
import random
from itertools import pairwise
from typing import Any

import pytest

from asv_bench_groundspeed.workloads.arrivals import Constant, Poisson


def test_constant_arrivals_are_evenly_spaced() -> None:
    assert Constant(4.0).offsets(5) == [0, 0.25, 0.5, 0.75, 1.0]


def test_a_gap_is_the_inverse_of_the_exponential_distribution() -> None:
    """u = F(gap) = 1 - exp(-rate gap), read backwards: the gaps give the generator's own numbers back."""
    due = Poisson(rate=50.0, seed=11).offsets(200)
    uniform = random.Random(11).random
    assert due[0] == 0
    assert [1 - math.exp(-50.0 * (b - a)) for a, b in pairwise(due)] == pytest.approx(
        [uniform() for _ in range(199)], rel=1e-6, abs=1e-9
    )


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("rate", [0.5, 200.0])
def test_gaps_have_the_mean_and_the_variance_of_their_rate(rate: float, seed: int) -> None:
    """Mean 1 / rate, variance 1 / rate². Of n gaps the mean scatters by 1 / (rate sqrt n), the variance, as
    the fourth central moment is 9 / rate⁴, by sqrt(8 / n) / rate²: within four of each."""
    n = 20_000
    due = Poisson(rate, seed).offsets(n + 1)
    gaps = [rate * (b - a) for a, b in pairwise(due)]
    mean = sum(gaps) / n
    variance = sum((gap - mean) ** 2 for gap in gaps) / (n - 1)
    assert mean == pytest.approx(1, abs=4 / math.sqrt(n))
    assert variance == pytest.approx(1, abs=4 * math.sqrt(8 / n))


def test_counts_in_equal_stretches_are_poisson() -> None:
    """Ten a second over 2,000 s: counts of one second have mean and variance ten; evenly spaced ones none.
    The variance of the variance of Poisson counts is (m + 2 m²) / n about: within four of its root."""
    counts = [0] * 2000
    for due in Poisson(10.0, seed=5).offsets(21_000):
        if due < 2000:
            counts[int(due)] += 1
    mean = sum(counts) / 2000
    variance = sum((count - mean) ** 2 for count in counts) / 1999
    assert mean == pytest.approx(10, abs=4 * math.sqrt(10 / 2000))
    assert variance == pytest.approx(10, abs=4 * math.sqrt((10 + 2 * 100) / 2000))


def test_a_seed_decides_and_a_longer_load_begins_alike() -> None:
    assert Poisson(3.0, 8).offsets(50) == Poisson(3.0, 8).offsets(80)[:50]
    assert Poisson(3.0, 8).offsets(50) != Poisson(3.0, 9).offsets(50)


@pytest.mark.parametrize("made", [Constant, Poisson])
@pytest.mark.parametrize("rate", [0, -1, math.nan, math.inf])
def test_a_wrong_rate_is_refused(made: Any, rate: float) -> None:
    with pytest.raises(ValueError, match="rate must be a number of requests a second above 0"):
        made(rate)


def test_a_wrong_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="seed must not be negative, not -1"):
        Poisson(1.0, -1)
