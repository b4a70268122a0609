"""The suites in benchmarks/, case by case as asv finds them, each called once."""

from __future__ import annotations

import importlib.util
import inspect
import itertools
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SUITE = Path(__file__).resolve().parent.parent / "benchmarks"
PREFIXES = ("time_", "track_", "peakmem_", "latency_", "throughput_", "measure_")


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One method of a class with one combination of its parameters."""

    suite: str
    found: Any
    method: str
    arguments: tuple[Any, ...]

    def __str__(self) -> str:
        shown = ",".join(map(str, self.arguments))
        return f"{self.suite}.{self.found.__name__}.{self.method}({shown})"


def load(name: str) -> Any:
    """A module of the suite, under a name of its own."""
    spec = importlib.util.spec_from_file_location(f"suite_{name}", SUITE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def classes(suite: Any) -> dict[str, Any]:
    """What the module measures."""
    return {
        name: found
        for name, found in vars(suite).items()
        if inspect.isclass(found) and not name.startswith("_") and found.__module__ == suite.__name__
    }


def short(name: str, suite: Any) -> list[Case]:
    """Every case that is not left to the night."""
    return [
        Case(suite=name, found=found, method=method, arguments=arguments)
        for kind, found in classes(suite).items()
        if not kind.startswith("Nightly")
        for method in dir(found)
        if method.startswith(PREFIXES)
        for arguments in _combinations(getattr(found, "params", []))
    ]


def _combinations(params: Any) -> list[tuple[Any, ...]]:
    """asv's: a list of values of one parameter, or a list of such lists."""
    if not params:
        return [()]
    several = isinstance(params[0], list | tuple)
    return list(itertools.product(*(params if several else [params])))


@dataclass(frozen=True, kw_only=True, slots=True)
class Cache:
    """What a ``setup_cache`` left: a folder and a value."""

    folder: Path
    value: Any


def fill(found: Any, folder: Path) -> Cache:
    """Let a class of the suite fill the folder."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        return Cache(folder=folder, value=found().setup_cache())
    finally:
        os.chdir(before)


def run(case: Case, cache: Cache | None = None) -> None:
    """One call in the current folder, between set-up and tear-down; skipped where the suite says so."""
    arguments = case.arguments
    if hasattr(case.found, "setup_cache"):
        assert cache is not None
        shutil.copytree(cache.folder, Path.cwd(), dirs_exist_ok=True)
        arguments = (cache.value, *arguments)
    benchmark = case.found()
    try:
        benchmark.setup(*arguments)
    except NotImplementedError as error:
        pytest.skip(str(error))
    try:
        value = getattr(benchmark, case.method)(*arguments)
    finally:
        if hasattr(benchmark, "teardown"):
            benchmark.teardown(*arguments)
    _judge(case, value)


def _judge(case: Case, value: Any) -> None:
    """A number has a unit, several have those they name; durations are taken from outside."""
    if case.method.startswith("track_"):
        assert value >= 0
        assert getattr(case.found, case.method).unit
    if case.method.startswith("measure_"):
        method = getattr(case.found, case.method)
        assert list(value) == list(getattr(method, "units", None) or case.found.units)
        assert all(one > 0 for one in value.values())
