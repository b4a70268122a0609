"""What is counted in a text, its score by hand, hostile texts, and the laws of a batch."""

from __future__ import annotations

import threading
from dataclasses import astuple, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asv_bench_groundspeed.workloads import corpus
from noesis.errors import ScoringError
from noesis.scoring import (
    Absent,
    Diversity,
    Readability,
    Sentiment,
    Structure,
    TextScore,
    TextWeights,
    score_text,
    score_texts,
)
from noesis.scoring.measuring import LARGEST, measure

PLATYPUS = "The Australian platypus is seemingly a hybrid of a mammal and reptilian creature."
PARTS = ("readability", "structure", "diversity", "sentiment", "length")
LAWS = settings(deadline=None, derandomize=True, max_examples=150)
PROSE = "We measured it twice. The result is good, and it did not fail!\n\n# Why\n\n- it's fast\n- 漢字\n\n"
TEXTS = st.one_of(
    st.text(max_size=300),
    st.text(alphabet=list("ab .!?\n#-*>`|[]()'\"1,é漢"), max_size=300),
    st.lists(st.sampled_from([*PROSE.split(" "), "\n\n", "# "]), max_size=120).map(" ".join),
)


def test_a_published_example() -> None:
    # 13 words, 1 sentence, 24 syllables: a reading ease of 37.5. 68 letters (3 10 8 2 9 1 6 2 1 6 3 9 8):
    # ARI 4.71 x 68/13 + 6.5 - 21.43 = 9.71; Coleman-Liau 0.0588 x 523.1 - 0.296 x 7.69 - 15.8 = 12.68.
    found = score_text(PLATYPUS)
    assert found.measures.syllables == 24
    assert isinstance(found.readability, Readability)
    assert found.readability.flesch == pytest.approx(37.5, abs=0.05)
    assert found.readability.ari == pytest.approx(9.71, abs=0.005)
    assert found.readability.coleman_liau == pytest.approx(12.68, abs=0.005)
    # (37.455 + 100 x (18 - 9.707) / 13 + 100 x (18 - 12.68) / 13) / 3 = (37.455 + 63.793 + 40.923) / 3
    assert found.readability.score == pytest.approx(47.390, abs=0.001)
    assert isinstance(found.structure, Structure)
    assert found.structure.score == 100.0  # 13 words in a block and under a heading
    assert found.diversity == Absent(reason="there are fewer than 50 words in the text")
    assert found.sentiment == Sentiment(score=50.0, positive=0, negative=0)
    assert found.length.score == pytest.approx(100 * 13 / 714)
    # (0.35 x 47.390 + 0.2 x 100 + 0.1 x 50 + 0.15 x 1.8207) / 0.8, as 0.2 are absent
    assert found.score == pytest.approx((16.5866 + 20 + 5 + 0.27311) / 0.8, abs=0.001)


def counts(text: str) -> tuple[int, int, int, int]:
    found = measure(text)
    return found.words, found.sentences, found.blocks, found.headings


