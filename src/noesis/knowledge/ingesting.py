"""From the files that are there now to the next generation. Owns what counts as a change, and where the work
is done: here, or in a process of its own that leaves the lock of this one's Python to its queries.

A file is known by the hash of its bytes: one that is as it was is not extracted again, its text is taken
over. Without any change there is no new generation. Otherwise a whole one is written, because the order of
an answer depends on every document; ten thousand of 5 KB take half a second.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from noesis.errors import DocumentError, NoesisError, StorageError
from noesis.knowledge.apart import Apart, how_it_ended
from noesis.knowledge.config import processors
from noesis.knowledge.generation import NOTHING, Draft, Generation, Refused
from noesis.knowledge.readers import read_all
from noesis.knowledge.reading import Outcome, Text, data_of, digest_of, files_of
from noesis.knowledge.records import Ingested, Progress, Report
from noesis.knowledge.store import Store

_LOOK_S = 0.1  # how long an ending waits for a process that is silent
_EVERY = 64  # files between two reports of another process


@dataclass(frozen=True, kw_only=True, slots=True)
class Ingestion:
    """Where to look, and how many may work: processes that read files, and threads that write the index, of
    these as many as processors at most."""

    folders: Sequence[Path]
    workers: int
    report: Report

    def run(self, store: Store, before: Generation) -> tuple[Generation, Ingested]:
        """Bring the store to what the folders hold; the generation to answer from, and what was found.

        ``before`` is the generation in use; a newer one of another process takes its place. Raises
        ``SourceError``, ``StorageError`` and ``BusyError``; the store then names what it named before.
        """
        with store.writing() as folder:
            current = newest(store, before)
            files = [path for path in files_of(self.folders) if not store.is_named_by(path)]
            new = [path for path in files if not self._is_known(path, current)]
            if not new and self._is_all(files, current) and store.current() == current.folder:
                return current, compared(before, current)
            threads = min(self.workers, processors())  # each writes a segment: more of them only cost
            with closing(Draft(folder, self.folders, threads=threads)) as made:
                self._fill(made, files, new, current)
                generation = made.finish()
            store.switch(folder)
        return generation, compared(before, generation)

    def run_apart(
        self, store: Store, before: Generation, is_ending: Callable[[], bool]
    ) -> tuple[Generation, Ingested]:
        """The same by another process, which shares no lock with the queries of this one; ``report`` is told
        of some files. Where ``is_ending`` comes true it is dismissed. Raises what ``run`` does.
        """
        child = Apart(f"{__name__}:{serve.__name__}")
        try:
            child.line.send((self.folders, self.workers, store.cache_file))
            while not is_ending():
                if child.line.poll(_LOOK_S) and self._is_done(child.line.recv()):
                    break
        except (EOFError, OSError):
            how = how_it_ended(child.ended())
            raise StorageError(f"the process that ingests has ended ({how}); see what it says") from None
        finally:
            child.dismiss()
        generation = newest(store, before)
        return generation, compared(before, generation)

    def _is_done(self, told: Progress | NoesisError | None) -> bool:
        if isinstance(told, NoesisError):
            raise told
        if told is not None:
            self.report(told)
        return told is None

    def _is_all(self, files: Sequence[str], current: Generation) -> bool:
        is_as_long = len(files) == len(current.kept) + len(current.refused)
        return is_as_long and current.folders == tuple(self.folders)

    def _is_known(self, path: str, current: Generation) -> bool:
        known = current.kept.get(path) or current.refused.get(path)
        if known is None:
            return False
        try:
            return digest_of(data_of(path, self.folders)) == known.digest
        except DocumentError as error:
            return isinstance(known, Refused) and known.reason == str(error)

    def _fill(self, made: Draft, files: Sequence[str], new: Sequence[str], current: Generation) -> None:
        unread = frozenset(new)
        with closing(read_all(new, self.folders, workers=self.workers)) as outcomes:
            for done, path in enumerate(files, 1):
                if path in unread:
                    _put(made, next(outcomes))
                elif path in current.kept:
                    made.add(path, current.kept[path].digest, current.text(path))
                else:
                    made.refuse(path, current.refused[path])
                self.report(Progress(done=done, total=len(files), path=path))


def serve(line: Connection) -> None:
    """In the other process: what to do in; progress, and at last an error or None, out. A line that nobody
    listens to ends the ingestion in order."""

    def report(progress: Progress) -> None:
        if progress.done % _EVERY == 1:
            line.send(progress)

    with suppress(EOFError, OSError):
        folders, workers, cache_file = line.recv()
        try:
            Ingestion(folders=folders, workers=workers, report=report).run(Store(cache_file), NOTHING)
            line.send(None)
        except NoesisError as error:
            line.send(error)


def newest(store: Store, current: Generation) -> Generation:
    """The generation that the store names, opened where it is not ``current``; one that is not whole any
    more is as good as none."""
    folder = store.current()
    while folder is not None and folder != current.folder:
        try:
            return Generation.open(folder)
        except StorageError:
            broken, folder = folder, store.current()
            if folder == broken:
                return NOTHING
        # another process named a newer one meanwhile, and removed this one
    return current


def compared(before: Generation, after: Generation) -> Ingested:
    """What the step from one generation to the other changed."""
    both = before.kept.keys() & after.kept.keys()
    return Ingested(
        documents=len(after.kept),
        added=len(after.kept) - len(both),
        changed=sum(before.kept[path].digest != after.kept[path].digest for path in both),
        removed=len(before.kept) - len(both),
        failures=after.failures,
        is_switched=after is not before,
    )


def _put(made: Draft, outcome: Outcome) -> None:
    if isinstance(outcome, Text):
        made.add(outcome.path, outcome.digest, outcome.text)
    else:
        made.refuse(outcome.path, Refused(digest=outcome.digest, reason=outcome.reason))
