"""Two nights of a real project: a slow commit inside a merge is measured, confirmed, found, profiled and told
in one issue the same night, and the page is on its branch; the fix follows, and the next night closes the
issue.

Git, builds, workers, py-spy, the bare remote and GitHub's API on the loopback are real. Timed is the work
done, for the second night of a busy host may be half as slow again as the first, and the issue then stays
open; the host is taken for fit.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from groundspeed.nightly.summary import Ending, Stage
from groundspeed.results.finds import stored_finds
from groundspeed.results.found import Outcome
from tests.commands import groundspeed, running, runs, wait_for_runs
from tests.nights import night
from tests.notified import TOKEN, Hub, hub_at
from tests.processes import ended, processes_of
from tests.projects import CONFIGURATION, PYPROJECT, commit_of, make_project
from tests.repositories import CommitSpec, add_commits, git, make_repository

pytestmark = pytest.mark.slow

SUITE = """\
import sample


def time_work():
    sample.work(20_000)


time_work.rounds = 2
time_work.repeat = 3
time_work.timer = sample.clock


def track_steps():
    return sample.steps(100)


track_steps.unit = "steps"
"""

OURS = """\
[run]
case_budget = "0.3 s"

[tolerance]
default = "10 %"

[targets]
"work.track_steps" = "< 1200 steps"

[nightly]
results_branch = "groundspeed-results"
page_branch = "gh-pages"

[notify.github]
repository = "o/n"
api = "{api}"
"""

FAST, SLOW = 10, 16  # what the work is multiplied by
BUDGET, TELLING = ("--budget", "10m"), {"GITHUB_TOKEN": TOKEN}
QUIET = 9  # commits before the slow one: of fewer than ten points no step is said to be one


def slow_merge(tip: int) -> list[CommitSpec]:
    """A commit on main, a branch of three from there with a slow one in the middle, their merge and one more.

    Two slow ones are too few for a step: the newest commit is suspected for what was just measured of it.
    """
    before = commit_of(tip, FAST)
    inside = [
        commit_of(tip + 1, FAST, branch="topic"),
        *(commit_of(tip + n, SLOW, branch="topic") for n in (2, 3)),
    ]
    merge = commit_of(tip + 3, SLOW, parents=(0, len(inside)))
    return [before, *inside, merge, commit_of(tip + 4, SLOW)]


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with hub_at() as found:
        yield found


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, hub: Hub) -> Path:
    """A clone of a bare repository; its nine commits are measured."""
    folder = tmp_path_factory.mktemp("night")
    first = {
        ".gitignore": "/.groundspeed/\n/results/\n/html/\n/home/\n",
        "asv.conf.json": json.dumps(CONFIGURATION),
        "groundspeed.toml": OURS.format(api=hub.url),
        "benchmarks/__init__.py": "",
        "benchmarks/work.py": SUITE,
        "pyproject.toml": PYPROJECT,
    }
    commits = [commit_of(number, FAST) for number in range(QUIET)]
    commits[0] = CommitSpec(commits[0].message, {**first, **commits[0].files})
    make_repository(folder / "bare.git", commits, bare=True)
    git(folder, "clone", "--quiet", str(folder / "bare.git"), "project")
    groundspeed(folder / "project", "run", "HEAD", "--last", str(QUIET))
    return folder / "project"


def test_a_slow_commit_is_found_and_told_and_its_fix_as_well(project: Path, hub: Hub) -> None:
    bare = project.parent / "bare.git"
    made = add_commits(bare, slow_merge(QUIET))
    slow = made[2]

    first, _ = night(project, *BUDGET, more=TELLING)

    assert {stage: one["ending"] for stage, one in first.items()} == dict.fromkeys(Stage, Ending.DONE), first
    assert git(project, "rev-parse", "HEAD") == made[-1]
    (found,) = [one.found for one in stored_finds(project / "results") if not one.asked.merge]
    assert found is not None
    assert found.outcome is Outcome.CULPRIT
    assert found.culprit is not None
    assert found.culprit.commit.hash == slow
    assert list(project.glob(f"results/*/profiles/{slow[:8]}/*.cpu.gz"))
    assert git(bare, "show", "gh-pages:index.html")
    assert "results/benchmarks.json" in git(bare, "ls-tree", "-r", "--name-only", "groundspeed-results")
    (issue,) = hub.issues
    assert issue["state"] == "open"
    assert slow[:10] in issue["title"] + issue["body"]
    assert git(bare, "log", "-1", "--format=%s", slow) in issue["body"]
    assert first[Stage.TARGETS]["said"] == "0 of 1 target hold, 1 fails"

    fixed = add_commits(bare, [commit_of(100 + number, FAST) for number in range(6)])
    second, _ = night(project, *BUDGET, more=TELLING)

    assert git(project, "rev-parse", "HEAD") == fixed[-1]
    assert second[Stage.CONFIRM]["ending"] == Ending.LEFT_OUT
    assert second[Stage.PROFILE]["ending"] == Ending.LEFT_OUT
    (issue,) = hub.issues
    assert issue["state"] == "closed"
    assert second[Stage.TARGETS]["said"] == "1 of 1 target holds"


NIGHT = ("nightly", "--local", "--budget", "5m")  # of a tenth of which no minute is waited for a busy host


def test_a_night_that_was_killed_is_continued_by_the_next_one(tmp_path: Path) -> None:
    """With all it started, as by a power cut: what was recorded stays, and nothing is measured twice."""
    root = tmp_path / "project"
    make_project(root, (1,))
    with running(root, *NIGHT) as process:
        wait_for_runs(process, root, 2)
        os.killpg(process.pid, signal.SIGKILL)
    assert all(ended(one) for one in processes_of(root))
    before = runs(root)

    said = groundspeed(root, *NIGHT, "--format", "json")

    assert runs(root)[: len(before)] == before
    again = [(one.case, one.metrics) for one in runs(root)]
    assert len(again) == len({case for case, _ in again})  # a process of each case is what the suite states
    newest = next(one for one in said.json()["stages"] if one["stage"] == Stage.NEWEST)
    assert newest["said"] == f"{5 - len(before)} cases measured at 1 commit"
