"""Vector indexes: exact against a literal loop, the others against exact, and what all of them refuse."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noesis.errors import ConfigError, ExtraError, NoesisError, VectorError
from noesis.rag.arrays import NumpyArrays
from noesis.rag.vectors import ENGINES, Neighbours, VectorIndex, exact, recall, vector_index, with_usearch
from noesis.rag.vectors.records import Keys, Rows
from tests.neighbours import clustered, literal, unit

ROUNDED = 2e-4  # of a cosine of 64 numbers that an engine keeps in 16 bits; 1e-4 was seen

QUERIES = clustered(40, 64, seed=2)
ROWS = clustered(2_000, 64, seed=1)
ROWS[7], ROWS[9] = 0, ROWS[8]  # a text without tokens, and one that is there twice
KEYS = np.random.default_rng(3).permutation(len(ROWS)) * 5


def filled(name: str, keys: Keys = KEYS, rows: Rows = ROWS, *, at_once: int = 700) -> VectorIndex:
    index = vector_index(name, rows.shape[1])
    for at in range(0, len(keys), at_once):
        index.add(keys[at : at + at_once], rows[at : at + at_once])
    return index


@pytest.fixture(name="truth", scope="module")
def _truth() -> Neighbours:
    return filled("exact").search(QUERIES, 10)


@pytest.fixture(name="walking")
def _walking(monkeypatch: pytest.MonkeyPatch) -> None:
    """The graph is walked however few vectors there are."""
    monkeypatch.setattr(with_usearch, "EXACT_UP_TO", 0)


numbers = st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0])  # few, so that there are equal scores


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Keys, Rows]:
    """Up to twelve rows of three numbers, two of them queries, and their keys."""
    wanted = st.lists(st.tuples(numbers, numbers, numbers), min_size=3, max_size=12)
    rows = np.array(draw(wanted), dtype=np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    keys = draw(st.permutations(range(len(rows) - 2)))
    return np.array(keys, dtype=np.int64), np.divide(rows, lengths, where=lengths > 0, out=rows)


@given(worlds(), st.integers(0, 14))
@settings(deadline=None, derandomize=True, max_examples=60)
def test_exact_is_the_literal_search(world: tuple[Keys, Rows], k: int) -> None:
    keys, rows = world
    found = filled("exact", keys, rows[2:], at_once=4).search(rows[:2], k)
    for query, near, scores in zip(rows[:2], found.keys.tolist(), found.scores.tolist(), strict=True):
        assert list(zip(near, scores, strict=True)) == literal(keys, rows[2:], query, k)


def test_exact_answers_alike_whatever_the_batch(monkeypatch: pytest.MonkeyPatch, truth: Neighbours) -> None:
    """One query, three, or all; BLAS sums each of them in another order."""
    index = filled("exact")
    for size in (1, 3):
        monkeypatch.setattr(exact, "_SCORES_AT_ONCE", size * len(ROWS))
        found = index.search(QUERIES, 10)
        assert np.array_equal(found.keys, truth.keys)
        assert np.array_equal(found.scores, truth.scores)


def test_exact_looks_again_at_thousands_that_tie(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "_ROWS_AT_ONCE", 64)
    index = filled("exact", np.arange(1_000)[::-1], np.repeat(ROWS[:2], 500, axis=0))
    assert index.search(ROWS[:1], 5).keys.tolist() == [[500, 501, 502, 503, 504]]


@pytest.mark.parametrize("name", ENGINES)
def test_nothing_is_missed_where_all_are_looked_at(name: str, truth: Neighbours) -> None:
    """But for neighbours whose scores are nearer to each other than 16 bits can tell."""
    found = filled(name).search(QUERIES, 10)
    assert recall(found, truth) >= 0.99
    assert np.abs(found.scores - truth.scores).max() < ROUNDED


@pytest.mark.usefixtures("walking")
def test_a_walk_finds_nearly_all(truth: Neighbours) -> None:
    """0.99 and more was seen; DESIGN asks for 0.95."""
    index = filled("usearch")
    assert recall(index.search(QUERIES, 10), truth) >= 0.95
    gone = np.random.default_rng(4).permutation(KEYS)[:1_000]
    assert index.remove(gone) == 1_000
    left = ~np.isin(KEYS, gone)
    assert (
        recall(index.search(QUERIES, 10), filled("exact", KEYS[left], ROWS[left]).search(QUERIES, 10)) >= 0.95
    )


@pytest.mark.usefixtures("walking")
def test_a_walk_among_few_that_are_left_fills_every_place() -> None:
    index = filled("usearch", KEYS[:600], ROWS[:600])
    index.remove(KEYS[:590])
    assert sorted(index.search(ROWS[:1], 20).keys[0].tolist()) == sorted(KEYS[590:600].tolist())


@pytest.mark.usefixtures("walking")
def test_the_same_additions_make_the_same_graph() -> None:
    one, other = (filled("usearch", KEYS[:1_000], ROWS[:1_000]).search(QUERIES, 10) for _ in range(2))
    assert np.array_equal(one.keys, other.keys)
    assert np.array_equal(one.scores, other.scores)


@pytest.mark.parametrize("name", ENGINES)
def test_the_zero_row_scores_zero_with_everything(name: str) -> None:
    rows = np.vstack([np.zeros((3, 64), dtype=np.float32), ROWS[:5]])
    index = filled(name, np.arange(8), rows)
    assert index.search(rows[:1], 8).keys.tolist() == [[*range(8)]]
    assert not index.search(rows[:1], 8).scores.any()
    found = index.search(rows[4:5], 8)
    assert found.keys[0, 0] == 4
    assert not found.scores[np.isin(found.keys, [0, 1, 2])].any()
    assert not index.vectors(np.arange(3)).any()


@pytest.mark.parametrize("name", ENGINES)
def test_shapes_and_types(name: str) -> None:
    index = filled(name, KEYS[:4], ROWS[:4])
    for queries, k in ((0, 3), (2, 0), (1, 3), (2, 9)):
        found = index.search(ROWS[:queries], k)
        assert found.keys.shape == found.scores.shape == (queries, min(k, 4))
        assert (found.keys.dtype.name, found.scores.dtype.name) == ("int64", "float32")
    assert index.vectors(KEYS[:0]).shape == (0, 64)
    assert index.vectors(KEYS[[2, 1, 2]]).dtype == np.float32
    assert np.abs(index.vectors(KEYS[[2, 1, 2]]) - ROWS[[2, 1, 2]]).max() <= 2.0**-11
    assert vector_index(name, 64).search(ROWS[:2], 5).keys.shape == (2, 0)
    assert (index.name, index.dimensions, len(index)) == (name, 64, 4)
    assert index.remove(np.array([KEYS[1], KEYS[1], 3, KEYS[2]])) == 2
    assert index.remove(KEYS[:0]) == 0


FINE = ROWS[20:22]
LONG = np.array([[1.01], [1]], dtype=np.float32)
SPOILT = np.array([[1], [np.nan]], dtype=np.float32)
ENDLESS = np.array([[1], [np.inf]], dtype=np.float32)
WRONG: list[tuple[Any, Any, str]] = [
    (KEYS[[4, 0]], FINE, rf"key {KEYS[0]} is there already; remove it first"),
    (np.array([4, 4]), FINE, r"key 4 stands twice; give each key once"),
    (np.array([4, -9]), FINE, r"key -9 is negative; keys are 0 or greater"),
    (
        np.array([4, 6], dtype=np.int32),
        FINE,
        r"keys must be an int64 array of shape \(n,\), not int32 of \(2,\)",
    ),
    ([4, 6], FINE, r"keys must be an int64 array of shape \(n,\), not list"),
    (np.array([4]), FINE, r"there are 1 keys for 2 vectors; give one for each"),
    (np.array([4, 6]), FINE[:, :63], r"float32 array of shape \(n, 64\), not float32 of \(2, 63\)"),
    (
        np.array([4, 6]),
        FINE.astype(np.float64),
        r"float32 array of shape \(n, 64\), not float64 of \(2, 64\)",
    ),
    (np.array([4, 6]), FINE[0], r"float32 array of shape \(n, 64\), not float32 of \(64,\)"),
    (np.array([4, 6]), FINE.tolist(), r"float32 array of shape \(n, 64\), not list"),
    (np.array([4, 6]), FINE * SPOILT, r"row 1 has length nan; divide"),
    (np.array([4, 6]), FINE * ENDLESS, r"row 1 has length (nan|inf); divide"),
    (np.array([4, 6]), FINE * LONG, r"row 0 has length 1\.01; divide vectors by"),
]


@pytest.mark.parametrize("name", ENGINES)
def test_what_cannot_be_added_changes_nothing(name: str) -> None:
    index = filled(name, KEYS[:4], ROWS[:4])
    before = index.search(QUERIES, 4)
    for keys, rows, said in WRONG:
        with pytest.raises(VectorError, match=said):
            index.add(keys, rows)
        assert len(index) == 4
    after = index.search(QUERIES, 4)
    assert np.array_equal(before.keys, after.keys)
    assert np.array_equal(before.scores, after.scores)


@pytest.mark.parametrize("name", ENGINES)
def test_what_cannot_be_asked(name: str) -> None:
    index = filled(name, KEYS[:4], ROWS[:4])
    for k in (-1, 2.0, True, "3"):
        with pytest.raises(VectorError, match="k must be a whole number, 0 or greater"):
            index.search(QUERIES, k)  # type: ignore[arg-type]  # that is what is refused
    with pytest.raises(VectorError, match="row 0 has length 2"):
        index.search(QUERIES * 2, 3)
    with pytest.raises(VectorError, match="key 3 is not there; ask for keys that were added"):
        index.vectors(np.array([KEYS[0], 3]))
    with pytest.raises(VectorError, match="key -1 is negative"):
        index.remove(np.array([-1]))


@pytest.mark.parametrize(
    ("name", "dimensions", "device", "said"),
    [
        ("annoy", 4, "cpu", "there is no vector index 'annoy'; use usearch, faiss, exact"),
        ("exact", 0, "cpu", "dimensions must be a whole number, 1 to 65536, not 0"),
        ("exact", 4, "tpu", "device 'tpu' is none; use 'cpu' or 'cuda'"),
        ("usearch", 4, "cuda", "vector index 'usearch' runs on 'cpu', not on 'cuda'; 'exact' runs on 'cuda'"),
    ],
)
def test_an_index_that_there_is_not(name: str, dimensions: int, device: str, said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        vector_index(name, dimensions, device=device)
    assert str(raised.value) == said


@pytest.mark.parametrize(
    ("name", "module", "extra"), [("usearch", "usearch.index", "rag"), ("faiss", "faiss", "rag-faiss")]
)
def test_a_missing_library_is_named_with_its_extra(
    name: str, module: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ExtraError, match=rf"^{module} is not installed; install groundspeed\[{extra}\]$"):
        vector_index(name, 4)


def answers(keys: list[list[int]], scores: list[list[float]]) -> Neighbours:
    return Neighbours(keys=np.array(keys), scores=np.array(scores, dtype=np.float32))


TRUE = answers([[1, 2, 3], [4, 5, 6]], [[0.9, 0.8, 0.7], [0.6, 0.5, 0.5]])


@pytest.mark.parametrize(
    ("found", "share"),
    [
        (TRUE, 1.0),
        (answers([[3, 1, 2], [6, 5, 4]], [[0.7, 0.9, 0.8], [0.5, 0.5, 0.6]]), 1.0),  # in another order
        (answers([[1, 2, 8], [4, 5, 9]], [[0.9, 0.8, 0.6], [0.6, 0.5, 0.4]]), 4 / 6),  # one missed of each
        (answers([[1, 2, 8], [4, 5, 9]], [[0.9, 0.8, 0.7], [0.6, 0.5, 0.4]]), 5 / 6),  # 8 ties with 3
        (answers([[1, 8, 9], [7, 8, 9]], [[0.9, 0.2, 0.1], [0.3, 0.2, 0.1]]), 1 / 6),
        (answers([[1], [4]], [[0.9], [0.6]]), 2 / 6),  # what was not asked for is missed
        (
            answers([[8, 1, 2, 3], [9, 4, 5, 6]], [[1, 0.9, 0.8, 0.7], [1, 0.6, 0.5, 0.5]]),
            4 / 6,
        ),  # the first 3
    ],
)
def test_recall(found: Neighbours, share: float) -> None:
    assert recall(found, TRUE) == pytest.approx(share)


@pytest.mark.parametrize("queries", [0, 1])
def test_recall_of_other_queries_is_none(queries: int) -> None:
    some = Neighbours(keys=TRUE.keys[:queries], scores=TRUE.scores[:queries])
    with pytest.raises(VectorError, match=f"{queries} were found, 2 with 3 neighbours are true"):
        recall(some, TRUE)
    with pytest.raises(VectorError, match="recall needs"):
        recall(some, Neighbours(keys=some.keys[:, :0], scores=some.scores[:, :0]))


class Counted(NumpyArrays):
    """A stand-in for a device: NumPy, with a list of what was moved there."""

    def __init__(self) -> None:
        self.moved: list[tuple[int, ...]] = []

    def asarray(self, array: Any) -> Any:
        self.moved.append(array.shape)
        return np.array(array)


def test_the_rows_move_to_a_stand_in_for_a_device_once_for_each_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    device = Counted()
    monkeypatch.setattr(exact, "arrays", lambda _: device)
    index = vector_index("exact", 64, device="cuda")
    index.add(KEYS[:50], ROWS[:50])
    for _ in range(2):
        index.search(QUERIES[:3], 4)
    index.remove(KEYS[:2])
    index.search(QUERIES[:3], 4)
    assert device.moved == [(3, 64), (50, 64), (3, 64), (3, 64), (48, 64)]


def test_a_cuda_device_answers_as_numpy_does(truth: Neighbours) -> None:
    try:
        index = vector_index("exact", 64, device="cuda")
    except NoesisError:
        pytest.skip("no CUDA device")
    index.add(KEYS, ROWS)
    found = index.search(QUERIES, 10)
    assert np.array_equal(found.keys, truth.keys)
    assert np.array_equal(found.scores, truth.scores)


def test_libraries_come_late_and_leave_logs_and_threads_alone() -> None:
    program = """
