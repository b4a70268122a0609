"""The difference of two profiles on the page, in a real Chromium: what slowed down is named and drawn.

Every test also holds, by `visit`: no error in the console, no dialog, no other host asked.
"""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from groundspeed.history import History
from groundspeed.records import Case
from groundspeed.results.profiles import profile_path, stored_profiles
from groundspeed.site.answers import Answers
from groundspeed.site.page import imported, page_files
from groundspeed.site.publish import MANIFEST, publish
from tests.axe import violations
from tests.browser import Visit, chromium, serve, visit
from tests.profile_pairs import Made, Stacks, alike, wire
from tests.repositories import CommitSpec, make_repository
from tests.site_archives import HOSTILE, commit_hash, small_archive, subject

__all__ = ["chromium", "serve", "visit"]  # fixtures

Visitor = Callable[..., Visit]

CROSS = Case(benchmark="walk.Desert.time_cross", params=())
BASE = {
    "main@walk.py": 1e-3,
    "main@walk.py drink@walk.py": 2e-3,
    "main@walk.py drink@walk.py pour@water.py": 1e-3,
    "main@walk.py rest@walk.py": 3e-3,
    "main@walk.py old@walk.py": 0.5e-3,
}
HEAD = {
    "main@walk.py": 1e-3,
    "main@walk.py drink@walk.py": 6e-3,
    "main@walk.py drink@walk.py pour@water.py": 1e-3,
    "main@walk.py rest@walk.py": 3e-3,
    "main@walk.py new@walk.py": 0.5e-3,
}
PLACE = f"#/difference/{quote(f'{commit_hash(18)[:8]} cpu camel {CROSS}')}"
FLAME = ".flame"


def put(results: Path, made: Made, *, kind: str = "cpu") -> None:
    path = profile_path(results, "camel", made.commit, CROSS, kind)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(wire(made))


def published(results: Path, html_dir: Path, history: History | None = None) -> dict[str, str]:
    answers = Answers(profiles=stored_profiles(results), history=history)
    publish(dataclasses.replace(subject(small_archive()), answers=answers), html_dir)
    files: dict[str, str] = json.loads((html_dir / MANIFEST).read_text())["files"]
    return files


