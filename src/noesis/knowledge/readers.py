"""Files read by several processes. Owns the readers and their order; how a file is read is ``reading``'s.

Processes, because Python turns documents into text under one lock. A file that ends its reader (a parser in C
may, and what takes ten minutes or 4 GB) is found by giving it one of its own, and named.
"""

from __future__ import annotations

import itertools
import os
import resource
import signal
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, suppress
from multiprocessing.connection import Connection
from pathlib import Path

from noesis.errors import SourceError
from noesis.knowledge.apart import Apart, how_it_ended
from noesis.knowledge.reading import Outcome, read, refused

_BATCH_BYTES = 1_000_000  # large enough that sending it is noise, small enough to share the last ones out
_BATCH_FILES = 64
_HEAVY = 20  # a byte of these formats costs as much as so many of plain text
_HEAVY_SUFFIXES = (".pdf", ".docx")
_NATIVE_SUFFIXES = (".pdf",)  # read by a library in C, which may end the process that it runs in
# Of memory for one reader: the largest text is 256 MB of bytes and four times as much in characters. A PDF of
# 26 KB can ask for as much as there is.
_MOST_BYTES = 4_000_000_000
_LONGEST_S = 600.0  # of a processor, for one file: the largest plain ones take seconds
_AHEAD = 2  # batches given to a reader at once: one that it works on, one that waits


def read_all(
    paths: Sequence[str], folders: Sequence[Path], *, workers: int
) -> Generator[Outcome, None, None]:
    """What became of each file, in their order. With one worker, or little to do, this process reads, if no
    format is among them that may end it. Other processes end when the generator is closed.

    Raises ``SourceError`` where none can be started: no file is to blame for that.
    """
    batches = list(_batches(paths))
    workers = min(workers, len(batches))
    if workers < 2 and not any(path.lower().endswith(_NATIVE_SUFFIXES) for path in paths):
        yield from (read(path, folders) for path in paths)
        return
    with ExitStack() as stack:
        crew: list[_Reader] = []
        for _ in range(workers):
            crew.append(_Reader(folders))
            stack.callback(crew[-1].stop)
        yield from _in_order(batches, crew)


def serve(line: Connection) -> None:
    """A reader's life: that it is there, then batches of paths in, outcomes out, until the line is closed."""
    with suppress(ValueError):  # where the system allows less already
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
    with suppress(EOFError, OSError):
        line.send(())
        folders = line.recv()
        while True:
            line.send([_read_in_time(path, folders) for path in line.recv()])


def _read_in_time(path: str, folders: Sequence[Path]) -> Outcome:
    signal.setitimer(signal.ITIMER_PROF, _LONGEST_S)  # its signal ends the process
    return read(path, folders)


class _Reader:
    """One process, and the batches that it was given and has not answered."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)
        self.given: deque[list[str]] = deque()
        self._start()

    def _start(self) -> None:
        self._apart = Apart(f"{__name__}:{serve.__name__}")
        self._is_there = False
        self._send(self._folders)

    def stop(self) -> None:
        """End the process."""
        self._apart.stop()

    def give(self, batch: list[str]) -> None:
        """Let it read a batch after those it has."""
        self.given.append(batch)
        self._send(batch)

    def take(self) -> list[Outcome]:
        """The outcomes of the oldest batch; of a reader that ended, one file at a time by its followers."""
        try:
            outcomes = self._answer()
        except (EOFError, OSError):
            return self._one_by_one()
        self.given.popleft()
        return outcomes

    def _send(self, asked: Sequence[str | Path]) -> None:
        with suppress(OSError):  # it has ended, as its answer will show
            self._apart.line.send(asked)

    def _answer(self) -> list[Outcome]:
        """What it sends next. Raises ``EOFError`` or ``OSError`` where it has ended."""
        if not self._is_there:
            self._begin()
        outcomes: list[Outcome] = self._apart.line.recv()
        return outcomes

    def _begin(self) -> None:
        try:
            self._apart.line.recv()
        except (EOFError, OSError):
            if (ended := self._apart.ended()) > 0:  # nobody killed it
                raise SourceError(
                    f"the process that reads files ends as it starts (exit code {ended}); see what it says"
                ) from None
            raise
        self._is_there = True

    def _one_by_one(self) -> list[Outcome]:
        """The oldest batch again, each file alone; then a new process goes on with the others."""
        self._start_again()
        outcomes = [self._alone(path) for path in self.given.popleft()]
        for waiting in self.given:
            self._send(waiting)
        return outcomes

    def _alone(self, path: str) -> Outcome:
        self._send([path])
        try:
            (outcome,) = self._answer()
        except (EOFError, OSError):
            how = how_it_ended(self._apart.ended())
            self._start_again()
            return refused(path, self._folders, f"ended the process that read it ({how}); take it out")
        return outcome

    def _start_again(self) -> None:
        self.stop()
        self._start()


def _in_order(batches: Sequence[list[str]], crew: Sequence[_Reader]) -> Iterator[Outcome]:
    """Batches go round the readers in turn, so the next answer is always the next reader's."""
    waiting = iter(batches)
    turns = itertools.cycle(crew)
    for reader, batch in zip(itertools.islice(turns, len(crew) * _AHEAD), waiting, strict=False):
        reader.give(batch)
    for reader in itertools.cycle(crew):
        if not reader.given:
            return
        yield from reader.take()
        for batch in itertools.islice(waiting, 1):
            reader.give(batch)


def _batches(paths: Sequence[str]) -> Iterator[list[str]]:
    """Neighbours together, so that the order stays, in batches of about equal work."""
    batch: list[str] = []
    work = 0
    for path in paths:
        batch.append(path)
        work += _work(path)
        if work >= _BATCH_BYTES or len(batch) >= _BATCH_FILES:
            yield batch
            batch, work = [], 0
    if batch:
        yield batch


def _work(path: str) -> int:
    try:
        size = os.stat(path, follow_symlinks=False).st_size  # noqa: PTH116 (10,000 of them: 3 times as fast)
    except OSError:
        return 0  # reading it says why
    # a line that is full of long names and of answers would wait for itself
    return size * (_HEAVY if path.lower().endswith(_HEAVY_SUFFIXES) else 1) + 16 * len(path)
