"""This repository against its own baseline: what can be told of it always, and HEAD's figures when asked for.

`make baseline` measures and keeps the baseline, `make performance-check` runs what is marked `performance`:
it measures for minutes, on the baseline's machine. Here "within" means ± 10 %: what became faster by more
has outgrown its baseline, which would hide the next slowdown of that size.
"""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from groundspeed import config
from groundspeed.measurements import Measurement
from groundspeed.results.baselines import Baseline, read_baseline, summary_of

ROOT = Path(__file__).resolve().parent.parent.parent
NAME = "main"
TOLERANCE = "10 %"
MODULES = sorted(path.stem for path in (ROOT / "benchmarks").glob("[!_]*.py"))
SHOWN = 2000  # characters of what a command said


@functools.cache
def kept() -> Baseline:
    """The committed baseline, read whole: a broken one raises."""
    return read_baseline(config.load(ROOT).suite.results_dir, NAME)


def module_of(benchmark: str) -> str:
    return benchmark.partition(".")[0]


def values() -> list[Measurement]:
    return [one for one in kept().measurements if isinstance(one, Measurement)]


def test_it_says_where_it_comes_from() -> None:
    origin = kept().origin
    assert origin.fingerprint is not None
    assert origin.fingerprint.cores_logical >= 1
    assert origin.description["machine"] == origin.machine
    assert origin.versions["groundspeed"]
    assert [one.python for one in origin.installed if one.dependencies]


def test_it_has_values_of_every_module_of_its_commit() -> None:
    """A module that came later is missed by the measuring part, and by nothing that needs no machine."""
    listed = subprocess.run(
        ["git", "ls-tree", "--name-only", kept().commit, "benchmarks/"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip(f"this clone lacks the baseline's commit {kept().commit[:8]}: git fetch --unshallow")
    then = {Path(name).stem for name in listed.stdout.split() if name.endswith(".py")} - {"__init__"}
    assert {module_of(one.key.case.benchmark) for one in values()} >= then


def test_every_value_rests_on_samples_with_their_figures() -> None:
    for one in values():
        if one.key.metric == "exponent":  # derived from the cases
            continue
        figures = summary_of(one)
        assert figures is not None, one.key
        assert figures.min <= figures.median <= figures.p95 <= figures.p99 <= figures.max, one.key
        assert all(process.number is None or process.number > 0 for process in one.processes), one.key


def test_its_method_and_its_command_are_written_down() -> None:
    targets = (ROOT / "Makefile").read_text(encoding="utf-8")
    tox = (ROOT / "tox.ini").read_text(encoding="utf-8")
    assert "\nbaseline: tools\n" in targets
    assert "\nperformance-check: tools\n" in targets
    assert f"groundspeed baseline save {NAME} HEAD --replace" in tox
    assert "make performance-check" in (ROOT / "docs" / "baselines.md").read_text(encoding="utf-8")
    methods = (ROOT / "docs").glob("[mM][eE][tT][hH][oO][dD]*.md")
    assert any("make baseline" in page.read_text(encoding="utf-8") for page in methods)


@functools.cache
def checked() -> dict[str, Any]:
    """HEAD held against the baseline: measured once, in as many sessions as the baseline."""
    command = [sys.executable, "-m", "groundspeed", "baseline", "check", NAME, "HEAD"]
    done = subprocess.run(
        [*command, "--sessions", "3", "--tolerance", TOLERANCE, "--format", "json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 5:
        pytest.skip(f"another machine: {done.stderr.strip()[:SHOWN]}")
    assert done.returncode in (0, 1, 3, 4), f"exit {done.returncode}: {done.stderr[-SHOWN:]}"
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.performance
@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_within_ten_percent_of_the_baseline(module: str) -> None:
    rows = [row for row in checked()["rows"] if module_of(row["benchmark"]) == module]
    compared = [row for row in rows if "ratio" in row]
    assert compared, f"the baseline has no value of {module}: make baseline"
    wrong = [
        f"{row['case']} {row['metric']}: {row['verdict']} {row.get('ratio') or ''}"
        for row in rows
        if row["verdict"] in ("slower", "faster", "broken", "gone", "redefined")
    ]
    assert not wrong, "\n".join(["beyond 10 % of the baseline (where that is meant: make baseline):", *wrong])
    undecided = sum(row["verdict"] == "inconclusive" for row in compared)
    if undecided == len(compared):
        pytest.skip(f"all {undecided} cases of {module} are inconclusive: is this host idle?")
