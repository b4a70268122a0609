"""The seam for array libraries: each against literal loops, and what is said where a device is not there.

CuPy's code runs on a stand-in (cupy_stand_in.py), PyTorch's on the processor where PyTorch is installed. What
a CUDA device computes is tested where there is one.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noesis.errors import ConfigError, ExtraError, NoesisError
from noesis.rag.arrays import Arrays, CupyArrays, NumpyArrays, TorchArrays, arrays
from tests.cupy_stand_in import StandInForCupy


def cuda() -> Arrays:
    """A real device, or the test is skipped."""
    try:
        return arrays("cuda")
    except NoesisError:
        pytest.skip("no CUDA device")


LIBRARIES: dict[str, Callable[[], Arrays]] = {
    "numpy": NumpyArrays,
    "cupy stand-in": lambda: CupyArrays(StandInForCupy()),
    "torch on the processor": lambda: TorchArrays(pytest.importorskip("torch"), "cpu"),
    "cuda": cuda,
}


@pytest.fixture(params=list(LIBRARIES), scope="module")
def library(request: pytest.FixtureRequest) -> Arrays:
    return LIBRARIES[request.param]()


@st.composite
def scores(draw: st.DrawFn) -> tuple[np.ndarray[Any, Any], int]:
    """Few different values, so that most are equal to others; both zeros."""
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 12))
    values = st.sampled_from([-1.0, -0.0, 0.0, 0.25, 1.0])
    row = st.lists(values, min_size=columns, max_size=columns)
    drawn = draw(st.lists(row, min_size=rows, max_size=rows))
    return np.array(drawn, dtype=np.float32), draw(st.integers(1, columns))


@settings(deadline=None, derandomize=True, max_examples=60)
@given(scores())
def test_the_best_of_each_row_come_by_value_and_then_by_column(
    library: Arrays, drawn: tuple[np.ndarray[Any, Any], int]
) -> None:
    table, k = drawn
    before = table.copy()
    best = library.topk(library.asarray(table), k)
    values, columns = (library.to_numpy(part) for part in best)
    for row, found, where in zip(table, values, columns, strict=True):
        literal = sorted((-value, column) for column, value in enumerate(row.tolist()))[:k]
        assert [
            (-value, column) for value, column in zip(found.tolist(), where.tolist(), strict=True)
        ] == literal
    assert values.dtype == np.float32
    assert columns.dtype == np.int64
    assert np.array_equal(table, before)


@pytest.mark.parametrize(
    ("sizes", "why"),
    [
        ((3, 1, 4), "three bags"),
        ((2, 0, 3), "an empty one inside"),
        ((0, 2, 0), "at both ends"),
        ((0,), "nothing but an empty one"),
        ((1000,), "many rows"),
    ],
)
def test_the_sum_of_a_bag(library: Arrays, sizes: tuple[int, ...], why: str) -> None:
    generator = np.random.default_rng(7)
    table = generator.standard_normal((11, 5)).astype(np.float32)
    rows = generator.integers(0, 11, sum(sizes))
    starts = np.array([sum(sizes[:bag]) for bag in range(len(sizes))])
    literal = np.zeros((len(sizes), 5))
    for bag, (start, size) in enumerate(zip(starts, sizes, strict=True)):
        for row in rows[start : start + size]:
            literal[bag] += table[row]
    natives = [library.asarray(array) for array in (table, rows, starts)]
    sums = library.to_numpy(library.bag_sums(*natives))
    assert sums.shape == literal.shape
    assert sums.dtype == np.float32
    # Higham, Accuracy and Stability of Numerical Algorithms, section 4.2: n roundings by 2^-24 of at most the
    # sum of the absolute values; with 1,000 rows a sixteenth of what one row too many would make.
    assert (np.abs(sums - literal) <= len(rows) * 2**-24 * np.abs(table[rows]).sum(axis=0)).all(), why


def test_a_product_is_that_of_loops(library: Arrays) -> None:
    generator = np.random.default_rng(7)
    left, right = (generator.standard_normal((rows, 6)).astype(np.float32) for rows in (3, 4))
    found = library.to_numpy(library.matmul(library.asarray(left), library.asarray(right).T))
    literal = [[sum(a * b for a, b in zip(one, other, strict=True)) for other in right] for one in left]
    assert found == pytest.approx(np.array(literal), abs=1e-5)


def test_an_array_that_may_only_be_read_is_taken(library: Arrays) -> None:
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    array.setflags(write=False)
    assert library.to_numpy(library.asarray(array)).tolist() == array.tolist()


def test_the_processor_needs_no_library() -> None:
    assert arrays("cpu").name == "numpy"


def test_cupy_is_taken_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", StandInForCupy())
    assert arrays("cuda").name == "cupy"


def broken() -> int:
    raise OSError("the driver is too old")


@pytest.mark.parametrize(
    ("modules", "error", "said"),
    [
        ({"cupy": None, "torch": None}, ExtraError, r"install groundspeed\[rag-cupy\] or groundspeed\[rag-t"),
        ({"cupy": StandInForCupy(devices=0)}, ConfigError, "CuPy finds none here; use 'cpu'"),
    ],
)
def test_a_device_that_is_not_there(
    modules: dict[str, Any], error: type[NoesisError], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    with pytest.raises(error, match=said):
        arrays("cuda")


def test_what_the_driver_says_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    standing = StandInForCupy()
    standing.cuda.runtime.getDeviceCount = broken
    monkeypatch.setitem(sys.modules, "cupy", standing)
    with pytest.raises(ConfigError, match=r"none here \(the driver is too old\)"):
        arrays("cuda")


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")
def test_pytorch_without_a_device(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(ConfigError, match="PyTorch finds none here; use 'cpu'"):
        arrays("cuda")


@pytest.mark.parametrize("device", ["", "gpu", "CPU", "cuda:1"])
def test_another_name_is_refused(device: str) -> None:
    with pytest.raises(ConfigError, match="use 'cpu' or 'cuda'"):
        arrays(device)
