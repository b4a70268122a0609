"""Passes 1 and 2 of many documents, in this process or in several. Owns processes; decides nothing.

Processes, not threads: pyromark lets go of the GIL only while it parses, not while it makes the events'
objects, which is where the time goes. Two threads gave 33 MB/s where one gave 34; two processes 37 MB/s
for the whole compile where one gave 24.
"""

from __future__ import annotations

import hashlib
import itertools
import multiprocessing
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from noesis.documents.ids import assign_ids
from noesis.documents.parsing import parse, shared_texts
from noesis.documents.records import Identified, Parsed
from noesis.documents.sources import Location
from noesis.errors import DocumentError

_BATCH_BYTES = 2_000_000  # large enough that sending it is noise, small enough to share the last ones out
_BATCH_DOCUMENTS = 64
_WAITING_BATCHES = 3  # per worker: bounds what lies finished and not yet fetched

Task = tuple[str, Location]


@dataclass(frozen=True, kw_only=True, slots=True)
class Compiled:
    """The first two passes of one content."""

    parsed: Parsed
    identified: Identified


@dataclass(frozen=True, kw_only=True, slots=True)
class Failed:
    """Why a content cannot be compiled, or (``digest`` None) a file not read."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of one task. ``is_new``: it was worked on, not found among what was kept."""

    path: str
    digest: bytes | None
    result: Compiled | Failed
    is_new: bool


def recall(task: Task, kept: Mapping[bytes, Compiled | Failed]) -> Outcome | None:
    """The outcome where the content is among what was kept."""
    path, location = task
    data = _read(location)
    digest = None if isinstance(data, Failed) else _digest(data)
    result = None if digest is None else kept.get(digest)
    return None if result is None else Outcome(path=path, digest=digest, result=result, is_new=False)


def compile_one(task: Task, kept: Mapping[bytes, Compiled | Failed]) -> Outcome:
    """Passes 1 and 2, unless the content is among what was kept."""
    path, location = task
    data = _read(location)
    if isinstance(data, Failed):
        return Outcome(path=path, digest=None, result=data, is_new=True)
    digest = _digest(data)
    if (result := kept.get(digest)) is not None:
        return Outcome(path=path, digest=digest, result=result, is_new=False)
    try:
        parsed = parse(data)
    except DocumentError as error:
        return Outcome(path=path, digest=digest, result=Failed(reason=str(error)), is_new=True)
    del data  # a document may be large; the second pass does not need it
    result = Compiled(parsed=parsed, identified=assign_ids(parsed))
    return Outcome(path=path, digest=digest, result=result, is_new=True)


def compile_all(tasks: Iterable[Task], workers: int) -> Iterator[Outcome]:
    """Passes 1 and 2 of every task in ``workers`` processes, in order."""
    waiting: deque[Future[list[Outcome]]] = deque()
    batches = _batches(tasks)
    pool = ProcessPoolExecutor(workers, mp_context=_context())
    try:
        for batch in itertools.islice(batches, workers * _WAITING_BATCHES):
            waiting.append(pool.submit(_run_batch, batch))
        while waiting:
            outcomes = waiting.popleft().result()
            for batch in itertools.islice(batches, 1):
                waiting.append(pool.submit(_run_batch, batch))
            yield from map(_adopted, outcomes)
    finally:
        pool.shutdown(cancel_futures=True)


def _context() -> multiprocessing.context.BaseContext:
    """Fork where it is safe (no other thread lives) and customary; else a fresh interpreter."""
    forks = sys.platform == "linux" and threading.active_count() == 1
    return multiprocessing.get_context("fork" if forks else "spawn")


def _batches(tasks: Iterable[Task]) -> Iterator[list[Task]]:
    batch: list[Task] = []
    waiting_bytes = 0
    for task in tasks:
        batch.append(task)
        waiting_bytes += _size(task[1])
        if waiting_bytes >= _BATCH_BYTES or len(batch) >= _BATCH_DOCUMENTS:
            yield batch
            batch, waiting_bytes = [], 0
    if batch:
        yield batch


def _size(location: Location) -> int:
    if isinstance(location, Path):
        try:
            return location.stat().st_size
        except OSError:
            return 0  # reading it says why
    return len(location)


def _run_batch(batch: list[Task]) -> list[Outcome]:
    return [_light(compile_one(task, {})) for task in batch]


def _light(outcome: Outcome) -> Outcome:
    """Without the index, which is cheaper to make again than to send."""
    if isinstance(outcome.result, Failed):
        return outcome
    identified = replace(outcome.result.identified, index={})
    return replace(outcome, result=replace(outcome.result, identified=identified))


def _adopted(outcome: Outcome) -> Outcome:
    """With the index, and with texts that are shared between documents again, as they were before."""
    if isinstance(outcome.result, Failed):
        return outcome
    parsed, identified = outcome.result.parsed, outcome.result.identified
    anchors = shared_texts(identified.anchors, parsed.size)
    parsed = replace(
        parsed,
        titles=shared_texts(parsed.titles, parsed.size),
        texts=shared_texts(parsed.texts, parsed.size),
    )
    identified = Identified(
        anchors=anchors,
        index={anchor: section for section, anchor in enumerate(anchors)},
        repeated=identified.repeated,
    )
    return replace(outcome, result=Compiled(parsed=parsed, identified=identified))


def _read(location: Location) -> bytes | Failed:
    if isinstance(location, bytes):
        return location
    try:
        return location.read_bytes()
    except OSError as error:
        return Failed(reason=f"cannot be read ({error.strerror or error})")


def _digest(data: bytes) -> bytes:
    """What tells contents apart: 128 bits of BLAKE2b."""
    return hashlib.blake2b(data, digest_size=16).digest()
