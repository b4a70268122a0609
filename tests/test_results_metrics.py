"""Further metrics and growth in asv's files: their rows, their definitions, and who remembers them."""

from __future__ import annotations

import json
import math
import shutil
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import pytest
from asv_runner.statistics import compute_stats
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed.records import (
    Better,
    Build,
    CarriedOver,
    Failed,
    FailureKind,
    NotRun,
    Outcome,
    Run,
    Skipped,
)
from groundspeed.results.archive import Series, read_archive
from groundspeed.results.further import metric_fault
from groundspeed.results.store import ResultStore, rebuild
from groundspeed.stats.scaling import Growth, growth
from tests.results_records import COMMITS, MACHINE, PY, benchmark, build, measured, reading, run, session
from tests.test_results_store import columns, files, record, stored

LATENCY = benchmark("m.latency_q", [["1", "2"]], kind="latency", pretty_name="A query", better="higher")
ONE, TWO = LATENCY.cases()
SIZES = ("10", "100", "1000", "10000")
GROWING = benchmark("m.time_g", [SIZES, ["'a'", "'b'"]], size="param1")
RAISED = Failed(kind=FailureKind.RAISED, text="ValueError")
NOT_BUILT = Failed(kind=FailureKind.NOT_BUILT, text="no compiler")
NO_GPU = Skipped(reason="no GPU")
SHOWN = reading("p99", 2.0, unit="ms")


def row_of(results: Path, name: str) -> list[Any] | None:
    row = stored(results)["results"].get(name)
    return None if row is None else [None, None] if row[0] is None else row[0]


