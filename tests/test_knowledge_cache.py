"""The cache of answers by itself: what is kept, what goes, what is counted."""

from __future__ import annotations

import threading
from types import TracebackType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noesis.knowledge import CacheStatistics, LRUCache

steps = st.lists(
    st.tuples(st.sampled_from(["get", "put", "get", "put", "clear"]), st.integers(0, 8)), max_size=60
)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(steps, st.integers(0, 5))
def test_it_keeps_what_was_used_last(course: list[tuple[str, int]], capacity: int) -> None:
    """Against a list that is searched, oldest first."""
    cache: LRUCache[str] = LRUCache(capacity)
    kept: list[tuple[int, str]] = []
    hits = misses = 0
    for what, key in course:
        if what == "clear":
            cache.clear()
            kept = []
            continue
        found = [pair for pair in kept if pair[0] == key]
        if what == "get":
            assert cache.get(key) == (found[0][1] if found else None)
            hits, misses = hits + len(found), misses + 1 - len(found)
            kept = [pair for pair in kept if pair[0] != key] + found
        else:
            value = f"{key} of {len(kept)}"
            cache.put(key, value)
            kept = [*(pair for pair in kept if pair[0] != key), (key, value)]
            kept = kept[max(0, len(kept) - capacity) :]
        assert cache.statistics() == CacheStatistics(hits=hits, misses=misses, size=len(kept))


class Counted:
    """A lock that counts how often it was taken, as who times it would."""

    def __init__(self) -> None:
        self.taken = 0
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self._lock.acquire()
        self.taken += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()


def test_the_lock_is_the_one_that_was_given() -> None:
    lock = Counted()
    cache: LRUCache[int] = LRUCache(2, lock=lock)
    cache.put("a", 1)
    cache.get("a")
    cache.statistics()
    cache.clear()
    assert lock.taken == 4


def test_a_key_must_have_a_hash() -> None:
    with pytest.raises(TypeError):
        LRUCache[int](2).put([], 1)  # type: ignore[arg-type]  # as a caller without types may
