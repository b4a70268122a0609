"""Leaks by repetition: the types whose number grows with every call. Owns the census and the rule.

A case is called until it is warm, then in three windows of N calls each. A type leaks when it grew by N
or more in every window: once a call or more often. A cache that fills once has filled before; one that
fills with every call for longer than that looks like a leak, and is one until it is full. Where things
were made is asked of tracemalloc in a further window, for the growing types alone; what keeps them is the
shortest chain of references from a module (chains.py).
"""

from __future__ import annotations

import ctypes
import gc
import sys
import time
import tracemalloc
from types import FrameType
from typing import Any, Callable, Container, Dict, Iterator, List, Mapping, Optional, Sequence, Set

from .case import Case, Request
from .chains import MISSING, chain
from .frames import Frame, Stack, document, frame_in_file, name_of, trimmed

WARM = 3  # calls before anything is counted: first calls import, compile and fill caches
WINDOWS = 3  # a type that grows by chance does not grow in each of them
FRAMES = 25  # of a creation stack; tracemalloc's time grows with them
SHOWN = 20  # types, and stacks of each, that are told of
UNTRACED = Frame("not traced", "", 0)  # made by code that takes its memory elsewhere
_INNER = (tuple, dict)  # what holds others and may be unknown to the collector
Details = Dict[str, Any]
Census = Dict[type, int]
Traceback = Optional[tracemalloc.Traceback]


def record(request: Request) -> Details:
    """Record what the calls of a case leave behind."""
    case = Case(request)
    started = time.perf_counter()
    found = leaks(lambda: case.repeat(case.call, 1), case.rounds)
    took_s = time.perf_counter() - started
    case.close()
    return described(case.name, found, case.rounds, took_s)


def described(name: str, found: Sequence[Details], calls: int, took_s: float) -> Details:
    """The document of what was found: bytes that ``calls`` calls leave, by creation stack."""
    missing = any(MISSING in leak["chain"] for leak in found)
    details = {
        "kind": "leaks",
        "calls": calls,
        "windows": WINDOWS,
        "seconds": took_s,
        "leaks": [{key: value for key, value in leak.items() if key != "stacks"} for leak in found],
        "notes": [MISSING] if missing else [],
    }
    weighed = [one for leak in found for one in leak["stacks"]]
    return document("{} (left behind by calls)".format(name), "bytes", weighed, details)


def leaks(call: Callable[[], Any], calls: int) -> List[Details]:
    """What ``call`` leaves behind, by type, the most bytes first."""
    search = Search(calls)
    while search.remaining:
        call()
        search.called()
    return search.found


class Search:
    """Follows calls that somebody makes: tell it of each by ``called``, until none are ``remaining``.

    It wants ``3 + 3 × calls`` of them, and ``calls`` more where anything grew. ``found`` is as of ``leaks``.
    """

    def __init__(self, calls: int) -> None:
        self.calls = calls
        self.remaining = WARM + WINDOWS * calls
        self.found: List[Details] = []
        self._counts: List[Census] = []
        self._trace: Optional[Trace] = None

    def called(self) -> None:
        """One more call has ended."""
        self.remaining -= 1
        if self._trace is not None:
            if not self.remaining:
                self.found = self._trace.stop(self.calls)
        elif self.remaining <= WINDOWS * self.calls and self.remaining % self.calls == 0:
            self._look()

    def _look(self) -> None:
        if not self._counts:
            census(self._counts)  # its own first time
        self._counts.append(census(self._counts))
        if not self.remaining and (kinds := growing(self._counts, self.calls)):
            self._trace = Trace(kinds)
            self.remaining = self.calls


def growing(counts: Sequence[Census], calls: int) -> Dict[type, float]:
    """Types that grew by ``calls`` or more between any two counts in a row, and how many each call."""
    found = {}
    for kind, last in counts[-1].items():
        rises = [after.get(kind, 0) - before.get(kind, 0) for before, after in zip(counts, counts[1:])]
        if min(rises) >= calls:
            found[kind] = (last - counts[0].get(kind, 0)) / (calls * len(rises))
    return found


