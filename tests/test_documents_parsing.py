"""Passes 1 and 2: what a document holds, what its sections are called, and what hostile bytes do."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asv_bench_groundspeed.workloads.corpus import CorpusSpec, stream
from noesis.documents import ReferenceKind, assign_ids, inject_ids, parse, parsing, slug
from noesis.errors import DocumentError

LAWS = settings(deadline=None, derandomize=True, max_examples=150)

# Pieces that interact: what opens, what closes, what only looks like it.
FRAGMENTS = [
    "# Title\n",
    "## Title\n",
    "###### Deep `code` [link](#title)\n",
    "#not a heading\n",
    "Set\next\n===\n",
    "Under\n---\n",
    "#\n",
    "# Over {#written}\n",
    "# Over {.class}\n",
    "# Over {}\n",
    "# Over {#}\n",
    "# Closed ##\n",
    "> # Quoted\n> text\n",
    "- item [[Note]]\n  - inner [p](a/b.md#c)\n",
    "1. one\n\n   # In an item\n",
    "```\n[[no]]\n\n# not one\n",
    "```\n",
    "~~~~ py\n",
    "~~~~\n",
    "    indented [[no]]\n",
    "<pre>\n\n# not one\n",
    "</pre>\n",
    "<!-- [[no]]\n",
    "-->\n",
    "<div>\n[[no]]\n\n",
    "| a | [[b]] |\n| - | - |\n| c | [d](e) |\n",
    "[label]\n",
    "[label]: target.md\n",
    "[a\nb]: target.md\n",
    "[^1]: note [[N]]\n",
    "text [^1] https://x.y <https://x.y/z> <a@b.example>\n",
    "[[ unclosed\n",
    "![image](x.png) ![[embedded]]\n",
    "é – \x00 ü\n",
    "\r\n",
    "\n",
    "\n\n",
]
texts = st.lists(st.sampled_from(FRAGMENTS), max_size=14).map("".join)


def references(text: str) -> list[tuple[ReferenceKind, str]]:
    parsed = parse(text.encode())
    return [(ReferenceKind(parsed.text_kinds[name]), parsed.texts[name]) for name in parsed.names]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[[Note]]", [(ReferenceKind.WIKILINK, "Note")]),
        ("[[Note#Part|shown]]", [(ReferenceKind.WIKILINK, "Note#Part")]),
        ("[a](b/c.md#d)", [(ReferenceKind.PATH, "b/c.md#d")]),
        ("[a](<b c.md> 'title')", [(ReferenceKind.PATH, "b c.md")]),
        ("[a](#d)", [(ReferenceKind.ANCHOR, "#d")]),
        ("[a](https://x.y#z)", [(ReferenceKind.EXTERNAL, "https://x.y#z")]),
        ("[a](//x.y)", [(ReferenceKind.EXTERNAL, "//x.y")]),
        ("<https://x.y>", [(ReferenceKind.EXTERNAL, "https://x.y")]),
        ("<a@b.example>", [(ReferenceKind.EXTERNAL, "mailto:a@b.example")]),
        ("[a][l]\n\n[l]: t.md", [(ReferenceKind.PATH, "t.md")]),
        ("| a |\n| - |\n| [[T]] |", [(ReferenceKind.WIKILINK, "T")]),
        ("- a\n  - b\n    - [[deep]]", [(ReferenceKind.WIKILINK, "deep")]),
        ("# [[in a heading]]", [(ReferenceKind.WIKILINK, "in a heading")]),
        ("`[[code]]`", []),
        ("```\n[[code]] [a](b)\n```", []),
        ("    [[indented]]", []),
        ("<!-- [[comment]] -->", []),
        ("<div>\n[[raw]]\n</div>", []),
        ("![a](b.png)", []),
        ("[[unclosed", []),
        ("[^1]\n\n[^1]: b", []),
        ("---\ntitle: '[[front]]'\n---\n[[body]]", [(ReferenceKind.WIKILINK, "body")]),
    ],
)
def test_what_is_a_reference(text: str, expected: list[tuple[ReferenceKind, str]]) -> None:
    assert references(text) == expected


def test_offsets_are_bytes_and_sections_are_known() -> None:
    data = "---\na: é\n---\nété [[A]]\n\n# Über [b](c)\n\n- ü [[A]]\n".encode()
    parsed = parse(data)
    sources = [data[start:end].decode() for start, end in zip(parsed.starts, parsed.ends, strict=True)]
    assert sources == ["[[A]]", "[b](c)", "[[A]]"]
    assert list(parsed.sections) == [-1, 0, 0]
    assert list(parsed.names) == [0, 1, 0]
    assert parsed.titles == ("Über b",)
    assert data[parsed.section_starts[0] : parsed.heading_ends[0]].decode() == "# Über [b](c)\n"


def test_the_tree_of_headings_six_deep() -> None:
    text = "".join(f"{'#' * level} {level}\n\n" for level in (1, 2, 3, 4, 5, 6, 6, 4, 2, 5, 1, 3))
    parsed = parse(text.encode())
    assert list(parsed.levels) == [1, 2, 3, 4, 5, 6, 6, 4, 2, 5, 1, 3]
    assert list(parsed.parents) == [-1, 0, 1, 2, 3, 4, 4, 2, 0, 8, -1, 10]


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b"\xff", "byte 0 (0xff)"),
        (b"# fine\n\n\xc3(", "byte 8 (0xc3)"),
        (b"---\n\xe9: 1\n---\n", "byte 4 (0xe9)"),
        (b"# a\n\nx\n\n" * 50 + b"\x80", "byte 400 (0x80)"),
    ],
)
def test_what_is_not_utf8_is_named_by_its_place(
    data: bytes, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parsing, "SEGMENT_BYTES", 64)
    with pytest.raises(DocumentError, match="is not UTF-8") as raised:
        parse(data)
    assert where in str(raised.value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"\x00" * 1000,
        b"\xef\xbb\xbf# after a mark\n",
        b"x" * 3_000_000,
        b"[" * 20_000,
        b"[[" * 20_000,
        b"> " * 5_000,
        b"- " * 2_000,
        b"```\n# never closed\n\n" * 20_000,
        b"---\n" * 10_000,
        b"#" * 100_000,
        b"[a]:" * 20_000,
        b"| a " * 20_000 + b"\n",
    ],
    ids=lambda data: f"{data[:8]!r}x{len(data)}",
)
def test_hostile_bytes_are_parsed(data: bytes) -> None:
    parsed = parse(data)
    assert parsed.size == len(data)
    assert len(assign_ids(parsed).anchors) == len(parsed.titles)


@LAWS
@given(texts, st.integers(1, 60))
def test_a_document_in_pieces_is_the_document(text: str, piece: int) -> None:
    whole = parse(text.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parsing, "SEGMENT_BYTES", piece)
        assert parse(text.encode()) == whole


def test_a_long_document_in_pieces_is_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"".join(stream(CorpusSpec(size=600_000, seed=7)))
    pieces = parse(data)
    assert len(data) > 2 * parsing.SEGMENT_BYTES
    monkeypatch.setattr(parsing, "SEGMENT_BYTES", len(data))
    assert parse(data) == pieces


# --- ids ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("How it Works?", "how-it-works"),
        ("  C++ & C#  ", "c--c"),
        ("snake_case-name", "snake_case-name"),
        ("Über Größe", "über-größe"),
        ("1.2.3", "123"),
        ("???", "section"),
        ("", "section"),
    ],
)
def test_slugs(title: str, expected: str) -> None:
    assert slug(title) == expected


@pytest.mark.parametrize(
    ("text", "anchors", "repeated"),
    [
        ("# A\n# A\n# A\n", ("a", "a-1", "a-2"), {"a": 3}),
        ("# A-1\n# A\n# A\n", ("a-1", "a", "a-2"), {"a": 2}),
        ("# A\n# A\n# A-1\n", ("a", "a-1", "a-1-1"), {"a": 2, "a-1": 2}),
        ("# A\n# B {#a}\n", ("a-1", "a"), {"a": 2}),
        ("# A {#x}\n# B {#x}\n", ("x", "x-1"), {"x": 2}),
        ("# A {#Kept.As:it}\n", ("Kept.As:it",), {}),
        ("#\n#\n", ("section", "section-1"), {"section": 2}),
    ],
)
def test_every_section_has_an_anchor_of_its_own(
    text: str, anchors: tuple[str, ...], repeated: dict[str, int]
) -> None:
    identified = assign_ids(parse(text.encode()))
    assert identified.anchors == anchors
    assert identified.repeated == repeated


@LAWS
@given(texts)
def test_anchors_are_distinct_and_indexed(text: str) -> None:
    identified = assign_ids(parse(text.encode()))
    assert len(set(identified.anchors)) == len(identified.anchors)
    assert identified.index == {anchor: place for place, anchor in enumerate(identified.anchors)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# A\n", "# A {#a}\n"),
        ("# A", "# A {#a}"),
        ("# A ##  \r\ntext\r\n", "# A ## {#a}  \r\ntext\r\n"),
        ("Two\nlines\n====\n", "Two\nlines {#two-lines}\n====\n"),
        ("> Q\n> ---\n", "> Q {#q}\n> ---\n"),
        ("- # I\n", "- # I {#i}\n"),
        ("# A {.c k=v}\n", "# A {#a .c k=v}\n"),
        ("# A {#kept}\n", "# A {#kept}\n"),
        ("#\n", "# {#section}\n"),
        ("# É [x](y)\n# É x\n", "# É [x](y) {#é-x}\n# É x {#é-x-1}\n"),
        ("```\n# A\n```\n", "```\n# A\n```\n"),
        ("no heading", "no heading"),
    ],
)
def test_ids_are_written_behind_headings(text: str, expected: str) -> None:
    assert inject_ids(text) == expected


@LAWS
@given(texts)
def test_injecting_keeps_anchors_and_is_idempotent(text: str) -> None:
    before = parse(text.encode())
    injected = inject_ids(text)
    after = parse(injected.encode())
    assert inject_ids(injected) == injected
    assert after.titles == before.titles
    assert assign_ids(after).anchors == assign_ids(before).anchors
    assert after.texts == before.texts


def test_injected_ids_survive_new_titles_and_new_headings() -> None:
    text = inject_ids("# Intro\n\n## Notes\n\n## Notes\n")
    edited = "# Notes\n\n" + text.replace("# Intro", "# Introduction")
    assert assign_ids(parse(edited.encode())).anchors == ("notes-2", "intro", "notes", "notes-1")
