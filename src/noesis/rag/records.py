"""What retrieval and generation hand to each other. Every record is frozen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Passage:
    """A piece of a document: bytes ``start`` to ``end`` (exclusive) of its file.

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
