"""The text of a DOCX file: XML in a zip archive (ECMA-376). Owns what a packed file may ask of us.

Two members are read, piece by piece, straight into expat: the one that names the document, and the
document. Nothing else is unpacked and no tree is built, so memory follows the text and not what the archive
says of itself. Python-docx was tried instead: it unpacks every part at once, takes ten times as long
over the paragraphs, and leaves out text in content controls and tracked insertions.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable
from typing import IO
from xml.parsers import expat

from noesis.errors import DocumentError

LARGEST_UNPACKED_BYTES = 256_000_000  # bytes of all members, as declared: as much as a plain file may have
MOST_MEMBERS = 10_000  # Word writes some dozens, and one for each picture
# Text packs 5 to 20 times, deflate can do 1,032. Apache POI (ZipSecureFile) draws this line, too; what is
# small when unpacked may be packed as it likes, a table of one repeated row for instance.
HIGHEST_RATIO = 100
RATIO_MATTERS_BYTES = 10_000_000  # bytes, unpacked
DEEPEST_ELEMENT = 256  # as in libxml2; ten tables within each other take 40

_CHUNK_BYTES = 1 << 16
# One tag or comment. expat 2.5 scans it from its start with every chunk: 13 MB take 0.6 s, 200 MB minutes.
_LONGEST_TOKEN_BYTES = 1 << 20

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the container of Office before 2007, and of encrypted files
_LISTED = b"PK\1\2"  # starts each member's entry in the archive's list
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # all that ECMA-376 part 2 allows
# What zipfile raises over bytes that are no archive, as thousands of changed archives showed: a ValueError is
# a place before the file's start, a NotImplementedError a version or a flag that nobody writes.
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError)

_DOCUMENT = "word/document.xml"
_RELATIONSHIPS = "_rels/.rels"
_SHOWN = 100  # characters of a name; Word's own have twenty
_ENCODINGS = ("UTF-8", "UTF-16")

# By local name, whatever the namespace: Word's own, the strict variant's, that of formulas.
_MARKS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
# Settings (a tab stop is no tab), what was deleted or moved away, and the second copy of a text box.
_SILENT = frozenset({"pPr", "del", "moveFrom", "Fallback"})


def docx_text(data: bytes) -> str:
    """Paragraphs in the order of the body, each a line, those in tables and text boxes included.

    Headers, footers, notes and comments are parts of their own and left out. Raises ``DocumentError``.
    """
    _refuse_foreign(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            _refuse_bomb(package)
            name = _document_name(package)
            reader = _DocumentReader()
            _read(package, name, reader.parser)
    except _DAMAGED as error:
        why = _shown(str(error)) or "it ends too early"
        raise DocumentError(f"is damaged or cut short ({why}); fetch it or save it again") from error
    return reader.text()


def _refuse_foreign(data: bytes) -> None:
    """What is no zip archive, or has more members than may be listed: each would become an object."""
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise DocumentError("is protected by a password; save it without one")
        raise DocumentError("is in Word's old format (.doc); open it in Word and save it as .docx")
    if not data.startswith(b"PK"):
        raise DocumentError("is no Word document (not a zip archive); give it the suffix of what it is")
    if data.count(_LISTED) > MOST_MEMBERS:
        raise DocumentError(f"packs more than {MOST_MEMBERS:,} members; leave it out, it is no text")


def _refuse_bomb(package: zipfile.ZipFile) -> None:
    declared = sum(member.file_size for member in package.infolist())
    if declared > LARGEST_UNPACKED_BYTES:
        raise DocumentError(f"unpacks to {declared:,} bytes, more than {LARGEST_UNPACKED_BYTES:,}; split it")


def _document_name(package: zipfile.ZipFile) -> str:
    """The member that the archive calls its document; not every writer gives it Word's name."""
    found: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if _local(name) == "Relationship" and attributes.get("Type", "").endswith("/officeDocument"):
            found.append(attributes.get("Target", "").lstrip("/"))

    if _RELATIONSHIPS in package.NameToInfo:
        parser = _parser()
        parser.StartElementHandler = start
        _read(package, _RELATIONSHIPS, parser)
    name = found[0] if found else _DOCUMENT
    if name not in package.NameToInfo:
        raise DocumentError(f"is no Word document (a zip archive without {_shown(name)}); save it as .docx")
    return name


