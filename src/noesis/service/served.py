"""The knowledge base that is served. Owns that a new index is answered from once it is whole, and counts
that go on across that; ingests nothing (the module ``ingest`` does, or ``noesis watch`` beside the server).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from noesis.errors import SourceError
from noesis.knowledge import KnowledgeBase, KnowledgeConfig, Statistics, folders_of
from noesis.service.config import ServiceConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class Lookups:
    """Looks into the cache since the process began."""

    hits: int
    misses: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _Open:
    """What is served, which file that was, and the looks into the caches of those before it: replaced in one
    step, so that counts never go back."""

    base: KnowledgeBase
    version: tuple[int, int]
    before: Lookups

    def lookups(self) -> Lookups:
        now = self.base.stats()
        return Lookups(hits=self.before.hits + now.cache_hits, misses=self.before.misses + now.cache_misses)


class Served:
    """One knowledge base at a time; any thread may ask."""

    def __init__(self, config: ServiceConfig) -> None:
        """Open it. Raises ``SourceError`` where there is no index, ``StorageError`` where it is something
        else, ``ConfigError`` for a warming query that cannot be asked."""
        self._config = config
        self._refreshing = threading.Lock()
        version = _version(config.index)
        self._open = _Open(base=self._opened(), version=version, before=Lookups(hits=0, misses=0))

    @property
    def base(self) -> KnowledgeBase:
        """The newest."""
        return self._open.base

    def refresh(self) -> bool:
        """Answer from the newest index; whether there was another. Raises as the opening does, and goes on
        with the old one then."""
        with self._refreshing:
            old, version = self._open, _version(self._config.index)
            if version == old.version:
                return False
            base = self._opened()
            self._open = _Open(base=base, version=version, before=old.lookups())
            old.base.close()
            return True

    def lookups(self) -> Lookups:
        """What the caches of this index and those before it were asked."""
        return self._open.lookups()

    def stats(self) -> Statistics:
        """Of the index that is served now, since it is."""
        return self.base.stats()

    def close(self) -> None:
        """Close it."""
        self.base.close()

    def _opened(self) -> KnowledgeBase:
        folders = folders_of(self._config.index)
        if not folders:
            raise SourceError(
                f"there is no index {self._config.index}; ingest folders first (noesis ingest FOLDER)"
            )
        base = KnowledgeBase(
            KnowledgeConfig(
                knowledge_dirs=folders,
                cache_file=self._config.index,
                max_cache_size=self._config.cache_size,
                warming_queries=self._config.warming_queries,
            ),
            environment={},
        )
        base.warm()
        return base


def _version(index: Path) -> tuple[int, int]:
    """Changes when the file is replaced; a file that is not there has none."""
    try:
        found = index.stat()
    except OSError:
        return (0, 0)
    return found.st_ino, found.st_mtime_ns
