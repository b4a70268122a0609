"""What the page's Store makes of a site's files, in a real Chromium: as the tests' literal reader has it."""

from __future__ import annotations

import json
import math
import re
import struct
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from groundspeed.records import Better
from groundspeed.results.archive import Series
from groundspeed.site.publish import MANIFEST, publish
from groundspeed.site.wire import encode
from tests.browser import DRINK, Visit, chromium, serve, visit
from tests.site_archives import carried_archive, measured, series, small_archive, subject, wavy
from tests.site_shards import DecodedShard, decode

__all__ = ["chromium", "serve", "visit"]  # fixtures

pytestmark = pytest.mark.browser

Visitor = Callable[..., Visit]

NAN, INF = math.nan, math.inf
COUNT = 40
# Name, values: what makes a series take one byte, two, three, four or eight, and what has no value.
ROWS: Mapping[str, list[float]] = {
    "one_byte": [7.0, 7.0, 261.0],
    "two_bytes": [0.0, NAN, 255.0, 65534.0],
    "three_bytes": [-1.0, 2.0**24 - 3],
    "four_bytes": [0.0, 2.0**32 - 2],  # beyond what shifts of signed numbers hold
    "eight_bytes": [1e-9, NAN, 1.0, -INF],
    "eight_whole": [0.0, 2.0**53 - 1],
    "tiny": [5e-324, 1e-323, 2.5e-323],
    "large": [1e150, 3e150, -1e150],
    "digits": [0.012345, 0.023456, 0.034567],
    "round_up": [1.5e9, 2e12],
    "negative": [-3.5, -3.25, -1e-3],
    "skipped": [NAN, NAN],
}
# Values, low, high: both sides coded, one side without a bound, none, the value itself, far apart.
BOUNDED = {
    "bounded": ([0.01, 0.02, 0.03, NAN, 0.05], [0.009, -INF, 0.03, 1.0, NAN], [0.012, INF, 0.03, 2.0, NAN]),
    "far_apart": ([1.0, 2.0, 4.0], [-1e150, 1.9999, 3.0], [1e150, 2.0001, 5.0]),
}
DECODED = """async () => {
  const app = new URL(document.querySelector("link[rel=stylesheet]").href);
  const { Store } = await import(new URL("data.js", app).href);
  const store = new Store(await (await fetch("manifest.json")).json(), new URL(".", location.href));
  await store.load("index");
  const found = {};
  for (const entry of store.index.benchmarks) {
    const { series, ...rest } = await store.benchmark(entry);
    found[entry.shard] = { ...rest, series: series.map((one) => ({ ...one,
      values: one.values, low: one.low, high: one.high,
      failures: [...one.failures], carried: [...one.carried] })) };
  }
  return found;
}"""


def odd_rows() -> Iterable[Series]:
    for name, values in ROWS.items():
        yield series(f"odd.{name}", values, spread=0)
    for name, (values, low, high) in BOUNDED.items():
        row = series(f"odd.{name}", values)
        yield replace(row, low=row.values * 0 + low, high=row.values * 0 + high)
    nothing = series("odd.unbounded", [1.5, 2.5])
    yield replace(nothing, low=nothing.low * NAN, high=nothing.high * NAN)
    yield series("odd.later", [3.0, 4.0], first=25, failures={1: "it broke"})
    yield series("odd.many", [1.0, NAN, 3.0], params=("1", "x"), failures={1: "one", 2: "another"})
    yield series("odd.many", [1.0, 2.0, NAN], params=("2", "x"), machine="oryx", failures={2: "one"})
    yield series("odd.many", [NAN, 2.0], params=("2",), metric="rate", version="v0", better=Better.HIGHER)
    yield series("odd.stepping", wavy(1.0, count=COUNT, step_at=18), unit="1/s", better=Better.HIGHER)
    yield series("odd.crossing", [place - 20.0 + 30 * (place > 20) for place in range(COUNT)], spread=0)


