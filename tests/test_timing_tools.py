"""The scripts behind the figures: the project that they measure, asv's files compared, samples kept."""

from __future__ import annotations

import ast
import importlib.machinery
import importlib.util
import json
import math
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from groundspeed import config
from groundspeed.records import Case, Skipped
from groundspeed.results.sessions import SessionWriter, read_session_file, session_paths
from tests.repositories import git
from tests.results_records import COMMITS, MACHINE, PRECISE, measured, session
from tests.results_records import run as record

TOOLS = Path(__file__).resolve().parent.parent / "tools"


def script(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module; it has no suffix."""
    loader = importlib.machinery.SourceFileLoader(name.replace("-", "_"), str(TOOLS / name))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, loader.name, module)  # dataclasses look themselves up
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader.exec_module(module)
    return module


def run(name: str, *arguments: object, code: int = 0) -> str:
    command = [sys.executable, "-B", str(TOOLS / name), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


# --- timing-project ---------------------------------------------------------------------------------


def test_the_project_is_the_same_everywhere_and_asv_reads_it(tmp_path: Path) -> None:
    run("timing-project", tmp_path / "project", "--python", "3.11")
    hashes = git(tmp_path / "project", "rev-list", "--reverse", "HEAD").split()
    assert len(hashes) == 5
    run("timing-project", tmp_path / "again", "--python", "3.11")
    assert git(tmp_path / "again", "rev-list", "--reverse", "HEAD").split() == hashes
    read = config.load(tmp_path / "project")
    assert read.warnings == ()
    names = [
        node.name
        for path in read.suite.benchmark_dir.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("time_")
    ]
    assert len(names) == len(set(names)) == 20
    changed = [
        git(tmp_path / "project", "diff", "--name-only", f"{old}..{new}").split()
        for old, new in pairwise(hashes)
    ]
    assert all(any(name.startswith("ledgerly/") for name in names) for names in changed)
    assert changed[1] == ["ledgerly/book.py", "ledgerly/tally.py"]  # the slower one
    assert run("timing-project", tmp_path / "project", code=2).endswith("is not empty: name another folder\n")


def test_every_commit_computes_the_same(tmp_path: Path) -> None:
    """What the commits change is how long it takes, not what comes out."""
    root = tmp_path / "project"
    run("timing-project", root)
    said = set()
    for commit in git(root, "rev-list", "HEAD").split():
        git(root, "checkout", "--quiet", commit)
        asked = (
            "from ledgerly.tally import *; from ledgerly.book import *; from ledgerly.tree import *;"
            "text = 'The best of times, the worst of times. ' * 3;"
            "book = Ledger([Entry('b', 2), Entry('a', 1), Entry('b', 3)]);"
            "print(words(text), slug(text), longest(text), wrap(text, 20), book.balance(), book.dump(),"
            "Ledger.load(book.dump()).balance(), [one.key() for one in book.ordered()],"
            "primes(50), distance('kitten', 'sitting'), total(build(3)))"
        )
        done = subprocess.run(
            [sys.executable, "-B", "-c", asked], cwd=root, capture_output=True, text=True, check=True
        )
        said.add(done.stdout)
    (only,) = said
    assert "{'the': 6, 'best': 3, 'of': 6, 'times': 6, 'worst': 3}" in only
    assert "{'b': 5, 'a': 1}" in only
    assert "[2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47] 3 11" in only


def test_identical_commits_differ_in_the_readme_alone(tmp_path: Path) -> None:
    run("timing-project", tmp_path / "project", "--identical", 3)
    assert git(tmp_path / "project", "rev-list", "--count", "HEAD") == "3"
    assert git(tmp_path / "project", "diff", "--name-only", "HEAD~2", "HEAD") == "README.md"
    assert "from 1 to 500" in run("timing-project", tmp_path / "other", "--identical", 0, code=2)


# --- versus-asv -------------------------------------------------------------------------------------


def result_file(folder: Path, commit: str, rows: dict[str, Any]) -> None:
    (folder / "box").mkdir(parents=True, exist_ok=True)
    (folder / "box" / "machine.json").write_text("{}")
    columns = ["result", "params", "version", "started_at", "duration", "stats_ci_99_a", "stats_ci_99_b"]
    stored = {"commit_hash": commit, "result_columns": columns, "results": rows}
    (folder / "box" / f"{commit}-virtualenv.json").write_text(json.dumps(stored))


def test_intervals_are_compared_case_by_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    versus = script("versus-asv", monkeypatch)
    wide, narrow = tmp_path / "asv", tmp_path / "ours"
    # f: widths of 20 % and 10 % of the median; g(1): 4 % and 8 %; g(2): no interval in asv's
    result_file(
        wide,
        "c1",
        {
            "f": [[1.0], [], "1", 0, 0, [0.9], [1.1]],
            "g": [[1.0, 2.0], [["1", "2"]], "1", 0, 0, [0.98, None], [1.02, math.inf]],
            # failed, and a row cut short
            "h": [[None], [], "1", 0, 0, [None], [None]],
            "k": [[3.0], []],
        },
    )
    result_file(
        narrow,
        "c1",
        {
            "f": [[2.0], [], "1", 0, 0, [1.9], [2.1]],
            "g": [[1.0, 2.0], [["1", "2"]], "1", 0, 0, [0.96, 1.9], [1.04, 2.1]],
            "extra": [[1.0], [], "1", 0, 0, [1.0], [1.0]],
        },
    )
    asv = versus.Measured(wall_s=100.0, intervals=dict(versus.read_intervals(wide)))
    ours = versus.Measured(wall_s=30.0, intervals=dict(versus.read_intervals(narrow)))
    rows = {row.case: row.ratio for row in versus.compare(asv, ours)}
    assert rows == {"f": pytest.approx(0.5), "g(1)": pytest.approx(2.0), "g(2)": 0}
    lines = versus.report(asv, ours, versus.compare(asv, ours)).splitlines()
    assert lines[-3:] == [
        "cases 3, no wider in 2; measured by one of the two only: 1",
        "wall ratio             0.300  (asv 100.0 s, groundspeed 30.0 s)",
        "median interval ratio  0.500",
    ]


def test_versus_asks_for_what_it_needs(tmp_path: Path) -> None:
    run("timing-project", tmp_path / "project")
    assert "has 5 commits, not 9" in run("versus-asv", tmp_path / "project", "--commits", 9, code=1)
    assert "is not empty" in run("versus-asv", tmp_path / "project", "--keep", tmp_path, code=2)


# --- aa-samples -------------------------------------------------------------------------------------


LEVELS = ((1, 1.0), (2, 1.2))


def made_session(folder: Path, number: int, level: float) -> Path:
    """Two commits, two processes of four samples each, a skipped case, and a value that nobody timed."""
    timed, tracked, skipped = (
        Case(benchmark=f"work.{name}", params=()) for name in ("time_f", "track_g", "time_h")
    )
    with SessionWriter(folder / "sessions", session(number, (), sampling=PRECISE), MACHINE) as writer:
        for commit in COMMITS[:2]:
            for process in range(2):
                samples = [level * (1 + 0.1 * process) * (1 + 0.01 * at) for at in range(4)]
                writer.append(record(timed, measured(*samples, number=10), commit))
            writer.append(record(tracked, measured(3.0, number=None), commit))
            writer.append(record(skipped, Skipped(reason="not here"), commit))
    return session_paths(folder)[-1]


def test_samples_are_gathered_written_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = script("aa-samples", monkeypatch)
    sessions = [read_session_file(made_session(tmp_path, number, level)) for number, level in LEVELS]
    found = tool.gather(sessions, {COMMITS[0]: 0, COMMITS[1]: 1}, 3)
    size = tool.write(tmp_path / "kept" / "aa.npz", found)
    assert 0 < size < 10_000
    read = tool.read(tmp_path / "kept" / "aa.npz")
    assert (read.cases, read.interleaved) == (("work.time_f",), (True, True))
    assert read.runs.tolist() == [[s, c, 0, p, 3] for s in (0, 1) for c in (0, 1) for p in (0, 1)]
    assert read.started_s.tolist() == [0.0] * 8
    assert read.samples[:3].tolist() == pytest.approx([1.0, 1.02, 1.03])  # the first, a middle one, the last
    (spread, _) = tool.spreads(read, interleaved=True)["work.time_f"]
    # sessions a factor of 1.2 apart: the logarithms of two values so far apart have this deviation
    assert spread.levels[0] == pytest.approx(math.log(1.2) / math.sqrt(2), rel=0.05)
    assert spread.levels[1] == 0  # the commits are the same code, and here the same values
    assert spread.levels[2] == pytest.approx(math.log(1.1) / math.sqrt(2), rel=0.05)
    assert tool.spreads(read, interleaved=False) == {}
    printed = run("aa-samples", "report", tmp_path / "kept" / "aa.npz")
    assert "interleaved, 2 sessions" in printed
    assert "median of the cases" in printed


def test_thinning_keeps_both_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    tool = script("aa-samples", monkeypatch)
    assert tool.thinned([float(n) for n in range(101)], 3) == [0.0, 50.0, 100.0]
    assert tool.thinned([1.0, 2.0], 40) == [1.0, 2.0]
    assert np.isnan(tool.known_median([math.nan]) or math.nan)
