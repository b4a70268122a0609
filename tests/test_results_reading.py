"""Reading a results folder: one table row for each oddity that asv's files are known to have."""

from __future__ import annotations

import json
import math
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from groundspeed.records import Better, Case, Failed, FailureKind, Skipped
from groundspeed.results.archive import Archive, Series, read_archive
from groundspeed.results.asv_files import COLUMNS
from groundspeed.results.further import split_metric
from groundspeed.results.gather import VALUE, Gatherer, collector_paused, result_paths
from groundspeed.results.sessions import SessionWriter
from tests.archives import numpy_results
from tests.results_records import COMMITS, MACHINE, PY, benchmark, build, run, session

__all__ = ["numpy_results"]  # a fixture

ENV = PY.name
DAY_MS = 86_400_000


def put(
    folder: Path,
    rows: Any,
    *,
    commit: str = COMMITS[0],
    day: int = 0,
    machine: str = "box",
    **changed: Any,
) -> Path:
    """Write a result file of version 2 with ``rows``, as asv lays it out; ``changed`` replaces keys."""
    document = {
        "commit_hash": commit,
        "env_name": ENV,
        "date": day * DAY_MS,
        "params": {**MACHINE, "machine": machine, "python": "3.11"},
        "python": "3.11",
        "requirements": {},
        "env_vars": {},
        "result_columns": list(COLUMNS),
        "results": rows,
        "durations": {},
        "version": 2,
        **changed,
    }
    (folder / machine).mkdir(parents=True, exist_ok=True)
    (folder / machine / "machine.json").write_text(json.dumps({**MACHINE, "machine": machine, "version": 1}))
    path = folder / machine / f"{commit[:8]}-{ENV}.json"
    path.write_text(json.dumps(document))
    return path


def put_benchmarks(results: Path, *names: str, **more: Any) -> None:
    results.mkdir(parents=True, exist_ok=True)
    entries = {name: {**benchmark(name).definition, **more} for name in names}
    (results / "benchmarks.json").write_text(json.dumps({**entries, "version": 2}))


def only(archive: Archive) -> Series:
    assert archive.warnings == ()
    (series,) = archive.series
    return series


def test_a_whole_row(tmp_path: Path) -> None:
    stats = [[1.4], [1.6], [1.45], [1.55], [3], [20]]
    put(tmp_path, {"m.time_a": [[1.5], [], "v1", 1, 2.0, *stats]}, day=1)
    put_benchmarks(tmp_path, "m.time_a")
    archive = read_archive(tmp_path)
    series = only(archive)
    assert series.key.case == Case(benchmark="m.time_a", params=())
    assert (series.key.machine, series.key.environment, series.key.version) == ("box", ENV, "v1")
    assert (series.key.metric, series.unit, series.better) == ("", "seconds", Better.LOWER)
    assert [series.values.tolist(), series.low.tolist(), series.high.tolist()] == [[1.5], [1.4], [1.6]]
    assert archive.commits[0].date == datetime(1970, 1, 2, tzinfo=UTC)
    assert archive.machines == {"box": MACHINE}
    assert archive.files == 1
    assert archive.benchmarks["m.time_a"].timeout_s == 60.0


P12 = [["1", "2"]]
ROWS: dict[str, tuple[Any, list[float], list[int], list[int]]] = {
    # row, values, positions that failed, positions that were skipped
    "cut after the parameters": ([[1.0, 2.0], P12], [1.0, 2.0], [], []),
    "cut after the result": ([[1.0]], [1.0], [], []),
    "all failed": ([None, P12, "v1"], [math.nan, math.nan], [0, 1], []),
    "failed and skipped": ([[None, math.nan], P12, "v1"], [math.nan, math.nan], [0], [1]),
    "infinite": ([[math.inf, -math.inf], P12, "v1"], [math.inf, -math.inf], [], []),
    "fewer results than cases": ([[1.0], P12, "v1"], [1.0], [], []),
    "more results than cases": ([[1.0, 2.0, 3.0], P12, "v1"], [1.0, 2.0], [], []),
    "whole numbers": ([[7], [], "v1"], [7.0], [], []),
    "truth": ([[True], [], "v1"], [1.0], [], []),
    "no parameters given": ([[1.0], None, "v1"], [1.0], [], []),
    "an empty row": ([], [math.nan], [0], []),
    "a parameter without values": ([[], [[]], "v1"], [], [], []),
}


