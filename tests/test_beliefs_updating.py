"""Single and batch updates of a belief, against Bayes' theorem in fractions and against its laws."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import FrozenInstanceError, replace
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noesis.beliefs import Belief, Update, batch_update_full, create_belief, odds, update_full
from noesis.errors import BeliefError

LAWS = settings(deadline=None, derandomize=True, max_examples=100)
LEAST = Fraction(1, 2**1074)  # the smallest float above 0
ULP = Fraction(1, 2**52)

# Between 0 and 1, both left out: everyday ones, and down to the smallest there are.
CHANCES = st.one_of(
    st.floats(0.01, 0.99),
    st.floats(0.0, 1.0, exclude_min=True, exclude_max=True),
    st.sampled_from([5e-324, 2.0**-501, 2.0**-500, 0.5, math.nextafter(1.0, 0.0)]),
)
PAIRS = st.lists(st.tuples(CHANCES, CHANCES), max_size=12)


def updates_of(pairs: Sequence[tuple[float, float]]) -> list[Update]:
    return [
        Update(evidence=f"e{place}", p_e_given_h=for_h, p_e_given_not_h=for_not_h)
        for place, (for_h, for_not_h) in enumerate(pairs)
    ]


def after(prior: float, pairs: Sequence[tuple[float, float]]) -> Belief:
    return batch_update_full(create_belief("it rains", prior), updates_of(pairs))


def exact(prior: float, pairs: Sequence[tuple[float, float]]) -> Fraction:
    """P(H) P(E1 | H) … / P(E1, …): Bayes' theorem as it is taught, of the floats that are given."""
    with_h, without_h = Fraction(prior), 1 - Fraction(prior)
    for for_h, for_not_h in pairs:
        with_h, without_h = with_h * Fraction(for_h), without_h * Fraction(for_not_h)
    return with_h / (with_h + without_h)


def assert_near(found: float, right: Fraction, updates: int) -> None:
    """The bound that ``Belief.probability`` states; below the normal floats, one step of theirs."""
    assert abs(Fraction(found) - right) <= max((updates + 3) * ULP * right, LEAST)


@pytest.mark.parametrize(
    ("prior", "pairs", "right"),
    [
        (0.5, [], Fraction(1, 2)),
        (0.5, [(0.8, 0.2)], Fraction(4, 5)),  # odds 1 x 4
        (0.25, [(0.6, 0.2)], Fraction(1, 2)),  # odds 1/3 x 3
        (0.01, [(0.9, 0.09)], Fraction(10, 109)),  # a test for what one in a hundred has: 1/99 x 10
        (0.5, [(0.8, 0.2), (0.2, 0.8)], Fraction(1, 2)),  # 4 x 1/4
        # 4 x 9 x 7/3 x 17/3 x 3 = 1,428
        (0.5, [(0.8, 0.2), (0.9, 0.1), (0.7, 0.3), (0.85, 0.15), (0.75, 0.25)], Fraction(1428, 1429)),
    ],
)
def test_a_posterior(prior: float, pairs: list[tuple[float, float]], right: Fraction) -> None:
    found = after(prior, pairs)
    assert found.probability == pytest.approx(float(right), rel=1e-14)
    assert found.complement == pytest.approx(float(1 - right), rel=1e-14)
    assert found.log_odds == pytest.approx(math.log(right / (1 - right)), rel=1e-14, abs=1e-15)


@LAWS
@given(prior=CHANCES, pairs=PAIRS)
def test_a_posterior_is_that_of_fractions(prior: float, pairs: list[tuple[float, float]]) -> None:
    found, right = after(prior, pairs), exact(prior, pairs)
    assert_near(found.probability, right, len(pairs))
    assert_near(found.complement, 1 - right, len(pairs))


@pytest.mark.parametrize(("count", "least"), [(600, 0.01), (200, 1e-300)])
def test_many_updates_are_within_the_bound(count: int, least: float) -> None:
    draw = random.Random(8)
    pairs = [(draw.uniform(least, 1.0), least ** draw.random()) for _ in range(count)]
    pairs += [(for_not_h, for_h) for for_h, for_not_h in pairs[:-5]]  # back from far outside the floats
    found, right = after(0.3, pairs), exact(0.3, pairs)
    assert_near(found.probability, right, len(pairs))
    assert_near(found.complement, 1 - right, len(pairs))


