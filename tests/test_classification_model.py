"""Categories: the arithmetic against scikit-learn's, one text like many, and inputs that nobody expects."""

from __future__ import annotations

import dataclasses
import pickle
import subprocess
import sys
import unicodedata
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noesis.classification import Category, LabelSet, Model, classify_batch, classify_category, fit, shipped
from noesis.classification.fitting import matrix
from noesis.classification.hashing import BUCKETS, REACH, Buckets, words_of
from noesis.classification.made import made_categories
from noesis.errors import ModelError, TextError

TEXTS = st.one_of(
    st.text(max_size=200),
    st.integers(0, 10**6).map(lambda seed: made_categories(1, seed)[0].text),
)
MADE = made_categories(300, 11)


@pytest.fixture(scope="module")
def small() -> Model:
    return fit([one.text for one in MADE], [one.label for one in MADE], version="small/1")


@settings(deadline=None, derandomize=True, max_examples=50)
@given(st.lists(TEXTS, max_size=20))
def test_a_batch_is_the_same_as_one_by_one_to_the_last_bit(texts: list[str]) -> None:
    assert classify_batch(texts) == [classify_category(text) for text in texts]


def test_so_is_a_batch_of_several_chunks_and_one_that_is_read_once() -> None:
    texts = [one.text for one in made_categories(700, 12)]
    found = classify_batch(text for text in texts)
    assert found == [classify_category(text) for text in texts]
    assert classify_batch(reversed(texts)) == found[::-1]


@settings(deadline=None, derandomize=True, max_examples=100)
@given(TEXTS)
def test_probabilities_sum_to_1_and_the_label_has_the_greatest(text: str) -> None:
    found = classify_category(text)
    assert sum(found.probabilities) == pytest.approx(1, abs=1e-12)
    assert all(0 <= one <= 1 for one in found.probabilities)
    assert found.probability == max(found.probabilities)
    assert len(found.probabilities) == len(found.labels.names)