@pytest.mark.parametrize("name", ROWS)
def test_rows(tmp_path: Path, name: str) -> None:
    row, values, failed, skipped = ROWS[name]
    put(tmp_path, {"m.time_a": row})
    archive = read_archive(tmp_path)
    assert archive.warnings == ()
    assert len(archive.series) == len(values)
    read = [series.values[0] for series in archive.series]
    assert repr([float(one) for one in read]) == repr(values)
    assert [at for at, one in enumerate(archive.series) if one.failures] == failed
    assert [at for at, one in enumerate(archive.series) if one.skipped] == skipped
    assert all(math.isnan(one.low[0]) and math.isnan(one.high[0]) for one in archive.series)


def test_an_interval_without_bounds_is_infinite(tmp_path: Path) -> None:
    put(tmp_path, {"m.time_a": [[1.5], [], "v1", 1, 2.0, [-math.inf], [math.inf]]})
    series = only(read_archive(tmp_path))
    assert (series.low[0], series.high[0]) == (-math.inf, math.inf)


def test_words_in_strings_are_no_numbers(tmp_path: Path) -> None:
    params = [["'NaN'", "'[1, NaN, -Infinity]'", "nan"]]
    put(tmp_path, {"m.time_a": [[1.0, math.nan, 3.0], params, "v1"], "m.time_NaN": [[math.inf], [], "v"]})
    archive = read_archive(tmp_path)
    assert archive.warnings == ()
    values = {str(one.key.case): float(one.values[0]) for one in archive.series}
    assert repr(sorted(values.items())) == repr(
        [
            ("m.time_NaN", math.inf),
            ("m.time_a('NaN')", 1.0),
            ("m.time_a('[1, NaN, -Infinity]')", math.nan),
            ("m.time_a(nan)", 3.0),
        ]
    )


def test_series_are_ordered_by_date_not_by_file_or_branch(tmp_path: Path) -> None:
    for place, day in enumerate([3, 1, 2]):
        put(tmp_path, {"m.time_a": [[float(day)], [], "v1"]}, commit=COMMITS[place], day=day)
    archive = read_archive(tmp_path)
    series = only(archive)
    assert series.values.tolist() == [1.0, 2.0, 3.0]
    assert [archive.commits[place].hash for place in series.commits] == [COMMITS[1], COMMITS[2], COMMITS[0]]


def test_a_new_version_is_a_new_series(tmp_path: Path) -> None:
    put(tmp_path, {"m.time_a": [[1.0], [], "v1"]}, commit=COMMITS[0])
    put(tmp_path, {"m.time_a": [[1.0], [], "v2"]}, commit=COMMITS[1])
    put(tmp_path, {"m.time_a": [[1.0]]}, commit=COMMITS[2])
    assert [one.key.version for one in read_archive(tmp_path).series] == [None, "v1", "v2"]


def test_a_parameter_that_moved_stays_its_own_series(tmp_path: Path) -> None:
    put(tmp_path, {"m.time_a": [[1.0, 2.0], [["1", "2"]], "v1"]}, commit=COMMITS[0], day=0)
    put(tmp_path, {"m.time_a": [[2.0, 3.0], [["2", "3"]], "v1"]}, commit=COMMITS[1], day=1)
    values = {one.key.case.params[0]: one.values.tolist() for one in read_archive(tmp_path).series}
    assert values == {"1": [1.0], "2": [2.0, 2.0], "3": [3.0]}


def test_metrics_have_their_own_unit_and_direction(tmp_path: Path) -> None:
    put(tmp_path, {"m.latency_a": [[1.0]], "m.latency_a@rate": [[9.0]], "m.x@": [[1.0]]})
    (tmp_path / "metrics.toml").write_text(
        'version = 1\n[metrics."m.latency_a@rate"]\nunit = "queries/s"\nbetter = "higher"\nkind = "latency"\n'
    )
    found = {(one.key.case.benchmark, one.key.metric): one for one in read_archive(tmp_path).series}
    assert set(found) == {("m.latency_a", ""), ("m.latency_a", "rate"), ("m.x@", "")}
    rate = found["m.latency_a", "rate"]
    assert (rate.unit, rate.better) == ("queries/s", Better.HIGHER)
    assert split_metric("a@b@p99") == ("a@b", "p99")


@pytest.mark.parametrize(
    ("name", "unit"),
    [("m.C.time_a", "seconds"), ("m.timeraw_a", "seconds"), ("m.peakmem_a", "bytes"), ("m.track_a", "unit")],
)
def test_results_newer_than_benchmarks_json_get_asvs_units(tmp_path: Path, name: str, unit: str) -> None:
    put(tmp_path, {name: [[1.0]]})
    assert only(read_archive(tmp_path)).unit == unit


