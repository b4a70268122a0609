"""Work shared out among processes that begin with all that this one holds. Owns the fork; knows no work.

A child that fails, for whatever reason, is no matter: its work is done here, and what is wrong said here.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection
from typing import TypeVar

Answer = TypeVar("Answer")


def processes() -> int:
    """How many may work at once: this one alone where a copy of it would not be safe.

    A copy has only the thread that made it, and what another one held locked stays locked there. On macOS
    the system's own libraries forbid it.
    """
    if sys.platform != "linux" or threading.active_count() > 1:
        return 1
    return len(os.sched_getaffinity(0))


def share(works: Sequence[Callable[[], Answer]]) -> list[Answer]:
    """What each of ``works`` gives, in their order: the first done here, each other in a child of its own.

    One after another where ``processes`` says so. Answers are pickled; what a work changes in memory is lost.
    """
    if len(works) < 2 or processes() == 1:
        return [work() for work in works]
    with _children(works[1:]) as lines:
        own = works[0]()
        return [own, *itertools.starmap(_answer, zip(works[1:], lines, strict=True))]


@contextlib.contextmanager
def _children(works: Sequence[Callable[[], Answer]]) -> Iterator[list[Connection | None]]:
    """A child at each work, and the line it answers on; None where no process was to be had."""
    import multiprocessing

    context = multiprocessing.get_context("fork")
    with contextlib.ExitStack() as stack:
        lines: list[Connection | None] = []
        for work in works:
            receiving, sending = context.Pipe(duplex=False)
            stack.enter_context(receiving)
            child = context.Process(target=_send, args=(work, sending), daemon=True)
            with sending:
                try:
                    child.start()
                except OSError:
                    lines.append(None)
                    continue
            stack.callback(child.join)
            stack.callback(child.kill)  # before it is waited for: what it still does nobody wants
            lines.append(receiving)
        yield lines


def _send(work: Callable[[], Answer], sending: Connection) -> None:
    with contextlib.suppress(BaseException):  # said by whoever does the work again
        sending.send(work())


def _answer(work: Callable[[], Answer], line: Connection | None) -> Answer:
    if line is not None:
        with contextlib.suppress(EOFError, OSError):
            answer: Answer = line.recv()
            return answer
    return work()
