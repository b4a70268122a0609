"""Passages of a document: where they are cut, and that nothing is lost."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noesis.documents import assign_ids, parse
from noesis.errors import ConfigError
from noesis.rag.chunks import Cutting, cut

SMALL = Cutting(size=100, overlap=20, small=30)


def parts(path: str, text: str, cutting: Cutting = SMALL) -> list[tuple[str, str]]:
    return [(one.source, one.text) for one in cut(path, text.encode(), cutting)]


def long(word: str, size: int) -> str:
    return (word * size)[: size - 1] + "\n"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", []),
        ("\n \n", [("a.md", "\n \n")]),
        ("No heading.\n", [("a.md", "No heading.\n")]),
        # two sections of 40 bytes are not small: each is a passage
        (
            f"# A\n{long('a', 40)}# B\n{long('b', 40)}",
            [("a.md#a", f"# A\n{long('a', 40)}"), ("a.md#b", f"# B\n{long('b', 40)}")],
        ),
        # a title alone is small: it goes with the first section inside it
        (
            f"# A\n## B\n{long('b', 40)}## C\n{long('c', 40)}",
            [("a.md#a", f"# A\n## B\n{long('b', 40)}"), ("a.md#c", f"## C\n{long('c', 40)}")],
        ),
        # siblings of 9 bytes: four of them are no longer small (36 > 30), the fifth begins anew
        (
            "".join(f"# {name}\n1234\n" for name in "ABCDE"),
            [("a.md#a", "".join(f"# {name}\n1234\n" for name in "ABCD")), ("a.md#e", "# E\n1234\n")],
        ),
        # the small last one under A does not go with B, which has another parent
        (
            f"# A\n{long('a', 40)}## A1\n# B\n{long('b', 40)}",
            [
                ("a.md#a", f"# A\n{long('a', 40)}"),
                ("a.md#a1", "## A1\n"),
                ("a.md#b", f"# B\n{long('b', 40)}"),
            ],
        ),
        # small, but both together are longer than 100
        (
            f"# A\n# B\n{long('b', 95)}",
            [("a.md#a", "# A\n"), ("a.md#b", f"# B\n{long('b', 95)}")],
        ),
        # what stands before the first heading holds all of them
        (f"front\n# A\n{long('a', 40)}", [("a.md", f"front\n# A\n{long('a', 40)}")]),
        # headings of one name: their anchors are those of noesis.documents
        (
            f"# A\n{long('a', 40)}# A\n{long('b', 40)}",
            [("a.md#a", f"# A\n{long('a', 40)}"), ("a.md#a-1", f"# A\n{long('b', 40)}")],
        ),
    ],
)
def test_sections_are_passages(text: str, wanted: list[tuple[str, str]]) -> None:
    assert parts("a.md", text) == wanted


def test_a_text_that_is_no_markdown_has_no_sections() -> None:
    text = f"# A\n{long('a', 40)}# B\n{long('b', 40)}"
    assert parts("folder/a.txt", text) == [("folder/a.txt", text)]


def test_titles_are_the_sections_else_the_documents() -> None:
    titled = f"{long('f', 40)}# *The* `Title`\n{long('a', 40)}## Part\n{long('b', 40)}"
    assert [one.title for one in cut("a.md", titled.encode(), SMALL)] == ["The Title", "The Title", "Part"]
    assert [one.title for one in cut("b/notes.txt", b"text", SMALL)] == ["notes"]
    assert [one.title for one in cut("notes.md", f"{long('f', 40)}## A\n".encode(), SMALL)] == ["notes", "A"]


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        # a paragraph's end (at 80) goes before a sentence's (at 90) and a word's
        (
            "a" * 76 + ".\n\n\n" + "b" * 8 + ". " + "c" * 30,
            "a" * 76 + ".\n\n\n",
            "a" * 16 + ".\n\n\n" + "b" * 8 + ". " + "c" * 30,  # no word begins in the 20 bytes before the cut
        ),
        # the last sentence that ends by 100 ends at 82; the first one that begins after 62 does at 72
        (
            "a" * 70 + ". " + "b" * 8 + ". " + "c" * 60,
            "a" * 70 + ". " + "b" * 8 + ". ",
            "b" * 8 + ". " + "c" * 60,
        ),
        # words of five letters end at 6, 12, …, 96; from 76 on the first begins at 78
        ("words " * 20, "words " * 16, "words " * 7),
        # nothing to cut at: 100 bytes, then 20 of them again
        ("a" * 130, "a" * 100, "a" * 50),
        # three bytes a letter: 99 = 33 letters; 79 lies within one, the next begins at 81
        ("\u4e00" * 40, "\u4e00" * 33, "\u4e00" * 13),
        # a full stop without a space ends at 63; 43 lies within a letter, the next begins at 45
        (
            "\u4e00" * 20 + "\u3002" + "\u4e00" * 20,
            "\u4e00" * 20 + "\u3002",
            "\u4e00" * 5 + "\u3002" + "\u4e00" * 20,
        ),
    ],
)
def test_a_long_section_is_cut_where_it_pauses(text: str, first: str, second: str) -> None:
    assert [words for _, words in parts("a.txt", text)] == [first, second]


def test_every_piece_has_its_sections_anchor() -> None:
    found = cut("a.md", ("# A\n" + "words " * 60).encode(), SMALL)
    assert len(found) > 3
    assert {(one.source, one.title) for one in found} == {("a.md#a", "A")}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"size": 99}, "size must be at least 100 bytes, not 99"),
        ({"size": 100, "overlap": 26, "small": 0}, r"overlap must be 0 to a quarter of size \(100\), not 26"),
        ({"overlap": -1}, "overlap must be 0 to"),
        ({"size": 200, "overlap": 0, "small": 201}, r"small must be 0 to size \(200\), not 201"),
    ],
)
def test_a_cutting_that_cannot_be(values: dict[str, int], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Cutting(**values)


LINES = st.sampled_from(
    ["# A\n", "## B\n", "### C\n", "# \u00e4\n", "\n", "---\n", "> # Q\n", "- # L\n", "```\n", "A b. C d!\n"]
)
WORDS = st.text(st.sampled_from("ab .\n\u00e4\u4e00\U0001f600\u0301"), max_size=150)
DOCUMENTS = st.lists(LINES | WORDS, max_size=20).map("".join)
CUTTINGS = st.builds(
    Cutting, size=st.integers(100, 300), overlap=st.integers(0, 25), small=st.integers(0, 100)
)


@settings(deadline=None, derandomize=True, max_examples=150)
@given(DOCUMENTS, CUTTINGS, st.sampled_from(["a.md", "a.txt"]))
def test_every_byte_is_in_a_passage_and_nothing_else(text: str, cutting: Cutting, path: str) -> None:
    data = text.encode()
    found = cut(path, data, cutting)
    assert all(one.text == data[one.start : one.end].decode() for one in found)
    assert all(0 < one.end - one.start <= cutting.size for one in found)
    assert (found[0].start, found[-1].end) == (0, len(data)) if data else not found
    for before, after in itertools.pairwise(found):
        assert before.start < after.start <= before.end < after.end
        assert before.end - after.start <= cutting.overlap
        assert before.end == after.start or before.source == after.source
    sources = {path} | {f"{path}#{anchor}" for anchor in assign_ids(parse(data)).anchors}
    assert {one.source for one in found} <= sources
