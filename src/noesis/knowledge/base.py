"""The knowledge base: documents in folders, queries answered while they are read again.

Owns what is served at a moment. A query takes the generation that is served and needs no lock for it: one
reference is read, one is replaced. The cache's lock is held for a look-up; no lock is held while files are
read or an index is searched.
"""

from __future__ import annotations

import logging
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from noesis.errors import ConfigError, NoesisError, QueryError, StorageError
from noesis.folders import printable
from noesis.knowledge.cache import LRUCache
from noesis.knowledge.config import KnowledgeConfig
from noesis.knowledge.generation import NOTHING, Generation
from noesis.knowledge.heartbeat import Heartbeat
from noesis.knowledge.index import query_terms
from noesis.knowledge.ingesting import Ingestion, newest
from noesis.knowledge.records import Answer, Ingested, Progress, Report, Statistics
from noesis.knowledge.store import Store

LIMIT = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class _Serving:
    """What queries are answered from. ``number`` is part of a cached answer's key: one that was found in an
    older generation and put away after the switch is found by nobody."""

    number: int
    generation: Generation


class KnowledgeBase:
    """Search over the documents of some folders. Every method may be called from any thread."""

    def __init__(
        self,
        config: KnowledgeConfig,
        *,
        environment: Mapping[str, str] | None = None,
        lock: AbstractContextManager[object] | None = None,
    ) -> None:
        """Open the index that ``config.cache_file`` names; without one there is nothing to find before
        ``ingest_all``. ``environment`` overrides the configuration (the process's, where none is given);
        ``lock`` is the cache's, for who wants to time it. Raises ``ConfigError`` and ``StorageError``.
        """
        self.config = config.overridden(os.environ if environment is None else environment)
        self._refuse_warming()
        self._log = logging.Logger("noesis.knowledge", self.config.level)
        self._log.parent = logging.getLogger()
        self._temporary = None
        cache_file = self.config.cache_file
        if cache_file is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="noesis-")
            cache_file = Path(self._temporary.name) / "index"
        self._store = Store(cache_file)
        self._serving = _Serving(number=0, generation=newest(self._store, NOTHING))
        self._cache: LRUCache[Answer] = LRUCache(self.config.max_cache_size, lock=lock)
        self._uncached = 0
        self._counting = threading.Lock()
        self._ingesting = threading.RLock()  # a report that ingests is told that somebody does already
        self._living = threading.Lock()
        self._heartbeat: Heartbeat | None = None
        self._heartbeat_failure = ""
        self._is_closed = False
        self._last_access_s: float | None = None
        self._opened = time.monotonic()

    def __enter__(self) -> KnowledgeBase:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def ingest_all(self, report: Report | None = None) -> Ingested:
        """Bring the index to what the folders hold now; queries go on with the old one until the new one is
        whole. A second call at the same time waits for the first.

        ``report`` is told of every file. Raises ``SourceError`` where a folder cannot be listed,
        ``StorageError`` and ``BusyError`` where the index cannot be written or the knowledge base is closed:
        it stays as it was.
        """
        ingestion = self._ingestion(report or self._say)
        return self._ingest(lambda before: ingestion.run(self._store, before))

    def _ingestion(self, report: Report) -> Ingestion:
        return Ingestion(folders=self.config.knowledge_dirs, workers=self.config.max_workers, report=report)

    def _ingest(self, run: Callable[[Generation], tuple[Generation, Ingested]]) -> Ingested:
        with self._ingesting:
            if self._is_closed:
                raise StorageError("the knowledge base is closed; open another one")
            before = self._serving
            generation, found = run(before.generation)
            if generation is not before.generation:
                self._serving = _Serving(number=before.number + 1, generation=generation)
                self._cache.clear()
        if found.is_switched:
            self._tell(found)
            if self.config.auto_warm:
                self.warm()
        return found

    def query(self, text: str, use_cache: bool = True, limit: int = LIMIT, offset: int = 0) -> Answer:
        """The documents that hold any term of ``text``, ``limit`` of them after the ``offset`` best, and how
        many there are. Raises ``QueryError``."""
        for name, number in (("limit", limit), ("offset", offset)):
            if isinstance(number, bool) or not isinstance(number, int) or number < 0:
                raise QueryError(f"{name} must be a whole number from 0, not {number!r}")
        self._last_access_s = time.time()
        serving = self._serving
        terms = query_terms(text)
        if not use_cache:
            with self._counting:
                self._uncached += 1
            return serving.generation.answer(terms, limit=limit, offset=offset)
        key = (serving.number, terms, limit, offset)
        answer = self._cache.get(key)
        if answer is None:
            answer = serving.generation.answer(terms, limit=limit, offset=offset)
            self._cache.put(key, answer)
        return answer

    def warm(self, queries: Iterable[str] | None = None) -> int:
        """Answer ``queries`` (the configuration's, without any) for the cache alone; how many there were.
        They do not count as queries."""
        serving = self._serving
        warmed = 0
        for text in self.config.warming_queries if queries is None else queries:
            terms = query_terms(text)
            answer = serving.generation.answer(terms, limit=LIMIT, offset=0)
            self._cache.put((serving.number, terms, LIMIT, 0), answer)
            warmed += 1
        return warmed

    def stats(self) -> Statistics:
        """What there is and what was asked so far."""
        generation, cache = self._serving.generation, self._cache.statistics()
        looked_up = cache.hits + cache.misses
        queries = looked_up + self._uncached
        uptime_s = time.monotonic() - self._opened
        last = self._last_access_s
        return Statistics(
            documents=len(generation.kept),
            failures=len(generation.refused),
            terms=generation.terms,
            queries=queries,
            cache_hits=cache.hits,
            cache_misses=cache.misses,
            cached_answers=cache.size,
            hit_ratio=cache.hits / max(looked_up, 1),
            last_access=None if last is None else datetime.fromtimestamp(last, UTC),
            index_bytes=generation.bytes,
            uptime_s=uptime_s,
            query_rate=queries / uptime_s if uptime_s else 0.0,
            heartbeat_failure=self._heartbeat_failure,
        )

    def vocabulary(self) -> list[tuple[str, int]]:
        """Every term of the index, sorted, with the number of documents that hold it."""
        return self._serving.generation.vocabulary()

    def start_heartbeat(self) -> None:
        """Ingest every ``config.heartbeat_interval`` seconds from now on, in a process of its own: queries of
        this one go on as if nothing were. Once started it goes on."""
        with self._living:
            if self._heartbeat is None:
                self._heartbeat = Heartbeat(self._beat, self.config.heartbeat_interval)

    def close(self) -> None:
        """Stop the heartbeat, in the middle of an ingestion if need be; wait for another thread's to end; and
        remove a temporary index. Queries are answered as before; nothing is ingested any more."""
        with self._living:
            if self._heartbeat is not None:
                self._heartbeat.stop()
                self._heartbeat = None
        with self._ingesting:
            self._is_closed = True
            if self._temporary is not None:
                self._temporary.cleanup()

    def _refuse_warming(self) -> None:
        for text in self.config.warming_queries:
            try:
                query_terms(text)
            except QueryError as error:
                raise ConfigError(f"warming_queries: {error}") from error

    def _beat(self, is_ending: Callable[[], bool]) -> None:
        ingestion = self._ingestion(self._say)
        try:
            self._ingest(lambda before: ingestion.run_apart(self._store, before, is_ending))
            self._heartbeat_failure = ""
        except NoesisError as error:
            self._heartbeat_failure = str(error)
            self._log.warning("the heartbeat could not ingest: %s", error)
        except Exception as error:
            self._heartbeat_failure = f"the heartbeat has ended, by a fault: {error!r}"
            raise

    def _tell(self, found: Ingested) -> None:
        for failure in found.failures:
            self._log.warning("%s: %s", printable(failure.path), failure.reason)
        self._log.info("%d documents, %d could not be read", found.documents, len(found.failures))

    def _say(self, progress: Progress) -> None:
        self._log.debug("%d of %d: %s", progress.done, progress.total, printable(progress.path))


def folders_of(cache_file: Path) -> tuple[Path, ...]:
    """The folders that the index of a cache file was made of, as they were named; none without an index.

    Raises ``StorageError`` where the file is something else.
    """
    return newest(Store(cache_file), NOTHING).folders
