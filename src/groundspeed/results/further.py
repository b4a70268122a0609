"""Further metrics as asv sees them: entries of their own, ``name@metric``. Owns that name and its definition.

asv knows one value a benchmark; an entry in benchmarks.json of type "track" makes its own tools show,
compare and publish each further metric beside it.
"""

from __future__ import annotations

from typing import Any, TypeVar

from groundspeed.records import Benchmark, Better

_T = TypeVar("_T")

EXPONENT = "exponent"
"""How fast a benchmark grows with its ``size``: derived here from its cases, given by no run."""

EXPONENT_UNIT = "exponent"

# What times a call means nothing for a value that is only kept; ``size`` would ask for @exponent@exponent.
_NOT_OURS = {
    "better",
    "min_run_count",
    "number",
    "repeat",
    "rounds",
    "sample_time",
    "size",
    "warmup_time",
}


def entry_name(benchmark: str, metric: str) -> str:
    """The name of the entry; the main metric goes by the benchmark's own."""
    return f"{benchmark}@{metric}" if metric else benchmark


def split_metric(name: str) -> tuple[str, str]:
    """``name@metric`` as (name, metric); the metric is empty for the main one."""
    benchmark_name, at, metric = name.rpartition("@")
    return (benchmark_name, metric) if at and benchmark_name and metric else (name, "")


def metric_fault(metric: str) -> str | None:
    """Why a run may not call a metric so; None when it may."""
    if not metric.strip() or not metric.isprintable() or "@" in metric:
        return f"metric {metric!r} must be a name without @ and line ends"
    if metric == EXPONENT:
        return f"metric {metric!r} is what groundspeed derives from a benchmark's size; choose another name"
    return None


def size_position(benchmark: Benchmark) -> int | None:
    """Which parameter the benchmark names as its ``size``; None where it names none that it has."""
    size = benchmark.definition.get("size")
    return benchmark.param_names.index(size) if size in benchmark.param_names else None


def definition(parent: Benchmark, metric: str, unit: str, better: Better) -> dict[str, Any]:
    """asv's definition of one further metric: its benchmark's, with another name, unit and type."""
    kept = {key: value for key, value in parent.definition.items() if key not in _NOT_OURS}
    shown = {"pretty_name": entry_name(kept["pretty_name"], metric)} if kept.get("pretty_name") else {}
    place = size_position(parent) if metric == EXPONENT else None
    cases: dict[str, Any] = {}
    if place is not None:
        cases["params"] = [list(values) for values in without(parent.params, place)]
        cases["param_names"] = list(without(parent.param_names, place))
    return {
        **kept,
        **shown,
        **cases,
        "name": entry_name(parent.name, metric),
        "type": "track",
        "unit": unit,
        "better": str(better),
    }


def without(values: tuple[_T, ...], place: int) -> tuple[_T, ...]:
    """``values`` less the one at ``place``."""
    return values[:place] + values[place + 1 :]
