"""The heat map in a real Chromium: its arithmetic against Python's own, and the reader's hand on it.

Every test also holds, by `visit`: no error in the console, no dialog, no other host asked.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, Position, expect

from groundspeed.records import Better
from groundspeed.results.archive import Archive
from groundspeed.site.pieces import heat
from groundspeed.site.publish import MANIFEST, publish
from tests.browser import Visit, chromium, serve, site, visit
from tests.site_archives import COUNT, benchmark, commit_hash, series, small_archive, subject, wavy

__all__ = ["chromium", "serve", "site", "visit"]  # fixtures

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Visitor = Callable[..., Visit]

STEP = 18
SCALE = {"bend": heat.BEND, "limit": heat.LIMIT}
SHORT = [commit_hash(place)[:8] for place in range(COUNT)]
GRID = ".heat-grid"
FELL = "drift.track_rate"


@pytest.fixture(scope="module")
def drifting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two cases that slow down by 1.5, one by 1.6, a falling rate, one measured late; another machine."""
    late = [math.nan] * 20 + wavy(2e-3, count=10)
    rows = (
        *(series("drift.Slow.time_a", slowed(size), params=(str(size),)) for size in (1, 10)),
        series("drift.Slow.time_b", slowed(3, times=1.6)),
        series(FELL, fallen(), unit="1/s", better=Better.HIGHER),
        series("drift.time_late", late),
        series("still.time_even", wavy(1e-3)),
        series("still.time_even", wavy(2e-3, count=10), machine="oryx"),
    )
    benchmarks = {one.key.case.benchmark: benchmark(one.key.case.benchmark) for one in rows}
    benchmarks["drift.Slow.time_a"] = benchmark("drift.Slow.time_a", params={"size": ("1", "10")})
    archive = dataclasses.replace(
        small_archive(), series=rows, benchmarks=benchmarks, machines={"camel": {}, "oryx": {}}
    )
    return published(archive, tmp_path_factory.mktemp("drifting") / "html")


def slowed(level: float, times: float = 1.5) -> list[float]:
    return [value * (times if place >= STEP else 1) for place, value in enumerate(wavy(level))]


def fallen() -> list[float]:
    return [value / (1.3 if place >= STEP else 1) for place, value in enumerate(wavy(250))]


def published(archive: Archive, html_dir: Path) -> Path:
    publish(subject(archive), html_dir)
    return html_dir


def called(page: Page, module: str, call: str, *arguments: Any) -> Any:
    """What a function of one of the view's modules gives; typed arrays come and go as lists."""
    code = f"""async (given) => {{
      const {{ app }} = await (await fetch('manifest.json')).json();
      const found = await import(new URL(`${{app}}views/heatmap/{module}.js`, location.href));
      const plain = (value) => (ArrayBuffer.isView(value) ? [...value] : value);
      return plain(found.{call}(...given));
    }}"""
    return page.evaluate(code, list(arguments))


def drawn(page: Page, place: str = "") -> dict[str, Any]:
    """What stands on the canvas, once something does."""
    page.wait_for_function(f"document.querySelector('{GRID}')?.drawn")
    found: dict[str, Any] = page.evaluate(f"document.querySelector('{GRID}').drawn")
    return found


def at(page: Page, row: int, column: int) -> Position:
    """Where a cell stands in the grid, all commits being in view."""
    found = drawn(page)
    box = page.locator(GRID).bounding_box()
    assert box
    stride = (box["width"] - found["left"] - 1) / found["columns"]
    return {
        "x": found["left"] + (column + 0.5) * stride,
        "y": found["axis"] + found["tops"][row] + 3,
    }


# --- the arithmetic ----------------------------------------------------------------------------


def test_codes_and_logarithms_are_those_of_the_piece(site: Path, visit: Visitor) -> None:
    page = visit(site).go()
    bent = math.asinh(heat.LIMIT / heat.BEND) / 127
    expected = [heat.BEND * math.sinh((code - 128) * bent) for code in range(1, 256)]
    # NaN does not travel as JSON: the first code is no value
    logs = called(page, "scale", "logsOf", SCALE)
    assert logs[1:] == pytest.approx(expected, rel=1e-12)
    assert logs[0] is None or math.isnan(logs[0])
    wide = np.linspace(-5, 5, 101)
    theirs = [called(page, "scale", "codeOf", float(log), SCALE) for log in wide[::10]]
    assert theirs == heat.codes(wide[::10]).tolist()


