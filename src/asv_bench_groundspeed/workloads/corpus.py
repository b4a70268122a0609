"""Seeded Markdown corpora: the same bytes for the same spec on every machine and every Python.

Owns what is asked for and how it reaches the disk; the text is made in ``markdown.py``. Its mix by bytes
is 60 % prose, 20 % lists with references, 10 % code, 10 % tables and headings. Written as a stream in
constant memory, so a corpus may be larger than the machine's. Knows nothing of what reads it; standard
library only, Python 3.8 or newer.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator, NamedTuple, Optional, Union

from .markdown import FILES_PER_AREA, DocumentWriter, stem

SMALLEST_DOCUMENT = 1_000  # below it a document has no room for one block of each kind
DENSEST_REFS_PER_KB = 20.0  # denser text would be references only

_OWN = re.compile(r"area-\d{4,}(/[a-z]+(-\d+)?\.md)?")


@dataclass(frozen=True)
class CorpusSpec:
    """What to write. ``size`` is the bytes of all documents together, and is hit exactly.

    With ``files`` above one the bytes are shared out evenly; the first documents take the rest of the
    division. ``refs_per_kb`` counts references of every kind per 1,000 bytes; documents below 10 KB
    hold fewer (6.5 of 8 at 5 KB: their last words carry none). A wrong value raises ``ValueError`` that
    names the field.
    """

    size: int
    seed: int = 0
    files: int = 1
    refs_per_kb: float = 8.0

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise ValueError(f"seed must not be negative, not {self.seed}")
        if self.files < 1:
            raise ValueError(f"files must be at least 1, not {self.files}")
        if self.size < SMALLEST_DOCUMENT * self.files:
            raise ValueError(
                f"size must be at least {SMALLEST_DOCUMENT:,} bytes a document, "
                f"not {self.size:,} for {self.files:,} document(s)"
            )
        if not 0.0 <= self.refs_per_kb <= DENSEST_REFS_PER_KB:
            raise ValueError(
                f"refs_per_kb must lie between 0 and {DENSEST_REFS_PER_KB:g}, not {self.refs_per_kb:g}"
            )

    def size_of(self, index: int) -> int:
        """Exact bytes of document ``index`` (0-based)."""
        whole, rest = divmod(self.size, self.files)
        return whole + (1 if index < rest else 0)


class Written(NamedTuple):
    """What was written."""

    size: int
    files: int
    references: int


def document_path(spec: CorpusSpec, index: int) -> str:
    """Where document ``index`` stands in the folder, with ``/``.

    An area holds 64 documents; the first of each is ``index.md``, so that short names collide.
    """
    if spec.files == 1:
        return "document.md"
    area = index // FILES_PER_AREA
    return f"area-{area:04d}/{stem(index).decode()}.md"


def stream(spec: CorpusSpec) -> Iterator[bytes]:
    """Yield the bytes of all documents, one after the other, in chunks of about 128 KiB."""
    for index in range(spec.files):
        yield from document(spec, index)


def document(spec: CorpusSpec, index: int, count: Optional[Callable[[int], None]] = None) -> Iterator[bytes]:
    """Yield document ``index`` in chunks. ``count`` is told the references that each chunk holds.

    Documents do not depend on each other: any one can be made alone.
    """
    writer = DocumentWriter(
        index=index,
        files=spec.files,
        size=spec.size_of(index),
        seed=spec.seed,
        refs_per_kb=spec.refs_per_kb,
    )
    told = 0
    for chunk in writer.chunks():
        if count is not None:
            count(writer.references - told)
            told = writer.references
        yield chunk


def write(
    spec: CorpusSpec,
    out: Union[str, "os.PathLike[str]"],
    progress: Optional[Callable[[int], None]] = None,
    replace: bool = False,
) -> Written:
    """Write one document to the file ``out``, or many into the folder ``out``.

    Everything goes to a temporary name beside ``out`` first and is renamed when whole; an exception,
    Ctrl-C and a full disk included, leaves nothing behind. What stands at ``out`` already is refused
    with ``FileExistsError``; ``replace`` allows a file, or a folder that holds a corpus and nothing else.
    ``progress`` is told the bytes of each chunk. Raises ``OSError`` as the disk does.
    """
    target = Path(out)
    _refuse(target, spec.files > 1, replace)
    target.parent.mkdir(parents=True, exist_ok=True)
    holding = Path(tempfile.mkdtemp(prefix="." + target.name + ".", suffix=".part", dir=str(target.parent)))
    try:
        whole = holding / "whole"
        written = _fill_folder(spec, whole, progress) if spec.files > 1 else _fill(spec, 0, whole, progress)
        _put(whole, target)
    finally:
        shutil.rmtree(str(holding), ignore_errors=True)
    return written


def _refuse(target: Path, is_folder: bool, replace: bool) -> None:
    if not os.path.lexists(str(target)):
        return
    if not replace:
        raise FileExistsError(f"{target} exists already")
    if target.is_dir() != is_folder:
        raise FileExistsError(f"{target} exists, and is no {'folder' if is_folder else 'file'}")
    inside = target.rglob("*") if is_folder else ()
    strangers = [path for path in inside if not _OWN.fullmatch(path.relative_to(target).as_posix())]
    if strangers:
        raise FileExistsError(f"{target} holds more than a corpus ({strangers[0]}); it is not replaced")


def _put(whole: Path, target: Path) -> None:
    """Rename; a folder in the way is set aside beside ``whole`` first, and put back if that was in vain."""
    if not target.is_dir():
        whole.replace(target)
        return
    aside = whole.with_name("replaced")
    target.rename(aside)
    try:
        whole.rename(target)
    except BaseException:
        aside.rename(target)
        raise


def _fill_folder(spec: CorpusSpec, folder: Path, progress: Optional[Callable[[int], None]]) -> Written:
    total = Written(0, 0, 0)
    for index in range(spec.files):
        path = folder / document_path(spec, index)
        if index % FILES_PER_AREA == 0:
            path.parent.mkdir(parents=True)
        one = _fill(spec, index, path, progress)
        total = Written(total.size + one.size, total.files + 1, total.references + one.references)
    return total


def _fill(spec: CorpusSpec, index: int, path: Path, progress: Optional[Callable[[int], None]]) -> Written:
    size = references = 0

    def count(more: int) -> None:
        nonlocal references
        references += more

    with path.open("wb") as out:
        for chunk in document(spec, index, count):
            out.write(chunk)
            size += len(chunk)
            if progress is not None:
                progress(len(chunk))
    return Written(size, 1, references)
