"""The text of one corpus document: blocks, titles and references. Owns the words and their mix.

Every choice comes from ``random.Random(int).random()``, which is stable over Python versions (``choice``
and ``shuffle`` are not). A heading's title is a function of its number, so a reference can name any
earlier heading without a list of them being kept.
"""

from __future__ import annotations

import random
from functools import lru_cache
from typing import Callable, Iterator, List, NamedTuple, Tuple

FILES_PER_AREA = 64
_CHUNK_BYTES = 1 << 17
_AHEAD_BYTES = 400
_CLOSING_BYTES = 80  # the least that is left for the closing words

# Shares of the bytes. Headings and tables are the mix's last tenth; a heading takes some 30 bytes, so
# 3.5 % makes a section of about 900 bytes. In the order prose, lists, code, headings, tables.
_SHARES = (0.60, 0.20, 0.10, 0.035, 0.065)

# The levels below the title: reaches the sixth within the first five sections, steps down one at a
# time as careful writers do, and climbs back in leaps.
_LEVELS = (2, 3, 4, 5, 6, 6, 5, 3, 4, 2, 3, 3, 2, 3, 4, 4, 5, 2)

_ADJECTIVES = (
    b"Adaptive Bounded Cached Careful Central Compact Concurrent Constant Current Deferred Direct "
    b"Distant Durable Early Empty Exact External Final Fixed Formal Frozen Global Hidden Indexed "
    b"Initial Inner Late Linear Local Logical Mutable Narrow Nested Open Ordered Outer Partial "
    b"Pending Plain Portable Private Public Quiet Random Recent Remote Robust Safe Scaled Shared "
    b"Signed Simple Sparse Stable Static Strict Typed Valid Virtual Weak Wide"
).split()
_NOUNS = (
    b"Account Adapter Archive Batch Border Bucket Buffer Cache Catalog Channel Client Cluster Column "
    b"Commit Config Cursor Dataset Device Digest Domain Driver Engine Event Field Filter Folder Frame "
    b"Gateway Graph Handle Header Index Journal Kernel Key Layer Ledger Limit Lock Machine Matrix "
    b"Merge Message Metric Model Module Node Object Packet Parser Pipeline Policy Pool Process Profile "
    b"Query Queue Record Region Report Result Router Sample Schema"
).split()
_REPEATED = [b"Overview", b"Example", b"Notes", b"Parameters", b"See also", b"Limits", b"Errors", b"Usage"]
_WORDS = """
    the a of to and in is that it for with as on by this from be are each when one only more first
    every value file reader writer system result session change measure history version server
    request answer memory thread process order number range block table figure source target error
    message setting option default moment machine network storage folder name place limit reason
    client person report reference keeps finds holds makes reads writes sends takes gives needs shows
    leaves starts ends returns follows slow fast small large new old same other known whole ready
    open late early careful naïve café résumé because before after until while without between
    through against within rather almost often never
""".encode().split()
_CODE_LINES = [
    b"def load(path, *, limit=%d):",
    b"    return read(path)[:%d]",
    b"for row in table[%d:]:",
    b"    total += row.size  # [[not a link %d]]",
    b"if len(queue) > %d:",
    b"    queue.popleft()  # %d left",
    b"result = compile(source, level=%d)",
    b'print(f"{result} after {%d} steps")',
    b"# see [the notes](#notes-%d)",
    b'assert index < %d, "out of range"',
    b"",
    b"with open(name) as stream:  # %d",
]
_LANGUAGES = [b"python", b"toml", b"console", b"json", b"rust"]


