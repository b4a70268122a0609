"""Whole nights that fail, with their real parts: the disk fills up, the network is gone, the host goes down.
What was recorded stays, what can be done is done, people are told, and the next night makes up for it.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from groundspeed.config import load
from groundspeed.config.notify import WEBHOOK_URL
from groundspeed.nightly.summary import Ending, Stage
from groundspeed.records import Run, Stop
from groundspeed.results import attempts
from groundspeed.results.attempts import read_attempts
from groundspeed.results.finds import stored_finds
from groundspeed.results.store import ResultStore
from groundspeed.site.pieces.health import OF_THE_HOST
from groundspeed.verdicts.complaints import Kind
from tests.commands import groundspeed, running, runs
from tests.nights import Stages, endings, make_clone, night
from tests.notified import TOKEN, Handler, Hub, hub_at, says, whole
from tests.processes import ended, processes_of, wait_until
from tests.projects import CONFIGURATION, PYPROJECT, commit_of, module
from tests.repositories import CommitSpec, add_commits, git, make_repository
from tests.results_records import MACHINE, PRECISE, PY, benchmark, build, measured, run, session
from tests.small_disk import free, on_a_small_disk

pytestmark = pytest.mark.slow

OURS = """\
[nightly]
results_branch = "groundspeed-results"
page_branch = "gh-pages"

[notify.webhook]
"""
BUDGET = ("--budget", "5m")
FAILED = Ending.FAILED


def commit(size: int) -> CommitSpec:
    return CommitSpec(f"size {size}", {"src/sample/__init__.py": module(size)})


def branch(bare: Path, name: str) -> set[str]:
    return set(git(bare, "ls-tree", "-r", "--name-only", name).splitlines())


def complaints(root: Path) -> list[list[str]]:
    """What the page's box and what programs read complain of that was done on the host, by kind."""
    html, doings = root / "html", {str(one) for one in OF_THE_HOST}
    manifest = json.loads((html / "manifest.json").read_bytes())
    start = json.loads((html / manifest["files"]["start"]).read_bytes())
    summary = json.loads((html / "summary.json").read_bytes())
    said = [start["complaints"], summary["complaints"]]
    return [[one["kind"] for one in each if one["kind"] in doings] for each in said]


# --- the disk -----------------------------------------------------------------------------------------

