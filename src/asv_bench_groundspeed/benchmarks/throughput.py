"""``throughput_``: work per second with one worker and with several, and how well they scale.

Owns what is timed and the figures made of it; ``_crew`` owns the workers. The value under the plain name
is seconds per item at one worker. The collector runs, as it does in service.
"""

from __future__ import annotations

import os
import re
from typing import Any, ClassVar, Dict, List, Mapping, Sequence

from ..workloads.workers import EXECUTORS
from ._crew import Stretch, stretches
from ._kind import Kind, Observation, metric

MARKS = 5  # parts of the stretch at one worker, so that one process shows a spread
_QUICK_S = 1e-9  # one call


def available_cpus() -> int:
    """Processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def rate(stretches: Sequence[Stretch]) -> float:
    """Items a second of workers side by side: all their items, over the time from the first one's start
    to the last one's end. Exact for one worker; for several it counts the end, where not all are busy any
    more, against them, which is less than one call per ``duration``."""
    items = sum(one[-1].items for one in stretches)
    return items / (max(one[-1].at for one in stretches) - min(one[0].at for one in stretches))


def seconds_per_item(stretch: Stretch) -> List[float]:
    """One sample for each part of a stretch in which an item was done."""
    parts = [(b.at - a.at, b.items - a.items) for a, b in zip(stretch, stretch[1:])]
    return [seconds / items for seconds, items in parts if items]


class ThroughputBenchmark(Kind):
    """Items a second with each number of ``workers``. Attributes and metrics: docs/kinds.md."""

    name_regex = re.compile("^(Throughput[A-Z_].+)|(throughput_.+)$")
    kind = "throughput"
    defaults: ClassVar[Mapping[str, Any]] = {"workers": [1, 2, 4], "executor": "threads", "duration": 0.5}
    meaning = ("executor",)
    workers: Any
    executor: Any
    duration: Any

    def observe(self, *param: Any) -> Observation:
        """One stretch of ``duration`` seconds for each number of workers, one worker first."""
        call = self.bound(param)
        counts, seconds = self._counts(), self._seconds()
        executor = self.one_of("executor", self.executor, tuple(EXECUTORS))
        self.settle(call)
        alone = stretches(call, executor, 1, seconds, MARKS)
        rates: Dict[int, float] = {1: self._rate(alone)}
        for count in counts:
            rates[count] = self._rate(stretches(call, executor, count, seconds, 1))
        return {
            "value": {"samples": seconds_per_item(alone[0]), "number": 1},
            "metrics": [metric("rate", "items/s", [rates.pop(1)], "higher"), *self._scaling(rates, alone)],
        }

    def _scaling(self, rates: Dict[int, float], alone: Sequence[Stretch]) -> List[Dict[str, Any]]:
        found = []
        for count, several in rates.items():
            efficiency = several / (count * rate(alone))
            found.append(metric("rate_w{}".format(count), "items/s", [several], "higher"))
            found.append(metric("efficiency_w{}".format(count), "1", [efficiency], "higher"))
        return found

    def _rate(self, stretches: Sequence[Stretch]) -> float:
        found = rate(stretches)
        if not found:
            raise ValueError(
                "{}: no item was done in {:g} s; the function returns how many one call does, "
                "nothing for one".format(self.name, self._seconds())
            )
        return found

    def _counts(self) -> List[int]:
        """The numbers of workers beside one, which is always measured: the others are held against it.
        The usual ones stop at the processors there are; stated ones are taken as they are."""
        if not isinstance(self.workers, list):
            raise self.wrong("workers", self.workers, "a list such as [1, 2, 4]")
        counts = sorted({self.whole("workers", one) for one in self.workers} - {1})
        if self.quick:
            return []
        if self.workers == self.defaults["workers"]:
            return [one for one in counts if one <= available_cpus()]
        return counts

    def _seconds(self) -> float:
        return _QUICK_S if self.quick else self.positive("duration", self.duration)


export_as_benchmark = [ThroughputBenchmark]
