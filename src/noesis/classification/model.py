"""A linear model over hashed words: log odds in, calibrated probabilities out. Owns the arithmetic.

A text's features are its different buckets, each 1 / sqrt(their number): unit length (L2), whatever the
length of the text. One text is a batch of one: the numbers are the same, to the last bit.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from noesis.classification.hashing import BUCKETS, Buckets
from noesis.classification.records import Category, LabelSet
from noesis.errors import ModelError, TextError

CHUNK = 256  # texts that are worked on at once; more gain nothing, and cost memory
LARGEST = 1e9  # log odds of a bucket; nothing is more certain than 1e3 already, and sums stay finite

Numbers = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Model:
    """``weights``: (labels, BUCKETS) log odds, 0 where nothing was learned; ``bias``: (labels,) log odds."""

    labels: LabelSet
    weights: Numbers
    bias: Numbers
    _learned: NDArray[np.bool_] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        names = self.labels.names
        if len(names) < 2 or list(names) != sorted(set(names)):
            raise ModelError(f"the labels must be sorted, different and two at least, not {names!r}")
        if self.weights.shape != (len(names), BUCKETS) or self.bias.shape != (len(names),):
            raise ModelError(f"weights and bias must be of {len(names)} labels and {BUCKETS} buckets")
        if not all((np.abs(numbers) <= LARGEST).all() for numbers in (self.weights, self.bias)):
            raise ModelError(
                f"weights and bias must be numbers of at most {LARGEST:g}; train the model again"
            )
        object.__setattr__(self, "_learned", self.weights.any(axis=0))

    def classify(self, text: str) -> Category:
        """What the text is about. Raises ``TextError`` for what is no text."""
        return self.classify_batch([text])[0]

    def classify_batch(self, texts: Iterable[str]) -> list[Category]:
        """The same for each of any number of texts, in their order. Raises ``TextError``."""
        if isinstance(texts, (str, bytes)):
            raise TextError("a batch is a list of texts, not one text; use classify_category for one")
        remaining = iter(texts)
        found: list[Category] = []
        while chunk := list(itertools.islice(remaining, CHUNK)):
            found.extend(self._classified(chunk))
        return found

    def _classified(self, texts: list[str]) -> Iterator[Category]:
        buckets = Buckets()
        rows = [buckets.of(text) for text in texts]
        probabilities = self.probabilities(rows)
        best = probabilities.argmax(axis=1).tolist()
        for row, at, shares in zip(rows, best, probabilities.tolist(), strict=True):
            yield Category(
                label=self.labels.names[at],
                probabilities=tuple(shares),
                labels=self.labels,
                known_words=int(np.count_nonzero(self._learned[row])),
            )

    def probabilities(self, rows: list[list[int]]) -> Numbers:
        """Of every label, (texts, labels), for texts given by their different buckets: softmax."""
        counts = np.array([len(row) for row in rows])
        flat = np.fromiter(itertools.chain.from_iterable(rows), dtype=np.intp, count=counts.sum())
        owner = np.repeat(np.arange(len(rows)), counts)
        # bincount adds in the order of the words, one text like many
        sums = [np.bincount(owner, weights=one[flat], minlength=len(rows)) for one in self.weights]
        log_odds = np.stack(sums, axis=1) / np.sqrt(np.maximum(counts, 1))[:, None] + self.bias
        shares = np.exp(log_odds - log_odds.max(axis=1, keepdims=True))
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))
