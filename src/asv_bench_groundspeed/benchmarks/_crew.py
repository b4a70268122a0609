"""Several workers that call one function side by side for a while, as threads or as forked processes.

Owns their start together, their end and their exceptions: after the call none is left, whatever happened.
Refuses to say what the counts mean.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import pickle
import signal
import threading
import time
import traceback
from typing import Any, Callable, List, NamedTuple, Optional

from ..workloads.load import WALL, Clock

EXECUTORS = ("threads", "processes")
HEAD_START_S = 0.002  # between the word to go and the start, so that all have heard it


class Mark(NamedTuple):
    """How many items a worker had done at a moment of the clock."""

    at: float
    items: float


Stretch = List[Mark]
Call = Callable[[], Any]


def stretch(call: Call, start: float, seconds: float, marks: int, clock: Clock = WALL) -> Stretch:
    """Call from ``start`` on until ``seconds`` have passed, at least once. The first mark is the start,
    the others the first returns after each of ``marks`` equal parts; the last ends the stretch."""
    clock.sleep_until(start)
    now = clock.now
    items = 0.0
    made = [Mark(now(), 0.0)]
    for part in range(1, marks + 1):
        end = made[0].at + seconds * part / marks
        moment = made[-1].at
        while moment < end:
            items += items_of(call())
            moment = now()
        if moment > made[-1].at:
            made.append(Mark(moment, items))
    return made


def items_of(returned: Any) -> float:
    """What one call did: the number it returned, one item where it returned nothing."""
    if returned is None:
        return 1.0
    try:
        items = math.nan if isinstance(returned, (bool, str, bytes)) else float(returned)
    except (TypeError, ValueError):
        items = math.nan
    if not 0 <= items < math.inf:
        raise ValueError(
            "a throughput_ benchmark returns the number of items that the call did, or nothing for one, "
            "not {!r:.200}".format(returned)
        )
    return items


def in_threads(call: Call, count: int, seconds: float, marks: int) -> List[Stretch]:
    """The stretches of ``count`` threads; one worker is the calling thread. Raises the first exception."""
    if count == 1:
        return [stretch(call, WALL.now(), seconds, marks)]
    made: List[Stretch] = []
    failures: List[BaseException] = []
    start = WALL.now() + HEAD_START_S * count

    def work() -> None:
        try:
            made.append(stretch(call, start, seconds, marks))
        except BaseException as error:  # a thread's exception is the benchmark's: raised below
            failures.append(error)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return made


def in_processes(call: Call, count: int, seconds: float, marks: int) -> List[Stretch]:
    """The stretches of ``count`` forked processes: forked, so that what the set-up made is theirs.

    ``perf_counter`` is one clock for all processes of a host on Linux and macOS.
    """
    context = multiprocessing.get_context("fork")
    crew = []
    try:
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, os.getpid(), call, seconds, marks))
            process.start()
            theirs.close()  # or the end of this child would not be the end of the pipe
            crew.append((process, ours))
        start = time.perf_counter() + HEAD_START_S * count
        for _, pipe in crew:
            pipe.send(start)
        return [_answer(process, pipe) for process, pipe in crew]
    finally:
        for process, pipe in crew:
            process.kill()
            process.join()
            pipe.close()


def _answer(process: Any, pipe: Any) -> Stretch:
    try:
        made, failure, text = pipe.recv()
    except EOFError:
        process.join()
        ended = "exit code {}".format(process.exitcode)
        raise RuntimeError("a worker process ended with {} before it was done".format(ended)) from None
    if failure is not None:
        raise failure from RuntimeError("in a worker process:\n" + text)
    return [Mark(*one) for one in made]


def _work(pipe: Any, parent: int, call: Call, seconds: float, marks: int) -> None:
    _die_with(parent)
    made: Optional[Stretch] = None
    failure: Optional[BaseException] = None
    text = ""
    try:
        made = stretch(call, pipe.recv(), seconds, marks)
    except BaseException as error:  # travels to the parent, which raises it
        failure, text = _portable(error), traceback.format_exc()
    pipe.send((made, failure, text))


def _portable(error: BaseException) -> BaseException:
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 (our own bytes, a moment old)
    except Exception:  # whatever a class of the suite does when it is copied: its name and text travel
        return RuntimeError("{}: {}".format(type(error).__name__, error))
    return error


def _die_with(parent: int) -> None:
    """Ask Linux to kill this process when its parent ends (prctl PR_SET_PDEATHSIG = 1). Elsewhere it ends
    by itself after its stretch."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    except (ImportError, OSError, AttributeError):
        return
    if os.getppid() != parent:  # it ended before we could ask
        os._exit(1)
