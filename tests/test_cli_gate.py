"""`groundspeed gate` as a user types it: real git, real environments, real workers, real slowdowns."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from groundspeed.records import Measured
from groundspeed.results.lock import file_lock
from tests.commands import groundspeed, running, runs, wait_for_runs
from tests.processes import ended, processes_of
from tests.projects import make_project, module
from tests.repositories import CommitSpec, add_commits

pytestmark = pytest.mark.slow

LOOP = """\
import sample

def time_loop():
    sample.work(3000)

def time_steady():
    sum(range(30_000))
"""
BROKEN = "import sample\n\ndef track_size():\n    return 1 / (sample.SIZE - 16)\n"
SLOW = """\
import time

class Slow:
    params = list(range(4))

    def track_slow(self, n):
        time.sleep(0.1)
        return n
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[str, ...]]:
    """Two commits, the second of which takes 60 % longer in one of two loops and breaks a benchmark."""
    root = tmp_path_factory.mktemp("gated")
    return root, make_project(root, (10, 16), loop=LOOP, broken=BROKEN)


def answer(root: Path, *arguments: str, code: int) -> dict[str, Any]:
    done = groundspeed(root, "gate", *arguments, "--format", "json", code=code)
    found: dict[str, Any] = json.loads(done.stdout)
    assert (found["schema"], found["version"], found["exit_code"]) == ("groundspeed-gate", 1, code)
    return found


def outcomes(found: dict[str, Any]) -> dict[str, str]:
    return {row["case"]: row["outcome"] for row in found["rows"]}


def test_a_slowdown_is_named_after_a_second_session_and_the_rest_passes(
    project: tuple[Path, tuple[str, ...]],
) -> None:
    root, (base, head) = project
    found = answer(root, "--base", base, "--bench", "^loop", "--tolerance", "25%", code=1)
    assert outcomes(found) == {"loop.time_loop": "slower", "loop.time_steady": found["rows"][1]["outcome"]}
    assert found["rows"][1]["outcome"] in ("same", "not slower", "not confirmed", "faster")
    assert len(found["sessions"]) >= 2
    low, centre, high = found["rows"][0]["judgement"]["ratio"]
    assert 1.25 < low < centre < high
    assert not (root / "results").exists()
    assert {run.commit for run in runs(root / ".groundspeed")} == {base, head}
    assert all(isinstance(run.outcome, Measured) for run in runs(root / ".groundspeed"))

    again = answer(root, "--base", base, "--bench", "^loop", "--tolerance", "25%", code=1)
    assert again["processes"] == 0
    assert again["processes_on_record"] == found["processes"]
    assert outcomes(again) == outcomes(found)


def test_compare_measures_the_same_way_when_asked(project: tuple[Path, tuple[str, ...]]) -> None:
    root, (base, _) = project
    options = ("--bench", "time_loop", "--tolerance", "25%", "--format", "json")
    groundspeed(root, "compare", base, "HEAD", *options, code=3)
    done = groundspeed(root, "compare", base, "HEAD", *options, "--measure", code=1)
    (row,) = json.loads(done.stdout)["rows"]
    assert (row["case"], row["verdict"]) == ("loop.time_loop", "slower")
    assert not (root / "results").exists()


def test_what_fails_at_head_alone_is_broken(project: tuple[Path, tuple[str, ...]], tmp_path: Path) -> None:
    root, (base, _) = project
    found = answer(root, "--base", base, "--bench", "broken|track_size|loop", "--tolerance", "25%", code=1)
    assert outcomes(found)["broken.track_size"] == "broken"
    row = next(row for row in found["rows"] if row["case"] == "broken.track_size")
    assert "ZeroDivisionError" in row["reason"]
    file = tmp_path / "gate.xml"
    done = groundspeed(
        root, "gate", "--base", base, "--bench", "^broken", "--format", "junit", "--output", str(file), code=3
    )
    assert "No answer: nothing could be compared: 1 broken." in done.stdout
    cases = {one.get("name"): one for one in ET.parse(file).getroot().iter("testcase")}
    assert cases["track_size [virtualenv-py3.11]"].find("error") is not None


def test_the_working_tree_goes_on_from_what_was_measured_of_it(tmp_path: Path) -> None:
    (base,) = make_project(tmp_path, (10,), loop=LOOP)
    (tmp_path / "src/sample/__init__.py").write_text(module(18), encoding="utf-8")
    options = ("--base", "HEAD", "--worktree", "--bench", "time_loop", "--tolerance", "25%")
    found = answer(tmp_path, *options, code=1)
    assert outcomes(found) == {"loop.time_loop": "slower"}
    assert found["base"]["hash"] == base
    assert found["head"]["worktree"]
    assert answer(tmp_path, *options, code=1)["processes"] == 0