FILLING = """\
import os
from pathlib import Path

DISK = Path({disk!r})


def track_filling():
    if (DISK / "asked").exists():
        (DISK / "asked").unlink()
        with (DISK / "filler").open("wb") as file:
            room = os.statvfs(DISK)
            os.posix_fallocate(file.fileno(), 0, room.f_bavail * room.f_frsize)
    return 1
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Filled:
    """Three nights: one that was fine, one whose disk filled up in its middle, one with room again."""

    stages: list[Stages]
    noted: list[str]
    told: list[str]
    runs: list[list[Run]]
    page_stood: bool


def test_the_disk_fills_up_in_the_middle_of_a_night(tmp_path: Path) -> None:
    """By what is measured; temporary files would lie on that disk as well."""
    bare = tmp_path / "bare.git"

    def nights(disk: Path) -> Filled:
        root = disk / "project"
        make_clone(root, bare, OURS, work=FILLING.format(disk=str(disk)))
        manifest = root / "html" / "manifest.json"
        with hub_at() as hub:
            more = {WEBHOOK_URL: f"{hub.url}/hook"}
            first, _ = night(root, *BUDGET, more=more)
            recorded, page = [runs(root)], manifest.read_bytes()
            add_commits(bare, [commit(2)])
            (disk / "asked").touch()
            hub.faults += [says(whole(200))] * 2
            second, noted = night(root, *BUDGET, code=1, more=more)
            recorded.append(runs(root))
            page_stood = manifest.read_bytes() == page
            free(disk)
            third, _ = night(root, *BUDGET, more=more)
            recorded.append(runs(root))
        (told,) = [one.content["health"]["troubles"] for one in hub.asked[:1]]
        return Filled(
            stages=[first, second, third],
            noted=noted,
            told=[one["sentence"] for one in told],
            runs=recorded,
            page_stood=page_stood,
        )

    found = on_a_small_disk(tmp_path / "disk", 200_000_000, nights)
    first, second, third = found.stages
    assert FAILED not in endings(first, *Stage), first

    lost = (Stage.NEWEST, Stage.GAPS, Stage.SEND, Stage.PUBLISH, Stage.DEPLOY, Stage.NOTIFY)
    assert endings(second, *lost) == [FAILED] * len(lost), second
    assert FAILED not in endings(second, *(one for one in Stage if one not in lost)), second
    for one in (Stage.NEWEST, Stage.PUBLISH, Stage.NOTIFY):
        assert "could not be written: No space left on device" in second[one]["said"]
    assert "git cannot write there" in second[Stage.SEND]["said"]
    assert any(one.startswith("the summary cannot be kept") for one in found.noted)
    assert any("The night could not measure the newest" in one for one in found.told)
    assert found.page_stood

    before, during, after = found.runs
    assert during[: len(before)] == before
    assert after[: len(during)] == during
    assert len({one.commit for one in after}) == len(after) == 2, "nothing is measured twice"
    assert FAILED not in endings(third, *Stage), third
    assert third[Stage.PUBLISH]["said"].startswith("1 series of 2 commits")
    assert "manifest.json" in branch(bare, "gh-pages")


# --- the network --------------------------------------------------------------------------------------


def test_the_network_is_gone_for_a_night(tmp_path: Path) -> None:
    """What is here is measured and published, and the page says what failed; the next night sends it all."""
    root, bare = tmp_path / "project", tmp_path / "bare.git"
    make_clone(root, bare, OURS)
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        gone = f"http://127.0.0.1:{nobody.getsockname()[1]}/bare.git"
    git(root, "remote", "set-url", "origin", gone)
    with hub_at() as hub:
        more = {WEBHOOK_URL: f"{hub.url}/hook"}
        hub.faults += [says(whole(200))] * 2
        first, _ = night(root, *BUDGET, code=1, more=more)

        lost = (Stage.FETCH, Stage.BRING, Stage.SEND, Stage.DEPLOY)
        assert [one for one in Stage if first[one]["ending"] == FAILED] == list(lost)
        assert all("Check the network" in first[one]["said"] for one in lost[:2])
        assert [first[one]["said"] for one in lost[2:]] == ["as bring results"] * 2
        assert first[Stage.NEWEST]["said"] == "5 cases measured at 1 commit"
        assert complaints(root) == [[Kind.ATTEMPT, Kind.NIGHT]] * 2
        assert "unhealthy" in (root / "html" / "badge.svg").read_text()
        told = [one["sentence"].split(":")[0] for one in hub.asked[0].content["health"]["troubles"]]
        assert "The night could not fetch commits" in told
        assert len(told) == 3, "each trouble once: the exchange and the deployment as health has them"

        git(root, "remote", "set-url", "origin", str(bare))
        measured = runs(root)
        second, _ = night(root, *BUDGET, more=more)

    assert FAILED not in endings(second, *Stage), second
    assert runs(root) == measured
    assert "manifest.json" in branch(bare, "gh-pages")
    sessions = {f"results/{one.relative_to(root / 'results')}" for one in root.glob("results/*/sessions/*")}
    assert sessions <= branch(bare, "groundspeed-results")
    assert complaints(root) == [[Kind.ATTEMPT]] * 2  # as of publishing: of the deployment before
    groundspeed(root, "health")
    night(root, "--budget", "0s", more=more)
    assert complaints(root) == [[]] * 2
    assert "unhealthy" not in (root / "html" / "badge.svg").read_text()


# --- the host -----------------------------------------------------------------------------------------

STEPS = """\
import signal
from pathlib import Path

import sample

FOLDER = Path({folder!r})


def track_steps():
    if (FOLDER / "hold").exists():
        (FOLDER / "held").touch()
        signal.pause()
    return sample.steps(100)


track_steps.unit = "steps"
track_steps.version = "1"
track_steps.timeout = 2  # a worker whose night is gone ends with the case that it is at
"""

ANTS = """\
[machines.ants]

[nightly]
results_branch = "groundspeed-results"
page_branch = "gh-pages"

[notify.github]
repository = "o/n"
api = "{api}"
"""

HOOK = """\
#!/bin/sh
while read -r old new ref; do
    if [ "$ref" = refs/heads/gh-pages ] && [ -e ../hold ]; then
        : > ../held
        read -r answer < ../never
    fi
