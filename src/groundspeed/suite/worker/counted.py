"""One case called a stated number of times and not timed, for whoever counts what this process does."""

from __future__ import annotations

import gc
import os
import sys

from .case import Case
from .discovery import attribute
from .wire import Message


def call_case(request: Message, calls: int) -> None:
    """Set up, ``request["rounds"]`` rounds of which the first ``calls`` call the benchmark, tear down, exit.

    Two processes that differ in ``calls`` differ in what those calls cost and in nothing else: each round
    sets up anew where the suite sets up before each call, whether it calls or not. The collector is off
    as while a sample is taken, and the exit clears nothing up: what the calls left is not their cost.
    """
    from asv_runner._aux import set_cpu_affinity_from_params

    set_cpu_affinity_from_params(request)
    os.chdir(request["cwd"])
    benchmark = Case(request).benchmark
    if benchmark.do_setup():
        raise SystemExit("setup says that it does not apply")
    call = benchmark._param_bound_func(*benchmark._build_params())
    renewed = bool(benchmark._setups) and attribute(benchmark, "setup_once") is not True
    gc.disable()
    for turn in range(request["rounds"]):
        if renewed:
            benchmark.redo_setup()
        if turn < calls:
            call()
    benchmark.do_teardown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
