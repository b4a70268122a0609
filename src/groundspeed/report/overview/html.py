"""A report as one HTML file: it asks nobody for anything, runs no script, and prints.

Owns the markup. Its Content-Security-Policy allows the one style sheet inside it, by its hash, and nothing
else; whatever came from commits, benchmarks or machines is escaped.
"""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape
from importlib.resources import files

from groundspeed.report.overview import charts
from groundspeed.report.overview.block import Block, Listing, Paper
from groundspeed.report.overview.cells import SECOND
from groundspeed.report.table import plain

ROWS = 1000
"""Of one block: with 250 bytes a row the page stays below 500 KB, whatever the archive."""
_LEAST_ROWS = 8  # of each listing of a block
_OPEN_ROWS = 25
"""Of listings with titles: more are folded, for nobody reads them all."""
_PICTURES = 12
"""Of a block: what fits on a screen or two; the table below has every case."""
_CASES = frozenset({"case", "request", "work", "worst case", "function", "limit"})
"""Columns with names from code, which may go on in the next line."""
_WIDE = (_CASES | {"growth", "measured", "answers"}) - {"limit"}
_SHORT = 32  # characters of a line: an interval, a range of commits; what is no longer is not broken
_BREAKS = re.compile(r"([._(](?=\w))")
_SIGNS = {
    "holds": "✓",
    "fails": "✗",
    "inconclusive": "?",
    "no data": "∅",
    "met": "✓",
    "missed": "✗",
    "suspected": "▲",
    "confirmed": "▲",
    "recovered since": "▽",
}


def to_html(paper: Paper) -> str:
    """The page, whole."""
    style = _style()
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    links = "".join(f'<li><a href="#{one.anchor}">{_safe(one.title)}</a></li>' for one in paper.blocks)
    home = f'<p><a href="{escape(paper.home)}">All of the history</a></p>' if paper.home else ""
    body = [
        f"<header>{home}<h1>{_safe(paper.title)}</h1>",
        f'<p class="quiet">{_safe(paper.subtitle)}</p>',
        f"<ul>{''.join(f'<li>{_safe(one)}</li>' for one in paper.summary)}</ul></header>",
        f'<nav aria-label="Parts of this report"><ul>{links}</ul></nav>',
        "<main>",
        *map(_block, paper.blocks),
        "</main>",
        f'<footer class="quiet"><p>{_safe(paper.closing)}</p></footer>',
    ]
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">',
            f"<title>{_safe(paper.tab)}</title>\n<style>{style}</style>\n</head>\n<body>",
            *body,
            "</body>\n</html>",
        ]
    )


def _style() -> str:
    text = (files(__package__) / "page.css").read_text(encoding="utf-8")
    return re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)).strip()


def _hash(style: str) -> str:
    """As CSP names it (W3C Content Security Policy Level 3, 2.3.1: hash-source)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}"


def _block(block: Block) -> str:
    parts = [f'<section id="{block.anchor}"><h2>{_safe(block.title)}</h2>']
    parts += [f"<p>{_safe(one)}</p>" for one in block.said]
    parts += _pictures(block)
    each = max(_LEAST_ROWS, ROWS // max(1, len(block.listings)))
    parts += [_listing(one, each, block) for one in block.listings]
    return "".join([*parts, "</section>"])


def _pictures(block: Block) -> list[str]:
    shown = block.pictures[:_PICTURES]
    if not shown:
        return []
    drawn = "".join(
        f"<figure><figcaption>{_named(one.title)}</figcaption>{charts.draw(one, shown)}</figure>"
        for one in shown
    )
    left = len(block.pictures) - len(shown)
    more = f'<p class="quiet">{left:,} more are in the table alone.</p>' if left else ""
    return [f'<div class="pictures">{drawn}</div>{more}']


def _listing(listing: Listing, most: int, block: Block) -> str:
    table = _table(listing, most, listing.title or block.title)
    left = len(listing.table.rows) - most
    more = f'<p class="quiet">and {left:,} more: --format json has all.</p>' if left > 0 else ""
    if not listing.title:
        return table + more
    count = len(listing.table.rows)
    is_open = " open" if block.rows <= _OPEN_ROWS else ""
    title = f'{_safe(listing.title)} <span class="quiet">{count:,}</span>'
    return f"<details{is_open}><summary>{title}</summary>{table}{more}</details>"


def _table(listing: Listing, most: int, name: str) -> str:
    header, right = listing.table.header, listing.table.right
    heads = "".join(f'<th scope="col"{_side(one, right)}>{_safe(one)}</th>' for one in header)
    if listing.bullets:
        heads += '<th scope="col">value and limit</th>'
    rows = [_row(listing, at) for at in range(min(most, len(listing.table.rows)))]
    label = escape(plain(name), quote=True)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{label}"><table>'
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _row(listing: Listing, at: int) -> str:
    right, row = listing.table.right, listing.table.rows[at]
    cells = "".join(
        f"<td{_side(name, right, cell)}>{_cell(cell, name)}</td>"
        for name, cell in zip(listing.table.header, row, strict=True)
    )
    if listing.bullets:
        one = listing.bullets[at]
        said = ", ".join(cell.partition(SECOND)[0] for cell in row[:4])
        cells += f"<td>{charts.bullet(one, said) if one else ''}</td>"
    return f"<tr>{cells}</tr>"


def _side(name: str, right: frozenset[str], cell: str = "") -> str:
    """Numbers to the right, names and sentences wide, what is short in one line."""
    if name in right:
        return ' class="n"'
    if name in _WIDE:
        return ' class="w"'
    return ' class="k"' if max(map(len, cell.split(SECOND))) <= _SHORT else ""


def _cell(cell: str, column: str) -> str:
    first, *below = cell.split(SECOND)
    long = column in _WIDE or len(first) > _SHORT
    text = _named(first) if column in _CASES and long else _safe(first)
    if column == "measured":
        text = ", ".join(size.replace(" ", "&nbsp;") for size in text.split(", "))
    if column == "state" and first in _SIGNS:
        text = (
            f'<b class="state {first.replace(" ", "-")}"><i aria-hidden="true">{_SIGNS[first]}</i> {text}</b>'
        )
    return text + "".join(f"<small>{_safe(one)}</small>" for one in below)


def _named(text: str) -> str:
    """A name that may go on in the next line behind its dots and underscores."""
    return _BREAKS.sub(r"\1<wbr>", _safe(text))


def _safe(text: str) -> str:
    """Text and nothing else; control characters made visible."""
    return escape(plain(text), quote=False)
