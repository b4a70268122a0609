"""One file's bytes to its text: each format against its own tools, each refusal with its sentence."""

from __future__ import annotations

import io
import pickle
import random
import re
import struct
import subprocess
import sys
import tracemalloc
import unicodedata
import zipfile
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asv_bench_groundspeed.workloads import files
from asv_bench_groundspeed.workloads.files import as_docx, as_pdf
from noesis.errors import DocumentError
from noesis.knowledge import formats
from noesis.knowledge.formats import HIGHEST_PILE, LONGEST_LINE, SUFFIXES, extract

LAW = settings(deadline=None, derandomize=True, max_examples=100)
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def refusal(suffix: str, data: bytes) -> str:
    """Why ``data`` is refused."""
    with pytest.raises(DocumentError) as caught:
        extract(suffix, data)
    return str(caught.value)


def ends_well(suffix: str, data: bytes) -> bool:
    """Whether ``data`` gives a text or a refusal with its next move; any other error is not caught."""
    try:
        return isinstance(extract(suffix, data), str)
    except DocumentError as error:
        return "; " in str(error)


# -- plain text --


@pytest.mark.parametrize("suffix", [".md", ".txt"])
@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"# A\r\n\r\n*b*  \rc\n", "# A\n\n*b*  \nc\n"),  # markup and blanks stay
        ("naïve 你好 \U0001f600".encode(), "naïve 你好 \U0001f600"),
        ("café".encode("utf-8-sig"), "café"),
        ("café".encode("utf-16"), "café"),
        (b"\xfe\xff" + "café".encode("utf-16-be"), "café"),
        (b"\xff\xfe" + "\U0001f600\n".encode("utf-16-le"), "\U0001f600\n"),
        ("cafe\u0301".encode(), "café"),  # NFC
        ("a\ufeffb".encode(), "a\ufeffb"),  # only the first is a mark
        (b"\x0c\x1b[0m", "\x0c\x1b[0m"),
    ],
)
def test_plain_text_is_read_as_it_was_written(suffix: str, data: bytes, text: str) -> None:
    assert extract(suffix, data) == text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"ab\xff", "is not UTF-8 (byte 3); save it as UTF-8"),
        (b"\xef\xbb\xbfab\xff", "is not UTF-8 (byte 6); save it as UTF-8"),
        (b"x" * 3411 + b"\xe9 latin", "is not UTF-8 (byte 3,412); save it as UTF-8"),
        (b"\xed\xa0\x80", "is not UTF-8 (byte 1); save it as UTF-8"),  # half of a pair
        (b"\xff\xfea\0b", "starts as UTF-16 but is not (byte 5); save it as UTF-8"),  # half a letter
        (b"\xff\xfea\0\x00\xd8", "starts as UTF-16 but is not (byte 5); save it as UTF-8"),
        (b"\x7fELF\x02\0", "is binary (byte 6 is NUL); save it as UTF-8 text, or leave it out"),
        ("ab".encode("utf-16-le"), "is binary (byte 2 is NUL); save it as UTF-8 text, or leave it out"),
        (b"\xff\xfe\0\0a\0\0\0", "is binary (character 1 is NUL); save it as UTF-8 text, or leave it out"),
    ],
)
def test_other_bytes_are_refused_with_their_place(data: bytes, reason: str) -> None:
    assert refusal(".txt", data) == reason


@LAW
@given(st.text())
def test_text_comes_back_in_one_spelling(text: str) -> None:
    text = "".join(letter for letter in text if letter != "\0" and not "\ud800" <= letter <= "\udfff")
    text = text.removeprefix("\ufeff")
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    assert extract(".md", text.encode()) == unicodedata.normalize("NFC", lines)


@LAW
@given(st.sampled_from(SUFFIXES), st.binary(max_size=200))
def test_any_bytes_end_as_text_or_in_a_sentence(suffix: str, data: bytes) -> None:
    assert ends_well(suffix, data)


# -- limits --


