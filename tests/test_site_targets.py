"""The targets of a site in a real Chromium: each state in words, filters, what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import Visitor, chromium, serve, site, visit
from tests.site_archives import HOSTILE
from tests.site_payloads import ending, published_with, targets

__all__ = ["chromium", "serve", "site", "visit"]  # fixtures

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published_with(tmp_path_factory.mktemp("site") / "html", {"targets": targets()})


def test_what_fails_stands_first_and_what_is_missing_is_no_pass(answered: Path, visit: Visitor) -> None:
    page = visit(answered).go("#/targets")
    expect(page.locator(".figures")).to_contain_text("1 of 4 hold")
    expect(page.locator(".figures")).to_contain_text("1 without data, which is no pass")
    states = page.locator("tbody tr td:first-child").all_inner_texts()
    assert [state.split()[-1] for state in states] == ["fails", "missing", "inconclusive", "holds"]
    missing = page.locator("tr[data-state=missing]")
    expect(missing).to_contain_text(f"never measured on {HOSTILE}")
    expect(missing).to_contain_text("groundspeed run --bench time_count")
    expect(page.locator("tr[data-state=inconclusive]")).to_contain_text("no more than a guess")
    assert page.locator("img").count() == 0


def test_how_far_a_value_is_stands_in_words_and_in_the_picture_s_name(answered: Path, visit: Visitor) -> None:
    """1.24 of 2 ms: 0.76 of 2 is 38 %; 3 of 2 ms: 1 of 2 is 50 %; a value on its limit is at it."""
    page = visit(answered).go("#/targets")
    expect(page.locator("tr[data-state=holds] .room")).to_have_text("38 % below")
    expect(page.locator("tr[data-state=fails] .room")).to_have_text("50 % above")
    expect(page.locator("tr[data-state=inconclusive] .room")).to_have_text("at the limit")
    named = page.locator("tr[data-state=fails] .bullet").get_attribute("aria-label")
    assert named == "3.000 ms against a limit of 2.000 ms"
    expect(page.locator("tr[data-state=fails]")).to_contain_text("worsening +25 %")


def test_filters_stand_in_the_address(answered: Path, visit: Visitor) -> None:
    page = visit(answered).go("#/targets?machine=oryx")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_label("holds 1").focus()
    page.keyboard.press("Space")
    expect(page).to_have_url(ending("#/targets?machine=oryx&state=holds"))
    expect(page.locator(".empty")).to_contain_text("No target is like that.")
    expect(page.get_by_label("holds 1")).to_be_focused()
    page.get_by_role("button", name="Show all of them").click()
    expect(page.locator("tbody tr")).to_have_count(4)


def test_a_project_without_targets_is_told_how_to_state_one(site: Path, visit: Visitor) -> None:
    page = visit(site).go("#/targets")
    expect(page.locator(".empty")).to_contain_text("[targets]")
