"""Reciprocal rank fusion against its formula in fractions."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noesis.rag.fusion import fuse


@pytest.mark.parametrize(
    ("rankings", "wanted"),
    [
        ([], []),
        ([[], []], []),
        ([[7, 3]], [(7, 1 / 61), (3, 1 / 62)]),
        # 3 is second and first, 7 first alone, 9 second alone
        ([[7, 3], [3, 9]], [(3, 1 / 62 + 1 / 61), (7, 1 / 61), (9, 1 / 62)]),
        # first and second against second and first: equal, so by number
        ([[8, 2], [2, 8]], [(2, 1 / 61 + 1 / 62), (8, 1 / 61 + 1 / 62)]),
    ],
)
def test_what_the_formula_gives(rankings: list[list[int]], wanted: list[tuple[int, float]]) -> None:
    assert fuse(rankings) == wanted


def test_a_constant_of_0_trusts_the_first_most() -> None:
    assert fuse([[1, 2], [3, 2]], constant=0) == [(1, 1.0), (2, 1.0), (3, 1.0)]


RANKINGS = st.lists(st.lists(st.integers(0, 30), unique=True, max_size=20), max_size=4)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(RANKINGS, st.integers(0, 100))
def test_it_is_the_sum_of_the_reciprocal_ranks(rankings: list[list[int]], constant: int) -> None:
    scores: dict[int, Fraction] = {}
    for ranking in rankings:
        for place, number in enumerate(ranking):
            scores[number] = scores.get(number, Fraction(0)) + Fraction(1, constant + place + 1)
    found = fuse(rankings, constant=constant)
    assert {number for number, _ in found} == scores.keys()
    assert [score for _, score in found] == pytest.approx([float(scores[number]) for number, _ in found])
    assert found == sorted(found, key=lambda one: (-one[1], one[0]))
    assert fuse(rankings[::-1], constant=constant) == found
