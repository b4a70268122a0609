"""How kinds come to be known: by asv_runner alone, by registration, in any order, under old Pythons.

Owns also the proof that docs/kinds.md is true: its examples are a suite, run by what asv runs.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from asv_bench_groundspeed.benchmarks import KINDS
from groundspeed.suite.isolation import make_ruler

PAGE = Path(__file__).resolve().parent.parent / "docs" / "kinds.md"
TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
OLD = ("3.8", "3.9", "3.10", "3.12", "3.13")

SUITE = """
import requests_of_somebody as requests  # a module of that name states no number of requests

size = "n"
process_tree = True


class Cases:
    params = [[1, 2], ["a"]]
    param_names = ["n", "what"]
    better = {"hits": "higher"}

    def setup(self, n, what):
        self.requests = 30 * n  # a set-up may change attributes
        self.made = list(range(n))

    def latency_read(self, n, what):
        return self.made[-1]

    def throughput_read(self, n, what):
        return len(self.made)

    throughput_read.duration = 0.01
    throughput_read.executor = "processes"

    def alloc_read(self, n, what):
        return bytes(n * 10_000)

    def measure_read(self, n, what):
        return {"hits": n, "seen": 3}

    def gpu_read(self, n, what):
        pass


class Others:
    size = 3  # somebody's own

    def time_read(self):
        pass


def track_read(n):
    return n


track_read.params = [1, 2]
track_read.param_names = ["n"]
track_read.better = "higher"
"""

# Run by what measures, in an interpreter that sees the ruler and nothing else.
ASK = """
import json, os, sys
ruler, root, first, name = sys.argv[1:]
sys.path[:0] = [ruler, os.path.dirname(root)]
sys.dont_write_bytecode = True
if first:
    __import__(first)
if first == "asv_bench_groundspeed.benchmarks":
    sys.modules[first].register()
from asv_runner.discovery import disc_benchmarks, get_benchmark_from_name
from asv_runner.benchmarks.mark import SkipNotImplemented
if not name:
    from asv_bench_groundspeed.benchmarks import shared_attributes
    found = {one.name: [one.type, one.unit, shared_attributes(one)] for one in disc_benchmarks(root)}
else:
    one = get_benchmark_from_name(root, name, extra_params={"warmup_time": 0})
    one.set_cache(None)
    one.do_setup()
    try:
        found = [one.observe(*one._build_params()), one.do_run()]
    except SkipNotImplemented as error:
        found = str(error)
json.dump(found, sys.stdout, default=repr)  # a check value may be anything
"""


@pytest.fixture(scope="module")
def ruler(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What stands first on a worker's path, metadata included."""
    return make_ruler(tmp_path_factory.mktemp("workspace"))


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project") / "benchmarks"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "cases.py").write_text(SUITE)
    (folder.parent / "requests_of_somebody.py").touch()
    return folder


