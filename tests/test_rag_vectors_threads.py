"""Many threads on one vector index: searches beside each other, changes seen whole or not at all."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from noesis.rag.vectors import ENGINES, open_index, vector_index, with_usearch
from noesis.rag.vectors.turns import Turns
from tests.neighbours import clustered

ROWS = clustered(400, 32, seed=11)
KEYS = np.arange(400)
THREADS = 4
BATCH = 50


@pytest.mark.parametrize("name", ENGINES)
def test_searches_beside_each_other_answer_as_one_alone(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(with_usearch, "EXACT_UP_TO", 0)
    made = vector_index(name, 32)
    made.add(KEYS, ROWS)
    made.save(tmp_path / "index")
    for index in (made, open_index(tmp_path / "index")):
        alone = index.search(ROWS, 5)
        with ThreadPoolExecutor(THREADS) as crew:
            together = [
                *crew.map(lambda at, index=index: index.search(ROWS[at : at + 20], 5), range(0, 400, 20))
            ]
            rows = [*crew.map(lambda at, index=index: index.vectors(KEYS[at : at + 20]), range(0, 400, 20))]
        assert np.array_equal(np.concatenate([one.keys for one in together]), alone.keys)
        assert np.array_equal(np.concatenate([one.scores for one in together]), alone.scores)
        assert np.array_equal(np.concatenate(rows), index.vectors(KEYS))


@pytest.mark.parametrize("name", ENGINES)
def test_a_search_sees_a_change_whole_or_not_at_all(name: str) -> None:
    """Batches come and go; whoever searches for everything finds whole batches."""
    index = vector_index(name, 32)
    index.add(KEYS[:BATCH], ROWS[:BATCH])
    is_over = threading.Event()

    def searched() -> int:
        count = 0
        while not is_over.is_set():
            found = index.search(ROWS[:2], 1_000).keys
            batches, sizes = np.unique(found[0] // BATCH, return_counts=True)
            assert 0 in batches
            assert set(sizes.tolist()) == {BATCH}
            assert len(index) % BATCH == 0
            count += 1
        return count

    with ThreadPoolExecutor(2) as crew:
        readers = [crew.submit(searched) for _ in range(2)]
        try:
            for _ in range(2):
                for at in range(BATCH, 400, BATCH):
                    index.add(KEYS[at : at + BATCH], ROWS[at : at + BATCH])
                for at in range(BATCH, 400, BATCH):
                    assert index.remove(KEYS[at : at + BATCH]) == BATCH
        finally:
            is_over.set()
        assert all(reader.result() for reader in readers)


def test_readers_are_there_together_and_a_writer_alone() -> None:
    turns, together = Turns(), threading.Barrier(3, timeout=20)
    inside: list[str] = []
    seen: list[list[str]] = []

    def read() -> None:
        with turns.reading():
            inside.append("reader")
            together.wait()  # passed only where all three are inside
            inside.remove("reader")

    def write() -> None:
        with turns.writing():
            seen.append([*inside])
            inside.append("writer")
            inside.remove("writer")

    with ThreadPoolExecutor(4) as crew:
        done = [crew.submit(read) for _ in range(3)]
        done.append(crew.submit(write))
        for one in done:
            one.result()
    assert seen == [[]]


def test_a_writer_that_waits_goes_before_readers_that_come_later() -> None:
    """Else a search after the other would keep a change out for ever."""
    turns, order = Turns(), list[str]()
    with ThreadPoolExecutor(2) as crew:
        with turns.reading():
            writer = crew.submit(_entered, turns.writing, order, "writer")
            while not turns._writer.locked():  # until it waits
                pass
            reader = crew.submit(_entered, turns.reading, order, "reader")
        writer.result()
        reader.result()
    assert order == ["writer", "reader"]


def _entered(turn: object, order: list[str], name: str) -> None:
    assert callable(turn)
    with turn():
        order.append(name)
