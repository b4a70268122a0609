"""Tables: alignment by what a terminal shows, and cells that cannot break out of their format."""

from __future__ import annotations

from groundspeed.report.table import Table, plain

TABLE = Table(
    header=("commit", "runs", "subject"),
    rows=(("0a1b", "7", "Größe"), ("ffff", "1,024", "早い")),
    right=frozenset({"runs"}),
)


def test_text_is_aligned() -> None:
    assert TABLE.text() == ("commit   runs  subject\n0a1b        7  Größe\nffff    1,024  早い")


def test_markdown_says_which_columns_are_numbers() -> None:
    assert TABLE.markdown().splitlines()[:2] == ["| commit | runs | subject |", "| --- | ---: | --- |"]


def test_a_cell_cannot_break_out() -> None:
    hostile = Table(header=("a",), rows=(("x | <img> `c` [l](u)\n\x1b[31m",),))
    assert hostile.markdown().splitlines()[2] == "| x \\| &lt;img&gt; \\`c\\` \\[l](u)��[31m |".replace(
        "��[", "��\\["
    )
    assert hostile.text().splitlines()[1] == "x | <img> `c` [l](u)��[31m"


def test_an_empty_table_is_its_header() -> None:
    assert Table(header=("a", "b"), rows=()).text() == "a  b"


def test_plain_keeps_letters_of_every_kind() -> None:
    assert plain("µ é 早 𝛼\t\x00") == "µ é 早 𝛼��"
