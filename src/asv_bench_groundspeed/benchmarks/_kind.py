"""What the kinds share: how attributes are read, how an observation looks, what vanilla asv gets of it.

Owns the shape that groundspeed's worker reads:

    observe(*param) -> {"value": {"samples": [...], "number": int or None},
                        "metrics": [{"metric", "unit", "better", "samples"}, ...],
                        "check": object}                                      # where there is one

One call is one observation: one run of the benchmark as its attributes say. Values are in base units,
and under the plain name lower is better, whatever the kind. Measures nothing itself.
"""

from __future__ import annotations

import gc
import hashlib
import inspect
import json
import math
import sys
import time
from typing import Any, Callable, ClassVar, Dict, List, Mapping, Optional, Sequence, Tuple

from asv_runner.benchmarks._base import Benchmark, _get_all_attrs

Observation = Dict[str, Any]

WARMUP_S = 0.1  # asv's own figure for time_ on CPython
# asv asks for one quick call by these three together, which nobody states for one of our kinds.
_QUICK = {"number": 1, "repeat": 1, "warmup_time": 0}


def stated(sources: Sequence[Any], name: str, default: Any) -> Any:
    """The attribute as the suite states it: on the function, else its class, else its module.

    A module's ``import requests`` states no number of requests, nor does a function of that name.
    """
    for value in _get_all_attrs(sources, name):
        if not (inspect.ismodule(value) or callable(value)):
            return list(value) if isinstance(value, tuple) else value
    return default


def shared_attributes(benchmark: Any) -> Dict[str, Any]:
    """What groundspeed reads of a benchmark of any kind, asv's own included, beyond asv's attributes.

    ``size`` names the parameter that growth is measured over, ``process_tree`` asks for the metrics of
    the whole process tree, ``better`` states a direction. asv_runner collects those of functions; this
    finds those of classes and modules, too. A value of another type is somebody else's attribute.
    """
    sources = benchmark._attr_sources  # noqa: SLF001 (asv_runner keeps them nowhere else)
    found: Dict[str, Any] = {}
    if stated(sources, "size", None) in benchmark.param_names:
        found["size"] = stated(sources, "size", None)
    if stated(sources, "process_tree", False) is True:
        found["process_tree"] = True
    better = stated(sources, "better", None)
    if isinstance(better, (str, dict)):
        found["better"] = better
    return found


def metric(name: str, unit: str, samples: Sequence[float], better: str = "lower") -> Dict[str, Any]:
    """A further metric of an observation, stored as ``benchmark@name``."""
    return {"metric": name, "unit": unit, "better": better, "samples": list(samples)}


def note(text: str) -> None:
    """Say why a metric is absent, where asv and groundspeed keep what a benchmark prints."""
    sys.stderr.write("groundspeed: " + text + "\n")


class Kind(Benchmark):  # type: ignore[misc]  # asv_runner has no types
    """A kind of benchmark. A subclass states its name, its unit and its attributes, and observes.

    ``defaults`` are the attributes and what they are where the suite states none. Those in ``meaning``
    decide what is measured: where one is stated, asv's version (a hash of the source, which does not
    hold class attributes) is extended by it, so that its change begins a new series.
    """

    kind = ""
    base_unit = "seconds"
    defaults: ClassVar[Mapping[str, Any]] = {}
    meaning: ClassVar[Tuple[str, ...]] = ()

    def __init__(self, name: str, func: Callable[..., Any], attr_sources: List[Any]) -> None:
        Benchmark.__init__(self, name, func, attr_sources)
        self.type = self.kind
        self.unit = self.base_unit
        self._warm = False
        rounds = stated(attr_sources, "rounds", None)
        if rounds is not None:
            self.rounds = rounds
        for key, value in shared_attributes(self).items():
            setattr(self, key, value)
        self.load()
        self.version = self._version()

    def load(self) -> None:
        """Read the attributes; after every set-up again, which may have changed them, as in asv."""
        for key, default in self.defaults.items():
            setattr(self, key, stated(self._attr_sources, key, default))

    def do_setup(self) -> Any:
        """Set up, then read what the set-up may have set. True when the suite skips this case."""
        skip = Benchmark.do_setup(self)
        self.load()
        return skip

    def observe(self, *param: Any) -> Observation:
        """Run once as the attributes say. Raises what the benchmark raises."""
        raise NotImplementedError

    def run(self, *param: Any) -> Any:
        """The main value as asv takes it: samples of a timed kind, else the number."""
        value = self.observe(*param)["value"]
        return value["samples"][0] if value["number"] is None else value

    @property
    def quick(self) -> bool:
        """Whether one call is all that is wanted (``--quick`` of asv and of groundspeed)."""
        return all(stated(self._attr_sources, key, None) == value for key, value in _QUICK.items())

    def bound(self, param: Tuple[Any, ...]) -> Callable[[], Any]:
        """The function with its parameters; without any the function itself, so that nothing is added."""
        func: Callable[..., Any] = self.func
        return (lambda: func(*param)) if param else func

    def settle(self, call: Callable[[], Any], now: Callable[[], float] = time.perf_counter) -> None:
        """Collect the set-up's garbage; before a process's first observation, also warm up for
        ``warmup_time`` seconds (0: not at all)."""
        seconds = stated(self._attr_sources, "warmup_time", -1)
        end = now() + (seconds if seconds >= 0 else WARMUP_S)  # asv's -1: as long as is usual
        while not self._warm and now() < end:
            call()
        self._warm = True
        gc.collect()

    def whole(self, name: str, value: Any) -> int:
        """The attribute's value, which must be a whole number from 1."""
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise self.wrong(name, value, "a whole number, 1 or more")
        return value

    def positive(self, name: str, value: Any) -> float:
        """The attribute's value, which must be a finite number above 0."""
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
            raise self.wrong(name, value, "a number above 0")
        return float(value)

    def one_of(self, name: str, value: Any, names: Sequence[str]) -> str:
        """The attribute's value, which must be one of the names."""
        if value not in names:
            raise self.wrong(name, value, " or ".join('"{}"'.format(one) for one in names))
        return str(value)

    def wrong(self, name: str, value: Any, wanted: str) -> ValueError:
        """The error for an attribute with a wrong value: which, of what, and what it must be."""
        return ValueError("{}: {} = {!r} must be {}".format(self.name, name, value, wanted))

    def _version(self) -> str:
        changed: Dict[str, Optional[Any]] = {
            key: getattr(self, key) for key in self.meaning if getattr(self, key) != self.defaults[key]
        }
        if not changed or stated(self._attr_sources, "version", None) is not None:
            return str(self.version)
        text = self.version + json.dumps(changed, sort_keys=True, default=repr)
        return hashlib.sha256(text.encode("utf-8")).hexdigest()
