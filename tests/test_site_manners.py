"""The manners of every view, in a real Chromium: accessible, quiet, still, narrow, and deaf to hostile names.

The views are those that main.js registers: a new one is held to all of this by being there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.axe import violations
from tests.browser import CROSS, DRINK, HERD, Visit, chromium, serve, site, visit
from tests.site_archives import HOSTILE, commit_hash

__all__ = ["chromium", "serve", "site", "visit"]  # fixtures

pytestmark = pytest.mark.browser

Visitor = Callable[..., Visit]

LOOKS: Mapping[str, Mapping[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 800}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True},
}
# Beside each view as the links open it: cases, with failures, a picked commit, parameters; a search.
PLACES = (
    CROSS,
    f"{DRINK}?commit={commit_hash(12)[:8]}",
    HERD,
    f"{CROSS}?commit={commit_hash(3)[:8]}",
    "#/benchmarks?q=herd",
)
_VIEWS = """async () => {
  const style = document.querySelector("link[rel=stylesheet]").href;
  const { VIEWS } = await import(new URL("main.js", style).href);
  return Object.keys(VIEWS);
}"""
# Elements that would move.
_MOVING = """() => [...document.querySelectorAll("*")].filter((node) => {
  const style = getComputedStyle(node);
  return parseFloat(style.transitionDuration) > 0 || parseFloat(style.animationDuration) > 0;
}).map((node) => node.outerHTML.slice(0, 100))"""
# What a mouse can press and Tab does not reach. Inside a grid or a list of choices arrow keys lead on.
_UNREACHABLE = """() => {
  const roles = ["grid", "treegrid", "listbox", "tablist", "radiogroup"];
  const widgets = roles.map((role) => `[role=${role}]`).join();
  return [...document.querySelectorAll("a[href], button, input, select, summary, [tabindex]")]
    .filter((node) => node.checkVisibility() && node.tabIndex < 0 && !node.matches("h1, h2, [disabled]"))
    .filter((node) => !node.closest(widgets))
    .map((node) => node.outerHTML.slice(0, 100));
}"""
_SETTLED = """() => {
  const main = document.querySelector("main");
  return main.dataset.view === location.hash.split("?")[0] && main.querySelector("h1");
}"""


def each(visited: Visit) -> Iterator[tuple[str, Page]]:
    """The page at every place, one after the other."""
    page = visited.go()
    views: list[str] = page.evaluate(_VIEWS)
    for place in (*(f"#/{view}" for view in views), *PLACES):
        page.evaluate("(place) => { location.hash = place; }", place)
        page.wait_for_load_state("networkidle")
        page.wait_for_function(_SETTLED)
        yield place, page


@pytest.mark.parametrize("look", LOOKS)
def test_every_view_is_accessible_and_fits(site: Path, visit: Visitor, look: str) -> None:
    found: list[str] = []
    for place, page in each(visit(site, **LOOKS[look])):
        found += [f"{place}: {one}" for one in violations(page)]
        found += [f"{place}: not for a keyboard: {one}" for one in page.evaluate(_UNREACHABLE)]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{place}: scrolls sideways")
        if page.locator("main h1").count() != 1:
            found.append(f"{place}: has not one h1")
    assert found == []


def test_hostile_names_are_text_everywhere(site: Path, visit: Visitor) -> None:
    shown = 0
    for place, page in each(visit(site)):
        assert page.locator("img, iframe, script:not([src]), [onerror]").count() == 0, place
        shown += HOSTILE in page.locator("main").inner_text()
    assert shown >= 3  # as they stand, at several places
    page.locator("#search").fill(HOSTILE)
    expect(page.locator("main h1")).to_have_text("Benchmarks")
    assert page.locator("img").count() == 0


def test_nothing_moves_for_those_who_asked_for_stillness(site: Path, visit: Visitor) -> None:
    page = visit(site, reduced_motion="no-preference").go()
    assert page.evaluate(_MOVING) != []
    for place, still in each(visit(site, reduced_motion="reduce")):
        assert still.evaluate(_MOVING) == [], place


def test_dark_is_dark_and_changes_while_open(site: Path, visit: Visitor) -> None:
    page = visit(site, color_scheme="dark").go(CROSS)
    expect(page.locator("html")).to_have_css("background-color", "rgb(13, 18, 23)")
    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).to_have_css("background-color", "rgb(245, 247, 249)")


def test_the_document_forbids_whatever_it_does_not_need(site: Path) -> None:
    document = (site / "index.html").read_text(encoding="utf-8")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', document)
    assert policy
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
    assert "unsafe" not in policy[1]
    assert "http:" not in policy[1]


def test_the_start_page_asks_for_neither_index_nor_commits(site: Path, visit: Visitor) -> None:
    visited = visit(site)
    visited.go()
    visited.page.wait_for_load_state("networkidle")
    heavy = ("index-", "commits-", "lines-", "benchmark-", "uPlot")
    assert [url for url in visited.requests if any(part in url.rpartition("/")[2] for part in heavy)] == []
