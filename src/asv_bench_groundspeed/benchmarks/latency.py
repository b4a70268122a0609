"""``latency_``: how long one request takes, as a distribution. One call of the function is one request.

Owns what is asked for and what becomes of the figures, which are ``workloads.figures``'s as the load is
``workloads.load``'s. The value under the plain name is the median.
The collector runs as it does in service: its pauses are part of the tail.
"""

from __future__ import annotations

import math
import re
from typing import Any, Callable, ClassVar, List, Mapping, Optional, Sequence

from ..workloads.arrivals import Arrivals, Constant, Poisson
from ..workloads.clock import WALL
from ..workloads.figures import BETTER, UNITS, figures, nearest_rank
from ..workloads.load import Load, drive
from ..workloads.workers import EXECUTORS
from ._kind import Kind, Observation, metric

# Poisson of its seed 0: every observation has the same gaps.
ARRIVALS: Mapping[str, Callable[[float], Arrivals]] = {"constant": Constant, "poisson": Poisson}
SLICES = 10  # medians of an observation, so that one process shows a spread
SLICE = 20  # fewer requests than this have no median worth the name


def medians(latencies: Sequence[float]) -> List[float]:
    """The median of each of up to ten consecutive slices of nearly equal size."""
    count = max(1, min(SLICES, len(latencies) // SLICE))
    cuts = [len(latencies) * index // count for index in range(count + 1)]
    return [nearest_rank(sorted(latencies[a:b]), 500) for a, b in zip(cuts, cuts[1:])]


class LatencyBenchmark(Kind):
    """The distribution of ``requests`` calls. Attributes and metrics: docs/kinds.md."""

    name_regex = re.compile("^(Latency[A-Z_].+)|(latency_.+)$")
    kind = "latency"
    defaults: ClassVar[Mapping[str, Any]] = {
        "requests": 1000,
        "workers": 1,
        "executor": "threads",
        "arrival_rate": None,
        "arrivals": "constant",
        "max_time": 5.0,
    }
    meaning = ("workers", "executor", "arrival_rate", "arrivals")
    requests: Any
    workers: Any
    executor: Any
    arrival_rate: Any
    arrivals: Any
    max_time: Any
    _clock = WALL

    def observe(self, *param: Any) -> Observation:
        """One load of ``requests`` calls, or as many as begin within ``max_time``."""
        call, load = self.bound(param), self._wanted()
        self.settle(call, self._clock.now)
        served = drive(call, load, clock=self._clock)
        seen = {
            "value": {"samples": medians(served.latencies), "number": 1},
            "metrics": [
                metric(name, UNITS[name], [figure], BETTER.get(name, "lower"))
                for name, figure in figures(served).items()
                if name not in self._without() and math.isfinite(figure)
            ],
        }
        return seen if served.first_answer is None else dict(seen, check=served.first_answer)

    def _without(self) -> Sequence[str]:
        """Figures that are no metrics: the median is the main value, a closed loop serves everybody."""
        return ("p50", "unserved") if self.arrival_rate is None else ("p50",)

    def _wanted(self) -> Load:
        requests = 1 if self.quick else self.whole("requests", self.requests)
        return Load(
            requests=requests,
            workers=min(self.whole("workers", self.workers), requests),
            executor=self.one_of("executor", self.executor, tuple(EXECUTORS)),
            arrivals=self._arrivals(),
            max_time_s=self.positive("max_time", self.max_time),
        )

    def _arrivals(self) -> Optional[Arrivals]:
        arrivals = ARRIVALS[self.one_of("arrivals", self.arrivals, tuple(ARRIVALS))]
        if self.arrival_rate is not None:
            return arrivals(self.positive("arrival_rate", self.arrival_rate))
        if arrivals is not Constant:
            raise self.wrong("arrivals", self.arrivals, "stated with an arrival_rate: a closed loop has none")
        return None


export_as_benchmark = [LatencyBenchmark]
