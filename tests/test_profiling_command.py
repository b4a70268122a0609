"""`groundspeed profile` as a user types it: real environments, workers and profilers, planted causes."""

from __future__ import annotations

import base64
import gzip
import json
import pstats
import re
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import jsonschema_rs
import pytest
from playwright.sync_api import Browser, expect

from groundspeed.profiling import cpu
from groundspeed.profiling.cpu import Sampler
from groundspeed.profiling.storing import document
from groundspeed.profiling.tools import NoToolError, tools_folder
from groundspeed.profiling.weights import Recorded
from groundspeed.results.lock import file_lock
from groundspeed.results.profile_runs import read_runs
from groundspeed.results.profiles import stored_profiles
from groundspeed.results.speedscope import read_profile
from groundspeed.results.stacks import Frame
from groundspeed.site.pieces.profiles import viewer_files
from groundspeed.site.viewer import put_viewer
from tests.browser import chromium
from tests.commands import apart, groundspeed, variables
from tests.processes import ended, processes_of
from tests.projects import PYPROJECT, make_project
from tests.repositories import CommitSpec, add_commits

__all__ = ["chromium"]  # a fixture

PLANTED = """\
import os
import threading
import sample

LOCK = threading.Lock()
KEPT = []

class Item:
    pass

def time_leaking():
    KEPT.append(Item())

def held_while_reading():
    with LOCK:  # and a pipe is waited for meanwhile
        read, write = os.pipe()
        threading.Timer(0.002, os.write, (write, b"x")).start()
        os.read(read, 1)

def time_locked():
    threads = [threading.Thread(target=held_while_reading) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

def slow_part(n):
    return sum([i * i for i in range(n)])

class Planted:
    params = [3000]

    def setup(self, n):
        self.data = bytes(2_000_000)

    def time_slow(self, n):
        slow_part(n)
        sample.work(10)

    def time_copied(self, n):
        first = bytearray(self.data)
        second = bytes(first)  # the extra copy
        return len(second)

class Cached:
    def setup_cache(self):
        return [3] * 1000

    def time_cached(self, cache):
        sum(cache)

def time_broken():
    raise RuntimeError("planted trouble")

def timeraw_apart():
    return "1 + 1"
"""
SLOWER = """\
def inner(n):
    return sum(range(n * 40))

def work(n):
    return sum(range(n)) + inner(n)
"""


def line_of(text: str) -> int:
    """Of the planted suite."""
    return PLANTED.split("\n").index(text) + 1


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("profiled")
    make_project(root, (1,), planted=PLANTED)
    return root


def profile(root: Path, *arguments: str, code: int = 0) -> Any:
    said = groundspeed(root, "profile", *arguments, "--duration", "150 ms", "--format", "json", code=code)
    found = said.json()
    assert (found["schema"], found["version"]) == ("groundspeed-profile", 1)
    return found


@pytest.fixture(scope="module")
def taken(project: Path) -> Any:
    """Both planted cases, by time and memory."""
    return profile(project, "Planted", "--kind", "cpu", "--kind", "memory")


def test_a_planted_function_and_a_planted_copy_are_named_first(taken: Any) -> None:
    found = taken
    slow, copied = found["cases"][1], found["cases"][0]
    assert [one["case"].rpartition(".")[2] for one in found["cases"]] == [
        "time_copied(3000)",
        "time_slow(3000)",
    ]

    time = {one["kind"]: one for one in slow["profiles"]}["cpu"]
    assert time["places"][0]["name"].startswith("slow_part")
    assert time["places"][0]["file"] == "benchmarks/planted.py"
    assert time["tool"].startswith("py-spy")
    assert (time["overhead"]["pairs"], time["runs"]) == (5, 1)
    assert "setup" not in {one["name"].rpartition(".")[2] for one in time["places"]}
    calls = {one["name"]: one for one in slow["calls"]["functions"]}
    assert calls["slow_part"]["calls"] == slow["calls"]["calls"] == calls["Planted.time_slow"]["calls"]

    memory = {one["kind"]: one for one in copied["profiles"]}
    peak = memory["memory-peak"]
    lines = {(one["name"], one["line"]): one["own"] for one in peak["places"]}
    assert (
        lines[("Planted.time_copied", line_of("        second = bytes(first)  # the extra copy"))]
        >= 2_000_000
    )
    assert 4_000_000 <= peak["total"] < 4_100_000  # the two copies, and no set-up
    assert memory["memory"]["total"] >= peak["total"]
    assert memory["allocations"]["total"] >= 2
    assert all(not one["failures"] for one in found["cases"])


