"""Threads that store in one store and search it, for any interpreter: no import from beside noesis."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

from noesis.thoughts import MemoryStore, Mode, SqliteStore, Thought, ThoughtStore

THREADS, EACH = 4, 60


def work(store: ThoughtStore, name: str) -> None:
    """Store thoughts; each is there when ``store`` has returned, and every answer is in order."""
    for number in range(EACH):
        key = f"{name}-{number:03}"
        store.store(Thought(id=key, content=f"lock {name}", mode=Mode.TREE, branch=name, confidence=1.0))
        assert store.get(key).id == key
        mine = [one.id for one in store.search(f"lock {name}", limit=5)]
        assert mine == [f"{name}-{one:03}" for one in range(number, max(number - 5, -1), -1)]
        assert store.branch(name).thoughts == number + 1
        every = [one.id for one in store.search("lock", limit=10 * EACH)]
        for other in {one.partition("-")[0] for one in every}:
            of = [one for one in every if one.startswith(f"{other}-")]
            assert of == [f"{other}-{one:03}" for one in range(len(of) - 1, -1, -1)]  # none missing


def stress(store: ThoughtStore) -> None:
    with ThreadPoolExecutor(THREADS) as crew:
        for done in [crew.submit(work, store, f"t{one}") for one in range(THREADS)]:
            done.result()
    assert len(store) == THREADS * EACH
    assert [(one.name, one.thoughts, one.confidence) for one in store.branches()] == [
        (f"t{one}", EACH, 1.0) for one in range(THREADS)
    ]


if __name__ == "__main__":
    stress(MemoryStore(capacity=40))
    stress(SqliteStore(sys.argv[1], survives_power_cut=False))
