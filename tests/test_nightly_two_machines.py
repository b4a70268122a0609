"""Two machines whose nights run at the same moment: nothing of either is lost, the page is whole, and there
is one issue.

Two clones of one bare repository, each measured as another machine, and their nights in processes of their
own. A hook of the repository holds the first push to a branch until the second one is there as well, so each
branch is raced for. The results are made up, and nothing is left of the budget: what is asked about is what
the nights bring to each other.
"""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from groundspeed.nightly.deploy import site_files
from groundspeed.results.store import ResultStore
from groundspeed.verdicts.triage import NAME as TRIAGE
from groundspeed.verdicts.triage import Decision, Ruling, id_of, read_triage, record
from tests.commands import variables
from tests.notified import TOKEN, Hub, hub_at
from tests.repositories import CommitSpec, git, make_repository
from tests.results_records import MACHINE, PY, T0, benchmark, build, measured, run, session
from tests.test_exchange import values

pytestmark = pytest.mark.slow  # 5 to 15 s: two processes of two nights, and everything they publish

MACHINES = ("ants", "bees")
COUNT, SLOW = 24, 12  # commits, and which of them made it slow
CASE = benchmark("m.time_a")

OURS = """\
[machines.ants]
[machines.bees]

[nightly]
results_branch = "groundspeed-results"
page_branch = "gh-pages"

[notify.github]
repository = "o/n"
api = "{api}"
"""

MEET = """\
#!/bin/sh
# whoever pushes to a branch first waits for the second one: 20 s, for it may have failed
read -r old new ref
mkdir -p "meet/$ref"
: > "meet/$ref/$$"
for look in $(seq 400); do
    [ "$(ls "meet/$ref" | wc -l)" -ge 2 ] && exit 0
    sleep 0.05
done
"""


def value(machine: str, number: int) -> float:
    """Another one for each machine and commit; half as much again from the slow one on."""
    return (1.0 + MACHINES.index(machine)) * (1.0 if number < SLOW else 1.5) + number * 1e-4


def measure(root: Path, machine: str, commits: tuple[str, ...]) -> None:
    """A session of the machine, and that its regression was confirmed there."""
    number = MACHINES.index(machine)
    store = ResultStore(root / "results", {**MACHINE, "machine": machine})
    begun = session(number, [CASE], [PY], commits)
    store.begin(dataclasses.replace(begun, machine=machine))
    for place, commit in enumerate(commits):
        store.add(build(commit))
        at = T0 + timedelta(minutes=place)
        store.add(run(CASE.cases()[0], measured(value(machine, place)), commit, at=at))
    store.close()
    decision = Decision(
        id=id_of(commits[SLOW - 1], commits[SLOW]),
        ruling=Ruling.CONFIRMED,
        base=commits[SLOW - 1],
        head=commits[SLOW],
        cases=(CASE.name,),
        machines=(machine,),
        by=machine,
        at=T0 + timedelta(days=number),
        note="",
    )
    record(root / TRIAGE, decision, locks=root / ".groundspeed" / "locks")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The bare repository `bare.git`, and a clone of each machine, measured there."""
    bare = tmp_path / "bare.git"
    configuration = {"version": 1, "project": "sample", "repo": "."}
    first: Mapping[str, str] = {
        "asv.conf.json": json.dumps(configuration),
        ".gitignore": "/.groundspeed/\n/results/\n/html/\n/home/\n/groundspeed.toml\n",
    }
    specs = [CommitSpec(f"number {number}", {"code.py": f"x = {number}\n"}) for number in range(COUNT)]
    specs[0] = CommitSpec(specs[0].message, {**first, **specs[0].files})
    commits = make_repository(bare, specs, bare=True)
    hook = bare / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(MEET)
    hook.chmod(0o755)
    for machine in MACHINES:
        git(tmp_path, "clone", "--quiet", str(bare), machine)
        measure(tmp_path / machine, machine, commits)
    return tmp_path


def nights(folder: Path, hub: Hub) -> list[dict[str, str]]:
    """A night of each machine at the same time; what each says of its stages."""
    started = []
    for machine in MACHINES:
        root = folder / machine
        (root / "groundspeed.toml").write_text(OURS.format(api=hub.url))
        options = ["nightly", "--machine", machine, "--budget", "0s", "--format", "json"]
        process = subprocess.Popen(
            [sys.executable, "-m", "groundspeed", *options],
            cwd=root,
            env={**variables(root), "GITHUB_TOKEN": TOKEN},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
    said = []
    for process in started:
        out, err = process.communicate()
        assert process.returncode == 0, err + out
        said.append({one["stage"]: one["said"] for one in json.loads(out)["stages"]})
    return said


def branch(folder: Path, name: str) -> set[str]:
    return set(git(folder / "bare.git", "ls-tree", "-r", "--name-only", name).splitlines())


def test_two_machines_push_at_once_and_nothing_is_lost(folder: Path) -> None:
    ours = {machine: values(folder / machine) for machine in MACHINES}
    assert [len(one) for one in ours.values()] == [COUNT, COUNT]
    union = {key: each for one in ours.values() for key, each in one.items()}
    with hub_at() as hub:
        nights(folder, hub)
        assert len([one for one in hub.issues if one["state"] == "open"]) == 1
        pages = [set(site_files(folder / machine / "html")) for machine in MACHINES]
        assert branch(folder, "gh-pages") - {".nojekyll"} in pages

        again = nights(folder, hub)

    assert [values(folder / machine) for machine in MACHINES] == [union, union]
    assert {path for path in branch(folder, "groundspeed-results") if path.endswith(".jsonl.gz")} == {
        f"results/{path.relative_to(folder / machine / 'results')}"
        for machine in MACHINES
        for path in (folder / machine / "results" / machine / "sessions").iterdir()
    }
    for machine in MACHINES:
        decided = read_triage(folder / machine / TRIAGE)
        assert {one.machines for one in decided} == {("ants",), ("bees",)}
    assert len([one for one in hub.issues if one["state"] == "open"]) == 1
    assert again[0]["publish"] == again[1]["publish"]
    arrived = {
        path.name: len(list(path.iterdir())) for path in (folder / "bare.git/meet/refs/heads").iterdir()
    }
    assert min(arrived.values()) >= len(MACHINES)  # both were raced for
    assert set(arrived) == {"groundspeed-results", "gh-pages"}
