"""The machines of a site in a real Chromium: sessions, changes of the host, machines that only asv knows."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import Visitor, chromium, serve, visit
from tests.site_archives import HOSTILE
from tests.site_payloads import ending, machines, published_with

__all__ = ["chromium", "serve", "visit"]  # fixtures

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FOURTH = "20240301T093004-00000004"


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published_with(tmp_path_factory.mktemp("site") / "html", {"machines": machines()})


def test_sessions_stand_along_time_and_moved_ones_say_so(answered: Path, visit: Visitor) -> None:
    page = visit(answered).go("#/machines")
    camel = page.locator(".machine").first
    expect(camel.locator(".health")).to_contain_text("old: last measured")
    expect(camel.locator(".health")).to_contain_text("usually every 2 days")
    expect(camel.locator(".health")).to_contain_text("control benchmark drifting +4.0 %")
    expect(camel.locator(".timeline")).to_have_attribute(
        "aria-label",
        "Control benchmark of 6 sessions, 2024-03-01 to 2024-03-21: moved in 1; 2 changes of the host",
    )
    expect(camel.locator("g.moved")).to_have_count(1)
    expect(camel.locator("path.event")).to_have_count(2)
    rows = camel.locator("tbody tr")
    expect(rows).to_have_count(6)
    expect(rows.nth(1)).to_contain_text("moved +5.0 %")
    expect(rows.nth(0)).to_contain_text("steady, ±0 %")
    expect(rows.nth(2)).to_contain_text("unfit: governor")
    expect(camel).to_contain_text("The newest 6 of 7.")


def test_changes_of_the_host_say_from_what_to_what(answered: Path, visit: Visitor) -> None:
    page = visit(answered).go("#/machines?machine=camel")
    changes = page.locator(".events li")
    expect(changes.first).to_have_text("2024-03-17 kernel 6.1.0 → 6.8.0")
    expect(changes.last).to_have_text("2024-03-09 governor not said → powersave")
    expect(page.locator(".machine")).to_have_count(1)


def test_a_session_is_opened_with_keys_and_stands_in_the_address(answered: Path, visit: Visitor) -> None:
    page = visit(answered).go("#/machines")
    page.locator(f'[data-held="{FOURTH}"]').focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(ending(f"#/machines?session={FOURTH}"))
    picked = page.locator(".session")
    expect(picked).to_contain_text("that is +5.0 %")
    expect(picked).to_contain_text("beyond the ordinary +2.0 %")
    expect(picked).to_contain_text("Change number 16")
    expect(picked).to_contain_text("frequency")
    expect(page.locator(f'[data-held="{FOURTH}"]')).to_be_focused()
    page.get_by_role("link", name="Let go").click()
    expect(picked).to_have_count(0)


def test_a_press_in_the_picture_picks_the_nearest(answered: Path, visit: Visitor) -> None:
    page = visit(answered).go("#/machines?machine=camel")
    box = page.locator(".timeline svg").bounding_box()
    assert box
    page.locator(".timeline svg").click(position={"x": box["width"] - 20, "y": 60})
    expect(page).to_have_url(ending("session=20240301T093005-00000005"))
    expect(page.locator(".session")).to_contain_text("and 38 more commits")


def test_a_machine_without_sessions_shows_what_asv_says(answered: Path, visit: Visitor) -> None:
    page = visit(answered).go("#/machines?machine=oryx")
    oryx = page.locator(".machine")
    expect(oryx).to_contain_text("No session of groundspeed is on record here")
    expect(oryx.locator(".pairs")).to_contain_text(HOSTILE)
    expect(oryx.locator(".pairs dd").nth(3)).to_have_text("16 GiB")  # 2^34 bytes
    expect(oryx).to_contain_text("newest measured commit is of 2024-03-30")
    assert page.locator("img").count() == 0


def test_without_the_piece_it_says_what_to_do(answered: Path, visit: Visitor) -> None:
    page = visit(answered).go("#/machines?machine=nobody")
    expect(page.locator(".empty")).to_contain_text("no results of a machine nobody")


def test_memory_has_a_unit_whether_asv_wrote_bytes_or_kib(answered: Path, visit: Visitor) -> None:
    page = visit(answered).go("#/machines?machine=camel")
    page.get_by_text("As asv's machine.json says").click()
    expect(page.locator("details .pairs dd").nth(3)).to_have_text("63 GiB")  # 65,536,000 KiB are 62.5 GiB
