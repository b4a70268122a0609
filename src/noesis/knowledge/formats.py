"""The text of one file: Markdown, plain text, PDF, DOCX. Owns what is read, the limits and every refusal.

Pure: bytes in, text out, or a ``DocumentError`` whose message continues "name.pdf: ". Nothing is written,
logged or fetched, and no file is opened, so it may run in any process or thread. Markup is left as it was
written, for what was written is what is found. DOCX is read by ``packed``.

Not bounded here: pdfium has no limits to set. A PDF of 8 KB can keep it busy for days (drawings that draw
each other twice), one of 26 KB takes it a GB (a page of 400,000 lines). Who reads files of strangers does so
in a process that can be ended.
"""

from __future__ import annotations

import codecs
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from noesis.errors import DocumentError
from noesis.knowledge.packed import docx_text

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

SUFFIXES = (".md", ".txt", ".pdf", ".docx")

LARGEST_FILE_BYTES = 256_000_000  # bytes: twice the corpora that are kept in one file; every worker holds one
LARGEST_TEXT = LARGEST_FILE_BYTES  # characters: no kind brings more than the largest plain file could
LONGEST_LINE = 2_000_000  # characters: the longest novels have three million in all; this is data, not text
MOST_PAGES = 20_000  # the thickest manuals, those of processors, have some 5,000
# Marks on one letter. UAX #15, section 13, holds 30 to be more than any language needs. Sorting them takes
# normalisation the square of their number: 80,000 on one letter, 160 KB, take five seconds.
HIGHEST_PILE = 256

_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PDF_START_BYTES = 1024  # "%PDF-" stands within so many bytes (PDF Reference 1.7, appendix H, note 13)
_BROKEN_WORD = "\x02"  # pdfium's sign where a line ends within a word, hyphen and line break left out

# pdfium is not thread-safe, not even over different documents, and ctypes lets other threads run meanwhile.
_PDFIUM = threading.Lock()


def extract(suffix: str, data: bytes) -> str:
    """The text of a file that ends in ``suffix`` (lower case, with the dot): NFC, lines ended by ``\\n``.

    A PDF's pages and a DOCX's paragraphs follow each other as lines. Words that a PDF breaks at the end of
    a line are put together; of a DOCX, headers, footers and notes are left out. An empty file has an empty
    text, yet a PDF without text is refused: it shows what will not be found. Raises ``DocumentError``: what
    is wrong, where (bytes, lines and pages count from 1), and the next move.
    """
    reader = _READERS.get(suffix)
    if reader is None:
        raise DocumentError(f"is of no kind that is read here; save it as one of {', '.join(SUFFIXES)}")
    if len(data) > LARGEST_FILE_BYTES:
        raise DocumentError(f"has {len(data):,} bytes, more than {LARGEST_FILE_BYTES:,}; split it")
    try:
        return _settled(reader(data))
    except (MemoryError, RecursionError) as error:
        raise DocumentError("takes more memory than there is; split it") from error


