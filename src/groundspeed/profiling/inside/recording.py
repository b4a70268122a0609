"""A recording of a process's locks: puts the wrappers in place and takes them away again.

While it is on, ``threading.Lock`` and ``threading.RLock`` make recorded locks, and locks that exist already
are wrapped where they can be reached: globals and attributes outside the standard library. Semaphores and
conditions are classes in Python; their methods are replaced, so that all of them are seen. When it is
off, ``threading`` is as it was. Owns what is replaced; the wrappers are in locks.py.
"""

from __future__ import annotations

import _thread
import contextlib
import gc
import sys
import threading
import time
from types import FrameType
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

from .frames import Frame, is_library, place_outside
from .ledgers import Ledger, Site
from .locks import RecordedLock, RecordedRLock, outside, switch

NOT_SEEN = (
    "Not seen: locks made in C (queue.SimpleQueue, _thread.allocate_lock), by names that took threading.Lock "
    "before, and locks that exist already in slots, local variables or the standard library."
)
ELSEWHERE = Frame("made before the recording", "", 0)
_now = time.perf_counter
_frame = sys._getframe
_WRAPPERS = {type(_thread.allocate_lock()): RecordedLock, _thread.RLock: RecordedRLock}
_LEDGER = "_groundspeed_ledger"  # where a semaphore keeps its own
_HELD = "_groundspeed_held"  # and its permits that are out: thread, site, since
_Permit = Tuple[int, Site, float]


class Recording:
    """The ledgers of one recording. There is at most one in a process at a time."""

    def __init__(self) -> None:
        self.guard = _thread.RLock()  # a finaliser may come back to it in the same thread
        self.notified = Ledger("Condition", ELSEWHERE, locks=0)  # waits for a notification, not for a lock
        self._alive: Dict[int, Ledger] = {}
        self._dead: Dict[Tuple[str, Frame], Ledger] = {}

    def open(self, ledger: Ledger) -> None:
        """A lock was made."""
        self._alive[id(ledger)] = ledger

    def close(self, ledger: Ledger) -> None:
        """A lock is gone: what its ledger says is added to those of its making."""
        with self.guard:
            if self._alive.pop(id(ledger), None) is not None:
                self._add(self._dead, ledger)

    def forget(self) -> None:
        """Begin anew: what happened so far was the set-up."""
        with self.guard:
            self._dead.clear()
            for ledger in (self.notified, *list(self._alive.values())):
                ledger.clear()

    def ledgers(self) -> List[Ledger]:
        """The records so far, one for each kind of lock and the line that made it."""
        with self.guard:
            found: Dict[Tuple[str, Frame], Ledger] = {}
            for ledger in [*self._dead.values(), *list(self._alive.values())]:
                self._add(found, ledger)
            return list(found.values())

    @staticmethod
    def _add(to: Dict[Tuple[str, Frame], Ledger], ledger: Ledger) -> None:
        key = (ledger.kind, ledger.made)
        to.setdefault(key, Ledger(*key, locks=0)).add(ledger)


_one = _thread.allocate_lock()  # held while a recording is on


@contextlib.contextmanager
def recorded() -> Iterator[Recording]:
    """Record the locks of this process. Raises RuntimeError while another recording is on."""
    if not _one.acquire(False):
        raise RuntimeError("the locks of this process are recorded already: one recording at a time")
    try:
        with contextlib.ExitStack() as undo:
            recording = Recording()
            switch(recording)
            undo.callback(switch, None)
            replaced = [
                (threading, "Lock", RecordedLock),
                (threading, "RLock", RecordedRLock),
                (threading.Condition, "wait", _condition_wait(recording)),
                *_semaphores(recording),
            ]
            for owner, name, new in replaced:
                undo.callback(setattr, owner, name, vars(owner)[name])
                setattr(owner, name, new)
            undo.callback(_put_back, _adopt())
            yield recording
    finally:
        _one.release()


def _condition_wait(recording: Recording) -> Callable[..., bool]:
    plain = threading.Condition.wait
    inside = {threading.Semaphore.acquire.__code__}  # counts its own waits

    def wait(self: threading.Condition, timeout: Optional[float] = None) -> bool:
        frame = _frame(1)
        if frame.f_code in inside:
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


