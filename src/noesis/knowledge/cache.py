"""Answers that are kept: the least recently used one goes first. Owns the one lock that a query takes,
and holds it for a look-up; safe for any number of threads.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Generic, TypeVar

Value = TypeVar("Value")


@dataclass(frozen=True, kw_only=True, slots=True)
class CacheStatistics:
    """Look-ups so far, and how many values are kept now."""

    hits: int
    misses: int
    size: int


class LRUCache(Generic[Value]):
    """At most ``capacity`` values by key; with 0 nothing is kept. ``lock`` guards it."""

    def __init__(self, capacity: int, *, lock: AbstractContextManager[object] | None = None) -> None:
        self._capacity = capacity
        self._lock: AbstractContextManager[object] = threading.Lock() if lock is None else lock
        self._kept: OrderedDict[Hashable, Value] = OrderedDict()
        self._hits = self._misses = 0

    def get(self, key: Hashable) -> Value | None:
        """The value, which becomes the most recently used; None where it is not kept."""
        with self._lock:
            value = self._kept.get(key)
            if value is None:
                self._misses += 1
                return None
            self._kept.move_to_end(key)
            self._hits += 1
            return value

    def put(self, key: Hashable, value: Value) -> None:
        """Keep the value; the least recently used goes where there is no room."""
        with self._lock:
            self._kept[key] = value
            self._kept.move_to_end(key)
            if len(self._kept) > self._capacity:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        """Keep nothing; the counts stay."""
        with self._lock:
            self._kept.clear()

    def statistics(self) -> CacheStatistics:
        """Hits, misses and size of one moment."""
        with self._lock:
            return CacheStatistics(hits=self._hits, misses=self._misses, size=len(self._kept))
