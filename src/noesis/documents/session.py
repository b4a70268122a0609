"""Compiling, again and again. Owns what is kept between two compiles and what a change affects.

A document's first two passes depend on its bytes alone and are kept by their hash; its fourth depends
also on what it looked up elsewhere. So a recompile parses the documents whose bytes are new, and resolves
those and the ones that had looked up a path or name which changed. The graph is the one that a compile
from scratch gives.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from noesis.documents.graph import Document, Graph
from noesis.documents.paths import PathMap, names_of
from noesis.documents.pool import Compiled, Failed, Outcome, Task, compile_all, compile_one, recall
from noesis.documents.records import Broken
from noesis.documents.resolving import name_key, resolve
from noesis.documents.sources import FolderSource, Source


@dataclass(frozen=True, kw_only=True, slots=True)
class CacheStatistics:
    """What the last compile did anew and what it found kept. Broken documents count like the others."""

    parsed: int
    parse_hits: int
    resolved: int
    resolve_hits: int

    @property
    def parse_hit_rate(self) -> float:
        """Share of the documents that were not parsed; 0 without documents."""
        return self.parse_hits / max(self.parsed + self.parse_hits, 1)

    @property
    def resolve_hit_rate(self) -> float:
        """Share of the documents that were not resolved; 0 without documents."""
        return self.resolve_hits / max(self.resolved + self.resolve_hits, 1)


class Session:
    """Compiles one changing corpus. Not for several threads at once; graphs it gave out never change."""

    def __init__(self, *, workers: int = 1) -> None:
        """``workers`` processes parse; one means this process."""
        if workers < 1:
            raise ValueError(f"workers must be at least 1, not {workers}")
        self._workers = workers
        self._kept: dict[bytes, Compiled | Failed] = {}
        self._digests: dict[str, bytes] = {}
        self._documents: dict[str, Document] = {}
        self._path_map = PathMap()
        self._statistics = CacheStatistics(parsed=0, parse_hits=0, resolved=0, resolve_hits=0)

    @property
    def statistics(self) -> CacheStatistics:
        """Of the last compile."""
        return self._statistics

    @property
    def path_map(self) -> PathMap:
        """The map of the last compile; the next one changes it."""
        return self._path_map

    def compile(self, source: Source) -> Graph:
        """The graph of what the source holds now. Documents that vanished vanish from it.

        A broken document is reported in the graph and left out. Raises ``SourceError`` where the source
        as a whole cannot be read.
        """
        tasks = sorted(source.locations().items())
        broken: list[Broken] = []
        found: dict[str, tuple[bytes, Compiled]] = {}
        seen: set[bytes] = set()
        parsed = 0
        for outcome in self._outcomes(tasks):
            parsed += outcome.is_new
            if isinstance(outcome.result, Failed):
                broken.append(Broken(path=outcome.path, reason=outcome.result.reason))
            elif outcome.digest is not None:
                found[outcome.path] = outcome.digest, outcome.result
            if outcome.digest is not None:
                self._kept[outcome.digest] = outcome.result
                seen.add(outcome.digest)
        self._kept = {digest: result for digest, result in self._kept.items() if digest in seen}
        resolved = self._update(found)
        self._statistics = CacheStatistics(
            parsed=parsed,
            parse_hits=len(tasks) - parsed,
            resolved=resolved,
            resolve_hits=len(found) - resolved,
        )
        return Graph(documents=dict(self._documents), broken=tuple(sorted(broken, key=lambda one: one.path)))

    def _outcomes(self, tasks: list[Task]) -> Iterator[Outcome]:
        """Every task's outcome; what is found kept first, where several processes do the rest."""
        if self._workers == 1:
            yield from (compile_one(task, self._kept) for task in tasks)
            return
        missing = tasks
        if self._kept:
            missing = []
            for task in tasks:
                outcome = recall(task, self._kept)
                if outcome is not None:
                    yield outcome
                else:
                    missing.append(task)
        if missing:
            yield from compile_all(missing, self._workers)

    def _update(self, found: dict[str, tuple[bytes, Compiled]]) -> int:
        """Bring map and documents to what was found; how many documents were resolved."""
        try:
            changed = self._remap(found)
            return self._resolve(found, changed)
        except BaseException:  # half a map is worse than none: start over next time, with the parsed kept
            self._digests, self._documents, self._path_map = {}, {}, PathMap()
            raise

    def _remap(self, found: dict[str, tuple[bytes, Compiled]]) -> set[str]:
        """Passes 3, incrementally: the keys (paths and names) that look-ups would now answer differently."""
        changed: set[str] = set()
        for path, digest in list(self._digests.items()):
            now = found.get(path)
            if now is not None and now[0] == digest:
                continue
            before = self._documents[path]
            self._path_map.remove(path)
            if now is None or now[1].identified.index != before.identified.index:
                changed.add(path)
            old_names = set(names_of(path, before.parsed))
            new_names = set(names_of(path, now[1].parsed)) if now is not None else set()
            changed.update(map(name_key, old_names ^ new_names))
            if now is None:
                del self._digests[path]
        for path, (digest, compiled) in found.items():
            if self._digests.get(path) == digest:
                continue
            names = names_of(path, compiled.parsed)
            if path not in self._digests:
                changed.add(path)
                changed.update(map(name_key, names))
            self._path_map.add(path, compiled.identified.index, names)
        return changed

    def _resolve(self, found: dict[str, tuple[bytes, Compiled]], changed: set[str]) -> int:
        documents: dict[str, Document] = {}
        resolved = 0
        for path, (digest, compiled) in sorted(found.items()):
            before = self._documents.get(path)
            is_same = before is not None and self._digests.get(path) == digest
            if before is not None and is_same and changed.isdisjoint(before.resolved.needs):
                documents[path] = before
                continue
            resolved += 1
            documents[path] = Document(
                path=path,
                parsed=compiled.parsed,
                identified=compiled.identified,
                resolved=resolve(path, compiled.parsed, self._path_map),
            )
        self._documents = documents
        self._digests = {path: digest for path, (digest, _) in found.items()}
        return resolved


def compile_documents(source: Source | Path, *, workers: int = 1) -> Graph:
    """Compile once, from scratch; a ``Path`` is a folder or a file."""
    return Session(workers=workers).compile(FolderSource(source) if isinstance(source, Path) else source)