@LAWS
@given(prior=CHANCES, pairs=PAIRS)
def test_log_odds(prior: float, pairs: list[tuple[float, float]]) -> None:
    """Two roundings of the odds for each update and for the prior, and those of the logarithm itself."""
    right = exact(prior, pairs)
    with localcontext(prec=60):
        ratio = right / (1 - right)
        logarithm = Fraction((Decimal(ratio.numerator) / Decimal(ratio.denominator)).ln())
    bound = (len(pairs) + 1) * ULP + 2 * ULP * abs(logarithm)
    assert abs(Fraction(after(prior, pairs).log_odds) - logarithm) <= bound


@pytest.mark.parametrize(
    ("prior", "pairs", "probability", "log_odds"),
    [
        (0.0, [], 0.0, -math.inf),
        (1.0, [], 1.0, math.inf),
        (0, [(1, 0.5)], 0.0, -math.inf),  # whole numbers are numbers; what is certain stays
        (1, [(0.001, 1.0)], 1.0, math.inf),
        (0.0, [(0.0, 1.0)], 0.0, -math.inf),
        (1.0, [(1.0, 0.0)], 1.0, math.inf),
        (0.5, [(0.0, 0.1)], 0.0, -math.inf),  # impossible if it holds
        (0.5, [(0.1, 0.0)], 1.0, math.inf),
        (5e-324, [(5e-324, 0.0)], 1.0, math.inf),  # as unlikely as can be, and the only way there is
        (0.5, [(0.0, 0.1), (0.9, 0.1)], 0.0, -math.inf),
        (0.5, [(1e-5, 1.0)] * 200, 0.0, -1000 * math.log(10.0)),  # not certain: P is below every float
        (0.5, [(1.0, 1e-5)] * 200, 1.0, 1000 * math.log(10.0)),
    ],
)
def test_the_ends(
    prior: float, pairs: list[tuple[float, float]], probability: float, log_odds: float
) -> None:
    found = after(prior, pairs)
    assert (found.probability, found.complement) == (probability, 1.0 - probability)
    assert found.log_odds == pytest.approx(log_odds, rel=1e-15)


def test_nothing_that_is_possible_makes_certain() -> None:
    far = after(0.5, [(1e-5, 1.0)] * 200)
    back = batch_update_full(far, updates_of([(1.0, 1e-5)] * 200))
    assert back.probability == pytest.approx(0.5, rel=401 * 2**-52)


@pytest.mark.parametrize(
    ("prior", "pairs", "said"),
    [
        (1.0, [(0.0, 0.3)], "evidence 'e0' is impossible if 'it rains' holds, which is certain by then"),
        (0.0, [(0.3, 0.0)], "evidence 'e0' is impossible if 'it rains' does not hold, which is certain"),
        (0.5, [(0.2, 0.0), (0.5, 0.5), (0.0, 0.2)], "evidence 'e2' is impossible if 'it rains' holds"),
        (0.5, [(0.0, 0.2), (0.2, 0.0), (0.1, 0.2)], "evidence 'e1' is impossible if 'it rains' does not"),
    ],
)
def test_a_contradiction_is_refused_and_named(
    prior: float, pairs: list[tuple[float, float]], said: str
) -> None:
    belief = create_belief("it rains", prior)
    with pytest.raises(BeliefError, match=said):
        batch_update_full(belief, updates_of(pairs))
    with pytest.raises(BeliefError, match=said):
        one_by_one(belief, updates_of(pairs))
    assert (belief.probability, belief.evidence) == (prior, ())


@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan, math.inf, True, "0.5", None, Fraction(1, 2)])
def test_what_is_no_probability_is_refused(value: Any) -> None:
    belief = create_belief("it rains")
    with pytest.raises(BeliefError, match=r"^prior must be a number from 0 to 1, not "):
        create_belief("it rains", value)
    with pytest.raises(BeliefError, match=r"^p_e_given_h must be a number from 0 to 1, not "):
        update_full(belief, "clouds", value, 0.5)
    with pytest.raises(BeliefError, match=r"^p_e_given_not_h must be a number from 0 to 1, not "):
        update_full(belief, "clouds", 0.5, value)


@pytest.mark.parametrize("value", ["", b"clouds", None])
def test_what_says_nothing_is_refused(value: Any) -> None:
    with pytest.raises(BeliefError, match=r"^statement must be a text that says something"):
        create_belief(value)
    with pytest.raises(BeliefError, match=r"^evidence must be a text that says something"):
        update_full(create_belief("it rains"), value, 0.5, 0.5)


def test_evidence_that_is_impossible_either_way_is_refused() -> None:
    with pytest.raises(BeliefError, match="evidence 'clouds' is impossible either way"):
        update_full(create_belief("it rains"), "clouds", 0.0, 0.0)


