"""The suite as it shows in this environment: imported, described, and whether it may be forked."""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import sys
import threading
from typing import Any, Dict, Optional

from .failures import suite_traceback
from .wire import Message

# These keep threads or device handles that a forked child would only seem to have.
HOSTILE_TO_FORK = ("jax", "grpc", "tensorflow", "cupy")
# What says how many processes measure a benchmark (``processes`` is asv's older word).
ROUNDS = ("rounds", "processes")


def import_suite(root: str) -> Dict[str, str]:
    """Import every module of the suite; map each that fails to its traceback.

    As in asv, the suite alone is found in its parent folder: a package that lies beside it is not the
    installed one and must not be imported instead.
    """
    from asv_runner._aux import update_sys_path

    update_sys_path(root)
    errors: Dict[str, str] = {}

    def visit(name: str) -> None:
        try:
            module = importlib.import_module(name)
        except BaseException as error:  # a module may even call sys.exit: that is its failure, not ours
            errors[name] = suite_traceback(error)
            return
        for _, child, _ in pkgutil.iter_modules(getattr(module, "__path__", ()), name + "."):
            visit(child)

    visit(os.path.basename(root))
    return errors


def describe(root: str) -> Message:
    """Every benchmark that could be imported: asv's dictionaries (asv_runner's list_benchmarks, which
    would stop at the first module that fails), and the names of those whose suite states how many
    processes measure them, rather than asv's default.
    """
    from asv_runner.discovery import disc_benchmarks

    from asv_bench_groundspeed.benchmarks import shared_attributes

    kept = (str, int, float, list, dict, bool)
    found, stated = [], []
    for benchmark in disc_benchmarks(root, ignore_import_errors=True):
        public = {k: v for k, v in vars(benchmark).items() if isinstance(v, kept) and not k.startswith("_")}
        public.update(shared_attributes(benchmark))
        found.append(json.loads(json.dumps(public, skipkeys=True)))
        if any(attribute(benchmark, name) is not None for name in ROUNDS):
            stated.append(benchmark.name)
    return {"benchmarks": found, "stated_rounds": stated}


def fork_reason(launch: str) -> Optional[str]:
    """Why cases are spawned, or None when forking is safe."""
    if launch == "spawn":
        return "asked for"
    if not hasattr(os, "fork"):
        return "no fork on this platform"
    if launch == "fork":
        return None
    if threading.active_count() > 1:
        return "the suite left a thread running after its import"
    loaded = [name for name in HOSTILE_TO_FORK if name in sys.modules]
    if loaded:
        return "the suite imports " + ", ".join(loaded)
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        return "the suite opens a CUDA context at its import"
    return None


def attribute(benchmark: Any, name: str) -> Any:
    """What the suite states on the function, its class or its module; None where it does not."""
    from asv_runner.benchmarks._base import _get_first_attr

    return _get_first_attr(benchmark._attr_sources, name, None)
