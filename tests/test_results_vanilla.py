"""Vanilla asv, from its own command line, on results that we wrote and nothing else."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from groundspeed.records import Environment, Failed, FailureKind, Skipped
from groundspeed.results.archive import read_archive
from groundspeed.results.store import ResultStore
from tests.repositories import CommitSpec, git, git_environment, make_repository
from tests.results_records import MACHINE, benchmark, build, measured, reading, run, session

pytestmark = pytest.mark.slow

ENVIRONMENT = Environment(name="virtualenv-py3.11", python="3.11", requirements={}, env_vars={})
SORT = benchmark("suite.Sort.time_sort", [["10", "1000"], ["'a'", "None"]])
SIZE = benchmark("suite.track_size", kind="track", unit="items")
P99 = "suite.track_size@p99"
GROWING = benchmark("suite.Sort.time_grow", [["10", "100", "1000"], ["'a'", "None"]], size="param1")
EXPONENT = "suite.Sort.time_grow@exponent"
CONFIG = {
    "version": 1,
    "project": "made",
    "repo": ".",
    "branches": ["main"],
    "environment_type": "virtualenv",
    "benchmark_dir": "benchmarks",
    "results_dir": "results",
    "html_dir": "html",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[str, ...]]:
    """Four commits: measured, twice as slow, not built, with a failure and a skip."""
    path = tmp_path_factory.mktemp("written") / "project"
    hashes = make_repository(
        path,
        [CommitSpec(f"commit {number}", {"asv.conf.json": json.dumps(CONFIG)}) for number in range(4)],
    )
    (path / "benchmarks").mkdir()
    (path / "benchmarks" / "__init__.py").touch()
    store = ResultStore(path / "results", MACHINE)
    store.begin(replace(session(1, (SORT, SIZE, GROWING), (ENVIRONMENT,)), commits=_dates(path, hashes)))
    for place, commit in enumerate(hashes):
        if place == 2:
            failure = Failed(kind=FailureKind.NOT_BUILT, text="no compiler")
            store.add(build(commit, failure, [SORT.name, SIZE.name]))
            continue
        store.add(build(commit))
        for case in SORT.cases():
            slower = 1e-3 * (2 if place else 1)
            store.add(run(case, measured(*(slower * (1 + part / 1000) for part in range(8))), commit))
        metrics = [reading("p99", 900.0 + place, 900.0 + place, unit="items")]
        store.add(run(SIZE.cases()[0], measured(100.0 + place, number=None), commit, metrics=metrics))
        for case in GROWING.cases():
            grown = 1e-6 * float(case.params[0]) ** (1 + place)
            store.add(run(case, measured(*(grown * (1 + part / 1000) for part in range(8))), commit))
    failed, skipped = Failed(kind=FailureKind.RAISED, text="boom"), Skipped(reason="no")
    store.add(run(SORT.cases()[0], failed, hashes[3], version="v1"))
    store.add(run(SIZE.cases()[0], skipped, hashes[2]))
    store.close()
    return path, hashes


def _dates(path: Path, hashes: tuple[str, ...]) -> dict[str, datetime]:
    return {
        one: datetime.fromtimestamp(int(git(path, "show", "-s", "--format=%ct", one)), UTC) for one in hashes
    }


def asv(path: Path, *arguments: str) -> str:
    home = path.parent / "home"
    home.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "asv", *arguments],
        cwd=path,
        env=git_environment(
            HOME=str(home),
            PATH=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "warning" not in done.stdout.lower(), done.stdout
    return done.stdout


def test_show(project: tuple[Path, tuple[str, ...]]) -> None:
    path, hashes = project
    commits = asv(path, "show", "--machine", "box")
    assert all(commit[:8] in commits for commit in hashes)
    shown = asv(path, "show", "--machine", "box", hashes[0])
    assert "1.00±0ms" in shown
    assert re.search(rf"{P99} .*\n +900", shown)
    assert re.search(rf"{EXPONENT} .*?\n +a +1\.0±0", shown, re.DOTALL)
    assert "failed" in asv(path, "show", "--machine", "box", hashes[2])


def test_compare(project: tuple[Path, tuple[str, ...]]) -> None:
    path, hashes = project
    compared = asv(path, "compare", "--machine", "box", hashes[0], hashes[1])
    (line,) = (line for line in compared.splitlines() if "time_sort(1000, None)" in line)
    assert re.search(r"\| +2(\.0*)? +\|", line)
    (line,) = (
        line
        for line in asv(path, "compare", "--machine", "box", hashes[0], hashes[2]).splitlines()
        if "time_sort(1000, None)" in line
    )
    assert "failed" in line


def test_compare_further_metrics(project: tuple[Path, tuple[str, ...]]) -> None:
    path, hashes = project
    lines = asv(path, "compare", "--machine", "box", hashes[0], hashes[3]).splitlines()
    (p99,) = (line for line in lines if P99 in line)
    assert re.search(r"900.*903.*\| +1(\.0*)? +\|", p99)
    (exponent,) = (line for line in lines if f"{EXPONENT}('a')" in line)
    assert re.search(r"\| +4(\.0*)? +\|", exponent), "from linear to the fourth power"
    assert exponent.startswith("| + "), "asv calls it slower, by the interval that we stored"


def test_publish(project: tuple[Path, tuple[str, ...]]) -> None:
    path, _ = project
    asv(path, "publish", "--no-pull")
    index = json.loads((path / "html" / "index.json").read_text())
    assert set(index["benchmarks"]) == {SORT.name, SIZE.name, P99, GROWING.name, EXPONENT}
    (graph,) = (one for one in (path / "html" / "graphs").rglob(f"{P99}.json") if "summary" not in str(one))
    assert [value for _, value in json.loads(graph.read_text())] == [900.0, 901.0, None, 903.0]
    (graph,) = (
        one for one in (path / "html" / "graphs").rglob(f"{EXPONENT}.json") if "summary" not in str(one)
    )
    assert [value for _, value in json.loads(graph.read_text())] == [
        pytest.approx([float(place), float(place)]) for place in (1, 2, 4)
    ]


def test_we_read_what_asv_reads(project: tuple[Path, tuple[str, ...]]) -> None:
    archive = read_archive(project[0] / "results")
    assert archive.warnings == ()
    assert [len(one.values) for one in archive.series] == [3] * 8 + [4] * 6
    metrics = {
        one.key.metric: one.values.tolist() for one in archive.series if "track" in one.key.case.benchmark
    }
    assert str(metrics) == "{'': [100.0, 101.0, nan, 103.0], 'p99': [900.0, 901.0, nan, 903.0]}"
    main = next(one for one in archive.series if one.key.case.benchmark == SIZE.name and not one.key.metric)
    assert (dict(main.skipped), dict(main.failures)) == ({2: "no"}, {})
