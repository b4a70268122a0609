"""Vectors to look among, and the neighbours that a literal search finds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from noesis.rag.vectors.records import Keys, Rows


def unit(rows: npt.NDArray[Any]) -> Rows:
    """Each row divided by its length."""
    found: Rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return found


def clustered(count: int, dimensions: int, *, seed: int, cluster: int = 50) -> Rows:
    """Rows about common centres, with a cosine of about 0.6 to each other, in no order."""
    random = np.random.default_rng(seed)
    centres = unit(random.standard_normal((max(count // cluster, 1), dimensions)))
    around = unit(random.standard_normal((count, dimensions)))
    found: Rows = unit(centres[random.integers(len(centres), size=count)] + np.float32(0.8) * around)
    return found


def cosine(left: Rows, right: Rows) -> float:
    """The product of two vectors, its sum rounded once, as float32 has it."""
    pairs = zip(left.tolist(), right.tolist(), strict=True)
    return float(np.float32(math.fsum(one * other for one, other in pairs)))


def literal(keys: Keys, rows: Rows, query: Rows, k: int) -> list[tuple[int, float]]:
    """The nearest keys with their scores, best first, equal scores by key."""
    scored = [(key, cosine(query, row)) for key, row in zip(keys.tolist(), rows, strict=True)]
    return sorted(scored, key=lambda one: (-one[1], one[0]))[:k]