def definitions(results: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((results / "benchmarks.json").read_text())
    return found


def metrics(results: Path) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((results / "metrics.toml").read_text())["metrics"]
    return found


# --- rows ------------------------------------------------------------------------------------------


def test_a_metric_is_pooled_over_runs(tmp_path: Path) -> None:
    record(
        tmp_path,
        [
            run(ONE, measured(1.0), metrics=[reading("p99", 3.0), reading("max", 9.0)]),
            run(ONE, measured(1.1), metrics=[reading("p99", 5.0, 4.0), reading("max", math.nan)]),
            run(TWO, measured(2.0), metrics=[reading("max", math.nan)]),
        ],
        suite=(LATENCY,),
    )
    value, stats = compute_stats([3.0, 5.0, 4.0], 1)
    p99 = columns(tmp_path, "m.latency_q@p99")
    assert repr(p99["result"]) == repr([value, math.nan]), "measured without it: does not apply"
    assert p99["stats_ci_99_a"][0] == pytest.approx(stats["ci_99_a"], rel=1e-4)
    assert (p99["stats_number"][0], p99["stats_repeat"][0]) == (1, 3)
    assert (p99["params"], p99["version"], p99["duration"]) == ([["1", "2"]], "v1", None)
    most = columns(tmp_path, "m.latency_q@max")
    assert repr(most["result"]) == repr([9.0, math.nan])
    assert (most["stats_ci_99_a"][0], most["stats_ci_99_b"][0]) == (-math.inf, math.inf), "one sample"


def test_a_run_supersedes_a_quick_ones_metrics(tmp_path: Path) -> None:
    quick = run(ONE, measured(1.0), quick=True, metrics=[reading("p99", 3.0), reading("max", 9.0)])
    record(tmp_path, [quick], suite=(LATENCY,))
    assert row_of(tmp_path, "m.latency_q@max") == [9.0, None]
    record(tmp_path, [run(ONE, measured(1.0), metrics=[reading("p99", 5.0)])], suite=(LATENCY,))
    assert row_of(tmp_path, "m.latency_q@p99") == [5.0, None]
    assert row_of(tmp_path, "m.latency_q@max") is None


NOTHING: tuple[Outcome, ...] = (NotRun(reason=""), CarriedOver(measured_at=COMMITS[1]))
WITHOUT: dict[str, tuple[list[Build | Run], list[float | None] | None]] = {
    # what happened at a commit where nothing showed the metric, and its row there
    "failed": ([run(ONE, RAISED)], [None, None]),
    "skipped": ([run(ONE, NO_GPU), run(TWO, NO_GPU)], [math.nan, math.nan]),
    "not built": ([build(failure=NOT_BUILT, benchmarks=[LATENCY.name])], [None, None]),
    "measured without it": ([run(ONE, measured(1.0))], None),
    "failed and measured without it": ([run(ONE, RAISED), run(TWO, measured(1.0))], None),
    "nothing": ([run(ONE, outcome) for outcome in NOTHING], None),
}


@pytest.mark.parametrize("name", WITHOUT)
@pytest.mark.parametrize("shown_first", [True, False])
def test_where_no_run_shows_a_metric(tmp_path: Path, name: str, shown_first: bool) -> None:
    """The same row whether the metric was known before or is seen later, at another commit."""
    items, expected = WITHOUT[name]
    shown: list[Build | Run] = [run(ONE, measured(1.0), commit=COMMITS[1], metrics=[SHOWN])]
    record(tmp_path, *([shown, items] if shown_first else [items, shown]), suite=(LATENCY,))
    path = tmp_path / "box" / f"{COMMITS[0][:8]}-{PY.name}.json"
    if name == "nothing":
        assert not path.exists()
        return
    assert repr(row_of(tmp_path, "m.latency_q@p99")) == repr(expected)


def test_a_metric_belongs_to_a_version(tmp_path: Path) -> None:
    newer = benchmark("m.latency_q", [["1", "2"]], version="v2", kind="latency")
    record(tmp_path, [run(ONE, measured(1.0), metrics=[SHOWN])], suite=(LATENCY,))
    record(tmp_path, [run(ONE, RAISED, version="v2")], suite=(newer,))
    assert columns(tmp_path, LATENCY.name)["version"] == "v2"
    assert row_of(tmp_path, "m.latency_q@p99") is None


def test_foreign_entries_stay_and_further_ones_are_no_cases(tmp_path: Path) -> None:
    record(tmp_path, [run(ONE, measured(1.0), metrics=[SHOWN])], suite=(LATENCY,))
    path = tmp_path / "box" / f"{COMMITS[0][:8]}-{PY.name}.json"
    document = json.loads(path.read_bytes())
    document["results"]["z.track_z@gone"] = [[5.0], [], "z"]
    document["results"]["m.latency_q@unheard"] = [[5.0, 6.0], [["1", "2"]], "v1"]
    path.write_text(json.dumps(document))
    record(tmp_path, [run(TWO, measured(1.0))], suite=(LATENCY,))
    assert row_of(tmp_path, "z.track_z@gone") == [5.0]
    assert row_of(tmp_path, "m.latency_q@unheard") == [5.0, 6.0]
    store = ResultStore(tmp_path, MACHINE)
    assert {case.benchmark for case, _ in store.recorded(COMMITS[0], PY.name)} == {LATENCY.name}
    assert [one.name for one in store.benchmarks()] == [LATENCY.name]


@pytest.mark.parametrize("metric", ["", " ", "a@b", "two\nlines", "exponent"])
def test_a_name_that_is_none_is_refused_before_it_is_written(tmp_path: Path, metric: str) -> None:
    with pytest.raises(ValueError, match="metric"):
        record(tmp_path, [run(ONE, measured(1.0), metrics=[reading(metric, 1.0)])], suite=(LATENCY,))
    assert metric_fault(metric)
    assert metric_fault("rate_w4") is None


# --- definitions -----------------------------------------------------------------------------------


def test_a_metric_is_defined_from_its_benchmark(tmp_path: Path) -> None:
    store = ResultStore(tmp_path, MACHINE)
    store.begin(session(1, (LATENCY,)))
    assert set(definitions(tmp_path)) == {LATENCY.name, "version"}
    store.add(run(ONE, measured(1.0), metrics=[SHOWN]))
    defined = definitions(tmp_path)["m.latency_q@p99"]
    store.close()
    assert defined == {
        **LATENCY.definition,
        "name": "m.latency_q@p99",
        "pretty_name": "A query@p99",
        "type": "track",
        "unit": "ms",
        "better": "lower",
    }
    assert metrics(tmp_path) == {
        "m.latency_q": {"unit": "seconds", "better": "higher", "kind": "latency"},
        "m.latency_q@p99": {"unit": "ms", "better": "lower", "kind": "latency"},
    }


@pytest.mark.parametrize("lost", ["benchmarks.json", "metrics.toml"])
def test_what_asv_drops_the_next_session_puts_back(tmp_path: Path, lost: str) -> None:
    record(tmp_path, [run(ONE, measured(1.0), metrics=[SHOWN])], suite=(LATENCY, GROWING))
    before = files(tmp_path)
    if lost == "benchmarks.json":
        (tmp_path / lost).write_text(json.dumps({LATENCY.name: LATENCY.definition, "version": 2}))
    else:
        (tmp_path / lost).unlink()
    store = ResultStore(tmp_path, MACHINE)
    store.begin(session(2, (LATENCY,)))
    store.close()
    assert files(tmp_path) == before


def test_another_machines_metrics_are_put_back_from_metrics_toml(tmp_path: Path) -> None:
    record(tmp_path, [run(ONE, measured(1.0), metrics=[SHOWN])], suite=(LATENCY,))
    shutil.rmtree(tmp_path / "box" / "sessions")
    (tmp_path / "benchmarks.json").write_text(json.dumps({LATENCY.name: LATENCY.definition, "version": 2}))
    record(tmp_path, [], suite=(LATENCY,))
    assert "m.latency_q@p99" in definitions(tmp_path)


def test_a_direction_that_people_wrote_stays_until_the_suite_changes_its_own(tmp_path: Path) -> None:
    record(tmp_path, [run(ONE, measured(1.0), metrics=[SHOWN])], suite=(LATENCY,))
    path = tmp_path / "metrics.toml"
    path.write_text(path.read_text().replace('"lower"', '"higher"'))
    record(tmp_path, [run(ONE, measured(1.0), metrics=[SHOWN])], suite=(LATENCY,))
    assert metrics(tmp_path)["m.latency_q@p99"]["better"] == "higher"
    changed = reading("p99", 2.0, unit="s", better=Better.LOWER)
    record(tmp_path, [run(ONE, measured(1.0), metrics=[changed])], suite=(LATENCY,))
    assert metrics(tmp_path)["m.latency_q@p99"] == {"unit": "s", "better": "lower", "kind": "latency"}


# --- growth ----------------------------------------------------------------------------------------


def _grown(exponents: dict[str, float], sizes: tuple[str, ...] = SIZES) -> list[Build | Run]:
    cases = [case for case in GROWING.cases() if case.params[1] in exponents and case.params[0] in sizes]
    found: list[Build | Run] = []
    for case in cases:
        value = 1e-6 * float(case.params[0]) ** exponents[case.params[1]]
        found.append(run(case, measured(value * 0.999, value, value * 1.001, number=3)))
    return found


def test_the_exponent_of_the_case_without_its_size(tmp_path: Path) -> None:
    items = _grown({"'a'": 1.0, "'b'": 2.0})
    items[2] = run(GROWING.cases()[2], measured(1.3e-4, number=3))
    record(tmp_path, items, suite=(GROWING,))
    row = columns(tmp_path, "m.time_g@exponent")
    first = growth([(10.0, 1e-5), (100.0, 1.3e-4), (1000.0, 1e-3), (10_000.0, 1e-2)], level=0.99)
    assert isinstance(first, Growth)
    assert row["params"] == [["'a'", "'b'"]]
    assert row["result"] == pytest.approx([first.exponent, 2.0])
    assert row["stats_ci_99_a"] == pytest.approx([first.low, 2.0], rel=1e-4)
    assert row["stats_q_75"] == pytest.approx([first.quartiles[1], 2.0], rel=1e-4)
    assert (row["stats_number"], row["stats_repeat"]) == ([1, 1], [4, 4])
    assert metrics(tmp_path)["m.time_g@exponent"] == {"unit": "exponent", "better": "lower", "kind": "time"}
    defined = definitions(tmp_path)["m.time_g@exponent"]
    assert (defined["params"], defined["param_names"]) == ([["'a'", "'b'"]], ["param2"])
    assert "size" not in defined


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (_grown({"'a'": 1.0}), [1.0, math.nan]),
        (_grown({"'a'": 1.0, "'b'": 2.0}, SIZES[:2]), None),
        ([run(case, RAISED) for case in GROWING.cases()], None),
        ([*_grown({"'a'": 1.0}, SIZES[:3]), run(GROWING.cases()[6], RAISED)], [1.0, math.nan]),
    ],
)
def test_where_growth_cannot_be_told(
    tmp_path: Path, items: list[Build | Run], expected: list[float] | None
) -> None:
    record(tmp_path, items, suite=(GROWING,))
    assert row_of(tmp_path, "m.time_g@exponent") == (
        None if expected is None else pytest.approx(expected, nan_ok=True)
    )


