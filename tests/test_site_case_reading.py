"""What a case is read by, in a real Chromium: steps, outliers, growth, samples, and what a reader takes away.

Every test also holds, by `visit`: no error in the console, no dialog, no other host asked.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from groundspeed.records import Better
from groundspeed.results.archive import Archive
from groundspeed.site.answers import Answers
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
from tests.test_site_samples import made

__all__ = ["chromium", "serve", "site", "visit"]  # fixtures

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Visitor = Callable[..., Visit]

STEP = 18  # where the small archive's crossing becomes 1.3 times slower
FAR = {5: 9.0, 22: 0.2}  # outliers: by place, times their level
OUTLIER, RATE = "#/benchmark/far.time_off", "#/benchmark/far.track_rate"


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Outliers, a rate that fell, sizes to grow along, and samples at two commits."""
    off = wavy(1e-3)
    for place, times in FAR.items():
        off[place] *= times
    fallen = [value / 1.3 if place >= STEP else value for place, value in enumerate(wavy(250))]
    rows = [
        series("far.time_off", off),
        series("far.track_rate", fallen, unit="1/s", better=Better.HIGHER),
        *(series("far.time_grow", wavy(1e-6 * size), params=(str(size),)) for size in (10, 100, 1000)),
        series(f"far.time_{HOSTILE}", wavy(0.5), params=(f"={HOSTILE}",)),
    ]
    benchmarks = {one.key.case.benchmark: benchmark(one.key.case.benchmark) for one in rows}
    benchmarks["far.time_grow"] = benchmark("far.time_grow", params={"size": ("10", "100", "1000")})
    hostile = f"far.time_{HOSTILE}"
    benchmarks[hostile] = benchmark(hostile, params={"kind": (f"={HOSTILE}",)})
    archive = dataclasses.replace(
        small_archive(), series=tuple(rows), benchmarks=benchmarks, machines={"camel": {}}
    )
    return published(archive, tmp_path_factory.mktemp("far") / "html")


def published(archive: Archive, html_dir: Path) -> Path:
    """The archive, with samples of its first series at commits 19 and 20."""
    source = made({19: [[1.0, 2.0, 3.0]], 20: [[1.0, 1.1, 1.2, 1.3], [2.0, 2.1]]})
    source.key = archive.series[0].key
    made_of = dataclasses.replace(subject(archive), answers=Answers(sampled=source))
    publish(made_of, html_dir)
    return html_dir


def marks(page: Page) -> dict[str, int]:
    drawn(page)
    found: dict[str, int] = page.evaluate("document.querySelector('.plot').drawn")
    return found


def called(page: Page, module: str, call: str, *arguments: Any) -> Any:
    """What a function of one of the view's modules gives."""
    code = f"""async (given) => {{
      const {{ app }} = await (await fetch('manifest.json')).json();
      const found = await import(new URL(`${{app}}views/benchmark/{module}`, location.href));
      return found.{call}(...given);
    }}"""
    return page.evaluate(code, list(arguments))


# --- steps -------------------------------------------------------------------------------------


def test_a_step_is_listed_with_ratio_levels_and_commit(site: Path, visit: Visitor) -> None:
    page = visit(site).go(f"{CROSS}?machine=camel")
    assert marks(page)["steps"] == 1
    row = page.locator(".steps tbody tr")
    expect(row).to_have_count(1)
    expect(row.locator("th")).to_have_text(re.compile(r"^▲ slower 1\.3\d× \(1\.\d\d – 1\.\d\d\)$"))
    expect(row).to_contain_text(f"Change number {STEP}")
    expect(row).to_contain_text(commit_hash(STEP - 1)[:8])
    expect(row).to_contain_text("2024-03-19")


