"""The suite of noesis.service: a short benchmark of every class runs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.suites import Cache, Case, fill, load, run, short

SERVICE = load("service")
CASES = short("service", SERVICE)
QUICK = [case for case in CASES if case.found is SERVICE.Layers]
SERVED = {case.found: case for case in reversed(CASES) if case not in QUICK}  # one of each class


@pytest.fixture(scope="module", name="cache")
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Cache:
    return fill(SERVICE.Query, tmp_path_factory.mktemp("cache"))


@pytest.mark.parametrize("case", QUICK[-1:], ids=str)
def test_a_short_benchmark_of_layers_runs(case: Case) -> None:
    run(case)


@pytest.mark.slow
@pytest.mark.parametrize("case", SERVED.values(), ids=str)
def test_a_short_benchmark_of_the_service_runs(
    case: Case, cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run(case, cache)


def test_a_commit_without_the_module_is_skipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "noesis", None)
    with pytest.raises(NotImplementedError, match=r"has no noesis\.service"):
        SERVICE.service()
    assert fill(SERVICE.Query, tmp_path).value == []
