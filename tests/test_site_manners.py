"""The manners of every view, in a real Chromium: accessible, quiet, still, narrow, and deaf to hostile names.

The views are those that main.js registers: a new one is held to all of this by being there. Each is seen
filled, with every kind of row, state, chart and dialog, and as it stands on a site without answers.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from groundspeed.results.profiles import stored_profiles
from groundspeed.site.answers import Answers
from groundspeed.site.publish import publish
from tests.axe import TAGS, violations
from tests.browser import CROSS, DRINK, HERD, Visit, chromium, serve, site, visit
from tests.profile_pairs import Made, wire
from tests.site_archives import HOSTILE, commit_hash, series, small_archive, subject, wavy
from tests.site_payloads import add_pieces, changes, machines, scaling, targets
from tests.test_site_profiles import CROSS as CROSSING
from tests.test_site_profiles import HERD as HERDED
from tests.test_site_profiles import put, speedscope_file
from tests.test_site_samples import made
from tests.test_site_start import start_payload

__all__ = ["chromium", "serve", "site", "visit"]  # fixtures

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Visitor = Callable[..., Visit]

STILL = {"reduced_motion": "reduce"}
LOOKS: Mapping[str, Mapping[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 800}} | STILL,
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 800}} | STILL,
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True} | STILL,
}
SHORT = [commit_hash(place)[:8] for place in range(30)]
TABS = 25  # past the links at the top, and well into the view
LATE, POUR = "#/benchmark/late.time_carried", "#/benchmark/water.Skin.latency_pour"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Somewhere in the filled site: what must stand there, and what is pressed to open what is folded."""

    address: str
    shows: str = "main h1"
    press: str | None = None


# Beside each view as the links open it.
PLACES = (
    Place(address="#/?all", shows=".trends li:nth-child(13)"),
    Place(address="#/", shows=".failures li.gone"),
    Place(address="#/benchmarks?q=herd", shows=".rows mark"),
    Place(address="#/benchmarks?sort=-change", shows=".rows .change .bad"),
    Place(address="#/benchmarks?q=nowhere", shows="main p:has-text('holds “nowhere”')"),
    Place(address=CROSS, shows=".steps tbody tr"),
    Place(address=f"{CROSS}?machine=camel&commit={SHORT[18]}&open=table&open=source", shows=".next code"),
    Place(address=f"{CROSS}?machine=camel&commit={SHORT[20]}", shows=".spread .process"),
    Place(address=f"{CROSS}?x=date&y=ratio", shows=".caption:has-text('relative')"),
    Place(address=f"{DRINK}?commit={SHORT[12]}", shows=".panel pre.why"),
    Place(address=f"{HERD}?y=log&commit={SHORT[3]}", shows=".panel tbody tr:nth-child(3)"),
    Place(address=f"{HERD}?x=p.size&commit={SHORT[9]}", shows=".legend .key"),
    Place(address=f"{POUR}?open=metrics", shows=".metrics canvas"),
    Place(address=f"{LATE}?commit={SHORT[28]}", shows=".legend .since"),
    Place(address="#/regressions?state=all", shows=".groups tbody tr:nth-child(5)"),
    Place(address="#/regressions?show=better", shows=".groups tbody tr"),
    Place(address="#/regressions?q=nowhere", shows=".empty"),
    Place(address="#/regressions?id=aaaa0001", shows=".distribution svg"),
    Place(address="#/regressions?id=aaaa0004", shows="dl.facts"),
    Place(address="#/regressions?id=bbbb0001", shows=".distribution svg"),
    Place(address="#/regressions?id=ffff0000", shows=".empty"),
    Place(address=f"#/compare?base={SHORT[16]}&head={SHORT[20]}", shows=".chip .bad"),
    Place(address=f"#/compare?base={SHORT[16]}&head={SHORT[21]}", shows="#base-list li", press="#base"),
    Place(address="#/compare?machines=camel%2Coryx", shows=".compared .rows-body .row"),
    Place(address="#/compare?base=nowhere", shows=".result.empty"),
    Place(address="#/heatmap?machine=camel", shows=".standing tbody tr"),
    Place(address=f"#/heatmap?group=farthest&from={SHORT[4]}&to={SHORT[20]}", shows=".heat-grid"),
    Place(address="#/heatmap?q=nowhere", shows=".empty"),
    Place(address="#/targets", shows=".bullet.fails"),
    Place(address="#/scaling", shows=".ladder svg"),
    Place(address="#/scaling?id=herd", shows=".ladder .guess"),
    Place(address="#/scaling?id=few", shows=".verdict"),
    Place(address="#/machines", shows=".timeline .moved"),
    Place(address="#/machines?session=20240301T093003-00000003", shows=".session .fitness"),
    Place(address="#/profiles", shows=".profiles tbody a"),
    Place(address="#/difference?q=walk", shows=".difference tbody button"),
    Place(address="#/nowhere", shows="h1:has-text('Not here')"),
    Place(address="#/benchmark/no.such_case", shows="h1:has-text('Not here')"),
)
# One of each view, without what is drawn only after a while.
BESIDE = tuple(
    place
    for place in PLACES
    if place.address
    in (
        "#/?all",
        "#/benchmarks?q=herd",
        CROSS,
        "#/regressions?id=aaaa0001",
        "#/compare?machines=camel%2Coryx",
        "#/heatmap?machine=camel",
        "#/targets",
        "#/scaling?id=herd",
        "#/machines",
        "#/profiles",
        "#/difference?q=walk",
    )
)
# Where a hostile text stands in view.
NAMED = (
    Place(address="#/", shows=".failures li"),
    Place(address="#/benchmarks?q=old&machine=camel", shows=".rows-body a"),
    Place(address=f"{CROSS}?commit={SHORT[3]}", shows=".panel h2"),
    Place(address=f"{HERD}?open=table", shows=".more table"),
    Place(address="#/regressions?id=aaaa0004", shows="dl.facts"),
    Place(address="#/compare", shows=".compared .rows-body .row"),
    Place(address="#/targets", shows=".bullet"),
    Place(address="#/scaling?id=herd", shows=".ladder svg"),
    Place(address="#/machines?session=20240301T093003-00000003", shows=".session .fitness"),
    Place(address="#/profiles", shows=".profiles tbody a"),
    Place(address="#/difference", shows=".difference tbody button"),
)
DIALOG = Place(address="#/targets", shows="dialog[open]", press="button.help")
MENU = Place(address="#/targets", shows=".links.open", press="button.menu")
# How everything in view looks: what a rule of another view's stylesheet would change.
_LOOK = """() => [...document.querySelectorAll("main *")].filter((one) => one.checkVisibility())
.map((one) => {
  const { width, height } = one.getBoundingClientRect();
  const { color, fontSize, display } = getComputedStyle(one);
  const size = `${Math.round(width)} x ${Math.round(height)}`;
  return [one.tagName, one.getAttribute("class"), size, color, fontSize, display].join(" ");
})"""
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
# Elements that no view makes: somebody's text became one.
_STRANGERS = """() => [...document.querySelectorAll("img, iframe, script:not([src]), [onerror]")]
  .map((node) => node.outerHTML.slice(0, 100))"""