def rows(html_dir: Path, files: dict[str, str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((html_dir / files["profiles"]).read_text())["profiles"]
    return found


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Profiles of three commits: ``drink`` takes 4 ms more at the second; the third counts no calls."""
    home = tmp_path_factory.mktemp("compared")
    held = ("python==3.11.1", "sand==2.0")
    put(home / "results", Made(runs=alike(BASE, 4), commit=commit_hash(10)))
    put(home / "results", Made(runs=alike(HEAD, 4), commit=commit_hash(18), dependencies=held))
    put(home / "results", Made(runs=[HEAD], commit=commit_hash(20), header=False))
    published(home / "results", home / "html")
    return home / "html"


def drawn(page: Page) -> list[dict[str, Any]]:
    """The boxes on the canvas, once there are any."""
    page.wait_for_function(f"document.querySelector('{FLAME}')?.drawn?.length")
    found: list[dict[str, Any]] = page.evaluate(f"document.querySelector('{FLAME}').drawn")
    return found


def box(page: Page, name: str) -> dict[str, Any]:
    (found,) = (one for one in drawn(page) if one["name"] == name)
    return found


# --- what is published ------------------------------------------------------------------------------


def test_each_profile_is_compared_with_the_nearest_older_one(compared: Path) -> None:
    files = json.loads((compared / MANIFEST).read_text())["files"]
    told = {one["hash"]: one.get("against") for one in rows(compared, files)}
    ten, eighteen, twenty = (commit_hash(place)[:8] for place in (10, 18, 20))
    assert told == {twenty: eighteen, eighteen: ten, ten: None}
    (pair,) = (one for one in rows(compared, files) if one["hash"] == eighteen)
    payload = json.loads((compared / pair["difference"]).read_text())
    assert payload["functions"][0]["name"] == "drink"
    assert payload["functions"][0]["share"] == pytest.approx(4 / 4)
    assert payload["installed"] == [{"what": "sand", "base": "1.0", "head": "2.0"}]
    assert payload["nodes"]["depth"][0] == 0


def test_a_profile_is_compared_with_the_one_that_it_was_taken_against(tmp_path: Path) -> None:
    results = tmp_path / "results"
    ten, eighteen, twenty = map(commit_hash, (10, 18, 20))
    put(results, Made(runs=[BASE], commit=ten, against=twenty))  # the older one may be the head
    put(results, Made(runs=[BASE], commit=eighteen, against="deadbeef" * 5))  # which has gone
    put(results, Made(runs=[HEAD], commit=twenty, against=ten))  # and not the neighbour
    files = published(results, tmp_path / "html")
    told = {one["hash"]: one["against"] for one in rows(tmp_path / "html", files)}
    assert told == {ten[:8]: twenty[:8], eighteen[:8]: ten[:8], twenty[:8]: ten[:8]}


def test_a_pair_that_is_published_is_not_compared_again(tmp_path: Path) -> None:
    results, html_dir = tmp_path / "results", tmp_path / "html"
    for stacks, place in ((BASE, 10), (HEAD, 18)):
        put(results, Made(runs=alike(stacks, 2), commit=commit_hash(place)))
    name = rows(html_dir, published(results, html_dir))[0]["difference"]
    (html_dir / name).write_text("left as it is")
    assert rows(html_dir, published(results, html_dir))[0]["difference"] == name
    assert (html_dir / name).read_text() == "left as it is"
    put(results, Made(runs=alike(BASE, 2), commit=commit_hash(18)))
    assert rows(html_dir, published(results, html_dir))[0]["difference"] != name
    assert not (html_dir / name).exists()


def test_what_cannot_be_compared_is_left_out(tmp_path: Path) -> None:
    results = tmp_path / "results"
    put(results, Made(runs=[{"f@a.py": 1.0}], commit=commit_hash(10)))
    put(results, Made(runs=[{"f@a.py": 1.0}], commit=commit_hash(18), unit="bytes"))
    put(results, Made(runs=[{"f@a.py": 1.0}], commit="deadbeef" * 5))  # nobody knows when
    put(results, Made(runs=[{"f@a.py": 1.0}], commit=commit_hash(20), unit="bytes"), kind="memory")
    files = published(results, tmp_path / "html")
    assert [one.get("difference") for one in rows(tmp_path / "html", files)] == [None] * 4


def test_the_repository_dates_a_commit_without_results_and_gives_the_sources(tmp_path: Path) -> None:
    text = "def drink():\n    return 1\n"
    hashes = make_repository(
        tmp_path / "project",
        [CommitSpec("one", {"walk.py": text}), CommitSpec("two", {"walk.py": text.replace("1", "2")})],
    )
    for commit, stacks in zip(hashes, (BASE, HEAD), strict=True):
        put(tmp_path / "results", Made(runs=alike(stacks, 2), commit=commit))
    files = published(tmp_path / "results", tmp_path / "html", History.open(tmp_path / "project"))
    (pair,) = (one for one in rows(tmp_path / "html", files) if "difference" in one)
    (source,) = json.loads((tmp_path / "html" / pair["difference"]).read_text())["sources"]
    assert "-    return 1\n+    return 2" in source["diff"]


def test_the_start_page_loads_nothing_of_it() -> None:
    _, files = page_files()
    first = imported(lambda name: files[name].decode())
    assert not [name for name in first if "difference" in name or "shades" in name]


# --- the page -----------------------------------------------------------------------------------------


@pytest.mark.browser
def test_what_got_slower_is_the_top_row_and_stands_in_the_graph(compared: Path, visit: Visitor) -> None:
    page = visit(compared).go("#/profiles")
    page.get_by_role("link", name=f"Compare with {commit_hash(10)[:8]}").click()
    top = page.locator(".difference tbody tr").first
    expect(top.locator("th button")).to_have_text("drink")
    expect(top).to_contain_text("slower")
    expect(top).to_contain_text("+4.00 ms")
    expect(page.locator(".lead .call")).to_contain_text("7.50 ms → 11.5 ms, +4.00 ms (99 %: ")
    slower, rest, appeared, vanished = (box(page, name) for name in ("drink", "rest", "new", "old"))
    # as wide as at both ends together, of 19 ms: 3 + 7, 3 + 3, 0.5, 0.5
    whole = box(page, "one call")["wide"]
    widths = [one["wide"] / whole for one in (slower, rest, appeared, vanished)]
    assert widths == pytest.approx([10 / 19, 6 / 19, 0.5 / 19, 0.5 / 19])
    assert slower["code"] == 255  # all of the change
    assert rest["code"] == 128  # it did not move
    assert vanished["code"] < 128 < appeared["code"]
    pixel = page.evaluate(
        f"""([x, y]) => {{
          const canvas = document.querySelector('{FLAME} canvas');
          const dense = devicePixelRatio;
          return [...canvas.getContext('2d').getImageData(x * dense, y * dense, 1, 1).data];
        }}""",
        [slower["left"] + slower["wide"] - 4, slower["row"] * slower["rowHeight"] + 4],
    )
    assert pixel == [0x57, 0x1D, 0x02, 255]  # --heat-worse-5
    expect(page.locator("section", has_text="Installed otherwise")).to_contain_text("sand 1.0 → 2.0")


@pytest.mark.browser
def test_what_may_be_chance_is_pale_and_has_a_question_mark(tmp_path: Path, visit: Visitor) -> None:
    # drink takes 2, 4 ms and 3, 6 ms: sd^2 = (2 * 1 + 2 * 1.5^2) / 2, and 1.5 ms is less than 9.92 * 1.80 ms
    for place, times in ((10, (2e-3, 4e-3)), (18, (3e-3, 6e-3))):
        runs = [BASE | {"main@walk.py drink@walk.py": one} for one in times]
        put(tmp_path / "results", Made(runs=runs, commit=commit_hash(place)))
    published(tmp_path / "results", tmp_path / "html")
    page = visit(tmp_path / "html").go(PLACE)
    assert box(page, "drink")["code"] == 128 + round(127 * 0.4)  # all of the change
    page.locator(FLAME).focus()
    expect(page.locator(".hand")).to_contain_text("? +1.50 ms slower, which may be chance")


@pytest.mark.browser
def test_keys_lead_through_the_graph_and_zoom(compared: Path, visit: Visitor) -> None:
    page = visit(compared).go(PLACE)
    drawn(page)
    page.locator(FLAME).focus()
    hand = page.locator(".hand")
    expect(hand).to_contain_text("one call: 7.50 ms → 11.5 ms, ▲ +4.00 ms slower")
    page.keyboard.press("ArrowDown")
    expect(hand).to_contain_text("main, walk.py:7")
    page.keyboard.press("ArrowDown")
    expect(hand).to_contain_text("drink, walk.py:7: 3.00 ms → 7.00 ms, ▲ +4.00 ms slower")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("zoom="))
    assert box(page, "drink")["wide"] == pytest.approx(box(page, "one call")["wide"])
    assert "rest" not in {one["name"] for one in drawn(page)}
    page.keyboard.press("ArrowDown")
    expect(hand).to_contain_text("pour, water.py:7: 1.00 ms → 1.00 ms, as before")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page).not_to_have_url(re.compile("zoom="))
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(hand).not_to_contain_text("drink")
    page.keyboard.press("ArrowLeft")
    expect(hand).to_contain_text("drink")
    page.keyboard.press("ArrowUp")
    expect(hand).to_contain_text("main")
    assert page.locator("[role=treeitem]").get_attribute("aria-level") == "2"


@pytest.mark.browser
@pytest.mark.slow
def test_a_search_lights_up_what_it_finds_and_a_press_zooms(compared: Path, visit: Visitor) -> None:
    page = visit(compared).go(PLACE)
    drawn(page)
    page.get_by_label("Look for functions or files").fill("water")
    expect(page.locator(".difference .count")).to_have_text(
        # pour is 2 of the 19 ms that both ends take together
        "1 function found, 11 % of the graph with what they call"
    )
    assert [one["name"] for one in drawn(page) if one["found"]] == ["pour"]
    expect(page.locator(".difference tbody tr")).to_have_count(1)
    page.get_by_label("Look for functions or files").fill("")
    page.get_by_role("button", name="drink").click()
    assert [one["name"] for one in drawn(page) if one["found"]] == ["drink"]
    found = box(page, "drink")
    page.locator(FLAME).click(position={"x": found["left"] + 5, "y": found["row"] * found["rowHeight"] + 5})
    expect(page.locator(".difference .line strong")).to_have_text("drink")
    page.locator(".difference .line a").first.click()
    expect(page.locator(".difference .line strong")).to_have_text("one call")
    page.get_by_label("base", exact=True).check()
    assert box(page, "old")["wide"] / box(page, "one call")["wide"] == pytest.approx(0.5 / 7.5)
    assert "new" not in {one["name"] for one in drawn(page)}


@pytest.mark.browser
@pytest.mark.slow
def test_a_case_leads_to_it_at_its_commit(compared: Path, visit: Visitor) -> None:
    page = visit(compared).go(f"#/benchmark/{CROSS}?machine=camel&commit={commit_hash(18)[:8]}")
    page.get_by_role("link", name=f"compared with {commit_hash(10)[:8]}").click()
    expect(page.locator(".lead .call")).to_contain_text("+4.00 ms")


@pytest.mark.browser
@pytest.mark.slow
def test_another_pair_is_chosen_and_shares_are_called_shares(compared: Path, visit: Visitor) -> None:
    page = visit(compared).go("#/difference")
    expect(page.locator(".lead .call")).to_contain_text("figures are shares")
    expect(page.get_by_text("nobody knows of which commits")).to_be_visible()
    page.get_by_label("Pair").select_option(index=1)
    expect(page.locator(".lead .call")).to_contain_text("7.50 ms → 11.5 ms")
    expect(page).to_have_url(re.compile(re.escape(PLACE.replace("%28", "("))))


@pytest.mark.browser
def test_it_is_accessible_and_names_are_only_text(tmp_path: Path, visit: Visitor) -> None:
    name = "drink<img/src=x/onerror=alert(1)>"
    ends: list[tuple[Stacks, int]] = [(BASE, 10), ({f"main@walk.py {name}@{quote(HOSTILE)}": 9e-3}, 18)]
    for stacks, place in ends:
        put(tmp_path / "results", Made(runs=alike(stacks, 2), commit=commit_hash(place)))
    published(tmp_path / "results", tmp_path / "html")
    page = visit(tmp_path / "html", reduced_motion="reduce").go(PLACE)
    drawn(page)
    assert violations(page) == []
    assert page.locator("img").count() == 0
    expect(page.get_by_role("button", name=name)).to_be_visible()


@pytest.mark.browser
@pytest.mark.slow
def test_a_site_without_a_pair_says_how_to_make_one(compared: Path, visit: Visitor, tmp_path: Path) -> None:
    shutil.copytree(compared, tmp_path / "html")
    page = visit(tmp_path / "html").go("#/difference/nowhere")
    expect(page.locator(".empty")).to_contain_text("groundspeed profile BENCH --rev HEAD --against HEAD~1")
