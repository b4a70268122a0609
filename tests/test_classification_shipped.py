"""The models that come with the package: what the script makes, and as good as the page says."""

from __future__ import annotations

import importlib.machinery
import importlib.util
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from noesis.classification import (
    calibration_error,
    classify_batch,
    classify_category,
    detect_story,
    files,
    shipped,
    story,
)
from noesis.classification.calibration import temperature
from noesis.classification.made import made_categories, made_stories
from noesis.classification.story import shipped_story_model
from noesis.classification.vocabulary import COMMON, TOPICS, VERSION

SCRIPT = Path(__file__).resolve().parent.parent / "tools" / "train-categories"


def script() -> Any:
    loader = importlib.machinery.SourceFileLoader("train_categories", str(SCRIPT))
    spec = importlib.util.spec_from_loader("train_categories", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.mark.slow
def test_they_are_what_the_script_makes() -> None:
    """Within ten times what another BLAS moved (OpenBLAS's kernels of 2004: 0.0001, of weights up to 11)."""
    model, stories = script().trained()
    assert model.labels == shipped().labels
    assert np.abs(model.weights - shipped().weights).max() < 0.001
    assert np.abs(model.bias - shipped().bias).max() < 0.001
    assert stories.base == pytest.approx(shipped_story_model().base, abs=0.001)
    assert dict(stories.weights) == pytest.approx(dict(shipped_story_model().weights), abs=0.001)


def test_the_labels_of_this_version() -> None:
    """Another list of names takes another version."""
    names = ("arts", "business", "food", "health", "other", "science", "sport", "technology", "travel")
    assert (VERSION, shipped().labels.version) == ("topics/1", "topics/1")
    assert shipped().labels.names == names == tuple(sorted([*TOPICS, "other"]))


def test_they_are_small() -> None:
    assert files.SHIPPED.stat().st_size + story.SHIPPED.stat().st_size < 300_000


def test_how_good_they_are_on_made_texts_that_they_never_saw() -> None:
    """The figures of docs/classification.md, of a third as many texts."""
    texts = made_categories(3_000, 3)
    found = classify_batch(one.text for one in texts)
    right = [one.label == category.label for one, category in zip(texts, found, strict=True)]
    assert np.mean(right) > 0.80
    assert calibration_error([one.probability for one in found], right) < 0.03
    told = made_stories(3_000, 3)
    said = [detect_story(one.text).probability for one in told]
    assert np.mean([(one >= 0.5) == two.is_story for one, two in zip(said, told, strict=True)]) > 0.75
    assert calibration_error(said, [one.is_story for one in told]) < 0.04


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("arts", "Her second album is quieter; the songs are built around piano and violin, like poems."),
        ("business", "Shares fell after the company reported lower earnings and the board cut its dividend."),
        ("food", "Melt the butter in a pan, add onion and garlic, then stir in the flour and the milk."),
        ("health", "Patients with a fever should rest; antibiotics do not help against a virus."),
        ("other", "This says nothing about anything in particular, and so does what comes after it."),
        (
            "science",
            "From its spectrum astronomers compute the velocity of a galaxy; the theory predicts it.",
        ),
        (
            "sport",
            "The striker scored from a penalty, and the goalkeeper saved two shots in the second half.",
        ),
        ("technology", "Connect the cable to the port; the driver is installed with the software update."),
        ("travel", "From the airport a train takes you to the old city; stay in a hotel by the harbour."),
    ],
)
def test_texts_that_were_not_made(label: str, text: str) -> None:
    assert classify_category(text).label == label


def test_made_texts_are_the_same_for_the_same_seed() -> None:
    assert made_categories(50, 1) == made_categories(60, 1)[:50] != made_categories(50, 2)
    assert made_stories(50, 1) == made_stories(60, 1)[:50] != made_stories(50, 2)


def test_every_label_is_made_as_often_as_the_others() -> None:
    counts = Counter(one.label for one in made_categories(9_000, 4))
    assert set(counts) == set(shipped().labels.names)
    assert all(abs(count - 1_000) < 150 for count in counts.values())  # five standard deviations of 30


def test_no_word_of_a_topic_is_one_that_every_text_has() -> None:
    for words in TOPICS.values():
        assert len(words) == len(set(words))
        assert not set(words) & set(COMMON)


# --- calibration ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "came", "error"),
    [
        ([], [], 0.0),
        ([1.0, 1.0], [True, True], 0.0),
        ([1.0, 1.0], [True, False], 0.5),
        ([0.0], [True], 1.0),
        ([0.25, 0.25, 0.25, 0.25], [True, False, False, False], 0.0),
        ([0.05, 0.95], [True, True], (0.95 + 0.05) / 2),  # a bin each
        ([0.91, 0.99], [True, False], 0.45),  # one bin: said 0.95 on the average, half came true
    ],
)
def test_the_calibration_error(said: list[float], came: list[bool], error: float) -> None:
    assert calibration_error(said, came) == pytest.approx(error)


def test_each_probability_has_its_outcome() -> None:
    with pytest.raises(ValueError, match="1 probabilities, but 2 outcomes"):
        calibration_error([0.5], [True, False])


@pytest.mark.parametrize("heat", [0.5, 1.0, 3.0])
def test_a_temperature_is_found_again(heat: float) -> None:
    """With log odds 0 and 2 softmax says 0.1192 for the first label: 1192 of 10,000."""
    log_odds = np.tile([0.0, 2.0], (10_000, 1)) * heat
    truth = np.repeat([0, 1], [1_192, 8_808])
    assert temperature(log_odds, truth) == pytest.approx(heat, rel=1e-3)
