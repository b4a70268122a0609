"""What a text is about, and whether it tells a story: small models that come with the package, or one's own.

``classify_category``, ``classify_batch`` and ``detect_story`` work at once; ``fit`` trains a model on other
texts and labels, ``save`` and ``load`` keep it. docs/classification.md.
"""

from __future__ import annotations

from collections.abc import Iterable

from noesis.classification.calibration import calibration_error
from noesis.classification.files import load, save, shipped
from noesis.classification.fitting import fit
from noesis.classification.model import Model
from noesis.classification.records import Category, Feature, LabelSet, Story
from noesis.classification.story import detect, shipped_story_model

__all__ = [
    "Category",
    "Feature",
    "LabelSet",
    "Model",
    "Story",
    "calibration_error",
    "classify_batch",
    "classify_category",
    "detect_story",
    "fit",
    "load",
    "save",
    "shipped",
]


def classify_category(text: str) -> Category:
    """What ``text`` is about, by the model of the package; the first 100,000 characters are read.

    Raises ``TextError`` for what is no text.
    """
    return shipped().classify(text)


def classify_batch(texts: Iterable[str]) -> list[Category]:
    """The same for each of any number of texts, in their order. Raises ``TextError``."""
    return shipped().classify_batch(texts)


def detect_story(text: str) -> Story:
    """Whether ``text``, of which the first 100,000 characters are read, tells a story, and what says so.

    Raises ``TextError`` for what is no text.
    """
    return detect(text, shipped_story_model())
