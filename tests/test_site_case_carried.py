"""What was carried over, in a real Chromium: drawn apart, said in words, never a measured value.

Every test also holds, by `visit`: no error in the console, no dialog, no other host asked.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from groundspeed.site.publish import publish
from tests.browser import CROSS, Visit, at_commit, chromium, drawn, serve, visit
from tests.site_archives import CARRIED, COUNT, LATE, carried_archive, commit_hash, subject

__all__ = ["chromium", "serve", "visit"]  # fixtures

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Visitor = Callable[..., Visit]

WORDS = "carried over from 0000000a Change number 10: the built content is the same"
# Where in the column of pixels at a place along x the first line's colour is, from the top of the plot;
# `[1, 1, 0, 0, 1, 1]` would be a hollow mark two pixels thick.
COLUMNS = """(xs) => {
  const over = document.querySelector('.u-over');
  const { offsetLeft: left, offsetTop: top, offsetWidth: width, offsetHeight: height } = over;
  const context = document.querySelector('.u-wrap canvas').getContext('2d');
  const data = context.getImageData(left, top, width, height).data;
  const tone = getComputedStyle(document.body).getPropertyValue('--line-1').match(/\\w\\w/g);
  const wanted = tone.map((hex) => parseInt(hex, 16));
  const near = (at) => data[at + 3] > 90 && wanted.every((one, band) => Math.abs(data[at + band] - one) < 12);
  const column = (x) => Array.from({ length: height }, (_, y) => Number(near(4 * (y * width + x))));
  return xs.map((x) => column(Math.round(x)));
}"""


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive with carried-over commits, published."""
    html_dir = tmp_path_factory.mktemp("carried") / "html"
    publish(subject(carried_archive()), html_dir)
    return html_dir


def tip_at(page: Page, stop: int) -> Locator:
    page.locator(".u-over").hover(position=at_commit(page, stop))
    return page.locator(".tip")


def test_it_is_drawn_at_its_commit_and_is_no_point_of_the_line(carried: Path, visit: Visitor) -> None:
    page = visit(carried).go(f"{CROSS}?machine=camel")
    assert drawn(page) == {"points": COUNT - len(CARRIED), "strokes": 1, "carried": len(CARRIED)}


def test_its_marker_is_hollow_and_has_no_interval_where_a_measured_one_is_filled(
    carried: Path, visit: Visitor
) -> None:
    page = visit(carried).go(f"{CROSS}?machine=camel")
    drawn(page)
    places = [at_commit(page, stop)["x"] for stop in (COUNT - 1, COUNT - 3)]
    over, measured = ("".join(map(str, column)).strip("0") for column in page.evaluate(COLUMNS, places))
    # a diamond is 8 pixels high and holds nothing; an interval reaches over the whole of its point
    assert 6 <= len(over) <= 11
    assert "000" in over
    assert len(measured) > 30


def test_the_tooltip_says_from_where_and_has_no_interval(carried: Path, visit: Visitor) -> None:
    page = visit(carried).go(f"{CROSS}?machine=camel")
    drawn(page)
    tip = tip_at(page, COUNT - 1)
    expect(tip).to_contain_text(WORDS)
    expect(tip).to_contain_text("0000001d 2024-03-30")
    expect(tip.locator(".value")).to_have_text("◇ 1.226 ms")  # as it was measured at commit 10
    expect(tip_at(page, 10).locator(".value")).to_contain_text("1.201 – 1.25")


def test_the_legend_does_not_take_it_for_the_newest_value(carried: Path, visit: Visitor) -> None:
    page = visit(carried).go(CROSS)
    drawn(page)
    items = page.locator(".legend li")
    expect(items).to_have_count(3)
    expect(items.first.locator(".newest")).to_have_text("1.616 ms")
    expect(items.first.locator(".since")).to_have_text("◇ 1.226 ms at 0000001d, carried over from 0000000a")
    expect(items.nth(1).locator(".since")).to_have_count(0)
    expect(items.nth(2)).to_have_text(
        "◇ carried over: measured at another commit, the built content is the same"
    )


def test_a_legend_without_any_has_no_word_of_it(carried: Path, visit: Visitor) -> None:
    page = visit(carried).go(f"{CROSS}?machine=oryx")
    assert drawn(page) == {"points": COUNT - len(CARRIED), "strokes": 1, "carried": 0}
    expect(page.locator(".legend li")).to_have_count(1)


def test_the_picked_commit_and_the_table_say_it_in_words(carried: Path, visit: Visitor) -> None:
    page = visit(carried).go(f"{CROSS}?commit={commit_hash(COUNT - 1)[:8]}")
    panel = page.locator(".panel")
    expect(panel.locator("tbody td").nth(0)).to_have_text("◇ 1.226 ms")
    expect(panel.locator("tbody td").nth(1)).to_have_text("–")
    # before it stands what was measured last, not what was carried over
    expect(panel.locator("tbody td").nth(2)).to_have_text("1.616 ms at 0000001b")
    expect(panel).to_contain_text(f"◇ {WORDS}")
    expect(panel).to_contain_text("1 line not measured at this commit.")
    page.get_by_text("Values as a table").click()
    newest = page.locator(".more tbody tr").first.locator("td.number")
    expect(newest).to_have_text(["◇ 1.226 ms carried over", ""])
    assert newest.first.get_attribute("title") == WORDS


def test_the_arrow_keys_stop_at_it(carried: Path, visit: Visitor) -> None:
    page = visit(carried).go(f"{CROSS}?commit={commit_hash(12)[:8]}")
    drawn(page)
    page.locator(".chart").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".panel h2")).to_contain_text("0000000dChange number 13")
    expect(page.locator(".panel")).to_contain_text("◇ carried over from 0000000c Change number 12")


def test_it_stays_in_view_when_its_measured_commit_is_not(carried: Path, visit: Visitor) -> None:
    """Zoomed to the last commits the axis must reach down to what was measured at commit 10."""
    zoom = f"from={commit_hash(24)[:8]}&to={commit_hash(COUNT - 1)[:8]}"
    page = visit(carried).go(f"{CROSS}?machine=camel&{zoom}")
    drawn(page)
    over = page.locator(".u-over").bounding_box()
    assert over
    (last,) = page.evaluate(COLUMNS, [over["width"] - 3])
    assert sum(last) > 0


@pytest.mark.parametrize("axis", ["", "&x=date"])
def test_the_axis_begins_where_something_is_drawn(carried: Path, visit: Visitor, axis: str) -> None:
    page = visit(carried).go(f"#/benchmark/walk.Desert.time_late?y=zero{axis}")
    count = COUNT - len(CARRIED) - (LATE - 1)
    assert drawn(page) == {"points": count, "strokes": 1, "carried": 0}
    page.locator(".chart").focus()
    page.keyboard.press("Home")
    expect(page.locator(".panel h2")).to_contain_text(commit_hash(LATE)[:8])
    page.get_by_text("Values as a table").click()
    expect(page.locator(".more tbody tr")).to_have_count(count)
