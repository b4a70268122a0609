"""A report as text of 100 characters a line, and as Markdown. Owns wrapping, and how many rows are shown."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import replace

from groundspeed.report.overview.block import WIDTH, Block, Listing, Paper
from groundspeed.report.overview.cells import SECOND
from groundspeed.report.table import Table, escaped, plain

_NARROWEST = 12  # characters of a column: a word a line
_TEXT_ROWS = 60
"""Of a block on a terminal, which people read from its end; more are summed up by module, or counted."""
_MARKDOWN_ROWS = 200
"""Of a block on a forge, whose pages hold some ten times as much."""
_INDENT = "  "
_ATOM = re.compile(r"[^\s._(]+[._(]*\s*|[._(]+\s*")


def to_text(paper: Paper) -> str:
    """The report for a terminal."""
    parts = [
        f"{plain(paper.title)}\n{_wrapped(paper.subtitle)}",
        "\n".join(map(_wrapped, paper.summary)),
    ]
    parts += [_text_block(block) for block in paper.blocks]
    parts.append(_wrapped(paper.closing))
    return "\n\n".join(parts)


def to_markdown(paper: Paper) -> str:
    """The report for a forge."""
    parts = [
        f"# {escaped(paper.title)}",
        escaped(paper.subtitle),
        "\n".join(f"- {escaped(one)}" for one in paper.summary),
    ]
    parts += [_markdown_block(block) for block in paper.blocks]
    parts.append(paper.closing)
    return "\n\n".join(parts)


# --- text -------------------------------------------------------------------------------------------


def _text_block(block: Block) -> str:
    parts = [block.title.upper()]
    if block.typed:
        return "\n\n".join([*parts, block.typed])
    if block.said:
        parts.append("\n".join(map(_wrapped, block.said)))
    if block.rows > _TEXT_ROWS and block.brief is not None:
        parts.append(_text_table(block.brief, len(block.brief.rows)))
        parts.append("--format json has all of them, --bench some.")
        return "\n\n".join(parts)
    for listing in block.listings:
        title = [plain(listing.title)] if listing.title else []
        parts.append("\n".join([*title, _text_table(listing.table, _TEXT_ROWS)]))
    return "\n\n".join(parts)


def _text_table(table: Table, most: int) -> str:
    shown = fitted(replace(table, rows=table.rows[:most]), WIDTH).text()
    left = len(table.rows) - most
    return f"{shown}\nand {left:,} more (--format json has all)" if left > 0 else shown


def fitted(table: Table, width: int) -> Table:
    """The table no wider than ``width``: cells of its left columns go on in rows below, none is cut.

    What is aligned to the right are numbers, which are never broken; many of them may need more.
    """
    every = [table.header, *table.rows]
    widths = [max(len(part) for row in every for part in _lines(row[at])) for at in range(len(table.header))]
    room = width - 2 * (len(widths) - 1)
    loose = [at for at, name in enumerate(table.header) if name not in table.right]
    while sum(widths) > room:
        widest = max(loose, key=lambda at: widths[at], default=None)
        if widest is None or widths[widest] <= _NARROWEST:
            break
        widths[widest] -= 1
    rows = [line for row in table.rows for line in _broken(row, widths)]
    return replace(table, rows=tuple(rows))


def _lines(cell: str) -> list[str]:
    """What is read first, then what is smaller below it, a little further in."""
    first, *below = cell.split(SECOND)
    return [first, *(f"{_INDENT}{one}" for one in below)]


def _broken(row: Sequence[str], widths: Sequence[int]) -> list[tuple[str, ...]]:
    cells = [
        [piece for line in _lines(cell) for piece in _pieces(line, width)]
        for cell, width in zip(row, widths, strict=True)
    ]
    height = max(map(len, cells))
    return [tuple(cell[at] if at < len(cell) else "" for cell in cells) for at in range(height)]


def _pieces(line: str, width: int) -> list[str]:
    """The line on as many as it takes, broken between words, else behind the dots of a name."""
    within = _INDENT if line.startswith(_INDENT) else ""
    found = [within]
    for atom in _ATOM.findall(plain(line.strip())):
        if len(found[-1].rstrip()) > len(within) and len(found[-1] + atom.rstrip()) > width:
            found.append(within)
        found[-1] += atom
        while len(found[-1].rstrip()) > width:
            found[-1:] = [found[-1][:width], within + found[-1][width:]]
    return [one.rstrip() for one in found]


def _wrapped(text: str) -> str:
    return "\n".join(textwrap.wrap(plain(text), WIDTH, break_on_hyphens=False))


# --- Markdown ---------------------------------------------------------------------------------------


def _markdown_block(block: Block) -> str:
    parts = [f"## {block.title}", *map(escaped, block.said)]
    listings = block.listings
    if block.rows > _MARKDOWN_ROWS and block.brief is not None:
        parts.append(block.brief.markdown())
        parts.append("`--format json` has all of them, `--bench` some.")
        listings = ()
    parts += [_markdown_listing(listing) for listing in listings]
    return "\n\n".join(parts)


def _markdown_listing(listing: Listing) -> str:
    rows = tuple(tuple(cell.replace(SECOND, " · ") for cell in row) for row in listing.table.rows)
    left = len(rows) - _MARKDOWN_ROWS
    title = [f"### {escaped(listing.title)}"] if listing.title else []
    more = [f"and {left:,} more (`--format json` has all)"] if left > 0 else []
    table = replace(listing.table, rows=rows[:_MARKDOWN_ROWS]).markdown()
    return "\n\n".join([*title, table, *more])
