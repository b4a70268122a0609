"""Several workers side by side, as threads or as forked processes.

Owns that they begin together, their end and their failures: after the call none is left, whatever
happened. Refuses to know what they do. Standard library only, Python 3.8 or newer.

The work is called as ``work(index, begin)`` in every worker, 0-based. It makes itself ready, then calls
``begin()``, which returns when all are ready: the moment of the clock, a little ahead, at which they
start. What the work returns is the worker's result.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import threading
import traceback
from typing import Any, Callable, Dict, List, Optional, Tuple, TypeVar

from .clock import WALL, Clock

T = TypeVar("T")
Begin = Callable[[], float]
Work = Callable[[int, Begin], T]

HEAD_START_S = 0.002  # for each worker, between the word to go and the start, so that all have heard it


def in_threads(work: Work[T], count: int, clock: Clock = WALL) -> List[T]:
    """The results of ``count`` threads, in order of their index; one worker is the calling thread.

    Raises the first exception of any of them, when all have ended.
    """
    if count == 1:
        return [work(0, clock.now)]
    made: Dict[int, T] = {}
    failures: List[BaseException] = []
    start: List[float] = []
    gate = threading.Barrier(count, lambda: start.append(clock.now() + HEAD_START_S * count))

    def begin() -> float:
        gate.wait()
        return start[0]

    def run(index: int) -> None:
        try:
            made[index] = work(index, begin)
        except BaseException as error:  # a thread's exception is the caller's: raised below
            failures.append(error)
            gate.abort()  # who waits for this one to be ready waits in vain

    threads = [threading.Thread(target=run, args=(index,), daemon=True) for index in range(count)]
    try:
        for thread in threads:
            thread.start()
    except RuntimeError:  # no more threads on this host: those that run wait at the gate
        gate.abort()
        raise
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return [made[index] for index in range(count)]


def in_processes(work: Work[T], count: int, clock: Clock = WALL) -> List[T]:
    """The results of ``count`` forked processes, in order of their index; forked, so that what the caller
    has made is theirs. Results and exceptions travel by pickle.

    Raises the first exception of any of them, at once; ``RuntimeError`` when one dies.
    """
    context = multiprocessing.get_context("fork")
    crew: List[Tuple[Any, Any]] = []
    try:
        for index in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_live, args=(theirs, os.getpid(), work, index))
            process.start()
            theirs.close()  # or the end of this child would not be the end of the pipe
            crew.append((process, ours))
        _answers(crew)
        start = clock.now() + HEAD_START_S * count
        for _, pipe in crew:
            with contextlib.suppress(BrokenPipeError):  # it died: told by its answer, which is missing
                pipe.send(start)
        return _answers(crew)
    finally:
        for process, pipe in crew:
            process.kill()
            process.join()
            pipe.close()


EXECUTORS = {"threads": in_threads, "processes": in_processes}


def _answers(crew: List[Tuple[Any, Any]]) -> List[Any]:
    """One answer of every process; looked at as they come, so that the first failure ends the wait."""
    from multiprocessing.connection import wait  # late: every process that knows the kinds would pay for it

    answers: Dict[Any, Any] = {}
    missing = {pipe: process for process, pipe in crew}
    while missing:
        for pipe in wait(list(missing)):
            answers[pipe] = _answer(missing.pop(pipe), pipe)
    return [answers[pipe] for _, pipe in crew]


def _answer(process: Any, pipe: Any) -> Any:
    try:
        made, failure, text = pipe.recv()
    except (EOFError, ConnectionResetError):
        process.join()
        ended = "exit code {}".format(process.exitcode)
        raise RuntimeError("a worker process ended with {} before it was done".format(ended)) from None
    if failure is not None:
        raise failure from RuntimeError("in a worker process:\n" + text)
    return made


def _live(pipe: Any, parent: int, work: Work[Any], index: int) -> None:
    _die_with(parent)

    def begin() -> float:
        pipe.send((None, None, ""))  # ready
        start: float = pipe.recv()
        return start

    made: Any = None
    failure: Optional[BaseException] = None
    text = ""
    try:
        made = work(index, begin)
    except BaseException as error:  # travels to the parent, which raises it
        failure, text = _portable(error), traceback.format_exc()
    try:
        pipe.send((made, failure, text))
    except Exception as error:  # whatever a class does when it is pickled
        reason = "what a worker process made cannot be pickled: {}: {}".format(type(error).__name__, error)
        pipe.send((None, RuntimeError(reason), traceback.format_exc()))


def _portable(error: BaseException) -> BaseException:
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 (our own bytes, a moment old)
    except Exception:  # whatever a class of the suite does when it is copied: its name and text travel
        return RuntimeError("{}: {}".format(type(error).__name__, error))
    return error


def _die_with(parent: int) -> None:
    """Ask Linux to kill this process when its parent ends (prctl PR_SET_PDEATHSIG = 1). Elsewhere it ends
    by itself after its work."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    except (ImportError, OSError, AttributeError):
        return
    if os.getppid() != parent:  # it ended before we could ask
        os._exit(1)
