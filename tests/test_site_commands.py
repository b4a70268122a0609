"""`groundspeed publish` and `groundspeed preview`, as a user types them, on results as asv writes them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from groundspeed.records import CarriedOver, Case
from groundspeed.results.sessions import FOLDER, SessionWriter
from tests.inside import inside
from tests.processes import wait_until
from tests.repositories import CommitSpec, make_repository
from tests.results_records import benchmark, run, session
from tests.site_shards import decode

BENCHMARK = {
    "code": "def time_walk(n): walk(n)",
    "name": "walks.time_walk",
    "param_names": ["n"],
    "params": [["1", "20"]],
    "rounds": 2,
    "timeout": 60.0,
    "type": "time",
    "unit": "seconds",
    "version": "one",
}
COLUMNS = "result params version started_at duration stats_ci_99_a stats_ci_99_b".split()
ENVIRONMENT = "virtualenv-py3.11"


def make_project(root: Path, subjects: tuple[str, ...] = ("first", "second", "third")) -> tuple[str, ...]:
    """A repository with results of every commit: the second case fails at the last one."""
    hashes = make_repository(root, [CommitSpec(subject, {"walks.py": subject}) for subject in subjects])
    configuration = {
        "version": 1,
        "project": "walks",
        "repo": ".",
        "show_commit_url": "https://example.org/c/",
    }
    write(root / "asv.conf.json", configuration)
    write(root / "results" / "benchmarks.json", {"version": 2, "walks.time_walk": BENCHMARK})
    write(root / "results" / "camel" / "machine.json", {"version": 1, "machine": "camel", "cpu": "one hump"})
    for place, commit in enumerate(hashes):
        value = 0.25 + place / 100
        values = [value, None if place == len(hashes) - 1 else 2 * value]
        low = [value - 0.01, None if values[1] is None else values[1] - 0.01]
        high = [value + 0.01, None if values[1] is None else values[1] + 0.01]
        row = [values, [["1", "20"]], "one", 1700000000000, 1.5, low, high]
        write(
            root / "results" / "camel" / f"{commit[:8]}-{ENVIRONMENT}.json",
            {
                "version": 2,
                "commit_hash": commit,
                "date": 1704110400000 + place * 3600000,
                "env_name": ENVIRONMENT,
                "env_vars": {},
                "params": {"machine": "camel", "cpu": "one hump"},
                "python": "3.11",
                "requirements": {},
                "durations": {},
                "result_columns": COLUMNS,
                "results": {"walks.time_walk": row},
            },
        )
    return hashes


def write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def read(html_dir: Path, key: str) -> Any:
    manifest = json.loads((html_dir / "manifest.json").read_text())
    return json.loads((html_dir / manifest["files"][key]).read_text())


def test_publish_writes_the_results_of_asv_with_the_repository_s_subjects(tmp_path: Path) -> None:
    hashes = make_project(tmp_path)
    done = inside(tmp_path, "publish")
    assert done.stderr == ""
    html_dir = tmp_path / "html"
    assert done.stdout.splitlines()[0] == f"Published to {html_dir}: benchmarks 1, series 2, commits 3"
    assert done.stdout.splitlines()[-1] == "See it with: groundspeed preview"
    commits = read(html_dir, "commits")
    assert commits["hash"] == list(hashes)
    assert commits["subject"] == ["first", "second", "third"]
    index = read(html_dir, "index")
    start = read(html_dir, "start")
    assert [(one["last"]["values"], one["last"]["failures"]) for one in start["machines"]] == [(1, 1)]
    assert [start["lines"]["rows"][one["line"]][-1] for one in start["failing"]] == [["20"]]
    shard = decode((html_dir / index["benchmarks"][0]["shard"]).read_bytes())
    assert shard.header["params"] == [["1", "20"]]
    assert [one.values for one in shard.series] == [[0.25, 0.26, 0.27], [0.5, 0.52, None]]
    assert shard.series[0].low == pytest.approx([0.24, 0.25, 0.26], rel=1e-3)

    again = inside(tmp_path, "publish")
    assert "written 0, kept" in again.stdout


def test_a_commit_that_only_a_session_carried_over_to_is_published_with_its_subject(tmp_path: Path) -> None:
    first, second, third = make_project(tmp_path)
    machine = tmp_path / "results" / "camel"
    (machine / f"{second[:8]}-{ENVIRONMENT}.json").unlink()
    suite = (benchmark("walks.time_walk", [["1"]], version="one"),)
    head = replace(session(1, suite, commits=(first, second, third)), machine="camel")
    case = Case(benchmark="walks.time_walk", params=("1",))
    over = run(case, CarriedOver(measured_at=first), second, environment=ENVIRONMENT, version="one")
    with SessionWriter(machine / FOLDER, head, {"machine": "camel", "cpu": "one hump"}) as writer:
        writer.append(over)
    done = inside(tmp_path, "publish")
    assert done.stderr == ""
    commits = read(tmp_path / "html", "commits")
    assert list(zip(commits["hash"], commits["subject"], strict=True)) == [
        (first, "first"),
        (second, "second"),
        (third, "third"),
    ]
    index = read(tmp_path / "html", "index")
    shard = decode((tmp_path / "html" / index["benchmarks"][0]["shard"]).read_bytes())
    assert [one.commits for one in shard.series] == [[0, 2], [0, 2]]
    assert [one.carried for one in shard.series] == [{1: 0}, {}]


def test_without_the_repository_publish_shows_what_the_results_say(tmp_path: Path) -> None:
    make_project(tmp_path)
    configuration = json.loads((tmp_path / "asv.conf.json").read_text())
    write(tmp_path / "asv.conf.json", configuration | {"repo": "https://example.org/walks.git"})
    done = inside(tmp_path, "publish")
    assert "without their subjects" in done.stderr
    assert read(tmp_path / "html", "commits")["subject"] == [None, None, None]


def test_a_broken_result_file_is_named_and_the_rest_is_published(tmp_path: Path) -> None:
    hashes = make_project(tmp_path)
    broken = tmp_path / "results" / "camel" / f"{hashes[0][:8]}-{ENVIRONMENT}.json"
    broken.write_text("{")
    done = inside(tmp_path, "publish")
    assert broken.name in done.stderr
    assert "commits 2" in done.stdout


def test_without_results_publish_names_the_command_that_makes_them(tmp_path: Path) -> None:
    write(tmp_path / "asv.conf.json", {"version": 1, "project": "walks", "repo": "."})
    done = inside(tmp_path, "publish", code=3)
    assert done.stdout == ""
    assert "groundspeed run" in done.stderr
    assert not (tmp_path / "html").exists()


def test_where_nothing_could_be_read_publish_says_what(tmp_path: Path) -> None:
    make_project(tmp_path)
    for path in (tmp_path / "results" / "camel").glob("*-*.json"):
        path.write_text('{"result_columns": [')
    done = inside(tmp_path, "publish", code=3)
    assert done.stdout == ""
    assert "is not JSON" in done.stderr
    assert "Restore it from git" in done.stderr


@pytest.mark.parametrize("place", ["results", "results/html", "html/../results/camel"])
def test_a_site_among_the_results_is_refused_before_anything_is_written(tmp_path: Path, place: str) -> None:
    make_project(tmp_path)
    suite = json.loads((tmp_path / "asv.conf.json").read_text())
    write(tmp_path / "asv.conf.json", {**suite, "html_dir": place})
    before = sorted(tmp_path.rglob("*"))
    done = inside(tmp_path, "publish", "--force", code=2)
    assert "would be read as results" in " ".join(done.stderr.split())
    assert sorted(tmp_path.rglob("*")) == before


def test_ctrl_c_amid_publish_is_said_and_leaves_the_old_site(tmp_path: Path) -> None:
    """Held where it claims its folder, by a pipe in the marker's place: there it waits for a reader."""
    make_project(tmp_path)
    inside(tmp_path, "publish")
    html = tmp_path / "html"
    (html / ".groundspeed-site").unlink()
    os.mkfifo(html / ".groundspeed-site")
    before = {path: path.read_bytes() for path in html.rglob("*") if path.is_file()}
    shutil.rmtree(tmp_path / ".groundspeed")
    command = [sys.executable, "-m", "groundspeed", "publish", "--force"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as publishing:
        wait_until((tmp_path / ".groundspeed" / "index").is_dir, publishing)
        publishing.send_signal(signal.SIGINT)
        _, said = publishing.communicate()
    assert (publishing.returncode, said.strip()) == (130, "groundspeed: interrupted.")
    assert {path: path.read_bytes() for path in html.rglob("*") if path.is_file()} == before


def test_publish_asks_before_it_writes_among_files_of_others(tmp_path: Path) -> None:
    make_project(tmp_path)
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "index.html").write_text("asv's page")
    refused = inside(tmp_path, "publish", code=2)
    assert "--force" in refused.stderr
    inside(tmp_path, "publish", "--force")


def test_preview_says_where_and_ends_quietly_on_ctrl_c(tmp_path: Path) -> None:
    make_project(tmp_path)
    inside(tmp_path, "preview", code=3)
    inside(tmp_path, "publish")
    command = [sys.executable, "-m", "groundspeed", "preview"]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout
        assert server.stderr
        said = server.stdout.readline()
        assert said.startswith("The site is at http://127.0.0.1:")
        server.send_signal(signal.SIGINT)
        assert server.wait() == 0
        assert "Traceback" not in server.stderr.read()
