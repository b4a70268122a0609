"""The suite of noesis.rag: every short benchmark runs, on real models."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.suites import Cache, Case, fill, load, run, short

RAG = load("rag")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", name="cache")
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Cache:
    return fill(RAG.Query, tmp_path_factory.mktemp("cache"))


@pytest.mark.parametrize("case", short("rag", RAG), ids=str)
def test_a_short_benchmark_runs(
    case: Case, cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run(case, cache)
