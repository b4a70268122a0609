"""`groundspeed find` as a user types it: real git, real environments, real workers, real kills."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from groundspeed.records import Run
from groundspeed.results.finds import FindFormatError, find_paths, read_find
from groundspeed.results.lock import file_lock
from tests.commands import groundspeed, running
from tests.processes import wait_until
from tests.projects import BROKEN_PYPROJECT, PYPROJECT, make_project, module
from tests.repositories import CommitSpec, add_commits

LOOP = """\
import sample

def time_loop():
    sample.work(30)

def track_fails():
    if sample.SIZE == 2000:
        raise ValueError("too large")
    return sample.SIZE

def track_size():
    return sample.SIZE
track_size.unit = "bytes"
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[str, ...]]:
    """Seven commits on a line: the fifth does not build, the sixth is a merge whose second commit of three
    doubles what a loop takes; everything else changes nothing."""
    root = tmp_path_factory.mktemp("searched")
    first = make_project(root, (1000,), loop=LOOP)
    more = [
        CommitSpec(f"note {at}", {"src/sample/__init__.py": f"{module(1000)}# {at}\n"}) for at in range(3)
    ]
    more.append(CommitSpec("another backend", {"pyproject.toml": BROKEN_PYPROJECT}))
    more += [
        CommitSpec("topic 0", {"src/sample/__init__.py": module(1000) + "# 0\n"}, "topic", (2,)),
        CommitSpec("topic 1", {"src/sample/__init__.py": module(2000)}, "topic"),
        CommitSpec("topic 2", {"src/sample/__init__.py": module(2000) + "# 2\n"}, "topic"),
    ]
    mended = {"src/sample/__init__.py": module(2000) + "# 2\n", "pyproject.toml": PYPROJECT}
    more.append(CommitSpec("Merge topic", mended, "main", (3, 6)))
    more.append(CommitSpec("last", {"src/sample/__init__.py": module(2000) + "# last\n"}))
    return root, (*first, *add_commits(root, more))


def answer(root: Path, *arguments: str, code: int) -> dict[str, Any]:
    done = groundspeed(root, "find", *arguments, "--format", "json", code=code)
    found: dict[str, Any] = json.loads(done.stdout)
    assert (found["schema"], found["version"], found["exit_code"]) == ("groundspeed-find", 1, code)
    return found


def journals(root: Path) -> list[Path]:
    (machine,) = (root / "results").glob("*/finds")
    return find_paths(machine.parent)


def test_since_which_commit_it_fails(project: tuple[Path, tuple[str, ...]]) -> None:
    """And once more: what is on record is told, and nothing is measured."""
    root, hashes = project
    (row,) = answer(root, f"{hashes[5]}..topic", "track_fails", code=1)["rows"]
    culprit = row["culprit"]
    assert culprit["commit"]["hash"] == hashes[6]
    assert culprit["change"] == "fails from there on"
    assert culprit["said"] == "ValueError: too large"
    assert culprit["files"] == ["src/sample/__init__.py"]
    assert culprit["commit"]["author"] == "Ada Lovelace"
    said = groundspeed(root, "find", f"{hashes[5]}..topic", "track_fails", code=1).stdout
    assert "on record (--again searches anew)" in said
    assert f"why      git show {hashes[6][:8]}" in said


@pytest.mark.slow
def test_since_which_commit_of_a_merge_it_fails(project: tuple[Path, tuple[str, ...]]) -> None:
    root, hashes = project
    said = groundspeed(root, "find", f"{hashes[0]}..main", "track_fails", code=1).stdout
    assert f"{hashes[6][:8]} broke it: ValueError: too large" in said
    assert f"merged   by {hashes[8][:8]} Merge topic" in said


def test_what_is_asked_wrongly_is_said(project: tuple[Path, tuple[str, ...]]) -> None:
    root, hashes = project
    assert "names no commit" in groundspeed(root, "find", "nowhere..main", "loop", code=2).stderr
    assert "holds no commit" in groundspeed(root, "find", "main..main", "loop", code=2).stderr
    assert "is no regular expression" in groundspeed(root, "find", "main", "(", code=2).stderr
    assert "exclude" in groundspeed(root, "find", "main", "x", "--worse", "--better", code=2).stderr
    near = groundspeed(root, "find", "main^..main", "loop.tim_loop", code=2).stderr
    assert "No case matches loop.tim_loop. Did you mean loop.time_loop" in near
    metric = groundspeed(root, "find", "main^..main", "track_size", "--metric", "p99", code=2).stderr
    assert "loop.track_size has no metric p99" in metric
    again = groundspeed(root, "find", "main^..main", "track_size", "--metric", "p99", code=2).stderr
    assert "loop.track_size has no metric p99" in again
    broken = groundspeed(root, "find", f"{hashes[0]}..{hashes[4]}", "loop", code=3).stderr
    assert f"The new end {hashes[4][:8]} (another backend) does not build" in broken


def test_another_run_holds_the_lock(project: tuple[Path, tuple[str, ...]]) -> None:
    root, _ = project
    with file_lock(root / ".groundspeed" / "locks" / "results"):
        assert "holds the lock" in groundspeed(root, "find", "main", "track_size", code=6).stderr


@pytest.mark.slow
@pytest.mark.slow
def test_a_slowdown_inside_a_merge_is_found_after_a_kill(project: tuple[Path, tuple[str, ...]]) -> None:
    """Killed with SIGKILL as soon as five processes are on record; then it goes on."""
    root, hashes = project
    asked = (f"{hashes[0]}..main", "time_loop")
    before = set(journals(root)) if (root / "results").is_dir() else set()
    with running(root, "find", *asked) as process:
        wait_until(lambda: len(runs(root, before)) >= 5, process)
        process.send_signal(signal.SIGKILL)
    known = runs(root, before)
    (row,) = answer(root, *asked, code=1)["rows"]
    assert (row["culprit"]["commit"]["hash"], row["culprit"]["change"]) == (hashes[6], "worse")
    assert row["culprit"]["check"]["ratio"][0] > 1.0
    assert runs(root, before)[: len(known)] == known
    assert row["builds"] <= 12
    assert not list((root / "results").glob("*/finds/*.json"))  # asv reads every such file


def runs(root: Path, before: set[Path]) -> list[Run]:
    """The processes on record of the first search that is not of ``before``."""
    new = sorted(set((root / "results").glob("*/finds/*.jsonl")) - before)
    try:
        return [one.item for one in read_find(new[0]).entries if isinstance(one.item, Run)] if new else []
    except FindFormatError:
        return []  # its header is being written
