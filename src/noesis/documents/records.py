"""What the passes hand to each other. Owns shapes; computes nothing.

A corpus of 1 GB holds some 8 million references, so what is kept per document is columnar (arrays and
one tuple of distinct texts: 16 bytes a reference instead of about 190 as objects); ``Section``,
``Reference`` and ``Target`` are the records that a reader of it sees. All offsets are bytes of the
document as stored, starts inclusive, ends exclusive.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum


class ReferenceKind(IntEnum):
    """How a reference is written. The number is its place in the columns."""

    WIKILINK = 0
    PATH = 1
    ANCHOR = 2
    EXTERNAL = 3


class Reason(IntEnum):
    """What became of a reference."""

    RESOLVED = 0
    EXTERNAL = 1  # has a scheme; never looked up
    NO_DOCUMENT = 2  # no document at that path or of that name
    NO_SECTION = 3  # the document is there, the heading is not
    AMBIGUOUS = 4  # several documents have the name and none is nearer
    NOT_A_DOCUMENT = 5  # a path to another kind of file
    OUTSIDE = 6  # a path that leaves the corpus


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A heading and what stands under it, up to the next heading of the same or a higher level.

    ``parent`` is the index of the section that holds it, None directly under the document.
    """

    id: str
    anchor: str
    title: str
    level: int
    parent: int | None
    start: int
    end: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """One link as written. ``section`` is the index of the section it stands in, None before the first."""

    kind: ReferenceKind
    target: str
    section: int | None
    start: int
    end: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """A node of the graph: a document, or a section of it (by index)."""

    path: str
    section: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Unresolved:
    """A reference that leads nowhere, and why."""

    path: str
    reference: Reference
    reason: Reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Collision:
    """Several things that ask for one name.

    Within a document (``path`` names it): ``count`` headings ask for the anchor ``name``; the later ones
    were given a suffix. Over the corpus (``path`` is empty): ``count`` documents can be meant by ``name``.
    """

    path: str
    name: str
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Broken:
    """A document that could not be compiled. It was left out; the others were not."""

    path: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Parsed:
    """Pass 1: what one document holds, whatever its path (two files with the same bytes share it).

    Columns of the sections in order of appearance: ``titles``, ``explicit`` (the id written behind the
    heading, or empty), ``levels``, ``parents`` (-1: none), ``section_starts``, ``heading_ends``. Columns of
    the references: ``names`` (index into ``texts``), ``sections`` (-1: before the first heading),
    ``starts``, ``ends``. ``texts`` holds each distinct target once, its kind in ``text_kinds``.
    """

    size: int
    titles: tuple[str, ...]
    explicit: tuple[str, ...]
    levels: bytes
    parents: array[int]
    section_starts: array[int]
    heading_ends: array[int]
    texts: tuple[str, ...]
    text_kinds: bytes
    names: array[int]
    sections: array[int]
    starts: array[int]
    ends: array[int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Identified:
    """Pass 2: the anchor of every section, each once, and the names that were asked for repeatedly."""

    anchors: tuple[str, ...]
    index: Mapping[str, int]
    repeated: Mapping[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Resolved:
    """Pass 4: where each distinct text of a document leads; columns beside ``Parsed.texts``.

    ``paths`` is empty and ``sections`` is -1 where there is none. ``needs`` names every path and name
    that was looked up elsewhere: when none of them changes, neither does this.
    """

    reasons: bytes
    paths: tuple[str, ...]
    sections: array[int]
    needs: tuple[str, ...]