import logging, sys
logging.basicConfig(level=logging.DEBUG)
from noesis.rag.vectors import vector_index
assert not {"faiss", "usearch"} & set(sys.modules)
import numpy as np
before = logging.root.handlers[:], logging.root.level, set(logging.root.manager.loggerDict)
for name in ("usearch", "faiss"):
    index = vector_index(name, 2)
    if name == "faiss":
        sys.modules["faiss"].omp_set_num_threads(3)
    index.add(np.array([1]), np.array([[1, 0]], dtype=np.float32))
    index.search(np.array([[1, 0]], dtype=np.float32), 1)
assert before[:2] == (logging.root.handlers, logging.root.level)
assert not logging.getLogger("faiss.loader").disabled
assert sys.modules["faiss"].omp_get_max_threads() == 3
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_unit_rows_are_taken_though_16_bits_rounded_them() -> None:
    """What an engine gives back may be added again, and is not rounded twice."""
    index = filled("usearch", KEYS[:50], ROWS[:50])
    again = filled("usearch", KEYS[:50], index.vectors(KEYS[:50]))
    assert np.array_equal(again.vectors(KEYS[:50]), index.vectors(KEYS[:50]))
    assert np.allclose(unit(index.vectors(KEYS[20:50])), ROWS[20:50], atol=2.0**-10)
