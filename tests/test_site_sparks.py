"""What the list of benchmarks and the heat map are drawn from, against slow and literal ways to the same."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from groundspeed.records import Better
from groundspeed.results.archive import Archive
from groundspeed.site.folder import SiteFolder
from groundspeed.site.pieces import heat, sparks
from groundspeed.site.subject import Subject
from groundspeed.site.values import value_table
from tests.site_archives import COUNT, carried_archive, series, small_archive, subject, wavy

POINTS = 4


def piece(folder: Path, name: str, published: Subject) -> tuple[dict[str, Any], Path]:
    """A piece's JSON, and the folder that it lies in."""
    with SiteFolder.claim(folder, force=False) as site:
        put = {"sparks": sparks.put_sparks, "heat": heat.put_heat}[name]
        file = put(site, published)
    assert file
    payload: dict[str, Any] = json.loads((folder / file).read_bytes())
    assert (payload["format"], payload["version"]) == (f"groundspeed-{name}", 1)
    return payload, folder


def archive_of(*rows: Any) -> Archive:
    return replace(small_archive(), series=rows)


# --- courses ----------------------------------------------------------------------------------


def parts(values: Sequence[float], points: int) -> list[list[float]]:
    """``values`` cut into ``points`` runs, of which none is longer than another by more than one."""
    bounds = [at * len(values) // points for at in range(points + 1)]
    return [list(values[a:b]) for a, b in itertools.pairwise(bounds)]


@given(values=st.lists(st.one_of(st.just(math.nan), st.floats(1e-9, 1e9)), min_size=1, max_size=COUNT))
@settings(deadline=None, derandomize=True, max_examples=60)
def test_a_course_is_the_mean_logarithm_of_each_part(values: list[float]) -> None:
    table = value_table(subject(archive_of(series("a.time_b", values))), [0])
    means = sparks.part_means(table, POINTS)[0]
    count = min(POINTS, len(values))
    for got, part in zip(means, parts(values, count), strict=True):
        there = [math.log(value) for value in part if not math.isnan(value)]
        assert math.isnan(got) if not there else math.isclose(got, sum(there) / len(there), abs_tol=1e-5)


def test_the_lowest_part_is_1_the_highest_255_and_a_gap_0() -> None:
    # 254 steps from 1.0 to 3.0: 2.0 is half way, 1 + 127
    rows = np.array([[1.0, math.nan, 3.0, 2.0], [5.0, 5.0, math.nan, 5.0]], np.float32)
    assert sparks.codes(rows).tolist() == [[1, 0, 255, 128], [128, 128, 0, 128]]


def test_a_span_is_a_logarithm_or_a_share_of_the_larger_size() -> None:
    rows = np.array([[0.5, 0.75], [-2.0, 1.0], [0.0, 0.0], [math.nan, math.nan]], np.float32)
    spans = sparks.spans_of(rows, np.array([True, False, False, True]))
    assert spans.tolist() == [0.25, 1.5, 0.0, 0.0]  # (1 - -2) / 2


def test_every_line_has_its_course_and_what_became_of_it(tmp_path: Path) -> None:
    published = subject(small_archive())
    payload, folder = piece(tmp_path, "sparks", published)
    content = (folder / payload["bytes"]).read_bytes()
    assert len(content) == len(published.lines) * (sparks.POINTS + 4)
    assert payload["points"] == [COUNT, COUNT]  # two machines; fewer commits than points
    names = [line.benchmark for line in published.lines]
    assert [names[line] for line in payload["failed"]] == ["walk.Desert.time_drink"]
    steps = payload["steps"]
    crossing = next(
        row
        for row, line in enumerate(published.lines)
        if line.benchmark == "walk.Desert.time_cross" and line.machine == "camel"
    )
    at = steps["line"].index(crossing)
    assert (steps["base"][at], steps["head"][at]) == (17, 18)
    assert steps["change"][at] == pytest.approx(1.3, rel=0.02)
    assert payload["differing"] == []
    assert payload["few"] == []


def test_short_lines_and_such_without_a_ratio_are_told(tmp_path: Path) -> None:
    falling = [3.0 + 0.01 * (at % 3) - (4.0 if at >= 15 else 0.0) for at in range(COUNT)]
    published = subject(archive_of(series("a.track_x", falling), series("b.time_y", wavy(1.0, count=9))))
    payload, _ = piece(tmp_path, "sparks", published)
    assert payload["few"] == [1]
    assert payload["steps"]["line"] == payload["differing"] == [0]
    assert payload["steps"]["change"] == [pytest.approx(-4.0, abs=0.02)]


def test_what_was_carried_over_since_is_named(tmp_path: Path) -> None:
    payload, _ = piece(tmp_path, "sparks", subject(carried_archive()))
    assert payload["carried"] == [[0, COUNT - 1]]


# --- heat -------------------------------------------------------------------------------------


@st.composite
def blocks(draw: st.DrawFn) -> NDArray[np.float64]:
    """Up to six rows of up to nine commits; each row has a value somewhere, some share their commits."""
    rows, width = draw(st.integers(1, 6)), draw(st.integers(1, 9))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    there = random.random((rows, width)) < draw(st.sampled_from([0.3, 0.6, 1.0]))
    there[np.arange(rows), random.integers(0, width, rows)] = True
    there[rows // 2 :] = there[rows // 2] if draw(st.booleans()) else there[rows // 2 :]
    return np.where(there, random.normal(size=(rows, width)), math.nan)


@given(block=blocks())
@settings(deadline=None, derandomize=True, max_examples=80)
def test_an_index_is_the_least_squares_fit(block: NDArray[np.float64]) -> None:
    """The literal way: one equation for each value, one unknown for each row and each commit."""
    rows, columns = np.nonzero(~np.isnan(block))
    design = np.zeros((rows.size, sum(block.shape)))
    design[np.arange(rows.size), rows] = 1
    design[np.arange(rows.size), block.shape[0] + columns] = 1
    wanted = design @ np.linalg.lstsq(design, block[rows, columns], rcond=None)[0]
    levels, index = heat.index_of(block)
    np.testing.assert_allclose(levels[rows] + index[columns], wanted, atol=1e-8)


def test_a_case_that_comes_late_moves_nothing() -> None:
    # two cases at 1 and 10 that rise together by a half; the second is there only after the rise
    first = np.log([1.0, 1.0, 1.5, 1.5])
    second = np.array([math.nan, math.nan, math.log(15), math.log(15)])
    _, index = heat.index_of(np.vstack([first, second]))
    np.testing.assert_allclose(np.exp(index - index[0]), [1, 1, 1.5, 1.5])


@pytest.mark.parametrize("ratio", [1.0, 1.003, 0.9, 1.25, 2.0, 0.1, 99.0])
def test_a_byte_tells_a_ratio(ratio: float) -> None:
    (code,) = heat.codes(np.log([ratio])).tolist()
    told = math.exp(heat.BEND * math.sinh((code - heat.MIDDLE) * math.asinh(heat.LIMIT / heat.BEND) / 127))
    assert told == pytest.approx(ratio, rel=0.0025 + 0.02 * abs(math.log(ratio)))


def test_a_byte_ends_at_a_hundredfold() -> None:
    assert heat.codes(np.array([-9.0, 9.0, math.nan])).tolist() == [1, 255, 0]


def test_a_machine_has_a_row_for_each_benchmark_and_metric(tmp_path: Path) -> None:
    payload, folder = piece(tmp_path, "heat", subject(small_archive()))
    camel, oryx = payload["machines"]
    assert (camel["name"], oryx["name"]) == ("camel", "oryx")
    assert oryx["places"] == list(range(COUNT))
    herd = camel["cases"].index(9)
    table = np.frombuffer((folder / camel["bytes"]).read_bytes(), np.uint8).reshape(-1, COUNT)
    assert len(table) == len(camel["benchmark"]) == len(camel["metric"]) == len(camel["reference"])
    # nine cases of 1, 1.2 and 1.4 times 1, 10 and 100 µs
    assert camel["reference"][herd] == pytest.approx(1e-5 * (1.2 * 1.4) ** (1 / 3), rel=0.02)
    assert (abs(table[herd].astype(int) - heat.MIDDLE) < 6).all()
    rate = [payload["metrics"][place]["name"] for place in camel["metric"]].index("rate")
    assert payload["metrics"][camel["metric"][rate]]["better"] == Better.HIGHER


def test_without_a_ratio_there_is_no_heat_map(tmp_path: Path) -> None:
    rows = series("a.track_x", [1.0, 0.0, -1.0])
    with SiteFolder.claim(tmp_path, force=False) as folder:
        assert heat.put_heat(folder, subject(archive_of(rows))) is None
