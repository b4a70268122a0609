"""The faiss engine: every vector is looked at, in 16 bits, by compiled loops.

Faiss's graph (HNSW) was tried: it finds as much as usearch's and builds more slowly, and nothing can be
removed from it. A flat index builds in no time, misses nothing and removes for good, so the two engines are
worth having beside each other.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from noesis.extras import required
from noesis.rag.vectors.ranking import ranked
from noesis.rag.vectors.records import Keys, Neighbours, Payload, Rows


class FaissEngine:
    """A flat faiss index of 16-bit numbers, with keys of our own."""

    def __init__(self, dimensions: int, *, payload: Payload = b"") -> None:
        self._faiss = _faiss()
        self._index = self._read(payload) if payload else self._made(dimensions)
        if self._index.d != dimensions:
            raise ValueError(f"{self._index.d} dimensions, not {dimensions}")
        self._keys = set(self._faiss.vector_to_array(self._index.id_map).tolist())

    def __len__(self) -> int:
        return len(self._keys)

    def contains(self, keys: Keys) -> npt.NDArray[np.bool_]:
        """As in ``Engine``."""
        return np.fromiter((key in self._keys for key in keys.tolist()), dtype=np.bool_, count=len(keys))

    def add(self, keys: Keys, vectors: Rows) -> None:
        """As in ``Engine``."""
        with self._one_thread():
            self._index.add_with_ids(vectors, keys)
        self._keys.update(keys.tolist())

    def remove(self, keys: Keys) -> None:
        """As in ``Engine``; what goes is gone from memory."""
        with self._one_thread():
            self._index.remove_ids(keys)
        self._keys.difference_update(keys.tolist())

    def nearest(self, vectors: Rows, k: int) -> Neighbours:
        """As in ``Engine``."""
        with self._one_thread():
            scores, keys = self._index.search(vectors, k)
        return ranked(keys, scores)

    def vectors(self, keys: Keys) -> Rows:
        """As in ``Engine``; each number is rounded to 16 bits, by 2**-11 of itself at most."""
        with self._one_thread():
            found: Rows = self._index.reconstruct_batch(keys)
        return found

    def payload(self) -> Sequence[memoryview]:
        """What faiss writes, as a copy in memory."""
        return (memoryview(self._faiss.serialize_index(self._index)),)

    def _made(self, dimensions: int) -> Any:
        flat = self._faiss.IndexScalarQuantizer(
            dimensions, self._faiss.ScalarQuantizer.QT_fp16, self._faiss.METRIC_INNER_PRODUCT
        )
        return self._faiss.IndexIDMap2(flat)

    def _read(self, payload: Payload) -> Any:
        return self._faiss.deserialize_index(np.frombuffer(payload, dtype=np.uint8))

    @contextlib.contextmanager
    def _one_thread(self) -> Iterator[None]:
        """OpenMP's threads spin while they wait: on a host with other work a query took 16 ms with two of
        them and 1 ms with one. The setting is this thread's own."""
        before = self._faiss.omp_get_max_threads()
        self._faiss.omp_set_num_threads(1)
        try:
            yield
        finally:
            self._faiss.omp_set_num_threads(before)


def _faiss() -> Any:
    """The library, without the lines in which it tells what kinds of processors it was not built for."""
    log = logging.getLogger("faiss.loader")
    before, log.disabled = log.disabled, True
    try:
        return required("faiss", "rag-faiss")
    finally:
        log.disabled = before
