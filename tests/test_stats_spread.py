"""Variance components: by hand, against the literal formulas, and against made data."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from groundspeed.stats.spread import Spread, nested_spread, robust_spread

ESTIMATORS = (nested_spread, robust_spread)
Estimator = Callable[..., Spread]


def sizes_strategy() -> st.SearchStrategy[list[list[int]]]:
    """Values of every process of every session: unbalanced, two at least of each."""
    session = st.lists(st.integers(2, 5), min_size=2, max_size=4)
    return st.lists(session, min_size=2, max_size=4)


def labels_of(sizes: list[list[int]]) -> tuple[list[int], list[int]]:
    rows = [(i, j) for i, session in enumerate(sizes) for j, n in enumerate(session) for _ in range(n)]
    return [i for i, _ in rows], [j for _, j in rows]


def literal(y: NDArray[np.float64], sizes: list[list[int]]) -> tuple[float, float, float]:
    """The three-stage formulas as textbooks print them (Searle, Linear Models, 1971, 11.3), as variances."""
    groups: list[list[NDArray[np.float64]]] = []
    at = 0
    for session in sizes:
        groups.append([])
        for n in session:
            groups[-1].append(y[at : at + n])
            at += n
    total, a, b = len(y), len(groups), sum(len(session) for session in groups)
    grand = float(y.mean())
    means = [float(np.concatenate(session).mean()) for session in groups]
    ns = [sum(len(one) for one in session) for session in groups]
    ss_a = sum(n * (m - grand) ** 2 for n, m in zip(ns, means, strict=True))
    ss_b = sum(len(one) * (one.mean() - m) ** 2 for s, m in zip(groups, means, strict=True) for one in s)
    ss_e = sum(((one - one.mean()) ** 2).sum() for session in groups for one in session)
    k1 = sum(n**2 for n in ns) / total
    k3 = sum(len(one) ** 2 for session in groups for one in session) / total
    k12 = sum(sum(len(one) ** 2 for one in s) / n for s, n in zip(groups, ns, strict=True))
    inside = ss_e / (total - b)
    between = (ss_b - (b - a) * inside) / (total - k12)
    sessions = (ss_a - (k12 - k3) * between - (a - 1) * inside) / (total - k1)
    return sessions, between, inside


@settings(deadline=None)
@given(sizes=sizes_strategy(), seed=st.integers(0, 2**32 - 1))
def test_moments_are_the_textbook_formulas(sizes: list[list[int]], seed: int) -> None:
    sessions, processes = labels_of(sizes)
    y = np.random.default_rng(seed).normal(3.0, 1.0, len(sessions))
    found = nested_spread(y, sessions, processes)
    expected = [math.sqrt(max(0.0, one)) for one in literal(y, sizes)]
    assert found.levels == pytest.approx(expected, abs=1e-6)
    assert found.groups == (len(sizes), sum(map(len, sizes)), len(y))


def test_by_hand() -> None:
    """Two processes of two values, 0 2 and 4 6: within 4/2 = 2; between (16 - 2) / 2 = 7.

    Sum of squares between 4 x 2^2 = 16 on one degree, mean square 16 = s_e^2 + 2 s_b^2.
    """
    found = nested_spread([0, 2, 4, 6], [0, 0, 1, 1])
    assert found.levels == pytest.approx((math.sqrt(7), math.sqrt(2)))
    assert found.total == pytest.approx(3.0)


@pytest.mark.parametrize("estimate", ESTIMATORS)
def test_what_was_put_in_comes_out(estimate: Estimator) -> None:
    """300 sessions of 6 processes of 15 samples: moments scatter by 4 % at the top, medians by 5 %."""
    chance = np.random.default_rng(7)
    shape = (300, 6, 15)
    y = chance.normal(10, 1, shape)
    y += chance.normal(0, 2, (300, 6, 1)) + chance.normal(0, 3, (300, 1, 1))
    sessions, processes, _ = np.indices(shape).reshape(3, -1)
    assert estimate(y.ravel(), sessions, processes).levels == pytest.approx((3, 2, 1), rel=0.15)


def test_wild_values_move_the_moments_and_not_the_medians() -> None:
    chance = np.random.default_rng(3)
    shape = (40, 6, 20)
    y = (
        chance.normal(0, 0.01, shape)
        + chance.normal(0, 0.02, (40, 6, 1))
        + chance.normal(0, 0.03, (40, 1, 1))
    )
    wild = y.copy()
    wild[:, :, 0] += 1.0  # one sample in twenty: somebody else ran
    wild[::8, 0] += 5.0  # a process in 48
    sessions, processes, _ = np.indices(shape).reshape(3, -1)
    calm = robust_spread(y.ravel(), sessions, processes)
    found = robust_spread(wild.ravel(), sessions, processes)
    assert found.levels == pytest.approx(calm.levels, rel=0.15)
    moments = nested_spread(wild.ravel(), sessions, processes)
    assert moments.levels[2] is not None
    assert moments.levels[2] > 0.2


@pytest.mark.parametrize("estimate", ESTIMATORS)
@given(
    sizes=sizes_strategy(),
    seed=st.integers(0, 2**32 - 1),
    shift=st.floats(-5, 5),
    scale=st.floats(0.1, 10),
)
@settings(deadline=None, max_examples=50)
def test_shift_scale_order_and_names_of_groups(
    estimate: Estimator, sizes: list[list[int]], seed: int, shift: float, scale: float
) -> None:
    chance = np.random.default_rng(seed)
    sessions, processes = map(np.array, labels_of(sizes))
    y = chance.normal(0, 1, len(sessions))
    order = chance.permutation(len(y))
    before = estimate(y, sessions, processes)
    moved = estimate((scale * y + shift)[order], 17 - sessions[order], 3 * processes[order] + 5)
    assert moved.groups == before.groups
    for old, new in zip(before.levels, moved.levels, strict=True):
        assert old is not None
        assert new == pytest.approx(scale * old, abs=1e-6)


@pytest.mark.parametrize("estimate", ESTIMATORS)
def test_too_few_groups_is_an_answer(estimate: Estimator) -> None:
    one_session = estimate([1.0, 2.0, 4.0, 8.0], [0, 0, 0, 0], [0, 0, 1, 1])
    assert one_session.levels[0] is None
    assert one_session.levels[1] is not None
    assert one_session.total is None
    one_sample_each = estimate([1.0, 2.0, 4.0], [0, 1, 2])
    assert one_sample_each.levels[1] is None
    assert estimate([1.0], [0]).levels == (None, None)


@pytest.mark.parametrize("estimate", ESTIMATORS)
def test_levels_that_the_ones_below_explain_are_nothing(estimate: Estimator) -> None:
    assert estimate([0, 9, 1, 8, 0, 9], [0, 0, 1, 1, 2, 2]).levels[0] == 0
    assert estimate([5.0] * 4, [0, 0, 1, 1]).levels == (0, 0)


@pytest.mark.parametrize(
    ("values", "levels", "said"),
    [
        ([], [[]], "one at least"),
        ([1.0, math.inf], [[0, 1]], "finite"),
        ([[1.0]], [[0]], "a row"),
        ([1.0, 2.0], [[0]], "1 labels for 2 values"),
        ([1.0], [], "one level"),
    ],
)
@pytest.mark.parametrize("estimate", ESTIMATORS)
def test_what_does_not_fit_is_refused(
    estimate: Estimator, values: list[float], levels: list[list[int]], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        estimate(values, *levels)


@pytest.mark.parametrize("n", [1, 3, 5, 7, 9, 21])
def test_the_variance_of_a_median(n: int) -> None:
    """Against the integral of the density of the middle order statistic of n normal values."""
    x = np.linspace(-9, 9, 20_001)
    density = np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    below = np.array([0.5 * math.erfc(-one / math.sqrt(2)) for one in x])
    half = (n - 1) // 2
    ways = math.factorial(n) / math.factorial(half) ** 2
    integrand = x**2 * ways * (below * (1 - below)) ** half * density
    exact = sum((a + b) / 2 * (x[1] - x[0]) for a, b in pairwise(integrand))
    assert math.pi / (2 * n + math.pi - 2) == pytest.approx(exact, rel=0.04)
