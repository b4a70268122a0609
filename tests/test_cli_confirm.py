"""`groundspeed regressions --confirm` on a real project: a history says so, a measurement decides."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.commands import groundspeed, runs
from tests.projects import make_project, module
from tests.repositories import CommitSpec, add_commits
from tests.results_records import MACHINE, PY, benchmark

LOOP = """\
import sample

def time_loop():
    sample.work(3000)

def time_steady():
    sum(range(30_000))
"""
COUNT, AT = 20, 12


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[str, ...]]:
    """Twenty commits; from the thirteenth on one loop takes 60 % longer; of another the history says so."""
    root = tmp_path_factory.mktemp("suspected")
    commits = list(make_project(root, (10,), loop=LOOP))
    slower = {"src/sample/__init__.py": module(16)}
    specs = [
        CommitSpec(f"edition {n}", {"README.md": f"{n}\n", **(slower if n == AT else {})})
        for n in range(1, COUNT)
    ]
    commits += add_commits(root, specs)
    (root / "groundspeed.toml").write_text(
        '[machines.box]\n[tolerance]\ndefault = "25 %"\n', encoding="utf-8"
    )
    write_history(root, commits)
    return root, tuple(commits)


def write_history(root: Path, commits: list[str]) -> None:
    """As asv lays it out: both benchmarks 60 % up at the thirteenth commit."""
    folder = root / "results" / "box"
    folder.mkdir(parents=True)
    (folder / "machine.json").write_text(json.dumps({**MACHINE, "version": 1}))
    names = ("loop.time_loop", "loop.time_steady")
    entries: dict[str, Any] = {name: benchmark(name, version="v1").definition for name in names}
    (root / "results" / "benchmarks.json").write_text(json.dumps({**entries, "version": 2}))
    for at, commit in enumerate(commits):
        value = (0.0003 if at < AT else 0.00048) * (1 + 0.002 * (at % 3))
        document = {
            "version": 2,
            "commit_hash": commit,
            "env_name": PY.name,
            "date": 1704110400000 + at * 3600000,
            "params": {**MACHINE, "python": "3.11"},
            "python": "3.11",
            "requirements": {},
            "env_vars": {},
            "durations": {},
            "result_columns": ["result", "params", "version"],
            "results": {name: [[value], [], "v1"] for name in names},
        }
        (folder / f"{commit[:8]}-{PY.name}.json").write_text(json.dumps(document))


def test_what_is_slower_again_is_confirmed_and_the_rest_is_not(project: tuple[Path, tuple[str, ...]]) -> None:
    root, commits = project
    before = json.loads(groundspeed(root, "regressions", "--format", "json", code=1).stdout)
    assert len(before["groups"]) == 1
    done = groundspeed(root, "regressions", "--confirm", "--machine", "box", "--format", "json", code=1)
    assert "1 confirmed, 1 not confirmed" in done.stderr or "1 not confirmed, 1 confirmed" in done.stderr
    (group,) = json.loads(done.stdout)["groups"]
    assert group["state"] == "confirmed"
    triage = tomllib.loads((root / "triage.toml").read_text(encoding="utf-8"))
    assert {(one["state"], *one["cases"]) for one in triage["decision"]} == {
        ("confirmed", "loop.time_loop"),
        ("not confirmed", "loop.time_steady"),
    }
    assert all("measured in turn on box" in one["note"] for one in triage["decision"])
    assert {run.commit for run in runs(root / ".groundspeed")} == {commits[AT - 1], commits[AT]}
    again = groundspeed(root, "regressions", "--confirm", "--machine", "box", code=1)
    assert "Nothing is suspected" in again.stderr


def test_what_got_better_is_not_measured_again(project: tuple[Path, tuple[str, ...]]) -> None:
    done = groundspeed(project[0], "regressions", "--improvements", "--confirm", code=2)
    assert "--confirm" in done.stderr