WORDS = [
    (1.0, "at its usual level"),
    (1.004, "at its usual level"),  # rounds to 1.00
    (1.32, "1.32× its usual"),
    (0.5, "0.50× its usual"),
    (22.47, "22.5× its usual"),
]


def test_a_ratio_in_words(site: Path, visit: Visitor) -> None:
    page = visit(site).go()
    told = [called(page, "scale", "inWords", math.log(ratio)) for ratio, _ in WORDS]
    assert told == [words for _, words in WORDS]


def test_the_weightiest_stretch_is_that_of_all_stretches(site: Path, visit: Visitor) -> None:
    """The literal way: the sum over every stretch that begins and ends at a value."""
    random = np.random.default_rng(5)
    bent = math.asinh(heat.LIMIT / heat.BEND) / 127
    page = visit(site).go()
    for _ in range(20):
        codes = random.integers(90, 170, 24)
        codes[random.random(24) < 0.2] = 0
        logs = [heat.BEND * math.sinh((code - 128) * bent) for code in range(256)]
        suite = {"places": list(range(24)), "worse": codes.tolist(), "logs": logs}
        row = {"at": 0, "metric": {"better": "lower"}}
        for worse in (True, False):
            found = called(page, "departures", "stretchOf", suite, row, [2, 21], worse)
            gains = [(1 if worse else -1) * logs[code] - math.log(1.1) if code else 0.0 for code in codes]
            best = max(sum(gains[a : b + 1]) for a in range(2, 22) for b in range(a, 22))
            if best <= 0:
                assert found is None
                continue
            assert found["weight"] == pytest.approx(best)
            inside = codes[found["from"] : found["to"] + 1]
            assert sum(gains[found["from"] : found["to"] + 1]) == pytest.approx(best)
            assert found["log"] == pytest.approx(np.mean([logs[code] for code in inside if code]))


def test_a_pixel_is_the_geometric_mean_of_its_commits(site: Path, visit: Visitor) -> None:
    """Twenty commits on fewer, as many and more pixels; the shade of a code is the code itself here."""
    page = visit(site).go()
    codes = np.random.default_rng(3).integers(1, 256, 20)
    codes[4:9] = 0
    logs = called(page, "scale", "logsOf", SCALE)
    suite = {"places": list(range(20)), "worse": codes.tolist(), "logs": logs, "scale": SCALE}
    for width in (7, 20, 33):
        edges = called(page, "raster", "edgesOf", [0, 19], width)
        pixels = called(page, "raster", "pixelsOf", suite, [{"at": 0}], edges, list(range(256)))
        for pixel, (start, end) in enumerate(itertools.pairwise(edges)):
            part = [int(code) for code in codes[start : max(end, start + 1)] if code]
            mean = np.mean([logs[code] for code in part]) if part else math.nan
            assert pixels[pixel] == heat.codes(np.array([mean]))[0]


MEASURED = [10, 14, 15, 20, 30]  # places in history
WINDOWS = [
    ((-1, -1), [0, 4]),  # nothing named
    ((13, 15), [1, 2]),  # 13 was not measured: from the next; 15 was
    ((12, -1), [1, 4]),
    ((-1, 15), [0, 2]),
    ((15, 12), [0, 4]),  # the wrong way round
    ((99, 99), [0, 4]),  # after everything
]


def test_a_window_is_named_by_commits(site: Path, visit: Visitor) -> None:
    page = visit(site).go()
    found = [called(page, "suite", "windowOf", MEASURED, *ends) for ends, _ in WINDOWS]
    assert found == [window for _, window in WINDOWS]