def ask(python: str, ruler: Path, suite: Path, *, first: str = "", name: str = "") -> Any:
    """The answer of an isolated interpreter (no site: its own packages must not be seen)."""
    done = subprocess.run(
        [python, "-I", "-S", "-W", "error", "-c", ASK, str(ruler), str(suite), first, name],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def old_python(version: str) -> str:
    """An interpreter of the version; skipped where there is none."""
    candidates = [
        *sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python")),
        *map(Path, filter(None, [shutil.which(f"python{version}")])),
    ]
    for candidate in candidates:
        if subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode == 0:
            return str(candidate)
    pytest.skip(f"NOT RUN: no CPython {version} here")


@pytest.mark.parametrize(
    "first",
    ["", *(f"asv_bench_groundspeed.benchmarks.{kind}" for kind in KINDS), "asv_bench_groundspeed.benchmarks"],
)
def test_vanilla_asv_runner_finds_every_kind_whatever_is_imported_first(
    ruler: Path, suite: Path, first: str
) -> None:
    found = ask(sys.executable, ruler, suite, first=first)
    assert {name.rpartition(".")[2]: about[:2] for name, about in found.items()} == {
        "latency_read": ["latency", "seconds"],
        "throughput_read": ["throughput", "seconds"],
        "alloc_read": ["alloc", "bytes"],
        "measure_read": ["measure", "unit"],
        "gpu_read": ["gpu", "seconds"],
        "time_read": ["time", "seconds"],
        "track_read": ["track", "unit"],
    }


def test_without_metadata_they_are_registered(ruler: Path, suite: Path, tmp_path: Path) -> None:
    for name in ("asv_runner", "asv_bench_groundspeed"):
        (tmp_path / name).symlink_to(ruler / name)
    assert len(ask(sys.executable, tmp_path, suite)) == 2
    assert len(ask(sys.executable, tmp_path, suite, first="asv_bench_groundspeed.benchmarks")) == 7


def test_attributes_of_classes_and_modules_are_found_for_asvs_kinds_too(ruler: Path, suite: Path) -> None:
    shared = {name: about[2] for name, about in ask(sys.executable, ruler, suite).items()}
    assert shared["cases.Cases.alloc_read"] == {
        "size": "n",
        "process_tree": True,
        "better": {"hits": "higher"},
    }
    assert shared["cases.track_read"] == {"size": "n", "process_tree": True, "better": "higher"}
    assert shared["cases.Others.time_read"] == {"process_tree": True}  # its size names no parameter


@pytest.mark.parametrize("version", OLD)
def test_every_kind_observes_under_another_python(ruler: Path, suite: Path, version: str) -> None:
    python = old_python(version)
    latency, plain = ask(python, ruler, suite, name="cases.Cases.latency_read-1")
    assert latency["check"] == 1
    assert {one["metric"]: one["samples"] for one in latency["metrics"]}["requests"] == [60]
    assert plain["number"] == 1
    throughput, _ = ask(python, ruler, suite, name="cases.Cases.throughput_read-0")
    assert throughput["metrics"][0]["metric"] == "rate"
    _, peak = ask(python, ruler, suite, name="cases.Cases.alloc_read-1")
    assert 20_000 < peak < 25_000
    _, hits = ask(python, ruler, suite, name="cases.Cases.measure_read-1")
    assert hits == 2.0
    reason = ask(python, ruler, suite, name="cases.Cases.gpu_read-0")
    assert reason == "cases.Cases.gpu_read: the suite has not imported torch or cupy"


# --- the page -----------------------------------------------------------------------------------------

RUN = """
import json, os, sys
root = sys.argv[1]
sys.path.insert(0, os.path.dirname(root))
from asv_runner.discovery import disc_benchmarks, get_benchmark_from_name
quick = {"warmup_time": 0, "duration": 0.01}
found = {}
for one in list(disc_benchmarks(root)):
    one = get_benchmark_from_name(root, one.name, extra_params=quick)
    one.set_cache(None)
    if one.do_setup():
        found[one.name] = [one.type, None]
    else:
        found[one.name] = [one.type, [each["metric"] for each in one.observe()["metrics"]]]
json.dump(found, sys.stdout, default=repr)  # a check value may be anything
"""


def test_the_pages_examples_run_and_store_what_its_table_says(tmp_path: Path) -> None:
    suite = tmp_path / "benchmarks"
    suite.mkdir()
    (suite / "__init__.py").touch()
    for number, example in enumerate(EXAMPLES):
        (suite / f"example{number}.py").write_text(example)
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(suite)], capture_output=True, text=True, env=os.environ, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]  # setup may say: skipped
    found = json.loads(lines[-1])
    assert {kind for kind, _ in found.values()} == set(KINDS)
    for name, (kind, metrics) in found.items():
        (row,) = re.findall(rf"^\| `{kind}_` \|.*$", TEXT, re.MULTILINE)
        said = [] if kind == "measure" else metrics or []
        missing = [one for one in said if f"`@{one}`" not in row]
        assert missing == [], f"{name}: docs/kinds.md does not name {missing}"


@pytest.mark.parametrize("kind", KINDS)
def test_every_attribute_has_a_row(kind: str) -> None:
    from tests.kinds import BY_KIND

    (section,) = re.findall(rf"^## `{kind}_`$(.*?)^## ", TEXT, re.MULTILINE | re.DOTALL)
    known = BY_KIND[kind]
    for name in known.defaults:
        (row,) = re.findall(rf"^\| `{name}`.*$", section, re.MULTILINE)
        assert ("†" in row) == (name in known.meaning), row