def test_a_step_of_the_list_is_picked_by_key_and_named_in_the_panel(site: Path, visit: Visitor) -> None:
    page = visit(site).go(f"{CROSS}?machine=camel")
    drawn(page)
    page.locator(".steps .pick").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".panel h2")).to_contain_text(f"Change number {STEP}")
    expect(page.locator(".steps .pick")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".panel td").last).to_have_text(re.compile(r"▲ 1\.3\d× worse"))
    over = page.locator(".u-over").bounding_box()
    assert over
    page.locator(".u-over").hover(position={"x": at_commit(page, STEP)["x"], "y": over["height"] * 0.2})
    expect(page.locator(".tip")).to_contain_text("a new level begins: worse")


def test_of_a_rate_a_fall_is_worse(far: Path, visit: Visitor) -> None:
    page = visit(far).go(RATE)
    drawn(page)
    expect(page.locator(".steps tbody th")).to_have_text(re.compile(r"worse 0\.77×"))


def test_a_history_without_steps_says_so(site: Path, visit: Visitor) -> None:
    page = visit(site).go(DRINK)
    expect(page.locator(".steps")).to_contain_text("No change of level was found in what is shown.")


# --- outliers ----------------------------------------------------------------------------------


def test_outliers_are_apart_and_do_not_stretch_the_axis(far: Path, visit: Visitor) -> None:
    page = visit(far).go(OUTLIER)
    found = marks(page)
    assert (found["outliers"], found["beyond"]) == (2, 2)
    expect(page.locator(".caption")).to_contain_text("2 outliers beyond the axis")
    page.locator(".u-over").hover(position={"x": at_commit(page, 5)["x"], "y": 4})
    expect(page.locator(".tip")).to_contain_text("times or more the scatter of its level off")
    page.get_by_label("from zero").check()
    page.wait_for_function("() => document.querySelector('.plot').drawn.beyond === 0")
    expect(page.locator(".caption")).not_to_contain_text("outliers")


def test_the_identifier_is_hampels(site: Path, visit: Visitor) -> None:
    """Against the literal formula: further than 5 · 1.4826 · MAD from the median, and than 1 % of it."""
    page = visit(site).go()
    random = np.random.default_rng(3)
    for count in (4, 5, 30, 31):
        values = random.normal(10, 0.5, count)
        values[1] = 14.0
        away = np.abs(values - np.median(values))
        scatter = max(1.4826 * float(np.median(away)), 0.002 * float(np.median(values)))
        expected = [int(row) for row in np.flatnonzero(away > 5 * scatter)] if count >= 5 else []
        code = """async (values) => {
          const { app } = await (await fetch('manifest.json')).json();
          const module = new URL(`${app}views/benchmark/levels.js`, location.href);
          const { levelsOf, outliersOf } = await import(module);
          const series = { commits: values.map((_, row) => row), values, steps: [] };
          return [...outliersOf(series, levelsOf(series)).keys()];
        }"""
        assert page.evaluate(code, values.tolist()) == expected


# --- axes --------------------------------------------------------------------------------------


def test_relative_lines_begin_at_one(site: Path, visit: Visitor) -> None:
    page = visit(site).go(f"{HERD}?p.size=1&p.size=100&y=ratio")
    drawn(page)
    expect(page.locator(".caption")).to_contain_text("relative to the first level in view")
    page.locator(".u-over").hover(position=at_commit(page, 0))
    expect(page.locator(".tip")).to_contain_text("µs")  # the value itself stays readable


def test_growth_is_drawn_along_a_parameter_of_numbers(far: Path, visit: Visitor) -> None:
    page = visit(far).go("#/benchmark/far.time_grow")
    drawn(page)
    page.get_by_label("size").first.check()
    page.wait_for_function("() => document.querySelector('.plot').drawn.strokes === 1")
    assert marks(page)["points"] == 3
    assert page.evaluate("location.hash").endswith("?x=p.size")
    page.locator(".chart").focus()
    page.keyboard.press("Home")
    page.wait_for_function("() => document.querySelector('.plot').drawn.strokes === 2")
    expect(page.locator(".legend .key")).to_contain_text("dashed: at 00000000")
    expect(page.locator(".panel tbody tr")).to_have_count(3)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("10", 10),
        ("1_000", 1000),
        ("1e-3", 0.001),
        ("-2.5", -2.5),
        (".5", 0.5),
        ("'10'", None),
        ("1024x", None),
    ],
)
def test_python_numbers_are_read(site: Path, visit: Visitor, text: str, number: float | None) -> None:
    found = called(visit(site).go(), "along.js", "numberOf", text)
    assert found == number if number is not None else found != found


