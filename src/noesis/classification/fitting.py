"""Models from texts whose answers are known. Owns what is held out and how probabilities are calibrated;
scikit-learn does the optimising, and is needed for nothing else.

Multinomial logistic regression with an L2 penalty (Bishop, "Pattern Recognition and Machine Learning", 2006,
section 4.3.4). The penalty makes a model say less than it knows; a temperature, found on texts that it
has not seen, mends that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noesis.classification.calibration import temperature
from noesis.classification.hashing import BUCKETS, Buckets
from noesis.classification.model import Model, Numbers
from noesis.classification.records import LabelSet
from noesis.classification.story import FEATURES, StoryModel, shares_of
from noesis.errors import ModelError

HELD_OUT = 5  # every fifth text of a label is not learned from: the temperature is found on it
PENALTY = 0.03  # 1 / C of scikit-learn; of 0.03, 0.1, 0.3 and 1 the least calibration error on made texts
TOLERANCE = 1e-8  # of the gradient; at 1e-6 another BLAS moved weights by 0.005, here by 0.0001
ITERATIONS = 1_000  # a few hundred do for made texts; more are for harder ones


def fit(texts: Sequence[str], labels: Sequence[str], *, version: str) -> Model:
    """A model that tells ``labels`` apart, the one of each text, as these texts show them.

    ``version`` names the set of labels. At least two labels, each on five texts or more. The same texts in
    the same order give the same model. Raises ``ModelError`` (also where scikit-learn is not installed) and
    ``TextError``.
    """
    names = _names(texts, labels)
    buckets = Buckets()
    features = matrix([buckets.of(text) for text in texts])
    truth = np.array([names.index(label) for label in labels])
    is_held_out = _every_fifth(labels)
    weights, bias = _fitted(features[~is_held_out], truth[~is_held_out])
    heat = temperature(features[is_held_out] @ weights.T + bias, truth[is_held_out])
    return Model(labels=LabelSet(version=version, names=names), weights=weights / heat, bias=bias / heat)


def _fitted(features: Any, truth: NDArray[np.intp]) -> tuple[Numbers, Numbers]:
    """(labels, BUCKETS) and (labels,). Buckets that no text has keep 0, and are left out."""
    regression = _regression()
    seen = np.unique(features.indices)
    regression.fit(features[:, seen], truth)
    found, bias = regression.coef_, regression.intercept_
    if len(bias) == 1:  # of two labels scikit-learn keeps the difference alone
        found, bias = np.vstack([-found, found]) / 2, np.concatenate([-bias, bias]) / 2
    weights = np.zeros((len(bias), BUCKETS))
    weights[:, seen] = found
    return weights, bias


def matrix(rows: Sequence[Sequence[int]]) -> Any:
    """Texts, given by their different buckets, as scikit-learn takes them: sparse (texts, BUCKETS), each row
    of length 1, or 0 without a word."""
    from scipy.sparse import csr_matrix

    counts = [len(row) for row in rows]
    values = np.repeat(1 / np.sqrt(np.maximum(counts, 1)), counts)
    columns = np.array([bucket for row in rows for bucket in row], dtype=np.int32)
    return csr_matrix((values, columns, np.cumsum([0, *counts])), shape=(len(rows), BUCKETS))


def fit_story(texts: Sequence[str], are_stories: Sequence[bool]) -> StoryModel:
    """The weights of what a story shows, as these texts show them. Raises as ``fit`` does."""
    _names(texts, [str(one) for one in are_stories])
    regression = _regression()
    shares = [[found[name] for name in FEATURES] for found in (shares_of(text)[1] for text in texts)]
    scale = np.std(shares, axis=0) + 1e-9  # the penalty is the same for rare features and for common ones
    regression.fit(np.asarray(shares) / scale, are_stories)
    weights = (regression.coef_[0] / scale).tolist()
    return StoryModel(base=float(regression.intercept_[0]), weights=dict(zip(FEATURES, weights, strict=True)))


def _names(texts: Sequence[str], labels: Sequence[str]) -> tuple[str, ...]:
    if isinstance(texts, str) or len(texts) != len(labels):
        raise ModelError(f"{len(texts)} texts, but {len(labels)} labels; give each text its own")
    counts = Counter(labels)
    if len(counts) < 2:
        raise ModelError(f"{len(counts)} label to tell apart from nothing; give texts of two labels at least")
    for name, count in counts.items():
        if not isinstance(name, str) or not name:
            raise ModelError(f"a label must be a name, not {name!r}")
        if count < HELD_OUT:
            raise ModelError(f"label {name!r} has {count} of the {HELD_OUT} texts that it takes; add some")
    return tuple(sorted(counts))


def _regression() -> Any:
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise ModelError("training needs scikit-learn; pip install scikit-learn, and train again") from error
    return LogisticRegression(C=1 / PENALTY, tol=TOLERANCE, max_iter=ITERATIONS)


def _every_fifth(labels: Sequence[str]) -> NDArray[np.bool_]:
    seen: Counter[str] = Counter()
    held_out = []
    for label in labels:
        seen[label] += 1
        held_out.append(seen[label] % HELD_OUT == 0)
    return np.array(held_out)
