"""`groundspeed run` as a user types it: real git, real environments, real workers, real kills."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from groundspeed.records import Build, Failed, FailureKind, Measured
from tests.commands import groundspeed, items, running, runs, variables, wait_for_runs
from tests.processes import ended, processes_of, wait_until
from tests.projects import CONFIGURATION, FATES, make_project
from tests.repositories import git_environment

SLOW = """\
import time

class Slow:
    params = list(range(40))
    rounds = 1

    def track_slow(self, n):
        time.sleep(0.05)
        return n
"""
ENDLESS = "import time\n\ndef track_endless():\n    time.sleep(3600)\n\ntrack_endless.timeout = 3600\n"


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[str, ...], str]:
    """Three commits, the middle one broken, measured; with what was printed."""
    root = tmp_path_factory.mktemp("measured")
    hashes = make_project(root, (1, None, 300), fates=FATES)
    done = groundspeed(root, "run", "--last", "3")
    return root, hashes, done.stdout + done.stderr


def test_three_commits_are_in_the_record_one_as_not_built(
    measured: tuple[Path, tuple[str, ...], str],
) -> None:
    root, hashes, printed = measured
    builds = {item.commit: item for item in items(root) if isinstance(item, Build)}
    assert set(builds) == set(hashes)
    failure = builds[hashes[1]].failure
    assert failure is not None
    assert failure.kind is FailureKind.NOT_BUILT
    assert "hatchling.nothing_of_the_kind" in failure.text
    assert f"{hashes[1][:8]}  did not build" in printed
    names = {path.name for path in (root / "results").glob("*/*.json")}
    assert names == {"machine.json", *(f"{hash_[:8]}-virtualenv-py3.11.json" for hash_ in hashes)}


def test_failures_are_told_apart_in_the_record(measured: tuple[Path, tuple[str, ...], str]) -> None:
    root, hashes, _ = measured
    kinds = {
        run.case.benchmark: run.outcome.kind
        for run in runs(root)
        if isinstance(run.outcome, Failed) and run.commit == hashes[0]
    }
    assert kinds["fates.track_raises"] is FailureKind.RAISED
    assert kinds["fates.track_times_out"] is FailureKind.TIMED_OUT
    assert kinds["fates.track_exits"] is FailureKind.EXITED


def test_no_place_of_this_host_stands_in_the_results(measured: tuple[Path, tuple[str, ...], str]) -> None:
    root, _, _ = measured
    for path in (root / "results").glob("*/*.json"):
        assert str(root) not in path.read_text(encoding="utf-8")
    texts = [run.outcome.text for run in runs(root) if isinstance(run.outcome, Failed)]
    assert not any(str(root) in text or sys.prefix in text for text in texts)


def test_the_report_says_what_was_measured_and_what_changed(
    measured: tuple[Path, tuple[str, ...], str],
) -> None:
    _, hashes, printed = measured
    assert "did not build" in printed
    change = rf"slower +×300 .* work.Work.track_size\(1000\) +{hashes[0][:8]}\.\.{hashes[2][:8]}"
    assert re.search(change, printed)
    assert "machine  " in printed


def test_a_second_run_measures_nothing_twice(measured: tuple[Path, tuple[str, ...], str]) -> None:
    root, hashes, _ = measured
    groundspeed(root, "run", "--last", "3")  # looks once more at what did not build, and at nothing else
    before = len(items(root))
    broken = [item for item in items(root) if isinstance(item, Build) and item.failure]
    assert [build.commit for build in broken] == [hashes[1]] * 2
    done = groundspeed(root, "run", "--last", "3")
    assert len(items(root)) == before
    assert "Nothing to measure." in done.stdout
    assert "of them as failed (try these again with --retry)" in done.stdout
    again = groundspeed(root, "run", "HEAD^!", "--retry", "--bench", "raises|time_work", code=3)
    assert len(items(root)) == before + 2  # its build, and the one case that failed
    assert "fates.track_raises raised" in again.stdout


def test_a_dry_run_prints_the_plan_and_measures_nothing(measured: tuple[Path, tuple[str, ...], str]) -> None:
    root, hashes, _ = measured
    before = len(items(root))
    done = groundspeed(root, "run", "--last", "2", "--again", "--bench", "work", "--dry-run")
    assert len(items(root)) == before
    assert hashes[2][:8] in done.stdout
    assert "runs, about" in done.stdout


def test_json_has_a_schema_and_everything(measured: tuple[Path, tuple[str, ...], str]) -> None:
    root, hashes, _ = measured
    done = groundspeed(root, "run", "HEAD^!", "--again", "--bench", "track_size|raises", "--format", "json")
    report = json.loads(done.stdout)
    assert report["schema"] == "groundspeed.session/2"
    (commit,) = report["commits"]
    assert (commit["hash"], commit["measured"], commit["failed"]) == (hashes[2], 2, 1)
    (failure,) = report["failures"]
    assert (failure["case"], failure["kind"]) == ("fates.track_raises", "raised")


def test_asv_shows_compares_and_publishes_what_we_wrote(measured: tuple[Path, tuple[str, ...], str]) -> None:
    root, hashes, _ = measured
    shown = _asv(root, "show", hashes[2])
    assert "work.Work.time_work" in shown
    compared = _asv(root, "compare", hashes[0], hashes[2])
    assert "work.Work.track_size" in compared
    _asv(root, "publish", "--no-pull")
    assert (root / "html" / "graphs").is_dir()


def _asv(root: Path, *arguments: str) -> str:
    (machine,) = (root / "results").glob("*/machine.json")
    if arguments[0] != "publish":
        arguments = (*arguments, "--machine", machine.parent.name)
    command = [sys.executable, "-m", "asv", *arguments]
    done = subprocess.run(command, cwd=root, env=variables(root), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("remote", [False, True])
def test_a_bare_repository_elsewhere_is_measured_from_a_suite_of_its_own(
    tmp_path: Path, remote: bool
) -> None:
    """As projects do that keep benchmarks apart; a remote one is cloned under the project's name."""
    source, bare, suite = tmp_path / "source", tmp_path / "sample.git", tmp_path / "suite"
    (newest,) = make_project(source, (1,))
    subprocess.run(["git", "clone", "--quiet", "--bare", source, bare], env=git_environment(), check=True)
    shutil.copytree(source / "benchmarks", suite / "benchmarks")
    shutil.copy(
        source / "pyproject.toml", suite
    )  # asv reads the build's requirements beside its configuration
    repo = bare.as_uri() if remote else "../sample.git"
    configuration = {**CONFIGURATION, "repo": repo, "dvcs": "git", "project": "mirror"}
    (suite / "asv.conf.json").write_text(json.dumps(configuration), encoding="utf-8")
    groundspeed(suite, "run", "--bench", "track_size")
    assert {(run.commit, type(run.outcome)) for run in runs(suite)} == {(newest, Measured)}
    assert (suite / "mirror").is_dir() == remote


