"""Vanilla asv, unchanged and from its own command line, in a small repository.

Owns the proof that the engine works as its documentation says on what a newcomer has: runs over a
range, shows, finds, compares, publishes. Installs from the wheelhouse, with a home of its own.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.projects import make_project
from tests.repositories import git_environment
from tests.wheelhouse import offline_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.slow

SIZES = (1, 2, 3, 40, 41)
CULPRIT = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Project:
    """A repository, its commits oldest first, and the environment that tools run in there."""

    path: Path
    hashes: tuple[str, ...]
    environment: Mapping[str, str]

    def run(self, *command: str) -> str:
        """What ``command`` printed in the project's folder; its output is shown when it fails."""
        done = subprocess.run(
            command,
            cwd=self.path,
            env=dict(self.environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}"
        return done.stdout

    def asv(self, *arguments: str) -> str:
        return self.run(sys.executable, "-m", "asv", *arguments)

    def stored(self) -> list[Path]:
        """The result files: one for each measured commit and environment."""
        return sorted((self.path / "results" / "box").glob("*-virtualenv-py3.11.json"))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Five commits, measured from the second to the last by `asv run A..B`."""
    root = tmp_path_factory.mktemp("vanilla")
    hashes = make_project(root / "project", SIZES)
    home = root / "home"
    home.mkdir()
    made = Project(
        path=root / "project",
        hashes=hashes,
        environment=git_environment(
            HOME=str(home),
            XDG_CACHE_HOME=str(home / ".cache"),
            PATH=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            **offline_environment(),
        ),
    )
    made.asv("machine", "--yes")
    said = home / ".asv-machine.json"  # under the host's name; box is what its results are kept under here
    (facts,) = (one for one in json.loads(said.read_text()).values() if isinstance(one, dict))
    said.write_text(json.dumps({"box": {**facts, "machine": "box"}, "version": 1}))
    made.asv("run", "--machine", "box", "--quick", f"{hashes[0]}..{hashes[-1]}")
    return made


def test_a_range_is_measured_commit_by_commit(project: Project) -> None:
    measured = {json.loads(path.read_text())["commit_hash"] for path in project.stored()}
    assert measured == set(project.hashes[1:])


def test_show_lists_commits_and_values(project: Project) -> None:
    assert project.hashes[-1][:8] in project.asv("show", "--machine", "box")
    shown = project.asv("show", "--machine", "box", project.hashes[-1])
    assert "work.Work.track_size" in shown
    assert re.search(r"^ +1000 +41k *$", shown, re.MULTILINE)


def test_compare_names_the_change(project: Project) -> None:
    before, after = project.hashes[CULPRIT - 1], project.hashes[CULPRIT]
    compared = project.asv("compare", "--machine", "box", before, after)
    (line,) = (line for line in compared.splitlines() if "track_size(1000)" in line)
    assert "13.33" in line


def test_find_names_the_commit_that_made_it_larger(project: Project) -> None:
    found = project.asv(
        "find", "--machine", "box", f"{project.hashes[0]}..{project.hashes[-1]}", "work.Work.track_size"
    )
    assert f"Greatest regression found: {project.hashes[CULPRIT][:8]}" in found


def test_publish_writes_a_site(project: Project) -> None:
    project.asv("publish")
    index = json.loads((project.path / "html" / "index.json").read_text())
    assert set(index["benchmarks"]) == {"work.Work.time_work", "work.Work.track_size", "work.peakmem_list"}
    graphs = {path.name for path in (project.path / "html" / "graphs").rglob("*.json")}
    assert "work.Work.track_size.json" in graphs


def test_groundspeed_goes_on_where_asv_stopped_and_asv_after_it(project: Project) -> None:
    """One history: asv's folder is taken (its machine.json matches), what asv measured is not repeated."""
    path, name = project.stored()[0], "work.Work.track_size"
    before = json.loads(path.read_text())["results"][name]
    printed = project.run(sys.executable, "-m", "groundspeed", "run", "--last", "5")
    assert "machine  box" in printed
    measured = [json.loads(path.read_text()) for path in project.stored()]
    assert {one["commit_hash"] for one in measured} == set(project.hashes)
    assert json.loads(path.read_text())["results"][name] == before
    shown = project.asv("show", "--machine", "box", project.hashes[0])
    assert "work.Work.time_work" in shown
    project.asv("run", "--machine", "box", "--quick", "--bench", "time_work", f"{project.hashes[0]}^!")
    again = project.run(sys.executable, "-m", "groundspeed", "run", "--last", "5")
    assert "Nothing to measure. 25 cases are recorded already." in again
    project.asv("publish")
