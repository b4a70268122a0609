"""Benjamini and Hochberg's p-values: their definition, scipy's, and what they are for, by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control, norm

from groundspeed.stats.false_discovery import RATE, adjusted

chances = st.lists(st.floats(0, 1), min_size=1, max_size=40)


def literal(values: list[float]) -> list[float]:
    """By the definition: for each p, the least of p_(j) n / j over the p_(j) that are not smaller."""
    ordered, n = sorted(values), len(values)
    return [
        min(1.0, min(ordered[j] * n / (j + 1) for j in range(n) if ordered[j] >= value)) for value in values
    ]


@settings(deadline=None, derandomize=True)
@given(chances)
def test_it_is_the_definition_and_scipys(values: list[float]) -> None:
    assert adjusted(values) == pytest.approx(literal(values))
    assert adjusted(values) == pytest.approx(false_discovery_control(values))


@settings(deadline=None, derandomize=True)
@given(chances)
def test_laws_order_does_not_matter_and_nothing_becomes_surer(values: list[float]) -> None:
    order = np.random.default_rng(len(values)).permutation(len(values))
    found = adjusted(values)
    assert adjusted(np.array(values)[order]) == pytest.approx(found[order])
    assert (found >= np.array(values) * (1 - 1e-12)).all()


def test_of_nothing_comes_nothing() -> None:
    assert adjusted([]).shape == (0,)


@pytest.mark.parametrize("wrong", [[1.2], [-0.1], [float("nan")]])
def test_what_is_no_chance_is_refused(wrong: list[float]) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        adjusted(wrong)


@pytest.mark.parametrize("correlation", [0.0, 0.6])
@pytest.mark.parametrize(("cases", "slower"), [(100, 0), (100, 5), (400, 40)])
def test_the_share_of_wrong_names_is_bounded(cases: int, slower: int, correlation: float) -> None:
    """2,000 suites at the very edge of what is tolerated, some truly beyond it; also where all cases of a
    session move together. The expected share of wrong names among the named is at most RATE (here plus
    three standard errors of 2,000 suites: 0.007 where cases are independent, 0.015 where they are not).
    """
    rng = np.random.default_rng(8)
    suites = 2000
    common = rng.normal(size=(suites, 1))
    noise = np.sqrt(correlation) * common + np.sqrt(1 - correlation) * rng.normal(size=(suites, cases))
    noise[:, :slower] += 4.5
    wrong = []
    for row in norm.sf(noise):
        named = adjusted(row) <= RATE
        wrong.append(named[slower:].sum() / max(1, named.sum()))
    assert np.mean(wrong) <= RATE + (0.015 if correlation else 0.007)