# What a mouse can press and Tab does not reach. Inside a grid or a list of choices arrow keys lead on.
_UNREACHABLE = """() => {
  const roles = ["grid", "treegrid", "listbox", "tablist", "radiogroup"];
  const widgets = roles.map((role) => `[role=${role}]`).join();
  return [...document.querySelectorAll("a[href], button, input, select, summary, [tabindex]")]
    .filter((node) => node.checkVisibility() && node.tabIndex < 0 && !node.matches("h1, h2, [disabled]"))
    .filter((node) => !node.closest(widgets))
    .map((node) => node.outerHTML.slice(0, 100));
}"""
# Text of a drawing, on whose ground axe-core has no opinion: below 4.5:1 on what lies behind it (WCAG 1.4.3).
_FAINT = """() => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const luminance = (colours) => {
    for (const colour of colours) {
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
    }
    const [red, green, blue] = [...context.getImageData(0, 0, 1, 1).data].map((value) => linear(value / 255));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const groundOf = (node) => getComputedStyle(node).backgroundColor;
  const below = (node) => (node ? [...below(node.parentElement), groundOf(node)] : []);
  return [...document.querySelectorAll("svg text")].filter((node) => {
    const grounds = below(node.closest("svg"));
    const both = [luminance(grounds), luminance([...grounds, getComputedStyle(node).fill])];
    return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05) < 4.5;
  }).map((node) => node.outerHTML.slice(0, 100));
}"""
# What has the focus, and whether a rim says so: its own, or of what stands for it.
_FOCUS = """() => {
  const node = document.activeElement;
  const rims = [node, node.nextElementSibling].filter(Boolean).map((one) => getComputedStyle(one));
  const seen = rims.some((one) => one.outlineStyle !== "none" && parseFloat(one.outlineWidth) >= 2);
  return [node.outerHTML.slice(0, 100), seen];
}"""
_SETTLED = """() => {
  const main = document.querySelector("main");
  return main.dataset.view === location.hash.split("?")[0] && main.querySelector("h1");
}"""
# What reaches beyond the page's right edge and stands in no box of its own that scrolls.
_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? []
  : [...document.querySelectorAll("main *")]
    .filter((node) => node.getBoundingClientRect().right > innerWidth + 1).slice(0, 3)
    .map((node) => node.outerHTML.slice(0, 100))"""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small archive with samples, profiles, a value carried over, and answers of every kind."""
    home = tmp_path_factory.mktemp("filled")
    later = wire(Made(runs=[{"walk@walk.py": 2e-3, "walk@walk.py rest@walk.py": 9e-3}]))
    put(home / "results", CROSSING, "cpu", speedscope_file("crossing"))
    put(home / "results", CROSSING, "cpu", later, commit=commit_hash(20))
    put(home / "results", HERDED, "alloc", speedscope_file("herding"))
    put(home / "results", CROSSING, "raw", b"not gzipped")
    late = series("late.time_carried", wavy(2e-3, count=26), machine="oryx", carried={28: 25})
    archive = small_archive()
    archive = dataclasses.replace(archive, series=(*archive.series, late))
    sampled = made({19: [[1.0, 2.0, 3.0]], 20: [[1.0, 1.1, 1.2, 1.3], [2.0, 2.1]]})
    sampled.key = archive.series[0].key
    answers = Answers(sampled=sampled, profiles=stored_profiles(home / "results"))
    publish(dataclasses.replace(subject(archive), answers=answers), home / "html")
    pieces = {"changes": changes(), "targets": targets(), "scaling": scaling(), "machines": machines()}
    add_pieces(home / "html", pieces | {"start": start_payload()})
    return home / "html"


