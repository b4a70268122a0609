"""groundspeed report as a user calls it: a project with a real search, measured by --run, in every format."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import threading
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from groundspeed.config.report import OWN_KEYS
from tests.commands import apart, groundspeed, running, runs, variables, wait_for_runs
from tests.growing import grow
from tests.processes import ended, processes_of
from tests.projects import make_project
from tests.readings import made
from tests.schemas import faults
from tests.searching import MODULE, OURS, SUITE

SCHEMA = json.loads((files("groundspeed.report.overview") / "report.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, dict[str, Any]]:
    """The project, its commit, and the JSON of a report that measured first."""
    root = tmp_path_factory.mktemp("searching")
    (commit,) = make_project(root, (1,), search=SUITE.replace("from sample import searching", MODULE_IMPORT))
    (root / "groundspeed.toml").write_text(OURS, encoding="utf-8")
    groundspeed(root, "report", "--run", "--bench", "^search", "-o", "report.json")
    text = (root / "report.json").read_text(encoding="utf-8")
    return root, commit, json.loads(text, parse_constant=lambda word: pytest.fail(word))


MODULE_IMPORT = (
    "import types\nsearching = types.ModuleType('searching')\n" + f"exec({MODULE!r}, searching.__dict__)"
)


def test_the_figures_of_a_knowledge_system_are_where_a_program_looks(
    measured: tuple[Path, str, dict[str, Any]],
) -> None:
    _, commit, found = measured
    assert (found["schema"], found["version"]) == ("groundspeed-report", 1)
    assert (found["commit"]["hash"], found["outcome"]) == (commit, "fine")
    latency = found["query_latency"]
    assert 0 < latency["p50_ms"] <= latency["p90_ms"] <= latency["p95_ms"] <= latency["p99_ms"]
    assert latency["requests_per_second"] > 0
    assert found["query_latency_cached"]["p50_ms"] > 0
    assert [one["workers"] for one in found["throughput_sequential"]] == [1]
    concurrent = found["throughput_concurrent"]
    assert [one["workers"] for one in concurrent] == [2, 3]
    assert all(one["queries_per_second"] > 0 and one["efficiency"] > 0 for one in concurrent)
    assert found["cache"]["hit_ratio"] >= 0.9  # 180 of 200 questions are asked again
    assert found["memory"]["peak_bytes"] > 1e6


def test_what_jq_reads_are_numbers_and_all_of_it_keeps_the_schema(
    measured: tuple[Path, str, dict[str, Any]],
) -> None:
    """``jq .query_latency.p99_ms`` and ``jq '.throughput_concurrent[].queries_per_second'``."""
    found = measured[2]
    assert faults(found, SCHEMA) == []
    numbers = [found["query_latency"]["p99_ms"]]
    numbers += [one["queries_per_second"] for one in found["throughput_concurrent"]]
    assert all(type(one) is float for one in numbers)


def test_the_keys_are_those_that_sections_may_not_have(measured: tuple[Path, str, dict[str, Any]]) -> None:
    found = measured[2]
    assert {*OWN_KEYS, *found["sections"]} == set(found)
    assert found["system"]["session"]["measured_this_commit"] is True
    assert {one["kind"] for one in found["cases"]} == {"latency", "throughput", "measure", "peakmemory"}


def test_text_keeps_its_width_and_a_page_is_one_file(measured: tuple[Path, str, dict[str, Any]]) -> None:
    root, commit, _ = measured
    text = groundspeed(root, "report", "--bench", "^search").stdout
    assert max(map(len, text.splitlines())) <= 100
    assert [line for line in text.splitlines() if line.isupper() and line.isalpha()] == [
        "TARGETS",
        "LATENCY",
        "THROUGHPUT",
        "MEMORY",
        "SYSTEM",
    ]
    assert groundspeed(root, "report", "-o", "state.html").stdout == "Wrote state.html.\n"
    page = (root / "state.html").read_text(encoding="utf-8")
    assert f"at {commit[:8]}</title>" in page
    assert page.count("<svg") == 4  # two distributions, the rates by workers, one target
    assert "<script" not in page


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[str, ...]]:
    root = tmp_path_factory.mktemp("grown")
    hashes = made(root, '[scaling.sizes]\n"m.*" = "param1 = 1 B"\n[report]\nparse = "m.*"\n', count=8)
    grow(root, 1, "m.Day.time_x", (10**4, 10**5, 10**6), {one: lambda n: 27e-9 * n for one in hashes})
    return root, hashes


def test_markdown_has_the_figures_in_tables(grown: tuple[Path, tuple[str, ...]]) -> None:
    root, hashes = grown
    text = groundspeed(root, "report", "--machine", "box", "--format", "markdown").stdout
    head, rest = text.split("## Scaling")
    assert head.startswith(f"# project on box\n\ncommit {hashes[-1][:8]} · ")
    assert "| parse · m.Day.time_x(10000) | time | 270 µs | 268 µs to 272 µs |" in head
    assert "| m.Day.time_x | n (exponent 1.00, " in rest


def test_several_cases_are_a_list(grown: tuple[Path, tuple[str, ...]]) -> None:
    done = groundspeed(grown[0], "report", "--machine", "box", "--format", "json")
    found = json.loads(done.stdout)
    assert [one["time_ms"] for one in found["parse"]] == pytest.approx(
        [0.27, 2.7, 27.0], rel=1e-4
    )  # by logarithms
    assert found["scaling"][0]["growth"]["forms"] == ["n"]


def test_an_older_commit_is_reported_as_it_was(grown: tuple[Path, tuple[str, ...]]) -> None:
    root, hashes = grown
    done = groundspeed(root, "report", "--machine", "box", "--rev", hashes[2], "--format", "json")
    assert json.loads(done.stdout)["commit"]["hash"] == hashes[2]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--format", "html"), 2, "-o report.html"),
        (("--bench", "("), 2, "is no regular expression"),
        (("--machine", "bax"), 3, "no results of a machine bax"),
        (("--machine", "box", "--bench", "nothing"), 3, "results of nothing that 'nothing' is found in"),
        (("--machine", "box", "--rev", "nowhere"), 2, "names no commit"),
        (("--machine", "box", "-o", "asv.conf.json/x.md"), 3, "could not be written"),
        (("--machine", "box", "-o", "results"), 2, "is a directory"),
        (("--machine", "box", "-o", "state.pdf"), 2, "end its name in .html"),
        (("--machine", "box", "--format", "pdf"), 2, "'text', 'markdown', 'json', 'html'"),
    ],
)
def test_wrong_use_is_said(
    grown: tuple[Path, tuple[str, ...]], arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = groundspeed(grown[0], "report", *arguments, code=code)
    assert said in " ".join(re.sub(r"[│╭╮╰╯─]", " ", done.stderr).split())


def test_a_full_disk_leaves_the_report_that_was(grown: tuple[Path, tuple[str, ...]]) -> None:
    root, _ = grown
    report = ("report", "--machine", "box", "-o", "kept/state.html")
    groundspeed(root, *report)
    before = (root / "kept" / "state.html").read_bytes()
    assert len(before) > 2048
    done = apart(root, *report, "--bench", "x", code=3, largest_file=2048)
    assert "kept/state.html could not be written" in done.stderr
    assert [one.name for one in (root / "kept").iterdir()] == ["state.html"]
    assert (root / "kept" / "state.html").read_bytes() == before


def test_a_device_is_written_into_and_a_link_stays_one(grown: tuple[Path, tuple[str, ...]]) -> None:
    root, _ = grown
    report = ("report", "--machine", "box", "--format", "markdown", "-o")
    pipe, read = root / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    groundspeed(root, *report, "pipe")
    reader.join()
    assert read[0].startswith(b"# project on box")
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    (root / "link.md").symlink_to("behind.md")
    groundspeed(root, *report, "link.md")
    assert (root / "link.md").is_symlink()
    assert (root / "behind.md").read_bytes() == read[0]


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="the host has no /dev/full")
def test_an_output_that_is_full_is_said_and_is_no_fault_of_ours(
    grown: tuple[Path, tuple[str, ...]],
) -> None:
    command = [sys.executable, "-m", "groundspeed", "report", "--machine", "box"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command,
            cwd=grown[0],
            env=variables(grown[0]),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 3
    assert "standard output could not be written: No space left on device" in done.stderr


def test_what_could_not_be_read_is_named_though_nothing_is_left(tmp_path: Path) -> None:
    hashes = made(tmp_path, "", count=2)
    grow(tmp_path, 1, "m.Day.time_x", (10, 20, 40), {hashes[-1]: lambda n: 1e-3 * n})
    for path in (tmp_path / "results" / "box").glob("*-*.json"):
        path.write_text('{"result_columns": [', encoding="utf-8")
    done = groundspeed(tmp_path, "report", "--machine", "box", code=3)
    assert "is not JSON" in done.stderr


SLOW = """\
import time

