"""Methods in the place of those of ``threading.Semaphore`` and ``Condition``. Owns what they record.

Both are classes in Python, so that every one is seen, whenever it was made. Several threads may hold a
semaphore at once: the guard of the recording protects its ledger, which it carries itself.
"""

from __future__ import annotations

import _thread
import sys
import threading
import time
from types import FrameType
from typing import Any, Callable, List, Optional, Tuple

from .frames import Frame, place_outside
from .ledgers import ELSEWHERE, Ledger, Site
from .locks import outside

_now = time.perf_counter
_frame = sys._getframe
_STATE = "_groundspeed"  # the attribute of a semaphore
Semaphore = threading.Semaphore


class State:
    """What a semaphore carries: the recording it belongs to, its ledger, and who holds its permits, oldest
    first (thread, line, since when)."""

    def __init__(self, recording: Any, ledger: Ledger) -> None:
        self.recording, self.ledger = recording, ledger
        self.held: List[Tuple[int, Site, float]] = []

    def given_back(self) -> None:
        """A permit comes back: the newest of this thread, else the oldest of any."""
        me = _thread.get_ident()
        mine = [at for at, one in enumerate(self.held) if one[0] == me]
        if self.held:
            _, site, since = self.held.pop(mine[-1] if mine else 0)
            site.held(_now() - since)


def replacements(recording: Any) -> List[Tuple[Any, str, Any]]:
    """Which class gets which method, for a recording (``open``, ``guard``, ``notified``)."""
    bounded, condition = threading.BoundedSemaphore, threading.Condition
    acquire = _acquire(recording, Semaphore.acquire)
    return [
        (condition, "wait", _wait(recording, condition.wait)),
        (Semaphore, "__init__", _made(recording, Semaphore.__init__)),
        (Semaphore, "acquire", acquire),
        (Semaphore, "__enter__", acquire),
        (Semaphore, "release", _release(recording, Semaphore.release)),
        (bounded, "release", _release(recording, bounded.release)),
    ]


def _wait(recording: Any, plain: Callable[..., bool]) -> Callable[..., bool]:
    inside = Semaphore.acquire.__code__  # counts its own waits

    def wait(self: threading.Condition, timeout: Optional[float] = None) -> bool:
        frame = _frame(1)
        if frame.f_code is inside:
            return plain(self, timeout)
        record = recording.notified.wait(outside(frame), None)
        started = _now()
        got = False
        try:
            got = plain(self, timeout)
        finally:
            with recording.guard:
                record.waited(_now() - started, got)
        return got

    return wait


def _made(recording: Any, plain: Callable[..., None]) -> Callable[..., None]:
    def made(self: Semaphore, value: int = 1) -> None:
        plain(self, value)
        vars(self)["_cond"] = threading.Condition(_thread.allocate_lock())  # its own lock is not told of
        _state(self, recording, place_outside(_frame(1)))

    return made


def _acquire(recording: Any, plain: Callable[..., bool]) -> Callable[..., bool]:
    def acquire(self: Semaphore, blocking: bool = True, timeout: Optional[float] = None) -> bool:
        frame = outside(_frame(1))
        got = plain(self, False) if blocking else plain(self, False, timeout)
        if not got and not (blocking and waited(self, frame, timeout)):
            return False
        with recording.guard:
            state = _state(self, recording)
            state.held.append((_thread.get_ident(), state.ledger.site(frame), _now()))
        return True

    def waited(self: Semaphore, frame: FrameType, timeout: Optional[float]) -> bool:
        with recording.guard:
            state = _state(self, recording)
            record = state.ledger.wait(frame, state.held[0][1] if state.held else None)
        started = _now()
        got = plain(self, True, timeout)
        with recording.guard:
            record.waited(_now() - started, got)
        return got

    return acquire


def _release(recording: Any, plain: Callable[..., None]) -> Callable[..., None]:
    def release(self: Semaphore, *count: int, **named: int) -> None:
        plain(self, *count, **named)
        with recording.guard:
            state = _state(self, recording)
            for _ in range(*(count or named.values() or (1,))):
                state.given_back()

    return release


def _state(semaphore: Semaphore, recording: Any, made: Frame = ELSEWHERE) -> State:
    """That of this recording; a semaphore that was there before has none yet, or an older one's."""
    found: Optional[State] = vars(semaphore).get(_STATE)
    if found is None or found.recording is not recording:
        found = State(recording, Ledger(type(semaphore).__name__, made))
        vars(semaphore)[_STATE] = found
        recording.open(found.ledger)
    return found