@settings(deadline=None, derandomize=True, max_examples=50)
@given(TEXTS)
def test_neither_case_nor_the_form_of_accents_matters(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    assert classify_category(unicodedata.normalize("NFD", composed)) == classify_category(composed)
    assert classify_category(f"{text} MUSEUM") == classify_category(f"{text} museum")


def test_how_often_a_word_stands_there_does_not_matter() -> None:
    assert classify_category("oven oven recipe") == classify_category("oven recipe recipe oven")


# --- against scikit-learn -------------------------------------------------------------------------


def regression_of(model: Model) -> Any:
    """scikit-learn's own prediction with the weights of a model."""
    from sklearn.linear_model import LogisticRegression

    found = LogisticRegression()
    found.classes_ = np.array(model.labels.names)
    found.coef_, found.intercept_ = model.weights, model.bias
    return found


def features_by_sklearn(texts: list[str]) -> Any:
    """scikit-learn's own counting and scaling of what is hashed."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.preprocessing import normalize

    vocabulary = {str(bucket): bucket for bucket in range(BUCKETS)}
    counting = CountVectorizer(
        binary=True,
        vocabulary=vocabulary,
        analyzer=lambda text: [str(zlib.crc32(word.encode()) % BUCKETS) for word in words_of(text)],
    )
    return normalize(counting.transform(texts).astype(float))


def test_probabilities_are_those_of_scikit_learn() -> None:
    texts = ["", "tomato", "Ο σκύλος έτρεξε", *(one.text for one in made_categories(500, 13))]
    expected = regression_of(shipped()).predict_proba(features_by_sklearn(texts))
    found = classify_batch(texts)
    assert np.array([one.probabilities for one in found]) == pytest.approx(expected, abs=1e-12)


def test_what_is_learned_from_is_what_is_predicted_from() -> None:
    texts = ["", "a b a", *(one.text for one in made_categories(50, 14))]
    buckets = Buckets()
    difference = matrix([buckets.of(text) for text in texts]) - features_by_sklearn(texts)
    assert abs(difference).max() < 1e-15


def test_a_model_has_the_weights_of_scikit_learn_but_for_its_temperature(small: Model) -> None:
    from sklearn.linear_model import LogisticRegression

    from noesis.classification.fitting import ITERATIONS, PENALTY, TOLERANCE

    counts: dict[str, int] = {}
    learned = []
    for one in MADE:  # every fifth of a label is held out
        counts[one.label] = counts.get(one.label, 0) + 1
        if counts[one.label] % 5:
            learned.append(one)
    expected = LogisticRegression(C=1 / PENALTY, tol=TOLERANCE, max_iter=ITERATIONS)
    features = features_by_sklearn([one.text for one in learned])
    is_seen = features.getnnz(axis=0) > 0
    expected.fit(features[:, is_seen], [one.label for one in learned])
    heats = expected.coef_ / small.weights[:, is_seen]
    assert np.ptp(heats) < 0.02 * heats.mean()  # one number, but for where the optimiser stopped
    assert not small.weights[:, ~is_seen].any()
    assert tuple(expected.classes_) == small.labels.names


# --- training -------------------------------------------------------------------------------------


def test_two_labels_are_told_apart_and_their_probabilities_are_one_another_s_rest() -> None:
    texts = [f"{word} {number}" for word in ("red", "blue") for number in "abcdefghij"]
    model = fit(texts, ["warm"] * 10 + ["cold"] * 10, version="colours/1")
    assert model.labels == LabelSet(version="colours/1", names=("cold", "warm"))
    found = model.classify("blue")
    assert found.label == "cold"
    assert found.probability_of("warm") == pytest.approx(1 - found.probability)
    assert model.classify("nothing known").known_words == 0


def test_other_names_in_another_order_give_the_same_probabilities(small: Model) -> None:
    renamed = {name: f"{number}-{name}" for number, name in enumerate(reversed(small.labels.names))}
    other = fit([one.text for one in MADE], [renamed[one.label] for one in MADE], version="small/1")
    for one in MADE[:50]:
        before, after = small.classify(one.text), other.classify(one.text)
        for name in small.labels.names:
            assert after.probability_of(renamed[name]) == pytest.approx(before.probability_of(name), abs=0.01)


@pytest.mark.parametrize(
    ("texts", "labels", "said"),
    [
        ([], [], "0 label"),
        (["a"] * 5, ["x"] * 5, "1 label"),
        (["a"] * 9, ["x"] * 5 + ["y"] * 4, "'y' has 4 of the 5"),
        (["a"] * 9, ["x"] * 10, "9 texts, but 10 labels"),
        ("a" * 10, ["x", "y"] * 5, "10 texts, but 10 labels"),
        (["a"] * 10, ["", "y"] * 5, "must be a name, not ''"),
        (["a"] * 10, [None, "y"] * 5, "must be a name, not None"),
    ],
)
def test_what_nothing_can_be_learned_from_is_refused(texts: Any, labels: Any, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        fit(texts, labels, version="x/1")


def test_training_without_scikit_learn_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    with pytest.raises(ModelError, match="pip install scikit-learn"):
        fit(["a", "b"] * 5, ["x", "y"] * 5, version="x/1")


def test_prediction_needs_no_scikit_learn() -> None:
    program = (
        "import sys; from noesis.classification import classify_category, detect_story; "
        "classify_category('a'); detect_story('a'); "
        "print([name for name in ('sklearn', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# --- what nobody expects --------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", " \n\t", "0123 456", "!?…", "\x00", "\ud800", "🙂🙂", "从前有一个女孩"])
def test_a_text_without_a_known_word_has_the_probabilities_of_an_empty_one(text: str) -> None:
    found = classify_category(text)
    assert (found.label, found.known_words) == ("other", 0)
    assert found == classify_category("")


def test_of_a_huge_text_the_beginning_is_read() -> None:
    text = "oven " * (REACH // 5)
    assert len(text) == REACH
    assert classify_category(text + "museum " * 1_000_000) == classify_category("oven")


@pytest.mark.parametrize("text", [None, 1, b"bytes", ["text"]])
def test_what_is_no_text_is_refused(text: Any) -> None:
    with pytest.raises(TextError, match=f"must be a string, not {type(text).__name__}"):
        classify_category(text)
    with pytest.raises(TextError, match="must be a string"):
        classify_batch(["text", text])


@pytest.mark.parametrize("text", ["one text", b"bytes"])
def test_a_batch_is_not_one_text(text: Any) -> None:
    with pytest.raises(TextError, match="classify_category"):
        classify_batch(text)


def test_an_empty_batch_has_no_answers() -> None:
    assert classify_batch([]) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"labels": LabelSet(version="x", names=("b", "a"))}, "sorted"),
        ({"labels": LabelSet(version="x", names=("a", "a"))}, "sorted"),
        ({"labels": LabelSet(version="x", names=("a",))}, "two at least"),
        ({"weights": np.zeros((2, 5))}, "2 labels and 65536 buckets"),
        ({"bias": np.zeros(3)}, "2 labels and"),
        ({"bias": np.array([0, np.nan])}, "at most 1e.09"),
        ({"weights": np.full((2, BUCKETS), np.inf)}, "at most 1e.09"),
    ],
)
def test_a_model_that_cannot_be_is_refused(changed: dict[str, Any], said: str) -> None:
    told: dict[str, Any] = {
        "labels": LabelSet(version="x", names=("a", "b")),
        "weights": np.zeros((2, BUCKETS)),
        "bias": np.zeros(2),
    }
    assert Model(**told).classify("text").probabilities == (0.5, 0.5)
    with pytest.raises(ModelError, match=said):
        Model(**told | changed)


# --- records --------------------------------------------------------------------------------------


def test_an_answer_is_frozen_and_can_be_kept_and_sent() -> None:
    found = classify_category("the recipe of a cake")
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.label = "sport"  # type: ignore[misc]  # what is refused
    assert hash(found) == hash(classify_category("the recipe of a cake"))
    again: Category = pickle.loads(pickle.dumps(found))
    assert again == found


def test_a_label_that_is_none_is_named() -> None:
    with pytest.raises(KeyError, match=r"'cooking' is no label of topics/1: arts, business"):
        classify_category("a").probability_of("cooking")