def _settled(text: str) -> str:
    """One line end, one spelling of each letter, no line and no letter beyond the limits."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    _refuse_long_line(text)
    if unicodedata.is_normalized("NFC", text):
        return text
    _refuse_high_pile(text)
    return unicodedata.normalize("NFC", text)


def _refuse_long_line(text: str) -> None:
    start = 0
    while len(text) - start > LONGEST_LINE:
        end = text.rfind("\n", start, start + LONGEST_LINE + 1)
        if end < 0:
            line = text.count("\n", 0, start) + 1
            raise DocumentError(
                f"has a huge line (line {line:,} is longer than {LONGEST_LINE:,} characters); "
                "break it into lines, or leave the file out if it is data"
            )
        start = end + 1


def _refuse_high_pile(text: str) -> None:
    """Look at every 256th character only: a longer pile cannot stand between two of them."""
    for at in range(0, len(text), HIGHEST_PILE):
        if unicodedata.combining(text[at]) and _height(text, at) > HIGHEST_PILE:
            line = text.count("\n", 0, at) + 1
            raise DocumentError(
                f"has more than {HIGHEST_PILE} combining marks on one letter (line {line:,}); take them away"
            )


def _height(text: str, at: int) -> int:
    """How many combining marks stand together around the one at ``at``."""
    start = end = at
    while start and unicodedata.combining(text[start - 1]):
        start -= 1
    while end < len(text) and unicodedata.combining(text[end]):
        end += 1
    return end - start


def _plain(data: bytes) -> str:
    """UTF-8 with or without its mark, or UTF-16 with it."""
    wide = data.startswith(_WIDE)
    if not wide and (at := data.find(b"\0")) >= 0:
        raise DocumentError(f"is binary (byte {at + 1:,} is NUL); save it as UTF-8 text, or leave it out")
    try:
        text = data.decode("utf-16" if wide else "utf-8")
    except UnicodeDecodeError as error:
        what = "starts as UTF-16 but is not" if wide else "is not UTF-8"
        raise DocumentError(f"{what} (byte {error.start + 1:,}); save it as UTF-8") from error
    if wide and (at := text.find("\0")) >= 0:
        raise DocumentError(
            f"is binary (character {at + 1:,} is NUL); save it as UTF-8 text, or leave it out"
        )
    return text.removeprefix("\N{BYTE ORDER MARK}")


def _pdf(data: bytes) -> str:
    import pypdfium2
    from pypdfium2 import raw

    with _PDFIUM:
        # Opened by hand: the helper does not close a document of no pages, nor tell it from a broken one.
        # It goes on reading from data, which lives as long as this call.
        handle = raw.FPDF_LoadMemDocument64(data, len(data), None)
        if not handle:
            raise DocumentError(_unopened(data, raw.FPDF_GetLastError()))
        with pypdfium2.PdfDocument(handle) as document:
            text = "\n".join(_pages(document))
    if not text.strip():
        raise DocumentError("holds no text, only pictures of it perhaps; run text recognition (OCR) over it")
    return text.replace(_BROKEN_WORD, "")


def _unopened(data: bytes, code: int) -> str:
    from pypdfium2 import raw

    if code == raw.FPDF_ERR_PASSWORD:
        return "is encrypted; save it without its password"
    if code == raw.FPDF_ERR_SECURITY:
        return "is protected in a way that pdfium cannot read; save it without protection"
    if b"%PDF-" not in data[:_PDF_START_BYTES]:
        return "is no PDF (it does not start with %PDF-); give it the suffix of what it is"
    return "is damaged or cut short; fetch it or export it again"


def _pages(document: PdfDocument) -> Iterator[str]:
    count = len(document)
    if not count:
        raise DocumentError("has no pages; export it again")
    if count > MOST_PAGES:
        raise DocumentError(f"has {count:,} pages, more than {MOST_PAGES:,}; split it")
    total = 0
    for index in range(count):
        text = _page(document, index)
        total += len(text)
        if total > LARGEST_TEXT:
            raise DocumentError(
                f"holds more than {LARGEST_TEXT:,} characters (page {index + 1:,} of {count:,}); split it"
            )
        yield text


def _page(document: PdfDocument, index: int) -> str:
    """What stands on the page; text beside it is not seen by a reader, and not here.

    Not ``get_text_range``, which cuts what lies beyond 16 bits (the letters of formulas) and recurses
    over characters that are left out.
    """
    from pypdfium2 import PdfiumError

    try:
        with closing(document[index]) as page, closing(page.get_textpage()) as text:
            found: str = text.get_text_bounded()
    except PdfiumError as error:
        raise DocumentError(
            f"cannot be read on page {index + 1:,} of {len(document):,}; export it again"
        ) from error
    return found


_READERS = {".md": _plain, ".txt": _plain, ".pdf": _pdf, ".docx": docx_text}