def document_title(index: int) -> bytes:
    """Title of document ``index``; no other document has it."""
    return b"%b %b Guide %d" % (_ADJECTIVES[index % 61], _NOUNS[index // 61 % 64], index)


def _title(number: int) -> bytes:
    """Title of heading ``number`` (the document's title is 0); every ninth repeats one of eight."""
    if number % 9 == 5:
        return _REPEATED[number // 27 % 8]
    return b"%b %b %d" % (_ADJECTIVES[number % 61], _NOUNS[number // 61 % 64], number)


def _named(number: int) -> int:
    """The nearest heading at or before ``number`` whose title is its own."""
    return number - 1 if number % 9 == 5 else number


def _slug(title: bytes) -> bytes:
    return title.lower().replace(b" ", b"-")


def stem(index: int) -> bytes:
    """File name of document ``index`` without its suffix; the first of every area is ``index``."""
    if index % FILES_PER_AREA == 0:
        return b"index"
    return b"%b-%d" % (_NOUNS[index % 64].lower(), index)


class _Sentences(NamedTuple):
    """Openings of sentences without a full stop, 1,024 of each length."""

    long: Tuple[bytes, ...]  # 40 to 110 bytes
    short: Tuple[bytes, ...]  # 10 to 25 bytes, for text that is dense with references


@lru_cache(maxsize=4)
def _sentences(seed: int) -> _Sentences:
    rnd = random.Random(seed * 2 + 1).random

    def make(least: int, spread: int) -> bytes:
        words = [_WORDS[int(rnd() * len(_WORDS))] for _ in range(least + int(rnd() * spread))]
        return b" ".join(words).capitalize()

    return _Sentences(
        long=tuple(make(7, 12) for _ in range(1024)), short=tuple(make(2, 3) for _ in range(1024))
    )


class DocumentWriter:
    """Writes one document: always the kind of block that is furthest behind its share."""

    def __init__(self, *, index: int, files: int, size: int, seed: int, refs_per_kb: float) -> None:
        """Document ``index`` of ``files``, exactly ``size`` bytes."""
        self.references = 0
        self._size = size
        self._files = files
        self._index = index
        self._per_byte = refs_per_kb / 1000.0
        self._sentences = _sentences(seed)
        self._rnd = random.Random(seed * 1_000_003 + index).random
        self._done = 0
        self._headings = 0
        self._makers = (self._prose, self._list, self._code, self._heading, self._table)

    def chunks(self) -> Iterator[bytes]:
        """Yield the document; ``references`` counts along."""
        pending = [self._heading()]
        self._done = waiting = len(pending[0])
        behind = [0.0] * len(_SHARES)
        while True:
            kind = behind.index(max(behind))
            block = self._fitting(self._makers[kind])
            if not block:
                break
            for other, share in enumerate(_SHARES):
                behind[other] += share * len(block)
            behind[kind] -= len(block)
            self._done += len(block)
            pending.append(block)
            waiting += len(block)
            if waiting >= _CHUNK_BYTES:
                yield b"".join(pending)
                pending, waiting = [], 0
        for make in (self._prose, self._list, self._code, self._prose, self._table, self._prose):
            block = self._fitting(make)
            self._done += len(block)
            pending.append(block)
        pending.append(self._closing())
        yield b"".join(pending)

    def _fitting(self, make: Callable[[], bytes]) -> bytes:
        """The block, or nothing where it would not leave room for the closing words."""
        before = self.references, self._headings
        block = make()
        if len(block) <= self._size - self._done - _CLOSING_BYTES:
            return block
        self.references, self._headings = before
        return b""

    def _closing(self) -> bytes:
        """Plain words, cut to the bytes that are still missing."""
        size = self._size - self._done
        words = b"Closing words that bring this document to its size. " * (size // 40 + 1)
        return words[: size - 2].rstrip().ljust(size - 2, b".") + b".\n"

    # -- blocks, each ending in one blank line --

    def _heading(self) -> bytes:
        number = self._headings
        self._headings += 1
        if number == 0:
            return b"# %b\n\n" % document_title(self._index)
        return b"#" * _LEVELS[(number - 1) % len(_LEVELS)] + b" %b\n\n" % _title(number)

    def _owed(self) -> float:
        """References to be paid now: a little ahead, because the closing words will carry none."""
        return self._per_byte * (self._done + _AHEAD_BYTES) - self.references

    def _prose(self) -> bytes:
        rnd = self._rnd
        count = 4 + int(rnd() * 4)
        # Prose carries fewer references than lists: it takes under half of what is owed, lists the rest.
        wanted = min(int(self._owed() * 0.45 + rnd()), 4 * count)
        sentences = self._sentences.short if wanted > count else self._sentences.long
        parts: List[bytes] = []
        for left in range(count, 0, -1):
            parts.append(sentences[int(rnd() * 1024)])
            here = -(-wanted // left) if wanted > 0 else 0
            wanted -= here
            for _ in range(here):
                parts.append(b" see ")
                parts.append(self._reference())
            parts.append(b".\n" if left % 2 else b". ")
        parts.append(b"\n")
        return b"".join(parts)

    def _list(self) -> bytes:
        rnd = self._rnd
        count = 4 + int(rnd() * 5)
        # What comes before the next list will earn references too: a list pays some of them already.
        wanted = min(int(self._owed() + self._per_byte * 300 + 0.5), 5 * count)
        sentences = self._sentences.short if wanted > 2 * count else self._sentences.long
        ordered = rnd() < 0.25
        depth = 0
        parts: List[bytes] = []
        for left in range(count, 0, -1):
            mark = b"1. " if ordered else b"- "
            parts.append(b" " * (len(mark) * depth) + mark)
            parts.append(sentences[int(rnd() * 1024)])
            here = -(-wanted // left) if wanted > 0 else 0
            wanted -= here
            for _ in range(here):
                parts.append(b", ")
                parts.append(self._reference())
            parts.append(b"\n")
            step = rnd()
            depth = min(depth + 1, 3) if step < 0.4 else depth if step < 0.7 else max(depth - 1, 0)
        parts.append(b"\n")
        return b"".join(parts)

    def _code(self) -> bytes:
        rnd = self._rnd
        lines = [b"```" + _LANGUAGES[int(rnd() * 5)]]
        for _ in range(4 + int(rnd() * 7)):
            line = _CODE_LINES[int(rnd() * 12)]
            lines.append(line % int(rnd() * 1000) if b"%" in line else line)
        lines.append(b"```\n\n")
        return b"\n".join(lines)

    def _table(self) -> bytes:
        rnd = self._rnd
        rows = 3 + int(rnd() * 5)
        wanted = min(max(int(self._owed() * 0.3), 0), rows)
        parts = [b"| name | meaning | default |\n| --- | --- | --- |\n"]
        for left in range(rows, 0, -1):
            name = _NOUNS[int(rnd() * 64)].lower()
            cell = b"none"
            if wanted >= left or (wanted > 0 and rnd() < 0.5):
                cell, wanted = self._reference(piped=False), wanted - 1
            words = self._sentences.long[int(rnd() * 1024)][:30].rsplit(b" ", 1)[0]
            parts.append(b"| `%b` | %b | %b |\n" % (name, words, cell))
        parts.append(b"\n")
        return b"".join(parts)

    # -- references --

    def _reference(self, piped: bool = True) -> bytes:
        """One reference. ``piped`` allows the form ``[[target|text]]``, which would split a table's row.

        By kind: 15 % external, 25 % the preceding heading (the chain A → B → C → D) or another anchor of
        this document, 30 % paths, 30 % wikilinks; a lone document has anchors for most of its paths.
        Popularity is skewed (the square of a uniform number), so that targets repeat.
        """
        self.references += 1
        rnd = self._rnd
        which, near = rnd(), rnd()
        if which < 0.15:
            return self._external(near)
        heading = _named(int(self._headings * near * near))
        if which < 0.25 and self._headings > 1:
            heading = _named(self._headings - 2)
        if which < 0.40 or (self._files == 1 and which < 0.65):
            return b"[%b](#%b)" % (_NOUNS[heading % 64].lower(), _slug(self._title_of(heading)))
        if self._files == 1:
            return self._lone(which, heading, piped)
        return self._across(which, int(self._files * near * near), piped)

    def _external(self, near: float) -> bytes:
        page = int(near * near * 5000)
        if page % 3 == 0:
            return b"<https://example.org/manual/%d>" % page
        return b"[%b](https://docs.example.com/%b/%d.html)" % (
            _NOUNS[page % 64].lower(),
            _NOUNS[page // 64 % 64].lower(),
            page,
        )

    def _lone(self, which: float, heading: int, piped: bool) -> bytes:
        if which < 0.70:  # documents that lie outside this corpus
            return b"[part %d](handbook/part-%d.md)" % (heading % 40, heading % 40)
        if which < 0.90 or not piped:
            return b"[[#%b]]" % self._title_of(heading)
        return b"[[#%b|%b]]" % (self._title_of(heading), _NOUNS[heading % 64].lower())

    def _title_of(self, heading: int) -> bytes:
        return _title(heading) if heading else document_title(self._index)

    def _across(self, which: float, other: int, piped: bool) -> bytes:
        if self._index and which < 0.46:  # the chain over documents: each names the one before it
            other = self._index - 1
        name = stem(other)
        if which < 0.70:
            area = other // FILES_PER_AREA
            folder = b"" if area == self._index // FILES_PER_AREA else b"../area-%04d/" % area
            anchor = b"#" + _slug(document_title(other)) if which < 0.58 else b""
            return b"[%b](%b%b.md%b)" % (_NOUNS[other % 64].lower(), folder, name, anchor)
        if which < 0.82 or not piped:
            return b"[[%b]]" % name
        if which < 0.92:
            return b"[[%b|%b]]" % (name, _ADJECTIVES[other % 61].lower())
        return b"[[%b#%b]]" % (name, document_title(other))
