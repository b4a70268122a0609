"""One case, set up, that is called for a while whenever the line asks: for whoever profiles this process.

Owns the frame below which a profile begins, and the two profilers that must run inside (cProfile, memray).
Decides neither how long nor how often.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import itertools
import json
import os
import sys
import time
from typing import Any, Callable, ContextManager, Dict, Iterator, Tuple

from .case import Case, attempt
from .children import die_with_parent, find_prctl
from .discovery import attribute
from .wire import Message, send

BATCH_S = 0.005  # of calls between two looks at the clock: far above what a look costs
MOST_CALLS = 1 << 20  # of a batch: beyond it a call takes less than the loop around it
PR_SET_PTRACER = 0x59616D61
TIMERAW = (
    "a timeraw_ benchmark runs its code in a process of its own, which no profiler of this one sees: "
    "write it as time_ to profile it"
)


def profiled_calls(call: Callable[[], Any], number: int) -> float:
    """``number`` calls; the seconds they took. A profile keeps what lies below this frame."""
    turns = itertools.repeat(None, number)
    started = time.perf_counter()
    for _ in turns:
        call()
    return time.perf_counter() - started


class Repeated:
    """A case that is set up, and the calls of a batch as far as is known."""

    def __init__(self, request: Message) -> None:
        """Raises what the suite raises."""
        self.benchmark = Case(request).benchmark
        self.number = 1

    def prepare(self) -> Message:
        """Set up; what calls it, and whether each call wants a set-up of its own."""
        if type(self.benchmark).__name__.startswith("Timeraw"):  # its type says time
            return {"event": "skipped", "reason": TIMERAW}
        if self.benchmark.do_setup():
            return {"event": "skipped", "reason": "setup says that it does not apply"}
        self.call = functools.partial(self.benchmark.func, *self.benchmark._build_params())
        stated = attribute(self.benchmark, "setup_once") is True
        self.renewed = bool(self.benchmark._setups) and not stated
        return {"event": "prepared"}

    def handle(self, wanted: Message) -> Message:
        """Call it for ``seconds``, else ``calls`` times, under ``by``, which leaves ``output``."""
        with PROFILERS[wanted["by"]](wanted["output"]) as on:
            calls, seconds = self._repeat(wanted["seconds"], wanted["calls"], on)
        return {"event": "repeated", "calls": calls, "seconds": seconds}

    def _repeat(self, wanted_s: float, most: int, on: Callable[[], ContextManager[Any]]) -> Tuple[int, float]:
        """Batches until they took so long or were so many; set-ups between calls get as long again."""
        calls, seconds = 0, 0.0
        end = time.monotonic() + 2 * wanted_s
        while not calls or (calls < most and seconds < wanted_s and time.monotonic() < end):
            number = min(self.number, most - calls)
            if self.renewed:
                self.benchmark.redo_setup()
                number = 1
            with uncollected(), on():
                took_s = profiled_calls(self.call, number)
            if took_s < BATCH_S and number == self.number < MOST_CALLS:
                self.number *= 2
            calls, seconds = calls + number, seconds + took_s
        return calls, seconds


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """No collection inside, as while a sample is taken."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextlib.contextmanager
def unprofiled(_: str) -> Iterator[Callable[[], ContextManager[Any]]]:
    """Nothing in here; somebody may look from outside."""
    yield contextlib.nullcontext


@contextlib.contextmanager
def by_cprofile(output: str) -> Iterator[Callable[[], ContextManager[Any]]]:
    """cProfile around each batch. ``output`` takes what ``pstats`` reads, with qualified names (3.11)."""
    module: Any = importlib.import_module("cProfile")
    module.label = label  # by which it names functions when it makes its table
    profiler = module.Profile()

    yield lambda: profiler
    profiler.dump_stats(output)


@contextlib.contextmanager
def by_memray(output: str) -> Iterator[Callable[[], ContextManager[Any]]]:
    """memray around one batch, the only one asked for: it writes ``output``."""
    memray = importlib.import_module("memray")
    yield lambda: memray.Tracker(output, trace_python_allocators=True)


PROFILERS: Dict[str, Callable[[str], ContextManager[Callable[[], ContextManager[Any]]]]] = {
    "nothing": unprofiled,
    "cProfile": by_cprofile,
    "memray": by_memray,
}

Label = Tuple[str, int, str]


def label(code: Any) -> Label:
    """How pstats names a function (cProfile.label), by its qualified name where this Python knows it."""
    if isinstance(code, str):
        return "~", 0, code
    return code.co_filename, code.co_firstlineno, getattr(code, "co_qualname", code.co_name)


def serve_calls(request: Message, lines: Iterator[str], answer: Callable[[Message], None]) -> Message:
    """Prepare, call when asked, tear down. Return the last message."""
    from asv_runner._aux import set_cpu_affinity_from_params

    set_cpu_affinity_from_params(request)
    case = Repeated(request)
    ready = case.prepare()
    if ready["event"] != "prepared":
        return ready
    try:
        answer(ready)
        for line in lines:
            answer(case.handle(json.loads(line)))
        return {"event": "finished"}
    finally:
        case.benchmark.do_teardown()


def repeat_main(request: Message, read_fd: int, write_fd: int) -> None:
    """What the process does: whoever profiles it may attach, and it ends with who asked."""
    die_with_parent(os.getppid())
    prctl = find_prctl()
    if prctl is not None:  # Yama lets a sibling look at this process by no other means
        anybody: Any = importlib.import_module("ctypes").c_ulong(-1)
        prctl(PR_SET_PTRACER, anybody)
    os.chdir(request["cwd"])
    sys.path.extend(request["tools"])  # last: what the environment holds itself comes first
    with os.fdopen(read_fd, "r", encoding="utf-8") as lines:
        last = attempt(request, lines, lambda message: send(write_fd, message), serve_calls)
    sys.stdout.flush()
    sys.stderr.flush()
    with contextlib.suppress(BrokenPipeError):
        send(write_fd, last)
    os._exit(0)
