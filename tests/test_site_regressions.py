"""The regressions of a site in a real Chromium: filters, one by its id, what is in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import Visitor, chromium, serve, site, visit
from tests.site_archives import HOSTILE, commit_hash
from tests.site_payloads import changes, ending, published_with

__all__ = ["chromium", "serve", "site", "visit"]  # fixtures

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published_with(tmp_path_factory.mktemp("site") / "html", {"changes": changes()})


def subjects(page: Page) -> list[str]:
    return page.locator(".groups .subject").all_inner_texts()


def test_open_ones_are_shown_first_and_filters_stand_in_the_address(answered: Path, visit: Visitor) -> None:
    page = visit(answered).go("#/regressions")
    expect(page.locator(".figures")).to_contain_text("2 open regressions")
    expect(page.locator(".figures")).to_contain_text("1 of them confirmed")
    assert subjects(page) == ["Change number 18", f"Escape {HOSTILE}"]
    page.get_by_label("all 5").check()
    expect(page.locator(".groups tbody tr")).to_have_count(5)
    expect(page).to_have_url(ending("#/regressions?state=all"))
    page.get_by_label("Filter by commit, author or case").type("latency p99")
    assert subjects(page) == ["up to: Change number 8"]
    expect(page.get_by_label("Filter by commit, author or case")).to_be_focused()
    expect(page).to_have_url(ending("?state=all&q=latency+p99"))
    page.go_back()
    expect(page.locator(".groups tbody tr")).to_have_count(2)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("show=better", ["Change number 21"]),
        ("show=better&state=all", ["Change number 21", "Change number 12"]),
        ("machine=oryx", ["Change number 18"]),
        ("state=recovered", ["up to: 0000001c, not in the repository any more"]),
        ("state=all&sort=-change&machine=oryx", ["Change number 18"]),
        ("sort=change", [f"Escape {HOSTILE}", "Change number 18"]),
        ("q=nothing+of+the+sort", []),
    ],
)
def test_the_address_says_what_is_shown(
    answered: Path, visit: Visitor, words: str, expected: list[str]
) -> None:
    page = visit(answered).go(f"#/regressions?{words}")
    expect(page.locator(".groups .count")).to_contain_text("group")
    assert [text for text in subjects(page) if text.strip()] == expected
    if not expected:
        expect(page.locator(".empty")).to_contain_text("Nothing matches")


def test_one_is_opened_by_its_id_and_leads_to_its_cases(answered: Path, visit: Visitor) -> None:
    page = visit(answered).go("#/regressions?id=aaaa0001")
    expect(page.locator("h1")).to_have_text("Change number 18")
    expect(page.locator(".figures")).to_contain_text("suspected")
    expect(page.locator("dl.facts")).to_contain_text("5 series of 2 cases in 1 benchmark, on camel, oryx")
    expect(page.locator("dl.facts")).to_contain_text("Strong: its clearest step counts")
    expect(page.locator("dl.facts")).to_contain_text("look at the host and its Python first")
    expect(page.locator(".do")).to_contain_text("groundspeed regressions --confirm")
    expect(page.locator("main")).to_contain_text("The 2 most pressing of 5 series.")
    links = page.locator("th.case a")
    assert links.first.get_attribute("href") == (
        f"#/benchmark/walk.Desert.time_cross?machine=camel&env=virtualenv-py3.11&commit={commit_hash(18)[:8]}"
    )
    expect(page.locator("th.case + td").first).to_have_text("1.30× (1.27 – 1.33)")
    page.get_by_role("button", name="change").click()
    expect(page.locator("th.case + td").first).to_contain_text("2.50×")
    page.get_by_role("link", name="Regressions").first.click()
    assert subjects(page)[0] == "Change number 18"


def test_an_improvement_and_an_unknown_id_are_told_apart(answered: Path, visit: Visitor) -> None:
    visited = visit(answered)
    page = visited.go("#/regressions?id=bbbb0001")
    expect(page.locator(".figures")).to_contain_text("2.00× better")
    expect(page.locator("dl.facts")).to_contain_text("Told by the history alone.")
    page = visited.go("#/regressions?id=ffffffff")
    expect(page.locator(".empty")).to_contain_text("Nothing that this site knows is called ffffffff")


def test_what_was_decided_and_hostile_words_are_text(answered: Path, visit: Visitor) -> None:
    page = visit(answered).go("#/regressions?id=aaaa0004")
    expect(page.locator("dl.facts")).to_contain_text(
        f"acknowledged by Ada on 2024-03-21: meant to be {HOSTILE}"
    )
    page = visit(answered).go("#/regressions?id=aaaa0002")
    expect(page.locator("h1")).to_have_text(f"Escape {HOSTILE}")
    assert page.locator("img").count() == 0


def test_a_site_without_answers_says_what_to_do(site: Path, visit: Visitor) -> None:
    page = visit(site).go("#/regressions")
    expect(page.locator(".empty")).to_contain_text("groundspeed publish")
