"""How cases grow, in a real Chromium: charts, words, what is told and what is not."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import Visitor, chromium, serve, site, visit
from tests.site_archives import HOSTILE
from tests.site_payloads import ending, published_with, scaling

__all__ = ["chromium", "serve", "site", "visit"]  # fixtures

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published_with(tmp_path_factory.mktemp("site") / "html", {"scaling": scaling()})


def test_growth_stands_in_words_over_each_chart(answered: Path, visit: Visitor) -> None:
    page = visit(answered).go("#/scaling")
    expect(page.locator(".ladders-grid > li")).to_have_count(2)
    grown, few = page.locator(".ladders-grid > li").all()
    expect(grown).to_contain_text("grows like n1.10 (1.05 – 1.15), as n log n does")
    expect(few).to_contain_text("two sizes; it takes three")
    expect(grown.locator("g.measured")).to_have_count(4)
    expect(grown.locator("g.told")).to_have_count(1)
    expect(grown.locator("g.guess")).to_have_count(1)
    page.get_by_label("Filter by case").type("feed")
    expect(page.locator(".ladders-grid > li")).to_have_count(1)
    expect(page).to_have_url(ending("#/scaling?q=feed"))
    expect(page.get_by_label("Filter by case")).to_be_focused()


def test_ten_times_the_size_stands_equally_far_everywhere(answered: Path, visit: Visitor) -> None:
    """Points at 10, 100, 1000 and 10,000 on a power are evenly spaced both ways."""
    page = visit(answered).go("#/scaling?id=herd")
    page.wait_for_selector("g.measured")
    places = page.evaluate(
        "[...document.querySelectorAll('g.measured circle')]"
        ".map((one) => [one.cx, one.cy].map((it) => it.baseVal.value))"
    )
    for axis in (0, 1):
        gaps = [after[axis] - before[axis] for before, after in itertools.pairwise(places)]
        assert gaps == pytest.approx([gaps[0]] * 3, abs=0.01)


def test_one_tells_its_answers_its_sizes_and_where_its_exponent_changed(
    answered: Path, visit: Visitor
) -> None:
    page = visit(answered).go("#/scaling?id=herd")
    expect(page.locator("h1")).to_have_text(f"walk.Herd.time_count('{HOSTILE}')")
    answers = page.get_by_role("region", name="At the sizes asked for").locator("tbody tr")
    expect(answers.first).to_contain_text("told")
    expect(answers.first).to_contain_text("< 1 s ✓ holds")
    expect(answers.last).to_contain_text("not told")
    expect(answers.last).to_contain_text("more than ten times beyond the largest size")
    expect(page.locator(".changes")).to_contain_text("worse n^1.00 → n^1.30 (+0.30, +0.20 to +0.40")
    expect(page.locator("main")).to_contain_text("1,000,000: failed: out of memory")
    assert page.locator("img").count() == 0
    expect(visit(answered).go("#/scaling?id=gone").locator(".empty")).to_contain_text("gone")


def test_without_sizes_it_says_how_to_name_one(site: Path, visit: Visitor) -> None:
    page = visit(site).go("#/scaling")
    expect(page.locator(".empty")).to_contain_text("[scaling.sizes]")
