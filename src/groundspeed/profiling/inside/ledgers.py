"""What is written down about a lock: who took it where, for how long, and who waited for whom.

Owns the records and their sums. Who writes into a ledger holds its lock meanwhile, or the one of the
recording: a ledger protects nothing itself.
"""

from __future__ import annotations

from types import CodeType, FrameType
from typing import Any, Dict, Iterator, List, Optional, Tuple

from .frames import DEEPEST, Frame, Stack, frame_at

ELSEWHERE = Frame("made before the recording", "", 0)


class Site:
    """What happened at one line that acquires: how often, how long it held, the longest of it (s).

    ``key`` tells lines apart by the identity of their code, which the record keeps alive.
    """

    __slots__ = ("code", "count", "hold_s", "key", "line", "longest_s")

    def __init__(self, key: Tuple[int, int], code: CodeType, line: int) -> None:
        self.key, self.code, self.line = key, code, line
        self.count, self.hold_s, self.longest_s = 0, 0.0, 0.0

    def held(self, seconds: float) -> None:
        """One hold has ended."""
        self.count += 1
        self.hold_s += seconds
        if seconds > self.longest_s:
            self.longest_s = seconds

    def add(self, other: Site) -> None:
        """What happened at the same line with another lock."""
        self.count += other.count
        self.hold_s += other.hold_s
        self.longest_s = max(self.longest_s, other.longest_s)

    def frame(self) -> Frame:
        """Where it is."""
        return frame_at(self.code, self.line)


class Wait:
    """What happened at one stack that had to wait for one holder (None: unknown), in seconds."""

    __slots__ = ("codes", "count", "given_up", "holder", "longest_s", "wait_s")

    def __init__(self, codes: List[Tuple[CodeType, int]], holder: Optional[Site]) -> None:
        self.codes, self.holder = codes, holder
        self.count, self.given_up, self.wait_s, self.longest_s = 0, 0, 0.0, 0.0

    def waited(self, seconds: float, got: bool = True) -> None:
        """One wait has ended, with the lock or without."""
        self.count += 1
        self.given_up += not got
        self.wait_s += seconds
        self.longest_s = max(self.longest_s, seconds)

    def add(self, other: Wait) -> None:
        """What happened at the same stack with another lock."""
        self.count += other.count
        self.given_up += other.given_up
        self.wait_s += other.wait_s
        self.longest_s = max(self.longest_s, other.longest_s)

    def stack(self) -> Stack:
        """Where it waited, the root first."""
        return tuple(frame_at(code, line) for code, line in reversed(self.codes))


class Ledger:
    """The records of one lock, or of all that one line made: ``locks`` says how many."""

    __slots__ = ("kind", "locks", "made", "sites", "waits")

    def __init__(self, kind: str, made: Frame, locks: int = 1) -> None:
        self.kind, self.made, self.locks = kind, made, locks
        self.sites: Dict[Tuple[int, int], Site] = {}
        self.waits: Dict[Any, Wait] = {}

    def site(self, frame: FrameType) -> Site:
        """The record of the line that a frame is at."""
        key = (id(frame.f_code), frame.f_lasti)
        found = self.sites.get(key)
        if found is None:
            found = self.sites.setdefault(key, Site(key, frame.f_code, frame.f_lineno or 0))
        return found

    def wait(self, frame: FrameType, holder: Optional[Site]) -> Wait:
        """The record of a stack that is about to wait for a holder: made before it waits, not after."""
        codes = list(_callers(frame))
        key = (tuple((id(code), line) for code, line in codes), holder and holder.key)
        return self.waits.setdefault(key, Wait(codes, holder))

    def add(self, other: Ledger) -> None:
        """The records of another lock that the same line made."""
        self.locks += other.locks
        for key, site in list(other.sites.items()):
            self.sites.setdefault(key, Site(key, site.code, site.line)).add(site)
        for key, wait in list(other.waits.items()):
            self.waits.setdefault(key, Wait(wait.codes, wait.holder)).add(wait)

    def clear(self) -> None:
        """Forget what happened so far; a hold that lasts is forgotten with it."""
        self.sites, self.waits = {}, {}

    @property
    def wait_s(self) -> float:
        """Seconds that were waited for it, all threads together."""
        return sum(wait.wait_s for wait in self.waits.values())


def _callers(frame: Optional[FrameType]) -> Iterator[Tuple[CodeType, int]]:
    for _ in range(DEEPEST):
        if frame is None:
            return
        yield frame.f_code, frame.f_lineno or 0
        frame = frame.f_back
