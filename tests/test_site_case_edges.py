"""A case at its edges, in a real Chromium: one value, none, failures alone, very many lines, a phone.

Every test also holds, by `visit`: no error in the console, no other host asked.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from groundspeed.records import Case
from groundspeed.results.profiles import stored_profiles
from groundspeed.site.answers import Answers
from groundspeed.site.publish import publish
from tests.browser import Visit, chromium, drawn, serve, visit
from tests.site_archives import (
    COUNT,
    HOSTILE,
    benchmark,
    commit_hash,
    series,
    small_archive,
    subject,
    wavy,
)
from tests.test_site_profiles import put, speedscope_file

__all__ = ["chromium", "serve", "visit"]  # fixtures

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Visitor = Callable[..., Visit]

LINES = 30  # of which 24 can be told apart
AXES = ("", "?y=log", "?y=ratio", "?y=zero", "?x=date")
TEXT = f"Traceback (most recent call last):\nValueError: {HOSTILE}"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


@pytest.fixture(scope="module")
def edges(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("edges")
    nothing = [math.nan] * COUNT
    rows = (
        series("edge.time_once", [1.5e-3], first=7),
        series("edge.time_never", nothing, failures=dict.fromkeys(range(COUNT), TEXT)),
        series("edge.time_skipped", nothing),
        series("edge.time_zero", [0.0] * COUNT),
        series(
            "edge.time_long",
            wavy(2e-3),
            machine="a machine with a very long name that says what it is for " * 2,
        ),
        *(
            series("edge.time_many", wavy(1e-3 * (1 + number)), params=(str(number),))
            for number in range(LINES)
        ),
    )
    benchmarks = {one.key.case.benchmark: benchmark(one.key.case.benchmark) for one in rows}
    benchmarks["edge.time_many"] = benchmark(
        "edge.time_many", params={"number": tuple(str(number) for number in range(LINES))}
    )
    machines: dict[str, dict[str, str]] = {one.key.machine: {} for one in rows}
    archive = dataclasses.replace(small_archive(), series=rows, benchmarks=benchmarks, machines=machines)
    many = Case(benchmark="edge.time_many", params=("2",))
    put(home / "results", many, "cpu", speedscope_file("many"))
    put(home / "results", many, "alloc", speedscope_file("many"))
    profiles = Answers(profiles=stored_profiles(home / "results"))
    publish(dataclasses.replace(subject(archive), answers=profiles), home / "html")
    return home / "html"


def many(numbers: int, **words: str) -> str:
    choices = [("p.number", str(number)) for number in range(numbers)]
    return f"#/benchmark/edge.time_many?{urlencode([*choices, *words.items()])}"


@pytest.mark.parametrize(
    ("name", "points", "newest"),
    [
        ("once", 1, "1.500 ms"),
        ("never", 0, "✕ failed"),
        ("skipped", 0, "skipped"),
        ("zero", COUNT, "0 s"),
    ],
)
def test_whatever_there_is_stands_on_every_axis(
    edges: Path, visit: Visitor, name: str, points: int, newest: str
) -> None:
    visited = visit(edges)
    for axis in AXES:
        page = visited.go(f"#/benchmark/edge.time_{name}{axis}")
        assert drawn(page) == {"points": points, "strokes": 1, "carried": 0}, axis
        expect(page.locator(".legend")).to_contain_text(newest)
        expect(page.locator(".caption", has_text="wherever it was measured")).to_have_count(
            0 if points else 1
        )
        expect(page.locator(".steps")).to_contain_text("No change of level")


def test_a_value_alone_stands_in_the_middle(edges: Path, visit: Visitor) -> None:
    page = visit(edges).go("#/benchmark/edge.time_once")
    drawn(page)
    page.locator(".u-over").hover()  # its middle
    expect(page.locator(".tip")).to_contain_text("1.500 ms")


def test_a_failure_is_picked_and_told_where_nothing_else_is(edges: Path, visit: Visitor) -> None:
    page = visit(edges).go("#/benchmark/edge.time_never")
    drawn(page)
    page.locator(".chart").focus()
    page.keyboard.press("End")
    expect(page.locator(".panel td").first).to_have_text("✕ failed")
    expect(page.locator(".panel pre.why")).to_have_text(TEXT)


def test_lines_that_cannot_be_told_apart_are_counted(edges: Path, visit: Visitor) -> None:
    page = visit(edges).go(many(LINES))
    assert drawn(page)["strokes"] == 24
    expect(page.locator(".caption .notice").first).to_have_text(
        "6 more lines chosen than can be told apart: narrow the choice."
    )


def test_a_commit_leads_to_the_profiles_of_its_lines(edges: Path, visit: Visitor) -> None:
    page = visit(edges).go(many(4, commit=commit_hash(18)[:8]))
    links = page.locator(".panel .profiles li")
    expect(links).to_have_text([re.compile(r"3 2 alloc profile"), re.compile(r"3 2 cpu profile")])
    expect(links.first.locator("a")).to_have_attribute("href", re.compile(r"index\.html#profileURL="))
    page.locator(".chart").focus()
    page.keyboard.press("ArrowRight")
    expect(links).to_have_count(0)


_KEPT = """() => [document.querySelector(".controls > fieldset"), document.querySelector(".more thead")]"""


def test_going_from_commit_to_commit_leaves_the_rest_as_it_is(edges: Path, visit: Visitor) -> None:
    page = visit(edges).go(many(4, open="table"))
    drawn(page)
    kept = page.evaluate_handle(_KEPT)
    page.locator(".chart").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".panel h2")).to_be_visible()
    assert kept.evaluate("(kept) => kept.every((node) => node.isConnected)")
    page.get_by_text("Values as a table").click()
    expect(page.locator(".more table")).to_have_count(0)


@pytest.mark.parametrize("place", ["edge.time_long", "edge.time_many"])
def test_what_is_said_of_a_point_stands_inside_the_page(edges: Path, visit: Visitor, place: str) -> None:
    page = visit(edges, **PHONE).go(f"#/benchmark/{place}")
    drawn(page)
    over = page.locator(".u-over").bounding_box()
    assert over
    for x in (2, over["width"] / 2, over["width"] - 2):
        for y in (4, over["height"] - 4):
            page.locator(".u-over").hover(position={"x": x, "y": y})
            assert inside(page), (x, y)


def inside(page: Page) -> bool:
    """Whether the tooltip is there, in the window from left to right and in the chart from top to foot."""
    tip, chart = page.locator(".tip"), page.locator(".chart").bounding_box()
    box = tip.bounding_box()
    assert chart
    if not box:
        return False
    across = box["x"] >= 0 and box["x"] + box["width"] <= 390
    return across and box["y"] >= chart["y"] and box["y"] + box["height"] <= chart["y"] + chart["height"]
