"""The order of neighbours, and how many of the true ones were found. Pure."""

from __future__ import annotations

import numpy as np

from noesis.errors import VectorError
from noesis.rag.vectors.records import Keys, Neighbours, Rows


def ranked(keys: Keys, scores: Rows) -> Neighbours:
    """Each row of (m, k) best first, equal scores by their key."""
    order = np.lexsort((keys, -scores), axis=1)
    return Neighbours(
        keys=np.take_along_axis(keys, order, axis=1), scores=np.take_along_axis(scores, order, axis=1)
    )


def recall(found: Neighbours, truth: Neighbours) -> float:
    """recall@k, 0 to 1: the share of the true k that was found, the mean over the queries.

    k is what ``truth`` has; of ``found`` the first k count. One counts that is among the true ones, or that
    ties with the last of them: its score is the same number, so it is as near. Scores that an engine rounds
    tie with nothing, and recall is the lower for it. Raises ``VectorError`` where the two answer different
    numbers of queries, or none, or k is 0.
    """
    queries, k = truth.keys.shape
    if len(found.keys) != queries or not queries or not k:
        raise VectorError(
            f"recall needs the answers to the same queries: {len(found.keys)} were found, "
            f"{queries} with {k} neighbours are true"
        )
    keys, scores = found.keys[:, :k], found.scores[:, :k]
    is_true = (keys[:, :, None] == truth.keys[:, None, :]).any(axis=2)
    counted = is_true | (scores == truth.scores[:, -1:])
    return float(counted.sum() / (queries * k))
