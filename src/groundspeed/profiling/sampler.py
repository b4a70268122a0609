"""Samples of this process's threads by a thread of its own: processor time by stack. Owns what is a sample.

A sample belongs to the stack that a thread is at, and weighs the processor time that the thread used in its
scope since the last one: waiting weighs nothing, the sum is what was used, and late samples, as when another
thread holds the interpreter's lock, weigh more instead of being lost.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from groundspeed.profiling.inside.frames import DEEPEST, Frame, Stack, frame_at
from groundspeed.profiling.scopes import own_part

INTERVAL_S = 0.005
"""Between looks: Python's own switch interval. A busy thread hands its lock over no sooner, so that it is
seen about every 10 ms; looking more often costs more than it shows."""

UNSEEN = Frame("(not sampled)", "", 0)


class Samples:
    """Processor seconds by stack of one scope, over all its calls; ``calls`` are those that have begun."""

    def __init__(self) -> None:
        self.calls = 0
        self.weights: defaultdict[Stack, float] = defaultdict(float)
        self.pending_s: defaultdict[int, float] = defaultdict(float)  # by thread, until it is sampled

    def weighed(self) -> list[tuple[Stack, float]]:
        """The stacks, and what no sample came for."""
        with _LOCK:
            unseen = sum(self.pending_s.values())
            return [*self.weights.items(), *([((UNSEEN,), unseen)] if unseen else [])]


class _Stretch:
    """A thread at work in a scope: from where its stack counts, and its processor time so far."""

    __slots__ = ("below", "clock", "counted_s", "frame", "samples", "thread")

    def __init__(self, samples: Samples, frame: FrameType, below: bool) -> None:
        self.samples, self.frame, self.below = samples, frame, below
        self.thread = threading.get_ident()
        self.clock = time.pthread_getcpuclockid(self.thread) if _HAS_CLOCK else time.CLOCK_MONOTONIC
        self.counted_s = time.clock_gettime(self.clock)

    def count(self) -> None:
        """Add what the thread used since it was counted last."""
        now_s = time.clock_gettime(self.clock)
        self.samples.pending_s[self.thread] += now_s - self.counted_s
        self.counted_s = now_s

    def skip(self) -> None:
        """Leave out what the thread used since it was counted last."""
        self.counted_s = time.clock_gettime(self.clock)

    def sample(self, frame: FrameType | None) -> None:
        """Give what is pending to the stack at ``frame``.

        Where that is not within the scope (a block that awaits is left for other tasks), or is a scope at its
        own work, what was used since is nobody's.
        """
        found: list[Frame] = []
        while frame is not None and frame is not self.frame:
            found.append(frame_at(frame.f_code, frame.f_lineno or 0))
            frame = frame.f_back
        if frame is None:
            self.skip()
            return
        if not self.below:
            found.append(frame_at(frame.f_code, frame.f_lineno or 0))
        stack = own_part(tuple(found[:DEEPEST][::-1]))
        if stack:
            self.count()
            self.samples.weights[stack] += self.samples.pending_s.pop(self.thread)
        elif found:
            self.skip()


_HAS_CLOCK = hasattr(time, "pthread_getcpuclockid")  # not on macOS: there the seconds are those of a clock
_LOCK = threading.RLock()  # of all that follows, and of every Samples; a finaliser may come back to it
_stretches: list[_Stretch] = []
_busy = threading.Event()
_started = False


@contextmanager
def sampled(samples: Samples, frame: FrameType, below: bool) -> Iterator[None]:
    """Sample this thread while the block runs. Within itself, in the same thread, the outermost counts."""
    stretch = _begin(samples, frame, below)
    try:
        yield
    finally:
        if stretch is not None:
            _end(stretch)


@contextmanager
def uncounted() -> Iterator[None]:
    """What this thread does in the block is no scope's work."""
    mine = [one for one in _stretches if one.thread == threading.get_ident()]
    with _LOCK:
        for one in mine:
            one.count()
    try:
        yield
    finally:
        with _LOCK:
            for one in mine:
                one.skip()


def _begin(samples: Samples, frame: FrameType, below: bool) -> _Stretch | None:
    me = threading.get_ident()
    with _LOCK:
        if any(one.samples is samples and one.thread == me for one in _stretches):
            return None
        stretch = _Stretch(samples, frame, below)
        _stretches.append(stretch)
        _start()
        _busy.set()
    return stretch


def _end(stretch: _Stretch) -> None:
    with _LOCK:
        stretch.count()
        if stretch in _stretches:  # a fork forgets those of other threads
            _stretches.remove(stretch)
        if not _stretches:
            _busy.clear()


def _start() -> None:
    global _started
    if not _started:
        _started = True
        threading.Thread(target=_watch, name="groundspeed-sampler", daemon=True).start()


def _watch() -> None:
    while True:
        _busy.wait()
        time.sleep(INTERVAL_S)
        with _LOCK:
            _look()


def _look() -> None:
    """Sample who is at work. The frames are gone with it: they keep alive what their functions hold."""
    frames = sys._current_frames()  # noqa: SLF001  the documented way to the stacks of other threads
    del frames[threading.get_ident()]  # this one, which holds all the others until a collection
    for stretch in _stretches:
        stretch.sample(frames.get(stretch.thread))


def _in_child() -> None:
    """A forked process has this thread alone: nobody samples, and nobody else holds the lock."""
    global _LOCK, _busy, _started
    _LOCK, _busy, _started = threading.RLock(), threading.Event(), False
    _stretches[:] = [one for one in _stretches if one.thread == threading.get_ident()]
    if _stretches:
        _start()
        _busy.set()


os.register_at_fork(after_in_child=_in_child)
