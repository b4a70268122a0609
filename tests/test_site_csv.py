"""What the page writes for spreadsheets: held to Python's reader, and without a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser import Visit, chromium, serve, site, visit
from tests.site_archives import HOSTILE

__all__ = ["chromium", "serve", "site", "visit"]  # fixtures

pytestmark = pytest.mark.browser

Cell = str | float | None

# As it stands in the file: RFC 4180 section 2 for the quotes, OWASP's "CSV Injection" for the apostrophe.
CELLS: dict[Cell, str] = {
    "plain": "plain",
    "": "",
    'a "b", c': '"a ""b"", c"',
    "two\nlines": '"two\nlines"',
    "=1+1": "'=1+1",
    "+x": "'+x",
    "-x": "'-x",
    "@x": "'@x",
    "\uff1d1": "'\uff1d1",  # a full-width =, which spreadsheets of East Asia take for one
    "  =1": "'  =1",  # white space in front is passed by
    "\t=1": "'\t=1",
    "\r=1": '"\'\r=1"',
    '=HYPERLINK("a,b")': '"\'=HYPERLINK(""a,b"")"',
    "1-1": "1-1",
    -1.5: "-1.5",
    0.1: "0.1",
    None: "",
}


def written(page: Page, rows: Sequence[Sequence[Cell]]) -> str:
    code = """async (rows) => {
      const { app } = await (await fetch('manifest.json')).json();
      return (await import(new URL(`${app}parts/csv.js`, location.href))).csv(rows);
    }"""
    found: str = page.evaluate(code, [list(row) for row in rows])
    return found


def test_cells_are_quoted_and_no_formulas(site: Path, visit: Callable[..., Visit]) -> None:
    page = visit(site).go()
    assert written(page, [list(CELLS)]) == ",".join(CELLS.values()) + "\r\n"
    assert written(page, []) == ""


def test_what_is_written_is_what_a_reader_finds(site: Path, visit: Callable[..., Visit]) -> None:
    marks = ["a", '"', ",", "\n", "\r", " ", "'", HOSTILE, "\u00e9\U0001f42a", "1e-9"]
    rows = [["first", "second"], *([one, f"x{other}"] for one in marks for other in marks)]
    read = list(csv.reader(io.StringIO(written(visit(site).go(), rows), newline="")))
    risky = {"\n", "\r"}  # they could hide a formula at the beginning of a line
    assert read == [[f"'{one}" if one in risky else one, other] for one, other in rows]