def _semaphores(recording: Recording) -> List[Tuple[Any, str, Any]]:
    """What is replaced in semaphores, whose ledgers the recording's guard protects: many may hold one."""
    plain, semaphore, bounded = threading.Semaphore.acquire, threading.Semaphore, threading.BoundedSemaphore

    def made(self: threading.Semaphore, value: int = 1) -> None:
        plain_made(self, value)
        vars(self)["_cond"] = threading.Condition(_thread.allocate_lock())  # its own lock is not told of
        _ledger_of(self, recording, place_outside(_frame(1)))

    def acquire(self: threading.Semaphore, blocking: bool = True, timeout: Optional[float] = None) -> bool:
        frame = outside(_frame(1))
        if not _taken(self, frame, blocking, timeout):
            return False
        with recording.guard:
            site = _ledger_of(self, recording, ELSEWHERE).site(frame)
            vars(self).setdefault(_HELD, []).append((_thread.get_ident(), site, _now()))
        return True

    def _taken(self: threading.Semaphore, frame: FrameType, blocking: bool, timeout: Optional[float]) -> bool:
        if not blocking:
            return plain(self, blocking, timeout)
        if plain(self, False):
            return True
        with recording.guard:
            held: List[_Permit] = vars(self).get(_HELD, [])
            holder = held[0][1] if held else None
            record = _ledger_of(self, recording, ELSEWHERE).wait(frame, holder)
        started = _now()
        got = plain(self, True, timeout)
        with recording.guard:
            record.waited(_now() - started, got)
        return got

    def releasing(release: Callable[..., None]) -> Callable[..., None]:
        def released(self: threading.Semaphore, *count: int, **named: int) -> None:
            release(self, *count, **named)
            with recording.guard:
                for _ in range(*(count or named.values() or (1,))):
                    _given_back(vars(self).get(_HELD, []))

        return released

    plain_made = semaphore.__init__
    return [
        (semaphore, "__init__", made),
        (semaphore, "acquire", acquire),
        (semaphore, "__enter__", acquire),
        (semaphore, "release", releasing(semaphore.release)),
        (bounded, "release", releasing(bounded.release)),
    ]


def _ledger_of(semaphore: threading.Semaphore, recording: Recording, made: Frame) -> Ledger:
    """A semaphore's ledger of this recording."""
    found = vars(semaphore).get(_LEDGER)
    if found is None or found[0] is not recording:
        found = recording, Ledger(type(semaphore).__name__, made)
        vars(semaphore)[_LEDGER] = found
        vars(semaphore)[_HELD] = []
        recording.open(found[1])
    ledger: Ledger = found[1]
    return ledger


def _given_back(held: List[_Permit]) -> None:
    """A permit comes back: the newest of this thread, else the oldest of any."""
    me = _thread.get_ident()
    mine = [at for at, one in enumerate(held) if one[0] == me]
    if held:
        _, site, since = held.pop(mine[-1] if mine else 0)
        site.held(_now() - since)


def _adopt() -> List[Tuple[Dict[str, Any], str, Any]]:
    """Wrap the locks in globals and attributes outside the standard library; where, and with what."""
    wrappers: Dict[int, Any] = {}  # one for each lock, however many names it has
    wrapped = []
    for owner, file, space in list(_spaces()):
        for name, value in list(space.items()):
            wrapper = _WRAPPERS.get(type(value))
            if wrapper is None:
                continue
            if id(value) not in wrappers:
                wrappers[id(value)] = wrapper(value, Frame("{}.{}".format(owner, name), file, 0))
            space[name] = wrappers[id(value)]
            wrapped.append((space, name, space[name]))
    return wrapped


def _spaces() -> Iterator[Tuple[str, str, Dict[str, Any]]]:
    """The names that a program's modules and objects hold: whose, in which file, the names."""
    files = {}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None) or "<frozen"
        if name == "__main__" or not is_library(file):
            files[name] = file
            yield name, file, vars(module)
    for one in gc.get_objects():
        kind = type(one)
        if kind.__module__ in files and isinstance(getattr(one, "__dict__", None), dict):
            yield "{}.{}".format(kind.__module__, kind.__qualname__), files[kind.__module__], vars(one)


def _put_back(wrapped: List[Tuple[Dict[str, Any], str, Any]]) -> None:
    for space, name, wrapper in wrapped:
        if name in space and space[name] is wrapper:
            space[name] = wrapper.inner
