"""The formulas of every score, over one number or an array of them. Pure; owns the constants.

Only + - × ÷ and limits: these are the same in Python's floats and in numpy's (IEEE 754), so a batch has the
very numbers of one by one. Inputs are finite and not negative; divisors are above 0, which is the caller's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Number = TypeVar("Number", float, NDArray[np.float64])

# Flesch calls 90 to 100 "very easy", the fifth grade, and below 30 "very difficult", past college: the grades
# of the other two formulas are laid on his scale of 100 from the one to the other (16 years of school and 2).
EASY_GRADE, HARD_GRADE = 5.0, 18.0
# Conventions of technical writing: a paragraph of 150 words is half a page, and a heading stands on each page
# of 300. A paragraph three times as long is a wall.
BLOCK_WORDS, WALL_WORDS = 150.0, 450.0
HEADING_WORDS = 300.0
# Brysbaert, "How many words do we read per minute?" (J. of Memory and Language 109, 2019): 238 of English
# non-fiction, silently.
WORDS_PER_MINUTE = 238.0
READING_MINUTES = 3.0  # a convention: a text that takes so long has said something


def within(value: Number) -> Number:
    """No less than 0 and no more than 100."""
    if isinstance(value, float):
        return min(max(value, 0.0), 100.0)
    return value.clip(0.0, 100.0)


def flesch(words: Number, sentences: Number, syllables: Number) -> Number:
    """Higher is easier. Flesch, "A new readability yardstick" (J. Applied Psychology 32, 1948)."""
    return 206.835 - 1.015 * (words / sentences) - 84.6 * (syllables / words)


def ari(words: Number, sentences: Number, characters: Number) -> Number:
    """A school grade. Smith and Senter, "Automated Readability Index" (AMRL-TR-66-220, 1967)."""
    return 4.71 * (characters / words) + 0.5 * (words / sentences) - 21.43


def coleman_liau(words: Number, sentences: Number, letters: Number) -> Number:
    """A school grade. Coleman and Liau, "A computer readability formula designed for machine scoring"
    (J. Applied Psychology 60, 1975): L letters and S sentences per 100 words."""
    return 0.0588 * (100.0 * letters / words) - 0.296 * (100.0 * sentences / words) - 15.8


def readability(flesch: Number, ari: Number, coleman_liau: Number) -> Number:
    """The mean of the three, each within 0 and 100."""
    return (within(flesch) + _ease(ari) + _ease(coleman_liau)) / 3.0


def _ease(grade: Number) -> Number:
    return within(100.0 * (HARD_GRADE - grade) / (HARD_GRADE - EASY_GRADE))


def structure(words_per_block: Number, words_per_heading: Number) -> Number:
    """The mean of two: blocks that are no walls, and a heading for every page."""
    blocks = within(100.0 * (WALL_WORDS - words_per_block) / (WALL_WORDS - BLOCK_WORDS))
    return (blocks + within(100.0 * HEADING_WORDS / words_per_heading)) / 2.0


def sentiment(positive: Number, negative: Number) -> Number:
    """Laplace's rule of succession, (p + 1) / (p + n + 2): without a word of either kind 50, and one word
    decides little."""
    return 100.0 * (positive + 1.0) / (positive + negative + 2.0)


def reading_s(words: Number) -> Number:
    """Seconds that a silent reader takes."""
    return 60.0 * words / WORDS_PER_MINUTE


def length(words: Number) -> Number:
    """Grows with the words up to three minutes of reading, and stays."""
    return within(100.0 * words / (WORDS_PER_MINUTE * READING_MINUTES))


def saturating(value: Number, half: float) -> Number:
    """0 at 0, 50 at ``half``, towards 100: never reached, always growing (Michaelis and Menten's curve)."""
    return 100.0 * (value / (value + half))


def weighted(scores: Sequence[Number], weights: Sequence[Number | float]) -> Number:
    """The mean of scores by weights that need not sum to 1; their sum is above 0."""
    total, points = weights[0], weights[0] * scores[0]
    for weight, score in zip(weights[1:], scores[1:], strict=True):
        total, points = total + weight, points + weight * score
    return within(points / total)