def test_releases_stand_at_the_first_commit_that_holds_them(site: Path, visit: Visitor) -> None:
    tags = {2: ["v0.9"], 5: ["v1.0rc1"], 6: ["v1.0", "v1.0.1"], 9: ["v2.0"], 11: ["v3.0"]}
    commits = [{"tags": tags.get(place, [])} for place in range(12)]
    found = called(visit(site).go(), "axis", "releases", commits, [4, 5, 8, 10], [0, 3])
    # 0.9 is older than anything measured, 3.0 newer; the great ones come first, for they get the room
    assert [(one["label"], one["column"]) for one in found] == [
        ("v2.0", 3), ("v1.0", 2), ("v1.0.1", 2), ("v1.0rc1", 1),
    ]  # fmt: skip


def test_dates_are_round_where_they_can_be(site: Path, visit: Visitor) -> None:
    days = [0, 40, 50, 45, 340, 400, 401]  # of 2024; the fourth is older than the one before it
    commits = [{"date": 1704067200 + 86400 * day} for day in days]
    page = visit(site).go()
    found = called(page, "axis", "dates", commits, list(range(7)), [0, 6])
    labels = {one["label"]: one["column"] for one in reversed(found)}
    assert labels["2025"] == 5
    assert labels["2024-12"] == 4
    assert labels["2024-02"] == 1
    assert labels["2025-02-05"] == 6
    assert found[0]["label"] == "2025"
    one = called(page, "axis", "dates", commits, list(range(7)), [2, 2])
    assert [tick["label"] for tick in one] == ["2024-02-20"]


def test_names_keep_their_distance_and_their_order(site: Path, visit: Visitor) -> None:
    found = called(visit(site).go(), "canvas", "apart", [1, 2, 30, 95, 96, 99], 10, 5, 100)
    assert found == [5, 15, 30, 80, 90, 100]


def test_the_row_under_the_hand_is_the_nearest(site: Path, visit: Visitor) -> None:
    page = visit(site).go()
    groups = [
        {"module": module, "rows": [{"text": "x.y", "short": "y"}] * size}
        for module, size in (("a", 3), ("b", 1), ("c", 4))
    ]
    code = """async (groups) => {
      const { app } = await (await fetch('manifest.json')).json();
      const { layoutOf, rowAt } = await import(new URL(`${app}views/heatmap/layout.js`, location.href));
      return [[1000, 600, true], [1000, 60, false], [300, 60, false], [300, 60, true]].map((given) => {
        const layout = layoutOf(groups, ...given);
        const heights = Array.from({ length: Math.ceil(layout.height) }, (_, y) => y);
        const hit = heights.map((y) => rowAt(layout, y));
        return { tops: [...layout.tops], strip: layout.strip, height: layout.height, hit };
      });
    }"""
    for one in page.evaluate(code, groups):
        middles = [top + one["strip"] / 2 for top in one["tops"]]
        assert middles == sorted(middles)
        assert one["height"] >= one["tops"][-1] + one["strip"]
        for y, hit in enumerate(one["hit"]):
            assert abs(middles[hit] - y) == pytest.approx(
                min(abs(middle - y) for middle in middles), abs=0.51
            )


# --- the map -----------------------------------------------------------------------------------


CELLS = [  # in the order of the rows: the weightiest first; with one of the row's cases, for all move alike
    ("drift.Slow.time_b", slowed(3, times=1.6), "slower"),
    ("drift.Slow.time_a", slowed(1), "slower"),
    (FELL, fallen(), "worse"),
]


def test_a_cell_says_what_the_archive_says(drifting: Path, visit: Visitor) -> None:
    page = visit(drifting).go("#/heatmap?machine=camel&group=farthest")
    assert (drawn(page)["rows"], drawn(page)["columns"]) == (5, COUNT)
    grid, tip = page.locator(GRID), page.locator(".heat .tip")
    for row, (name, values, word) in enumerate(CELLS):
        grid.hover(position=at(page, row, 20))
        expect(tip).to_contain_text(name)
        expect(tip).to_contain_text(SHORT[20])
        expect(tip).to_contain_text("2024-03-21")
        expect(tip).to_contain_text("Change number 20")
        told = re.search(r"([▲▼]) (\d\.\d\d)× its usual, (\w+)", tip.inner_text())
        assert told
        assert (told[1], told[3]) == ("▲", word)
        # a byte tells 0.4 % near one, 2 % of the logarithm far from it; the page rounds to 0.005
        ratio = values[20] / math.exp(float(np.median(np.log(values))))
        assert float(told[2]) == pytest.approx(ratio, rel=0.004 + 0.01 * abs(math.log(ratio)), abs=0.005)
    expect(tip).to_contain_text(re.compile(r"about 19\d 1?/s, usually 2[45]\d 1?/s"))