class Slow:
    params = list(range(40))

    def track_slow(self, n):
        time.sleep(0.05)
        return n
"""


def test_ctrl_c_keeps_what_was_measured_and_writes_no_report(tmp_path: Path) -> None:
    make_project(tmp_path, (1,), slow=SLOW)
    (tmp_path / "state.html").write_text("of yesterday", encoding="utf-8")
    with running(tmp_path, "report", "--run", "--bench", "slow", "-o", "state.html") as process:
        wait_for_runs(process, tmp_path, 2)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert process.returncode == 130
    assert "interrupted; what was measured is kept, no report was written." in said
    assert 2 <= len(runs(tmp_path)) < 40
    assert (tmp_path / "state.html").read_text(encoding="utf-8") == "of yesterday"
    assert all(ended(pid) for pid in processes_of(tmp_path))


def test_a_section_that_nothing_answers_is_no_pass(tmp_path: Path) -> None:
    hashes = made(tmp_path, '[report]\nquery_latency = "m.Gone.latency_x"', count=2)
    grow(tmp_path, 1, "m.Day.time_x", (10, 20, 40), {hashes[-1]: lambda n: 1e-3 * n})
    done = groundspeed(tmp_path, "report", "--format", "json", code=3)
    found = json.loads(done.stdout)
    assert found["outcome"] == "no_data"
    assert set(found["query_latency"]) == {"missing", "command"}
