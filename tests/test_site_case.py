"""The history of a case, in a real Chromium: it draws, it is read and chosen, its address holds everything.

Every test also holds, by `visit`: no error in the console, no dialog, no other host asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from groundspeed.site.publish import publish
from tests.browser import CROSS, DRINK, HERD, Visit, at_commit, chromium, drawn, serve, site, visit
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

__all__ = ["chromium", "serve", "site", "visit"]  # fixtures

pytestmark = pytest.mark.browser

Visitor = Callable[..., Visit]

# Pixels of the chart that are not the ground: how much was drawn.
INKED = """() => {
  const canvas = document.querySelector('.u-wrap canvas');
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  let inked = 0;
  for (let at = 3; at < data.length; at += 4) inked += data[at] > 0;
  return inked;
}"""
DRAWN = "() => document.querySelector('.plot').drawn"


def hash_of(page: Page) -> str:
    found: str = page.evaluate("location.hash")
    return found


# --- drawing -----------------------------------------------------------------------------------


def test_a_benchmark_is_drawn_with_every_point_on_every_machine(site: Path, visit: Visitor) -> None:
    page = visit(site).go(CROSS)
    assert drawn(page) == {"points": 2 * COUNT, "strokes": 2, "carried": 0}
    assert page.evaluate(INKED) > 5_000
    expect(page.locator(".legend li")).to_have_text(["1camel1.596 ms", "2oryx2.122 ms"])
    expect(page.locator(".caption")).to_have_text("time · lower is better")
    expect(page).to_have_title("walk.Desert.time_cross · dromedary")


def test_a_failure_is_a_cross_at_the_bottom_with_its_text(site: Path, visit: Visitor) -> None:
    page = visit(site).go(f"{DRINK}?commit={commit_hash(12)[:8]}")
    # thirty commits, two failures, one skip
    assert drawn(page) == {"points": COUNT - 3, "strokes": 1, "carried": 0}
    expect(page.locator(".panel pre")).to_contain_text("Traceback (most recent call last)")
    expect(page.locator(".panel pre")).to_contain_text(f"ValueError: {HOSTILE}")
    expect(page.locator(".panel td").first).to_have_text("✕ failed")
    page.locator(".u-over").hover(position=at_commit(page, 12))
    expect(page.locator(".tip")).to_contain_text("✕ failed")
    page.locator(".u-over").hover(position=at_commit(page, 15))


def test_the_tooltip_names_value_interval_commit_and_date(site: Path, visit: Visitor) -> None:
    page = visit(site).go(f"{CROSS}?machine=camel")
    drawn(page)
    page.locator(".u-over").hover(position=at_commit(page, 10))
    tip = page.locator(".tip")
    expect(tip).to_contain_text("1.226 ms")
    expect(tip).to_contain_text("1.201 – 1.25")
    expect(tip).to_contain_text("0000000a 2024-03-11v1.0")
    expect(tip).to_contain_text("Change number 10")
    page.locator("h1").hover()
    expect(tip).to_be_hidden()


def test_a_click_picks_a_commit_and_says_what_every_line_did_there(site: Path, visit: Visitor) -> None:
    page = visit(site).go(CROSS)
    drawn(page)
    page.locator(".u-over").click(position=at_commit(page, 20))
    expect(page.locator(".panel h2")).to_have_text("00000014Change number 20")
    expect(page.locator(".panel tbody tr")).to_have_count(2)
    assert "commit=00000014" in hash_of(page)
    link = page.locator(".panel h2 a")
    assert link.get_attribute("href") == f"https://example.org/commit/{commit_hash(20)}"
    assert link.get_attribute("rel") == "noopener noreferrer"
    page.get_by_role("button", name="Let go of this commit").click()
    expect(page.locator(".panel h2")).to_have_count(0)


def test_an_address_in_other_words_stays_as_it_came(site: Path, visit: Visitor) -> None:
    """Drawing is no choice: it was taken for a zoom, drew all twice and put a page into the way back."""
    asked = f"{HERD}?p.kind=%27goat%27&machine=camel"
    page = visit(site).go(asked)
    drawn(page)
    page.evaluate("() => new Promise(requestAnimationFrame)")
    assert hash_of(page) == asked


def test_a_drag_zooms_and_the_address_keeps_it(site: Path, visit: Visitor) -> None:
    page = visit(site).go(CROSS)
    drawn(page)
    over = page.locator(".u-over").bounding_box()
    assert over
    page.mouse.move(over["x"] + over["width"] * 0.3, over["y"] + 90)
    page.mouse.down()
    page.mouse.move(over["x"] + over["width"] * 0.6, over["y"] + 90, steps=4)
    page.mouse.up()
    expect(page.get_by_role("button", name="Show all")).to_be_visible()
    zoomed = hash_of(page)
    assert re.search(r"from=0000000[0-9a-f]&to=0000001[0-9a-f]", zoomed)
    page.reload()
    page.get_by_role("button", name="Show all").click()
    assert hash_of(page) == CROSS


def test_metrics_have_their_own_unit_and_direction(site: Path, visit: Visitor) -> None:
    page = visit(site).go("#/benchmark/water.Skin.latency_pour")
    expect(page.locator(".caption")).to_have_text("time · lower is better")
    page.get_by_label("rate").check()
    expect(page.locator(".caption")).to_have_text("rate in 1/s · higher is better")
    assert "metric=rate" in hash_of(page)
    page.goto(page.url.partition("#")[0] + "#/benchmark/water.Skin.peakmem_fill")
    expect(page.locator(".legend .newest")).to_have_text("5.119 MB")


def test_earlier_versions_of_a_benchmark_are_drawn_apart_and_can_be_left_out(
    site: Path, visit: Visitor
) -> None:
    page = visit(site).go("#/benchmark/old.time_renewed")
    assert drawn(page) == {"points": COUNT, "strokes": 2, "carried": 0}
    page.get_by_label("earlier ones too").uncheck()
    page.wait_for_function("() => document.querySelector('.plot').drawn.strokes === 1")
    assert drawn(page) == {"points": COUNT - 8, "strokes": 1, "carried": 0}


def test_parameters_are_chosen_by_their_values(site: Path, visit: Visitor) -> None:
    page = visit(site).go(HERD)
    # nine cases are too many at first: size is left at its first value, kind is drawn whole
    assert drawn(page) == {"points": 3 * COUNT, "strokes": 3, "carried": 0}
    page.get_by_label("100", exact=True).check()
    page.wait_for_function("() => document.querySelector('.plot').drawn.strokes === 6")
    assert "p.size=1&p.size=100" in hash_of(page)
    expect(page.locator(".legend li").nth(5)).to_contain_text(f"100 · '{HOSTILE}'")


def test_an_exponent_is_chosen_by_the_parameters_that_it_has(tmp_path: Path, visit: Visitor) -> None:
    kinds, sizes, modes = ("'x'", "'y'"), ("1", "10"), ("'fast'", "'slow'")
    rows = [
        series("grow.time_it", wavy(1e-3), params=(kind, size, mode))
        for kind in kinds
        for size in sizes
        for mode in modes
    ]
    rows += [
        series("grow.time_it", wavy(1.1), params=(kind, mode), metric="exponent", unit="exponent")
        for kind in kinds
        for mode in modes
    ]
    suite = (
        benchmark("grow.time_it", params={"kind": kinds, "n": sizes, "mode": modes}),
        benchmark("grow.time_it@exponent", params={"kind": kinds, "mode": modes}),
    )
    archive = replace(small_archive(), series=tuple(rows), benchmarks={one.name: one for one in suite})
    publish(subject(archive), tmp_path)
    page = visit(tmp_path).go("#/benchmark/grow.time_it?p.n=10")
    drawn(page)
    expect(page.locator("fieldset", has_text="n").locator("label", has_text="–")).to_have_count(0)
    # no exponent has a size: what was chosen there chooses nothing now, and is kept for the way back
    page.locator(".metrics label", has_text="exponent").click()
    expect(page.locator(".legend .label")).to_have_text(
        ["'x' · 'fast'", "'x' · 'slow'", "'y' · 'fast'", "'y' · 'slow'"]
    )
    page.get_by_label("'y'").uncheck()
    expect(page.locator(".legend .label")).to_have_text(["'fast'", "'slow'"])
    page.locator(".metrics label", has_text="time").click()
    expect(page.locator(".legend .label")).to_have_text(["'fast'", "'slow'"])
    assert "p.n=10" in hash_of(page)


def test_along_dates_and_on_a_logarithm(site: Path, visit: Visitor) -> None:
    page = visit(site).go(CROSS)
    drawn(page)
    page.get_by_label("logarithmic").check()
    page.get_by_label("date", exact=True).check()
    assert hash_of(page) == f"{CROSS}?x=date&y=log"
    assert drawn(page) == {"points": 2 * COUNT, "strokes": 2, "carried": 0}
    assert page.evaluate(INKED) > 5_000


def test_the_values_stand_in_a_table_as_well(site: Path, visit: Visitor) -> None:
    page = visit(site).go(DRINK)
    page.get_by_text("Values as a table").click()
    rows = page.locator(".more tbody tr")
    expect(rows).to_have_count(COUNT)
    expect(rows.first).to_contain_text("✕ failed")
    expect(rows.nth(COUNT - 1 - 15)).to_contain_text("skipped")
    page.get_by_text("Source of the benchmark").click()
    expect(page.locator(".more pre")).to_contain_text("walk('<b>far</b>')")


def test_choices_keep_the_focus_when_they_change(site: Path, visit: Visitor) -> None:
    page = visit(site).go(HERD)
    drawn(page)
    page.get_by_label("100", exact=True).focus()
    page.keyboard.press("Space")
    expect(page.get_by_label("100", exact=True)).to_be_focused()
    expect(page.get_by_label("100", exact=True)).to_be_checked()
