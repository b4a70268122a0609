"""The list of benchmarks, in a real Chromium: found by words, by module, sorted, with keys alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import Visit, chromium, serve, site, visit
from tests.site_archives import HOSTILE

__all__ = ["chromium", "serve", "site", "visit"]  # fixtures

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Visitor = Callable[..., Visit]


def test_a_case_is_found_by_words_of_its_text(site: Path, visit: Visitor) -> None:
    page = visit(site).go("#/benchmarks?q=herd+goat&machine=camel")
    expect(page.locator("#found")).to_have_text("1 benchmark · 3 cases on camel")
    expect(page.get_by_role("row", name="walk")).to_have_count(1)
    expect(page.locator(".rows-body a")).to_have_count(3)


def test_a_search_leaves_machine_and_order_as_they_were_chosen(site: Path, visit: Visitor) -> None:
    page = visit(site).go("#/benchmarks?machine=camel&sort=-value&fold=walk")
    page.locator("#search").fill("herd")
    expect(page.locator(".rows mark").first).to_be_visible()
    assert page.evaluate("location.hash") == "#/benchmarks?machine=camel&sort=-value&q=herd"
    page.locator("#search").fill("")
    expect(page.locator(".rows mark")).to_have_count(0)
    assert page.evaluate("location.hash") == "#/benchmarks?machine=camel&sort=-value"


def test_the_last_change_stands_in_words(site: Path, visit: Visitor) -> None:
    page = visit(site).go("#/benchmarks?q=cross&machine=camel")
    expect(page.locator(".rows-body .change")).to_have_text("▲ +30 % slower")
    page = visit(site).go("#/benchmarks?q=drink&machine=camel")
    expect(page.locator(".rows-body .latest")).to_have_text("✕ failed")


def test_keys_lead_from_row_to_row_and_close_a_module(site: Path, visit: Visitor) -> None:
    page = visit(site).go("#/benchmarks?machine=camel")
    first = page.locator(".rows-body .row").first
    first.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(":focus")).to_have_attribute("aria-expanded", "false")
    assert "fold=" in page.evaluate("location.hash")
    page.keyboard.press("ArrowRight")
    expect(page.locator(":focus")).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("End")
    expect(page.locator(":focus a")).to_have_count(1)


def test_hostile_names_are_text_and_nothing_found_is_said(site: Path, visit: Visitor) -> None:
    page = visit(site).go("#/benchmarks?q=nowhere")
    expect(page.locator("main")).to_contain_text("holds “nowhere”")
    page = visit(site).go("#/benchmarks?machine=camel")
    expect(page.locator(".rows-body")).to_contain_text(HOSTILE)
    assert page.locator("img").count() == 0
