"""The suites of noesis in benchmarks/: every short benchmark runs, and the ladders have the rungs they are
meant to have. That of noesis.rag, which loads models, has a file of its own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.suites import Cache, Case, classes, fill, load, run, short

QUICK = ("beliefs", "classification", "documents", "scoring", "thoughts")
SUITES = {name: load(name) for name in (*QUICK, "knowledge", "rag")}
ASKED = {
    name: "compiler" if name == "documents" else name for name in SUITES
}  # what says that a commit has it


@pytest.fixture(scope="module", name="cache")
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Cache:
    return fill(SUITES["knowledge"].Query, tmp_path_factory.mktemp("cache"))


@pytest.mark.parametrize("case", [case for name in QUICK for case in short(name, SUITES[name])], ids=str)
def test_a_short_benchmark_runs(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run(case)


@pytest.mark.slow
@pytest.mark.parametrize("case", short("knowledge", SUITES["knowledge"]), ids=str)
def test_a_short_benchmark_of_knowledge_runs(
    case: Case, cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run(case, cache)


@pytest.mark.parametrize(
    ("suite", "rungs", "kinds"),
    [
        ("documents", [10**4, 10**5, 10**6, 10**7, 10**8], ("OneDocument", "NightlyOneDocument")),
        ("documents", [10, 100, 1000], ("ManyDocuments", "NightlyManyDocuments")),
        ("documents", [10**4, 10**5, 10**6], ("Lookup", "NightlyLookup")),
        ("knowledge", [10**4, 10**5, 10**6, 10**7, 10**8], ("IngestBytes", "NightlyIngestBytes")),
        ("knowledge", [10**3, 10**4, 10**5], ("Documents", "NightlyDocuments")),
    ],
)
def test_the_rungs(suite: str, rungs: list[int], kinds: tuple[str, ...]) -> None:
    found = classes(SUITES[suite])
    assert [rung for name in kinds for rung in found[name].params] == rungs


def test_the_vectors_are_those_of_three_sizes() -> None:
    found = classes(SUITES["rag"])
    engines, *sizes = zip(found["Vectors"].params, found["NightlyVectors"].params, strict=True)
    assert engines == (("usearch", "faiss", "exact"),) * 2
    assert sizes == [((1_000, 10_000), (100_000,))]


@pytest.mark.parametrize("name", SUITES)
def test_a_commit_without_the_module_is_skipped(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "noesis", None)
    ask: Any = getattr(SUITES[name], ASKED[name])
    with pytest.raises(NotImplementedError, match=rf"has no noesis\.{name}"):
        ask()


@pytest.mark.parametrize(("kind", "nothing"), [("knowledge", {}), ("rag", [])])
def test_nothing_is_made_for_a_commit_without_the_module(
    kind: str, nothing: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "noesis", None)
    assert fill(SUITES[kind].Query, tmp_path).value == nothing
