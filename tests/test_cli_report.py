"""groundspeed report as a user calls it: a project with a real search, measured by --run, in every format."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from groundspeed.config.report import OWN_KEYS
from tests.commands import groundspeed
from tests.growing import grow
from tests.projects import make_project
from tests.readings import made
from tests.searching import MODULE, OURS, SUITE


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
    ],
)
def test_wrong_use_is_said(
    grown: tuple[Path, tuple[str, ...]], arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = groundspeed(grown[0], "report", *arguments, code=code)
    assert said in " ".join(re.sub(r"[│╭╮╰╯─]", " ", done.stderr).split())


def test_a_section_that_nothing_answers_is_no_pass(tmp_path: Path) -> None:
    hashes = made(tmp_path, '[report]\nquery_latency = "m.Gone.latency_x"', count=2)
    grow(tmp_path, 1, "m.Day.time_x", (10, 20, 40), {hashes[-1]: lambda n: 1e-3 * n})
    done = groundspeed(tmp_path, "report", "--format", "json", code=3)
    found = json.loads(done.stdout)
    assert found["outcome"] == "no_data"
    assert set(found["query_latency"]) == {"missing", "command"}