def odd_site(html_dir: Path) -> Path:
    archive = replace(small_archive(COUNT), series=tuple(odd_rows()), benchmarks={}, commits=measured(COUNT))
    publish(subject(archive, {}), html_dir)
    return html_dir


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    root = tmp_path_factory.mktemp("sites")
    publish(subject(small_archive()), root / "small")
    publish(subject(carried_archive()), root / "carried")
    return {"odd": odd_site(root / "odd"), "small": root / "small", "carried": root / "carried"}


# --- what comes out ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["odd", "small", "carried"])
def test_a_file_decodes_to_the_same_as_byte_by_byte(
    sites: Mapping[str, Path], visit: Visitor, name: str
) -> None:
    page = visit(sites[name]).go()
    found: dict[str, Any] = page.evaluate(DECODED)
    assert len(found) == len([*sites[name].glob("data/benchmark-*.bin")])
    for file, one in found.items():
        shard = decode((sites[name] / file).read_bytes())
        given = expected(shard)
        own = {key: value for key, value in one.items() if key != "series"}
        assert own == {key: shard.header[key] for key in own}
        for series_found, series_given in zip(one["series"], given, strict=True):
            assert series_found == close(series_given), (shard.header["name"], series_given["params"])


def test_the_table_has_every_width_and_everything_beside_values(sites: Mapping[str, Path]) -> None:
    shards = [decode(file.read_bytes()) for file in sites["odd"].glob("data/benchmark-*.bin")]
    rows = [one for shard in shards for one in shard.series]
    assert {one.width for one in rows} == {1, 2, 3, 4, 8}
    assert {one.low is None for one in rows} == {True, False}
    assert any(one.failures for one in rows)
    scales = [each for shard in shards for each in shard.header["series"]["ratio"]]
    assert {scale for scale, one in zip(scales, rows, strict=True) if one.steps} == {0, 1}
    carried = [decode(file.read_bytes()) for file in sites["carried"].glob("data/benchmark-*.bin")]
    assert any(one.carried for shard in carried for one in shard.series)


def expected(shard: DecodedShard) -> list[dict[str, Any]]:
    """The series as app/data.js describes them."""
    header, said = shard.header, shard.header["series"]
    rows = []
    for at, one in enumerate(shard.series):
        metric = header["metrics"][said["metric"][at]]
        rows.append(
            {
                "machine": header["machines"][said["machine"][at]],
                "environment": header["environments"][said["environment"][at]],
                "metric": metric,
                "version": one.version,
                "params": [
                    None if place is None else header["params"][axis][place]
                    for axis, place in enumerate(one.params)
                ],
                "commits": one.commits,
                "values": one.values,
                "low": one.low,
                "high": one.high,
                "failures": [[row, text] for row, text in one.failures.items()],
                "carried": [[place, one.commits.index(back)] for place, back in one.carried.items()],
                "steps": [step(row, said["ratio"][at] == 1, metric["better"]) for row in one.steps],
            }
        )
    return rows


def step(row: list[float], ratio: bool, better: str) -> dict[str, Any]:
    base, head, earliest, latest, before, before_half, after, after_half, half, p = row

    def interval(centre: float, half: float) -> dict[str, float]:
        undo: Callable[[float], float] = math.exp if ratio else float
        return {"centre": undo(centre), "low": undo(centre - half), "high": undo(centre + half)}

    return {
        "base": base,
        "head": head,
        "earliest": earliest,
        "latest": latest,
        "p": p,
        "before": interval(before, before_half),
        "after": interval(after, after_half),
        "change": interval(after - before, half),
        "scale": "ratio" if ratio else "difference",
        "worse": (after > before) == (better == "lower"),
    }


def close(value: Any) -> Any:
    """The same, but numbers may differ in their last bits: exp is not rounded alike everywhere."""
    if isinstance(value, float):
        return pytest.approx(value, rel=1e-12, abs=0)
    if isinstance(value, dict):
        return {key: close(one) for key, one in value.items()}
    if isinstance(value, list):
        return [close(one) for one in value]
    return value


# --- what cannot be read -------------------------------------------------------------------------


