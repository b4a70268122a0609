"""Many beliefs as arrays: the very bits of one by one."""

from __future__ import annotations

import math
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noesis.beliefs import Belief, Beliefs, Update, batch_update_full, create_belief, create_beliefs
from noesis.beliefs import update_beliefs as update
from noesis.errors import BeliefError

LAWS = settings(deadline=None, derandomize=True, max_examples=60)
PRIORS = st.one_of(st.floats(0.0, 1.0), st.sampled_from([0.0, 0.5, 1.0, 5e-324]))
# Nothing here is impossible under both, nor contradicts: 0 is left to the rows that are made for it.
CHANCES = st.one_of(
    st.floats(0.01, 1.0), st.floats(0.0, 1.0, exclude_min=True), st.sampled_from([5e-324, 2.0**-501, 1.0])
)
PAIRS = st.lists(st.tuples(CHANCES, CHANCES), max_size=6)


def one_by_one(prior: float, pairs: list[tuple[float, float]]) -> Belief:
    updates = [
        Update(evidence="seen", p_e_given_h=for_h, p_e_given_not_h=for_not_h) for for_h, for_not_h in pairs
    ]
    return batch_update_full(create_belief("it holds", prior), updates)


def assert_same(found: Beliefs, right: list[Belief]) -> None:
    assert len(found) == len(right)
    assert found.mantissa.tolist() == [one.mantissa for one in right]
    assert found.exponent.tolist() == [one.exponent for one in right]
    assert found.probability.tolist() == [one.probability for one in right]
    assert found.complement.tolist() == [one.complement for one in right]


@LAWS
@given(rows=st.lists(st.tuples(PRIORS, PAIRS), max_size=6))
def test_every_belief_has_its_own_evidence(rows: list[tuple[float, list[tuple[float, float]]]]) -> None:
    """Rows of different length: what is missing is 1 and 1."""
    longest = max((len(pairs) for _, pairs in rows), default=0)
    dense = np.ones((2, len(rows), longest))
    for place, (_, pairs) in enumerate(rows):
        dense[:, place, : len(pairs)] = np.array(pairs).reshape(-1, 2).T
    kept = dense.copy()
    begun = create_beliefs([prior for prior, _ in rows])
    assert_same(update(begun, *dense), [one_by_one(prior, pairs) for prior, pairs in rows])
    assert_same(begun, [one_by_one(prior, []) for prior, _ in rows])  # the input is left alone
    assert (dense == kept).all()


@LAWS
@given(priors=st.lists(PRIORS, max_size=6), pairs=PAIRS)
def test_all_have_the_same_evidence(priors: list[float], pairs: list[tuple[float, float]]) -> None:
    found = update(create_beliefs(priors), [one for one, _ in pairs], [one for _, one in pairs])
    assert_same(found, [one_by_one(prior, pairs) for prior in priors])


def test_more_evidence_than_one_block_of_factors() -> None:
    """1,300 updates are three blocks. Odds nearly halved and nearly doubled as often, which no mantissa would
    hold, odds that come back, and odds of very small chances."""
    draw = np.random.default_rng(8)
    chances = draw.uniform(0.01, 1.0, (2, 4, 1_300))
    chances[0, 0], chances[1, 0] = 0.5, 0.99
    chances[0, 1], chances[1, 1] = 0.99, 0.5
    chances[0, 3] **= 100
    chances[:, 2, 650:] = chances[::-1, 2, :650]
    priors = [0.5, 0.1, 0.2, 0.9]
    rows = [one_by_one(prior, list(zip(*chances[:, at], strict=True))) for at, prior in enumerate(priors)]
    assert_same(update(create_beliefs(priors), *chances), rows)
    assert rows[0].exponent == -1281  # (0.5 / 0.99)**1300 = 2**-1281.15 = 0.9 x 2**-1281


def test_the_ends() -> None:
    found = update(
        create_beliefs([0.5, 0.5, 0.0, 1.0]), [[0.0], [0.3], [0.0], [1.0]], [[0.3], [0.0], [1.0], [0.0]]
    )
    assert found.probability.tolist() == [0.0, 1.0, 0.0, 1.0]
    assert found.complement.tolist() == [1.0, 0.0, 1.0, 0.0]
    assert found.exponent.tolist() == [0, 0, 0, 0]
    after = update(found, [0.3], [0.6])
    assert after.probability.tolist() == [0.0, 1.0, 0.0, 1.0]


TWO = create_beliefs([0.5, 1.0])


@pytest.mark.parametrize(
    ("for_h", "for_not_h", "said"),
    [
        ([0.5, 0.0], [0.5, 0.1], "belief 1: evidence 1 is impossible by what is certain"),
        ([[0.1, 0.5, 0.0], [1, 1, 1]], [[0.0, 0.5, 0.1], [1, 1, 1]], "belief 0: evidence 2 is impossible"),
        ([[0.0, 0.1, 0.0], [1, 1, 1]], [[0.1, 0.0, 0.1], [1, 1, 1]], "belief 0: evidence 1 is impossible"),
        ([0.5, 0.0], [0.5, 0.0], r"both 0 at \(1,\)"),
        ([[0.5], [0.0]], [[0.5], [0.0]], r"both 0 at \(1, 0\)"),
        ([0.5, -1.0], [0.5, 0.5], r"p_e_given_h must be numbers from 0 to 1, not -1\.0 at \(1,\)"),
        ([0.5], [math.nan], r"p_e_given_not_h must be numbers from 0 to 1, not nan at \(0,\)"),
        ([0.5], ["x"], "p_e_given_not_h must be an array of numbers: could not convert"),
        ([[0.5], [0.5, 0.5]], [0.5], "p_e_given_h must be an array of numbers: "),
        (0.5, 0.5, r"p_e_given_h \(\) and p_e_given_not_h \(\) must both have the shape \(2, k\)"),
        ([0.5], [0.5, 0.5], r"p_e_given_h \(1,\) and p_e_given_not_h \(2,\) must both"),
        ([[0.5]] * 3, [[0.5]] * 3, r"p_e_given_h \(3, 1\) and"),
        ([[[0.5]]], [[[0.5]]], r"p_e_given_h \(1, 1, 1\) and"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(for_h: Any, for_not_h: Any, said: str) -> None:
    with pytest.raises(BeliefError, match=said):
        update(TWO, for_h, for_not_h)
    assert TWO.probability.tolist() == [0.5, 1.0]


@pytest.mark.parametrize(
    ("priors", "said"),
    [
        ([0.5, 2.0], r"priors must be numbers from 0 to 1, not 2\.0 at \(1,\)"),
        (0.5, r"priors must have the shape \(n,\), not \(\)"),
        ([[0.5]], r"priors must have the shape \(n,\), not \(1, 1\)"),
    ],
)
def test_what_is_no_prior_is_refused(priors: Any, said: str) -> None:
    with pytest.raises(BeliefError, match=said):
        create_beliefs(priors)


def test_one_belief_needs_no_numpy() -> None:
    code = (
        "import sys; from noesis.beliefs import create_belief, update_full;"
        "update_full(create_belief('it rains'), 'clouds', 0.6, 0.5); sys.exit('numpy' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
