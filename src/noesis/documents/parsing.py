"""Pass 1: the bytes of a document → its sections and references, by pyromark's events.

Owns how Markdown is read (tables, wikilinks, heading attributes and footnotes are on; front matter is
stepped over). Code, raw HTML and images are not references. Knows no paths and resolves nothing.

A document above ``SEGMENT_BYTES`` is parsed in pieces, so that neither its text nor the parser's tree
stands in memory as a whole. A cut is made only before a heading at the start of a line after a blank
one, where the piece before it does not end in an open fence or HTML block: such a heading closes every
other block, so the pieces together give the events of the whole. A document with link definitions
(``[label]: target``) is parsed whole, because they hold everywhere in it.
"""

from __future__ import annotations

import re
import sys
from array import array
from collections.abc import Iterable
from typing import Any

import pyromark

from noesis.documents.records import Parsed, ReferenceKind
from noesis.errors import DocumentError

SEGMENT_BYTES = 1 << 18  # a piece's events take some ten times its bytes while it is read
LARGEST_BYTES = (1 << 32) - 1  # offsets are kept in four bytes

MARKDOWN = pyromark.Markdown(
    options=pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_WIKILINKS
    | pyromark.Options.ENABLE_HEADING_ATTRIBUTES
    | pyromark.Options.ENABLE_FOOTNOTES
)

_FRONT_MATTER = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:---[ \t]*\r?\n(?![ \t]*\r?\n)(?:.*\n)*?(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z))?"
)
_CUT = re.compile(rb"[^`~>\s]\r?\n\r?\n(?=#{1,6} )")
# A line that may begin a link definition, in any container; a label ends at the first bracket.
_DEFINITION = re.compile(rb"(?m)^[ \t>*+\-\d.)]*\[(?:[^\[\]\\\n]|\\.|\n(?![ \t>]*\r?\n))*\]:")
_SCHEME = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]+:|//)")


def parse(data: bytes) -> Parsed:
    """Parse one document. O(size); holds a few MiB beside the result.

    Raises ``DocumentError`` for bytes that are not UTF-8 and for documents of 4 GiB and more.
    """
    if len(data) > LARGEST_BYTES:
        raise DocumentError(f"{len(data):,} bytes are too many for one document; split it below 4 GiB")
    columns = _Columns()
    front = _FRONT_MATTER.match(data)
    start = front.end() if front else 0
    _decode(data[:start], 0)
    step = smallest = len(data) if b"]:" in data and _DEFINITION.search(data) else SEGMENT_BYTES
    while start < len(data):
        end = _cut(data, start + step)
        mark = columns.mark()
        piece = data[start:end]
        open_until = columns.read(_decode(piece, start), start)
        if end < len(data) and open_until >= len(piece.rstrip()):
            columns.roll_back(mark)
            step *= 2  # doubled, so that a block of any length costs no more than twice its parsing
            continue
        start, step = end, smallest
    return columns.done(len(data))


def _cut(data: bytes, wanted: int) -> int:
    """The first place from ``wanted`` on where a piece may end: before a heading, or the end."""
    found = _CUT.search(data, wanted)
    return found.end() if found else len(data)


def _decode(piece: bytes, base: int) -> str:
    try:
        return piece.decode()
    except UnicodeDecodeError as error:
        at = base + error.start
        raise DocumentError(
            f"byte {at:,} (0x{piece[error.start]:02x}) is not UTF-8; save it as UTF-8"
        ) from error


