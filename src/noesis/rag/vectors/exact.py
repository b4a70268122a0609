"""Every vector is looked at: the engine that the others are judged by.

Float32 products of whole matrices find what may be among the best; their scores are then computed again in
float64, number by number. So an answer is the same in any batch, on any device and with any BLAS: the
k largest float32 roundings of the cosines, and equal vectors have equal scores.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from noesis.rag.arrays import Native, arrays
from noesis.rag.vectors.records import Keys, Neighbours, Payload, Rows

_SCORES_AT_ONCE = 4_000_000  # 16 MB of float32: beside the vectors, all that a search takes
_ROWS_AT_ONCE = 4096  # of 256 numbers, in float64: 8 MB
_UNIT_ROUNDOFF = 2.0**-24  # of float32


class ExactEngine:
    """Rows in memory with room at their end, or mapped from a file until the first change."""

    def __init__(self, dimensions: int, device: str, *, payload: Payload = b"", count: int = 0) -> None:
        self._arrays = arrays(device)
        if len(payload) != (wanted := count * (8 + 4 * dimensions)):
            raise ValueError(f"{len(payload)} bytes of vectors, not {wanted}")
        self._keys: Keys = np.frombuffer(payload, dtype=np.int64, count=count)
        self._rows: Rows = np.frombuffer(
            payload, dtype=np.float32, count=count * dimensions, offset=self._keys.nbytes
        ).reshape(count, dimensions)
        self._count = count
        self._places: dict[int, int] = {}  # row by key; made when first asked for
        self._moved: list[Native] = []  # the rows on the device, until the next change

    def __len__(self) -> int:
        return self._count

    def contains(self, keys: Keys) -> npt.NDArray[np.bool_]:
        """As in ``Engine``."""
        places = self._by_key()
        return np.fromiter((key in places for key in keys.tolist()), dtype=np.bool_, count=len(keys))

    def add(self, keys: Keys, vectors: Rows) -> None:
        """As in ``Engine``."""
        places, start = self._by_key(), self._count
        end = start + len(keys)
        self._make_room(end)
        self._keys[start:end], self._rows[start:end] = keys, vectors
        places.update(zip(keys.tolist(), range(start, end), strict=True))
        self._count = end
        self._moved.clear()

    def remove(self, keys: Keys) -> None:
        """As in ``Engine``: the last row takes the place of the one that goes."""
        places = self._by_key()
        self._make_room(self._count)
        for key in keys.tolist():
            place, last = places.pop(key), self._count - 1
            if place != last:
                self._keys[place], self._rows[place] = self._keys[last], self._rows[last]
                places[int(self._keys[place])] = place
            self._count = last
        self._moved.clear()

    def nearest(self, vectors: Rows, k: int) -> Neighbours:
        """As in ``Engine``."""
        step = max(1, _SCORES_AT_ONCE // self._count)
        found = [self._nearest(vectors[at : at + step], k) for at in range(0, len(vectors), step)]
        return Neighbours(
            keys=np.concatenate([one.keys for one in found]),
            scores=np.concatenate([one.scores for one in found]),
        )

    def vectors(self, keys: Keys) -> Rows:
        """As in ``Engine``, bit for bit what was added."""
        places = self._by_key()
        return self._rows[[places[key] for key in keys.tolist()]]

    def payload(self) -> Sequence[memoryview]:
        """The keys, then the rows, as this machine holds them in memory."""
        return self._keys[: self._count].data, self._rows[: self._count].data

    def _by_key(self) -> dict[int, int]:
        if len(self._places) != self._count:
            self._places = dict(zip(self._keys[: self._count].tolist(), range(self._count), strict=True))
        return self._places

    def _make_room(self, wanted: int) -> None:
        """Room for so many rows that may be written: twice what there was, so that adding stays linear."""
        room = len(self._rows)
        if wanted > room or not self._rows.flags.writeable:
            room = max(wanted, 2 * room) if wanted > room else room
            keys = np.empty(room, dtype=np.int64)
            rows = np.empty((room, self._rows.shape[1]), dtype=np.float32)
            keys[: self._count], rows[: self._count] = self._keys[: self._count], self._rows[: self._count]
            self._keys, self._rows = keys, rows

    def _nearest(self, queries: Rows, k: int) -> Neighbours:
        """Some queries against every row. Float32 products may be wrong by ``slack``, two of them by twice
        as much, so whatever comes so near to the k-th is looked at again."""
        compute = self._arrays
        products = compute.matmul(compute.asarray(queries), self._on_device().T)
        kth = compute.topk(products, k)[0][:, k - 1 :]
        near = compute.to_numpy(products >= kth - 2 * self._slack())
        numbers, places = np.divmod(np.flatnonzero(near), self._count)  # nonzero takes fifteen times as long
        keys, scores = self._keys[places], _cosines(queries, self._rows, numbers, places)
        order = np.lexsort((keys, -scores, numbers))
        first = np.searchsorted(numbers, np.arange(len(queries)))
        best = order[first[:, None] + np.arange(k)]
        return Neighbours(keys=keys[best], scores=scores[best])

    def _slack(self) -> float:
        """The largest error of a float32 product of two vectors of length 1: d u / (1 - d u), in whatever
        order it is summed (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section 3.1)."""
        error: float = self._rows.shape[1] * _UNIT_ROUNDOFF
        return error / (1 - error)

    def _on_device(self) -> Native:
        if not self._moved:
            self._moved = [self._arrays.asarray(self._rows[: self._count])]
        return self._moved[0]


def _cosines(
    queries: Rows, rows: Rows, numbers: npt.NDArray[np.intp], places: npt.NDArray[np.intp]
) -> npt.NDArray[np.float32]:
    """The products of pairs, in float64: query ``numbers[i]`` and row ``places[i]`` -> float32 (n,)."""
    found = np.empty(len(places), dtype=np.float32)
    for at in range(0, len(places), _ROWS_AT_ONCE):
        some = slice(at, at + _ROWS_AT_ONCE)
        found[some] = np.sum(queries[numbers[some]].astype(np.float64) * rows[places[some]], axis=1)
    return found
