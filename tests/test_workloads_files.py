"""PDF and DOCX that workloads write: the same bytes twice, and readers find in them what was written."""

from __future__ import annotations

import hashlib
import io
import unicodedata
import zipfile

import docx
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asv_bench_groundspeed.workloads.files import LINE_CHARACTERS, PAGE_LINES, as_docx, as_pdf
from noesis.knowledge.formats import extract

SAMPLE = "# Title\n\nA line (with brackets) and a \\.\tTabbed, naïve café – “so” €5.\n" * 40

WINANSI = [
    letter
    for letter in bytes(range(0x20, 0x100)).decode("cp1252", errors="ignore")
    if letter.isprintable() and letter != " "
]
# Words of letters, at least two words of two letters a line: pdfium takes a page of single letters for
# vertical writing and loses its line ends.
WORDS = st.text(st.sampled_from("abcxyzABCXYZ0189"), min_size=2, max_size=20)
LINES = st.lists(st.lists(WORDS, min_size=2, max_size=30).map(" ".join), min_size=1, max_size=2 * PAGE_LINES)


def test_the_bytes_are_the_same_on_every_machine() -> None:
    # Nothing is compressed and no clock is read, so these hold wherever Python runs.
    assert hashlib.sha256(as_pdf(SAMPLE)).hexdigest()[:16] == "f01fe768f0b4b8da"
    assert hashlib.sha256(as_docx(SAMPLE)).hexdigest()[:16] == "22668d7bac823b81"


@settings(deadline=None, derandomize=True, max_examples=100)
@given(st.text())
def test_any_text_can_be_written_and_is_the_same_twice(text: str) -> None:
    assert as_pdf(text) == as_pdf(text)
    assert as_docx(text) == as_docx(text)
    with zipfile.ZipFile(io.BytesIO(as_docx(text))) as package:
        assert package.testzip() is None
    with pypdfium2.PdfDocument(as_pdf(text)) as document:
        assert len(document) >= 1


@settings(deadline=None, derandomize=True, max_examples=100)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cn", "Co"]) | st.sampled_from("\n\t")))
def test_a_docx_gives_back_what_was_written(text: str) -> None:
    assert extract(".docx", as_docx(text)) == unicodedata.normalize("NFC", text)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(LINES.map("\n".join))
def test_a_pdf_gives_back_the_words_that_were_written(text: str) -> None:
    assert extract(".pdf", as_pdf(text)).split() == text.split()


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.lists(st.text(st.sampled_from(WINANSI), min_size=1, max_size=2 * LINE_CHARACTERS), min_size=1))
def test_a_pdf_gives_back_every_letter_of_winansi(words: list[str]) -> None:
    # Line ends are where lines were wrapped, and a hyphen before one is the reader's to judge.
    text = " ".join(words)
    assert _letters(extract(".pdf", as_pdf(text))) == _letters(text)


def _letters(text: str) -> str:
    return "".join(text.split()).replace("-", "")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("tab\there", "tab here"),
        ("\x01 \x7f \x81 你 \U0001f600 \ud800", "? ? ? ? ? ?"),  # not in WinAnsi, each one sign
        ("soft\xadhyphen", "soft?hyphen"),  # a PDF would show it as a hyphen
        ("(a) \\ [b] ((", "(a) \\ [b] (("),
        ("x" * 96 + " y" * 20, "x" * 96 + "\n" + ("y " * 20).strip()),  # broken at the blank, which is lost
        ("x" * 97, "x" * 96 + "\nx"),  # cut, as no blank fits
    ],
)
def test_how_a_line_of_a_pdf_is_written(text: str, read: str) -> None:
    assert extract(".pdf", as_pdf(text)) == read


@pytest.mark.parametrize(("lines", "pages"), [(1, 1), (50, 1), (51, 2), (100, 2), (101, 3)])
def test_a_page_has_fifty_lines(lines: int, pages: int) -> None:
    with pypdfium2.PdfDocument(as_pdf("\n".join(f"line {n}" for n in range(lines)))) as document:
        assert len(document) == pages
        with pypdfium2.PdfDocument(as_pdf("")) as empty:
            assert len(empty) == 1


def test_the_widest_line_and_the_last_one_stand_on_the_page() -> None:
    text = "\n".join(["W" * LINE_CHARACTERS] * PAGE_LINES)
    with pypdfium2.PdfDocument(as_pdf(text)) as document:
        page = document[0]
        boxes = [found.get_bounds() for found in page.get_objects()]
        width, height = page.get_size()
        page.close()
    assert len(boxes) == PAGE_LINES
    assert all(min(left, low) > 0 and right < width and high < height for left, low, right, high in boxes)


def test_python_docx_reads_the_same_paragraphs() -> None:
    text = "A <b> & 'c'\n\n  two  blanks \tand a tab\n"
    document = docx.Document(io.BytesIO(as_docx(text)))
    assert [paragraph.text for paragraph in document.paragraphs] == text.split("\n")


def test_what_xml_cannot_hold_is_a_question_mark() -> None:
    assert extract(".docx", as_docx("a\x00b\x0bc\x1fd\ufffee\uffff\ud800")) == "a?b?c?d?e??"
