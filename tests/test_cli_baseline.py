"""`groundspeed baseline` as a user calls it: real git, real environments, real workers."""

from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from groundspeed.measurements import Measurement
from groundspeed.records import Case
from groundspeed.results.baselines import read_baseline, write_baseline
from tests.commands import groundspeed, running, runs, wait_for_runs
from tests.inside import inside, strict
from tests.projects import make_project

RAISES = """\
def track_raises():
    return 1 / 0
"""
SLOW = """\
import time

class Slow:
    params = list(range(40))

    def track_slow(self, n):
        time.sleep(0.05)
        return n
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[str, ...], str]:
    """Two commits, the second returns twice the size; a baseline of the first, and what that printed."""
    root = tmp_path_factory.mktemp("baseline")
    hashes = make_project(root, (1, 2), odd=RAISES)
    done = groundspeed(
        root, "baseline", "save", "first", "HEAD~1", "--sessions", "2", "--export", "home/first.json"
    )
    return root, hashes, done.stdout + done.stderr


Project = tuple[Path, tuple[str, ...], str]


def test_what_is_missing_is_measured_recorded_and_kept(project: Project) -> None:
    root, hashes, printed = project
    assert {run.commit for run in runs(root)} == {hashes[0]}
    assert len(list((root / "results").glob("*/sessions/*"))) == 2
    kept = read_baseline(root / "results", "first")
    assert kept.commit == hashes[0]
    assert kept.origin.fingerprint is not None
    (installed,) = kept.origin.installed
    assert installed.python.startswith("3.11.")
    assert any(line.startswith("sample==") for line in installed.dependencies)
    assert f"Baseline first: 5 cases of commit {hashes[0][:8]}" in printed
    assert "work.Work.time_work(1000)" in printed
    assert "odd.track_raises  raised: ZeroDivisionError: division by zero" in printed
    assert "Hold a commit against it: groundspeed baseline check first" in printed


def test_the_exported_file_has_everything(project: Project) -> None:
    root, hashes, _ = project
    found = strict((root / "home" / "first.json").read_text(encoding="utf-8"))
    assert (found["schema"], found["version"], found["commit"]) == ("groundspeed-baseline", 1, hashes[0])
    cases = {one["case"]: one for one in found["measurements"]}
    timed = cases["work.Work.time_work(10)"]
    assert timed["iterations"] == {"processes": 2, "samples": 6, "calls_per_sample": [2], "calls": 12}
    assert timed["min"] <= timed["median"] <= timed["p95"] <= timed["p99"] <= timed["max"]
    assert timed["min"] <= timed["mean"] <= timed["max"]
    assert timed["sd"] >= 0
    assert sorted(map(len, timed["samples"])) == [3, 3]
    assert cases["work.Work.track_size(10)"]["value"] == 10
    assert found["origin"]["fingerprint"]["cores_logical"] >= 1
    assert [one["case"] for one in found["missing"]] == ["odd.track_raises"]


def test_a_taken_name_is_refused_before_anything_is_measured(project: Project) -> None:
    root, _, _ = project
    before = len(runs(root))
    done = inside(root, "baseline", "save", "first", "HEAD", code=2)
    assert "--replace" in done.stderr
    assert len(runs(root)) == before
    assert "cannot be the name" in inside(root, "baseline", "save", "a/b", code=2).stderr


def test_the_list_in_every_format(project: Project) -> None:
    root, hashes, _ = project
    assert f"first  {hashes[0][:8]}  2024-01-01" in inside(root, "baseline", "list").stdout
    (one,) = strict(inside(root, "baseline", "list", "--format", "json").stdout)["baselines"]
    assert (one["name"], one["commit"], one["cases"]) == ("first", hashes[0], 5)


def test_what_is_stored_can_be_kept_without_measuring(project: Project) -> None:
    root, _, _ = project
    before = len(runs(root))
    done = inside(
        root, "baseline", "save", "sizes", "HEAD~1", "--stored", "--bench", "track_size", "--format", "json"
    )
    assert [one["case"] for one in strict(done.stdout)["measurements"]] == [
        "work.Work.track_size(10)",
        "work.Work.track_size(1000)",
    ]
    assert len(runs(root)) == before
    nothing = inside(root, "baseline", "save", "none", "HEAD", "--stored", "--bench", "zzz", code=3)
    assert "There is no result of a case that holds 'zzz'" in nothing.stderr
    (root / "results" / "baselines" / "sizes.jsonl.gz").unlink()


def checked(root: Path, *arguments: str, code: int) -> Any:
    done = inside(root, "baseline", "check", *arguments, "--format", "json", code=code)
    return strict(done.stdout)


def test_a_commit_is_measured_and_held_against_the_baseline(project: Project) -> None:
    root, hashes, _ = project
    done = groundspeed(root, "baseline", "check", "first", "--format", "json", code=1)
    found = strict(done.stdout)
    assert {run.commit for run in runs(root)} == set(hashes)
    assert (found["schema"], found["version"]) == ("groundspeed-baseline-check", 1)
    assert (found["baseline"]["commit"], found["commit"]) == hashes
    rows = {f"{row['case']}": row for row in found["rows"]}
    assert rows["work.Work.track_size(10)"]["verdict"] == "slower"  # 10 became 20
    assert rows["work.Work.track_size(10)"]["ratio"]["centre"] == pytest.approx(2)
    assert rows["odd.track_raises"]["verdict"] == "failed at both ends"
    assert rows["work.Work.time_work(10)"]["base"] == hashes[0]
    text = inside(root, "baseline", "check", "first", "--stored", code=1).stdout
    assert f"baseline  first  {hashes[0][:8]}  2024-01-01" in text
    assert "work.Work.track_size(1000)" in text
    assert f"groundspeed compare {hashes[0][:8]} {hashes[1][:8]} --measure" in text


def test_the_baselines_own_commit_holds(project: Project) -> None:
    root, _, _ = project
    found = checked(root, "first", "HEAD~1", "--stored", code=0)
    assert {row["verdict"] for row in found["rows"]} == {"same", "failed at both ends"}
    assert found["different"] == {"host": [], "installed": []}


def test_what_is_gone_has_not_passed(project: Project) -> None:
    """The baseline has a case more than the commit."""
    root, _, _ = project
    kept = read_baseline(root / "results", "first")
    (size,) = [one for one in kept.measurements if str(one.key.case) == "work.Work.track_size(10)"]
    other = replace(size, key=replace(size.key, case=Case(benchmark="work.track_gone", params=())))
    more = replace(kept, name="more", measurements=(*kept.measurements, other))
    write_baseline(root / "results", more, overwrite=False)
    found = checked(root, "more", "HEAD~1", "--stored", code=3)
    assert found["unchecked"] == 1
    text = inside(root, "baseline", "check", "more", "HEAD~1", "--stored", code=3).stdout
    assert "work.track_gone: not measured at head" in text
    assert "1 of the baseline's measurements were not checked" in text
    assert checked(root, "more", "HEAD~1", "--stored", "--bench", "size", code=0)["unchecked"] == 0
    (root / "results" / "baselines" / "more.jsonl.gz").unlink()


def test_a_baseline_of_another_machine_is_refused_before_measuring(project: Project) -> None:
    root, _, _ = project
    kept = read_baseline(root / "results", "first")
    assert kept.origin.fingerprint is not None
    host = replace(kept.origin.fingerprint, cpu_model="Abacus", kernel="0.1")
    installed = (replace(kept.origin.installed[0], python="3.11.0"),)
    moved = replace(kept.origin, machine="abacus", fingerprint=host, installed=installed)
    write_baseline(root / "results", replace(kept, name="other", origin=moved), overwrite=False)
    done = inside(root, "baseline", "check", "other", code=5)
    assert "is of abacus" in done.stderr
    assert "CPU: expected Abacus" in done.stderr
    assert "--any-machine" in done.stderr
    assert inside(root, "baseline", "check", "other", "HEAD~1", "--stored", code=5).stderr
    text = inside(root, "baseline", "check", "other", "HEAD~1", "--stored", "--any-machine").stdout
    assert "of abacus" in text
    assert "Not the code alone is different from then:\n  the host: CPU Abacus → " in text
    assert "installed: Python 3.11.0 → 3.11." in text
    (root / "results" / "baselines" / "other.jsonl.gz").unlink()


def test_checks_that_cannot_be_made(project: Project) -> None:
    root, _, _ = project
    assert "Did you mean first?" in inside(root, "baseline", "check", "frist", code=3).stderr
    wrong = inside(root, "baseline", "check", "first", "--tolerance", "wide", code=2)
    assert "--tolerance" in wrong.stderr
    none = inside(root, "baseline", "check", "first", "--stored", "--bench", "zzz", code=3)
    assert "There is no result of a case that holds 'zzz'" in none.stderr
    path = root / "results" / "baselines" / "broken.jsonl.gz"
    path.write_bytes(b"broken")
    assert "Restore it from git" in inside(root, "baseline", "check", "broken", code=2).stderr
    listed = inside(root, "baseline", "list")
    assert "first" in listed.stdout
    assert "broken.jsonl.gz cannot be read" in listed.stderr
    path.unlink()


@pytest.mark.slow
def test_what_is_carried_over_says_so_until_sessions_are_asked_for(tmp_path: Path) -> None:
    first, _ = make_project(tmp_path, (1, 1))
    groundspeed(tmp_path, "run", "HEAD~1", "--last", "1", "--bench", "track_size")
    carried = groundspeed(tmp_path, "baseline", "save", "carried", "--bench", "track_size")
    assert f"2 of 2 values were measured at {first[:8]}: same built content." in carried.stdout
    groundspeed(tmp_path, "baseline", "save", "own", "--bench", "track_size", "--sessions", "2")
    for one in read_baseline(tmp_path / "results", "own").measurements:
        assert isinstance(one, Measurement)
        assert one.carried_from is None
        assert len({process.session for process in one.processes}) == 2


def test_ctrl_c_keeps_no_half_baseline(tmp_path: Path) -> None:
    make_project(tmp_path, (1,), slow=SLOW)
    with running(tmp_path, "baseline", "save", "half", "--bench", "slow") as process:
        wait_for_runs(process, tmp_path, 2)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert process.returncode == 130
    assert "Interrupted. What was measured is recorded" in said
    assert not (tmp_path / "results" / "baselines").exists()
    assert 2 <= len(runs(tmp_path)) < 40


def test_outside_of_a_project_or_without_results(tmp_path: Path) -> None:
    assert "No asv.conf.json" in inside(tmp_path, "baseline", "list", code=2).stderr
    make_project(tmp_path / "project", (1,))
    root = tmp_path / "project"
    assert "There is no baseline yet" in inside(root, "baseline", "list").stdout
    done = inside(root, "baseline", "save", "x", "--stored", code=3)
    assert "There are no results" in done.stderr
    assert '"nope" names no commit' in inside(root, "baseline", "save", "x", "nope", code=2).stderr
