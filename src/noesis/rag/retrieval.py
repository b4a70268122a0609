"""The retriever: folders of documents in, the passages that fit a question out.

Owns what is served at a moment, and how the two halves, vectors and words, become one ranking. A question
takes the index that is served and needs no lock for it: one reference is read, one is replaced.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from noesis.errors import QueryError, SourceError, StorageError
from noesis.knowledge.config import processors
from noesis.knowledge.index import query_terms
from noesis.knowledge.store import Store
from noesis.rag.embedding import embedder
from noesis.rag.fusion import fuse
from noesis.rag.indexed import FORMAT, Indexed, Making, newest
from noesis.rag.ingesting import Ingested, Ingestion, Progress, Report, agree
from noesis.rag.records import Found, Mode, Retrieved, Stage

K = 5
# Of each half's ranking this much is fused. By chance two rankings of depth D share D²/N of N passages, and
# whatever stands in both comes before the best of one alone, as 2/(60 + D) > 1/61 for D < 62. At 20 that is
# one passage of 400; at 50 it is six, and recall@5 there was 0.71 by both and 0.78 by vectors alone.
DEPTH = 20

Clock = Callable[[], float]
Ranking = list[tuple[int, float]]


class Stopwatch:
    """The stages of one piece of work, in their order. ``clock`` gives seconds."""

    def __init__(self, clock: Clock = time.perf_counter) -> None:
        self._clock = clock
        self.stages: list[Stage] = []

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what is done within."""
        began = self._clock()
        yield
        self.stages.append(Stage(name=name, seconds=self._clock() - began))


class Retriever:
    """Passages of the documents of some folders. Every method may be called from any thread."""

    def __init__(
        self,
        index: Path,
        *,
        making: Making | None = None,
        device: str = "cpu",
        workers: int | None = None,
        clock: Clock = time.perf_counter,
    ) -> None:
        """Take the index that the file ``index`` names; without one there is nothing to find before
        ``ingest``. ``making`` is how a new index is made; else as the one that is there, or as is usual.
        ``workers`` processes read files (one a processor); ``device`` embeds and compares.

        Raises ``ConfigError`` where the index that is there was made otherwise, ``StorageError`` where the
        file is something else, ``ExtraError`` where an engine is not installed.
        """
        self._store = Store(index, FORMAT)
        self._device = device
        self._workers = workers or processors()
        self._clock = clock
        self._indexed = newest(self._store, None, device=device)
        self.making = _making(self._indexed) if making is None else making
        agree(self.making, self._indexed)
        self._embedder = embedder(self.making.embedder, device=device)
        self._ingesting = threading.Lock()

    @classmethod
    def open(cls, index: Path, *, device: str = "cpu") -> Self:
        """The index that is there. Raises ``StorageError`` where there is none."""
        opened = cls(index, device=device)
        if opened._indexed is None:
            raise StorageError(f"there is no whole index {index}; make it first (noesis embed FOLDER)")
        return opened

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders that the index was made of; none without an index."""
        return () if self._indexed is None else self._indexed.generation.folders

    def __len__(self) -> int:
        """Passages."""
        return 0 if self._indexed is None else len(self._indexed)

    def ingest(self, *folders: Path, report: Report | None = None) -> Ingested:
        """Bring the index to what ``folders`` (without any: those of last time) hold now; questions are
        answered from the old one until the new one is whole. A second call waits for the first.

        ``report`` is told of every file and of the passages embedded so far. Raises ``SourceError`` where a
        folder cannot be listed, ``StorageError`` and ``BusyError`` where the index cannot be written,
        ``ConfigError`` where another process made it otherwise meanwhile: it stays as it was.
        """
        with self._ingesting:
            ingestion = Ingestion(
                folders=tuple(folders) or self.folders,
                making=self.making,
                embedder=self._embedder,
                workers=self._workers,
                device=self._device,
                report=report or _silent,
            )
            if not ingestion.folders:
                raise SourceError("there is no folder to read; name one that holds documents")
            self._indexed, found = ingestion.run(self._store, self._indexed)
        return found

    def search(self, question: str, *, k: int = K, mode: Mode | str = Mode.HYBRID) -> Retrieved:
        """The ``k`` passages that fit the question best, with the time of every stage.

        By ``words`` a passage must hold a term of the question, by ``vectors`` it need not; ``hybrid`` fuses
        the best of both by their ranks. There are fewer than ``k`` where there are no more, and none for a
        question without a word; only what ran is among the stages. Raises ``QueryError``, and ``TextError``
        for a question that holds half a surrogate pair.
        """
        indexed = self._indexed
        mode = _mode(mode)
        if isinstance(k, bool) or not isinstance(k, int) or k < 0:
            raise QueryError(f"k must be a whole number from 0, not {k!r}")
        if not isinstance(question, str):
            raise QueryError(f"a question is a text, not {type(question).__name__}")
        watch = Stopwatch(self._clock)
        found: tuple[Found, ...] = ()
        if indexed is not None and len(indexed) and k:
            found = self._found(indexed, question, k, mode, watch)
        return Retrieved(question=question, mode=mode, found=found, stages=tuple(watch.stages))

    def query_cortex(self, query: str, k: int = K) -> Retrieved:
        """What ``search`` finds by both halves, under the name that the first measurements had."""
        return self.search(query, k=k)

    def _found(
        self, indexed: Indexed, question: str, k: int, mode: Mode, watch: Stopwatch
    ) -> tuple[Found, ...]:
        depth = max(k, DEPTH) if mode is Mode.HYBRID else k
        by_vectors = [] if mode is Mode.WORDS else self._by_vectors(indexed, question, depth, watch)
        by_words = [] if mode is Mode.VECTORS else _by_words(indexed, question, depth, watch)
        with watch.stage("fuse"):
            halves = [[number for number, _ in half] for half in (by_vectors, by_words)]
            best = fuse(halves)[:k] if mode is Mode.HYBRID else by_vectors or by_words
            vector_ranks, word_ranks = (_ranks(half) for half in halves)
            return tuple(
                Found(
                    passage=indexed.passage(number),
                    score=score,
                    vector_rank=vector_ranks.get(number, 0),
                    word_rank=word_ranks.get(number, 0),
                )
                for number, score in best
            )

    def _by_vectors(self, indexed: Indexed, question: str, depth: int, watch: Stopwatch) -> Ranking:
        with watch.stage("embed"):
            vector = self._embedder.embed([question])
        if not vector.any():  # no token, no direction
            return []
        with watch.stage("vectors"):
            near = indexed.vectors.search(vector, depth)
        return list(zip(near.keys[0].tolist(), near.scores[0].tolist(), strict=True))


def making_of(index: Path) -> Making:
    """How the index is made that the file names; without one, how one usually is. Raises ``StorageError``
    where the file is something else."""
    return _making(newest(Store(index, FORMAT), None, device="cpu"))


def _making(indexed: Indexed | None) -> Making:
    return Making() if indexed is None else indexed.contents.making


def _by_words(indexed: Indexed, question: str, depth: int, watch: Stopwatch) -> Ranking:
    with watch.stage("words"):
        _, ranked = indexed.generation.rank(query_terms(question), limit=depth)
    return [(one.number, one.score) for one in ranked]


def _ranks(half: Sequence[int]) -> dict[int, int]:
    return {number: rank for rank, number in enumerate(half, 1)}


def _mode(mode: Mode | str) -> Mode:
    try:
        return Mode(mode)
    except ValueError:
        raise QueryError(f"mode must be one of {', '.join(Mode)}, not {mode!r}") from None


def _silent(_: Progress) -> None:
    """Nobody asked."""
