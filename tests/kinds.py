"""Benchmarks of our kinds made from plain functions, and the metrics of what they observed."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

# First, as in vanilla asv: it imports our kinds where it finds their metadata.
from asv_runner.benchmarks import benchmark_types

from asv_bench_groundspeed.benchmarks import register

register()
BY_KIND = {getattr(one, "kind", ""): one for one in benchmark_types}


def made(kind: str, func: Callable[..., Any], **attributes: Any) -> Any:
    """A benchmark of the kind as discovery makes it of a class with these attributes, set up."""
    holder = types.SimpleNamespace(**{"warmup_time": 0, **attributes})
    benchmark = BY_KIND[kind](f"suite.{kind}_one", func, [func, holder, types.ModuleType("suite")])
    assert benchmark.do_setup() is False
    return benchmark


def samples_of(observed: dict[str, Any]) -> dict[str, list[float]]:
    """Metric to samples; the main value stands under the empty name."""
    return {
        "": observed["value"]["samples"],
        **{one["metric"]: one["samples"] for one in observed["metrics"]},
    }
