"""Where arrays are computed: in main memory with NumPy, or on a CUDA device with CuPy or PyTorch.

Owns the few operations that embedding and exact search need, the same in each library, and the sentence
that says why a device cannot be used. Refuses anything that only one caller would want.

What one library computes differs from another's by the order of its float32 sums only. Products of unit
vectors of d dimensions differ by d * 2^-23 at most (3e-5 for 256; Higham, Accuracy and Stability of Numerical
Algorithms, section 3.1, once for each library), as a rule by less than 1e-6.
"""

from __future__ import annotations

import importlib.util
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from noesis.errors import ConfigError, ExtraError

Native = Any  # an array of the library's own: numpy.ndarray, cupy.ndarray or torch.Tensor; two are optional


class Arrays(Protocol):
    """One array library on one device. Native arrays stay on the device between calls."""

    @property
    def name(self) -> str:
        """``numpy``, ``cupy`` or ``torch``."""

    def asarray(self, array: npt.NDArray[Any]) -> Native:
        """The array on the device, of the same type; NumPy's own is not copied."""

    def to_numpy(self, native: Native) -> npt.NDArray[Any]:
        """The array in main memory; NumPy's own is not copied."""

    def matmul(self, left: Native, right: Native) -> Native:
        """(m, d) times (d, n) -> (m, n), float32; ``right`` may be the ``.T`` of an array."""

    def topk(self, scores: Native, k: int) -> tuple[Native, Native]:
        """The ``k`` largest of each row, best first, equal ones by the lower index.

        (m, n) float32 without NaN, 1 <= k <= n -> values (m, k) float32 and their columns (m, k) int64.
        """

    def bag_sums(self, table: Native, rows: Native, starts: Native) -> Native:
        """Sums of rows of a table: one sum for every bag.

        ``table`` (v, d) float32, ``rows`` (t,) int64, ``starts`` (n,) int64, ascending: bag i is ``rows``
        from ``starts[i]`` to ``starts[i + 1]`` (the last one: to the end) -> (n, d) float32. The sum of an
        empty bag is zero.
        """


class NumpyArrays:
    """NumPy in main memory: what the others are compared with."""

    name = "numpy"

    def asarray(self, array: npt.NDArray[Any]) -> Native:
        """As in ``Arrays``."""
        return array

    def to_numpy(self, native: Native) -> npt.NDArray[Any]:
        """As in ``Arrays``."""
        return np.asarray(native)

    def matmul(self, left: Native, right: Native) -> Native:
        """As in ``Arrays``."""
        return left @ right

    def topk(self, scores: Native, k: int) -> tuple[Native, Native]:
        """As in ``Arrays``. A selection, linear in n, then a sort of what is at least the k-th value:
        selecting alone takes any of several that are equal to it."""
        size = scores.shape[1]
        least = np.partition(scores, size - k, axis=1)[:, size - k, None]
        rows, columns = np.divmod(np.flatnonzero(scores >= least), size)  # at least k of each row, in order
        values = scores[rows, columns]
        order = np.lexsort((columns, -values, rows))
        first = np.searchsorted(rows, np.arange(len(scores)))
        best = order[first[:, None] + np.arange(k)]
        return values[best], columns[best]

    def bag_sums(self, table: Native, rows: Native, starts: Native) -> Native:
        """As in ``Arrays``. Bag by bag: what is gathered for one stays in the cache (47 us for 350 rows of
        256; ``np.add.reduceat`` over all: 1,690), and no sum sees another bag."""
        sums = np.empty((len(starts), table.shape[1]), dtype=np.float32)
        for bag, (start, end) in enumerate(pairwise([*starts, len(rows)])):
            table[rows[start:end]].sum(axis=0, out=sums[bag])
        return sums