def test_identical_code_passes_without_measuring_unless_that_is_wanted(tmp_path: Path) -> None:
    make_project(tmp_path, (10,), loop=LOOP)
    add_commits(tmp_path, [CommitSpec("write it down", {"README.md": "words\n"})])
    options = ("--base", "HEAD~1", "--bench", "^loop", "--tolerance", "40%")
    found = answer(tmp_path, *options, code=0)
    assert found["same_content"]
    assert found["processes"] == 0
    measured = answer(tmp_path, *options, "--no-carry", code=0)
    assert not measured["same_content"]
    assert measured["processes"] >= 16
    assert set(outcomes(measured).values()) <= {"same", "not slower", "faster", "not confirmed"}


def test_a_benchmark_that_is_gone_keeps_the_gate_from_being_green(tmp_path: Path) -> None:
    make_project(tmp_path, (10,), loop=LOOP, more="def track_more():\n    return 1\n")
    add_commits(tmp_path, [CommitSpec("drop a module", {"benchmarks/more.py": None})])
    options = ("--base", "HEAD~1", "--bench", "track")
    found = answer(tmp_path, *options, code=3)
    assert [one["benchmark"] for one in found["vanished"]] == ["more.track_more"]
    done = groundspeed(tmp_path, "gate", *options, code=3)
    assert "Gone: more.track_more, in base's own suite" in done.stdout
    (tmp_path / "groundspeed.toml").write_text('[gate]\nremoved = ["more.*"]\n', encoding="utf-8")
    assert answer(tmp_path, *options, code=0)["vanished"] == []


def test_when_all_fail_there_is_no_answer(tmp_path: Path) -> None:
    make_project(tmp_path, (10, 11), fail="def track_fail():\n    return 1 / 0\n")
    found = answer(tmp_path, "--base", "HEAD~1", "--bench", "fail", code=3)
    assert found["why_not_green"] == "nothing could be compared: 1 fails at both ends"


def test_ctrl_c_keeps_what_was_measured_and_leaves_nothing_running(tmp_path: Path) -> None:
    make_project(tmp_path, (10, 11), slow=SLOW)
    with running(tmp_path, "gate", "--base", "HEAD~1", "--bench", "slow") as process:
        wait_for_runs(process, tmp_path / ".groundspeed", 4)
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate()
    assert process.returncode == 130
    assert "Interrupted. What was measured counts: the same command goes on from here." in printed
    before = len(runs(tmp_path / ".groundspeed"))
    assert all(ended(pid) for pid in processes_of(tmp_path))
    found = answer(tmp_path, "--base", "HEAD~1", "--bench", "slow", code=0)
    assert found["processes_on_record"] >= before // 2 * 2


def test_somebody_else_measures(project: tuple[Path, tuple[str, ...]]) -> None:
    root, (base, _) = project
    with file_lock(root / "home" / "groundspeed-measuring.lock"):
        done = groundspeed(root, "gate", "--base", base, "--bench", "Work", code=6)
    assert "Another run holds the lock" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "--base"),
        (("--base", "nope"), 2, "nope"),
        (("--base", "HEAD"), 3, "there is nothing to compare"),
        (("--base", "HEAD~1", "--bench", "("), 2, "no regular expression"),
        (("--base", "HEAD~1", "--bench", "nothing like it"), 3, "No case matches"),
        (("--base", "HEAD~1", "--tolerance", "much"), 2, "--tolerance"),
        (("--base", "HEAD~1", "--head", "HEAD~1", "--worktree"), 2, "--worktree"),
        (("--base", "HEAD~1", "--machine", "nobody"), 2, "nobody"),
    ],
)
def test_wrong_use_is_told_in_a_sentence(
    project: tuple[Path, tuple[str, ...]], arguments: tuple[str, ...], code: int, message: str
) -> None:
    done = groundspeed(project[0], "gate", *arguments, code=code)
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_an_end_that_does_not_build_is_no_answer(tmp_path: Path) -> None:
    make_project(tmp_path, (10, None))
    done = groundspeed(tmp_path, "gate", "--base", "HEAD~1", code=3)
    assert "does not build" in done.stderr
    done = groundspeed(tmp_path, "gate", "--base", "HEAD", "--head", "HEAD~1", code=3)
    assert "There is nothing to compare: base" in done.stderr
