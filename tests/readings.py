"""A repository with results of made values, for tests of what reads them. Nothing is measured."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from groundspeed.records import Case
from groundspeed.results.store import ResultStore
from tests.repositories import CommitSpec, make_repository
from tests.results_records import MACHINE, PY, T0, benchmark, build, measured, run, session


def made(root: Path, ours: str = "", count: int = 3) -> tuple[str, ...]:
    """A repository of ``count`` commits with a configuration."""
    files = {"asv.conf.json": json.dumps({"version": 1, "repo": ".", "branches": ["main"]})}
    hashes = make_repository(root, [CommitSpec(f"change {at}", {"file": str(at)}) for at in range(count)])
    for name, text in {**files, "groundspeed.toml": ours}.items():
        (root / name).write_text(text, encoding="utf-8")
    return hashes


def measure(root: Path, number: int, values: Mapping[str, float], name: str, version: str) -> None:
    """Session ``number``: at each commit a process of 1 % less and one of 1 % more than the value."""
    store = ResultStore(root / "results", MACHINE)
    case = Case(benchmark=name, params=())
    store.begin(session(number, [benchmark(name, version=version)], [PY], sorted(values)))
    for commit, value in values.items():
        store.add(build(commit))
        for factor in (0.99, 1.01):
            store.add(run(case, measured(value * factor), commit, version=version, at=T0))
    store.close()
