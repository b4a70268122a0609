"""Waits for locks as a speedscope document: seconds waited, by the stack that waited.

Owns what is told of a recording (recording.py), the share of time that the interpreter's lock was held
(gilknocker, where it can be imported), and what the recorder itself costs.
"""

from __future__ import annotations

import contextlib
import importlib
import threading
import time
from typing import Any, Dict, Iterable, Iterator, List, Tuple

from .case import Case, Request
from .frames import Frame, Stack, document, is_library, trimmed
from .ledgers import Ledger, Wait
from .recording import NOT_SEEN, Recording, recorded

SHOWN = 40  # locks that are told of, those waited for longest first
_PROBES, _BEST_OF = 1000, 20  # acquires that tell what one costs, and how often that is tried
_POLL_US, _SAMPLE_US = 200, 2000  # gilknocker's defaults sleep 0.1 s between looks: longer than many a case
UNKNOWN = Frame("unknown", "", 0)
Details = Dict[str, Any]


def record(request: Request) -> Details:
    """Record the calls of a case. The recording is on before the suite is imported."""
    with recorded() as recording:
        case = Case(request)
        cost_s = acquire_cost()
        call, rounds = case.crowd()
        call()  # what first calls do, such as imports, is not what a call waits for
        recording.forget()
        with gil_share() as gil:
            seconds = case.repeat(call, rounds)
        found = described(case.name, recording, seconds, rounds, gil, cost_s)
        case.close()
    return found


@contextlib.contextmanager
def gil_share() -> Iterator[Details]:
    """``share`` of the time that the interpreter's lock was held, after the block; else what is missing."""
    found: Details = {}
    try:
        knocking = importlib.import_module("gilknocker")
    except ImportError:
        found["missing"] = "The share of the GIL needs gilknocker: python -m pip install gilknocker."
        yield found
        return
    knocker = knocking.KnockKnock(_POLL_US, _SAMPLE_US, _SAMPLE_US)
    knocker.start()
    try:
        yield found
        found["share"] = float(knocker.contention_metric)
    finally:
        knocker.stop()


def acquire_cost() -> float:
    """Seconds that a recorded ``with lock`` takes more than a plain one, the best of a few."""
    lock: Any = threading.Lock()
    return max(0.0, _with_s(lock) - _with_s(lock.inner))


def _with_s(lock: Any) -> float:
    best = float("inf")
    for _ in range(_BEST_OF):
        started = time.perf_counter()
        for _turn in range(_PROBES):
            with lock:
                pass
        best = min(best, time.perf_counter() - started)
    return best / _PROBES


def described(
    name: str, recording: Recording, seconds: float, calls: int, gil: Details, cost_s: float
) -> Details:
    """The document of a recording of ``calls`` calls that took ``seconds`` in all."""
    ledgers = sorted(recording.ledgers(), key=lambda one: (-one.wait_s, -_acquisitions(one), one.made))
    used = [one for one in ledgers if one.sites or one.waits]
    details = {
        "kind": "contention",
        "calls": calls,
        "seconds": seconds,
        "gil": gil,
        "locks": [_lock(one) for one in used[:SHOWN]],
        "notified": _waiters(recording.notified.waits.values()),
        "acquire_cost_s": cost_s,
        "acquisitions": sum(_acquisitions(one) for one in used),
        "notes": _notes(len(used), gil),
    }
    return document("{} (waits for locks)".format(name), "seconds", _weighed(used), details)


def _notes(used: int, gil: Details) -> List[str]:
    hidden = ["{} more locks were taken.".format(used - SHOWN)] if used > SHOWN else []
    return [NOT_SEEN, *([gil["missing"]] if "missing" in gil else []), *hidden]


def _acquisitions(ledger: Ledger) -> int:
    return sum(site.count for site in list(ledger.sites.values()))


def _weighed(ledgers: Iterable[Ledger]) -> Iterator[Tuple[Stack, float]]:
    for ledger in ledgers:
        for wait in list(ledger.waits.values()):
            if wait.count:  # else it waits still
                yield trimmed(wait.stack()), wait.wait_s


def _lock(ledger: Ledger) -> Details:
    waits = list(ledger.waits.values())
    sites = _sites(ledger)
    return {
        "kind": ledger.kind,
        "made": ledger.made._asdict(),
        "locks": ledger.locks,
        "acquisitions": _acquisitions(ledger),
        "hold_s": sum(one["hold_s"] for one in sites),
        "waits": sum(one.count for one in waits),
        "wait_s": ledger.wait_s,
        "longest_wait_s": max((one.longest_s for one in waits), default=0.0),
        "given_up": sum(one.given_up for one in waits),
        "sites": sites,
        "waiters": _waiters(waits),
    }


def _sites(ledger: Ledger) -> List[Details]:
    """By line, the longest held first: a line may acquire at several places."""
    sums: Dict[Frame, Details] = {}
    for site in ledger.sites.values():
        at = site.frame()
        one = sums.setdefault(at, {"at": at._asdict(), "count": 0, "hold_s": 0.0, "longest_s": 0.0})
        one["count"] += site.count
        one["hold_s"] += site.hold_s
        one["longest_s"] = max(one["longest_s"], site.longest_s)
    return sorted((one for one in sums.values() if one["count"]), key=lambda one: -one["hold_s"])


def _waiters(waits: Iterable[Wait]) -> List[Details]:
    """By the line that waited and the line of who held it, the longest first."""
    sums: Dict[Tuple[Frame, Frame], Details] = {}
    for wait in list(waits):
        holder = wait.holder.frame() if wait.holder is not None else UNKNOWN
        at = innermost(wait.stack())
        nothing = {"count": 0, "wait_s": 0.0, "longest_s": 0.0}
        one = sums.setdefault((at, holder), {"at": at._asdict(), "held_by": holder._asdict(), **nothing})
        one["count"] += wait.count
        one["wait_s"] += wait.wait_s
        one["longest_s"] = max(one["longest_s"], wait.longest_s)
    return sorted((one for one in sums.values() if one["count"]), key=lambda one: -one["wait_s"])


def innermost(stack: Stack) -> Frame:
    """The program's own line that waited: ``queue`` and its like wait on somebody's behalf."""
    return next((frame for frame in reversed(stack) if not is_library(frame.file)), stack[-1])
