"""One case, set up, and its calls. Owns how a recorder comes to call it; records nothing."""

from __future__ import annotations

import functools
import importlib
import os
import time
from typing import Any, Callable, Dict, Tuple

Request = Dict[str, Any]
CROWDS = ("throughput", "latency")  # kinds that call with several workers, or on a schedule, of their own


class NotRecordedError(Exception):
    """Nothing can be recorded, and why, in a sentence."""


class Case:
    """A case that is set up: ``call`` is the benchmark, ``rounds`` says how often a recorder calls it."""

    def __init__(self, request: Request) -> None:
        """Raises what the suite raises, and NotRecordedError where it does not apply."""
        os.chdir(request["cwd"])
        importlib.import_module("asv_runner._aux").set_cpu_affinity_from_params(request)
        self.benchmark = importlib.import_module("groundspeed_worker.case").Case(request).benchmark
        self.name = request["benchmark"]
        self.rounds: int = request["rounds"]
        if type(self.benchmark).__name__.startswith("Timeraw"):
            raise NotRecordedError(
                "{} is a timeraw_ benchmark: its code runs in a process of its own, which no recorder sees. "
                "Write it as time_ to profile it.".format(self.name)
            )
        if self.benchmark.do_setup():
            raise NotRecordedError("{}: its setup says that it does not apply here.".format(self.name))
        self._params = self.benchmark._build_params()
        self.call: Callable[[], Any] = functools.partial(self.benchmark.func, *self._params)
        stated = importlib.import_module("groundspeed_worker.discovery").attribute
        self._renewed = bool(self.benchmark._setups) and stated(self.benchmark, "setup_once") is not True

    def crowd(self) -> Tuple[Callable[[], Any], int]:
        """What to call, and how often, to see its threads at work: a whole observation where it has any."""
        if self.benchmark.type in CROWDS:
            return functools.partial(self.benchmark.observe, *self._params), 1
        return self.call, self.rounds

    def repeat(self, call: Callable[[], Any], rounds: int) -> float:
        """Call it, set up anew before each call where the suite says so; the seconds of the calls alone."""
        seconds = 0.0
        for _ in range(rounds):
            self.renew()
            started = time.perf_counter()
            call()
            seconds += time.perf_counter() - started
        return seconds

    def renew(self) -> None:
        """Set up anew, where the suite wants that before each call."""
        if self._renewed:
            self.benchmark.redo_setup()

    def close(self) -> None:
        """Tear it down."""
        self.benchmark.do_teardown()
