"""Locks with a ledger, in the place of ``threading.Lock`` and ``threading.RLock``. Owns the wrappers.

All that an acquire writes into its lock's ledger it writes while it holds that lock, which thus protects
its own ledger: there is no second lock on the fast way. What can be looked up is looked up before: the
hold is longer by a reading of the clock and three additions, no more.
"""

from __future__ import annotations

import _thread
import sys
import threading
import time
from types import FrameType
from typing import Any, Optional

from .frames import Frame, place_outside
from .ledgers import Ledger, Site

_now = time.perf_counter
_frame = sys._getframe
_THREADING = threading.__dict__
_on: Any = None  # the recording that is on, which knows every ledger


def switch(recording: Any) -> None:
    """Let locks write for a recording (``open``, ``close``, ``guard``), or for none."""
    global _on  # one test of a global is what a lock pays that outlives its recording
    _on = recording


def outside(frame: FrameType) -> FrameType:
    """The frame that uses threading, from one that may be within it or within what replaces parts of it."""
    while frame.f_back is not None and _is_between(frame.f_globals):
        frame = frame.f_back
    return frame


def _is_between(names: Any) -> bool:
    return names is _THREADING or names.get("__package__") == __package__


class RecordedLock:
    """``threading.Lock`` with a ledger.

    ``inner`` is a real lock: a new one, or one that exists and was found at ``place``; others may hold that
    directly.
    """

    __slots__ = ("__weakref__", "_ledger", "_since", "_site", "inner")
    kind = "Lock"
    plain: Any = staticmethod(_thread.allocate_lock)

    def __new__(cls, *_: Any) -> Any:
        """A plain lock when nothing is recorded: a name that took this class may outlive the recording."""
        return cls.plain() if _on is None else object.__new__(cls)

    def __init__(self, inner: Any = None, place: Optional[Frame] = None) -> None:
        self.inner = self.plain() if inner is None else inner
        self._site: Optional[Site] = None  # where its holder took it, or the last one did
        self._since = 0.0  # when that was; 0 while nobody holds it, or not by a recorded acquire
        self._ledger = Ledger(self.kind, place or place_outside(_frame(1)))
        if (recording := _on) is not None:
            recording.open(self._ledger)

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """As ``threading.Lock``."""
        if _on is None:
            return bool(self.inner.acquire(blocking, timeout))
        frame = _frame(1)
        if frame.f_globals is _THREADING:
            frame = outside(frame)
        site = self._ledger.site(frame)
        if not self.inner.acquire(False) and not self._wait(frame, blocking, timeout):
            return False
        self._site = site
        self._since = _now()
        return True

    __enter__ = acquire

    def release(self) -> None:
        """As ``threading.Lock``."""
        since = self._since
        if since and self._site is not None:
            self._since = 0.0
            self._site.held(_now() - since)
        self.inner.release()

    def __exit__(self, *_: object) -> None:
        since = self._since
        if since and self._site is not None:
            self._since = 0.0
            self._site.held(_now() - since)
        self.inner.release()

    def _wait(self, frame: FrameType, blocking: bool, timeout: float) -> bool:
        """Whether waiting got it."""
        recording = _on
        if recording is None or not blocking:
            return bool(self.inner.acquire(blocking, timeout))
        record = self._ledger.wait(frame, self._site)
        started = _now()
        got = bool(self.inner.acquire(True, timeout))
        waited_s = _now() - started
        if got:
            record.waited(waited_s)
        else:
            with recording.guard:
                record.waited(waited_s, got=False)
        return got

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def __reduce__(self) -> Any:
        raise TypeError(f"cannot pickle a {self.kind}")

    def __del__(self) -> None:
        if (recording := _on) is not None:
            recording.close(self._ledger)


class RecordedRLock(RecordedLock):
    """``threading.RLock`` with a ledger: the outermost acquire counts, and holds until the last release."""

    __slots__ = ("_depth",)
    kind = "RLock"
    plain = staticmethod(_thread.RLock)

    def __init__(self, inner: Any = None, place: Optional[Frame] = None) -> None:
        super().__init__(inner, place or place_outside(_frame(1)))
        self._depth = 0  # of acquires that were recorded; read and written by its holder alone

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """As ``threading.RLock``."""
        if _on is None and not self._depth:
            return bool(self.inner.acquire(blocking, timeout))
        frame = _frame(1)
        if frame.f_globals is _THREADING:
            frame = outside(frame)
        site = self._ledger.site(frame)
        if not self.inner.acquire(False) and not self._wait(frame, blocking, timeout):
            return False
        if not self._depth:
            self._site = site
            self._since = _now()
        self._depth += 1
        return True

    __enter__ = acquire

    def release(self) -> None:
        """As ``threading.RLock``."""
        if self._depth and self.inner._is_owned():
            self._let_go(self._depth - 1)
        self.inner.release()

    def __exit__(self, *_: object) -> None:
        depth = self._depth  # whoever leaves has entered: there is no need to ask for the owner
        if depth == 1 and self._site is not None:
            self._site.held(_now() - self._since)
        if depth:
            self._depth = depth - 1
        self.inner.release()

    def _let_go(self, depth: int) -> None:
        if self._depth and not depth and self._site is not None:
            self._site.held(_now() - self._since)
        self._depth = depth

    def _release_save(self) -> Any:
        """For conditions: let go of it altogether."""
        depth = self._depth
        self._let_go(0)
        return depth, self.inner._release_save()

    def _acquire_restore(self, state: Any) -> None:
        """For conditions: take it back, which may have to wait as any acquire."""
        depth, (count, _) = state
        frame = outside(_frame(1))
        site = self._ledger.site(frame)
        if not self.inner.acquire(False):
            self._wait(frame, True, -1)
        for _turn in range(count - 1):
            self.inner.acquire()
        self._depth = depth
        if depth:
            self._site, self._since = site, _now()
