"""Benchmark kinds beyond asv's own, in the layout asv_runner loads.

Each module owns one kind and exports it as ``export_as_benchmark``; docs/kinds.md says how they are
written and what they store. Standard library and asv_runner only, Python 3.8 or newer; what a measured
environment may hold besides (memray, torch, cupy, pynvml) is used where it is and never needed.
"""

from __future__ import annotations

import importlib

# First of all: asv_runner.benchmarks imports the modules of this folder itself where it finds our metadata.
# Were one of them imported before it, asv_runner would meet it half-made and pass its kind over.
from asv_runner.benchmarks import benchmark_types

from ._kind import shared_attributes

__all__ = ["KINDS", "register", "shared_attributes"]

KINDS = ("alloc", "gpu", "latency", "measure", "throughput")


def register() -> None:
    """Make asv_runner know every kind, metadata or not. Done twice it is done once."""
    for name in KINDS:
        for kind in importlib.import_module("." + name, __name__).export_as_benchmark:
            if kind not in benchmark_types:
                benchmark_types.append(kind)