def test_a_line_may_be_so_long_and_no_longer() -> None:
    longest = "é" * LONGEST_LINE
    assert extract(".txt", f"a\n{longest}\nb".encode()) == f"a\n{longest}\nb"
    for text in (f"a\n\n{longest}e", f"a\n\n{longest}e\nb", f"a\n\n{longest}e\r\n{longest}"):
        assert refusal(".txt", text.encode()) == (
            "has a huge line (line 3 is longer than 2,000,000 characters); "
            "break it into lines, or leave the file out if it is data"
        )
    assert refusal(".docx", as_docx(longest + "x")).startswith("has a huge line (line 1 ")


@LAW
@given(st.integers(0, 3 * HIGHEST_PILE), st.integers(1, 3 * HIGHEST_PILE))
def test_a_pile_of_marks_is_found_wherever_it_stands(before: int, marks: int) -> None:
    data = ("x\n" * before + "e" + "\u0316\u0300" * (marks // 2) + "\u0300" * (marks % 2) + "\ny").encode()
    if marks <= HIGHEST_PILE:
        assert extract(".md", data) == unicodedata.normalize("NFC", data.decode())
    else:
        assert refusal(".md", data) == (
            f"has more than 256 combining marks on one letter (line {before + 1:,}); take them away"
        )


def test_a_file_has_its_largest_size() -> None:
    data = bytes(formats.LARGEST_FILE_BYTES + 1)
    for suffix in SUFFIXES:
        assert refusal(suffix, data) == "has 256,000,001 bytes, more than 256,000,000; split it"


@pytest.mark.parametrize("suffix", [".doc", "", ".MD", "md"])
def test_another_suffix_is_refused(suffix: str) -> None:
    assert (
        refusal(suffix, b"x") == "is of no kind that is read here; save it as one of .md, .txt, .pdf, .docx"
    )


# -- PDF --


def pdf_of(content: bytes, *, font: bytes = files._FONT, more: tuple[bytes, ...] = ()) -> bytes:
    """One page that draws ``content``; ``more`` are further objects, numbered from 6."""
    stream = b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content)
    kids = b"<< /Type /Pages /Count 1 /Kids [4 0 R] >>"
    return files._pdf_file([b"<< /Type /Catalog /Pages 2 0 R >>", kids, font, files._PAGE % 5, stream, *more])


def encrypted(data: bytes) -> bytes:
    """The same with a user password that is not the empty one (ISO 32000-1, 7.6.3)."""
    keys = b"/O <%b> /U <%b>" % (b"00" * 32, b"11" * 32)
    entry = b"/Encrypt << /Filter /Standard /V 1 /R 2 %b /P -4 >> /ID [<00> <00>] /Root" % keys
    return data.replace(b"/Root", entry)


THREE_PAGES = as_pdf("\n".join(f"line number {number}" for number in range(120)))


def test_pages_follow_each_other() -> None:
    assert extract(".pdf", THREE_PAGES).split("\n") == [f"line number {number}" for number in range(120)]


def test_a_word_that_is_broken_at_a_line_end_is_put_together() -> None:
    # pdfium judges: a letter before the hyphen and one after the line's end.
    assert extract(".pdf", as_pdf("an algo-\nrithm - so\n- one")) == "an algorithm - so\n- one"


def test_text_beside_the_page_is_not_read() -> None:
    drawn = b"BT /F1 8 Tf 50 700 Td (seen here) Tj 0 -9000 Td (never seen) Tj ET"
    assert extract(".pdf", pdf_of(drawn)) == "seen here"


def test_letters_beyond_sixteen_bits_are_whole() -> None:
    # The font says that its A is MATHEMATICAL ITALIC SMALL X, as formulas do (ISO 32000-1, 9.10.3).
    table = (
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def\n"
        b"1 begincodespacerange <00> <ff> endcodespacerange\n"
        b"1 beginbfchar <41> <D835DC65> endbfchar\nendcmap end end"
    )
    stream = b"<< /Length %d >>\nstream\n%b\nendstream" % (len(table), table)
    font = files._FONT.replace(b">>", b"/ToUnicode 6 0 R >>")
    drawn = b"BT /F1 8 Tf 50 700 Td (let A be) Tj ET"
    assert extract(".pdf", pdf_of(drawn, font=font, more=(stream,))) == "let \U0001d465 be"


NO_PAGES = files._pdf_file([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 0 /Kids [] >>"])
UNREADABLE_PDFS = {
    "empty": (b"", "is no PDF (it does not start with %PDF-); give it the suffix of what it is"),
    "garbage": (b"hello", "is no PDF (it does not start with %PDF-); give it the suffix of what it is"),
    "half": (THREE_PAGES[:1500], "is damaged or cut short; fetch it or export it again"),
    "head": (b"%PDF-1.4\n", "is damaged or cut short; fetch it or export it again"),
    "password": (encrypted(THREE_PAGES), "is encrypted; save it without its password"),
    "scheme": (
        encrypted(THREE_PAGES).replace(b"/Standard", b"/Unheard0"),
        "is protected in a way that pdfium cannot read; save it without protection",
    ),
    "no pages": (NO_PAGES, "has no pages; export it again"),
    "no catalogue": (files._pdf_file([b"<< /Type /Catalog >>"]), "has no pages; export it again"),
    "a page that is none": (
        THREE_PAGES.replace(b"/Type /Page /Parent", b"/Type /Pagf /Parent", 2).replace(b"Pagf", b"Page", 1),
        "cannot be read on page 2 of 3; export it again",
    ),
    "a count that lies": (
        THREE_PAGES.replace(b"/Count 3", b"/Count 9"),
        "cannot be read on page 4 of 9; export it again",
    ),
    "a drawing": (
        pdf_of(b"0 0 100 100 re f"),
        "holds no text, only pictures of it perhaps; run text recognition (OCR) over it",
    ),
    "too many pages": (
        as_pdf("\n" * (files.PAGE_LINES * formats.MOST_PAGES)),
        "has 20,001 pages, more than 20,000; split it",
    ),
}


@pytest.mark.parametrize(("data", "reason"), UNREADABLE_PDFS.values(), ids=UNREADABLE_PDFS)
def test_an_unreadable_pdf_is_refused_and_closed(data: bytes, reason: str) -> None:
    assert refusal(".pdf", data) == reason
    assert _open_handles() == 0


def _open_handles() -> int:
    from pypdfium2.internal import ObjectTracker

    return sum(len(objects) for objects in ObjectTracker.values())


def test_pages_end_at_the_largest_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "LARGEST_TEXT", 1_000)
    assert refusal(".pdf", THREE_PAGES) == "holds more than 1,000 characters (page 2 of 3); split it"
    assert _open_handles() == 0


def test_threads_read_pdfs_at_once() -> None:
    # So often that without the lock each of five tries ended in a crash of pdfium.
    texts = [f"thread {number} has its own\nlines and words\n" * 60 for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda text: extract(".pdf", as_pdf(text)), texts * 40))
    assert found == [text.strip() for text in texts] * 40


# -- DOCX --


def package(members: dict[str, str | bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def body(content: str) -> bytes:
    """A Word document with this body."""
    return package({"word/document.xml": f"<w:document {W}><w:body>{content}</w:body></w:document>"})


def run(text: str) -> str:
    return f"<w:r><w:t>{text}</w:t></w:r>"


def saved(document: docx.document.Document) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def test_paragraphs_and_tables_come_in_the_order_of_the_body() -> None:
    document = docx.Document()
    document.add_heading("Title", 0)
    document.add_paragraph("before\tthe\ntable")
    table = document.add_table(2, 2)
    for number, cell in enumerate(cell for row in table.rows for cell in row.cells):
        cell.text = f"cell {number}"
    inner = table.cell(1, 1).add_table(1, 1)
    inner.cell(0, 0).text = "nested"
    document.add_paragraph("after, ").add_run("bold").bold = True
    document.sections[0].header.paragraphs[0].text = "header"
    document.sections[0].footer.paragraphs[0].text = "footer"
    lines = [line for line in extract(".docx", saved(document)).split("\n") if line]
    assert lines == [
        *("Title", "before\tthe", "table"),
        *("cell 0", "cell 1", "cell 2", "cell 3", "nested"),
        "after, bold",
    ]


@settings(deadline=None, derandomize=True, max_examples=20)  # python-docx takes 50 ms for each
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cn", "Co"]))))
def test_paragraphs_are_those_of_python_docx(paragraphs: list[str]) -> None:
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    data = saved(document)
    oracle = "\n".join(paragraph.text for paragraph in docx.Document(io.BytesIO(data)).paragraphs)
    assert extract(".docx", data) == unicodedata.normalize("NFC", oracle)


BOX = f"<w:txbxContent><w:p>{run('box')}</w:p></w:txbxContent>"
TEXT_BOX = (
    f"<w:p>{run('out')}<w:r><mc:AlternateContent xmlns:mc='mc'><mc:Choice>{BOX}</mc:Choice>"
    f"<mc:Fallback>{BOX}</mc:Fallback></mc:AlternateContent></w:r>{run('side')}</w:p>"
)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("", ""),
        (f"<w:p>{run('a')}</w:p><w:p/><w:p>{run('b')}</w:p>", "a\n\nb"),
        (f"<w:p><w:hyperlink>{run('a')}</w:hyperlink><w:ins>{run('b')}</w:ins></w:p>", "ab"),
        (f"<w:sdt><w:sdtContent><w:p>{run('control')}</w:p></w:sdtContent></w:sdt>", "control"),
        (
            f"<w:p>{run('a')}<w:del><w:r><w:delText>went</w:delText><w:tab/></w:r></w:del></w:p>",
            "a",
        ),
        (
            f"<w:p><w:moveFrom>{run('old')}</w:moveFrom></w:p><w:p><w:moveTo>{run('new')}</w:moveTo></w:p>",
            "\nnew",
        ),
        (f"<w:p><w:pPr><w:tabs><w:tab/></w:tabs><w:x/><w:tab/></w:pPr>{run('a')}</w:p>", "a"),
        (
            "<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:cr/><w:noBreakHyphen/></w:r></w:p>",
            "a\tb\nc\n-",
        ),
        (
            "<w:p><w:r><w:instrText>PAGE</w:instrText></w:r><m:r xmlns:m='m'><m:t>x+y</m:t></m:r></w:p>",
            "x+y",
        ),
        (TEXT_BOX, "out\nbox\nside"),
        ("<w:p><w:r><w:t>&lt;a&#233;&#x1F600;&amp;<![CDATA[<b>]]></w:t></w:r></w:p>", "<aé\U0001f600&<b>"),
    ],
)
def test_what_a_body_holds(content: str, text: str) -> None:
    assert extract(".docx", body(content)) == text


STRICT = (
    "<document xmlns='http://purl.oclc.org/ooxml/wordprocessingml/main'>"
    "<body><p><r><t>é</t></r></p></body></document>"
)
ELSEWHERE = (
    "<Relationships><Relationship Type='x/styles' Target='a.xml'/>"
    "<Relationship Type='x/officeDocument' Target='/word/document2.xml'/></Relationships>"
)


@pytest.mark.parametrize(
    "members",
    [
        {"word/document.xml": STRICT},
        {"word/document.xml": f"<?xml version='1.0' encoding='UTF-16'?>{STRICT}".encode("utf-16")},
        {"_rels/.rels": ELSEWHERE, "word/document2.xml": STRICT},
    ],
    ids=["strict", "UTF-16", "elsewhere"],
)
def test_documents_that_word_does_not_write_by_itself(members: dict[str, str | bytes]) -> None:
    assert extract(".docx", package(members)) == "é"


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
GOOD = as_docx("some words\n" * 1000)
TENFOLD = "".join(f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in pairwise("abcdefghi"))
LAUGHS = f"<!DOCTYPE a [<!ENTITY a 'ha'>{TENFOLD}]><w:document {W}><w:t>&i;</w:t></w:document>"
OUTSIDE = "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><w:document><w:t>&x;</w:t></w:document>"


def marked(data: bytes, at_local: int, at_central: int, value: bytes) -> bytes:
    """``data`` with ``value`` written into the last member's two headers (APPNOTE.TXT, 4.3.7 and 4.3.12)."""
    changed = bytearray(data)
    for signature, at in ((b"PK\3\4", at_local), (b"PK\1\2", at_central)):
        start = data.rindex(signature) + at
        changed[start : start + len(value)] = value
    return bytes(changed)


UNREADABLE_DOCXES = {
    "empty": (b"", "is no Word document (not a zip archive); give it the suffix of what it is"),
    "text": (b"hello", "is no Word document (not a zip archive); give it the suffix of what it is"),
    "old": (
        OLE + "WordDocument".encode("utf-16-le"),
        "is in Word's old format (.doc); open it in Word and save it as .docx",
    ),
    "password": (
        OLE + "EncryptedPackage".encode("utf-16-le"),
        "is protected by a password; save it without one",
    ),
    "half": (
        GOOD[:5000],
        "is damaged or cut short (File is not a zip file); fetch it or save it again",
    ),
    "a byte": (
        GOOD.replace(b"words", b"wordz", 1),
        "is damaged or cut short (Bad CRC-32 for file 'word/document.xml'); fetch it or save it again",
    ),
    "another archive": (
        package({"a.txt": "a"}),
        "is no Word document (a zip archive without word/document.xml); save it as .docx",
    ),
    "a named part that is missing": (
        package({"_rels/.rels": ELSEWHERE}),
        "is no Word document (a zip archive without word/document2.xml); save it as .docx",
    ),
    "a table of numbers": (
        package({"_rels/.rels": ELSEWHERE, "word/document2.xml": "<workbook/>"}),
        "is no Word document (its main part is a workbook); give it the suffix of what it is",
    ),
    "a hostile name": (
        package({"_rels/.rels": "<Relationship Type='/officeDocument' Target='a&#10;b" + "c" * 500 + "'/>"}),
        f"is no Word document (a zip archive without a?b{'c' * 97}); save it as .docx",
    ),
    "broken XML": (
        body("<w:p>"),
        "holds broken XML (word/document.xml: mismatched tag: line 1, column 98); save it again in Word",
    ),
    "an encoding": (
        package({"word/document.xml": "<?xml version='1.0' encoding='x'?><a/>"}),
        "holds XML in x, which no Word document may; save it again",
    ),
    "laughs": (
        package({"word/document.xml": LAUGHS}),
        "declares a document type (XML entities), which no Word document may; leave it out",
    ),
    "an outside entity": (
        package({"word/document.xml": OUTSIDE}),
        "declares a document type (XML entities), which no Word document may; leave it out",
    ),
    "depth": (
        body("<w:tbl>" * 255),
        "nests more than 256 elements; save it again with fewer levels",
    ),
    "a huge tag": (
        body(f"<w:p w:x='{random.Random(0).randbytes(1_100_000).hex()}'/>"),
        "holds a tag of more than 1,048,576 bytes (word/document.xml); save it again",
    ),
    "a size": (
        marked(GOOD, 22, 24, struct.pack("<L", 300_000_000)),
        "unpacks to 300,000,672 bytes, more than 256,000,000; split it",
    ),
    "members": (
        package(dict.fromkeys((f"{number}" for number in range(10_001)), b""), method=zipfile.ZIP_STORED),
        "packs more than 10,000 members; leave it out, it is no text",
    ),
    "encryption": (
        marked(GOOD, 6, 8, b"\1\0"),
        "has an encrypted member (word/document.xml); save it without a password",
    ),
    "a method": (
        package({"word/document.xml": STRICT}, method=zipfile.ZIP_LZMA),
        "has a member packed in a way that Word does not know (word/document.xml); save it again",
    ),
    "a version": (
        GOOD.replace(b"PK\1\2\x14\x03\x14", b"PK\1\2\x14\x03\xff"),
        "is damaged or cut short (zip file version 25.5); fetch it or save it again",
    ),
}


@pytest.mark.parametrize(("data", "reason"), UNREADABLE_DOCXES.values(), ids=UNREADABLE_DOCXES)
def test_an_unreadable_docx_is_refused(data: bytes, reason: str) -> None:
    assert refusal(".docx", data) == reason


@pytest.mark.parametrize("damage", ["changed", "cut", "doubled"])
def test_damage_ends_as_text_or_in_a_sentence(damage: str) -> None:
    rnd = random.Random(5)
    short = "Some words,\ttabbed\n\nand naïve ones\n" * 20
    good = [(".docx", as_docx(short)), (".docx", body(f"<w:p>{run(short)}</w:p>")), (".pdf", as_pdf(short))]
    for turn in range(900):
        suffix, whole = good[turn % 3]
        data = bytearray(whole)
        # Half of the places lie where the archive and the PDF list what they hold.
        at = rnd.randrange(max(0, len(data) - 400), len(data)) if turn % 2 else rnd.randrange(len(data))
        if damage == "changed":
            data[at : at + 4] = rnd.choice((b"\xff" * 4, b"\0" * 4, rnd.randbytes(4)))
        elif damage == "cut":
            del data[at : at + rnd.randrange(1, 50)]
        else:
            data[at:at] = data[at : at + 30]
        assert ends_well(suffix, bytes(data))


def test_a_member_that_lies_about_its_size_takes_no_memory() -> None:
    bomb = marked(body(" " * 60_000_000), 22, 24, struct.pack("<L", 1_000))
    tracemalloc.start()
    try:
        reason = refusal(".docx", bomb)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert reason.startswith("is damaged or cut short (Bad CRC-32 ")
    assert peak < 2_000_000  # bytes: some chunks of 64 KB, and the archive's own objects


def test_a_high_ratio_is_refused_in_what_is_large() -> None:
    small, large = (body(" " * size) for size in (9_000_000, 10_000_000))
    assert extract(".docx", small) == ""
    assert re.fullmatch(
        r"looks like a zip bomb \(word/document.xml: 9,\d{3} bytes unpack to 10,000,113\); leave it out",
        refusal(".docx", large),
    )


# -- what extraction never does --

WATCHED = """
import pickle, sys
from noesis.errors import DocumentError
from noesis.knowledge.formats import extract

files = pickle.load(sys.stdin.buffer)
for suffix, data in files[:2]:  # what is imported late: pdfium, zipfile's encoding of names
    extract(suffix, data)
touched = []
sys.addaudithook(lambda event, details: touched.append(event))
refused = 0
for suffix, data in files:
    try:
        extract(suffix, data)
    except DocumentError:
        refused += 1
outside = ("open", "os.", "socket.", "subprocess.", "shutil.", "tempfile.", "urllib.", "import")
assert not [event for event in touched if event.startswith(outside)]
sys.exit(refused)
"""


def test_it_touches_nothing_and_says_nothing() -> None:
    good = [(".pdf", THREE_PAGES), (".docx", GOOD), (".md", b"# A"), (".txt", "e\u0301".encode())]
    bad = [(".pdf", data) for data, _ in UNREADABLE_PDFS.values()]
    bad += [(".docx", data) for data, _ in UNREADABLE_DOCXES.values()]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-X", "dev", "-c", WATCHED],
        input=pickle.dumps(good + bad),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (len(bad), b"", b"")


def test_too_little_memory_is_a_sentence() -> None:
    # In a process of its own: its address space ends 20 MB beyond what it has, and the text alone takes 54.
    program = """
import resource
from noesis.errors import DocumentError
from noesis.knowledge.formats import extract

data = ("a line of text, é\\n" * 3_000_000).encode()
has = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (has + 20_000_000,) * 2)
try:
    extract(".txt", data)
except DocumentError as error:
    print(error, end="")
"""
    if not Path("/proc/self/statm").exists():
        pytest.skip("needs Linux's account of the address space")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("takes more memory than there is; split it", "")


def test_too_little_stack_is_a_sentence() -> None:
    def at_the_end() -> str:
        # Called ever deeper; on the way back, the first call that has room for extract itself answers.
        try:
            return at_the_end()
        except RecursionError:
            return refusal_here()

    def refusal_here() -> str:
        try:
            return extract(".docx", GOOD)
        except DocumentError as error:
            return str(error)

    assert at_the_end() == "takes more memory than there is; split it"