@pytest.mark.parametrize(
    ("low", "high", "named"),
    [
        (9.93e-6, 0.0184, [1e-5, 1e-4, 1e-3, 0.01]),  # three decades: the powers of ten
        (0.9, 50, [1, 2, 5, 10, 20, 50]),
        (0.75, 6, [0.8, 0.9, 1, 2, 3, 4, 5, 6]),  # less than a decade: each
        (1.0, 1.29, [1, 1.05, 1.1, 1.15, 1.2, 1.25]),  # short: 0.29 / 6 is just below 0.05
        (1e-300, 1e-299, [1e-300, 2e-300, 5e-300, 1e-299]),
    ],
)
def test_a_logarithmic_axis_has_round_rungs(
    site: Path, visit: Visitor, low: float, high: float, named: list[float]
) -> None:
    """uPlot's own never end where the lowest value is no round number: the browser ran out of memory."""
    rungs = called(visit(site).go(), "fit.js", "logRungs", low, high)
    assert [rung["value"] for rung in rungs if rung["named"]] == pytest.approx(named)
    assert all(low <= rung["value"] <= high for rung in rungs)


def test_a_history_of_awkward_values_is_drawn_on_a_logarithm(far: Path, visit: Visitor) -> None:
    page = visit(far).go("#/benchmark/far.time_grow?y=log&p.size=10&p.size=1000")
    assert marks(page)["points"] == 2 * COUNT


# --- samples -----------------------------------------------------------------------------------


def test_samples_stand_process_by_process_beside_those_before(far: Path, visit: Visitor) -> None:
    page = visit(far).go(f"{OUTLIER}?commit={commit_hash(20)[:8]}")
    spread = page.locator(".spread")
    expect(spread.locator(".at")).to_have_text(
        ["00000014 2 processes, 6 samples", "00000013 1 process, 3 samples"]
    )
    rows = spread.locator(".process")
    # the median of 1.0, 1.1, 1.2, 1.3 is 1.15; p25 is a quarter of the way over three gaps: 1.075
    expect(rows.first).to_contain_text("process 1, n 4")
    expect(rows.first).to_contain_text("1.150 s 1.075 – 1.225 s, p5 1.02 s, p95 1.28 s")
    expect(rows.nth(2)).to_contain_text("2.000 s")
    assert rows.first.locator("circle").count() == 4
    page.locator(".chart").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".spread")).to_have_count(0)


# --- to take away ------------------------------------------------------------------------------


def test_what_is_shown_is_saved_as_csv(site: Path, visit: Visitor) -> None:
    page = visit(site).go(f"{DRINK}?open=table")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as CSV").click()
    assert download.value.suggested_filename == "walk.Desert.time_drink.csv"
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text())))
    assert len(rows) == COUNT - 1  # one was skipped
    assert [row["kind"] for row in rows].count("failed") == 2
    assert rows[3]["subject"] == f"Escape {HOSTILE}"
    assert (rows[0]["commit"], rows[0]["machine"], rows[0]["unit"]) == (commit_hash(0), "camel", "s")
    assert float(rows[0]["low"]) < float(rows[0]["value"]) < float(rows[0]["high"])