done
"""
"""Whoever pushes the page waits for a word that nobody says."""

QUIET, AFTER = 12, 6
STEPS_CASE = benchmark("work.track_steps", version="1", kind="track", unit="steps")


def slow_merge() -> list[CommitSpec]:
    """Quiet commits, then a branch whose second commit is slow is merged, and some more."""
    quiet = [commit_of(number, 10) for number in range(QUIET)]
    topic = [commit_of(QUIET + n, factor, branch="topic") for n, factor in enumerate((10, 20, 20))]
    merge = commit_of(QUIET + 2, 20, parents=(QUIET - 1, QUIET + 2))
    return [*quiet, *topic, merge, *(commit_of(QUIET + 3 + number, 20) for number in range(AFTER))]


def made(folder: Path, api: str) -> Path:
    """A clone whose main is measured: made values, the same that measuring gives."""
    first = {
        ".gitignore": "/.groundspeed/\n/results/\n/html/\n/home/\n/groundspeed.toml\n/triage.toml\n",
        "asv.conf.json": json.dumps(CONFIGURATION),
        "benchmarks/__init__.py": "",
        "benchmarks/work.py": STEPS.format(folder=str(folder)),
        "pyproject.toml": PYPROJECT,
    }
    commits = slow_merge()
    commits[0] = CommitSpec(commits[0].message, {**first, **commits[0].files})
    hashes = make_repository(folder / "bare.git", commits, bare=True)
    git(folder, "clone", "--quiet", str(folder / "bare.git"), "project")
    root = folder / "project"
    (root / "groundspeed.toml").write_text(ANTS.format(api=api))
    main = [*hashes[:QUIET], *hashes[QUIET + 3 :]]
    store = ResultStore(root / "results", {**MACHINE, "machine": "ants"})
    store.begin(replace(session(1, [STEPS_CASE], [PY], main, PRECISE), machine="ants"))
    for number, one in enumerate(main):
        store.add(build(one))
        value = 1000.0 if number < QUIET else 2000.0
        outcome = measured(value, number=None)
        store.add(run(STEPS_CASE.cases()[0], outcome, one, version="1", stop=Stop.STATED))
    store.close()
    hook = folder / "bare.git" / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(HOOK)
    hook.chmod(0o755)
    os.mkfifo(folder / "never")
    return root


NIGHT = ("nightly", "--machine", "ants", "--budget")
TELLING = {"GITHUB_TOKEN": TOKEN}


def killed_after(root: Path, number: int, budget: str, held: Callable[[], bool]) -> None:
    """A night that is killed with all it started: in the stage after so many, as soon as it is ``held``."""
    with running(root, *NIGHT, budget, more=TELLING) as process:
        assert process.stderr is not None
        assert any(line.startswith(f"{number:>2}/13") for line in process.stderr)
        (root.parent / "hold").touch()
        wait_until(held, process)
        os.killpg(process.pid, signal.SIGKILL)
    for name in ("hold", "held"):
        (root.parent / name).unlink(missing_ok=True)
    assert all(ended(one) for one in processes_of(root))


def test_the_host_goes_down_in_every_stage_that_explains_or_tells(tmp_path: Path) -> None:
    """Night after night; each goes on where the one before was killed, and the last one ends it all."""
    with hub_at() as hub:
        root = made(tmp_path, hub.url)
        workspace, held = load(root).workspace, (tmp_path / "held").exists

        def publishing() -> bool:
            begun = [one for one in read_attempts(workspace) if one.stage is attempts.Stage.PUBLISH]
            return any(one.ended_at is None for one in begun)

        for stages in (5, 6, 7):  # confirm suspects, find culprits, profile culprits
            killed_after(root, stages, "5m", held)
        killed_after(root, 10, "0s", publishing)
        killed_after(root, 11, "0s", held)  # deploy: the page is on its way
        assert not (root / "html" / ".nojekyll").exists()
        with pytest.raises(AssertionError):
            branch(tmp_path / "bare.git", "gh-pages")
        with running(root, *NIGHT, "0s", more=TELLING) as process:
            hub.faults.append(lambda handler: answered_until_the_issue(hub, handler, process))
            process.wait()
        assert len(hub.issues) == 1

        stages_, _ = night(root, *NIGHT[1:], "5m", more=TELLING)

        assert FAILED not in endings(stages_, *Stage), stages_
        assert [one["state"] for one in hub.issues] == ["open"]
    slow = git(tmp_path / "bare.git", "rev-parse", "topic~1")
    culprits = [one.found.culprit for one in stored_finds(root / "results") if one.found is not None]
    assert [one.commit.hash for one in culprits if one is not None][-1:] == [slow]
    assert list(root.glob(f"results/ants/profiles/{slow[:8]}/*.cpu.gz"))
    assert "manifest.json" in branch(tmp_path / "bare.git", "gh-pages")
    assert list(root.rglob(".groundspeed-*.tmp")) == []


def answered_until_the_issue(hub: Hub, handler: Handler, process: subprocess.Popen[str]) -> None:
    """As ever, but that who opened the issue is gone when the answer comes."""
    status, content = hub.answer(hub.asked[-1])
    if hub.asked[-1].method == "POST":
        os.killpg(process.pid, signal.SIGKILL)
    else:
        hub.faults.append(lambda another: answered_until_the_issue(hub, another, process))
        says(whole(status, json.dumps(content).encode()))(handler)