def small_site(html_dir: Path) -> Path:
    publish(subject(small_archive()), html_dir)
    return html_dir


def complained(visited: Visit, page: Page) -> str:
    """The sentence on the page, which is in the console as well and nothing else is."""
    expect(page.locator("h1")).to_have_text("This could not be read")
    said = page.locator("main p").inner_text()
    assert len(visited.complaints) == 1
    assert said in visited.complaints.pop()
    return said


def test_a_manifest_of_another_version_is_said_with_the_next_move(tmp_path: Path, visit: Visitor) -> None:
    html_dir = small_site(tmp_path)
    manifest = json.loads((html_dir / MANIFEST).read_bytes())
    (html_dir / MANIFEST).write_bytes(encode({**manifest, "version": 3}))
    visited = visit(html_dir)
    visited.page.goto(visited.url)
    body = visited.page.locator("body")
    expect(body).to_contain_text(
        "This page reads groundspeed-site 2, but manifest.json is groundspeed-site 3."
    )
    expect(body).to_contain_text("Publish again with one groundspeed: groundspeed publish.")
    assert len(visited.complaints) == 1
    visited.complaints.clear()


def packed(header: bytes, columns: bytes = b"") -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return b"GSB2" + struct.pack("<I", len(header)) + packer.compress(header + columns) + packer.flush()


def emptied(content: bytes) -> bytes:
    """The header without the columns that it tells of."""
    body = zlib.decompressobj(-zlib.MAX_WBITS).decompress(content[8:])
    return packed(body[: struct.unpack("<I", content[4:8])[0]])


DAMAGES: Mapping[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda _: b"", "it ends within its first eight bytes."),
    "cut in half": (lambda content: content[: len(content) // 2], ""),  # in the browser's words
    "a page of the server's": (
        lambda _: b"<!doctype html>",
        'it is no benchmark\'s file, but begins with "<!do".',
    ),
    "of tomorrow": (
        lambda _: packed(b'{"format":"groundspeed-benchmark","version":3}'),
        "it is not groundspeed-benchmark 2 but groundspeed-benchmark 3.",
    ),
    "without its columns": (emptied, "it ends before its last column does."),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_file_is_a_sentence_and_the_rest_stands(tmp_path: Path, visit: Visitor, name: str) -> None:
    html_dir, (damage, words) = small_site(tmp_path), DAMAGES[name]
    manifest = json.loads((html_dir / MANIFEST).read_bytes())
    index = json.loads((html_dir / manifest["files"]["index"]).read_bytes())
    (shard,) = [one["shard"] for one in index["benchmarks"] if one["name"] == "walk.Desert.time_drink"]
    (html_dir / shard).write_bytes(damage((html_dir / shard).read_bytes()))
    visited = visit(html_dir)
    said = complained(visited, visited.go(DRINK))
    assert re.fullmatch(
        rf"/{shard} is damaged: .*{re.escape(words)} Publish again: groundspeed publish\.", said
    )
    visited.page.get_by_role("link", name="Benchmarks").click()
    expect(visited.page.locator("h1")).to_have_text("Benchmarks")


def test_a_damaged_piece_is_named_too(tmp_path: Path, visit: Visitor) -> None:
    html_dir = small_site(tmp_path)
    index = json.loads((html_dir / MANIFEST).read_bytes())["files"]["index"]
    (html_dir / index).write_bytes((html_dir / index).read_bytes()[:-1])
    visited = visit(html_dir)
    said = complained(visited, visited.go(DRINK))
    assert said.startswith(f"/{index} is damaged: ")


def test_a_file_that_is_gone_means_that_somebody_published(tmp_path: Path, visit: Visitor) -> None:
    html_dir = small_site(tmp_path)
    for file in html_dir.glob("data/benchmark-*"):
        file.unlink()
    visited = visit(html_dir)
    expect(visited.go(DRINK).locator("h1")).to_have_text("Published anew")
    assert all("404" in complaint for complaint in visited.complaints)
    visited.complaints.clear()
