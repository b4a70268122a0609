"""Laws of vector indexes: whatever is added, removed, saved and opened, they hold what a dict would."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from noesis.errors import VectorError
from noesis.rag.vectors import open_index, vector_index, with_usearch
from noesis.rag.vectors.records import Keys, Rows
from tests.neighbours import clustered, cosine

DIMENSIONS = 8
POOL = clustered(20, DIMENSIONS, seed=6, cluster=4)
POOL[3], POOL[5] = 0, POOL[4]
ROUNDED = 2.0**-10  # of a cosine: both vectors to 16 bits

keys_of = st.lists(st.integers(0, 40), max_size=12)


def array(keys: list[int]) -> Keys:
    return np.array(keys, dtype=np.int64)


class World(RuleBasedStateMachine):
    """An index beside a dict: the number of a row in POOL by key."""

    name = "exact"

    def __init__(self) -> None:
        super().__init__()
        self.index = vector_index(self.name, DIMENSIONS)
        self.held: dict[int, int] = {}
        self.folder = tempfile.TemporaryDirectory()

    def teardown(self) -> None:
        self.folder.cleanup()

    @rule(keys=keys_of, first=st.integers(0, 19))
    def add(self, keys: list[int], first: int) -> None:
        wanted = {key: (first + place) % len(POOL) for place, key in enumerate(keys)}
        rows = POOL[[(first + place) % len(POOL) for place in range(len(keys))]]
        if len(wanted) < len(keys) or wanted.keys() & self.held.keys():
            with pytest.raises(VectorError):
                self.index.add(array(keys), rows)
        else:
            self.index.add(array(keys), rows)
            self.held |= wanted

    @rule(keys=keys_of)
    def replace(self, keys: list[int]) -> None:
        self.remove(keys)
        self.add(sorted(set(keys)), 7)

    @rule(keys=keys_of)
    def remove(self, keys: list[int]) -> None:
        assert self.index.remove(array(keys)) == len(set(keys) & self.held.keys())
        for key in keys:
            self.held.pop(key, None)

    @rule(is_opened=st.booleans())
    def save(self, is_opened: bool) -> None:
        path = Path(self.folder.name) / "index"
        self.index.save(path)
        assert [one.name for one in path.parent.iterdir()] == ["index"]
        if is_opened:
            self.index = open_index(path)

    @rule(query=st.integers(0, 19), more=st.integers(0, 2), k=st.integers(1, 45))
    def search(self, query: int, more: int, k: int) -> None:
        queries = POOL[[query, (query + 3) % len(POOL), 0][: more + 1]]
        found = self.index.search(queries, k)
        assert found.keys.shape == (more + 1, min(k, len(self.held)))
        for one, keys, scores in zip(queries, found.keys.tolist(), found.scores.tolist(), strict=True):
            self._is_an_answer(one, keys, scores)

    def _is_an_answer(self, query: Rows, keys: list[int], scores: list[float]) -> None:
        true = {key: cosine(query, POOL[number]) for key, number in self.held.items()}
        assert len(set(keys)) == len(keys)
        assert np.allclose(scores, [true[key] for key in keys], rtol=0, atol=ROUNDED)
        assert np.allclose(scores, sorted(true.values(), reverse=True)[: len(keys)], rtol=0, atol=ROUNDED)
        assert [*zip(scores, keys, strict=True)] == sorted(
            zip(scores, keys, strict=True), key=lambda pair: (-pair[0], pair[1])
        )

    @invariant()
    def holds_what_the_dict_holds(self) -> None:
        keys = sorted(self.held)
        assert len(self.index) == len(keys)
        rows = POOL[[self.held[key] for key in keys]].reshape(len(keys), DIMENSIONS)
        assert np.allclose(self.index.vectors(array(keys)), rows, rtol=0, atol=2.0**-11)


class Exact(World):
    name = "exact"


class Faiss(World):
    name = "faiss"


class Usearch(World):
    name = "usearch"


@pytest.mark.parametrize(
    ("world", "exact_up_to"),
    [
        pytest.param(Exact, 0, id="exact"),
        pytest.param(Faiss, 0, id="faiss"),
        pytest.param(Usearch, with_usearch.EXACT_UP_TO, id="usearch"),
        pytest.param(Usearch, 0, id="usearch walks"),
    ],
)
def test_an_index_holds_what_a_dict_holds(
    world: type[World], exact_up_to: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(with_usearch, "EXACT_UP_TO", exact_up_to)
    some = settings(deadline=None, derandomize=True, max_examples=8, stateful_step_count=20)
    run_state_machine_as_test(world, settings=some)
