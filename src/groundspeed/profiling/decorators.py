"""``groundspeed.profiling`` for any code: decorators and context managers that write profiles into a folder.

Owns what each writes and when. Files are gzipped speedscope documents, as ``results`` keeps them; each is
written anew as calls add to it, as long as that takes no more than a tenth of the time, and at the end of
the process.
"""

from __future__ import annotations

import atexit
import gzip
import json
import math
import os
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from groundspeed.errors import StorageError
from groundspeed.profiling.allocations import Allocations, allocations_of
from groundspeed.profiling.inside.frames import document
from groundspeed.profiling.inside.leaks import Search, described
from groundspeed.profiling.sampler import Samples, sampled, uncounted
from groundspeed.profiling.scopes import Scope
from groundspeed.results.atomic import replace_bytes

_SHARE = 10  # times what a write took that must pass before the next
_CALLS = 10  # of a window of track_leaks
Document = Callable[[], dict[str, Any]]


class _Output:
    """A file and what it is made of."""

    def __init__(self, path: Path, made: Document) -> None:
        self._path, self._made = path, made
        self._lock = threading.RLock()
        self._pid = os.getpid()
        self._next_s = 0.0  # when it may be written again, by the monotonic clock
        self._due = False

    def changed(self) -> None:
        """Write it, unless it was written a moment ago. What the disk refuses is a warning: the program that
        is profiled goes on."""
        self._due = True
        if time.monotonic() >= self._next_s:
            self.write_or_warn()

    def write_or_warn(self) -> None:
        """Write it if it is not up to date; what the disk refuses is a warning."""
        try:
            self.write()
        except StorageError as error:
            warnings.warn(str(error), RuntimeWarning, stacklevel=3)

    def write(self) -> None:
        """Write it if it is not up to date, and of this process. Raises ``StorageError``."""
        with self._lock, uncounted():
            if not self._due or self._pid != os.getpid():
                return
            self._due = False
            self._next_s = math.inf  # after a refusal flush alone tries again
            started = time.monotonic()
            try:
                replace_bytes(self._path, gzip.compress(json.dumps(self._made()).encode(), mtime=0))
            except StorageError:
                self._due = True
                raise
            ended = time.monotonic()
            self._next_s = ended + _SHARE * (ended - started)


_outputs: dict[Path, tuple[Any, _Output]] = {}  # what is collected for each file, and the file
_collecting = threading.RLock()


def flush() -> None:
    """Write every profile of this process now. Raises ``StorageError``."""
    for _, output in list(_outputs.values()):
        output.write()


def _finish() -> None:
    """At the end of the process there is nobody to catch what flush raises."""
    for _, output in list(_outputs.values()):
        output.write_or_warn()


atexit.register(_finish)
os.register_at_fork(after_in_child=_outputs.clear)  # a child's profiles are its own


class profile_cpu(Scope):  # noqa: N801  used as a function is: with profile_cpu("profiles"):
    """Processor time by stack, sampled about every 10 ms: ``<name>-<pid>.cpu.gz``, in seconds.

    The time is that of the threads and tasks that run the function, while they run it: waiting counts
    nothing, and neither do other tasks while a coroutine waits. Scopes within scopes each have their own
    profile, the outer's with all of the inner's. Threads that the function starts are not its own.
    """

    kind = "cpu"

    @contextmanager
    def whole(self, name: str, code: CodeType) -> Iterator[None]:  # noqa: ARG002
        """A call."""
        samples, output = self._collected(name)
        samples.calls += 1
        try:
            yield
        finally:
            output.changed()

    def work(self, name: str, frame: FrameType, below: bool) -> Any:
        """A stretch of it in this thread."""
        return sampled(self._collected(name)[0], frame, below)

    def _collected(self, name: str) -> tuple[Samples, _Output]:
        return _collected(
            self.path(name), Samples, lambda one: document(name, "seconds", one.weighed(), _calls("cpu", one))
        )


class profile_memory(Scope):  # noqa: N801
    """Bytes by stack, by memray: ``<name>-<pid>.memory.gz`` allocated in all, ``….memory-peak.gz`` in use
    when the process used most.

    What stands under the function counts, in whichever thread or task; what others allocate meanwhile does
    not. Scopes that overlap share one recording, and write when the last of them has ended. Raises
    ``GroundspeedError`` where memray is missing, or records the process for somebody else.
    """

    kind = "memory"

    @contextmanager
    def whole(self, name: str, code: CodeType) -> Iterator[None]:
        """A call."""
        path = self.path(name)
        record, output = _collected(
            path,
            Allocations,
            lambda one: document(name, "bytes", list(one.allocated.items()), _calls("memory", one)),
        )
        _, peak = _collected(
            path.with_name(path.name.replace(".memory.", ".memory-peak.")),
            lambda: record,
            lambda one: document(name, "bytes", list(one.peak.items()), _calls("memory-peak", one)),
        )
        record.changed = (output.changed, peak.changed)
        with allocations_of(record, code):
            yield


class track_leaks(Scope):  # noqa: N801
    """Types of which every call leaves some: ``<name>-<pid>.leaks.gz``, as of ``groundspeed profile``.

    Follows ``3 + 3 × calls`` calls of the function, or runs of the block, and ``calls`` more where anything
    grew; then the function is left alone. After each window of calls it counts every object of the process.
    """

    kind = "leaks"

    def __init__(
        self, folder: str | Path, *, calls: int = _CALLS, name: str = "", enabled: bool | None = None
    ) -> None:
        """``calls``, 1 or more, are those of a window."""
        super().__init__(folder, name=name, enabled=enabled)
        self.calls = calls

    @contextmanager
    def whole(self, name: str, code: CodeType) -> Iterator[None]:  # noqa: ARG002
        """A call."""
        try:
            yield
        finally:
            self._called(name)

    def _called(self, name: str) -> None:
        started = time.monotonic()
        search, output = _collected(
            self.path(name),
            lambda: Search(self.calls),
            lambda one: described(name, one.found, self.calls, time.monotonic() - started),
        )
        with _collecting:
            if search.remaining:
                search.called()
                if not search.remaining:
                    output.changed()
                    output.write()


def _collected(
    path: Path, begin: Callable[[], Any], told: Callable[[Any], dict[str, Any]]
) -> tuple[Any, _Output]:
    """What is collected for a file, begun where nothing is yet."""
    found = _outputs.get(path)
    if found is None:
        with _collecting:
            if path not in _outputs:
                collected = begin()
                _outputs[path] = collected, _Output(path, lambda: told(collected))
            found = _outputs[path]
    return found


def _calls(kind: str, collected: Samples | Allocations) -> dict[str, Any]:
    return {"kind": kind, "calls": collected.calls}
