"""One whole index of passages, open. Owns the further files of a generation of ``noesis.knowledge``:
``passages.json`` (where each passage stands, of which document, and how all were made) and ``vectors``.

A passage's number is its place in the order of the paths, then of the bytes; it is its key in the vector
index and its number in the inverted one.
"""

from __future__ import annotations

import json
import os
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from noesis.errors import NoesisError, StorageError
from noesis.knowledge.generation import Generation
from noesis.knowledge.store import Format, Store
from noesis.rag.chunks import Cutting
from noesis.rag.records import Passage
from noesis.rag.vectors import VectorIndex, open_index

FORMAT = Format(name="noesis-rag", version=1, owner="passages")

PASSAGES, VECTORS = "passages.json", "vectors"
_USUAL = Cutting()


@dataclass(frozen=True, kw_only=True, slots=True)
class Making:
    """How an index is made; all of it the same for every passage."""

    embedder: str = "wordllama"
    vectors: str = "usearch"
    cutting: Cutting = _USUAL


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a passage stands: the section's anchor (empty without one) and title, and bytes of the text."""

    anchor: str
    title: str
    start: int
    end: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A document: the hash of its file, and its passages' numbers, from ``first`` to before ``end``."""

    digest: str
    first: int
    end: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Contents:
    """What passages.json holds: documents by path, in order; places by number."""

    making: Making
    documents: Mapping[str, Held]
    places: Sequence[Place]


class Indexed:
    """An index that is whole, open for any number of threads."""

    def __init__(self, generation: Generation, contents: Contents, vectors: VectorIndex) -> None:
        self.generation = generation
        self.contents = contents
        self.vectors = vectors
        self._ids = tuple(generation.kept)
        self._paths = tuple(contents.documents)
        self._firsts = [one.first for one in contents.documents.values()]

    @classmethod
    def open(cls, folder: Path, *, device: str = "cpu") -> Indexed:
        """Open a folder. Raises ``StorageError`` where it is not a whole index."""
        generation = Generation.open(folder)
        try:
            contents = _read(folder / PASSAGES)
        except (OSError, ValueError, KeyError, TypeError, NoesisError) as error:
            raise StorageError(f"{folder} holds no whole index ({error})") from error
        vectors = open_index(folder / VECTORS, device=device)
        if not len(contents.places) == len(generation.kept) == len(vectors):
            raise StorageError(f"{folder} holds no whole index (its parts do not fit together)")
        return cls(generation, contents, vectors)

    def __len__(self) -> int:
        """Passages."""
        return len(self._ids)

    def passage(self, number: int) -> Passage:
        """The passage of a number."""
        place = self.contents.places[number]
        # documents without a passage share their ``first`` with the next one, which stands behind them
        path = self._paths[bisect_right(self._firsts, number) - 1]
        return Passage(
            source=f"{path}#{place.anchor}" if place.anchor else path,
            title=place.title,
            text=self.text(number).decode(),
            start=place.start,
            end=place.end,
        )

    def text(self, number: int) -> bytes:
        """The text of a passage, in UTF-8."""
        return self.generation.text(self._ids[number])

    def digest(self, number: int) -> str:
        """The hash of a passage's text."""
        return self.generation.kept[self._ids[number]].digest


def newest(store: Store, current: Indexed | None, *, device: str) -> Indexed | None:
    """The index that the store names, opened where it is not ``current``; None where there is none yet. One
    that is not whole any more is as good as none."""
    folder = store.current()
    while folder is not None and (current is None or folder != current.generation.folder):
        try:
            return Indexed.open(folder, device=device)
        except StorageError:
            broken, folder = folder, store.current()
            if folder == broken:
                return None
        # another process named a newer one meanwhile, and removed this one
    return current


def write(folder: Path, contents: Contents) -> None:
    """Write passages.json, to the disk."""
    made = contents.making
    found = {
        "embedder": made.embedder,
        "vectors": made.vectors,
        "cutting": asdict(made.cutting),
        "documents": [(path, one.digest, one.first, one.end) for path, one in contents.documents.items()],
        "places": [(one.anchor, one.title, one.start, one.end) for one in contents.places],
    }
    with (folder / PASSAGES).open("w", encoding="ascii") as out:  # names of files may be no UTF-8
        json.dump(found, out, separators=(",", ":"))
        out.flush()
        os.fsync(out.fileno())


def _read(path: Path) -> Contents:
    found = json.loads(path.read_bytes())
    making = Making(embedder=found["embedder"], vectors=found["vectors"], cutting=Cutting(**found["cutting"]))
    documents = {
        path: Held(digest=digest, first=first, end=end) for path, digest, first, end in found["documents"]
    }
    places = [
        Place(anchor=anchor, title=title, start=start, end=end)
        for anchor, title, start, end in found["places"]
    ]
    return Contents(making=making, documents=documents, places=places)
