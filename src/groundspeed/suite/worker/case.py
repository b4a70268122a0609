"""One case in a process of its own: set up, sampled when asked, torn down."""

from __future__ import annotations

import json
import os
import pickle
import sys
import time
from typing import Any, Callable, Iterator, List, Optional, Tuple

from .checks import check_value
from .discovery import attribute
from .failures import suite_traceback
from .wire import Message

CACHE = "cache.pickle"  # what setup_cache returned, in the folder that it ran in
WAKE_S = 0.001
OFF = 4.0  # times longer or shorter than asked for: then the calls of a sample are counted anew
COLD = 100  # times that the first call of a process may take longer than the others
# asv's defaults are 0.1 s of warm-up and samples of 0.01 s. Neither a fifth of the one nor of the other
# moves a median, and what they save goes into more processes, which tell more.
WARMUP_S = 0.01
SAMPLE_S = 0.002
QUICK = {"number": 1, "repeat": 1, "warmup_time": 0, "rounds": 1}


class Case:
    """A case that is set up: gives samples when asked, until it is torn down."""

    def __init__(self, request: Message) -> None:
        from asv_runner.discovery import get_benchmark_from_name

        extra = dict(QUICK) if request["quick"] else {}
        extra["timeout"] = request["timeout_s"]
        name = "{}-{}".format(request["benchmark"], request["index"])
        self.benchmark = get_benchmark_from_name(request["suite"], name, extra_params=extra)
        self.benchmark.set_cache(load_cache())
        self.timer: Any = None
        self.number = 0
        self.sample_s = 0.0  # that a sample took last
        self.wanted_s = 0.0  # that one should take, at least
        self.limits: Message = {}

    def prepare(self, hint: int) -> Message:
        """Set up; a timed case finds its number of calls and warms up, by asv's own rules."""
        if attribute(self.benchmark, "setup_once") is True:
            self.benchmark.redo_setup = lambda: None
            self.benchmark._setup_isolates_timed_calls = False
        if self.benchmark.do_setup():
            return {"event": "skipped", "reason": "setup says that it does not apply"}
        self.limits = timing_of(self.benchmark)
        ready: Message = {"event": "prepared", "number": None, "sample_s": 0.0, "repeat": None, "check": None}
        if self.limits:
            ready.update(check=self._warm_up(hint), number=self.number, sample_s=self.sample_s)
            ready.update(repeat=stated_repeat(self.benchmark, self.limits))
        return ready

    def sample(self, count: int, within_s: float) -> Message:
        """Samples of a timed case, at most ``count`` and at least one; else what the benchmark gives once."""
        if self.limits:
            samples: List[float] = []
            self._wake()
            end = time.perf_counter() + within_s
            while len(samples) < count and (not samples or time.perf_counter() < end):
                samples.append(self.timer.timeit(self.number) / self.number)
            return {"event": "samples", "value": {"samples": samples, "number": self.number}, "metrics": []}
        if not hasattr(self.benchmark, "observe"):
            return {"event": "samples", "value": self.benchmark.do_run(), "metrics": []}
        seen = self.benchmark.observe(*self.benchmark._build_params())
        return {
            "event": "samples",
            "value": seen["value"],
            "metrics": seen.get("metrics", []),
            "check": check_value(seen.get("check")),
        }

    def _warm_up(self, hint: int) -> Optional[str]:
        """Call it until it is warm; give the check value, which the first call returned.

        With ``warmup_time = 0`` the suite wants the very first call measured: there is none before, and no
        check value. ``hint`` is how many calls made a sample in another process of this case, 0 in the
        first: that one counts by asv's rule.
        """
        benchmark, limits = self.benchmark, self.limits
        self.timer, self.number = limits["timer"], limits["number"]
        stated_s = attribute(benchmark, "sample_time")
        self.wanted_s = SAMPLE_S if stated_s is None else stated_s
        check, warmup_s = None, warmup_of(benchmark, limits)
        warm_at = time.perf_counter() + warmup_s
        if warmup_s > 0 and benchmark.type == "time":
            started = time.perf_counter()
            returned = benchmark.func(*benchmark._build_params())
            self.sample_s = time.perf_counter() - started
            check = check_value(returned)
            del returned
            benchmark._redo_setup_next = True  # the state is used: the next call wants a new one
        if self.number == 0:
            self.number = self._number(hint)
        while self.number and time.perf_counter() < warm_at:
            self.sample_s = self.timer.timeit(self.number)
        if not self.number or (limits["number"] == 0 and self.number > 1 and not self._is_of_size()):
            self._count(max(0.0, warm_at - time.perf_counter()))
        return check

    def _number(self, hint: int) -> int:
        """The calls of a sample, as far as the first call and another process tell; 0 when nobody knows."""
        if self.sample_s >= self.wanted_s:
            return 1
        return hint if self.sample_s * hint < COLD * self.wanted_s else 0

    def _is_of_size(self) -> bool:
        """Whether a sample takes about as long as it should: a commit may have changed the speed tenfold."""
        return bool(1 / OFF < self.sample_s / self.wanted_s < OFF)

    def _count(self, warmup_s: float) -> None:
        """Find the number of calls that make a sample, by asv's own rule, and warm up on the way."""
        limits = self.limits
        self.benchmark.sample_time = self.wanted_s  # asv loads it anew with every set-up
        timings, self.number = self.benchmark.benchmark_timing(
            self.timer, 1, 1, limits["max_time"], warmup_s, 0, limits["min_run_count"]
        )
        self.sample_s = timings[0]

    def _wake(self) -> None:
        """Calls for a millisecond that are no samples, where a call is shorter than that.

        After a wait for the next request the caches belong to somebody else: the first sample of a batch
        was 8 % slower than the others where single calls of microseconds are timed.
        """
        call_s = self.sample_s / max(1, self.number)
        if 0 < call_s < WAKE_S:
            calls = max(1, min(self.number, int(WAKE_S / call_s)))
            end = time.perf_counter() + WAKE_S
            while True:
                self.timer.timeit(calls)
                if time.perf_counter() >= end:
                    return