def one_by_one(belief: Belief, updates: Sequence[Update]) -> Belief:
    for update in updates:
        belief = update_full(belief, update.evidence, update.p_e_given_h, update.p_e_given_not_h)
    return belief


@LAWS
@given(prior=CHANCES, pairs=PAIRS, cut=st.integers(0, 12))
def test_a_batch_is_one_by_one(prior: float, pairs: list[tuple[float, float]], cut: int) -> None:
    """Equal in everything, to the last bit, however the updates are grouped."""
    belief, updates = create_belief("it rains", prior), updates_of(pairs)
    whole = batch_update_full(belief, updates)
    assert whole == one_by_one(belief, updates)
    assert whole == batch_update_full(batch_update_full(belief, updates[:cut]), updates[cut:])
    assert whole.evidence == tuple(updates)


@LAWS
@given(prior=CHANCES, pairs=PAIRS, seed=st.integers(0, 99))
def test_the_order_does_not_matter(prior: float, pairs: list[tuple[float, float]], seed: int) -> None:
    mixed = random.Random(seed).sample(pairs, len(pairs))
    right = exact(prior, pairs)
    assert_near(after(prior, mixed).probability, right, len(pairs))
    assert after(prior, mixed).probability == pytest.approx(
        after(prior, pairs).probability, rel=float(2 * (len(pairs) + 3) * ULP), abs=1e-323
    )


@LAWS
@given(prior=CHANCES, pairs=PAIRS, chance=CHANCES)
def test_evidence_as_likely_either_way_changes_nothing(
    prior: float, pairs: list[tuple[float, float]], chance: float
) -> None:
    belief = after(prior, pairs)
    same = update_full(belief, "the sun rose", chance, chance)
    assert (same.mantissa, same.exponent) == (belief.mantissa, belief.exponent)
    assert len(same.history) == len(pairs) + 1


@LAWS
@given(prior=st.integers(1, 1023).map(lambda part: part / 1024), pairs=PAIRS)
def test_the_contrary_is_believed_as_far_as_the_statement_is_not(
    prior: float, pairs: list[tuple[float, float]]
) -> None:
    contrary = after(1.0 - prior, [(for_not_h, for_h) for for_h, for_not_h in pairs])
    belief = after(prior, pairs)
    bound = float(2 * (len(pairs) + 3) * ULP)
    assert contrary.probability == pytest.approx(belief.complement, rel=bound, abs=1e-323)
    assert contrary.complement == pytest.approx(belief.probability, rel=bound, abs=1e-323)


@LAWS
@given(prior=CHANCES, low=CHANCES, high=CHANCES)
def test_evidence_moves_a_belief_its_own_way(prior: float, low: float, high: float) -> None:
    low, high = sorted((low, high))
    belief = create_belief("it rains", prior)
    assert update_full(belief, "clouds", high, low).log_odds >= belief.log_odds
    assert update_full(belief, "clouds", low, high).log_odds <= belief.log_odds


@LAWS
@given(prior=CHANCES)
def test_a_prior_comes_back(prior: float) -> None:
    """No update: two roundings to the odds, three back."""
    assert_near(create_belief("it rains", prior).probability, Fraction(prior), 0)


@LAWS
@given(
    mantissa=st.floats(0.5, 1.0, exclude_max=True),
    exponent=st.integers(-5_000, 5_000),
    for_h=CHANCES,
    for_not_h=CHANCES,
)
def test_odds_stay_in_normal_form(mantissa: float, exponent: int, for_h: float, for_not_h: float) -> None:
    found, shifted = odds.updated(mantissa, exponent, for_h, for_not_h)
    assert 0.5 <= found < 1.0
    right = Fraction(mantissa) * Fraction(for_h) / Fraction(for_not_h)
    of_found = Fraction(found) * Fraction(2) ** (shifted - exponent)
    assert abs(of_found - right) <= right * Fraction(1, 2**53) * Fraction(2_001, 1_000)  # two roundings


def test_a_belief_never_changes() -> None:
    belief = create_belief("it rains", 0.3)
    with pytest.raises(FrozenInstanceError):
        belief.prior = 0.4  # type: ignore[misc]  # what is tested
    assert replace(belief, prior=0.4) != belief
    assert repr(after(0.5, [(0.8, 0.2)])) == "Belief('it rains', 0.8 after 1 update, 0.5 before)"
    assert repr(after(0.5, [(0.5, 0.5)] * 2)) == "Belief('it rains', 0.5 after 2 updates, 0.5 before)"
