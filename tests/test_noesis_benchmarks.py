"""The suites of noesis in benchmarks/: every short benchmark runs, and the ladders have the rungs they are
meant to have."""

from __future__ import annotations

import importlib.util
import inspect
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

SUITE = Path(__file__).resolve().parent.parent / "benchmarks"
PREFIXES = ("time_", "track_", "peakmem_", "latency_", "throughput_", "measure_")


def load(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"suite_{name}", SUITE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def classes(suite: Any) -> dict[str, Any]:
    return {
        name: found
        for name, found in vars(suite).items()
        if inspect.isclass(found) and not name.startswith("_") and found.__module__ == suite.__name__
    }


def short(suite: Any) -> list[tuple[str, str, Any]]:
    """Class, method and parameter of every case that is not left to the night."""
    return [
        (name, method, argument)
        for name, found in classes(suite).items()
        if not name.startswith("Nightly")
        for method in dir(found)
        if method.startswith(PREFIXES)
        for argument in getattr(found, "params", [None])
    ]


BELIEFS = load("beliefs")
CLASSIFICATION, DOCUMENTS = load("classification"), load("documents")
KNOWLEDGE, SCORING = load("knowledge"), load("scoring")
THOUGHTS = load("thoughts")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """What ``setup_cache`` of knowledge.py leaves: a folder and the value."""
    folder = tmp_path_factory.mktemp("cache")
    before = Path.cwd()
    os.chdir(folder)
    try:
        return folder, KNOWLEDGE.Query().setup_cache()
    finally:
        os.chdir(before)


def run(found: Any, method: str, arguments: tuple[Any, ...]) -> Any:
    """One call, between set-up and tear-down; skipped where the suite says so."""
    benchmark = found()
    try:
        benchmark.setup(*arguments)
    except NotImplementedError as error:
        pytest.skip(str(error))
    try:
        return getattr(benchmark, method)(*arguments)
    finally:
        if hasattr(benchmark, "teardown"):
            benchmark.teardown(*arguments)


def judge(found: Any, method: str, value: Any) -> None:
    """A number has a unit, several have those they name; durations are taken from outside."""
    if method.startswith("track_"):
        assert value >= 0
        assert getattr(found, method).unit
    if method.startswith("measure_"):
        assert list(value) == list(getattr(getattr(found, method), "units", None) or found.units)
        assert all(one > 0 for one in value.values())


@pytest.mark.parametrize(("name", "method", "argument"), short(DOCUMENTS))
def test_a_short_benchmark_of_documents_runs(
    name: str, method: str, argument: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = classes(DOCUMENTS)[name]
    judge(found, method, run(found, method, () if argument is None else (argument,)))


@pytest.mark.parametrize(("name", "method", "argument"), short(SCORING))
def test_a_short_benchmark_of_scoring_runs(name: str, method: str, argument: Any) -> None:
    found = classes(SCORING)[name]
    judge(found, method, run(found, method, () if argument is None else (argument,)))


@pytest.mark.parametrize(("name", "method", "argument"), short(CLASSIFICATION))
def test_a_short_benchmark_of_classification_runs(name: str, method: str, argument: Any) -> None:
    found = classes(CLASSIFICATION)[name]
    judge(found, method, run(found, method, () if argument is None else (argument,)))


@pytest.mark.parametrize(("name", "method", "argument"), short(BELIEFS))
def test_a_short_benchmark_of_beliefs_runs(name: str, method: str, argument: Any) -> None:
    found = classes(BELIEFS)[name]
    judge(found, method, run(found, method, () if argument is None else (argument,)))


@pytest.mark.parametrize(("name", "method", "argument"), short(THOUGHTS))
def test_a_short_benchmark_of_thoughts_runs(
    name: str, method: str, argument: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = classes(THOUGHTS)[name]
    judge(found, method, run(found, method, () if argument is None else (argument,)))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "method", "argument"), short(KNOWLEDGE))
def test_a_short_benchmark_of_knowledge_runs(
    name: str,
    method: str,
    argument: Any,
    filled: tuple[Path, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    found = classes(KNOWLEDGE)[name]
    arguments = () if argument is None else (argument,)
    if hasattr(found, "setup_cache"):
        folder, mixes = filled
        for path in folder.iterdir():
            copy = shutil.copytree if path.is_dir() else shutil.copy
            copy(path, tmp_path / path.name)
        arguments = (mixes, *arguments)
    judge(found, method, run(found, method, arguments))


def test_the_rungs() -> None:
    found = classes(DOCUMENTS)
    one = [rung for name in ("OneDocument", "NightlyOneDocument") for rung in found[name].params]
    assert one == [10**4, 10**5, 10**6, 10**7, 10**8]
    many = [rung for name in ("ManyDocuments", "NightlyManyDocuments") for rung in found[name].params]
    assert many == [10, 100, 1000]
    nodes = [rung for name in ("Lookup", "NightlyLookup") for rung in found[name].params]
    assert nodes == [10**4, 10**5, 10**6]
    found = classes(KNOWLEDGE)
    size = [rung for name in ("IngestBytes", "NightlyIngestBytes") for rung in found[name].params]
    assert size == [10**4, 10**5, 10**6, 10**7, 10**8]
    documents = [rung for name in ("Documents", "NightlyDocuments") for rung in found[name].params]
    assert documents == [10**3, 10**4, 10**5]


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (BELIEFS.beliefs, "beliefs"),
        (CLASSIFICATION.classification, "classification"),
        (DOCUMENTS.compiler, "documents"),
        (KNOWLEDGE.knowledge, "knowledge"),
        (SCORING.scoring, "scoring"),
        (THOUGHTS.thoughts, "thoughts"),
    ],
)
def test_a_commit_without_the_module_is_skipped(ask: Any, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "noesis", None)
    with pytest.raises(NotImplementedError, match=rf"has no noesis\.{said}"):
        ask()
    if said == "knowledge":
        assert KNOWLEDGE.Query().setup_cache() == {}
