"""The formulas against published examples and against their plain meaning."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noesis.scoring import formulas
from noesis.scoring.lexicon import NEGATIONS, NEGATIVE, POSITIVE, positive_and_negative
from noesis.scoring.measuring import moving_type_token_ratio

LAWS = settings(deadline=None, derandomize=True, max_examples=200)
COUNTS = st.integers(1, 10**9).map(float)


@pytest.mark.parametrize(
    ("words", "sentences", "syllables", "published"),
    [
        (6, 1, 6, 116.1),  # "The cat sat on the mat.": 206.835 - 1.015 x 6 - 84.6
        (13, 1, 24, 37.5),  # "The Australian platypus is seemingly …": 206.835 - 13.195 - 156.185
        (1, 1, 1, 121.22),  # the highest there is: 206.835 - 1.015 - 84.6
    ],
)
def test_flesch(words: int, sentences: int, syllables: int, published: float) -> None:
    found = formulas.flesch(float(words), float(sentences), float(syllables))
    assert found == pytest.approx(published, abs=0.05)


def test_coleman_liau() -> None:
    # Their published abstract: 119 words, 639 letters, 5 sentences; L = 537, S = 4.20; grade 14.5
    # (0.0588 x 537 - 0.296 x 4.20 - 15.8 = 31.58 - 1.24 - 15.8).
    assert formulas.coleman_liau(119.0, 5.0, 639.0) == pytest.approx(14.5, abs=0.05)


def test_ari() -> None:
    # Per word 4.71 characters of weight, per sentence 0.5 words: 119 words, 639 characters, 5 sentences give
    # 4.71 x 5.3697 + 0.5 x 23.8 - 21.43 = 25.29 + 11.9 - 21.43.
    assert formulas.ari(119.0, 5.0, 639.0) == pytest.approx(15.76, abs=0.005)


@pytest.mark.parametrize(
    ("flesch", "grade", "score"),
    [
        (100.0, 5.0, 100.0),
        (0.0, 18.0, 0.0),
        (50.0, 11.5, 50.0),  # (18 - 11.5) / 13
        (120.0, -5.0, 100.0),
        (-400.0, 60.0, 0.0),
        (90.0, 18.0, 30.0),  # (90 + 0 + 0) / 3
    ],
)
def test_readability(flesch: float, grade: float, score: float) -> None:
    assert formulas.readability(flesch, grade, grade) == pytest.approx(score)


@pytest.mark.parametrize(
    ("block", "heading", "score"),
    [
        (150.0, 300.0, 100.0),
        (450.0, 300.0, 50.0),  # a wall, with headings
        (300.0, 600.0, 50.0),  # (450 - 300) / 300 and 300 / 600: half of each
        (20.0, 1e6, 50.015),  # (100 + 0.03) / 2
    ],
)
def test_structure(block: float, heading: float, score: float) -> None:
    assert formulas.structure(block, heading) == pytest.approx(score)


@pytest.mark.parametrize(
    ("positive", "negative", "score"), [(0, 0, 50), (1, 0, 200 / 3), (0, 1, 100 / 3), (2, 2, 50), (8, 0, 90)]
)
def test_sentiment(positive: int, negative: int, score: float) -> None:
    assert formulas.sentiment(float(positive), float(negative)) == pytest.approx(score)


def test_length_and_reading() -> None:
    assert formulas.reading_s(238.0) == pytest.approx(60.0)
    assert formulas.length(357.0) == pytest.approx(50.0)  # half of 714
    assert formulas.length(714.0) == formulas.length(1e9) == 100.0


@LAWS
@given(value=st.floats(0, 1e15), more=st.floats(0, 1e15), half=st.floats(1e-6, 1e15))
def test_the_curve_grows_within_its_scale(value: float, more: float, half: float) -> None:
    low, high = formulas.saturating(value, half), formulas.saturating(value + more, half)
    assert 0.0 <= low <= 100.0
    assert low <= high or math.isclose(low, high, rel_tol=1e-15)  # x / (x + h): two roundings
    assert formulas.saturating(half, half) == 50.0


@LAWS
@given(
    pairs=st.lists(st.tuples(st.floats(0, 100), st.floats(0, 1)), min_size=1, max_size=6).filter(
        lambda pairs: math.fsum(weight for _, weight in pairs) > 1e-3
    )
)
def test_a_weighted_mean_is_the_literal_one_and_lies_among_its_scores(
    pairs: list[tuple[float, float]],
) -> None:
    scores, weights = zip(*pairs, strict=True)
    found = formulas.weighted(scores, weights)
    literal = math.fsum(score * weight for score, weight in pairs) / math.fsum(weights)
    assert found == pytest.approx(literal, abs=1e-9)
    assert min(scores) - 1e-9 <= found <= max(scores) + 1e-9


@LAWS
@given(rows=st.lists(st.tuples(COUNTS, COUNTS, COUNTS), min_size=1, max_size=20))
def test_an_array_has_the_very_numbers_of_one_by_one(rows: list[tuple[float, float, float]]) -> None:
    columns = [*np.array(rows).T]
    for formula in (formulas.flesch, formulas.ari, formulas.coleman_liau, formulas.readability):
        assert formula(*columns).tolist() == [formula(*row) for row in rows]


@LAWS
@given(
    words=st.lists(st.sampled_from("abcdefg"), max_size=60),
    window=st.integers(1, 12),
)
def test_the_moving_ratio_is_the_literal_one(words: list[str], window: int) -> None:
    runs = [words[start : start + window] for start in range(len(words) - window + 1)]
    literal = math.fsum(len(Counter(run)) / window for run in runs) / len(runs) if runs else 0.0
    count, ratio = moving_type_token_ratio(words, window)
    assert count == len(runs)
    assert ratio == pytest.approx(literal)


@pytest.mark.parametrize(
    ("sentence", "counts"),
    [
        ("", (0, 0)),
        ("the table is blue", (0, 0)),
        ("a good and useful book", (2, 0)),
        ("a bad book", (0, 1)),
        ("not a good book", (0, 1)),  # turned, two words before
        ("this isn't bad", (1, 0)),
        ("not in any way good", (1, 0)),  # four words before: out of reach
        ("never good never bad", (1, 1)),  # each turned: good by the first, bad by the second
    ],
)
def test_praise_and_blame(sentence: str, counts: tuple[int, int]) -> None:
    assert positive_and_negative(sentence.split()) == counts


def test_a_word_of_the_lexicon_has_one_meaning() -> None:
    assert not (POSITIVE & NEGATIVE) | (NEGATIONS & (POSITIVE | NEGATIVE))
    assert all(word == word.lower() and word.isascii() for word in POSITIVE | NEGATIVE | NEGATIONS)