def each(visited: Visit, places: tuple[Place, ...] = (), *, views: bool = True) -> Iterator[tuple[str, Page]]:
    """The page in every view as the links open it, then at the places, one after the other."""
    page = visited.go()
    known: list[str] = page.evaluate(_VIEWS) if views else []
    for place in (*(Place(address=f"#/{view}") for view in known), *places):
        page.evaluate("(address) => { location.hash = address; }", place.address)
        page.wait_for_function(_SETTLED)
        if place.press is not None:
            page.locator(place.press).click()
        page.locator(place.shows).first.wait_for()
        yield place.address, page
        if place.press is not None:
            page.keyboard.press("Escape")


def held_against(page: Page, tags: Sequence[str] = TAGS) -> list[str]:
    """What is wrong with the page as it stands."""
    found = violations(page, tags)
    found += [f"not for a keyboard: {one}" for one in page.evaluate(_UNREACHABLE)]
    found += [f"made of a text: {one}" for one in page.evaluate(_STRANGERS)]
    found += [f"faint: {one}" for one in page.evaluate(_FAINT)]
    found += [f"moves: {one}" for one in page.evaluate(_MOVING)]
    found += [f"scrolls sideways: {one}" for one in page.evaluate(_WIDE)]
    headings = page.locator("main h1").count()
    return found if headings == 1 else [*found, f"has {headings} h1"]


@pytest.mark.parametrize("look", LOOKS)
def test_every_view_is_accessible_and_fits(filled: Path, visit: Visitor, look: str) -> None:
    found: list[str] = []
    opened = MENU if look == "phone" else DIALOG
    tags = ["wcag2aa"] if look == "dark" else TAGS  # contrast: all else is as in the light
    for place, page in each(visit(filled, **LOOKS[look]), (*PLACES, opened)):
        found += [f"{place}: {one}" for one in held_against(page, tags)]
    assert found == []


def test_views_without_answers_are_accessible_and_fit(site: Path, visit: Visitor) -> None:
    found: list[str] = []
    for place, page in each(visit(site, **LOOKS["phone"])):
        found += [f"{place}: {one}" for one in held_against(page)]
    assert found == []


def test_hostile_names_are_text_everywhere(filled: Path, visit: Visitor) -> None:
    visited = visit(filled)
    for place, page in each(visited, NAMED, views=False):
        expect(page.locator("main")).to_contain_text(
            HOSTILE
        )  # as it stands; no walk above found an element of it
        assert page.evaluate(_STRANGERS) == [], place
    visited.page.locator("#search").fill(HOSTILE)
    expect(visited.page.locator("main h1")).to_have_text("Benchmarks")
    assert visited.page.evaluate(_STRANGERS) == []


def test_what_moves_is_only_for_those_who_did_not_ask_for_stillness(filled: Path, visit: Visitor) -> None:
    page = visit(filled, reduced_motion="no-preference").go()
    assert page.evaluate(_MOVING) != []  # and in every look above nothing does


def test_wherever_tab_leads_is_seen(filled: Path, visit: Visitor) -> None:
    unseen: list[str] = []
    for place, page in each(visit(filled, **LOOKS["light"])):
        page.evaluate("document.activeElement.blur()")
        for _ in range(TABS):
            page.keyboard.press("Tab")
            node, seen = page.evaluate(_FOCUS)
            unseen += [] if seen or node.startswith("<body") else [f"{place}: {node}"]
    assert unseen == []


def test_a_view_looks_the_same_whatever_was_open_before(filled: Path, visit: Visitor) -> None:
    forth, back = visit(filled), visit(filled)
    looks = {place: page.evaluate(_LOOK) for place, page in each(forth, BESIDE)}
    for place, page in each(back, tuple(reversed(BESIDE)), views=False):
        assert page.evaluate(_LOOK) == looks[place], place


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
