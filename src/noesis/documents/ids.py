"""Pass 2: anchors. Owns what a heading is called, and writes that name into the text when asked.

An anchor comes from the heading alone: the id written behind it (``{#id}``), else the slug of its title
as the large hosts make it (lower case, blanks to ``-``, punctuation dropped), so that links written for
them hold. The second heading of a name gets ``-1``, the next ``-2``. Nothing elsewhere in the document
or the corpus changes it, a heading of the same name above it excepted: ``inject_ids`` writes the anchors
down, and from then on neither that nor a new title does. A node's id is ``path`` or ``path#anchor``.
"""

from __future__ import annotations

import re

from noesis.documents.parsing import parse, shared_texts
from noesis.documents.records import Identified, Parsed

_DROPPED = re.compile(r"[^\w\- ]+")
_NAMELESS = "section"


def slug(title: str) -> str:
    """``How it Works?`` → ``how-it-works``. A title without a letter or digit gives ``section``."""
    return _DROPPED.sub("", title.lower()).strip().replace(" ", "-") or _NAMELESS


def assign_ids(parsed: Parsed) -> Identified:
    """Give every section its anchor. Written ids go first: no slug takes one of them away. O(n).

    Of two headings with one written id the first keeps it, the second is treated like a slug of that name.
    """
    names = (written or slug(title) for written, title in zip(parsed.explicit, parsed.titles, strict=True))
    wanted = shared_texts(names, parsed.size)
    index: dict[str, int] = {}
    for section, written in enumerate(parsed.explicit):
        if written and written not in index:
            index[written] = section
    repeated: dict[str, int] = {}
    anchors: list[str] = []
    suffixes: dict[str, int] = {}
    for section, name in enumerate(wanted):
        anchor = name
        if index.get(name, section) != section:
            repeated[name] = repeated.get(name, 1) + 1
            number = suffixes.get(name, 0)
            while anchor in index:
                number += 1
                anchor = f"{name}-{number}"
            suffixes[name] = number
        index[anchor] = section
        anchors.append(anchor)
    return Identified(anchors=tuple(anchors), index=index, repeated=repeated)


def inject_ids(text: str) -> str:
    """Write ``{#anchor}`` behind every heading that has no id; the anchors stay what they were.

    Applying it again changes nothing. The result is parsed again; a heading whose line did not take the
    id (one that ends in an empty ``{}``, say) is left as it was.
    """
    data = text.encode()
    parsed = parse(data)
    anchors = assign_ids(parsed).anchors
    refused: set[int] = set()
    while True:
        changed = _with_ids(data, parsed, anchors, refused)
        after = parse(changed)
        wrong = _wrong(parsed, after, anchors, refused)
        if not wrong:
            return changed.decode()
        refused |= wrong


def _wrong(before: Parsed, after: Parsed, anchors: tuple[str, ...], refused: set[int]) -> set[int]:
    """The sections whose id did not arrive as meant, or whose title suffered from it."""
    tried = {section for section, written in enumerate(before.explicit) if not written} - refused
    if len(before.titles) != len(after.titles):
        return tried
    return {
        section
        for section in tried
        if (after.explicit[section], after.titles[section]) != (anchors[section], before.titles[section])
    }


def _with_ids(data: bytes, parsed: Parsed, anchors: tuple[str, ...], refused: set[int]) -> bytes:
    pieces: list[bytes] = []
    done = 0
    for section, anchor in enumerate(anchors):
        if parsed.explicit[section] or section in refused:
            continue
        start = parsed.section_starts[section]
        at, written = _written(data[start : parsed.heading_ends[section]], f"#{anchor}".encode())
        pieces += (data[done : start + at], written)
        done = start + at
    pieces.append(data[done:])
    return b"".join(pieces)


def _written(heading: bytes, anchor: bytes) -> tuple[int, bytes]:
    """Where in the heading's source its id goes, and how it is written there."""
    line = heading.rstrip()
    if b"\n" in line:  # underlined: the id stands at the end of the text, before the underline
        line = line[: line.rindex(b"\n")].rstrip()
    brace = line.rfind(b"{")
    if line.endswith(b"}") and brace >= 0:  # classes are there already: the id joins them
        return brace + 1, anchor + b" "
    return len(line), b" {" + anchor + b"}"
