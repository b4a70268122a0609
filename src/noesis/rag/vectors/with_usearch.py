"""The usearch engine: a graph of neighbours (HNSW), walked from far to near, mapped from its file.

Malkov, Yashunin: Efficient and robust approximate nearest neighbor search using hierarchical navigable small
world graphs, 2016. What is found is approximate, vectors are kept in 16 bits. One thread builds, so the same
additions in the same order make the same graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from noesis.extras import required
from noesis.rag.vectors.ranking import ranked
from noesis.rag.vectors.records import Keys, Neighbours, Payload, Rows

# Recall@10 of 99,000 embeddings of made Markdown, 256 numbers each, by how many are looked at on the way:
# 64 0.920, 96 0.952, 128 0.962, 256 0.985; a query's time grows alike. Of 20,000, a connectivity of 32 finds
# 0.006 more and takes twice as long; an expansion of 64 when adding finds 0.010 less in half the build.
CONNECTIVITY = 16
EXPANSION_ADD = 128
EXPANSION_SEARCH = 128
# Half the file of f32 (6.6 MB for 10,000 against 11.7) at the same recall, scores within 0.0001. bf16 is as
# small and loses 0.005 of the recall, i8 0.11.
DTYPE = "f16"
# Of so few all are looked at, which takes 0.29 ms where a walk takes 0.11, and none is missed.
EXACT_UP_TO = 5_000


class UsearchEngine:
    """A usearch index; a view of a mapped file until the first change, then in memory."""

    def __init__(self, dimensions: int, *, payload: Payload = b"") -> None:
        self._dimensions = dimensions
        self._index = self._made()
        self._viewed = payload  # usearch reads it and does not hold it: it must live as long as the index
        if payload:
            self._index.view(payload)
            if self._index.ndim != dimensions:
                raise ValueError(f"{self._index.ndim} dimensions, not {dimensions}")

    def __len__(self) -> int:
        return len(self._index)

    def contains(self, keys: Keys) -> npt.NDArray[np.bool_]:
        """As in ``Engine``."""
        found: npt.NDArray[np.bool_] = self._index.contains(keys)
        return found

    def add(self, keys: Keys, vectors: Rows) -> None:
        """As in ``Engine``."""
        self._load()
        self._index.add(keys, vectors, threads=1)

    def remove(self, keys: Keys) -> None:
        """As in ``Engine``: a removed vector stays a way to others, until another takes its place."""
        self._load()
        self._index.remove(keys, threads=1)

    def nearest(self, vectors: Rows, k: int) -> Neighbours:
        """As in ``Engine``; where a walk ends before it met ``k``, every vector is looked at."""
        found = self._searched(vectors, k, exact=len(self) <= EXACT_UP_TO)
        if found.keys.shape[1] < k:
            found = self._searched(vectors, k, exact=True)
        return found

    def vectors(self, keys: Keys) -> Rows:
        """As in ``Engine``; each number is rounded to 16 bits, by 2**-11 of itself at most."""
        return np.vstack(self._index.get(keys)).astype(np.float32)

    def payload(self) -> Sequence[memoryview]:
        """What usearch writes, as a copy in memory."""
        return (memoryview(self._index.save()),)

    def _made(self) -> Any:
        # "cos" would divide by the length of the zero row; of unit vectors the product is the cosine
        return required("usearch.index", "rag").Index(
            ndim=self._dimensions,
            metric="ip",
            dtype=DTYPE,
            connectivity=CONNECTIVITY,
            expansion_add=EXPANSION_ADD,
            expansion_search=EXPANSION_SEARCH,
        )

    def _load(self) -> None:
        """Before a change: usearch 2.26 refuses to add to a view, and crashes when it removes from one."""
        if self._viewed:
            loaded = self._made()
            loaded.load(self._viewed)
            self._index = loaded
            self._viewed = b""

    def _searched(self, vectors: Rows, k: int, *, exact: bool) -> Neighbours:
        """Up to ``k`` columns: as many as every query has found."""
        found = self._index.search(vectors, k, threads=1, exact=exact)
        filled = len(found.keys) if len(vectors) == 1 else int(found.counts.min())
        keys = np.atleast_2d(found.keys)[:, :filled].astype(np.int64)
        return ranked(keys, 1 - np.atleast_2d(found.distances)[:, :filled])
