"""What samples say of where a change is: against literal integration, and what must hold of any samples."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed.find.information import entropy, information
from groundspeed.find.posterior import Direction, Groups, grouped, posterior

BINS = np.geomspace(math.log1p(0.01), math.log(100.0), 25)
BUILD_SDS = np.geomspace(2e-4, 0.2, 16)


def integrated(groups: Groups, commits: int, signs: tuple[int, ...]) -> np.ndarray:
    """The weight of "flat", then of each commit as the first changed one, up to a common factor: sums over
    level, effect and spread of builds, each written down as it is meant.
    """
    level = np.linspace(-0.15, 0.15, 601)
    nodes, weights = np.polynomial.legendre.leggauss(12)
    size = np.concatenate([(a + b) / 2 + (b - a) / 2 * nodes for a, b in itertools.pairwise(BINS)])
    density = np.concatenate([weights / 2] * 24) / 24 / len(signs)  # each bin is as likely, flat inside
    effects = np.concatenate([sign * size for sign in signs])
    found = np.zeros(1 + commits)
    for build_sd in BUILD_SDS:
        sds = np.sqrt(build_sd**2 + 1.1 * groups.sample_sd**2 / groups.counts)
        likely = 1 / (1 + (build_sd / 0.01) ** 2)

        def likelihood(effect: np.ndarray, is_new: np.ndarray, sds: np.ndarray = sds) -> np.ndarray:
            means = level[:, None, None] + effect[None, :, None] * is_new
            distance = (groups.levels - means) / sds
            return np.asarray(np.exp(-0.5 * (distance**2).sum(axis=-1)).sum(axis=0) / sds.prod())

        nowhere = np.zeros(len(groups.commits))
        found[0] += likely * likelihood(np.zeros(1), nowhere)[0]
        for first in range(1, commits):
            values = likelihood(effects, (groups.commits >= first).astype(float))
            found[1 + first] += likely * float(values @ np.tile(density, len(signs)))
    return found


@pytest.mark.parametrize("direction", Direction)
def test_it_is_the_integral_that_it_is_said_to_be(direction: Direction) -> None:
    groups = Groups(
        commits=np.array([0, 2, 4]),
        levels=np.array([-0.03, -0.02, 0.04]),
        counts=np.array([8, 3, 8]),
        sample_sd=0.02,
    )
    prior = np.array([0.0, 0.1, 0.2, 0.1, 0.1])
    weights = integrated(groups, 5, direction.value) * np.array([0.5, *prior])
    weights /= weights.sum()
    found = posterior(groups, prior, direction)
    assert found.flat == pytest.approx(weights[0], abs=2e-3)
    assert found.changed == pytest.approx(weights[1:], abs=2e-3)


def test_an_outlier_moves_a_level_by_what_is_left_of_it() -> None:
    """Nineteen samples with a spread of 1 % and one 400 % off: a mean would move by 8 %."""
    values = np.random.default_rng(1).normal(0.0, 0.01, 19)
    (level,) = grouped([0], [[*values, 1.6]]).levels
    assert abs(level - values.mean()) < 0.004


@settings(deadline=None, derandomize=True, max_examples=40)
@given(
    st.lists(st.lists(st.floats(-0.2, 0.2), min_size=2, max_size=6), min_size=2, max_size=6),
    st.floats(-5, 5),
    st.sampled_from(Direction),
)
def test_probabilities_add_up_and_no_unit_changes_them(
    samples: list[list[float]], shift: float, direction: Direction
) -> None:
    prior = np.full(len(samples), 0.5 / (len(samples) - 1))
    prior[0] = 0.0
    found = posterior(grouped(range(len(samples)), samples), prior, direction)
    moved = [[one + shift for one in values] for values in samples]
    again = posterior(grouped(range(len(samples)), moved), prior, direction)
    assert found.flat + found.changed.sum() == pytest.approx(1.0)
    assert again.flat == pytest.approx(found.flat, abs=1e-3)
    assert found.changed[0] == 0.0


def test_information_of_nothing_is_none_and_of_certainty_all() -> None:
    assert entropy([0.5, 1.0]) == pytest.approx([1.0, 0.0], abs=1e-9)
    assert information([0.3, 0.3], [0.0, 40.0]) == pytest.approx([0.0, float(entropy(0.3))], abs=1e-6)


@pytest.mark.parametrize(("yes", "apart"), [(0.5, 0.5), (0.5, 2.0), (0.1, 1.0), (0.9, 3.0)])
def test_information_is_the_mean_that_draws_give(yes: float, apart: float) -> None:
    """The entropy that is left after a value, over 200,000 drawn values; their mean is known to 0.002."""
    chance = np.random.default_rng(5)
    is_yes = chance.random(200_000) < yes
    values = np.where(is_yes, apart, 0.0) + chance.normal(size=len(is_yes))
    odds = yes * np.exp(-0.5 * (values - apart) ** 2)
    after = odds / (odds + (1 - yes) * np.exp(-0.5 * values**2))
    left = float(entropy(after).mean())
    assert float(information(yes, apart)) == pytest.approx(float(entropy(yes)) - left, abs=0.005)
