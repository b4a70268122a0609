"""What may go into a vector index, and be asked of it. Pure; a sentence names the first that may not."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from noesis.errors import VectorError
from noesis.rag.vectors.records import Keys, Rows

# Of a vector's length from 1. Rounding each number to 16 bits, as an engine may, moves it by 2**-11 = 0.0005;
# a vector that was never normalised is further off.
LENGTH_TOLERANCE = 0.001


def checked_keys(keys: npt.NDArray[Any]) -> Keys:
    """(n,) int64, none negative. Raises ``VectorError``."""
    if not isinstance(keys, np.ndarray) or keys.ndim != 1 or keys.dtype != np.int64:
        raise VectorError(f"keys must be an int64 array of shape (n,), not {_shown(keys)}")
    if (negative := keys < 0).any():
        raise VectorError(f"key {keys[negative][0]} is negative; keys are 0 or greater")
    return keys


def checked_vectors(vectors: npt.NDArray[Any], dimensions: int) -> Rows:
    """(n, dimensions) float32, in rows of memory, each of length 1 or 0. Raises ``VectorError``."""
    shape = vectors.shape if isinstance(vectors, np.ndarray) and vectors.dtype == np.float32 else ()
    if len(shape) != 2 or shape[1] != dimensions:
        raise VectorError(
            f"vectors must be a float32 array of shape (n, {dimensions}), not {_shown(vectors)}"
        )
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    # Written so that NaN, which is in no order, is refused.
    refused = ~((np.abs(lengths - 1) <= LENGTH_TOLERANCE) | (lengths == 0))
    if refused.any():
        row = int(refused.argmax())
        raise VectorError(
            f"row {row} has length {lengths[row]:.4g}; divide vectors by their length (the zero row may stay)"
        )
    return np.ascontiguousarray(vectors)


def check_pairs(keys: Keys, vectors: Rows) -> None:
    """Each row has a key of its own. Raises ``VectorError``."""
    if len(keys) != len(vectors):
        raise VectorError(f"there are {len(keys)} keys for {len(vectors)} vectors; give one for each")
    ordered = np.sort(keys)
    if (twice := ordered[1:] == ordered[:-1]).any():
        raise VectorError(f"key {ordered[1:][twice][0]} stands twice; give each key once")


def checked_count(k: int) -> int:
    """0 or greater. Raises ``VectorError``."""
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 0:
        raise VectorError(f"k must be a whole number, 0 or greater, not {k!r}")
    return int(k)


def _shown(value: object) -> str:
    return f"{value.dtype} of {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__
