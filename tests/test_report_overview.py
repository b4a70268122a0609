"""The page of a report: hostile text stays text, nothing is asked for, and it fits a phone."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser

from groundspeed.report.overview.plain import fitted
from groundspeed.report.overview.wire import keyed
from groundspeed.report.table import Table
from tests.browser import chromium as chromium
from tests.commands import groundspeed
from tests.growing import grow
from tests.readings import made
from tests.site_archives import HOSTILE


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


def test_a_table_is_wrapped_to_its_width_and_loses_nothing() -> None:
    name = "module.Class.time_" + "long_name_" * 12 + "(1, 2)"
    table = Table(header=("case", "value"), rows=((f"{name}\nbelow", "1.00 ms"),), right=frozenset({"value"}))
    text = fitted(table, 60).text()
    assert max(map(len, text.splitlines())) <= 60
    joined = re.sub(r"\s", "", text)
    assert "below" in joined
    assert joined.replace("1.00ms", "").startswith("casevalue" + name.replace(" ", ""))


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_of_hostile_names_asks_for_nothing_and_fits_a_phone(
    chromium: Browser, tmp_path: Path, scheme: Literal["light", "dark"]
) -> None:
    ours = '[report]\nparse = "m.*"\n[scaling.sizes]\n"m.*" = "param1"\n[targets]\n"m.time_*" = "< 1 s"\n'
    hashes = made(tmp_path, ours, count=2)
    suite = json.loads((tmp_path / "asv.conf.json").read_text())
    (tmp_path / "asv.conf.json").write_text(json.dumps({**suite, "project": HOSTILE}))
    grow(tmp_path, 1, f"m.time_{HOSTILE}", (10, 100, 1000), {hashes[-1]: lambda n: 1e-6 * n})
    groundspeed(tmp_path, "report", "-o", "state.html")
    context = chromium.new_context(viewport={"width": 390, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: said.append(request.url))
    page.goto((tmp_path / "state.html").as_uri())
    assert said == [(tmp_path / "state.html").as_uri()]
    assert page.locator("img").count() == 0
    assert HOSTILE in page.locator("h1").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("svg[role=img]").count() == 4  # growth, and a target at three sizes
    context.close()
