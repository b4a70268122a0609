"""What every store of thoughts can do, and what may be asked of it. Owns the check of a question; keeps
nothing and answers nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from noesis.errors import QueryError, ThoughtError, UnknownThoughtError
from noesis.thoughts.records import Branch, Mode, Thought
from noesis.thoughts.terms import Terms, labels, terms_of

LIMIT = 10


class ThoughtStore(Protocol):
    """Thoughts, in the order in which they came. Any thread may call any method.

    A thought is never changed and never removed: who thinks again stores another one.
    """

    def store(self, thought: Thought) -> None:
        """Keep the thought, which is there when this returns; one that is there already stays as it is.

        Raises ``ThoughtError`` where another one has its id: nothing is kept then.
        """

    def store_all(self, thoughts: Iterable[Thought]) -> None:
        """Keep all of them, or none. Raises as ``store`` does."""

    def get(self, id: str) -> Thought:  # noqa: A002 (its name in the record)
        """The thought. Raises ``UnknownThoughtError``."""

    def search(
        self,
        query: str = "",
        mode: Mode | None = None,
        limit: int = LIMIT,
        offset: int = 0,
        *,
        branch: str | None = None,
    ) -> tuple[Thought, ...]:
        """The thoughts that hold every term of ``query``, newest first: ``limit`` of them after the newest
        ``offset``. Without a term in it: all. ``mode`` and ``branch`` keep those of one.

        What has left the index is looked through, newest first, once the index has no more: the answer does
        not depend on its capacity, but its time does. Raises ``QueryError``.
        """

    def branch(self, name: str) -> Branch:
        """The branch. Raises ``UnknownThoughtError``."""

    def branches(self) -> tuple[Branch, ...]:
        """All branches, the highest priority first, equal ones by name."""

    def __len__(self) -> int:
        """How many thoughts there are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """Every term that is asked for, labels included, and which of the answers: from ``start`` to ``end``
    (exclusive)."""

    terms: Terms
    start: int
    end: int


def question_of(query: str, mode: Mode | None, branch: str | None, limit: int, offset: int) -> Question:
    """A checked question. Raises ``QueryError`` that names what is wrong."""
    if not isinstance(query, str):
        raise QueryError(f"a query must be text, not {query!r}")
    if mode is not None and not isinstance(mode, Mode):
        raise QueryError(f"mode must be None or one of {', '.join(Mode)}, as a Mode, not {mode!r}")
    for name, number in (("limit", limit), ("offset", offset)):
        if isinstance(number, bool) or not isinstance(number, int) or number < 0:
            raise QueryError(f"{name} must be a whole number from 0, not {number!r}")
    end = min(offset + limit, sys.maxsize) if limit else 0
    return Question(terms=terms_of(query).union(labels(mode, branch)), start=min(offset, end), end=end)


def refuse_another(kept: Thought, thought: Thought) -> None:
    """Raises ``ThoughtError`` unless the two, which have one id, are the same."""
    if kept != thought:
        raise ThoughtError(f"another thought has the id {thought.id!r}; give this one an id of its own")


def unknown(what: str, name: str) -> UnknownThoughtError:
    """The error for a thought or a branch that is not there."""
    return UnknownThoughtError(f"there is no {what} {name!r}; look for it with search() or branches()")