def test_where_nothing_was_measured_it_says_so(drifting: Path, visit: Visitor) -> None:
    page = visit(drifting).go("#/heatmap?machine=camel&q=late")
    assert drawn(page)["rows"] == 1
    page.locator(GRID).hover(position=at(page, 0, 7))
    expect(page.locator(".heat .tip strong")).to_have_text("no value")
    page.locator(GRID).hover(position=at(page, 0, 25))
    expect(page.locator(".heat .tip")).to_contain_text("usually 2")


# what the last key asked for is scrolled to, and drawn, within two frames
FRAMES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
SHADE = """([x, y]) => {
  const seen = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  const canvas = document.querySelector('.heat-grid canvas');
  seen.drawImage(canvas, x * devicePixelRatio, y * devicePixelRatio, 1, 1, 0, 0, 1, 1);
  return [...seen.getImageData(0, 0, 1, 1).data];
}"""


def shade(page: Page, row: int, column: int) -> list[int]:
    place = at(page, row, column)
    found: list[int] = page.evaluate(SHADE, [place["x"], place["y"]])
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_worse_is_warm_better_is_cold_and_the_usual_is_neither(
    drifting: Path, visit: Visitor, scheme: str
) -> None:
    page = visit(drifting, color_scheme=scheme).go("#/heatmap?machine=camel&group=farthest")
    for row in (0, 2):  # slower, and a rate that fell
        red, _, blue, _ = shade(page, row, 22)
        assert red > blue + 60
    red, _, blue, _ = shade(page, 4, 15)
    assert abs(red - blue) < 40
    assert (red > 128) == (scheme == "light")


def test_it_follows_a_change_to_dark(drifting: Path, visit: Visitor) -> None:
    page = visit(drifting, color_scheme="light").go("#/heatmap?machine=camel&group=farthest")
    bright = shade(page, 4, 15)
    swatch = page.locator(".shades .patch").nth(5)
    expect(swatch).to_have_css("background-color", "rgb(238, 241, 244)")
    page.emulate_media(color_scheme="dark")
    expect(swatch).to_have_css("background-color", "rgb(30, 40, 49)")
    assert shade(page, 4, 15)[0] < bright[0] - 100


def test_a_press_opens_the_case_at_the_commit(drifting: Path, visit: Visitor) -> None:
    page = visit(drifting).go("#/heatmap?machine=camel&group=farthest")
    page.locator(GRID).click(position=at(page, 0, 21))
    expect(page.locator("main h1")).to_contain_text("time_b")
    assert page.evaluate("location.hash") == f"#/benchmark/drift.Slow.time_b?machine=camel&commit={SHORT[21]}"
    page.go_back()
    expect(page.locator("main h1")).to_have_text("Heat map")


def test_a_hand_that_is_drawn_across_chooses_commits(drifting: Path, visit: Visitor) -> None:
    page = visit(drifting).go("#/heatmap?machine=camel&group=farthest")
    box = page.locator(GRID).bounding_box()
    assert box
    start, end = at(page, 1, 19), at(page, 2, 8)
    page.mouse.move(box["x"] + start["x"], box["y"] + start["y"])
    page.mouse.down()
    page.mouse.move(box["x"] + end["x"] + 60, box["y"] + end["y"])
    page.mouse.move(box["x"] + end["x"], box["y"] + end["y"])
    page.mouse.up()
    page.wait_for_function("location.hash.includes('from=')")
    assert page.evaluate("location.hash").endswith(f"from={SHORT[8]}&to={SHORT[19]}")
    assert drawn(page)["columns"] == 12
    expect(page.locator(".caption")).to_contain_text("12 of 30 commits, 2024-03-09 to 2024-03-20")
    page.get_by_role("button", name="All commits").click()
    assert page.evaluate("location.hash") == "#/heatmap?machine=camel&group=farthest"
    assert drawn(page)["columns"] == COUNT