def census(before: Sequence[Census]) -> Census:
    """How many objects there are of each type, after a collection; the earlier counts are none of them."""
    gc.collect()
    found: Census = {}
    own = {id(found), id(before), *map(id, before)}
    for one in objects(own):
        kind = type(one)
        found[kind] = found.get(kind, 0) + 1
    return found


def objects(own: Set[int], kinds: Optional[Container[type]] = None) -> Iterator[Any]:
    """Every object once: those that the collector knows, and what they hold that it does not (texts, bytes).

    Without frames, which hold what is being done, this included, and without those whose ids are ``own``.
    ``kinds`` are the only types wanted of what the collector does not know.
    """
    level = [one for one in gc.get_objects() if not isinstance(one, FrameType) and id(one) not in own]
    yield from level
    seen: Set[int] = set()
    while level:  # a tuple of texts is not known to the collector either
        held = gc.get_referents(*level)
        level = []
        for one in held:
            wanted = kinds is None or type(one) in kinds or type(one) in _INNER
            if wanted and not gc.is_tracked(one) and id(one) not in seen:
                seen.add(id(one))
                level.append(one)
        yield from level


class Trace:
    """Where new objects of some types are made and what keeps them. Begins when it is made."""

    def __init__(self, kinds: Mapping[type, float]) -> None:
        self._kinds = kinds
        self._before = {id(one) for one in objects(set(), kinds) if type(one) in kinds}
        self._already = tracemalloc.is_tracing()
        if not self._already:
            tracemalloc.start(FRAMES)
        gc.collect()  # empties the lists of free objects as well: a reused one has no creation of its own

    def stop(self, calls: int) -> List[Details]:
        """Bytes, creation stacks and chain of references of what ``calls`` calls left, by type."""
        gc.collect()
        left: Dict[type, List[Any]] = {kind: [] for kind in self._kinds}
        for one in objects({id(left), *map(id, left.values())}, self._kinds):
            if type(one) in left and id(one) not in self._before:
                left[type(one)].append(one)
        made = {kind: [_traceback(one) for one in left[kind]] for kind in self._kinds}
        if not self._already:  # before anything else is done: it makes everything slow
            tracemalloc.stop()
        found = [_leak(kind, left, made[kind], calls) for kind in self._kinds]
        for leak, a_call in zip(found, self._kinds.values()):
            leak["objects_a_call"] = a_call
        return sorted(found, key=lambda one: (-one["bytes_a_call"], one["type"]))[:SHOWN]


def _leak(kind: type, left: Dict[type, List[Any]], made: Sequence[Traceback], calls: int) -> Details:
    counts: Dict[Stack, int] = {}
    sizes: Dict[Stack, int] = {}
    for one, traceback in zip(left[kind], made):
        stack = _stack(traceback)
        counts[stack] = counts.get(stack, 0) + 1
        sizes[stack] = sizes.get(stack, 0) + sys.getsizeof(one)
    places = sorted(counts.items(), key=lambda one: -one[1])[:SHOWN]
    return {
        "type": name_of(kind),
        "bytes_a_call": sum(sizes.values()) / calls,
        "made": [{"at": stack[-1]._asdict(), "share": count / len(made)} for stack, count in places],
        "chain": chain(left[kind][-1], [left, *left.values()]) if made else [],
        "stacks": list(sizes.items()),
    }


def _stack(traceback: Traceback) -> Stack:
    """Where an object was made, the root first."""
    if traceback is None:
        return (UNTRACED,)
    places = trimmed(tuple(Frame("", frame.filename, frame.lineno) for frame in traceback))
    return tuple(frame_in_file(place.file, place.line) for place in places)


def _traceback(one: Any) -> Traceback:
    return tracemalloc.get_object_traceback(one) or _traceback_in_3_11(one)


def _traceback_in_3_11(one: Any) -> Traceback:
    """Python 3.11 forgets the two words that instances carry before the collector's (repaired in 3.12)."""
    if sys.version_info[:2] != (3, 11) or not gc.is_tracked(one):
        return None
    find = ctypes.pythonapi._PyTraceMalloc_GetTraceback
    find.restype, find.argtypes = ctypes.py_object, (ctypes.c_uint, ctypes.c_size_t)
    frames = find(0, id(one) - 4 * ctypes.sizeof(ctypes.c_void_p))
    return None if frames is None else tracemalloc.Traceback(frames)