@pytest.mark.parametrize(
    ("text", "expected"),  # words, sentences, blocks, headings
    [
        ("One two. Three!", (3, 2, 1, 0)),
        ("One two. Three", (3, 2, 1, 0)),  # the end of a block ends a sentence
        ("It costs 3.50 in all", (5, 1, 1, 0)),  # a point within a number
        ("He said “Go.” Then left…", (5, 2, 1, 0)),  # the quote belongs to the first
        ("Wait... what?!", (2, 2, 1, 0)),
        ("Mr. Smith came.", (3, 2, 1, 0)),  # abbreviations are not known
        ("don't re-use naïve_code", (4, 1, 1, 0)),  # an underscore separates
        ("# Title\n\nOne line\nand more.", (5, 2, 2, 1)),
        ("Title\n=====\n\nText.", (2, 2, 2, 1)),
        ("- one\n- two\n  - three\n\n> quoted", (4, 4, 4, 0)),
        ("Before\n\n```\ncode is left. Out!\n```\n\nafter", (2, 2, 2, 0)),
        ("| a | b |\n|---|---|\n| c | d |\n\nafter", (1, 1, 1, 0)),
        ("<div>\nhtml\n</div>\n\nafter <b>bold</b>", (2, 1, 1, 0)),
        ("See [the page](https://example.org/a/b) or https://example.org/c now", (5, 1, 1, 0)),
        ("`code` in a line", (4, 1, 1, 0)),
        ("![alt text](picture.png)", (2, 1, 1, 0)),
        ("#\n\n***\n\n-\n", (0, 0, 0, 0)),
        ("漢字を読む。次の文", (8, 2, 1, 0)),  # each character is a word
        ("हिन्दी में लिखा।", (3, 1, 1, 0)),  # vowel signs are part of a word
        ("cafe\u0301 caf\u00e9", (2, 1, 1, 0)),
        ("Это по-русски.", (2, 1, 1, 0)),
    ],
)
def test_what_is_counted(text: str, expected: tuple[int, int, int, int]) -> None:
    assert counts(text) == expected


@pytest.mark.parametrize("text", ["", " \n\t", "...", "!?", "\0", "```\ncode\n```", "\ud800", "🙂"])
def test_a_text_without_a_word_scores_nothing(text: str) -> None:
    found = score_text(text)
    assert found.score == found.length.score == 0.0
    for part in (found.readability, found.structure, found.diversity, found.sentiment):
        assert part == Absent(reason="there is no word in the text")


@pytest.mark.parametrize(
    ("text", "is_english"),
    [
        ("русский текст", False),
        ("ελληνικά", False),
        ("漢字", False),
        ("abc где", True),  # three of six letters
        ("abc слово", False),  # three of eight
        ("2024", True),  # no letter, none of another alphabet
        ("façade ﬁne Ǆ", True),
    ],
)
def test_other_alphabets_are_not_judged_by_english(text: str, is_english: bool) -> None:
    found = score_text(text)
    assert isinstance(found.readability, Readability) is is_english
    assert isinstance(found.sentiment, Sentiment) is is_english
    assert isinstance(found.structure, Structure)


def test_diversity_needs_a_whole_run() -> None:
    assert isinstance(score_text("word " * 49).diversity, Absent)
    found = score_text("word " * 50).diversity
    assert found == Diversity(score=2.0, type_token_ratio=0.02)  # one of fifty


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        ".",
        '."',
        "[",
        ">",
        "- ",
        "*a",
        "1.",
        "a-",
        "'",
        "<a",
        "|",
        "a\u0301",
        "漢",
        "\0",
        "https://",
        "`",
        "](",
    ],
)
def test_the_same_again_and_again_is_scored_and_bounded(piece: str) -> None:
    text = piece * 20_000
    assert 0.0 <= score_text(text).score <= 100.0


def test_huge_texts() -> None:
    assert measure("ab " * (LARGEST // 3)).words == LARGEST // 3
    with pytest.raises(ScoringError, match=r"text has 5,000,001 characters, more than 5,000,000; score its"):
        score_text("a" * (LARGEST + 1))


@pytest.mark.parametrize("text", [None, b"bytes", 3, ["a"]])
def test_what_is_no_text(text: Any) -> None:
    with pytest.raises(ScoringError, match=r"text must be a str, not .*; decode it first"):
        score_text(text)
    with pytest.raises(ScoringError, match=r"^text 1: text must be a str"):
        score_texts(["fine", text])


def test_one_text_is_no_list_of_texts() -> None:
    with pytest.raises(ScoringError, match="score_text scores one"):
        score_texts("text")


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"length": 0.2}, r"the weights readability, .* must sum to 1, not 1\.05"),
        ({"length": -0.15}, r"length must be a number from 1e-06 to 1, not -0\.15"),
        ({"sentiment": float("nan")}, "sentiment must be a number from 0 to 1, not nan"),
        ({"diversity": "0.2"}, "diversity must be a number from 0 to 1, not '0.2'"),
        ({"structure": True}, "structure must be a number from 0 to 1, not True"),
    ],
)
def test_weights_that_cannot_be(told: dict[str, Any], said: str) -> None:
    with pytest.raises(ScoringError, match=said):
        replace(TextWeights(), **told)
    with pytest.raises(ScoringError, match="weights must be TextWeights"):
        score_text("text", weights=told)  # type: ignore[arg-type]  # what is refused


