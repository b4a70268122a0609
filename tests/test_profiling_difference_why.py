"""What stands behind a difference, from a real repository: source, dependencies; and how it is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from groundspeed.history import History
from groundspeed.history.files import path_like, paths_at, texts_at
from groundspeed.report.profile_difference import render_profile_difference
from groundspeed.report.table import Format
from groundspeed.verdicts.function_source import function_source, qualified
from groundspeed.verdicts.profile_difference import profile_difference
from groundspeed.verdicts.profile_why import Explained, why
from tests.profile_pairs import Made, alike, read
from tests.repositories import CommitSpec, make_repository
from tests.schemas import Schema, faults

READER = """\
import functools

class Reader:
    @functools.cache
    def read(self):
        return parse(1)

    @property
    def size(self):
        return 1

    @size.setter
    def size(self, value):
        pass

def parse(n):
    def inner():
        return n
    return inner()
"""
SLOWER = READER.replace("return parse(1)", "return parse(1) + parse(2)")
BASE = {"Reader.read@pkg/reader.py": 1e-3, "Reader.read@pkg/reader.py parse@pkg/reader.py": 2e-3}
HEAD = {"Reader.read@pkg/reader.py": 1e-3, "Reader.read@pkg/reader.py parse@pkg/reader.py": 4e-3}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> tuple[History, list[str]]:
    """Two commits; in the second one ``Reader.read`` parses twice."""
    folder = tmp_path_factory.mktemp("repository")
    hashes = make_repository(
        folder,
        [
            CommitSpec("first", {"src/pkg/reader.py": READER, "setup.py": "", "a b é.py": "x = 1\n"}),
            CommitSpec("second", {"src/pkg/reader.py": SLOWER, "other/reader.py": ""}),
        ],
    )
    return History.open(folder), list(hashes)


@pytest.fixture(scope="module")
def explained(repository: tuple[History, list[str]], tmp_path_factory: pytest.TempPathFactory) -> Explained:
    history, (first, second) = repository
    folder = tmp_path_factory.mktemp("profiles")
    base = Made(runs=alike(BASE, 4), commit=first)
    head = Made(runs=alike(HEAD, 4), commit=second, dependencies=("python==3.11.1", "sand==2.0"))
    return why(profile_difference(read(folder, base), read(folder, head)), history)


# --- source --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "line", "path"),
    [
        ("Reader.read", None, "Reader.read"),
        ("read", None, "Reader.read"),
        ("parse.<locals>.inner", None, "parse.inner"),
        ("inner", 18, "parse.inner"),
        ("size", 9, "Reader.size"),
        ("parse.<locals>.inner.<locals>.<genexpr>", 18, "parse.inner"),
        ("nowhere", 1, ""),
        ("<module>", 1, ""),
        ("Reader", 3, ""),  # a class is no function
    ],
)
def test_a_function_is_found_by_what_a_profiler_calls_it(name: str, line: int | None, path: str) -> None:
    assert qualified(READER, name, line) == path


def test_of_two_functions_of_one_name_the_line_tells() -> None:
    text = "class A:\n    def f(self):\n        pass\n\nclass B:\n    def f(self):\n        pass\n"
    assert [qualified(text, "f", line) for line in (2, 3, 6, 7, None)] == ["A.f", "A.f", "B.f", "B.f", ""]


def test_the_source_has_its_decorators_and_every_definition() -> None:
    assert function_source(READER, "Reader.read").startswith("    @functools.cache\n    def read")
    assert function_source(READER, "Reader.size").count("def size") == 2
    assert function_source(READER, "parse").endswith("    return inner()\n")
    assert function_source("def f(:\n", "f") == ""


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ("pkg/reader.py", "src/pkg/reader.py"),
        ("src/pkg/reader.py", "src/pkg/reader.py"),
        ("/home/me/project/src/pkg/reader.py", "src/pkg/reader.py"),
        ("setup.py", "setup.py"),
        ("reader.py", ""),  # two of them end so
        ("numpy/setup.py", ""),  # not ours
        ("g/reader.py", ""),
        ("", ""),
    ],
)
def test_a_profiler_s_file_is_one_of_the_repository(
    repository: tuple[History, list[str]], file: str, path: str
) -> None:
    history, (_, second) = repository
    assert path_like(file, paths_at(history, second)) == path


def test_texts_are_those_of_the_commit(repository: tuple[History, list[str]]) -> None:
    history, (first, second) = repository
    asked = ["nowhere.py", "src/pkg/reader.py", "src", "a b é.py"]
    assert texts_at(history, first, asked) == {"src/pkg/reader.py": READER, "a b é.py": "x = 1\n"}
    assert texts_at(history, second, asked)["src/pkg/reader.py"] == SLOWER


def test_the_caller_that_changed_stands_beside_the_callee_that_takes_longer(explained: Explained) -> None:
    assert explained.difference.functions[0].name == "parse"
    (source,) = explained.sources
    assert explained.difference.functions[source.place].name == "Reader.read"
    assert "-        return parse(1)\n+        return parse(1) + parse(2)" in source.text
    assert source.text.startswith("--- src/pkg/reader.py@")
    assert [(one.what, one.expected, one.found) for one in explained.dependencies] == [("sand", "1.0", "2.0")]
    assert explained.notices == ()


def test_the_suite_is_the_same_at_both_commits_whatever_they_hold(
    explained: Explained, repository: tuple[History, list[str]]
) -> None:
    history, _ = repository
    assert why(explained.difference, history, "pkg").sources == ()
    assert why(explained.difference, history, "benchmarks").sources == explained.sources


def test_what_cannot_be_looked_up_is_said(tmp_path: Path, repository: tuple[History, list[str]]) -> None:
    history, (first, _) = repository
    ends = [Made(runs=alike(BASE, 2), commit=commit, dependencies=()) for commit in (first, "f" * 40)]
    difference = profile_difference(*(read(tmp_path, one) for one in ends))
    unknown, unheld = why(difference, history).notices
    assert unknown.startswith("The functions' source is not compared: ")
    assert "ffffffff" in unknown
    assert unheld == "Nobody recorded what both environments held."
    assert "no repository" in why(difference, None).notices[0]
    bare = profile_difference(*(read(tmp_path, Made(runs=[BASE], header=False)) for _ in range(2)))
    assert "nobody knows of which commits" in why(bare, history).notices[0]


# --- telling -------------------------------------------------------------------------------------------


def test_as_text(explained: Explained, repository: tuple[History, list[str]]) -> None:
    _, (first, second) = repository
    text = render_profile_difference(explained, Format.TEXT)
    lines = text.splitlines()
    # runs of 0.99 and 1.01 of 3 ms and of 5 ms: sd^2 = (4 * 30^2 + 4 * 50^2) µs^2 / 6 = (47.61 µs)^2,
    # error sqrt(2 / 4) of it = 33.67 µs, times Student's 3.7074 (6 degrees, 99 %) = 124.8 µs
    assert lines[0] == (
        "A call of walk.Desert.time_cross: 3.00 ms → 5.00 ms, +2.00 ms (99 %: +1.88 ms to +2.12 ms)"
    )
    assert lines[1] == f"base  {first[:8]}  4 runs, 400 calls, by py-spy 0.4.1, 3.0 % slower for it"
    assert lines[2].startswith(f"head  {second[:8]}")
    assert lines[5].split()[:3] == ["slower", "+2.00", "ms"]
    assert lines[5].endswith("parse  pkg/reader.py:7")
    assert "100 %" in lines[5]
    assert "source of Reader.read" in lines
    assert "installed otherwise\n  sand 1.0 → 2.0" in text
    assert max(map(len, lines)) <= 130


def test_as_markdown(explained: Explained) -> None:
    text = render_profile_difference(explained, Format.MARKDOWN)
    assert text.startswith("**A call of walk.Desert.time_cross: ")
    assert "| slower | +2.00 ms |" in text
    assert "### Source of Reader.read\n\n```diff\n--- src/pkg/reader.py@" in text
    assert "### Installed otherwise\n\n- sand 1.0 → 2.0" in text


def test_as_json(explained: Explained) -> None:
    wire = json.loads(render_profile_difference(explained, Format.JSON))
    assert faults(wire, SCHEMA_OF_JSON) == []
    assert (wire["schema"], wire["version"]) == ("groundspeed-profile-difference", 1)
    assert wire["counts"] == {"slower": 1, "faster": 0, "same": 1, "inconclusive": 0}
    assert wire["functions"][0]["own"]["by"]["centre"] == pytest.approx(2e-3)
    assert wire["installed"] == [{"what": "sand", "base": "1.0", "head": "2.0"}]


def test_without_an_interval_and_without_calls_that_is_said(tmp_path: Path) -> None:
    one = [
        read(tmp_path, Made(runs=[stacks], commit=digit * 40)) for stacks, digit in ((BASE, "a"), (HEAD, "b"))
    ]
    text = render_profile_difference(why(profile_difference(*one), None), Format.TEXT)
    assert "One run does not say how runs differ" in text
    assert "(99 %" not in text
    bare = [read(tmp_path, Made(runs=[stacks], header=False)) for stacks in (BASE, HEAD)]
    shares = why(profile_difference(*bare), None)
    assert "figures are shares of each profile" in render_profile_difference(shares, Format.MARKDOWN)
    assert json.loads(render_profile_difference(shares, Format.JSON))["call"]["by"]["low"] is None


def test_nothing_is_said_to_be_nothing(tmp_path: Path) -> None:
    ends = [read(tmp_path, Made(runs=[{}], commit=digit * 40, header=False)) for digit in "ab"]
    text = render_profile_difference(why(profile_difference(*ends), None), Format.TEXT)
    assert "Neither profile holds anything." in text.splitlines()


def test_bytes_are_more_and_not_slower(tmp_path: Path) -> None:
    ends = [
        read(tmp_path, Made(runs=alike({"f@a.py": size}, 2), commit=digit * 40, unit="bytes"))
        for size, digit in ((1e6, "a"), (3e6, "b"))
    ]
    text = render_profile_difference(why(profile_difference(*ends), None), Format.TEXT)
    assert text.startswith("A call of walk.Desert.time_cross: 1.00 MB → 3.00 MB, +2.00 MB (99 %: ")
    (row,) = (line.split() for line in text.splitlines() if line.endswith("f  a.py:7"))
    assert row[:3] == ["more", "+2.00", "MB"]


_CHANGE: Schema = {
    "type": "object",
    "required": ["base", "head", "by"],
    "additionalProperties": False,
    "properties": {
        "base": {"type": "number"},
        "head": {"type": "number"},
        "by": {
            "type": "object",
            "required": ["centre", "low", "high"],
            "additionalProperties": False,
            "properties": {
                "centre": {"type": "number"},
                "low": {"type": ["number", "null"]},
                "high": {"type": ["number", "null"]},
            },
        },
    },
}
SCHEMA_OF_JSON: Schema = {
    "type": "object",
    "required": ["schema", "version", "unit", "basis", "base", "head", "call", "counts", "functions"],
    "properties": {
        "basis": {"enum": ["call", "share"]},
        "call": _CHANGE,
        "functions": {
            "type": "array",
            "items": {
                "type": "object",
                "required": [
                    "name",
                    "file",
                    "base_file",
                    "line",
                    "presence",
                    "verdict",
                    "own",
                    "whole",
                    "share",
                ],
                "additionalProperties": False,
                "properties": {
                    "name": {"type": "string"},
                    "file": {"type": "string"},
                    "base_file": {"type": "string"},
                    "line": {"type": ["integer", "null"]},
                    "presence": {"enum": ["both", "appeared", "vanished"]},
                    "verdict": {"enum": ["slower", "faster", "same", "inconclusive"]},
                    "own": _CHANGE,
                    "whole": _CHANGE,
                    "share": {"type": ["number", "null"]},
                },
            },
        },
    },
}
