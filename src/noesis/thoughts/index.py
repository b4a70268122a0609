"""The inverted index in memory: terms to the numbers of thoughts. Owns its capacity and what leaves it.

Its size is the number of postings, a posting being one term of one thought. It holds the longest run of
newest thoughts that together have at most ``capacity`` of them: when one comes for which there is no room,
the oldest go. So all thoughts from the number ``first`` on are in it and none before, and whoever searches
knows which ones are left to be looked through. Not safe for threads: its store has a lock.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from noesis.thoughts.terms import Terms

CAPACITY = 1_000_000  # postings: 45,000 thoughts of 22 terms, in 26 MB


class Entry(NamedTuple):
    """A thought's number, and its terms."""

    number: int
    terms: Terms


class Index:
    """Numbers of thoughts by their terms; numbers grow."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.first = 0
        self.size = 0
        self._held: deque[Entry] = deque()
        self._postings: dict[str, set[int]] = {}

    def add(self, number: int, terms: Terms) -> None:
        """Take a thought that is newer than all others. One that alone has more terms than there is room
        for stays out, and so do those before it."""
        while self._held and self.size + len(terms) > self.capacity:
            self._drop_oldest()
        if len(terms) > self.capacity:
            self.first = number + 1
            return
        if not self._held:
            self.first = number
        self._held.append(Entry(number, terms))
        self.size += len(terms)
        for term in terms:
            self._postings.setdefault(term, set()).add(number)

    def newest(self, terms: Terms, count: int) -> list[int]:
        """At most ``count`` numbers that have all of the terms, newest first."""
        found = {entry.number for entry in self._held}
        for term in terms:
            found &= self._postings.get(term, set())
        return sorted(found, reverse=True)[:count]

    def _drop_oldest(self) -> None:
        number, terms = self._held.popleft()
        for term in terms:
            self._postings[term].remove(number)
            if not self._postings[term]:
                del self._postings[term]
        self.size -= len(terms)
        self.first = self._held[0].number if self._held else number + 1
