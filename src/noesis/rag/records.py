"""What retrieval and generation hand to each other. Every record is frozen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, kw_only=True, slots=True)
class Passage:
    """A piece of a document: bytes ``start`` to ``end`` (exclusive) of its text in UTF-8, as
    ``noesis.knowledge`` reads it (a Markdown file in NFC whose lines end by ``\\n`` is its own text).

    ``source`` is the document's path and, behind a ``#``, the anchor of the section that the piece begins
    in, where there is one; ``title`` is that section's, or the document's.
    """

    source: str
    title: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """A part of the work that a question makes, and the seconds that it took."""

    name: str
    seconds: float


class Mode(StrEnum):
    """What ranks the passages: their meaning, their words, or both."""

    HYBRID = "hybrid"
    VECTORS = "vectors"
    WORDS = "words"


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A passage that was found. ``score``: higher is better, comparable within one question only; cosine by
    vectors, BM25 by words, the sum of reciprocal ranks by both. The ranks are those of the two halves,
    from 1; 0 where that half did not look or has the passage not among its best.
    """

    passage: Passage
    score: float
    vector_rank: int
    word_rank: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Retrieved:
    """What a question found, best first, equal ones by their source; and the time of each stage, in the
    order in which they ran."""

    question: str
    mode: Mode
    found: tuple[Found, ...]
    stages: tuple[Stage, ...]

    @property
    def passages(self) -> tuple[Passage, ...]:
        """The passages alone."""
        return tuple(one.passage for one in self.found)
