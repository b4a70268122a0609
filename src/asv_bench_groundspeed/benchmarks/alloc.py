"""``alloc_``: the memory one call asks for and what repeated calls keep.

Owns which backend says what. The value under the plain name is the peak as one backend sees it, the one
that ``backend`` states: tracemalloc, which is everywhere, or memray. It never changes with what happens to
be installed. Metrics carry their backend in their names, so that no series ever changes its ruler.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import re
import tempfile
import tracemalloc
from typing import Any, Callable, ClassVar, Dict, List, Mapping, NamedTuple, Tuple

from asv_runner.benchmarks.mark import SkipNotImplemented

from ._kind import Kind, Observation, metric

Call = Callable[[], Any]

BACKENDS = ("tracemalloc", "memray")


class AllocBenchmark(Kind):
    """Peak, total, count and retained bytes of a call. Attributes and metrics: docs/kinds.md."""

    name_regex = re.compile("^(Alloc[A-Z_].+)|(alloc_.+)$")
    kind = "alloc"
    base_unit = "bytes"
    defaults: ClassVar[Mapping[str, Any]] = {"backend": "tracemalloc", "repeat_calls": 10}
    meaning = ("backend",)
    backend: Any
    repeat_calls: Any

    def observe(self, *param: Any) -> Observation:
        """One call for what first calls leave behind, one for its peak, ``repeat_calls`` for what stays."""
        call = self.bound(param)
        calls = 1 if self.quick else self.whole("repeat_calls", self.repeat_calls)
        seen = self._backends()
        answer = call()  # lazy imports and caches are not what a call asks for
        figures = {name: seen[name](call, calls) for name in seen}
        metrics = [one for name in figures for one in _metrics(name, figures[name])]
        peak = figures[self.backend]["peak"]
        found = {"value": {"samples": [peak], "number": None}, "metrics": metrics}
        return found if answer is None else dict(found, check=answer)

    def _backends(self) -> Dict[str, Callable[[Call, int], Dict[str, float]]]:
        """The plain name's backend, and memray beside tracemalloc where it can be imported; not the other
        way round, for tracemalloc makes Python code up to 25 times slower."""
        if self.backend not in BACKENDS:
            raise self.wrong("backend", self.backend, '"tracemalloc" or "memray"')
        here = importlib.util.find_spec("memray") is not None
        if self.backend == "memray" and not here:
            raise SkipNotImplemented("{}: memray is not installed in this environment".format(self.name))
        found: Dict[str, Callable[[Call, int], Dict[str, float]]] = {}
        if self.backend == "tracemalloc":
            found["tracemalloc"] = by_tracemalloc
        if here and not self.quick:
            found["memray"] = by_memray
        return found


def _metrics(backend: str, figures: Dict[str, float]) -> List[Dict[str, Any]]:
    units = {"count": "allocations"}
    return [
        metric("{}_{}".format(name, backend), units.get(name, "bytes"), [value])
        for name, value in figures.items()
    ]


def by_tracemalloc(call: Call, calls: int) -> Dict[str, float]:
    """``peak`` bytes of one call, ``retained`` bytes of each of ``calls`` calls.

    tracemalloc keeps the blocks that live, no record of those that are gone: a total or a count of
    allocations cannot be had from it, and none is made up.
    """
    if tracemalloc.is_tracing():
        raise RuntimeError("tracemalloc is on already; alloc_ starts it itself: stop it in the set-up")
    peak, answer = _traced(call, 1)
    del answer
    retained, _ = _traced(call, calls, after=True)
    return {"peak": peak, "retained": retained / calls}


def _traced(call: Call, calls: int, after: bool = False) -> Tuple[float, Any]:
    """The peak of traced bytes during the calls, or what is alive ``after`` them; and the last answer,
    which is alive at the peak if the function makes it there."""
    answer = None
    gc.collect()
    tracemalloc.start()
    try:
        for _ in range(calls):
            answer = call()
            if after:
                answer = None
        if after:
            gc.collect()
        return tracemalloc.get_traced_memory()[0 if after else 1], answer
    finally:
        tracemalloc.stop()


def by_memray(call: Call, calls: int) -> Dict[str, float]:
    """``peak`` bytes, ``total`` bytes asked for and ``count`` of allocations of one call, ``retained`` bytes
    of each of ``calls`` calls. Native allocations are seen; Python's small objects one by one, not as
    the arenas that hold them. What an empty call costs is taken off."""
    empty, once = _tracked(lambda: None, 1), _tracked(call, 1)
    nothing, kept = _tracked(lambda: None, calls), _tracked(call, calls)
    return {
        "peak": once.peak,
        "total": max(0, once.total - empty.total),
        "count": max(0, once.allocations - empty.allocations),
        "retained": max(0, kept.left - nothing.left) / calls,
    }


class _Tracked(NamedTuple):
    """What memray recorded: highest bytes alive at once, bytes and number of allocations, bytes left."""

    peak: int
    total: int
    allocations: int
    left: int


def _tracked(call: Call, calls: int) -> _Tracked:
    memray = importlib.import_module("memray")
    with tempfile.TemporaryDirectory(prefix="groundspeed-memray-") as folder:
        path = folder + "/record"
        gc.collect()
        with memray.Tracker(path, trace_python_allocators=True):
            for _ in range(calls):
                call()
            gc.collect()
        with memray.FileReader(path) as record:
            left = sum(one.size for one in record.get_leaked_allocation_records(merge_threads=True))
            sizes = [one.size for one in record.get_allocation_records() if one.size]  # 0: given back
            return _Tracked(record.metadata.peak_memory, sum(sizes), len(sizes), left)


export_as_benchmark = [AllocBenchmark]
