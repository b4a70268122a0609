"""Thoughts for tests, and the slow store that the others are held against: nothing but a list."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field

from hypothesis import strategies as st

from noesis.errors import ThoughtError, UnknownThoughtError
from noesis.thoughts import Metadata, Mode, Thought

WORDS = [
    "lock",
    "Lock",
    "waits",
    "étude",
    "e\u0301tude",
    "straße",
    "x1",
    "7",
    "the",
    "!",
    "a-b",
    "_",
    "\0",
    "思考",
]
BRANCHES = ["", "left", "right", "=tree"]


def thought(key: str, content: str, mode: Mode = Mode.LINEAR, **told: object) -> Thought:
    return Thought(id=key, content=content, mode=mode, **told)  # type: ignore[arg-type] # shorter tests


texts = st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
)
thoughts = st.builds(
    Thought,
    id=st.integers(0, 30).map(str),
    content=texts,
    mode=st.sampled_from(Mode),
    branch=st.sampled_from(BRANCHES),
    confidence=st.floats(0, 1),
    key_points=st.lists(texts, max_size=2).map(tuple),
    metadata=st.dictionaries(st.text("ab\0é", max_size=2), scalars, max_size=2).map(Metadata),
)


def words(text: str) -> set[str]:
    """Character by character, what a term is."""
    cut = "".join(one if one.isalnum() else " " for one in unicodedata.normalize("NFC", text).lower())
    return set(cut.split())


def found_by(one: Thought) -> set[str]:
    """Every term of a thought, of whatever part of it."""
    return {word for text in (one.content, *one.key_points) for word in words(text)}


@dataclass
class ListStore:
    """What a store means: every answer is looked up in one list, from its beginning to its end."""

    kept: list[Thought] = field(default_factory=list)

    def store(self, one: Thought) -> None:
        for other in self.kept:
            if other.id == one.id:
                if other != one:
                    raise ThoughtError(one.id)
                return
        self.kept.append(one)

    def get(self, key: str) -> Thought:
        for one in self.kept:
            if one.id == key:
                return one
        raise UnknownThoughtError(key)

    def search(
        self, query: str, mode: Mode | None, limit: int, offset: int, branch: str | None
    ) -> tuple[Thought, ...]:
        hits = [
            one
            for one in reversed(self.kept)
            if words(query) <= found_by(one)
            and mode in {None, one.mode}
            and (branch is None or branch == one.branch)
        ]
        return tuple(hits[offset : offset + limit])

    def branches(self) -> list[tuple[float, str]]:
        """Priorities, lower first when they are negated, and names."""
        return sorted((-self.priority(name), name) for name in {one.branch for one in self.kept} - {""})

    def priority(self, name: str) -> float:
        of = [one for one in self.kept if one.branch == name]
        points = sum(len(one.key_points) for one in of)
        return sum(one.confidence for one in of) / len(of) + 0.1 * min(points, 10)