@pytest.mark.parametrize("size", ["param9", 3, None, ["param1"]])
def test_a_size_that_is_no_parameter_asks_for_nothing(tmp_path: Path, size: object) -> None:
    odd = benchmark("m.time_g", [SIZES], size=size)
    items = [run(case, measured(float(case.params[0]), number=1)) for case in odd.cases()]
    record(tmp_path, items, suite=(odd,))
    assert set(stored(tmp_path)["results"]) == {"m.time_g"}


# --- what is read ----------------------------------------------------------------------------------


def test_metrics_are_read_with_unit_direction_and_reason(tmp_path: Path) -> None:
    better = reading("rate", 800.0, unit="1/s", better=Better.HIGHER)
    record(
        tmp_path,
        [
            run(ONE, measured(1.0), metrics=[better]),
            run(ONE, RAISED, commit=COMMITS[1]),
            *_grown({"'a'": 1.0}),
        ],
        suite=(LATENCY, GROWING),
    )
    archive = read_archive(tmp_path)
    assert archive.warnings == ()
    (rate,) = (one for one in archive.series if one.key.metric == "rate" and one.key.case == ONE)
    assert (rate.unit, rate.better) == ("1/s", Better.HIGHER)
    assert repr(rate.values.tolist()) == "[800.0, nan]"
    assert dict(rate.failures) == {1: "raised: ValueError"}
    (first, _) = (one for one in archive.series if one.key.metric == "exponent")
    assert (str(first.key.case), first.unit) == ("m.time_g('a')", "exponent")
    assert first.low[0] <= first.values[0] <= first.high[0]


