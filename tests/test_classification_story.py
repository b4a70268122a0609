"""Stories: every feature as counted by hand, the model over them, and inputs that nobody expects."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noesis.classification import detect_story
from noesis.classification.fitting import fit_story
from noesis.classification.hashing import REACH
from noesis.classification.made import made_stories
from noesis.classification.story import (
    FEATURES,
    shares_of,
    shipped_story_model,
    story_model_of,
    story_model_text,
)
from noesis.errors import ModelError, TextError

TALE = (
    "The old miller had three daughters. One winter morning the youngest took her coat and went out into the "
    "snow, because she had heard a bell behind the hill. “Who is there?” she called. Nobody answered."
)
MANUAL = (
    "To install the printer, connect the cable to the port and switch the device on. If the light is red, "
    "check the paper. You can change the settings in the menu of the software."
)
NEWS = (
    "Shares of the company fell by six percent on Monday after it reported lower earnings. The board "
    "announced that it would cut costs and sell two factories."
)


@pytest.mark.parametrize(
    ("text", "words", "shares"),
    [
        ("", 0, {}),
        ("123 …", 0, {}),
        ('"" "!"', 0, {}),  # marks around no word are no dialogue
        ("one two", 2, {}),
        ("He walked", 2, {"past_tense": 1 / 2, "persons": 1 / 2}),
        ("red bed need went", 4, {"past_tense": 1 / 4}),  # three letters before -ed at least, or a known verb
        ("Suddenly it rained.", 3, {"past_tense": 1 / 3, "sequence": 1 / 3}),
        ("And Anna saw Otto", 4, {"past_tense": 1 / 4, "names": 2 / 4}),  # not the first word
        ("“Oh,” he said", 3, {"past_tense": 1 / 3, "persons": 1 / 3, "speech": 1 / 3, "dialogue": 5 / 13}),
        ('"Oh" «no»', 2, {"dialogue": 8 / 9}),
        ("‘it isn’t’", 2, {}),  # an apostrophe is within a word, and a single mark may be one
        ("You must use the forest", 5, {"explaining": 3 / 5, "scene": 1 / 5}),
        ("HE", 1, {"persons": 1.0}),
    ],
)
def test_what_is_counted(text: str, words: int, shares: dict[str, float]) -> None:
    count, found = shares_of(text)
    assert count == words
    assert found == pytest.approx(dict.fromkeys(FEATURES, 0.0) | shares)


def test_a_mark_that_is_not_closed_is_no_dialogue() -> None:
    _, shares = shares_of('He said "that ' + "and that " * 100 + '"')
    assert shares["dialogue"] == 0


@settings(deadline=None, derandomize=True, max_examples=100)
@given(st.text(max_size=300))
def test_the_probability_is_what_the_features_add_up_to(text: str) -> None:
    found = detect_story(text)
    assert [one.name for one in found.features] == list(FEATURES)
    assert all(0 <= one.value <= 1 for one in found.features)
    weights = shipped_story_model().weights
    assert all(one.log_odds == one.value * weights[one.name] for one in found.features)
    log_odds = found.base_log_odds + math.fsum(one.log_odds for one in found.features)
    assert found.probability == pytest.approx(math.exp(log_odds) / (1 + math.exp(log_odds)))
    assert found.is_story == (found.probability >= 0.5)


@pytest.mark.parametrize(
    ("text", "is_story"),
    [
        (TALE, True),
        (MANUAL, False),
        (NEWS, False),  # in the past tense, but nobody acts
        ("", False),
        ("🙂", False),
        ("从前有一个女孩住在森林里。", False),  # a story, in an alphabet that is not known
    ],
)
def test_texts_that_were_not_made(text: str, is_story: bool) -> None:
    assert detect_story(text).is_story is is_story


def test_of_a_huge_text_the_beginning_is_read() -> None:
    text = "He ran. " * (REACH // 8 + 1)
    found = detect_story(text + "Press it. " * 1_000_000)
    assert found == detect_story(text[:REACH])
    assert found.words == 2 * REACH // 8


@pytest.mark.parametrize("text", [None, 1, b"bytes", ["text"]])
def test_what_is_no_text_is_refused(text: Any) -> None:
    with pytest.raises(TextError, match=f"must be a string, not {type(text).__name__}"):
        detect_story(text)


def test_a_model_of_stories_is_trained_and_kept() -> None:
    told = made_stories(300, 5)
    model = fit_story([one.text for one in told], [one.is_story for one in told])
    assert story_model_of(story_model_text(model)) == model
    assert model.weights["persons"] > 0 > model.base


def test_stories_alone_teach_nothing() -> None:
    with pytest.raises(ModelError, match="1 label"):
        fit_story(["a"] * 10, [True] * 10)