def warmup_of(benchmark: Any, limits: Message) -> float:
    """Seconds of warm-up: what the suite states, else ours on CPython, else asv's (a JIT needs longer)."""
    if benchmark.warmup_time < 0 and sys.implementation.name == "cpython":
        return WARMUP_S
    return float(limits["warmup_time"])


def timing_of(benchmark: Any) -> Message:
    """What asv's own run would time by: timer, number, repeats, warm-up. Empty where nothing is timed."""
    if not hasattr(benchmark, "benchmark_timing"):
        return {}
    found: Message = {}

    def capture(timer: Any, min_repeat: int, max_repeat: int, **options: Any) -> Tuple[List[float], int]:
        found.update(options, timer=timer, min_repeat=min_repeat, max_repeat=max_repeat)
        return [], 1

    benchmark.benchmark_timing = capture  # hides the method while asv works out its arguments
    try:
        benchmark.do_run()
    finally:
        del benchmark.benchmark_timing
    return found


def stated_repeat(benchmark: Any, limits: Message) -> Optional[List[float]]:
    """[least, most, seconds] for the samples of a process, where the suite states ``repeat``."""
    if benchmark.repeat == 0:
        return None
    return [limits["min_repeat"], limits["max_repeat"], limits["max_time"]]


def load_cache() -> Any:
    """What setup_cache returned; None where there is none."""
    if not os.path.exists(CACHE):
        return None
    with open(CACHE, "rb") as file:
        return pickle.load(file)


def fill_cache(request: Message) -> Message:
    """Run setup_cache in the current folder and keep what it returns beside what it wrote."""
    case = Case(request)
    with open(CACHE, "wb") as file:
        pickle.dump(case.benchmark.do_setup_cache(), file)
    return {"event": "filled"}


def serve_case(request: Message, lines: Iterator[str], answer: Callable[[Message], None]) -> Message:
    """Prepare, answer what is asked, tear down. Return the last message."""
    from asv_runner._aux import set_cpu_affinity_from_params

    set_cpu_affinity_from_params(request)
    if request["what"] == "setup_cache":
        return fill_cache(request)
    case = Case(request)
    ready = case.prepare(request["number"])
    try:
        if ready["event"] != "prepared":
            return ready
        answer(ready)
        for line in lines:
            wanted = json.loads(line)
            if wanted["do"] == "finish":
                break
            answer(case.sample(wanted["count"], wanted["within_s"]))
        return {"event": "finished"}
    finally:
        case.benchmark.do_teardown()


def attempt(
    request: Message,
    lines: Iterator[str],
    answer: Callable[[Message], None],
    serve: Callable[[Message, Iterator[str], Callable[[Message], None]], Message] = serve_case,
) -> Message:
    """``serve``, with whatever it raises made the last message."""
    from asv_runner.benchmarks.mark import SkipNotImplemented

    try:
        return serve(request, lines, answer)
    except SkipNotImplemented as error:
        return {"event": "skipped", "reason": str(error) or "not implemented"}
    except SystemExit as error:
        return {"event": "exited", "text": suite_traceback(error)}
    except BaseException as error:  # measured code may raise anything; each is this case's failure alone
        return {"event": "raised", "text": suite_traceback(error)}
