"""A recording of a process's locks: puts the wrappers in place and takes them away again.

While it is on, ``threading.Lock`` and ``threading.RLock`` make recorded locks, and locks that exist already
are wrapped where they can be reached: globals and attributes outside the standard library. Semaphores and
conditions are classes in Python; their methods are replaced, so that all of them are seen. When it is
off, ``threading`` is as it was. Owns what is put where; the wrappers are in locks.py, the methods in
semaphores.py.
"""

from __future__ import annotations

import _thread
import contextlib
import gc
import sys
import threading
from typing import Any, Dict, Iterator, List, Tuple

from .frames import Frame, is_library
from .ledgers import ELSEWHERE, Ledger
from .locks import RecordedLock, RecordedRLock, switch
from .semaphores import replacements

NOT_SEEN = (
    "Not seen: locks made in C (queue.SimpleQueue, _thread.allocate_lock), by names that took threading.Lock "
    "before, and locks that exist already in slots, local variables or the standard library."
)
_WRAPPERS = {type(_thread.allocate_lock()): RecordedLock, _thread.RLock: RecordedRLock}


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
                *replacements(recording),
            ]
            for owner, name, new in replaced:
                undo.callback(setattr, owner, name, vars(owner)[name])
                setattr(owner, name, new)
            undo.callback(_put_back, _adopt())
            yield recording
    finally:
        _one.release()


def _adopt() -> List[Tuple[Any, str, Any]]:
    """Wrap the locks in globals and attributes outside the standard library; where, and with what."""
    wrappers: Dict[int, Any] = {}  # one for each lock, however many names it has
    wrapped = []
    for owner, name, file in list(_owners()):
        for attribute, value in list(vars(owner).items()):
            wrapper = _WRAPPERS.get(type(value))
            if wrapper is None:
                continue
            if id(value) not in wrappers:
                wrappers[id(value)] = wrapper(value, Frame("{}.{}".format(name, attribute), file, 0))
            _set(owner, attribute, wrappers[id(value)])
            wrapped.append((owner, attribute, wrappers[id(value)]))
    return wrapped


def _owners() -> Iterator[Tuple[Any, str, str]]:
    """Modules, classes and objects of a program that hold others by name; what they are called, and where."""
    files = {}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None) or "<frozen"
        if name == "__main__" or not is_library(file):
            files[name] = file
            yield module, name, file
    for one in gc.get_objects():
        kind = one if isinstance(one, type) else type(one)
        if kind.__module__ in files and (kind is one or _has_names(one)):
            yield one, "{}.{}".format(kind.__module__, kind.__qualname__), files[kind.__module__]


def _has_names(one: Any) -> bool:
    """Whether an object keeps its attributes in a dictionary. One that is half made may raise anything."""
    try:
        return isinstance(one.__dict__, dict)
    except Exception:
        return False


def _set(owner: Any, name: str, value: Any) -> None:
    """A class has to be asked; of what else may have ways of its own to set a name the names are changed."""
    if isinstance(owner, type):
        setattr(owner, name, value)
    else:
        vars(owner)[name] = value


def _put_back(wrapped: List[Tuple[Any, str, Any]]) -> None:
    for owner, name, wrapper in wrapped:
        if vars(owner).get(name) is wrapper:
            _set(owner, name, wrapper.inner)
