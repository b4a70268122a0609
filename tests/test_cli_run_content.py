"""Runs that look at what was built or returned: carried over, computed otherwise, uncommitted, installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from groundspeed.measure.lock import NAME
from groundspeed.records import CarriedOver, Measured, Stop
from groundspeed.results.lock import file_lock
from tests.commands import apart, groundspeed, runs
from tests.projects import PYPROJECT, make_project, module
from tests.repositories import CommitSpec, add_commits, git

RETURNS = """\
import sample

def time_returns():
    return sample.work(3)
time_returns.warmup_time = 0.001
"""
CORPUS = """\
from asv_bench_groundspeed.workloads.corpus import CorpusSpec, stream

def track_bytes_of_a_corpus():
    return len(b"".join(stream(CorpusSpec(size=20_000, seed=7))))
"""


@pytest.fixture(scope="module")
def same(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[str, ...]]:
    """A commit, one that changes the version alone, one that changes what is computed; each is built once."""
    root = tmp_path_factory.mktemp("same")
    (first,) = make_project(root, (1,), returns=RETURNS, corpus=CORPUS)
    bump = CommitSpec("bump", {"pyproject.toml": PYPROJECT.replace('"0"', '"1"')})
    bumped, other = add_commits(root, [bump, CommitSpec("other", {"src/sample/__init__.py": module(2)})])
    return root, (first, bumped, other)


def test_equal_content_is_carried_over_and_said_so(same: tuple[Path, tuple[str, ...]]) -> None:
    root, (first, bumped, other) = same
    done = groundspeed(root, "run", "--last", "3", "--bench", "time_work|returns")
    found = runs(root)
    carried = {run.commit: run.outcome for run in found if isinstance(run.outcome, CarriedOver)}
    assert carried == {first: CarriedOver(measured_at=bumped)}
    assert {run.commit for run in found if isinstance(run.outcome, Measured)} == {bumped, other}
    assert "carried" in done.stdout
    names = {path.name[:8] for path in (root / "results").glob("*/*virtualenv*.json")}
    assert names == {bumped[:8], other[:8]}, "what was carried over is in no file of asv's"


def test_why_sampling_ended_is_on_record(same: tuple[Path, tuple[str, ...]]) -> None:
    root, _ = same
    stops = {
        run.case.benchmark: run.stop for run in runs(root) if run.stop and isinstance(run.outcome, Measured)
    }
    assert stops["work.Work.time_work"] is Stop.STATED  # rounds = 1
    assert stops["returns.time_returns"] in (Stop.PRECISION, Stop.BUDGET, Stop.TOO_NOISY)


def test_a_commit_that_computes_something_else_is_named(same: tuple[Path, tuple[str, ...]]) -> None:
    root, (_, bumped, other) = same
    done = groundspeed(root, "run", "--last", "2", "--again", "--bench", "returns")
    assert "They compute something else (faster because wrong?):" in done.stdout
    assert f"returns.time_returns  3         15       {bumped[:8]}..{other[:8]}" in done.stdout


def test_nothing_is_carried_over_where_that_is_not_wanted(same: tuple[Path, tuple[str, ...]]) -> None:
    root, (first, _, _) = same
    groundspeed(root, "run", f"{first}^!", "--no-carry", "--bench", "track_size")
    assert any(run.commit == first and isinstance(run.outcome, Measured) for run in runs(root))


def test_uncommitted_code_is_measured_beside_the_commit_it_stands_on(tmp_path: Path) -> None:
    (head,) = make_project(tmp_path, (1,))
    (tmp_path / "src" / "sample" / "__init__.py").write_text(module(50), encoding="utf-8")
    done = groundspeed(tmp_path, "run", "--worktree", "--bench", r"time_work\(1000\)|track_size")
    assert f"working tree on {head[:8]}" in done.stdout
    (value,) = [
        line.split() for line in done.stdout.splitlines() if line.startswith("work.Work.track_size(10)")
    ]
    assert value[1:] == ["500", "B", "10.0", "B"]
    assert "slower" in done.stdout
    assert not (tmp_path / "results").exists()
    assert git(tmp_path, "status", "--short").strip() == "M src/sample/__init__.py"
    assert not list((tmp_path / ".groundspeed" / "worktrees").glob("*/*"))


def test_what_is_installed_is_measured_as_it_is(same: tuple[Path, tuple[str, ...]]) -> None:
    root, _ = same
    groundspeed(root, "run", "--bench", "track_size")  # makes an environment to be found installed
    (python,) = environments(root, module(2))
    before = len(runs(root))
    done = groundspeed(root, "run", "--existing", str(python), "--bench", "track_size", "--format", "json")
    report = json.loads(done.stdout)
    assert [one["at"][0][1] for one in report["values"]] == [20.0, 2000.0]
    assert len(runs(root)) == before, "the history holds what can be checked out"


def environments(root: Path, text: str) -> list[Path]:
    """The interpreters of the environments that hold a measured module of the text."""
    modules = (root / ".groundspeed" / "environments").rglob("site-packages/sample/__init__.py")
    return [path.parents[4] / "bin" / "python" for path in modules if path.read_text("utf-8") == text]


def test_what_is_not_installed_is_told_in_a_sentence(tmp_path: Path) -> None:
    make_project(tmp_path, (1,))
    done = groundspeed(tmp_path, "run", "--existing", sys.executable, code=3)
    assert "No module named 'sample'" in done.stderr.replace("\n", " ")
    gone = groundspeed(tmp_path, "run", "--existing", "nowhere/python", code=2)
    assert "nowhere/python" in gone.stderr.replace("\n", "")
    both = groundspeed(tmp_path, "run", "HEAD^!", "--worktree", code=2)
    assert "takes no range" in both.stderr.replace("\n", " ")


def test_one_measuring_at_a_time_on_a_host(same: tuple[Path, tuple[str, ...]]) -> None:
    """Another project's session holds the host; what this one only plans needs no lock."""
    root, _ = same
    again = ("run", "--again", "--bench", "track_size")
    groundspeed(root, *again, "--dry-run")
    with file_lock(root / "home" / NAME):
        done = apart(root, *again, code=6)
        assert f"process {os.getpid()} since" in done.stderr.replace("\n", " ")
        groundspeed(root, *again, "--dry-run")
    groundspeed(root, *again)


