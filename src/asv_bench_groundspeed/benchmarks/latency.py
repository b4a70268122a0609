"""``latency_``: how long one request takes, as a distribution. One call of the function is one request.

Owns the percentiles; the load is ``workloads.load``'s. The value under the plain name is the median.
The collector runs as it does in service: its pauses are part of the tail.
"""

from __future__ import annotations

import math
import re
from typing import Any, Callable, ClassVar, List, Mapping, Sequence

from ..workloads.load import WALL, Served, closed_loop, open_loop
from ._kind import Kind, Observation, metric

# Name, and the percentile in thousandths: 99.9 % is not a float's business.
PERCENTILES = (("p90", 900), ("p95", 950), ("p99", 990), ("p99.9", 999))
SLICES = 10  # medians of an observation, so that one process shows a spread
SLICE = 20  # fewer requests than this have no median worth the name


def nearest_rank(ordered: Sequence[float], thousandths: int) -> float:
    """The percentile of sorted values by nearest rank: the value of rank ``ceil(p n)``, so at least that
    share of the values is no larger. Always a measured value, never one between two; with fewer than
    1 / (1 - p) values it is the largest. (Hyndman and Fan, "Sample Quantiles in Statistical Packages",
    The American Statistician 50, 1996: definition 1.)
    """
    rank = -(-len(ordered) * thousandths // 1000)  # ceil, in whole numbers
    return ordered[max(rank, 1) - 1]


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
        "arrival_rate": None,
        "max_time": 5.0,
    }
    meaning = ("workers", "arrival_rate")
    requests: Any
    workers: Any
    arrival_rate: Any
    max_time: Any
    _clock = WALL

    def observe(self, *param: Any) -> Observation:
        """One load of ``requests`` calls, or as many as begin within ``max_time``."""
        call = self.bound(param)
        self.settle(call, self._clock.now)
        served = self._load_on(call)
        ordered = sorted(served.latencies)
        found = [metric(name, "seconds", [nearest_rank(ordered, part)]) for name, part in PERCENTILES]
        found.append(metric("max", "seconds", [ordered[-1]]))
        if math.isfinite(served.rate):
            found.append(metric("rate", "requests/s", [served.rate], "higher"))
        found.append(metric("requests", "requests", [len(served.requests)], "higher"))
        if self.arrival_rate is not None:
            found.append(metric("unserved", "requests", [len(served.waiting)]))
        seen = {"value": {"samples": medians(served.latencies), "number": 1}, "metrics": found}
        return seen if served.first_answer is None else dict(seen, check=served.first_answer)

    def _load_on(self, call: Callable[[], Any]) -> Served:
        requests = 1 if self.quick else self.whole("requests", self.requests)
        workers = min(self.whole("workers", self.workers), requests)
        max_time_s = self.positive("max_time", self.max_time)
        if self.arrival_rate is None:
            return closed_loop(
                call, requests=requests, workers=workers, max_time_s=max_time_s, clock=self._clock
            )
        rate = self.positive("arrival_rate", self.arrival_rate)
        return open_loop(
            call, requests=requests, rate=rate, workers=workers, max_time_s=max_time_s, clock=self._clock
        )


export_as_benchmark = [LatencyBenchmark]
