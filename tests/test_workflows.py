"""The workflows: what a stranger's code may reach, and that every command in them can be typed.

Their schema, and what else is known to go wrong with workflows, is the business of tox's `lint`.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # PyYAML carries no types

from groundspeed.config import load
from tests.test_docs import commands

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))
TOKEN = re.compile(r"github\.token|secrets\.")
MEASURES = re.compile(r"groundspeed (run|gate|find|baseline|nightly)\b|make (history|test)|\.ci/run")
PUSHES = re.compile(r"groundspeed deploy")


def workflow(name: str) -> Any:
    return yaml.safe_load((FOLDER / f"{name}.yml").read_text(encoding="utf-8"))


def jobs() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for file in FILES:
        for name, job in yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"].items():
            yield file.stem, name, job


def steps() -> Iterator[tuple[str, dict[str, Any]]]:
    for file, name, job in jobs():
        for step in job.get("steps", []):
            yield f"{file}.{name}", step


def triggers(name: str) -> dict[str, Any]:
    return dict(workflow(name)[True])  # YAML 1.1 reads the key "on" as true


def test_there_are_the_five() -> None:
    assert [file.stem for file in FILES] == ["ci", "comment", "nightly", "pages", "pull-request"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_nobody_has_a_right_that_is_not_named(file: Path) -> None:
    """Without `permissions` a token may do whatever the repository's settings say."""
    granted = yaml.safe_load(file.read_text(encoding="utf-8"))["permissions"]
    assert granted in ({}, {"contents": "read"})


def test_a_pull_request_waits_for_a_person_before_it_gets_a_machine_of_ours() -> None:
    found = [
        (file, name, job)
        for file, name, job in jobs()
        if "self-hosted" in str(job.get("runs-on")) and "pull_request" in triggers(file)
    ]
    assert [(file, name) for file, name, _ in found] == [("pull-request", "gate")]
    for _, _, job in found:
        assert job["environment"] == "measure-pull-requests"
        assert job["needs"] == "guarded"
        assert job["permissions"] == {"contents": "read"}
    assert "required_reviewers" in str(workflow("pull-request")["jobs"]["guarded"])


def test_no_workflow_runs_a_stranger_s_code_with_the_rights_of_the_repository() -> None:
    assert all("pull_request_target" not in triggers(file.stem) for file in FILES)
    assert TOKEN.search(json.dumps(workflow("pull-request")["jobs"]["gate"])) is None
    for step in workflow("comment")["jobs"]["comment"]["steps"]:
        given = step.get("with", {})
        assert "ref" not in given  # the default branch alone
        assert "repository" not in given


def test_what_measures_sees_no_token() -> None:
    measuring = [(where, step) for where, step in steps() if MEASURES.search(step.get("run", ""))]
    assert {where for where, _ in measuring} == {"ci.test", "nightly.measure", "pull-request.gate"}
    for where, step in measuring:
        assert TOKEN.search(json.dumps(step)) is None, where
    for _, _, job in jobs():
        assert TOKEN.search(json.dumps(job.get("env", {}))) is None
    for where, step in steps():
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False, where  # else it lies in .git/config


def test_what_comes_from_an_event_is_never_part_of_a_command() -> None:
    """A branch may be called `$(curl evil)`: such words come as variables."""
    for where, step in steps():
        assert "${{" not in step.get("run", ""), where


def test_actions_are_named_by_their_content() -> None:
    for where, step in steps():
        if "uses" in step:
            assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", step["uses"]), where


def test_machines_are_those_of_our_configuration() -> None:
    profiles = set(load(ROOT).project.machines)
    nightly = workflow("nightly")["jobs"]["measure"]["strategy"]["matrix"]["machine"]
    (gate,) = set(workflow("pull-request")["jobs"]["gate"]["runs-on"]) - {"self-hosted", "linux"}
    assert {*nightly, gate} <= profiles


def test_one_stage_of_the_night_that_fails_costs_no_other() -> None:
    every = workflow("nightly")["jobs"]["measure"]["steps"]
    (at,) = [place for place, step in enumerate(every) if MEASURES.search(step.get("run", ""))]
    after = every[at + 1 :]
    assert [step["name"] for step in after][-1] == "Health"
    assert {step["if"] for step in after} == {"${{ !cancelled() }}"}


def typed() -> Iterator[tuple[str, list[str]]]:
    """The groundspeed commands of the workflows, as words."""
    for where, step in steps():
        text = step.get("run", "").replace("\\\n", " ").replace('"$(git merge-base "$BASE" HEAD)"', "BASE")
        for line in text.splitlines():
            words = shlex.split(line, comments=True)
            at = next((n for n, word in enumerate(words) if word.rsplit("/", 1)[-1] == "groundspeed"), None)
            if at is not None:
                end = next((n for n, word in enumerate(words) if word in ("|", "||")), len(words))
                yield where, ["groundspeed", *words[at + 1 : end]]


def test_every_command_can_be_typed() -> None:
    known = commands()
    found = list(typed())
    assert {words[1] for _, words in found} >= {"nightly", "deploy", "notify", "health", "gate"}
    for where, words in found:
        depth = max(n for n in range(1, len(words) + 1) if tuple(words[:n]) in known)
        assert depth > 1, (where, words)
        options = {word.partition("=")[0] for word in words[depth:] if word.startswith("--")}
        assert options <= known[tuple(words[:depth])], (where, words)


def test_the_token_is_git_s_alone() -> None:
    """What the wrapped command sees: a header for one host, and no variable with the token itself."""
    script = "import json, os; print(json.dumps(dict(os.environ)))"
    environment = {
        "PATH": os.environ["PATH"],
        "TOKEN": "ghs_secret",
        "GITHUB_SERVER_URL": "https://git.example.org",
    }
    done = subprocess.run(
        [ROOT / ".github" / "with-token", sys.executable, "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    seen = json.loads(done.stdout)
    assert "TOKEN" not in seen
    assert "ghs_secret" not in done.stdout
    assert seen["GIT_CONFIG_KEY_0"] == "http.https://git.example.org/.extraheader"
    kind, _, value = seen["GIT_CONFIG_VALUE_0"].removeprefix("AUTHORIZATION: ").partition(" ")
    assert (kind, base64.b64decode(value)) == ("basic", b"x-access-token:ghs_secret")
    told = subprocess.run(
        [
            ROOT / ".github" / "with-token",
            "git",
            "config",
            "--get-urlmatch",
            "http.extraheader",
            "https://git.example.org/a/b.git",
        ],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == seen["GIT_CONFIG_VALUE_0"]