@pytest.mark.slow
def test_a_disk_that_takes_no_more_loses_nothing_and_the_next_run_goes_on(tmp_path: Path) -> None:
    """The session's file may grow by a few runs only; what is on record then is whole, and is not redone."""
    many = "class Many:\n    params = list(range(60))\n    def track_value(self, n):\n        return n\n"
    make_project(tmp_path, (1,), many=many)
    groundspeed(tmp_path, "run", "--bench", r"track_value\(5\)")
    largest = max(path.stat().st_size for path in (tmp_path / "results").rglob("*") if path.is_file())
    done = apart(tmp_path, "run", "--bench", "track_value", code=3, largest_file=largest + 900)
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    before = [str(run.case) for run in runs(tmp_path)]
    assert 1 < len(before) < 60
    groundspeed(tmp_path, "run", "--bench", "track_value")
    assert sorted(str(run.case) for run in runs(tmp_path)) == sorted(
        f"many.Many.track_value({n})" for n in range(60)
    )


def test_a_lost_network_is_no_verdict_on_the_commit(tmp_path: Path) -> None:
    (hash_,) = make_project(tmp_path, (1,))
    nowhere = "http://127.0.0.1:9/simple"
    lost = {
        **dict.fromkeys(["UV_NO_INDEX", "UV_OFFLINE"], "false"),
        **dict.fromkeys(["PIP_NO_INDEX", "PIP_FIND_LINKS", "UV_FIND_LINKS"], ""),
        **dict.fromkeys(["PIP_INDEX_URL", "UV_DEFAULT_INDEX"], nowhere),
        **dict.fromkeys(["PIP_RETRIES", "UV_HTTP_RETRIES"], "0"),
    }
    done = groundspeed(tmp_path, "run", "--bench", "track_size", code=3, more=lost)
    assert "did not build" in done.stderr or "no commit of the range builds" in done.stderr.replace("\n", " ")
    groundspeed(tmp_path, "run", "--bench", "track_size")
    assert {(run.commit, type(run.outcome)) for run in runs(tmp_path)} == {(hash_, Measured)}


def test_a_suite_that_imports_workloads_measures_a_commit_that_never_heard_of_them(
    same: tuple[Path, tuple[str, ...]],
) -> None:
    """The measured environment holds the project alone: workloads come from the running tool's ruler."""
    root, _ = same
    groundspeed(root, "run", "--bench", "corpus")
    (run,) = [one for one in runs(root) if one.case.benchmark == "corpus.track_bytes_of_a_corpus"]
    assert run.outcome == Measured(samples=(20_000,), number=None)
    (python,) = environments(root, module(2))
    looked = subprocess.run([python, "-c", "import asv_bench_groundspeed"], capture_output=True, check=False)
    assert looked.returncode == 1