def test_all_of_it_is_done_by_keys(drifting: Path, visit: Visitor) -> None:
    page = visit(drifting).go("#/heatmap?machine=camel&group=farthest")
    drawn(page)
    page.locator(".zooms button").last.focus()
    page.keyboard.press("Tab")
    expect(page.locator(GRID)).to_be_focused()
    said = page.locator(".heat [role=status]")
    expect(said).to_contain_text(f"at {SHORT[29]} of 2024-03-30")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(said).to_contain_text("drift.Slow.time_a: at its usual level")
    expect(said).to_contain_text(f"at {SHORT[1]} of 2024-03-02: Change number 1")
    row, cell = page.locator(f"{GRID} [role=row]"), page.locator(f"{GRID} [role=gridcell]")
    assert (row.get_attribute("aria-rowindex"), cell.get_attribute("aria-colindex")) == ("2", "2")
    page.keyboard.press("End")
    page.keyboard.press("+")
    page.wait_for_function("location.hash.includes('from=')")
    assert page.evaluate("location.hash").endswith(f"from={SHORT[15]}&to={SHORT[29]}")
    for _ in range(20):
        page.keyboard.press("ArrowLeft")
    # five more than are in the window: it went along
    assert page.evaluate("location.hash").endswith(f"from={SHORT[9]}&to={SHORT[23]}")
    expect(said).to_contain_text(SHORT[9])
    page.keyboard.press("0")
    assert drawn(page)["columns"] == COUNT
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Open its history"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("main h1")).to_contain_text("time_a")
    assert f"commit={SHORT[9]}" in page.evaluate("location.hash")


def test_a_finger_asks_first_and_then_follows(drifting: Path, visit: Visitor) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    page = visit(drifting, **phone).go("#/heatmap?machine=camel&group=farthest")
    page.locator(GRID).tap(position=at(page, 0, 21))
    link = page.locator(".heat .tip a")
    expect(link).to_be_visible()
    expect(page.locator("main h1")).to_have_text("Heat map")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    link.tap()
    expect(page.locator("main h1")).to_contain_text("time_b")
    assert f"commit={SHORT[21]}" in page.evaluate("location.hash")


