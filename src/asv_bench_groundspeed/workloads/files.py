"""Plain text as the files that people keep it in: PDF and DOCX, the same bytes on every machine.

Owns the least of both formats that every reader takes; the text comes from ``corpus`` or from the caller.
Nothing is compressed, as zlib's bytes differ from build to build: a reader's inflating, a few per cent of
its time, stays unmeasured. No fonts, pictures or styles. Reads nothing, and knows nothing of what reads
it; standard library only, Python 3.8 or newer.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import Iterator, List
from xml.sax.saxutils import escape

PAGE_LINES = 50
LINE_CHARACTERS = 96

# A page of 595 × 842 points (ISO 216 A4) with margins of 50. Courier is 0.6 of its size wide whatever the
# letter, so 96 characters of 8 points take 461 of the 495 points, and 50 lines of 14 take 700 of 742.
_PAGE = (
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R"
    b" /Resources << /Font << /F1 3 0 R >> >> >>"
)
_FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>"
_TEXT_START = b"BT\n/F1 8 Tf\n14 TL\n50 792 Td\n"
_FIRST_PAGE = 4  # the objects before it: the catalogue, the list of pages, the font

# The characters that a PDF string escapes, and those that WinAnsi has no glyph for (ISO 32000-1, annex D).
_ESCAPED = re.compile(rb"([()\\])")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\xad]")
# What XML 1.0 cannot hold in any spelling (section 2.2).
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip file can name
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org"
_CONTENT_TYPES = (
    f'{_XML}<Types xmlns="{_OFFICE}/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument'
    '.wordprocessingml.document.main+xml"/></Types>'
)
_RELATIONSHIPS = (
    f'{_XML}<Relationships xmlns="{_OFFICE}/package/2006/relationships"><Relationship Id="rId1"'
    f' Type="{_OFFICE}/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>'
    "</Relationships>"
)
_DOCUMENT = f'{_XML}<w:document xmlns:w="{_OFFICE}/wordprocessingml/2006/main">'
_RUN = '<w:r><w:t xml:space="preserve">'
_RUN_END = "</w:t></w:r>"


def as_pdf(text: str) -> bytes:
    """A PDF of ``text``: pages of 50 lines in Courier, wrapped at 96 characters; at least one page.

    A line is broken at its last blank that fits, which is lost; a longer word is cut. A tab becomes a
    blank; what WinAnsi cannot write becomes ``?``.
    """
    lines = [piece for line in text.split("\n") for piece in _wrapped(_winansi(line))]
    pages = [lines[at : at + PAGE_LINES] for at in range(0, len(lines), PAGE_LINES)]
    kids = b" ".join(b"%d 0 R" % (_FIRST_PAGE + 2 * index) for index in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count %d /Kids [%b] >>" % (len(pages), kids),
        _FONT,
    ]
    for page in pages:
        content = _content(page)
        objects.append(_PAGE % (len(objects) + 2))
        objects.append(b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content))
    return _pdf_file(objects)


def _winansi(line: str) -> bytes:
    return _UNPRINTABLE.sub("?", line.replace("\t", " ")).encode("cp1252", errors="replace")


def _wrapped(line: bytes) -> Iterator[bytes]:
    """The line in pieces that fit; an empty line is one empty piece."""
    while len(line) > LINE_CHARACTERS:
        end = line.rfind(b" ", 1, LINE_CHARACTERS + 1)
        if end < 0:
            yield line[:LINE_CHARACTERS]
            line = line[LINE_CHARACTERS:]
        else:
            yield line[:end]
            line = line[end + 1 :]
    yield line


def _content(lines: List[bytes]) -> bytes:
    shown = b"".join(b"(%b) Tj T*\n" % _ESCAPED.sub(rb"\\\1", line) for line in lines)
    return _TEXT_START + shown + b"ET"


def _pdf_file(objects: List[bytes]) -> bytes:
    """Objects numbered from 1, the table of their places, and the trailer (ISO 32000-1, 7.5)."""
    parts = [b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"]  # four high bytes: this is no text file
    at = len(parts[0])
    places = [b"0000000000 65535 f \n"]
    for number, body in enumerate(objects, 1):
        part = b"%d 0 obj\n%b\nendobj\n" % (number, body)
        places.append(b"%010d 00000 n \n" % at)
        parts.append(part)
        at += len(part)
    parts.append(b"xref\n0 %d\n%b" % (len(places), b"".join(places)))
    parts.append(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(places), at))
    return b"".join(parts)


def as_docx(text: str) -> bytes:
    """A DOCX of ``text``, a paragraph a line; what XML cannot hold becomes ``?``."""
    body = "".join(f"<w:p>{_run(line)}</w:p>" for line in _UNWRITABLE.sub("?", text).split("\n"))
    document = f"{_DOCUMENT}<w:body>{body}</w:body></w:document>"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        for name, part in (
            ("[Content_Types].xml", _CONTENT_TYPES),
            ("_rels/.rels", _RELATIONSHIPS),
            ("word/document.xml", document),
        ):
            package.writestr(_member(name), part.encode())
    return stream.getvalue()


def _run(line: str) -> str:
    """The line as one run; a carriage return is spelled out, as XML would read a line feed."""
    if not line:
        return ""
    written = escape(line, {"\r": "&#13;"}).replace("\t", '</w:t><w:tab/><w:t xml:space="preserve">')
    return f"{_RUN}{written}{_RUN_END}"


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, _EPOCH)
    member.create_system = 3  # else the machine that wrote it is told
    return member