def test_missing_parameters_come_from_benchmarks_json(tmp_path: Path) -> None:
    put(tmp_path, {"m.time_a": [[1.0, 2.0], [], "v1"], "m.time_b": [[1.0, 2.0], None, "v1"]})
    put_benchmarks(tmp_path, "m.time_a", params=P12)
    archive = read_archive(tmp_path)
    assert [str(one.key.case) for one in archive.series] == ["m.time_a(1)", "m.time_a(2)", "m.time_b"]
    (warning,) = archive.warnings
    assert "m.time_b has 2 results and no parameters" in warning


def test_version_1_is_read(tmp_path: Path) -> None:
    entry = {"result": [1.0, None], "params": P12, "stats": [{"ci_99": [0.5, 1.5], "q_25": 1}, None]}
    put(tmp_path, {"m.time_a": entry, "m.time_b": 2.5}, version=1, benchmark_version={"m.time_a": "v0"})
    archive = read_archive(tmp_path)
    assert archive.warnings == ()
    first, second, third = archive.series
    assert (first.values[0], first.low[0], first.high[0], first.key.version) == (1.0, 0.5, 1.5, "v0")
    assert second.failures == {0: ""}
    assert third.values[0] == 2.5


def test_one_commit_in_two_files_counts_once(tmp_path: Path) -> None:
    path = put(tmp_path, {"m.time_a": [[1.0]]})
    shutil.copy(path, path.with_name("zz-copy.json"))
    archive = read_archive(tmp_path)
    assert archive.files == 2
    assert only(archive).values.tolist() == [1.0]


@pytest.mark.parametrize("machine_json", [None, "", "{", "[]", '{"machine": 3, "version": 1}', b"\xff\xfe"])
def test_a_machine_without_description_is_read_from_its_results(
    tmp_path: Path, machine_json: str | bytes | None
) -> None:
    path = put(tmp_path, {"m.time_a": [[1.0]]}).with_name("machine.json")
    path.unlink()
    if machine_json is not None:
        path.write_bytes(machine_json if isinstance(machine_json, bytes) else machine_json.encode())
    archive = read_archive(tmp_path)
    assert archive.machines == {"box": MACHINE}
    assert len(archive.series) == 1
    (warning,) = archive.warnings
    assert str(path) in warning


BROKEN_FILES: dict[str, bytes | dict[str, Any] | None] = {
    "half-written": b'{"commit_hash": "00',
    "empty": b"",
    "blank": b" \n",
    "not UTF-8": b'{"commit_hash": "\xff"}',
    "not an object": b"[1]",
    "a number": b"NaN",
    "very deep": b"[" * 100_000,
    "no version": {"version": None},
    "a newer version": {"version": 3},
    "no commit": {"commit_hash": None},
    "a commit that is a number": {"commit_hash": 7},
    "results that are a list": {"results": []},
    "a date that is a word": {"date": "today"},
    "a date past all calendars": {"date": 10**18},
    "a date that is no number": {"date": math.nan},
    "columns without a result": {"result_columns": ["params"]},
    "columns that are numbers": {"result_columns": ["result", 3]},
    "parameters that are a list": {"params": []},
    "another machine": {"params": {"machine": "other"}},
    "a loop of links": None,
}


@pytest.mark.parametrize("name", BROKEN_FILES)
def test_a_broken_file_is_named_and_skipped(tmp_path: Path, name: str) -> None:
    put(tmp_path, {"m.time_a": [[1.0], [], "v1"]}, commit=COMMITS[1])
    what = BROKEN_FILES[name]
    path = put(tmp_path, {}, **(what if isinstance(what, dict) else {}))
    if isinstance(what, bytes):
        path.write_bytes(what)
    elif what is None:
        path.unlink()
        path.symlink_to(path)
    archive = read_archive(tmp_path)
    (warning,) = archive.warnings
    assert str(path) in warning
    assert "skipped" in warning
    assert archive.files == 1
    assert [one.values.tolist() for one in archive.series] == [[1.0]]


BROKEN_ROWS: dict[str, Any] = {
    "a number": 1.0,
    "a mapping": {"result": 1},
    "nothing": None,
    "a result that is a word": ["fast"],
    "a list with a word": [["fast", 1.0], P12],
    "a list in a list": [[[1.0], 2.0], P12],
    "lists in a list": [[[1.0], [2.0]], P12],
    "a mapping in a list": [[{}, 2.0], P12],
    "a number too large": [[10**400, 2.0], P12],
    "parameters that are words": [[1.0, 2.0], ["1", "2"]],
    "parameters that are numbers": [[1.0, 2.0], [[1, 2]]],
    "parameters that are a mapping": [[1.0], {"a": 1}],
    "a version that is a list": [[1.0], [], ["v"]],
    "an interval that is a word": [[1.0], [], "v1", 1, 1.0, ["low"]],
}


