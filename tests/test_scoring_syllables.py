"""The estimate of syllables against a list of common words, counted by hand."""

from __future__ import annotations

import pytest

from noesis.scoring import syllables
from noesis.scoring.syllables import syllables_of

# From frequent English words, with those that hyphenation gets wrong: as a dictionary divides them.
BY_HAND = {
    1: "the is a of and queue real through though make made time asked loved makes walked",
    2: (
        "hybrid mammal creature table people every simple about measure default process figure result "
        "machine system reason number between within order against value target over only many open any also "
        "into city story very body water other after even never little question member country interest "
        "being science create poem lion quiet diet wanted houses places started running alone around away "
        "ago again able enough money baby happy easy ready early"
    ),
    3: (
        "australian platypus seemingly area idea family created history example important government "
        "national possible company president radio video period serious medium"
    ),
    4: "reptilian information development american community material experience",
    5: "readability university",
}
WORDS = [(word, count) for count, words in BY_HAND.items() for word in words.split()]


def test_nine_words_in_ten_are_right_and_the_sum_is_within_three_percent() -> None:
    found = [(syllables_of(word), count) for word, count in WORDS]
    assert len(found) == 114
    assert sum(ours == count for ours, count in found) >= 0.9 * len(found)
    assert sum(ours for ours, _ in found) == pytest.approx(sum(count for _, count in found), rel=0.03)


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("2024", 1),  # as one word; nothing says how it is read
        ("x", 1),
        ("state-of-the-art", 4),  # each by itself: the e of state is silent
        ("café", 2),  # the accent says that the last e is spoken
        ("漢", 1),
        ("", 1),
        ("a" * 45, 1),  # a word still: one group of vowels
        ("b" * 46, 16),  # none: 46 / 3, upwards
    ],
)
def test_odd_words(word: str, count: int) -> None:
    assert syllables_of(word) == count


def test_no_word_is_kept() -> None:
    for word, _ in WORDS:
        syllables_of(word)
    assert not syllables._dictionary().hd.cache
