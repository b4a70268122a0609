"""Thoughts in memory. Owns one lock, which is held while something is added and while the index is asked;
what is looked through beyond the index is looked through without it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from itertools import islice

from noesis.thoughts.index import CAPACITY, Index
from noesis.thoughts.records import Branch, Mode, Thought, by_priority
from noesis.thoughts.store import LIMIT, question_of, refuse_another, unknown
from noesis.thoughts.terms import Terms, index_terms


class MemoryStore:
    """A ``ThoughtStore`` that ends with the process. ``capacity`` bounds its index, in postings."""

    def __init__(self, *, capacity: int = CAPACITY) -> None:
        self._lock = threading.Lock()
        self._index = Index(capacity)
        self._thoughts: list[Thought] = []  # by number; grows at its end and nowhere else
        self._by_id: dict[str, Thought] = {}
        self._branches: dict[str, Branch] = {}

    def __len__(self) -> int:
        return len(self._thoughts)

    def store(self, thought: Thought) -> None:
        """See ``ThoughtStore``."""
        self.store_all((thought,))

    def store_all(self, thoughts: Iterable[Thought]) -> None:
        """See ``ThoughtStore``."""
        told = [(thought, index_terms(thought)) for thought in thoughts]
        with self._lock:
            new: dict[str, Thought] = {}
            for thought, _ in told:
                refuse_another(self._by_id.get(thought.id) or new.setdefault(thought.id, thought), thought)
            for thought, terms in told:
                if new.pop(thought.id, None) is not None:
                    self._add(thought, terms)

    def _add(self, thought: Thought, terms: Terms) -> None:
        self._thoughts.append(thought)
        self._by_id[thought.id] = thought
        self._index.add(len(self._thoughts) - 1, terms)
        if name := thought.branch:
            self._branches[name] = (self._branches.get(name) or Branch(name=name)).grown(thought)

    def get(self, id: str) -> Thought:  # noqa: A002 (its name in the record)
        """See ``ThoughtStore``."""
        try:
            return self._by_id[id]
        except KeyError:
            raise unknown("thought", id) from None

    def search(
        self,
        query: str = "",
        mode: Mode | None = None,
        limit: int = LIMIT,
        offset: int = 0,
        *,
        branch: str | None = None,
    ) -> tuple[Thought, ...]:
        """See ``ThoughtStore``."""
        asked = question_of(query, mode, branch, limit, offset)
        with self._lock:
            numbers = self._index.newest(asked.terms, asked.end)
            first = self._index.first
        if len(numbers) < asked.end:
            numbers += islice(self._before(first, asked.terms), asked.end - len(numbers))
        thoughts = self._thoughts
        return tuple([thoughts[number] for number in numbers[asked.start :]])

    def _before(self, first: int, terms: Terms) -> Iterator[int]:
        """What has left the index, as far as it has the terms, newest first."""
        return (number for number in range(first - 1, -1, -1) if terms <= index_terms(self._thoughts[number]))

    def branch(self, name: str) -> Branch:
        """See ``ThoughtStore``."""
        try:
            return self._branches[name]
        except KeyError:
            raise unknown("branch", name) from None

    def branches(self) -> tuple[Branch, ...]:
        """See ``ThoughtStore``."""
        return by_priority(self._branches.copy())