@pytest.mark.parametrize("name", BROKEN_ROWS)
def test_a_broken_row_is_named_and_skipped(tmp_path: Path, name: str) -> None:
    rows = {"m.time_a": [[1.0], [], "v1"], "m.time_b": BROKEN_ROWS[name], "m.time_c": [[3.0, 4.0], P12, "v1"]}
    path = put(tmp_path, rows)
    archive = read_archive(tmp_path)
    (warning,) = archive.warnings
    assert str(path) in warning
    assert "m.time_b" in warning
    assert [float(one.values[0]) for one in archive.series] == [1.0, 3.0, 4.0]


@pytest.mark.parametrize("name", ["benchmarks.json", "metrics.toml"])
@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 9}', "\x00", 'version = 1\n[metrics.a]\nunit = "s"']
)
def test_a_broken_catalog_is_named_or_harmless(tmp_path: Path, name: str, text: str) -> None:
    put(tmp_path, {"m.time_a": [[1.0], [], "v1"]})
    (tmp_path / name).write_text(text)
    archive = read_archive(tmp_path)
    assert len(archive.series) == 1
    assert all(str(tmp_path / name) in warning for warning in archive.warnings)
    assert bool(archive.warnings) == (text != '{"version": 9}' or name == "metrics.toml")


def test_an_entry_of_a_wrong_type_is_named(tmp_path: Path) -> None:
    put_benchmarks(tmp_path, "m.time_a", params=7)
    archive = read_archive(tmp_path)
    assert archive.benchmarks == {}
    assert "m.time_a" in archive.warnings[0]


@pytest.mark.parametrize("exists", [True, False])
def test_a_folder_without_results_is_empty(tmp_path: Path, exists: bool) -> None:
    archive = read_archive(tmp_path if exists else tmp_path / "none")
    assert (archive.files, archive.series, archive.commits, archive.warnings) == (0, (), (), ())


def test_reasons_come_from_the_sessions_beside(tmp_path: Path) -> None:
    suite = (benchmark("m.time_a", P12), benchmark("m.time_b"))
    put(tmp_path, {"m.time_a": [[None, math.nan], P12, "v1"], "m.time_b": [None, [], "v1"]})
    put(tmp_path, {"m.time_b": [[None], [], "v1"]}, commit=COMMITS[1], day=1)
    first, second = suite[0].cases()
    with SessionWriter(tmp_path / "box" / "sessions", session(1, suite), MACHINE) as writer:
        writer.append(run(first, Failed(kind=FailureKind.TIMED_OUT, text="after 60 s")))
        writer.append(run(second, Skipped(reason="needs a GPU")))
        failure = Failed(kind=FailureKind.NOT_BUILT, text="no compiler")
        writer.append(build(failure=failure, benchmarks=["m.time_b"]))
    one, two, three = read_archive(tmp_path).series
    assert one.failures == {0: "timed out: after 60 s"}
    assert two.skipped == {0: "needs a GPU"}
    assert three.failures == {0: "did not build: no compiler", 1: ""}


def test_a_broken_session_costs_only_its_reasons(tmp_path: Path) -> None:
    put(tmp_path, {"m.time_a": [[None], [], "v1"]})
    path = tmp_path / "box" / "sessions" / "x.jsonl.gz"
    path.parent.mkdir()
    path.write_bytes(b"no gzip")
    archive = read_archive(tmp_path)
    assert archive.series[0].failures == {0: ""}
    assert str(path) in archive.warnings[0]


# --- the numpy archive -----------------------------------------------------------------------------


@pytest.mark.archive
@pytest.mark.slow
def test_the_numpy_archive_reads_completely(numpy_results: Path) -> None:
    """8,341 by parameter index; by parameter values 8,368.

    AVX_UFunc changed its list of functions under one version: what asv draws as one line of `sqrt`
    and then `sin` are two series.
    """
    archive = read_archive(numpy_results)
    assert (archive.files, archive.warnings) == (1_433, ())
    assert sum(bool(np.isfinite(one.values).any()) for one in archive.series) == 8_368
    gatherer = Gatherer({})
    with collector_paused():
        for folder, names in result_paths(numpy_results):
            gatherer.add_folder(folder, names)
    columns = gatherer.columns()
    cells = columns.kinds == VALUE
    factor = 1_000_000
    pairs = np.unique(columns.series[cells].astype(np.int64) * factor + columns.positions[cells])
    by_index = {
        (known.machine, known.environment, known.name, known.version, pair % factor)
        for pair in pairs.tolist()
        for known in [columns.identities[pair // factor]]
    }
    assert len(by_index) == 8_341