def test_what_was_carried_over_is_read_and_is_no_value(tmp_path: Path) -> None:
    over = CarriedOver(measured_at=COMMITS[0])
    record(
        tmp_path,
        [run(ONE, measured(1.0), metrics=[SHOWN]), run(TWO, measured(1.0))],
        [run(ONE, over, commit=commit) for commit in (COMMITS[2], COMMITS[1], COMMITS[3])],
        [run(ONE, measured(7.0), commit=COMMITS[3])],
        suite=(LATENCY,),
    )
    archive = read_archive(tmp_path)

    def told(series: Series) -> list[tuple[str, str]]:
        assert [one.date for one in series.carried] == sorted(one.date for one in series.carried)
        return [(one.commit, one.measured_at) for one in series.carried]

    of = {(one.key.case, one.key.metric): one for one in archive.series}
    assert told(of[ONE, ""]) == [(COMMITS[1], COMMITS[0]), (COMMITS[2], COMMITS[0])]
    assert of[ONE, ""].values.tolist() == [1.0, 7.0]
    assert told(of[ONE, "p99"])[:2] == told(of[ONE, ""])
    assert told(of[TWO, ""]) == []
    assert {one.hash for one in archive.commits} == {COMMITS[0], COMMITS[3]}


# --- laws ------------------------------------------------------------------------------------------

SUITE = (LATENCY, GROWING)
units = st.sampled_from(["s", "ms"])
metric_names = st.sampled_from(["p99", "max"])
samples = st.lists(st.floats(1e-6, 1e6) | st.just(math.nan), max_size=3)
readings = st.builds(
    lambda metric, unit, better, values: reading(metric, *values, unit=unit, better=better),
    metric_names,
    units,
    st.sampled_from(Better),
    samples,
)
outcomes: st.SearchStrategy[Outcome] = st.one_of(
    st.lists(st.floats(1e-9, 1e3), max_size=3).map(lambda values: measured(*values)),
    st.sampled_from([RAISED, NO_GPU, NotRun(reason=""), CarriedOver(measured_at=COMMITS[3])]),
)
runs = st.builds(
    lambda case, outcome, commit, quick, found: run(case, outcome, commit, quick=quick, metrics=found),
    st.sampled_from([*LATENCY.cases(), *GROWING.cases()[::2]]),
    outcomes,
    st.sampled_from(COMMITS[:3]),
    st.booleans(),
    st.lists(readings, max_size=2),
)
not_built = st.sampled_from(COMMITS[:3]).map(
    lambda commit: build(commit, NOT_BUILT, [LATENCY.name, GROWING.name])
)


@settings(deadline=None, derandomize=True, max_examples=30)
@given(st.lists(st.lists(runs | not_built, min_size=1, max_size=6), min_size=1, max_size=3))
def test_files_made_again_are_the_same_bytes(history: list[list[Build | Run]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        first, second = Path(folder) / "first", Path(folder) / "second"
        record(first, *history, suite=SUITE)
        shutil.copytree(first / "box" / "sessions", second / "box" / "sessions")
        assert rebuild(second, "box") == ()
        assert files(second) == files(first)
        assert rebuild(first, "box") == ()
        assert files(second) == files(first)
