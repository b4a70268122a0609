"""Secrets: from the environment alone, in no text of ours, and out of sight of builds and benchmarks."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

from groundspeed.config.notify import SECRETS
from groundspeed.config.project import read_project
from groundspeed.errors import ConfigError
from groundspeed.nightly.notifying.secrets import NotifyError, Secrets
from groundspeed.profiling.tools import NoToolError, tools_folder
from groundspeed.records import Measured
from groundspeed.suite.isolation import build_variables, read_inventory, worker_variables
from tests.commands import runs, variables
from tests.projects import PYPROJECT, make_project
from tests.repositories import CommitSpec, add_commits

SECRET = "ghp_thisMustNotBeSeen"

# Looks wherever measured code can without tricks: its own variables, and those of every process above it.
LOOK = f"""\
import os

def look():
    seen, read, pid = 0, 0, os.getpid()
    while pid > 1:
        try:
            block = open(f"/proc/{{pid}}/environ", "rb").read()
        except OSError:
            break
        read += b"PATH=" in block
        seen += {SECRET.encode()!r} in block
        pid = int(open(f"/proc/{{pid}}/stat").read().rpartition(")")[2].split()[1])
    return seen + ({SECRET!r} in repr(dict(os.environ))), read
"""
BACKEND = f"""\
from hatchling.build import *
{LOOK}
seen, read = look()
if seen or read < 2:
    raise SystemExit(f"the build saw the secret {{seen}} times in {{read}} processes")
"""
BENCHMARK = f"""\
{LOOK}
def track_seen():
    return look()[0]

def track_read():
    return look()[1]
"""
IN_TREE = PYPROJECT.replace(
    'build-backend = "hatchling.build"', 'build-backend = "nosy"\nbackend-path = ["."]'
)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems show no process's variables")
def test_a_real_build_and_a_real_benchmark_find_no_secret(tmp_path: Path) -> None:
    make_project(tmp_path, (1,), nosy=BENCHMARK)
    add_commits(tmp_path, [CommitSpec("look around", {"nosy.py": BACKEND, "pyproject.toml": IN_TREE})])
    command = [sys.executable, "-m", "groundspeed", "run", "--bench", "nosy", "--quick"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**variables(tmp_path), **dict.fromkeys(SECRETS, SECRET)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = {one.case.benchmark: one.outcome for one in runs(tmp_path)}
    values = {name: one.samples for name, one in found.items() if isinstance(one, Measured)}
    assert set(values["nosy.track_seen"]) == {0.0}
    assert min(values["nosy.track_read"]) >= 2  # itself and the program above it: the look is no empty one
    written = [path for path in (tmp_path / "results").rglob("*") if path.is_file()]
    assert written
    assert not any(SECRET.encode() in path.read_bytes() for path in written)


def test_an_interpreter_that_is_asked_about_itself_sees_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is installed in an environment runs when its interpreter starts; installers start it as well."""
    seen, asked = tmp_path / "seen", tmp_path / "python"
    asked.write_text(f"#!/bin/sh\nenv >>{seen}\necho cpython-308-elsewhere\n")
    asked.chmod(0o700)
    monkeypatch.setenv("GITHUB_TOKEN", SECRET)
    with pytest.raises(NoToolError):
        tools_folder("memory", asked, tmp_path, {**variables(tmp_path), "GITHUB_TOKEN": SECRET})
    with pytest.raises(ConfigError, match="is no Python that runs"):
        read_inventory(asked)
    assert seen.read_text().count("PWD=") >= 3  # the ABI, the installer's look, the inventory's
    assert SECRET not in seen.read_text()


def test_the_program_itself_keeps_its_secrets_and_hands_them_to_its_own_children() -> None:
    """git's credential helpers read GITHUB_TOKEN: taken out of view is not taken away."""
    code = (
        "import os, subprocess\n"
        "from groundspeed.suite.isolation import withdraw_from_view\n"
        "withdraw_from_view(['GITHUB_TOKEN', 'NOT_SET'])\n"
        "child = subprocess.run(['sh', '-c', 'echo $GITHUB_TOKEN'], capture_output=True, text=True)\n"
        "block = open('/proc/self/environ', 'rb').read() if os.path.exists('/proc/self/environ') else b''\n"
        "print(os.environ['GITHUB_TOKEN'], child.stdout.strip(), b'ghp_' in block)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "GITHUB_TOKEN": SECRET},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [SECRET, SECRET, "False"]


@pytest.mark.parametrize("name", SECRETS)
def test_no_secret_is_on_a_list_of_variables(name: str, tmp_path: Path) -> None:
    outer = {name: SECRET, "UV_PUBLISH_TOKEN": SECRET, "PATH": "/bin"}
    for seen in (worker_variables(outer, tmp_path, ()), build_variables(outer, tmp_path, ())):
        assert SECRET not in seen.values()
        assert seen["PATH"] == "/bin"


@pytest.mark.parametrize("name", SECRETS)
def test_no_secret_can_be_passed_on(name: str, tmp_path: Path) -> None:
    (tmp_path / "groundspeed.toml").write_text(f'[environment]\npass = ["HF_HOME", "{name}"]\n')
    with pytest.raises(ConfigError, match=f'"environment.pass" names {name}'):
        read_project(tmp_path)


def test_secrets_are_in_no_text() -> None:
    secrets = Secrets.of({"GITHUB_TOKEN": f"{SECRET}\n", "GROUNDSPEED_SMTP_PASSWORD": "  ", "HOME": "/x"})
    assert secrets.get("GROUNDSPEED_GITHUB_TOKEN", "GITHUB_TOKEN") == SECRET
    assert SECRET not in repr(secrets)
    encoded = base64.b64encode(SECRET.encode()).decode()
    assert secrets.redacted(f"Bearer {SECRET}; {encoded}; /x") == "Bearer ***; ***; /x"
    with pytest.raises(NotifyError, match="GROUNDSPEED_SMTP_PASSWORD is not set"):
        secrets.get("GROUNDSPEED_SMTP_PASSWORD")


@pytest.mark.parametrize("value", ["two\nlines", "null\0", "naïve", "tab\tbed"])
def test_what_no_header_may_have_is_refused_without_being_shown(value: str) -> None:
    with pytest.raises(NotifyError, match="GITHUB_TOKEN holds characters") as caught:
        Secrets.of({"GITHUB_TOKEN": value})
    assert value not in str(caught.value)