def _read(package: zipfile.ZipFile, name: str, parser: expat.XMLParserType) -> None:
    """Feed one member to ``parser``. A size that is not the declared one ends as a wrong checksum."""
    member, shown = package.getinfo(name), _shown(name)
    _refuse_member(member, shown)
    with package.open(member) as stream:
        try:
            _feed(stream, shown, parser)
        except expat.ExpatError as error:
            raise DocumentError(f"holds broken XML ({shown}: {error}); save it again in Word") from error


def _feed(stream: IO[bytes], name: str, parser: expat.XMLParserType) -> None:
    fed = 0
    while chunk := stream.read(_CHUNK_BYTES):
        parser.Parse(chunk, False)
        fed += len(chunk)
        if fed - parser.CurrentByteIndex > _LONGEST_TOKEN_BYTES:
            raise DocumentError(
                f"holds a tag of more than {_LONGEST_TOKEN_BYTES:,} bytes ({name}); save it again"
            )
    parser.Parse(b"", True)


def _refuse_member(member: zipfile.ZipInfo, name: str) -> None:
    size, packed = member.file_size, member.compress_size
    if member.flag_bits & 1:
        raise DocumentError(f"has an encrypted member ({name}); save it without a password")
    if member.compress_type not in _METHODS:
        raise DocumentError(f"has a member packed in a way that Word does not know ({name}); save it again")
    if size > RATIO_MATTERS_BYTES and size > HIGHEST_RATIO * packed:
        raise DocumentError(
            f"looks like a zip bomb ({name}: {packed:,} bytes unpack to {size:,}); leave it out"
        )


def _parser() -> expat.XMLParserType:
    """A parser that holds to ECMA-376 part 2, rules M1.17 and M1.18: UTF-8 or UTF-16, no entities."""
    parser = expat.ParserCreate()
    parser.XmlDeclHandler = _refuse_encoding
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _refuse_encoding(_version: str, encoding: str | None, _standalone: int) -> None:
    """Before expat asks Python for an encoding, which would import what the file names."""
    if encoding and encoding.upper() not in _ENCODINGS:
        raise DocumentError(f"holds XML in {_shown(encoding)}, which no Word document may; save it again")


def _refuse_doctype(*_: object) -> None:
    raise DocumentError("declares a document type (XML entities), which no Word document may; leave it out")


def _shown(text: str) -> str:
    """What a file says of itself, fit for a message: short and printable."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:_SHOWN])


def _local(name: str) -> str:
    return name.rpartition(":")[2]


class _DocumentReader:
    """What expat tells of the document, as lines."""

    def __init__(self) -> None:
        self.parser = _parser()
        self.parser.buffer_text = True
        self.parser.ordered_attributes = True  # a list that nobody reads is cheaper than a mapping
        self.parser.StartElementHandler = self._root
        self.parser.EndElementHandler = self._end
        self._lines = io.StringIO()  # a list of pieces would take 60 bytes for a word
        self._write: Callable[[str], object] = self._lines.write
        self._depth = 0
        self._silent_from = 0  # the depth from which nothing is read; 0: everything is
        self._paragraphs = 0  # open ones: a text box stands within one

    def text(self) -> str:
        """The lines, without a line end after the last. Ends the reading."""
        del self.parser  # its handlers are ours: the lines would stay until the next collection
        return self._lines.getvalue().removesuffix("\n")

    def _root(self, name: str, _: list[str]) -> None:
        if (kind := _local(name)) != "document":
            raise DocumentError(
                f"is no Word document (its main part is a {_shown(kind)}); give it the suffix of what it is"
            )
        self._depth = 1
        self.parser.StartElementHandler = self._start

    def _start(self, name: str, _: list[str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST_ELEMENT:
            raise DocumentError(
                f"nests more than {DEEPEST_ELEMENT} elements; save it again with fewer levels"
            )
        if self._silent_from:
            return
        local = _local(name)
        if local == "t":
            self.parser.CharacterDataHandler = self._write
        elif local == "p":
            if self._paragraphs:
                self._write("\n")
            self._paragraphs += 1
        elif local in _SILENT:
            self._silent_from = self._depth
        elif local in _MARKS:
            self._write(_MARKS[local])

    def _end(self, name: str) -> None:
        self._depth -= 1
        if self._silent_from:
            if self._depth < self._silent_from:
                self._silent_from = 0
            return
        local = _local(name)
        if local == "t":
            self.parser.CharacterDataHandler = None
        elif local == "p":
            self._paragraphs -= 1
            self._write("\n")
