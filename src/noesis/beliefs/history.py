"""The evidence that a belief has met. Owns how a belief shares it with the beliefs that it came from.

Each history points to the one before it and holds only what was added: an update costs the same after a
million others, and two beliefs that go on from one share its evidence. Rejected: a tuple that is copied,
with which n updates one by one copy n**2 / 2 references.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from noesis.beliefs.records import Update


class History:
    """Updates, oldest first: a collection that never changes. ``len`` is O(1); to iterate, O(n).

    ``added`` came last, after what ``before`` holds. Histories are equal that have equal updates in the same
    order, however they were grouped. One is pickled as a tuple: a chain of a million would be too deep.
    """

    __slots__ = ("_count", "added", "before")

    def __init__(self, added: tuple[Update, ...] = (), before: History | None = None) -> None:
        self.added = added
        self.before = before
        self._count: int = len(added) if before is None else len(added) + len(before)

    def extended(self, updates: tuple[Update, ...]) -> History:
        """This history and ``updates`` after it; this one stays as it is. O(1)."""
        return History(updates, self)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Update]:
        groups = []
        at: History | None = self
        while at is not None:
            groups.append(at.added)
            at = at.before
        return chain.from_iterable(reversed(groups))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, History):
            return NotImplemented
        return self is other or (self._count == len(other) and tuple(self) == tuple(other))

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __reduce__(self) -> tuple[type[History], tuple[tuple[Update, ...]]]:
        return History, (tuple(self),)

    def __repr__(self) -> str:
        return f"<{self._count} updates>"
