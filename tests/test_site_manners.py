"""The page's manners, in a real Chromium: hostile texts, other hosts, files, themes, phones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, expect

from groundspeed.site.publish import publish
from tests.browser import CROSS, DRINK, HERD, Visit, chromium, drawn, serve, site, visit
from tests.site_archives import COUNT, HOSTILE, commit_hash, known, small_archive, subject

__all__ = ["chromium", "serve", "site", "visit"]  # fixtures

pytestmark = pytest.mark.browser

Visitor = Callable[..., Visit]

PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}
# Texts that stand out by less than WCAG's AA asks (relative luminance: WCAG 2.2, section 1.4.3).
CONTRAST = """() => {
  const parse = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const linear = (c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const colour = parse(getComputedStyle(node).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return parse(getComputedStyle(document.documentElement).backgroundColor);
  };
  const poor = [];
  for (const node of document.body.querySelectorAll('*')) {
    const text = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
    if (!text || !node.checkVisibility() || node.closest('.unseen, canvas')) continue;
    const tones = [luminance(parse(getComputedStyle(node).color)), luminance(ground(node))];
    const ratio = (Math.max(...tones) + 0.05) / (Math.min(...tones) + 0.05);
    if (ratio < 4.5) poor.push(`${node.className || node.tagName} ${ratio}: ${node.textContent}`);
  }
  return [...new Set(poor)];
}"""
# Elements that would move.
MOVING = """() => [...document.querySelectorAll('*')]
  .filter((node) => parseFloat(getComputedStyle(node).transitionDuration) > 0).length"""


# --- what it must not do ------------------------------------------------------------------------


def test_hostile_names_are_text(site: Path, visit: Visitor) -> None:
    visited = visit(site)
    for place in (
        "#/",
        CROSS,
        f"{DRINK}?commit={commit_hash(12)[:8]}",
        HERD,
        f"{CROSS}?commit={commit_hash(3)[:8]}",
    ):
        page = visited.go(place)
        assert page.locator("img, script:not([src])").count() == 0
    page = visited.go(f"#/benchmark/{quote(f'old.time_{HOSTILE}', safe='')}")
    expect(page.locator("h1")).to_have_text(f"time_{HOSTILE}")
    assert drawn(page)["points"] == COUNT
    page.locator("#search").fill(HOSTILE)
    expect(page.locator("#found")).to_have_text("2 benchmarks, 4 cases")
    assert page.locator("img").count() == 0


def test_only_what_is_needed_is_asked_for(site: Path, visit: Visitor) -> None:
    visited = visit(site)
    visited.go()
    assert not [url for url in visited.requests if "benchmark-" in url or "uPlot.iife" in url]
    drawn(visited.go(CROSS))
    visited.page.get_by_label("date", exact=True).check()
    assert len([url for url in visited.requests if "benchmark-" in url]) == 1


def test_published_anew_while_reading_the_page_says_so(site: Path, visit: Visitor, tmp_path: Path) -> None:
    html_dir = tmp_path / "html"
    publish(subject(small_archive()), html_dir)
    visited = visit(html_dir)
    page = visited.go()
    publish(subject(small_archive(20), known(20)), html_dir)
    page.locator("#benchmarks a").first.click()
    expect(page.locator("h1")).to_have_text("Published anew")
    assert [complaint.partition(" ")[0] for complaint in visited.complaints] == ["404", "error:"]
    visited.complaints.clear()
    page.get_by_role("button", name="Reload").click()
    assert drawn(page)["points"] > 0


def test_opened_as_a_file_it_names_the_command(site: Path, chromium: Browser) -> None:
    page = chromium.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto((site / "index.html").as_uri())
    expect(page.locator("body")).to_contain_text("groundspeed preview")
    expect(page.locator("h1")).to_be_visible()
    assert complaints == []
    page.close()


def test_without_scripts_it_says_what_is_missing(site: Path, visit: Visitor) -> None:
    visited = visit(site, java_script_enabled=False)
    visited.page.goto(visited.url)
    expect(visited.page.locator("body")).to_contain_text("needs a web server and JavaScript")


# --- how it looks ------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("place", ["#/?q=herd", f"{DRINK}?commit={commit_hash(12)[:8]}", HERD])
def test_every_text_stands_out_by_four_and_a_half_to_one(
    site: Path, visit: Visitor, scheme: str, place: str
) -> None:
    page = visit(site, color_scheme=scheme).go(place)
    assert page.evaluate(CONTRAST) == []


def test_dark_is_dark_and_changes_while_open(site: Path, visit: Visitor) -> None:
    page = visit(site, color_scheme="dark").go(CROSS)
    drawn(page)
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(13, 18, 23)"
    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).to_have_css("background-color", "rgb(245, 247, 249)")
    assert drawn(page)["points"] == 2 * COUNT


@pytest.mark.parametrize("place", ["#/", CROSS, HERD, f"{DRINK}?commit={commit_hash(12)[:8]}"])
def test_a_phone_is_wide_enough(site: Path, visit: Visitor, place: str) -> None:
    page = visit(site, **PHONE).go(place)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    browse = page.get_by_role("button", name="Browse")
    expect(page.locator("#benchmarks")).to_be_hidden()
    browse.click()
    expect(page.locator("#benchmarks")).to_be_visible()
    assert browse.get_attribute("aria-expanded") == "true"
    page.locator("#benchmarks a").last.click()
    expect(page.locator("#benchmarks")).to_be_hidden()


def test_nothing_moves_for_those_who_asked_for_stillness(site: Path, visit: Visitor) -> None:
    assert visit(site, reduced_motion="no-preference").go().evaluate(MOVING) > 0
    assert visit(site, reduced_motion="reduce").go().evaluate(MOVING) == 0
