"""The report in its formats: goldens, a schema, and the page in a browser, which asks for nothing."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from groundspeed.records import Case
from groundspeed.report.overview import render_overview
from groundspeed.report.overview.cells import interval
from groundspeed.report.overview.charts import draw
from groundspeed.report.overview.pictures import Mark, Workers
from groundspeed.report.overview.plain import fitted
from groundspeed.report.overview.wire import keyed
from groundspeed.report.table import OverviewFormat, Table
from groundspeed.results.profiles import profile_path
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.newest import Present
from groundspeed.verdicts.overview import Overview, overview
from tests.axe import violations
from tests.browser import chromium as chromium
from tests.commands import groundspeed
from tests.growing import grow
from tests.readings import made
from tests.schemas import faults
from tests.site_answers import CROSS, answered
from tests.site_archives import HOSTILE
from tests.speedscopes import sampled, written

GOLDENS = Path(__file__).parent / "fixtures" / "report"
SCHEMA = json.loads((files("groundspeed.report.overview") / "report.schema.json").read_text(encoding="utf-8"))


# --- parts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "unit", "key", "factor"),
    [
        ("p99", "seconds", "p99_ms", 1e3),
        ("p99.9", "s", "p99_9_ms", 1e3),
        ("rate", "requests/s", "requests_per_second", 1.0),
        ("requests", "requests", "requests", 1.0),
        ("hit_ratio", "1", "hit_ratio", 1.0),
        ("recall", "%", "recall", 0.01),  # a share is a part of one
        ("peak", "bytes", "peak_bytes", 1.0),
        ("read", "MB/s", "read_bytes_per_second", 1e6),
    ],
)
def test_a_key_ends_in_its_unit(name: str, unit: str, key: str, factor: float) -> None:
    assert keyed(name, unit) == (key, factor)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.9e-3, 1.1e-3, "900 µs to 1.10 ms"),
        (1e-3, 1e-3, ""),
        (-float("inf"), float("inf"), ""),
        (1e-3, 99e-3, "1.00 ms to 99.0 ms"),
        (3e-12, 37_000.0, "no bounds known"),  # of two processes that disagree
        (-1.0, 1e9, "-1.00 s to 1.00e+09 s"),
    ],
)
def test_an_interval_that_says_nothing_is_not_spelled_out(low: float, high: float, said: str) -> None:
    assert interval(Interval(centre=1e-3, low=low, high=high), "s") == said


def test_a_table_is_wrapped_to_its_width_and_loses_nothing() -> None:
    name = "module.Class.time_" + "long_name_" * 12 + "(1, 2)"
    table = Table(header=("case", "value"), rows=((f"{name}\nbelow", "1.00 ms"),), right=frozenset({"value"}))
    text = fitted(table, 60).text()
    assert max(map(len, text.splitlines())) <= 60
    joined = re.sub(r"\s", "", text)
    assert "below" in joined
    assert joined.replace("1.00ms", "").startswith("casevalue" + name.replace(" ", ""))


def test_the_axes_of_rates_say_what_they_count() -> None:
    points = {1: 310_000.0, 2: 560_000.0, 3: 890_000.0}
    marks = tuple(
        Mark(at=float(at), value=Interval(centre=rate, low=rate, high=rate), name=str(at))
        for at, rate in points.items()
    )
    drawn = draw(Workers(title="load", unit="queries/s", marks=marks), ())
    texts = re.findall(r">([^<>]+)</text>", drawn)
    assert texts[:6] == ["0", "200,000", "400,000", "600,000", "800,000", "1"]
    assert texts[-2:] == ["queries/s", "workers"]


# --- the made project -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def camel(tmp_path_factory: pytest.TempPathFactory) -> Overview:
    """A machine with a regression of each state, targets of each, a benchmark that fails, and a profile."""
    made = answered(tmp_path_factory.mktemp("camel"))
    frames: list[dict[str, Any]] = [{"name": HOSTILE, "file": f"{HOSTILE}.py", "line": 7}, {"name": "walk"}]
    case = Case(benchmark=CROSS, params=())
    results = made.configuration.suite.results_dir
    written(
        profile_path(results, "camel", made.commits[-2], case, "cpu"),
        sampled([[1], [1, 0]], [1, 3]),
        frames=frames,
    )
    broken = profile_path(results, "camel", made.commits[-1], case, "alloc")
    broken.parent.mkdir()
    broken.write_bytes(b"")
    return overview(Present(made.reading, "camel", None))


@pytest.mark.parametrize(
    ("kind", "name"), [(OverviewFormat.TEXT, "camel.txt"), (OverviewFormat.MARKDOWN, "camel.md")]
)
def test_what_is_read_is_as_it_was(camel: Overview, kind: OverviewFormat, name: str) -> None:
    assert f"{render_overview(camel, kind)}\n" == (GOLDENS / name).read_text(encoding="utf-8")


def test_json_keeps_its_schema(camel: Overview) -> None:
    found = json.loads(render_overview(camel, OverviewFormat.JSON))
    assert faults(found, SCHEMA) == []
    assert found["outcome"] == "bad"
    assert [(one["state"], one["subject"]) for one in found["regressions"]] == [
        ("confirmed", f"Count {HOSTILE}"),
        ("suspected", "Change 20"),
    ]
    assert [one["own"] for one in found["bottlenecks"][0]["functions"]] == [0.75, 0.25]
    assert ["is no profile" in one for one in found["notices"]] == [True]
    broken = {**found, "version": 2, "cases": [{**found["cases"][0], "value": True}], "memory": {"x": "y"}}
    said = faults(broken, SCHEMA)
    assert {"$.version is not 1", "$.cases[0].value is no number or null"} <= set(said)
    assert any(one.startswith("$.memory") for one in said)


# --- the page -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page_file(camel: Overview, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "camel.html"
    path.write_text(render_overview(camel, OverviewFormat.HTML), encoding="utf-8")
    return path


def opened(chromium: Browser, path: Path, **options: Any) -> tuple[Page, list[str]]:
    """The file as a browser opens it, with every request and every word on its console."""
    page = chromium.new_context(**options).new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: said.append(request.url))
    page.goto(path.as_uri())
    return page, said


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_hinders_a_reader(chromium: Browser, page_file: Path, scheme: str, width: int) -> None:
    page, said = opened(chromium, page_file, viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert said == [page_file.as_uri()]
    page.context.close()


@pytest.mark.browser
def test_on_paper_everything_is_open_within_the_sheet_and_dark_ink_on_white(
    chromium: Browser, page_file: Path
) -> None:
    page, _ = opened(chromium, page_file, viewport={"width": 718, "height": 1000}, color_scheme="dark")
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = false; })")
    page.emulate_media(media="print", color_scheme="dark")
    shown = "[...document.querySelectorAll('details td')].every((one) => one.checkVisibility())"
    assert page.evaluate(shown)
    wider = "[...document.querySelectorAll('.scroll')].filter((one) => one.scrollWidth > one.clientWidth)"
    assert page.evaluate(f"{wider}.map((one) => one.ariaLabel)") == []
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(21, 32, 43)"
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert violations(page) == []
    page.context.close()


@pytest.mark.browser
def test_a_page_of_hostile_names_asks_for_nothing_and_fits_a_phone(chromium: Browser, tmp_path: Path) -> None:
    ours = '[report]\nparse = "m.*"\n[scaling.sizes]\n"m.*" = "param1"\n[targets]\n"m.time_*" = "< 1 s"\n'
    hashes = made(tmp_path, ours, count=2)
    suite = json.loads((tmp_path / "asv.conf.json").read_text())
    (tmp_path / "asv.conf.json").write_text(json.dumps({**suite, "project": HOSTILE}))
    grow(tmp_path, 1, f"m.time_{HOSTILE}", (10, 100, 1000), {hashes[-1]: lambda n: 1e-6 * n})
    groundspeed(tmp_path, "report", "-o", "state.html")
    path = tmp_path / "state.html"
    page, said = opened(chromium, path, viewport={"width": 390, "height": 800})
    assert said == [path.as_uri()]
    assert page.locator("img").count() == 0
    assert HOSTILE in page.locator("h1").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("svg[role=img]").count() == 4  # growth, and a target at three sizes
    assert violations(page) == []
    page.context.close()