def test_a_part_that_alone_counts_is_the_score() -> None:
    text = PROSE * 20
    for name in PARTS[:-1]:
        weights = {**dict.fromkeys(PARTS, 0.0), name: 1 - 1e-6, "length": 1e-6}
        found = score_text(text, weights=TextWeights(**weights))
        assert found.score == pytest.approx(getattr(found, name).score, abs=1e-3)


def test_the_one_part_that_every_text_has_must_count() -> None:
    with pytest.raises(ScoringError, match="length must be a number from 1e-06 to 1, not 0"):
        TextWeights(readability=1.0, structure=0, diversity=0, sentiment=0, length=0)


@LAWS
@given(text=TEXTS)
def test_every_number_is_on_its_scale(text: str) -> None:
    found = score_text(text)
    measures = found.measures
    assert 0.0 <= found.score <= 100.0
    for name in PARTS:
        part = getattr(found, name)
        assert isinstance(part, Absent) or 0.0 <= part.score <= 100.0
    assert measures.headings <= measures.blocks <= measures.sentences <= measures.words
    assert measures.latin_letters <= measures.letters <= measures.characters
    assert measures.syllables >= measures.words
    assert measures.windows == max(measures.words - 49, 0)


@LAWS
@given(text=TEXTS)
def test_a_text_twice_has_twice_the_counts(text: str) -> None:
    # A plain paragraph, so that nothing of the first half opens a fence over the second.
    one = " ".join("".join(c for c in text if c.isalnum() or c in " .!?").split())
    before, after = measure(one + "\n"), measure(one + "\n\n" + one + "\n")
    for name in ("words", "sentences", "syllables", "letters", "characters"):
        assert getattr(after, name) == 2 * getattr(before, name)


def row(found: TextScore) -> tuple[float, list[float], list[bool]]:
    parts = [getattr(found, name) for name in PARTS]
    scores = [0.0 if isinstance(part, Absent) else part.score for part in parts]
    return found.score, scores, [not isinstance(part, Absent) for part in parts]


@LAWS
@given(texts=st.lists(TEXTS, max_size=6))
def test_a_batch_has_the_very_numbers_of_one_by_one(texts: list[str]) -> None:
    found = score_texts(texts)
    assert found.parts.shape == found.is_scored.shape == (len(texts), 5)
    together = zip(found.score.tolist(), found.parts.tolist(), found.is_scored.tolist(), strict=True)
    assert list(together) == [row(score_text(text)) for text in texts]


def test_a_real_corpus_one_by_one_and_together() -> None:
    spec = corpus.CorpusSpec(size=200_000, seed=3, files=20)
    texts = [b"".join(corpus.document(spec, index)).decode() for index in range(20)]
    found = score_texts(iter(texts))
    assert found.score.tolist() == [score_text(text).score for text in texts]
    assert found.is_scored.all()


def test_threads_find_what_one_finds() -> None:
    spec = corpus.CorpusSpec(size=40_000, seed=5, files=4)
    texts = [b"".join(corpus.document(spec, index)).decode() for index in range(4)]
    expected = [score_text(text) for text in texts]
    found: list[list[TextScore]] = []
    threads = [
        threading.Thread(target=lambda: found.append([score_text(text) for text in texts])) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4


def test_records_are_frozen_and_complete() -> None:
    found = score_text(PLATYPUS)
    with pytest.raises(AttributeError):
        found.score = 1.0  # type: ignore[misc]  # what is refused
    assert hash(found) == hash(score_text(PLATYPUS))
    assert len(astuple(found.measures)) == 12
