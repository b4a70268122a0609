"""[report] of groundspeed.toml: what a section may be called and which cases it means."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundspeed.config.project import read_project
from groundspeed.config.report import ITEM, OWN_KEYS, StatedSection
from groundspeed.errors import ConfigError
from groundspeed.records import Case

SEARCH = Case(benchmark="m.Load.throughput_search", params=("'big'",))


def read(folder: Path, text: str) -> tuple[StatedSection, ...]:
    (folder / "groundspeed.toml").write_text(f"[report]\n{text}\n", encoding="utf-8")
    return read_project(folder).report


@pytest.mark.parametrize(
    ("text", "metric", "meant"),
    [
        ('a = "m.Load.throughput_search"', "", True),
        ('a = "m.Load.throughput_search"', "rate_w2", True),
        ('a = "m.Load.*@rate"', "rate", True),
        ('a = "m.Load.*@rate"', "rate_w2", False),
        ('a = "m.Load.*@rate_w*"', "rate_w2", True),
        ('a = "m.Load.*@rate_w*"', "", False),
        ("a = \"m.Load.throughput_search('small')\"", "", False),
        ('a = ["n.*", "m.*"]', "", True),
        ('a = { cases = "n.*" }', "", False),
    ],
)
def test_a_section_means_cases_by_globs(tmp_path: Path, text: str, metric: str, meant: bool) -> None:
    (section,) = read(tmp_path, text)
    assert section.means(SEARCH, metric) is meant


def test_an_item_is_said_or_items(tmp_path: Path) -> None:
    found = read(tmp_path, 'b = { cases = ["m.*"], item = "queries" }\na = "n"')
    assert [(one.name, one.item) for one in found] == [("b", "queries"), ("a", ITEM)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('"Query latency" = "m.*"', "small letters"),
        ('cases = "m.*"', "a key of the report itself"),
        ("a = 3", "must name cases"),
        ("a = []", "not an empty list"),
        ('a = [""]', "not a list of something else"),
        ('a = { item = "x" }', "must name cases"),
        ('a = { case = "m.*" }', 'did you mean "cases"?'),
        ('a = { cases = "m.*", item = "Two words" }', '"report.a.item" must be a word'),
    ],
)
def test_what_is_no_section_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match="report") as caught:
        read(tmp_path, text)
    assert said in str(caught.value)


def test_the_reports_own_keys_are_all_refused(tmp_path: Path) -> None:
    for key in OWN_KEYS:
        with pytest.raises(ConfigError, match="key of the report"):
            read(tmp_path, f'{key} = "m.*"')
