"""From the files that are there now to the next index of passages. Owns what is done again and what is taken
over.

A file is known by the hash of its bytes: the passages of one that is as it was are taken over as they are. A
passage is known by the hash of its text: its embedding is taken over, wherever the text stands now. The
vector index is built anew from all the embeddings, in the order of the passages, because a graph that grew
by changes would answer otherwise than one from scratch. Without any change there is no new index.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from noesis.errors import ConfigError, DocumentError
from noesis.knowledge.config import processors
from noesis.knowledge.generation import Draft, Generation, Refused
from noesis.knowledge.readers import read_all
from noesis.knowledge.reading import Text, data_of, digest_of, files_of
from noesis.knowledge.records import Failure
from noesis.knowledge.store import Store
from noesis.rag.chunks import cut
from noesis.rag.embedding import Embedder
from noesis.rag.indexed import VECTORS, Contents, Held, Indexed, Making, Place, newest, write
from noesis.rag.vectors import VectorIndex, vector_index

_AT_ONCE = 512  # passages embedded between two reports


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a stage is: ``read`` counts files, ``embed`` the passages whose text is new."""

    stage: str
    done: int
    total: int


Report = Callable[[Progress], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ingested:
    """What an ingestion found. ``embedded`` passages were new, the embeddings of the others were taken over.
    ``is_switched``: questions are answered from a new index since; without a change there is none."""

    documents: int
    passages: int
    embedded: int
    failures: tuple[Failure, ...]
    is_switched: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Ingestion:
    """Where to look, how the index is made and by whom; as many processes as ``workers`` read files."""

    folders: Sequence[Path]
    making: Making
    embedder: Embedder
    workers: int
    device: str
    report: Report

    def run(self, store: Store, before: Indexed | None) -> tuple[Indexed, Ingested]:
        """Bring the store to what the folders hold; the index to answer from, and what was found.

        Raises ``SourceError``, ``StorageError``, ``BusyError``, and ``ConfigError`` where the index was made
        otherwise; the store then names what it named before.
        """
        with store.writing() as folder:
            current = newest(store, before, device=self.device)
            agree(self.making, current)
            files = [path for path in files_of(self.folders) if not store.is_named_by(path)]
            new = [path for path in files if not self._is_known(path, current)]
            if current is not None and not new and self._is_all(files, current, store):
                return current, _told(current, 0, is_switched=current is not before)
            vectors = vector_index(self.making.vectors, self.embedder.dimensions, device=self.device)
            contents, generation = self._read(folder, files, frozenset(new), current)
            embedded = self._embed(vectors, generation, current)
            vectors.save(folder / VECTORS)
            write(folder, contents)
            made = Indexed.open(folder, device=self.device)
            store.switch(folder)
        return made, _told(made, embedded, is_switched=True)

    def _is_all(self, files: Sequence[str], current: Indexed, store: Store) -> bool:
        held = len(current.contents.documents) + len(current.generation.refused)
        is_same = len(files) == held and current.generation.folders == tuple(self.folders)
        return is_same and store.current() == current.generation.folder

    def _is_known(self, path: str, current: Indexed | None) -> bool:
        if current is None:
            return False
        known = current.contents.documents.get(path) or current.generation.refused.get(path)
        if known is None:
            return False
        try:
            return digest_of(data_of(path, self.folders)) == known.digest
        except DocumentError as error:
            return isinstance(known, Refused) and known.reason == str(error)

    def _read(
        self, folder: Path, files: Sequence[str], new: frozenset[str], current: Indexed | None
    ) -> tuple[Contents, Generation]:
        """Cut what is new, take over the rest, index the words of all."""
        threads = min(self.workers, processors())
        unread = [path for path in files if path in new]
        with (
            closing(Draft(folder, self.folders, threads=threads)) as draft,
            closing(read_all(unread, self.folders, workers=self.workers)) as outcomes,
        ):
            shelf = _Shelf(draft)
            for done, path in enumerate(files, 1):
                if path not in new and current is not None:
                    shelf.take_over(path, current)
                elif isinstance(outcome := next(outcomes), Text):
                    shelf.cut(outcome, self.making)
                else:
                    draft.refuse(path, Refused(digest=outcome.digest, reason=outcome.reason))
                self.report(Progress(stage="read", done=done, total=len(files)))
            contents = Contents(making=self.making, documents=shelf.documents, places=shelf.places)
            return contents, draft.finish()

    def _embed(self, vectors: VectorIndex, generation: Generation, current: Indexed | None) -> int:
        """Add the vectors of all passages; how many texts had to be embedded."""
        ids = {one.digest: path for path, one in generation.kept.items()}  # equal texts: one of them will do
        known = {} if current is None else {current.digest(number): number for number in range(len(current))}
        new = [digest for digest in ids if digest not in known]
        old = [digest for digest in ids if digest in known]
        rows = np.empty((len(ids), self.embedder.dimensions), np.float32)
        for start in range(0, len(new), _AT_ONCE):
            texts = [generation.text(ids[digest]).decode() for digest in new[start : start + _AT_ONCE]]
            rows[start : start + len(texts)] = self.embedder.embed(texts)
            self.report(Progress(stage="embed", done=start + len(texts), total=len(new)))
        if current is not None and old:
            rows[len(new) :] = current.vectors.vectors(np.array([known[one] for one in old], np.int64))
        places = {digest: row for row, digest in enumerate((*new, *old))}
        numbers = np.arange(len(generation.kept), dtype=np.int64)
        vectors.add(numbers, rows[[places[one.digest] for one in generation.kept.values()]])
        return len(new)


class _Shelf:
    """A draft of passages, and where each came from."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self.documents: dict[str, Held] = {}
        self.places: list[Place] = []

    def cut(self, document: Text, making: Making) -> None:
        """Add the passages of a document that was read."""
        first = len(self.places)
        for one in cut(document.path, document.text, making.cutting):
            anchor = one.source.removeprefix(document.path).removeprefix("#")
            place = Place(anchor=anchor, title=one.title, start=one.start, end=one.end)
            text = one.text.encode()
            self._add(document.path, place, digest_of(text), text)
        self.documents[document.path] = Held(digest=document.digest, first=first, end=len(self.places))

    def take_over(self, path: str, current: Indexed) -> None:
        """Add what is known of a file: its passages, or why it has none."""
        if path in current.generation.refused:
            self._draft.refuse(path, current.generation.refused[path])
            return
        held, first = current.contents.documents[path], len(self.places)
        for number in range(held.first, held.end):
            place = current.contents.places[number]
            self._add(path, place, current.digest(number), current.text(number))
        self.documents[path] = replace(held, first=first, end=len(self.places))

    def _add(self, path: str, place: Place, digest: str, text: bytes) -> None:
        self._draft.add(
            f"{path}@{place.start}", digest, text
        )  # a suffix stands before the last @: no two alike
        self.places.append(place)


def agree(making: Making, current: Indexed | None) -> None:
    """Raise ``ConfigError`` where the index was made otherwise than is asked for."""
    made = making if current is None else current.contents.making
    for field in ("embedder", "vectors", "cutting"):
        if (was := getattr(made, field)) != (asked := getattr(making, field)):
            raise ConfigError(
                f"{field}: the index was made with {was}, not {asked}; leave it out, or name another index"
            )


def _told(indexed: Indexed, embedded: int, *, is_switched: bool) -> Ingested:
    return Ingested(
        documents=len(indexed.contents.documents),
        passages=len(indexed),
        embedded=embedded,
        failures=indexed.generation.failures,
        is_switched=is_switched,
    )
