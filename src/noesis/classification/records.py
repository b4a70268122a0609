"""What a classification gives back. Every record is frozen, can be compared, and can be sent to a process."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelSet:
    """The labels that a model knows, sorted, and the version of their set: ``"topics/1"``."""

    version: str
    names: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Category:
    """What a text is about: ``label``, the most probable (of equal ones the first).

    ``probabilities``: of every label, in the order of ``labels.names``; they sum to 1. ``known_words``: how
    many different words of the text the model has learned; with 0 it had nothing to go by.
    """

    label: str
    probabilities: tuple[float, ...]
    labels: LabelSet
    known_words: int

    @property
    def probability(self) -> float:
        """Of the label."""
        return self.probability_of(self.label)

    def probability_of(self, name: str) -> float:
        """Of any label of the set; ``KeyError`` for another."""
        if name not in self.labels.names:
            raise KeyError(f"{name!r} is no label of {self.labels.version}: {', '.join(self.labels.names)}")
        return self.probabilities[self.labels.names.index(name)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Feature:
    """What speaks for a story or against it. ``value``: a share from 0 to 1; ``log_odds``: what it adds."""

    name: str
    value: float
    log_odds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """Whether a text tells a story. ``features``: each that was looked at; ``base_log_odds`` and what they
    add are the log odds of ``probability``. ``words``: how many of the text were looked at."""

    probability: float
    features: tuple[Feature, ...]
    base_log_odds: float
    words: int

    @property
    def is_story(self) -> bool:
        """Rather than not."""
        return self.probability >= 0.5
