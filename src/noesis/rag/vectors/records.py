"""What a vector index is, what it answers, and what an engine must be able to do to stand behind one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.int64]
Rows = npt.NDArray[np.float32]
Payload = memoryview | bytes  # of a file, mapped; empty: there is none


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Neighbours:
    """The nearest keys of m queries, a row each: ``keys`` int64 (m, k), ``scores`` float32 (m, k), cosines.

    Best first, equal scores by their key. No place is empty: k is at most the number of vectors.
    """

    keys: Keys
    scores: Rows


class VectorIndex(Protocol):
    """Vectors by key, and the nearest ones of a query.

    Vectors are of length one, or zero: the zero row scores 0 with everything. Any number of threads may
    call anything at any time: searches run beside each other, a change waits for them and they for it.
    """

    @property
    def name(self) -> str:
        """The engine's: one of ``ENGINES``."""

    @property
    def dimensions(self) -> int:
        """Numbers in a vector."""

    def __len__(self) -> int:
        """How many vectors there are."""

    def add(self, keys: Keys, vectors: Rows) -> None:
        """Add vectors: ``keys`` int64 (n,), 0 or greater; ``vectors`` float32 (n, dimensions).

        Raises ``VectorError``, and nothing has changed, where a key is there already, stands twice or is
        negative, and where shape, type or length of the vectors is another.
        """

    def remove(self, keys: Keys) -> int:
        """Remove what is there of ``keys``, int64 (n,); how many that were. Raises ``VectorError``."""

    def search(self, vectors: Rows, k: int) -> Neighbours:
        """The ``min(k, len)`` nearest of each query; ``vectors`` float32 (m, dimensions), k 0 or greater.

        Raises ``VectorError`` where queries or ``k`` are none.
        """

    def vectors(self, keys: Keys) -> Rows:
        """The vectors of ``keys``, int64 (n,) -> float32 (n, dimensions), in the engine's precision.

        Raises ``VectorError`` where a key is not there.
        """

    def save(self, path: Path) -> None:
        """Write everything to one file, which is replaced at the end. Raises ``StorageError``."""


class Engine(Protocol):
    """What stands behind an index: keys and vectors come checked, no search runs during a change."""

    def __len__(self) -> int:
        """How many vectors there are."""

    def contains(self, keys: Keys) -> npt.NDArray[np.bool_]:
        """Which of ``keys`` are there, (n,)."""

    def add(self, keys: Keys, vectors: Rows) -> None:
        """Add vectors under keys that are not there."""

    def remove(self, keys: Keys) -> None:
        """Remove keys that are there, each once."""

    def nearest(self, vectors: Rows, k: int) -> Neighbours:
        """The ``k`` nearest of each query, 1 <= k <= len, best first, equal scores by key."""

    def vectors(self, keys: Keys) -> Rows:
        """The vectors of keys that are there."""

    def payload(self) -> Sequence[memoryview]:
        """What ``open`` of the same engine needs, as pieces of bytes that stand one after the other."""