@pytest.fixture(scope="module")
def tall(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty modules of two benchmarks; the last of them all slows down."""
    rows = [
        series(f"m{module:02}.time_{name}", slowed(1, times=1.6 if (module, name) == (19, "b") else 1))
        for module in range(20)
        for name in "ab"
    ]
    benchmarks = {one.key.case.benchmark: benchmark(one.key.case.benchmark) for one in rows}
    archive = dataclasses.replace(
        small_archive(), series=tuple(rows), benchmarks=benchmarks, machines={"camel": {}}
    )
    return published(archive, tmp_path_factory.mktemp("tall") / "html")


# All in view, though it is longer than the screen; and rows that scroll in their box.
@pytest.mark.parametrize("group", ["", "module"])
def test_the_last_row_is_reached(tall: Path, visit: Visitor, group: str) -> None:
    page = visit(tall, viewport={"width": 390, "height": 400}).go(f"#/heatmap?group={group}")
    assert drawn(page)["rows"] == 40
    page.locator(GRID).focus()
    for _ in range(5):
        page.keyboard.press("PageDown")
    expect(page.locator(f"{GRID} [role=rowheader]")).to_have_text("m19.time_b")
    page.evaluate(FRAMES)
    scrolled: int = page.evaluate(f"document.querySelector('{GRID}').scrollTop")
    assert (scrolled > 0) == (group == "module")
    row = drawn(page)["tops"][39] - scrolled
    box = page.locator(GRID).bounding_box()
    assert box
    assert drawn(page)["axis"] + row < box["height"]
    expect(page.locator(".heat .tip")).to_be_in_viewport(ratio=1)
    place = at(page, 39, 25)
    red, _, blue, _ = page.evaluate(SHADE, [place["x"], place["y"] - scrolled - 1.5])
    assert red > blue + 60
    page.locator(GRID).hover(position={"x": place["x"], "y": place["y"] - scrolled - 1.5})
    expect(page.locator(".heat .tip")).to_contain_text("m19.time_b")
    expect(page.locator(".heat .tip")).to_contain_text("▲ 1.")


# --- around it ---------------------------------------------------------------------------------


def test_what_stands_out_is_said_in_words(drifting: Path, visit: Visitor) -> None:
    page = visit(drifting).go("#/heatmap?machine=camel")
    rows = page.locator(".standing tbody tr")
    expect(rows).to_have_count(2)
    slower, worse = rows.nth(0), rows.nth(1)
    assert slower.get_by_role("link").all_text_contents()[:2] == ["drift.Slow.time_b", "drift.Slow.time_a"]
    # each about its own median, which lies a little below the level of most commits
    expect(slower).to_contain_text(re.compile(r"▲ slower1\.(49|5\d)× – 1\.(5|6)\d× their usual"))
    expect(slower).to_contain_text(f"{SHORT[STEP]} 2024-03-19")
    expect(slower).to_contain_text("still so")
    expect(slower.locator("td").last).to_have_text(str(COUNT - STEP))
    expect(worse).to_contain_text(re.compile(r"^drift\.track_rate▲ worse0\.7\d× its usual"))
    slower.get_by_role("link", name="time_b").click()
    assert f"commit={SHORT[STEP]}" in page.evaluate("location.hash")


def test_words_find_rows_and_none_is_said(drifting: Path, visit: Visitor) -> None:
    page = visit(drifting).go("#/heatmap?machine=camel")
    box = page.get_by_label("Filter by benchmark")
    box.fill("SLOW a")
    expect(page.locator(".caption")).to_contain_text("1 row found × 30 commits")
    assert page.evaluate("location.hash") == "#/heatmap?machine=camel&q=SLOW+a"
    box.fill("nowhere")
    expect(page.locator(".heatmap .empty")).to_contain_text("No benchmark on camel holds “nowhere”")
    expect(page.locator(GRID)).to_be_hidden()
    box.fill("")
    expect(page.locator(GRID)).to_be_visible()
    expect(page.locator(".caption")).to_contain_text("5 rows × 30 commits")


def test_another_machine_and_back(drifting: Path, visit: Visitor) -> None:
    page = visit(drifting).go("#/heatmap")
    expect(page.locator(".caption")).to_contain_text("5 rows × 30 commits")  # camel's commits are newer
    page.get_by_role("radio", name="oryx").check()
    expect(page.locator(".caption")).to_contain_text("1 row × 10 commits")
    assert page.evaluate("location.hash") == "#/heatmap?machine=oryx"
    expect(page.locator(".standing")).to_contain_text("Nothing in this window")
    page.go_back()
    expect(page.locator(".caption")).to_contain_text("5 rows × 30 commits")
    expect(page.get_by_role("radio", name="camel")).to_be_checked()


def test_a_window_in_the_address_is_opened(drifting: Path, visit: Visitor) -> None:
    page = visit(drifting).go(f"#/heatmap?machine=camel&from={SHORT[4]}&to={SHORT[11]}")
    assert drawn(page)["columns"] == 8
    # after 28 the branch was left: nothing is known of its commit but that it was measured
    expect(page.locator(".standing")).to_contain_text("Nothing in this window")
    page.locator(GRID).click(position=at(page, 0, 2))
    expect(page.locator("main h1")).to_contain_text("time_a")
    assert page.evaluate("location.hash").endswith(f"commit={SHORT[6]}&from={SHORT[4]}&to={SHORT[11]}")


def test_without_ratios_it_says_what_to_do(site: Path, visit: Visitor, tmp_path: Path) -> None:
    bare = published(small_archive(), tmp_path / "html")
    manifest = json.loads((bare / MANIFEST).read_text())
    del manifest["files"]["heat"]
    (bare / MANIFEST).write_text(json.dumps(manifest))
    page = visit(bare).go("#/heatmap")
    expect(page.locator(".empty")).to_contain_text("groundspeed run")
