"""Builds that are ended: by Ctrl-C, by kill -9 of the tool, by whoever asks no further. Real processes."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from groundspeed import config
from groundspeed.suite import cache
from groundspeed.suite.building import failure_text
from groundspeed.suite.environments import Environments, Prepared
from tests.processes import PATIENCE_S, ended
from tests.projects import CONFIGURATION, PYPROJECT, module
from tests.repositories import CommitSpec, git_environment, make_repository
from tests.wheelhouse import offline_environment

# Starts something beside it in a process group of its own; both say that they have begun, and never end.
ENDLESS = """\
import os, subprocess, sys, time
if sys.argv[1:] != ["beside"]:
    subprocess.Popen([sys.executable, __file__, "beside"], preexec_fn=lambda: os.setpgid(0, 0))
with open(os.environ["STARTED"], "w") as line:
    line.write("begun\\n")
time.sleep(3600)
"""
PREPARE = """\
import os, sys
from pathlib import Path
from groundspeed import config
from groundspeed.suite.environments import Environments
environments = Environments(config.load(Path(sys.argv[1])), os.environ)
(environment,) = environments.matrix()
for made in environments.prepare_many([(commit, environment) for commit in sys.argv[2:]], workers=2):
    print(made, flush=True)
"""


@pytest.fixture
def hashes(tmp_path: Path) -> tuple[str, ...]:
    """Two commits whose builds never end: each writes to the fifo `started` when it has begun."""
    os.mkfifo(tmp_path / "started")
    first = {
        ".gitignore": "/.groundspeed/\n/started\n",
        "asv.conf.json": json.dumps({**CONFIGURATION, "build_command": ["python {build_dir}/endless.py"]}),
        "groundspeed.toml": '[environment]\npass = ["STARTED"]\n',
        "benchmarks/__init__.py": "",
        "pyproject.toml": PYPROJECT,
        "src/sample/__init__.py": module(1),
        "endless.py": ENDLESS,
    }
    return make_repository(
        tmp_path, [CommitSpec("one", first), CommitSpec("two", {"src/sample/__init__.py": module(2)})]
    )


def wait_for_lines(fifo: Path, count: int) -> None:
    """Wait until so many lines came, whoever wrote them; opened for both, so that no writer waits."""
    descriptor, said = os.open(fifo, os.O_RDWR), b""
    try:
        while said.count(b"\n") < count:
            assert select.select([descriptor], [], [], PATIENCE_S)[0], f"only {said!r}"
            said += os.read(descriptor, 100)
    finally:
        os.close(descriptor)


@pytest.fixture
def tool(tmp_path: Path, hashes: tuple[str, ...]) -> Iterator[subprocess.Popen[str]]:
    """The tool, with both builds begun."""
    variables = {**git_environment(), **offline_environment(), "STARTED": str(tmp_path / "started")}
    process = subprocess.Popen(
        [sys.executable, "-c", PREPARE, str(tmp_path), *hashes],
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            wait_for_lines(tmp_path / "started", 2 * len(hashes))
            yield process
        finally:
            if process.poll() is None:
                process.kill()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill -9"])
def test_nothing_of_a_build_goes_on_without_the_tool(
    tmp_path: Path, tool: subprocess.Popen[str], how: signal.Signals
) -> None:
    running = [one.pid for one in psutil.Process(tool.pid).children(recursive=True)]
    assert len(running) >= 6, "a builder, what it builds with and what that left beside it, twice"
    tool.send_signal(how)
    out, err = tool.communicate()
    assert tool.returncode == -how, err
    assert out == ""
    assert all(ended(pid) for pid in running)
    if how is signal.SIGINT:
        assert not list(cache.environments_folder(tmp_path / ".groundspeed").glob("*/*"))


def test_the_next_run_goes_on_where_a_kill_left_folders(
    tmp_path: Path, tool: subprocess.Popen[str], hashes: tuple[str, ...]
) -> None:
    running = [one.pid for one in psutil.Process(tool.pid).children(recursive=True)]
    tool.kill()
    tool.communicate()
    assert all(ended(pid) for pid in running)
    assert len(list(cache.environments_folder(tmp_path / ".groundspeed").glob("*/*"))) == 2
    (tmp_path / "asv.conf.json").write_text(json.dumps(CONFIGURATION))
    environments = Environments(config.load(tmp_path), {**os.environ, **offline_environment()})
    (environment,) = environments.matrix()
    assert isinstance(environments.prepare(hashes[0], environment), Prepared)
    environments.close()
    assert [one.commit for one in cache.stock(tmp_path / ".groundspeed").environments] == [hashes[0]]


def test_who_asks_no_further_ends_what_is_being_made(tmp_path: Path) -> None:
    """What was being made is ended, and nobody takes that for a commit that does not build."""
    source = "src/sample/__init__.py"
    first = {
        ".gitignore": "/.groundspeed/\n",
        "asv.conf.json": json.dumps(CONFIGURATION),
        "benchmarks/__init__.py": "",
        "pyproject.toml": PYPROJECT,
        source: module(1),
    }
    hashes = make_repository(tmp_path, [CommitSpec("1", first), CommitSpec("2", {source: module(2)})])
    environments = Environments(config.load(tmp_path), {**os.environ, **offline_environment()})
    (environment,) = environments.matrix()
    several = environments.prepare_many([(commit, environment) for commit in hashes], workers=2)
    made = next(several)
    assert isinstance(made.result, Prepared), made
    several.close()  # type: ignore[attr-defined]  # a generator, promised as an iterator
    other = next(one for one in hashes if one != made.commit)
    again = environments.prepare(other, environment)
    assert isinstance(again, Prepared), again


@pytest.mark.parametrize(
    ("text", "advised"),
    [
        ("error: error sending request for url (https://x/simple/a/)", True),
        ("fatal: unable to access 'https://x/': Could not resolve host: x", True),
        ("ERROR: Failed to establish a new connection: [Errno 111]", True),
        ("ReadTimeoutError: HTTPConnectionPool(host='x', port=80): Read timed out. (read timeout=1.0)", True),
        ("error: command 'gcc' failed with exit code 1", False),
    ],
)
def test_a_lost_network_is_told_from_code_that_does_not_build(text: str, advised: bool) -> None:
    said = failure_text({"failure": text}, "log", str.upper)
    assert said.startswith(f"LOG\n{text.upper()}")
    assert ("with the network back, add --retry" in said.splitlines()[-1]) is advised


def test_the_end_of_a_long_log_is_kept_and_no_half_of_a_path() -> None:
    said = failure_text({}, "/secret/place " * 2000, lambda text: text.replace("/secret/place", "{place}"))
    assert len(said) == 12_000
    assert "secret" not in said
    assert said.endswith("the build ended without an answer")
