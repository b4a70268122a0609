"""benchmarks/documents.py: every short benchmark runs, and the ladder has the rungs it is meant to have."""

from __future__ import annotations

import importlib.util
import inspect
import itertools
from pathlib import Path
from typing import Any

import pytest

FILE = Path(__file__).resolve().parent.parent / "benchmarks" / "documents.py"


def load() -> Any:
    spec = importlib.util.spec_from_file_location("suite_documents", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SUITE = load()
CLASSES: dict[str, Any] = {
    name: found
    for name, found in vars(SUITE).items()
    if inspect.isclass(found) and not name.startswith("_") and found.__module__ == SUITE.__name__
}


def methods(found: Any) -> list[str]:
    return [name for name in dir(found) if name.startswith(("time_", "track_", "peakmem_"))]


SHORT = [
    (name, method, argument)
    for name, found in CLASSES.items()
    if not name.startswith("Nightly")
    for method, argument in itertools.product(methods(found), getattr(found, "params", [None]))
]


@pytest.mark.parametrize(("name", "method", "argument"), SHORT)
def test_a_short_benchmark_runs(
    name: str, method: str, argument: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    benchmark = CLASSES[name]()
    arguments = () if argument is None else (argument,)
    benchmark.setup(*arguments)
    value = getattr(benchmark, method)(*arguments)
    assert (value is None) != method.startswith("track_")
    if method.startswith("track_"):
        assert value >= 0
        assert getattr(CLASSES[name], method).unit


def test_the_rungs() -> None:
    one = [rung for name in ("OneDocument", "NightlyOneDocument") for rung in CLASSES[name].params]
    assert one == [10**4, 10**5, 10**6, 10**7, 10**8]
    many = [rung for name in ("ManyDocuments", "NightlyManyDocuments") for rung in CLASSES[name].params]
    assert many == [10, 100, 1000]
    nodes = [rung for name in ("Lookup", "NightlyLookup") for rung in CLASSES[name].params]
    assert nodes == [10**4, 10**5, 10**6]


def test_a_commit_without_the_compiler_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "noesis", None)
    with pytest.raises(NotImplementedError, match=r"has no noesis\.documents"):
        SUITE.compiler()