class _Columns:
    """The columns of ``Parsed`` while they grow."""

    def __init__(self) -> None:
        self._words: list[str] = []  # of the heading that is being read
        self._titles: list[str] = []
        self._explicit: list[str] = []
        self._levels = bytearray()
        self._section_starts = array("I")
        self._heading_ends = array("I")
        self._links: dict[str, int] = {}  # each distinct target and its number, counted over both
        self._wikilinks: dict[str, int] = {}
        self._names = array("I")
        self._sections = array("i")
        self._starts = array("I")
        self._ends = array("I")

    def mark(self) -> tuple[int, int, int]:
        """How much there is: what ``roll_back`` goes back to."""
        return len(self._titles), len(self._names), len(self._links) + len(self._wikilinks)

    def roll_back(self, mark: tuple[int, int, int]) -> None:
        sections, references, texts = mark
        del self._titles[sections:], self._explicit[sections:], self._levels[sections:]
        del self._section_starts[sections:], self._heading_ends[sections:]
        for column in (self._names, self._sections, self._starts, self._ends):
            del column[references:]
        for numbers in (self._links, self._wikilinks):
            for target in [target for target, number in numbers.items() if number >= texts]:
                del numbers[target]

    def read(self, text: str, base: int) -> int:
        """Add what ``text`` (at byte ``base``) holds; the end of its last fenced or HTML block.

        One loop for the speed: some 60 events a KB pass through it, nearly all of them to be skipped.
        """
        open_until = -1
        in_heading = False
        event: Any  # a dict of one key, or the name of an event without content
        for event, span in MARKDOWN.events_with_range(text):
            if "Start" in event:
                begun = event["Start"]
                if type(begun) is dict:
                    if "Link" in begun:
                        self._add_reference(begun["Link"], base + span["start"], base + span["end"])
                    elif "Heading" in begun:
                        in_heading = True
                        self._add_heading(begun["Heading"], base + span["start"], base + span["end"])
                    elif "CodeBlock" in begun:
                        open_until = span["end"]
                elif begun == "HtmlBlock":
                    open_until = span["end"]
            elif in_heading:
                in_heading = self._is_in_heading_after(event)
        return open_until

    def _add_heading(self, heading: dict[str, Any], start: int, end: int) -> None:
        self._explicit.append(heading["id"] or "")
        self._levels.append(int(heading["level"][1]))
        self._section_starts.append(start)
        self._heading_ends.append(end)
        self._words.clear()

    def _is_in_heading_after(self, event: Any) -> bool:
        """Take an event inside a heading to its title; False at the heading's end."""
        if type(event) is str:
            self._words.append(" ")  # a break, soft or hard
        elif "End" not in event:
            self._words.append(event.get("Text") or event.get("Code") or "")
        elif "Heading" in event["End"]:
            self._titles.append("".join(self._words).strip())
            return False
        return True

    def _add_reference(self, link: dict[str, Any], start: int, end: int) -> None:
        how, target = link["link_type"], link["dest_url"]
        if how == "Email":
            target = "mailto:" + target
        numbers = self._links if type(how) is str else self._wikilinks
        self._names.append(numbers.setdefault(target, len(self._links) + len(self._wikilinks)))
        self._sections.append(len(self._levels) - 1)
        self._starts.append(start)
        self._ends.append(end)

    def done(self, size: int) -> Parsed:
        count = len(self._links) + len(self._wikilinks)
        texts, kinds = [""] * count, bytearray(count)
        for target, number in self._links.items():
            texts[number], kinds[number] = target, _kind(target)
        for target, number in self._wikilinks.items():
            texts[number], kinds[number] = target, ReferenceKind.WIKILINK
        self._links, self._wikilinks = {}, {}
        return Parsed(
            size=size,
            titles=shared_texts(self._titles, size),
            explicit=tuple(self._explicit),
            levels=bytes(self._levels),
            parents=_parents(self._levels),
            section_starts=self._section_starts,
            heading_ends=self._heading_ends,
            texts=shared_texts(texts, size),
            text_kinds=bytes(kinds),
            names=self._names,
            sections=self._sections,
            starts=self._starts,
            ends=self._ends,
        )


def shared_texts(texts: Iterable[str], size: int) -> tuple[str, ...]:
    """The texts of a document of ``size`` bytes, those that other documents have too kept once.

    A document of several pieces is left alone: its texts are mostly its own, and the table that finds
    equal ones would take a tenth of its memory.
    """
    return tuple(map(sys.intern, texts)) if size <= SEGMENT_BYTES else tuple(texts)


def _kind(target: str) -> ReferenceKind:
    if target.startswith("#"):
        return ReferenceKind.ANCHOR
    return ReferenceKind.EXTERNAL if _SCHEME.match(target) else ReferenceKind.PATH


def _parents(levels: bytearray) -> array[int]:
    """For each section the last one before it with a smaller level, or -1. O(n)."""
    parents = array("i")
    above = [-1] * 7  # the last section of each level that is still open
    for index, level in enumerate(levels):
        parents.append(next((above[up] for up in range(level - 1, 0, -1) if above[up] >= 0), -1))
        above[level] = index
        for below in range(level + 1, 7):
            above[below] = -1
    return parents
