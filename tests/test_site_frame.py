"""The frame around every view, in a real Chromium: links, search, menu, keys, the way back, failures.

Every test also holds, by `visit`: no error in the console, no dialog, no other host asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from groundspeed.site.publish import publish
from tests.browser import Visit, chromium, serve, site, visit
from tests.site_archives import known, small_archive, subject

__all__ = ["chromium", "serve", "site", "visit"]  # fixtures

pytestmark = pytest.mark.browser

Visitor = Callable[..., Visit]

LABELS = [
    "Overview", "Benchmarks", "Regressions", "Compare", "Heat map", "Targets", "Scaling", "Machines",
]  # fmt: skip
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}
# What has the focus, in a word.
FOCUSED = "() => document.activeElement.id || document.activeElement.textContent"


def hash_of(page: Page) -> str:
    found: str = page.evaluate("location.hash")
    return found


def test_the_links_name_the_views_and_mark_the_one_that_is_open(site: Path, visit: Visitor) -> None:
    page = visit(site).go()
    links = page.get_by_role("navigation").get_by_role("link")
    assert links.all_text_contents() == LABELS
    current = page.locator("nav a[aria-current=page]")
    expect(current).to_have_text(["Overview"])
    links.nth(1).click()
    expect(page.locator("main h1")).to_have_text("Benchmarks")
    expect(current).to_have_text(["Benchmarks"])
    expect(page.locator("main h1")).to_be_focused()
    expect(page).to_have_title("Benchmarks · dromedary")
    page.get_by_role("link", name="dromedary").click()
    expect(page.locator("main h1")).to_have_text("dromedary")


def test_what_is_typed_is_looked_for_wherever_one_is(site: Path, visit: Visitor) -> None:
    page = visit(site).go()
    page.keyboard.press("/")
    page.keyboard.type("desert")  # at once: the view is opened while the last keys are pressed
    expect(page.locator("main h1")).to_have_text("Benchmarks")
    assert hash_of(page) == "#/benchmarks?q=desert"
    expect(page.locator("#search")).to_be_focused()
    expect(page.locator("#search")).to_have_value("desert")
    page.keyboard.press("Escape")
    expect(page.locator("#search")).to_have_value("")
    assert hash_of(page) == "#/benchmarks"
    page.keyboard.press("Escape")
    expect(page.locator("main h1")).to_be_focused()
    page.go_back()
    expect(page.locator("main h1")).to_have_text("dromedary")


def test_a_slash_in_a_field_is_a_slash(site: Path, visit: Visitor) -> None:
    page = visit(site).go()
    page.locator("#search").fill("a")
    page.keyboard.press("/")
    page.keyboard.press("?")
    expect(page.locator("#search")).to_have_value("a/?")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_question_mark_lists_the_keys(site: Path, visit: Visitor) -> None:
    page = visit(site).go()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_contain_text("search benchmarks")
    page.keyboard.press("/")  # nothing behind it hears
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="Keys").click()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Keys")).to_be_focused()


def test_on_a_phone_the_links_are_a_menu_for_fingers_and_keys(site: Path, visit: Visitor) -> None:
    page = visit(site, **PHONE).go()
    menu, links = page.get_by_role("button", name="Menu"), page.locator("#links")
    expect(links).to_be_hidden()
    menu.tap()
    expect(menu).to_have_attribute("aria-expanded", "true")
    links.get_by_text("Benchmarks").tap()
    expect(page.locator("main h1")).to_have_text("Benchmarks")
    expect(links).to_be_hidden()
    menu.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == "Overview"
    page.keyboard.press("Escape")
    expect(links).to_be_hidden()
    expect(menu).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(len(LABELS) + 1):
        page.keyboard.press("Tab")
    expect(links).to_be_hidden()  # the focus went on, and the menu is not left open over the page


def test_the_first_key_reaches_the_content(site: Path, visit: Visitor) -> None:
    page = visit(site).go()
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == "Skip to the content"
    page.keyboard.press("Enter")
    expect(page.locator("main h1")).to_be_focused()


def test_the_view_that_is_asked_for_last_is_shown(site: Path, visit: Visitor) -> None:
    """Regressions come late; meanwhile the reader has gone to the targets."""
    page = visit(site).go()
    held: list[Route] = []
    page.route(re.compile("/views/regressions.js"), lambda route: held.append(route))
    page.evaluate("location.hash = '#/regressions'")
    expect(page.get_by_text("Loading …")).to_be_visible()
    page.evaluate("location.hash = '#/benchmarks'")
    expect(page.locator("main h1")).to_have_text("Benchmarks")
    expect(page.get_by_text("Loading …")).to_have_count(0)
    for route in held:
        route.continue_()
    page.wait_for_load_state("networkidle")
    expect(page.locator("main h1")).to_have_text("Benchmarks")


def test_the_way_back_leads_to_where_one_was_reading(site: Path, visit: Visitor) -> None:
    page = visit(site, viewport={"width": 800, "height": 120}).go()
    page.evaluate("scrollTo(0, 40)")
    page.evaluate("location.hash = '#/benchmarks'")
    expect(page.locator("main h1")).to_have_text("Benchmarks")
    assert page.evaluate("scrollY") == 0
    page.go_back()
    expect(page.locator("main h1")).to_have_text("dromedary")
    page.wait_for_function("() => scrollY === 40")


def test_an_address_of_nothing_says_so(site: Path, visit: Visitor) -> None:
    page = visit(site).go("#/constructor")
    expect(page.locator("main h1")).to_have_text("Not here")
    expect(page.locator("main")).to_contain_text("This site has no page #/constructor.")


def test_published_anew_while_reading_the_page_says_so(site: Path, visit: Visitor, tmp_path: Path) -> None:
    html_dir = tmp_path / "html"
    publish(subject(small_archive()), html_dir)
    visited = visit(html_dir)
    page = visited.go()
    publish(subject(small_archive(20), known(20)), html_dir)
    page.evaluate("location.hash = '#/benchmarks'")
    expect(page.locator("h1")).to_have_text("Published anew")
    page.get_by_role("button", name="Reload").click()
    expect(page.locator("h1")).to_have_text("Benchmarks")
    assert visited.complaints  # each of them by now, since the page that asked is gone
    assert all("404" in complaint for complaint in visited.complaints)
    visited.complaints.clear()


def test_opened_as_a_file_it_names_the_command(site: Path, chromium: Browser) -> None:
    page = chromium.new_page()
    complaints: list[str] = []
    # the modules that the document names ahead cannot be fetched from a file, and nobody needs them there
    hints = re.compile(r"Access to script at 'file:|Failed to load resource")
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto((site / "index.html").as_uri())
    expect(page.locator("body")).to_contain_text("groundspeed preview")
    expect(page.locator("h1")).to_be_visible()
    assert [one for one in complaints if not hints.match(one)] == []
    page.close()


def test_without_scripts_it_says_what_is_missing(site: Path, visit: Visitor) -> None:
    visited = visit(site, java_script_enabled=False)
    visited.page.goto(visited.url)
    expect(visited.page.locator("body")).to_contain_text("needs a web server and JavaScript")