def test_nothing_that_builds_is_exit_3(tmp_path: Path) -> None:
    make_project(tmp_path, (None, None))
    done = groundspeed(tmp_path, "run", "--last", "2", code=3)
    assert "no commit of the range builds" in done.stderr.replace("\n", " ")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("slow")
    make_project(root, (1,), slow=SLOW)
    return root


@pytest.fixture
def slow(built: Path) -> Path:
    """A project without results, which takes its time; its environment may be there from the test before."""
    shutil.rmtree(built / "results", ignore_errors=True)
    return built


def test_no_results_are_lost_by_kill_9_and_the_next_run_goes_on(slow: Path) -> None:
    with running(slow, "run", "--bench", "slow") as process:
        wait_for_runs(process, slow, 3)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    before = {(run.case, run.commit) for run in runs(slow)}
    assert 3 <= len(before) < 40
    for path in (slow / "results").glob("*/*.json"):
        assert json.loads(path.read_text(encoding="utf-8"))
    groundspeed(slow, "run", "--bench", "slow")
    names = [str(run.case) for run in runs(slow)]
    assert sorted(names) == sorted(f"slow.Slow.track_slow({n})" for n in range(40))


def test_ctrl_c_keeps_what_was_measured_and_leaves_nothing_running(slow: Path) -> None:
    with running(slow, "run", "--bench", "slow") as process:
        wait_for_runs(process, slow, 2)
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate()
    assert process.returncode == 130
    assert "Interrupted. What was measured is recorded" in printed
    assert 2 <= len(runs(slow)) < 40
    assert all(ended(pid) for pid in processes_of(slow))


def test_the_second_of_two_runs_says_who_holds_the_lock(tmp_path: Path) -> None:
    make_project(tmp_path, (1,), endless=ENDLESS)
    lock = tmp_path / ".groundspeed" / "locks" / "results"
    with running(tmp_path, "run", "--bench", "endless") as process:
        wait_until(lambda: lock.exists() and lock.read_text(encoding="utf-8").endswith("\n"), process)
        done = groundspeed(tmp_path, "run", code=6)
        assert f"process {process.pid} since" in done.stderr
        process.send_signal(signal.SIGTERM)
        process.communicate()
    assert process.returncode == 130


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("run", "no-such-thing..HEAD"), 2, "no-such-thing"),
        (("run", "--bench", "("), 2, "no regular expression"),
        (("run", "--bench", "nothing like it"), 3, "No case matches"),
        (("run", "--last", "0"), 2, "ask for one commit"),
        (("run", "--machine", "nobody"), 2, "nobody"),
        (("run", "--machine", "giant"), 5, "ram"),
        (("nothing",), 2, "nothing"),
    ],
)
def test_wrong_use_is_told_in_a_sentence(
    measured: tuple[Path, tuple[str, ...], str], arguments: tuple[str, ...], code: int, message: str
) -> None:
    root, _, _ = measured
    (root / "groundspeed.toml").write_text('[machines.giant]\nram = "900 TB"\n', encoding="utf-8")
    done = groundspeed(root, *arguments, code=code)
    assert message.lower() in done.stderr.lower()
    assert "Traceback" not in done.stderr


def test_help_lists_what_is_built() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "groundspeed", "--help"], capture_output=True, text=True, check=True
    )
    commands = set(re.findall(r"^  ([a-z]+) ", done.stdout, re.MULTILINE))
    measuring = {"init", "doctor", "env", "run", "machine", "corpus"}
    judging = {"compare", "gate", "noise", "targets", "scaling", "regressions", "triage", "baseline"}
    explaining = {"find", "profile", "bottlenecks"}
    showing = {"publish", "preview", "report", "health", "deploy", "notify", "nightly"}
    assert commands - {"sql"} == measuring | judging | explaining | showing


def test_ctrl_c_before_anything_is_measured(tmp_path: Path) -> None:
    make_project(tmp_path, (1,))
    with running(tmp_path, "run") as process:
        wait_until((tmp_path / ".groundspeed" / "locks").is_dir, process)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert process.returncode == 130
    assert "interrupted" in said
    assert runs(tmp_path) == []
