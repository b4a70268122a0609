"""Documents → passages. Owns where a document is cut; pure, reads no file.

A section is a heading with what stands under it, up to the next heading of any level; what stands before the
first is one too. Sections are passages as they are, but for two kinds. Small ones are joined with the
neighbour that they belong to: the next section of the same parent, or a section with the first one inside
it. Long ones are cut where a paragraph ends, else a sentence, else a word, and each further piece begins
with the end of the one before, so that what stands at a cut is found whole.

Every byte of a document is in some passage. No passage is longer than ``Cutting.size``, and none begins or
ends within a character.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from noesis.documents import assign_ids, parse
from noesis.errors import ConfigError
from noesis.rag.records import Passage

SMALLEST_SIZE = 100  # bytes; a passage of less is a sentence, whose meaning is in its neighbours
_MARKDOWN = (".md", ".markdown")
_PARAGRAPH = re.compile(rb"\n[ \t]*\n\s*")
_SENTENCE = re.compile(
    rb"[.!?][\"')\]]*\s+|\xe3\x80\x82"
)  # the second: the full stop of Chinese and Japanese
_WORD = re.compile(rb"\s+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Cutting:
    """How passages are cut, in bytes: at most ``size`` long; pieces of one section share ``overlap`` at most;
    what is shorter than ``small`` is joined with its neighbour. Raises ``ConfigError`` for what cannot be.

    The defaults by recall@5 on made-up facts of 200 bytes (docs/rag.md): 0.71 at 500 bytes without headings,
    0.61 at 1,000; 0.73 at 300, with twice as many passages; 0.65 at 500 without an overlap. With headings
    0.76 where sections of less than 100 bytes are joined, 0.70 where those of less than 250 are.
    """

    size: int = 500
    overlap: int = 75
    small: int = 100

    def __post_init__(self) -> None:
        if self.size < SMALLEST_SIZE:
            raise ConfigError(f"size must be at least {SMALLEST_SIZE} bytes, not {self.size}")
        if not 0 <= self.overlap <= self.size // 4:
            raise ConfigError(f"overlap must be 0 to a quarter of size ({self.size}), not {self.overlap}")
        if not 0 <= self.small <= self.size:
            raise ConfigError(f"small must be 0 to size ({self.size}), not {self.small}")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Section:
    """Its number and its parent's; -1 is what stands before the first heading, and holds all the others."""

    number: int
    parent: int
    start: int
    end: int

    def leads_to(self, other: _Section) -> bool:
        """Whether the section behind this one belongs to it, or both to the same parent."""
        return other.parent in {self.number, self.parent}


def cut(path: str, text: bytes, cutting: Cutting) -> tuple[Passage, ...]:
    """The passages of a document in their order; none of an empty one. O(size).

    ``text`` is UTF-8; headings are looked for where the path's suffix is Markdown's. Raises
    ``DocumentError`` for 4 GiB and more.
    """
    is_markdown = PurePath(path).suffix.lower() in _MARKDOWN
    parsed = parse(text if is_markdown else b"")
    anchors = assign_ids(parsed).anchors
    sections = _sections(parsed.section_starts, parsed.parents, len(text))
    name = parsed.titles[0] if parsed.levels[:1] == b"\1" else PurePath(path).stem
    passages = []
    for group in _joined(sections, cutting):
        number = group[0].number
        source = path if number < 0 else f"{path}#{anchors[number]}"
        title = name if number < 0 else parsed.titles[number]
        for start, end in _pieces(text, group[0].start, group[-1].end, cutting):
            words = text[start:end].decode()
            passages.append(Passage(source=source, title=title, text=words, start=start, end=end))
    return tuple(passages)


def _sections(starts: Sequence[int], parents: Sequence[int], size: int) -> Iterator[_Section]:
    """The document from end to end; what holds nothing before the first heading is left out."""
    bounds = (0, *starts, size)
    for number, parent in enumerate((-1, *parents), -1):
        start, end = bounds[number + 1], bounds[number + 2]
        if start < end:
            yield _Section(number=number, parent=parent, start=start, end=end)


def _joined(sections: Iterator[_Section], cutting: Cutting) -> Iterator[list[_Section]]:
    """A small section together with those behind it, until they are not small any more."""
    group: list[_Section] = []
    for one in sections:
        if group and not _fits(group, one, cutting):
            yield group
            group = []
        group.append(one)
    if group:
        yield group


def _fits(group: Sequence[_Section], one: _Section, cutting: Cutting) -> bool:
    start = group[0].start
    is_small = group[-1].end - start < cutting.small
    return is_small and one.end - start <= cutting.size and group[-1].leads_to(one)


def _pieces(text: bytes, start: int, end: int, cutting: Cutting) -> Iterator[tuple[int, int]]:
    """Bounds of the pieces of ``text[start:end]``. A piece is more than half of ``size`` long and shares a
    quarter at most, so each begins behind the one before."""
    while end - start > cutting.size:
        high = start + cutting.size
        middle = _last_end(text, start + cutting.size // 2, high)
        yield start, middle
        start = _first_start(text, middle - cutting.overlap, middle)
    yield start, end


def _last_end(text: bytes, low: int, high: int) -> int:
    """Where the last paragraph, else sentence, else word that ends between the two ends."""
    for pattern in (_PARAGRAPH, _SENTENCE, _WORD):
        ends = [found.end() for found in pattern.finditer(text, low, high)]
        if ends:
            return ends[-1]
    while _is_within(text, high):
        high -= 1
    return high


def _first_start(text: bytes, low: int, high: int) -> int:
    """Where the first sentence, else word, else character that begins between the two begins."""
    for pattern in (_SENTENCE, _WORD):
        found = pattern.search(text, low, high)
        if found and found.end() < high:
            return found.end()
    while _is_within(text, low):
        low += 1
    return low


def _is_within(text: bytes, at: int) -> bool:
    """Whether a cut there would part a character."""
    return at < len(text) and text[at] & 0xC0 == 0x80
