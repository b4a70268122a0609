"""Several rankings → one. Owns the formula; knows numbers only."""

from __future__ import annotations

import math
from collections.abc import Sequence

RANK_CONSTANT = 60  # the paper's: the best of one ranking weighs less than the second best of two
"""k of reciprocal rank fusion."""


def fuse(rankings: Sequence[Sequence[int]], *, constant: int = RANK_CONSTANT) -> list[tuple[int, float]]:
    """Reciprocal rank fusion: ``score(d) = Σ 1 / (constant + rank(d))`` over the rankings that hold ``d``,
    ranks from 1 (G. Cormack, C. Clarke, S. Buettcher, "Reciprocal Rank Fusion Outperforms Condorcet and
    Individual Rank Learning Methods", SIGIR 2009).

    Numbers with their scores, the highest first, equal ones by number; in a ranking each stands once. The
    order of the rankings changes nothing. O(n log n).
    """
    shares: dict[int, list[float]] = {}
    for ranking in rankings:
        for rank, number in enumerate(ranking, 1):
            shares.setdefault(number, []).append(1 / (constant + rank))
    scores = {number: math.fsum(parts) for number, parts in shares.items()}  # exact: ties stay ties
    return sorted(scores.items(), key=lambda one: (-one[1], one[0]))