def test_what_is_stored_is_read_by_pstats_speedscope_and_the_report(project: Path, taken: Any) -> None:
    stored = {one.kind: one for one in stored_profiles(project / "results") if "time_slow" in one.stem}
    assert set(stored) == {"cpu", "memory", "memory-peak", "allocations", "reallocations"}
    path = stored["cpu"].path
    runs = read_runs(path)
    assert runs.header is not None
    assert runs.header.case == "planted.Planted.time_slow(3000)"
    assert runs.header.runs[0].calls > 1
    assert read_profile(path).functions[0].name.startswith("slow_part")
    table = pstats.Stats(str(path.with_name(path.name.replace(".cpu.gz", ".prof"))))
    assert ("benchmarks/planted.py", line_of("def slow_part(n):"), "slow_part") in table.stats  # type: ignore[attr-defined]  # typeshed lacks it
    assert {one["file"] for one in taken["cases"][1]["profiles"]} == {
        str(one.path.relative_to(project)) for one in stored.values()
    }
    schema = json.loads(viewer_files()["file-format-schema.json"])
    for one in stored.values():
        text = gzip.decompress(one.path.read_bytes()).decode()
        jsonschema_rs.validate(schema, json.loads(text))
        assert str(project) not in text


@pytest.mark.slow
def test_cprofile_stands_in_where_nobody_may_trace(project: Path, tmp_path: Path) -> None:
    refusing = tmp_path / "py-spy"
    refusing.write_text("#!/bin/sh\necho 'Permission Denied' >&2\nexit 1\n")
    refusing.chmod(0o700)
    sampler = Sampler(program=refusing, native=False)
    with mock.patch.object(cpu, "find_sampler", return_value=sampler):
        text = groundspeed(project, "profile", "time_slow", "--duration", "300 ms").stdout
    assert "py-spy cannot look into the process (Permission Denied)" in text
    assert "cProfile stands in" in text
    rows = text.partition("Time, by function")[2].splitlines()
    header = next(at for at, line in enumerate(rows) if "with calls" in line)
    assert "slow_part" in rows[header + 1]


def test_a_case_that_cannot_be_profiled_says_why_and_leaves_no_process(project: Path) -> None:
    said = groundspeed(project, "profile", "broken|apart", "--format", "json", code=3)
    lines = ["1 of 2  planted.time_broken  not taken: cpu", "2 of 2  planted.timeraw_apart  not taken: cpu"]
    assert said.stderr.splitlines() == lines
    broken, elsewhere = (one["failures"] for one in said.json()["cases"])
    assert [one["kind"] for one in broken] == ["cpu"]
    assert broken[0]["why"].endswith("RuntimeError: planted trouble")
    assert str(project) not in broken[0]["why"]
    assert "write it as time_" in elsewhere[0]["why"]
    assert all(ended(pid) for pid in processes_of(project))


