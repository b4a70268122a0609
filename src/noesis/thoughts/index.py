"""The inverted index in memory: terms to the numbers of thoughts. Owns its capacity and what leaves it.

Its size is the number of postings, a posting being one term of one thought. It holds the longest run of
newest thoughts that together have at most ``capacity`` of them: when one comes for which there is no room,
the oldest go. So all thoughts from the number ``first`` on are in it and none before, and whoever searches
knows which ones are left to be looked through. Not safe for threads: its store has a lock.
"""

from __future__ import annotations

import sys
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import NamedTuple

from noesis.thoughts.terms import Terms

CAPACITY = 1_000_000  # postings: 45,000 thoughts of 22 terms, in 26 MB


class Entry(NamedTuple):
    """A thought's number, and its terms: a tuple of 20 takes a tenth of a set of them."""

    number: int
    terms: tuple[str, ...]


class Index:
    """Numbers of thoughts by their terms; numbers grow."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.first = 0
        self.size = 0
        self._held: deque[Entry] = deque()
        self._postings: dict[str, list[int]] = {}

    def add(self, number: int, terms: Terms) -> None:
        """Take a thought that is newer than all others. One that alone has more terms than there is room
        for stays out, and so do those before it."""
        while self._held and self.size + len(terms) > self.capacity:
            self._drop_oldest()
        if len(terms) > self.capacity:
            self.first = number + 1
            return
        kept = tuple(map(sys.intern, terms))  # one string for a term, however many thoughts have it
        if not self._held:
            self.first = number
        self._held.append(Entry(number, kept))
        self.size += len(kept)
        postings = self._postings
        for term in kept:
            numbers = postings.get(term)
            if numbers is None:
                postings[term] = [number]
            else:
                numbers.append(number)

    def newest(self, terms: Terms, count: int) -> list[int]:
        """At most ``count`` numbers that have all of the terms, newest first. Costs the postings of the
        rarest term, each times the logarithm of the others'."""
        if not terms:
            return [entry.number for entry in islice(reversed(self._held), count)]
        if not terms <= self._postings.keys():
            return []
        rarest, *others = sorted((self._postings[term] for term in terms), key=len)
        live = bisect_left(rarest, self.first)
        if not others:
            return rarest[max(live, len(rarest) - count) :][::-1]
        numbers: Iterator[int] = islice(reversed(rarest), len(rarest) - live)
        for other in others:
            numbers = filter(partial(_has, other), numbers)
        return list(islice(numbers, count))

    def _drop_oldest(self) -> None:
        """Postings that left are cut off a list when they are half of it: one by one, each would move all
        that stay (122 against 19 us a thought, of 1,000,000 postings)."""
        number, terms = self._held.popleft()
        for term in terms:
            numbers = self._postings[term]
            gone = bisect_right(numbers, number)
            if gone == len(numbers):
                del self._postings[term]
            elif 2 * gone >= len(numbers):
                del numbers[:gone]
        self.size -= len(terms)
        self.first = self._held[0].number if self._held else number + 1


def _has(numbers: list[int], number: int) -> bool:
    at = bisect_left(numbers, number)
    return at < len(numbers) and numbers[at] == number
