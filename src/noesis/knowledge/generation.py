"""One whole index: its texts, its documents, its inverted index, in a folder that never changes.

Owns the files of the folder and the answer to a query. ``texts`` holds the documents' texts one after the
other in UTF-8, in the order of their paths; ``documents.json`` says where each begins and what its file was;
``index/`` is tantivy's. Texts are mapped, not read: memory goes with what is looked at.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from noesis.errors import StorageError
from noesis.knowledge.index import Ranked, Searcher, Writer
from noesis.knowledge.records import Answer, Failure, Hit
from noesis.knowledge.snippets import REACH_BYTES, Pattern, patterns, snippet


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A document's place in ``texts``, in bytes, and the hash of the file that it came from."""

    digest: str
    start: int
    end: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """A file that gave no text: why, and its hash, empty where it could not be read at all."""

    digest: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _Documents:
    """What documents.json holds: the folders that were looked through; what was found there, by path, in
    order; and the number of different terms."""

    folders: tuple[str, ...]
    kept: Mapping[str, Kept]
    refused: Mapping[str, Refused]
    terms: int


class Generation:
    """An index that is whole, open for any number of threads; ``NOTHING`` stands before the first one."""

    def __init__(self, found: _Documents, texts: mmap.mmap | bytes, searcher: Searcher | None) -> None:
        self.folders = tuple(Path(folder) for folder in found.folders)
        self.kept = found.kept
        self.refused = found.refused
        self.terms = found.terms
        self._paths = tuple(found.kept)
        self._spans = tuple((one.start, one.end) for one in found.kept.values())
        self.folder: Path | None = None
        self.bytes = 0
        self._texts = texts
        self._searcher = searcher

    @classmethod
    def open(cls, folder: Path) -> Generation:
        """Open a folder. Raises ``StorageError`` where it is not a whole generation."""
        try:
            found = _read(folder)
            size = max((one.end for one in found.kept.values()), default=0)
            opened = cls(found, _mapped(folder / "texts", size), Searcher(folder / "index"))
            opened.folder = folder
            opened.bytes = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StorageError(f"{folder} holds no whole index ({error})") from error
        return opened

    @property
    def failures(self) -> tuple[Failure, ...]:
        """The files that gave no text, by path."""
        return tuple(Failure(path=path, reason=one.reason) for path, one in self.refused.items())

    def text(self, path: str) -> bytes:
        """A document's text, in UTF-8. Raises ``KeyError`` where there is no such document."""
        kept = self.kept[path]
        return self._texts[kept.start : kept.end]

    def vocabulary(self) -> list[tuple[str, int]]:
        """Every term, sorted, with the number of documents that hold it."""
        return [] if self._searcher is None else self._searcher.vocabulary()

    def answer(self, terms: tuple[str, ...], *, limit: int, offset: int) -> Answer:
        """The documents that hold any of the terms, ``limit`` of them after the ``offset`` best."""
        total, ranked = self.rank(terms, limit=limit, offset=offset)
        wanted = patterns(terms)
        return Answer(terms=terms, total=total, hits=tuple(self._hit(one, wanted) for one in ranked))

    def rank(self, terms: tuple[str, ...], *, limit: int, offset: int = 0) -> tuple[int, list[Ranked]]:
        """The same without snippets: how many hold any of the terms, and the numbers of those asked for.
        Documents are numbered from 0 in the order of ``kept``."""
        if self._searcher is None or not terms:
            return 0, []
        return self._searcher.rank(terms, limit, offset)

    def _hit(self, ranked: Ranked, wanted: Sequence[Pattern]) -> Hit:
        start, end = self._spans[ranked.number]
        head = self._texts[start : min(end, start + REACH_BYTES)]
        shown = snippet(head, wanted, is_whole=end - start <= REACH_BYTES)
        return Hit(path=self._paths[ranked.number], score=ranked.score, snippet=shown)


class Draft:
    """A generation while it is written, in the order of the paths."""

    def __init__(self, folder: Path, folders: Sequence[Path], *, threads: int) -> None:
        self._folder = folder
        self._folders = tuple(str(one) for one in folders)
        with _writing(folder):
            (folder / "index").mkdir()
            self._writer = Writer(folder / "index", threads=threads)
            self._texts = (folder / "texts").open("wb")
        self._kept: dict[str, Kept] = {}
        self._refused: dict[str, Refused] = {}
        self._end = 0

    def add(self, path: str, digest: str, text: bytes) -> None:
        """Add a document; ``text`` is UTF-8 in NFC. Raises ``StorageError``."""
        decoded = text.decode()
        with _writing(self._folder):
            self._writer.add(len(self._kept), decoded)
            self._texts.write(text)
        start, self._end = self._end, self._end + len(text)
        self._kept[path] = Kept(digest=digest, start=start, end=self._end)

    def refuse(self, path: str, refused: Refused) -> None:
        """Note a file that gave no text."""
        self._refused[path] = refused

    def finish(self) -> Generation:
        """Put everything on the disk; the generation, open. Raises ``StorageError``."""
        with _writing(self._folder):
            self._texts.flush()
            os.fsync(self._texts.fileno())
            self._writer.finish()
            terms = len(Searcher(self._folder / "index").vocabulary())
            found = _Documents(folders=self._folders, kept=self._kept, refused=self._refused, terms=terms)
            _write(self._folder, found)
        return Generation.open(self._folder)

    def close(self) -> None:
        """Let go of the file and of the writing threads, finished or not."""
        self._writer.close()
        with contextlib.suppress(OSError):  # what could not be written has been said
            self._texts.close()


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Say what could not be written; tantivy raises ``ValueError`` for a disk."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise StorageError(
            f"{folder} cannot be written ({error}); make room there, or name another cache file"
        ) from error


def _read(folder: Path) -> _Documents:
    found = json.loads((folder / "documents.json").read_bytes())
    kept = {
        path: Kept(digest=digest, start=start, end=end) for path, digest, start, end in found["documents"]
    }
    refused = {path: Refused(digest=digest, reason=reason) for path, digest, reason in found["refused"]}
    return _Documents(folders=tuple(found["folders"]), kept=kept, refused=refused, terms=int(found["terms"]))


def _write(folder: Path, documents: _Documents) -> None:
    found = {
        "folders": documents.folders,
        "terms": documents.terms,
        "documents": [(path, one.digest, one.start, one.end) for path, one in documents.kept.items()],
        "refused": [(path, one.digest, one.reason) for path, one in documents.refused.items()],
    }
    with (folder / "documents.json").open("w", encoding="ascii") as out:  # names of files may be no UTF-8
        json.dump(found, out, separators=(",", ":"))
        out.flush()
        os.fsync(out.fileno())


def _mapped(path: Path, size: int) -> mmap.mmap | bytes:
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size != size:
            raise ValueError(f"{path.name} is not {size} bytes long")
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""


NOTHING = Generation(_Documents(folders=(), kept={}, refused={}, terms=0), b"", None)