@pytest.mark.slow
def test_setup_cache_reaches_the_profiled_process(project: Path) -> None:
    (case,) = profile(project, "Cached", "-k", "cpu", "-k", "lines")["cases"]
    assert case["failures"] == []
    (lines,) = case["recorded"]
    assert lines["kind"] == "lines"
    assert read_runs(project / lines["file"]).header is not None
    assert "Cached.time_cached" in {one["name"] for one in case["profiles"][0]["places"]}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("time_slwo",), r"No case of the suite matches time_slwo\. Name one .*time_slow"),
        (("time_slow", "--rev", "no-such"), "no-such"),
        (("time_slow", "--against", "HEAD"), "both"),
    ],
)
def test_what_is_not_there_is_wrong_use(project: Path, arguments: tuple[str, ...], said: str) -> None:
    assert re.search(said, groundspeed(project, "profile", *arguments, code=2).stderr, re.DOTALL)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("time_slow", "--all"),
        ("time_slow", "--pid", "1"),
        ("--pid", "1", "--kind", "memory"),
        ("--pid", "1", "--rev", "HEAD"),
        ("--pid", "1", "--measured"),
        ("time_slow", "--measured", "--rev", "HEAD"),
        ("--pid", "-4"),
        ("time_slow", "--duration", "0 s"),
        ("time_slow", "--kind", "memory", "--native"),
        ("time_slow", "--function", "work"),
        ("a", "-o", "x"),
        ("(",),
    ],
)
def test_contradictions_are_refused_before_anything_is_built(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    make_project(tmp_path, (1,))
    groundspeed(tmp_path, "profile", *arguments, code=2)
    assert not (tmp_path / ".groundspeed" / "environments").exists()


def test_without_results_there_is_no_measured_commit_to_profile(tmp_path: Path) -> None:
    make_project(tmp_path, (1,))
    said = groundspeed(tmp_path, "profile", "time_slow", "--measured", code=3).stderr
    assert "No commit of the branch has results. Measure one: groundspeed run." in said
    assert not (tmp_path / ".groundspeed" / "environments").exists()


@pytest.mark.slow
def test_a_recording_that_the_disk_cuts_short_is_no_profile(project: Path) -> None:
    found = apart(project, "profile", "time_copied", "-k", "memory", largest_file=8 * 512, code=3)
    assert "memory not taken" in found.stdout


def test_two_at_once_are_refused(project: Path) -> None:
    with file_lock(project / ".groundspeed" / "locks" / "results"):
        groundspeed(project, "profile", "time_slow", code=6)


def test_tools_show_the_environment_nothing_else_that_is_installed_here(
    project: Path, tmp_path: Path
) -> None:
    shell = variables(project)
    folder = tools_folder("memory", Path(sys.executable), tmp_path, shell)
    assert {one.name for one in folder.iterdir()} >= {"memray", "rich"}
    assert not (folder / "numpy").exists()
    assert tools_folder("memory", Path(sys.executable), tmp_path, shell) == folder
    next(iter(folder.iterdir())).unlink()
    (folder / "gone").symlink_to(tmp_path / "nowhere")  # the copy that it showed was removed
    assert not (tools_folder("memory", Path(sys.executable), tmp_path, shell) / "gone").is_symlink()
    foreign = tmp_path / "python"  # another ABI, for which the wheelhouse holds nothing
    foreign.write_text("#!/bin/sh\necho cpython-308-elsewhere\n")
    foreign.chmod(0o700)
    with pytest.raises(NoToolError, match=r"memray==.* cannot be had"):
        tools_folder("memory", foreign, tmp_path, shell)


def test_a_profile_is_opened_from_a_folder(tmp_path: Path) -> None:
    address = put_viewer(tmp_path / "a b", "case", b'{"profiles": []}')
    page, _, script = address.partition("#localProfilePath=")
    assert page == (tmp_path / "a b" / "index.html").as_uri()
    assert Path(script.replace("%20", " ")) == tmp_path / "a b" / "profile.js"
    name, text = json.loads(
        "[" + (tmp_path / "a b" / "profile.js").read_text().partition("(")[2].rpartition(")")[0] + "]"
    )
    assert (name, base64.b64decode(text)) == ("case", b'{"profiles": []}')


@pytest.mark.slow
def test_a_planted_lock_and_a_planted_leak_are_named_first(project: Path) -> None:
    found = profile(project, "leaking|locked", "-k", "contention", "-k", "leaks")
    by_case = {
        one["case"].rpartition(".")[2]: {rec["kind"]: rec for rec in one["recorded"]}
        for one in found["cases"]
    }
    assert "Item" in json.dumps(by_case["time_leaking"]["leaks"]["leaks"][0])
    made = by_case["time_locked"]["contention"]["locks"][0]["made"]
    assert (made["file"], made["line"]) == ("benchmarks/planted.py", line_of("LOCK = threading.Lock()"))
    kinds = {one.kind for one in stored_profiles(project / "results") if "time_locked" in one.stem}
    assert kinds == {"contention", "leaks"}


@pytest.mark.slow
def test_an_opened_profile_is_a_flame_graph_without_a_network(tmp_path: Path, chromium: Browser) -> None:
    work = Frame(name="work", file="a.py", line=1)
    run = Recorded(weights={(work,): 1.0}, calls=1, duration_s=1.0, samples=1)
    address = put_viewer(tmp_path, "case", json.dumps(document("planted work", "seconds", [run])).encode())
    page = chromium.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    expect(page).to_have_title(re.compile("planted work"))
    assert asked
    assert all(url.startswith(("file:", "data:", "blob:")) for url in asked)


@pytest.mark.slow
def test_against_another_commit_the_planted_function_explains_the_change(tmp_path: Path) -> None:
    make_project(tmp_path, (1,), planted=PLANTED)
    add_commits(
        tmp_path, [CommitSpec("slower", {"src/sample/__init__.py": SLOWER, "pyproject.toml": PYPROJECT})]
    )
    arguments = (
        "profile",
        "Work.time_work.1000",
        "--against",
        "HEAD~1",
        "--duration",
        "200 ms",
        "--runs",
        "2",
    )
    found = groundspeed(tmp_path, *arguments, "--format", "json").json()
    assert found["schema"] == "groundspeed-profile-against"
    (difference,) = found["differences"]
    assert difference["functions"][0]["name"] == "inner"
    both = {one.commit: read_runs(one.path) for one in stored_profiles(tmp_path / "results")}
    base, head = (both[difference[end]["commit"][:8]] for end in ("base", "head"))
    assert (len(base.runs), len(head.runs)) == (2, 2)
    assert base.header is not None
    assert head.header is not None
    assert (base.header.against, head.header.against) == (None, base.header.commit)
    groundspeed(tmp_path, "run", "HEAD^!", "--quick", "--bench", "time_work", "--publish")
    (path,) = (tmp_path / "html").glob("data/profiles-*.json")
    page = json.loads(path.read_bytes())
    assert page["unreadable"] == []
    assert {(one["case"], one["kind"]) for one in page["profiles"]} == {("work.Work.time_work(1000)", "cpu")}