def test_commands_are_one_word_a_pattern_that_finds_the_case(far: Path, visit: Visitor) -> None:
    name = f"far.time_{HOSTILE}"
    page = visit(far).go(f"#/benchmark/{name.replace('<', '%3C')}?commit={commit_hash(4)[:8]}")
    lines = page.locator(".next code").all_inner_texts()
    assert len(lines) == 3
    for line in lines:
        words = shlex.split(line)
        pattern = words[words.index("--bench") + 1]
        case = f"{name}(={HOSTILE})"
        texts = (case, f"{case}@p99", f"{case}x", f"x{case}")
        assert [bool(re.search(pattern, text)) for text in texts] == [True, True, False, False]
    assert shlex.split(lines[0])[:5] == [
        "groundspeed", "compare", commit_hash(3)[:12], commit_hash(4)[:12], "--measure",
    ]  # fmt: skip


def test_patterns_of_several_cases_and_of_very_many(site: Path, visit: Visitor) -> None:
    page = visit(site).go()
    two = called(page, "commands.js", "pattern", ["a.b(1)", "a.b('c d')"], "a.b")
    assert [bool(re.search(two, text)) for text in ("a.b(1)", "a.b('c d')", "a.b(2)", "a.b")] == [
        True, True, False, False,
    ]  # fmt: skip
    many = called(page, "commands.js", "pattern", [f"a.b({n})" for n in range(9)], "a.b")
    assert [bool(re.search(many, text)) for text in ("a.b(1)", "a.b", "a.b@p99", "a.bc")] == [
        True, True, True, False,
    ]  # fmt: skip


# --- ways --------------------------------------------------------------------------------------


def test_keys_lead_to_the_neighbouring_case_and_benchmark(site: Path, visit: Visitor) -> None:
    page = visit(site).go(f"{HERD}?p.size=1&p.kind='goat'&y=zero")
    drawn(page)
    page.keyboard.press("]")
    page.wait_for_function("() => location.hash.includes('camel')")
    assert page.evaluate("location.hash").endswith("&y=zero")
    page.keyboard.press("[")
    page.wait_for_function("() => location.hash.includes('goat')")
    expect(page.locator(".legend .newest")).to_have_text("990.1 ns")
    page.keyboard.press("[")
    expect(page.locator("h1")).to_have_text("Desert.time_drink")
    expect(page.locator(".crumbs a")).to_have_text(["dromedary", "walk", "Desert"])
    assert page.locator(".crumbs a").last.get_attribute("href") == "#/benchmarks?q=walk.Desert."


def test_a_tap_picks_the_nearest_commit_and_the_page_still_scrolls(site: Path, visit: Visitor) -> None:
    page = visit(
        site, has_touch=True, is_mobile=True, viewport={"width": 390, "height": 700}
    ).go(f"{CROSS}?machine=camel")  # fmt: skip
    drawn(page)
    over = page.locator(".u-over").bounding_box()
    assert over
    at = at_commit(page, 20)
    page.touchscreen.tap(over["x"] + at["x"], over["y"] + at["y"])
    expect(page.locator(".panel h2")).to_contain_text("Change number 20")
    assert page.evaluate("getComputedStyle(document.querySelector('.u-over')).touchAction") == "pan-x pan-y"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_open_fold_stays_in_the_address(site: Path, visit: Visitor) -> None:
    page = visit(site).go("#/benchmark/water.Skin.latency_pour")
    drawn(page)
    page.get_by_text("Newest value of every metric").click()
    page.wait_for_function("() => location.hash.endsWith('?open=metrics')")
    page.reload()
    table = page.locator("details[open] table")
    expect(table.locator("thead th")).to_have_text(["case", "time", "p99", "rate"])
    expect(table.locator("tbody td")).to_have_count(3)


@pytest.mark.parametrize(
    ("tags", "first"), [(["v1.1", "v1.0", "v1.0.1"], "v1.0"), (["v2.0rc1", "v1.9.3"], "v1.9.3")]
)
def test_the_greater_release_stays_where_it_is_crowded(
    site: Path, visit: Visitor, tags: list[str], first: str
) -> None:
    page = visit(site).go()
    ranks = {tag: called(page, "landmarks.js", "rankOf", tag) for tag in tags}
    assert min(tags, key=lambda tag: ranks[tag]) == first, json.dumps(ranks)