class CupyArrays:
    """CuPy on the current CUDA device."""

    name = "cupy"

    def __init__(self, cupy: Any) -> None:
        self._cupy = cupy

    def asarray(self, array: npt.NDArray[Any]) -> Native:
        """As in ``Arrays``."""
        return self._cupy.asarray(array)

    def to_numpy(self, native: Native) -> npt.NDArray[Any]:
        """As in ``Arrays``."""
        return np.asarray(self._cupy.asnumpy(native))

    def matmul(self, left: Native, right: Native) -> Native:
        """As in ``Arrays``."""
        return left @ right

    def topk(self, scores: Native, k: int) -> tuple[Native, Native]:
        """As in ``Arrays``; CuPy's sort is stable, its selection is not."""
        columns = self._cupy.argsort(-scores, axis=1, kind="stable")[:, :k]
        return self._cupy.take_along_axis(scores, columns, axis=1), columns

    def bag_sums(self, table: Native, rows: Native, starts: Native) -> Native:
        """As in ``Arrays``: each row is added to its bag's; differences of running sums lose digits."""
        sums = self._cupy.zeros((len(starts), table.shape[1]), dtype=self._cupy.float32)
        bags = self._cupy.searchsorted(starts, self._cupy.arange(len(rows)), side="right") - 1
        self._cupy.add.at(sums, bags, table[rows])
        return sums


class TorchArrays:
    """PyTorch on one of its devices."""

    name = "torch"

    def __init__(self, torch: Any, device: str) -> None:
        self._torch = torch
        self._device = device

    def asarray(self, array: npt.NDArray[Any]) -> Native:
        """As in ``Arrays``; ``torch.tensor`` and not ``as_tensor``, which warns of read-only arrays."""
        return self._torch.tensor(array, device=self._device)

    def to_numpy(self, native: Native) -> npt.NDArray[Any]:
        """As in ``Arrays``."""
        return np.asarray(native.cpu().numpy())

    def matmul(self, left: Native, right: Native) -> Native:
        """As in ``Arrays``; PyTorch's default keeps all 24 bits (no TF32)."""
        return left @ right

    def topk(self, scores: Native, k: int) -> tuple[Native, Native]:
        """As in ``Arrays``; ``torch.topk`` does not say which of equal ones it takes."""
        values, columns = self._torch.sort(scores, dim=1, descending=True, stable=True)
        return values[:, :k], columns[:, :k]

    def bag_sums(self, table: Native, rows: Native, starts: Native) -> Native:
        """As in ``Arrays``."""
        return self._torch.nn.functional.embedding_bag(rows, table, starts, mode="sum")


def arrays(device: str) -> Arrays:
    """The library that computes on ``device``: ``cpu`` (NumPy) or ``cuda`` (CuPy, else PyTorch).

    Raises ``ConfigError`` for another name and where no CUDA device is found, ``ExtraError`` where
    neither library is installed.
    """
    if device == "cpu":
        return NumpyArrays()
    if device != "cuda":
        raise ConfigError(f"device {device!r} is none; use 'cpu' or 'cuda'")
    if importlib.util.find_spec("cupy") is not None:
        return _cupy_arrays()
    if importlib.util.find_spec("torch") is not None:
        return _torch_arrays()
    raise ExtraError(
        "device 'cuda' needs CuPy or PyTorch, and neither is installed; "
        "install groundspeed[rag-cupy] or groundspeed[rag-torch]"
    )


def _cupy_arrays() -> Arrays:
    cupy = importlib.import_module("cupy")
    try:
        found = cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError as error:  # there is no driver, or one that is too old
        raise ConfigError(f"device 'cuda': CuPy finds none here ({error}); use 'cpu'") from error
    if not found:
        raise ConfigError("device 'cuda': CuPy finds none here; use 'cpu'")
    return CupyArrays(cupy)


def _torch_arrays() -> Arrays:
    torch = importlib.import_module("torch")
    if not torch.cuda.is_available():
        raise ConfigError("device 'cuda': PyTorch finds none here; use 'cpu'")
    return TorchArrays(torch, "cuda")
