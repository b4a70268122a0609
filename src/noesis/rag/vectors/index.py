"""Vector indexes by the name of their engine. Owns what all have in common: what they accept, who waits for
whom, and the file; knows nothing of how neighbours are found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from noesis.errors import ConfigError, StorageError, VectorError
from noesis.rag.vectors import files
from noesis.rag.vectors.checking import check_pairs, checked_count, checked_keys, checked_vectors
from noesis.rag.vectors.exact import ExactEngine
from noesis.rag.vectors.records import Engine, Neighbours, Payload, Rows, VectorIndex
from noesis.rag.vectors.turns import Turns
from noesis.rag.vectors.with_faiss import FaissEngine
from noesis.rag.vectors.with_usearch import UsearchEngine

ENGINES = ("usearch", "faiss", "exact")  # the first is the one to begin with
LARGEST_DIMENSIONS = 65_536  # embeddings have up to some 4,096; libraries fail in their own ways far above


class _Index:
    """A ``VectorIndex`` over an engine."""

    def __init__(self, name: str, dimensions: int, engine: Engine) -> None:
        self.name = name
        self.dimensions = dimensions
        self._engine = engine
        self._turns = Turns()

    def __len__(self) -> int:
        with self._turns.reading():
            return len(self._engine)

    def add(self, keys: npt.NDArray[Any], vectors: npt.NDArray[Any]) -> None:
        keys, vectors = checked_keys(keys), checked_vectors(vectors, self.dimensions)
        check_pairs(keys, vectors)
        if not len(keys):
            return
        with self._turns.writing():
            if (there := self._engine.contains(keys)).any():
                raise VectorError(f"key {keys[there][0]} is there already; remove it first")
            self._engine.add(keys, vectors)

    def remove(self, keys: npt.NDArray[Any]) -> int:
        keys = np.unique(checked_keys(keys))
        if not len(keys):
            return 0
        with self._turns.writing():
            there = keys[self._engine.contains(keys)]
            if len(there):
                self._engine.remove(there)
        return len(there)

    def search(self, vectors: npt.NDArray[Any], k: int) -> Neighbours:
        vectors, k = checked_vectors(vectors, self.dimensions), checked_count(k)
        with self._turns.reading():
            k = min(k, len(self._engine))
            if k and len(vectors):
                return self._engine.nearest(vectors, k)
        shape = (len(vectors), k)
        return Neighbours(keys=np.empty(shape, dtype=np.int64), scores=np.empty(shape, dtype=np.float32))

    def vectors(self, keys: npt.NDArray[Any]) -> Rows:
        keys = checked_keys(keys)
        if not len(keys):
            return np.empty((0, self.dimensions), dtype=np.float32)
        with self._turns.reading():
            if not (there := self._engine.contains(keys)).all():
                raise VectorError(f"key {keys[~there][0]} is not there; ask for keys that were added")
            return self._engine.vectors(keys)

    def save(self, path: Path) -> None:
        with self._turns.reading():
            payload = self._engine.payload() if len(self._engine) else ()
            header = files.Header(
                engine=self.name,
                dimensions=self.dimensions,
                count=len(self._engine),
                bytes=sum(piece.nbytes for piece in payload),
            )
            files.write(path, header, payload)


def vector_index(name: str, dimensions: int, *, device: str = "cpu") -> VectorIndex:
    """An empty index: ``usearch``, ``faiss`` or ``exact``, the last one on ``cuda`` too.

    Raises ``ConfigError`` for another name, dimensions below 1 or above 65,536, and a device that is not
    there, ``ExtraError`` where the engine is not installed.
    """
    if type(dimensions) is not int or not 1 <= dimensions <= LARGEST_DIMENSIONS:
        raise ConfigError(f"dimensions must be a whole number, 1 to {LARGEST_DIMENSIONS}, not {dimensions!r}")
    return _Index(name, dimensions, _engine(name, dimensions, device))


def open_index(path: Path, *, device: str = "cpu") -> VectorIndex:
    """The index that a file holds, mapped: what is not looked at is not read.

    The first change copies it into memory; the file stays as it is until ``save``. Raises ``StorageError``
    where the file cannot be read or is no whole index, else as ``vector_index``.
    """
    header, payload = files.read(path)
    if header.engine not in ENGINES or not 1 <= header.dimensions <= LARGEST_DIMENSIONS:
        raise StorageError(
            f"{path} says that {header.engine!r} wrote vectors of {header.dimensions} numbers, "
            "which this version does not know; build it again"
        )
    try:
        engine = _engine(header.engine, header.dimensions, device, payload=payload, count=header.count)
    except (RuntimeError, ValueError) as error:  # usearch and faiss raise the first, numpy the second
        raise StorageError(f"{path} is damaged ({error}); build the index again") from error
    if len(engine) != header.count:
        raise StorageError(
            f"{path} is damaged ({len(engine)} vectors, not {header.count}); build the index again"
        )
    return _Index(header.engine, header.dimensions, engine)


def _engine(name: str, dimensions: int, device: str, *, payload: Payload = b"", count: int = 0) -> Engine:
    if name == "exact":
        return ExactEngine(dimensions, device, payload=payload, count=count)
    if name not in ENGINES:
        raise ConfigError(f"there is no vector index {name!r}; use {', '.join(ENGINES)}")
    if device != "cpu":
        raise ConfigError(f"vector index {name!r} runs on 'cpu', not on {device!r}; 'exact' runs on 'cuda'")
    return (
        FaissEngine(dimensions, payload=payload)
        if name == "faiss"
        else UsearchEngine(dimensions, payload=payload)
    )
