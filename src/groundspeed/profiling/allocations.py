"""What a scope allocates, by stack, by memray: one recording of the process that overlapping scopes share.

memray records one file at a time and all threads. The first scope to begin starts it; when none is left it
is read, and each scope is given the allocations that its own code stands above: whatever other threads and
tasks did meanwhile is not its own.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any

from groundspeed.errors import GroundspeedError
from groundspeed.profiling.inside.frames import DEEPEST, Frame, Stack
from groundspeed.profiling.scopes import own_part

if TYPE_CHECKING:
    from memray import AllocationRecord


class Allocations:
    """Bytes that one scope allocated over all its ``calls``, and held when the process held most (the largest
    of them), by stack. Each of ``changed`` is called when a recording was added."""

    def __init__(self) -> None:
        self.calls = 0
        self.allocated: defaultdict[Stack, float] = defaultdict(float)
        self.peak: dict[Stack, float] = {}
        self.changed: tuple[Callable[[], None], ...] = ()

    def add(self, allocated: dict[Stack, float], peak: dict[Stack, float]) -> None:
        """One recording more."""
        for stack, size in allocated.items():
            self.allocated[stack] += size
        if sum(peak.values()) > sum(self.peak.values()):
            self.peak = peak
        for changed in self.changed:
            changed()


_LOCK = threading.RLock()
_open: list[tuple[Allocations, CodeType]] = []  # scopes that have begun
_told: list[tuple[Allocations, CodeType]] = []  # all scopes of this recording
_recording: list[Any] = []  # the folder and the tracker, while there are any


@contextmanager
def allocations_of(record: Allocations, code: CodeType) -> Iterator[None]:
    """Record what ``code`` and what it calls allocates. Raises ``GroundspeedError`` without memray."""
    with _LOCK:
        if not _open:
            _recording[:] = _started()
        scope = (record, code)
        _open.append(scope)
        if scope not in _told:
            _told.append(scope)
    try:
        yield
    finally:
        with _LOCK:
            record.calls += 1
            if scope in _open:  # a fork forgets the recording, which is its parent's
                _open.remove(scope)
                if not _open:
                    _finish()


def _in_child() -> None:
    for one in (_open, _told, _recording):
        one.clear()


os.register_at_fork(after_in_child=_in_child)


def _started() -> list[Any]:
    try:
        from memray import Tracker
    except ImportError as error:
        raise GroundspeedError(
            "profile_memory needs memray: python -m pip install 'groundspeed[profile]'."
        ) from error
    folder = tempfile.TemporaryDirectory(prefix="groundspeed-memray-")
    tracker = Tracker(Path(folder.name) / "record", trace_python_allocators=True)
    try:
        tracker.__enter__()
    except RuntimeError as error:
        folder.cleanup()
        raise GroundspeedError(
            "Something else records this process with memray already: profile memory with one of the two."
        ) from error
    return [folder, tracker]


def _finish() -> None:
    folder, tracker = _recording
    tracker.__exit__(None, None, None)
    told = list(_told)
    _recording.clear()
    _told.clear()
    with folder:
        allocated, peak = _read(Path(folder.name) / "record")
    for record, code in told:
        record.add(_below(allocated, code), _below(peak, code))


def _read(path: Path) -> tuple[dict[Stack, float], dict[Stack, float]]:
    """Bytes allocated in all and held at the peak of the process, by stack."""
    from memray import FileReader

    allocated: defaultdict[Stack, float] = defaultdict(float)
    peak: defaultdict[Stack, float] = defaultdict(float)
    with FileReader(path) as reader:
        stacks: dict[int, Stack] = {}
        for one in reader.get_allocation_records():
            if one.size:  # 0: given back
                if one.stack_id not in stacks:
                    stacks[one.stack_id] = _stack(one)
                allocated[stacks[one.stack_id]] += one.size
        for one in reader.get_high_watermark_allocation_records():
            peak[_stack(one)] += one.size
    return allocated, peak


def _stack(one: AllocationRecord) -> Stack:
    """The root first; memray gives the innermost frame first."""
    return tuple(Frame(*frame) for frame in reversed(one.stack_trace(max_stacks=DEEPEST)))


def _below(weights: dict[Stack, float], code: CodeType) -> dict[Stack, float]:
    """The part that code stands above, from its own frame on."""
    found: defaultdict[Stack, float] = defaultdict(float)
    names = (code.co_name, code.co_qualname)
    for stack, weight in weights.items():
        places = (at for at, one in enumerate(stack) if one.file == code.co_filename and one.name in names)
        part = own_part(stack[next(places, len(stack)) :])
        if part:
            found[part] += weight
    return found
