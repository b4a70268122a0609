"""The record of a machine: rules of pooling, resuming, merging with asv's own rows, and the laws."""

from __future__ import annotations

import json
import math
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asv_runner.statistics import compute_stats
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed.errors import StorageError
from groundspeed.records import (
    Benchmark,
    Build,
    CarriedOver,
    Case,
    Control,
    Failed,
    FailureKind,
    Measured,
    NotRun,
    Outcome,
    Run,
    Sampling,
    Skipped,
    Stop,
    Telemetry,
)
from groundspeed.results.archive import read_archive
from groundspeed.results.ledger import Standing
from groundspeed.results.session_lines import Item
from groundspeed.results.sessions import read_session, session_paths
from groundspeed.results.store import LAG_S, ResultStore, rebuild
from tests.results_records import (
    COMMITS,
    MACHINE,
    PRECISE,
    PY,
    PY_NUMPY,
    T0,
    benchmark,
    build,
    measured,
    run,
    session,
)

P12 = [["1", "2"]]
A, B = benchmark("m.time_a", P12), benchmark("m.track_b", kind="track", unit="unit")
A_NEW = benchmark("m.time_a", [["2", "3"]], version="v2")
A1, A2 = A.cases()
(B0,) = B.cases()
RAISED = Failed(kind=FailureKind.RAISED, text="ValueError")
NOT_BUILT = Failed(kind=FailureKind.NOT_BUILT, text="no compiler")
NO_GPU = Skipped(reason="no GPU")


def record(
    results: Path,
    *sessions: Sequence[Item],
    suite: tuple[Benchmark, ...] = (A, B),
    sampling: Sampling | None = None,
) -> None:
    """Write each list as a session of its own."""
    first = len(session_paths(results / "box")) + 1
    for number, items in enumerate(sessions, start=first):
        store = ResultStore(results, MACHINE)
        assert store.warnings == ()
        store.begin(session(number, suite, sampling=sampling))
        for item in items:
            store.add(item)
        store.close()


def stored(results: Path, commit: str = COMMITS[0], environment: str = PY.name) -> dict[str, Any]:
    path = results / "box" / f"{commit[:8]}-{environment}.json"
    document: dict[str, Any] = json.loads(path.read_bytes())
    return document


def columns(results: Path, name: str) -> dict[str, Any]:
    document = stored(results)
    return dict(zip(document["result_columns"], document["results"][name], strict=False))


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


# --- one file --------------------------------------------------------------------------------------


def test_a_file_says_what_asv_says(tmp_path: Path) -> None:
    item = run(A1, measured(1.0, 2.0), environment=PY_NUMPY.name, commit=COMMITS[1])
    record(tmp_path, [build(COMMITS[1], environment=PY_NUMPY.name), item])
    document = stored(tmp_path, COMMITS[1], PY_NUMPY.name)
    assert list(document) == [
        "commit_hash",
        "env_name",
        "date",
        "params",
        "python",
        "requirements",
        "env_vars",
        "result_columns",
        "results",
        "durations",
        "version",
    ]
    assert document["params"] == {**MACHINE, "python": "3.11", "numpy": "2.4"}
    assert (document["requirements"], document["env_vars"]) == ({"numpy": "2.4"}, {"OMP": "1"})
    assert document["date"] == int((T0 + timedelta(hours=1)).timestamp() * 1000)
    assert document["durations"] == {"<build>": 1.25}
    assert document["results"]["m.time_a"][:5] == [[1.5, None], P12, "v1", int(T0.timestamp() * 1000), 0.5]


def test_what_describes_the_history_is_written(tmp_path: Path) -> None:
    record(tmp_path, [run(B0, measured(1.0, number=None))])
    assert json.loads((tmp_path / "box" / "machine.json").read_text()) == {**MACHINE, "version": 1}
    definitions = json.loads((tmp_path / "benchmarks.json").read_text())
    assert definitions == {A.name: A.definition, B.name: B.definition, "version": 2}
    assert (tmp_path / "metrics.toml").read_text().splitlines()[0] == "version = 1"
    assert not [name for name in files(tmp_path) if name.endswith(".tmp")]


Q1, R1, R2 = measured(9.0, number=1), measured(1.0, 2.0, number=10), measured(4.0, number=20)
CASES: dict[str, tuple[list[tuple[Outcome, bool]], Any]] = {
    # outcomes with quick or not, and what must stand in the file
    "nothing": ([(NotRun(reason=""), False)], "absent"),
    "carried over": ([(CarriedOver(measured_at=COMMITS[1]), False)], "absent"),
    "one run": ([(R1, False)], compute_stats([1.0, 2.0], 10)),
    "runs are pooled in order": ([(R1, False), (R2, False)], compute_stats([1.0, 2.0, 4.0], 10)),
    "quick runs are pooled": ([(Q1, True), (R2, True)], compute_stats([9.0, 4.0], 1)),
    "a run supersedes quick ones": ([(Q1, True), (R1, False), (Q1, True)], compute_stats([1.0, 2.0], 10)),
    "a failure supersedes quick runs": ([(Q1, True), (RAISED, False)], None),
    "measured beats failed": ([(RAISED, False), (R1, False), (RAISED, False)], compute_stats([1.0, 2.0], 10)),
    "measured beats skipped": ([(R1, False), (NO_GPU, False)], compute_stats([1.0, 2.0], 10)),
    "the last outcome counts: failed": ([(NO_GPU, False), (RAISED, False)], None),
    "the last outcome counts: skipped": ([(RAISED, False), (NO_GPU, False)], math.nan),
    "no data does not count": ([(NO_GPU, False), (NotRun(reason=""), False)], math.nan),
    "values: the last one": ([(measured(3.0, 5.0, number=None), False)], 5.0),
    "a value that is no number": ([(measured(math.nan, number=None), False)], math.nan),
    "no samples": ([(measured(number=5), False)], None),
}


@pytest.mark.parametrize("name", CASES)
def test_the_rules(tmp_path: Path, name: str) -> None:
    outcomes, expected = CASES[name]
    record(tmp_path, *([run(A1, outcome, quick=quick)] for outcome, quick in outcomes))
    if expected == "absent":
        assert not (tmp_path / "box" / f"{COMMITS[0][:8]}-{PY.name}.json").exists()
        return
    found = columns(tmp_path, A.name)
    value = found["result"][0] if found["result"] else None
    if isinstance(expected, tuple):
        value_expected, stats = expected
        assert value == value_expected
        assert found["stats_number"][0] == stats["number"]
        assert found["stats_repeat"][0] == stats["repeat"]
        assert found["stats_ci_99_a"][0] == pytest.approx(stats["ci_99_a"], rel=1e-4)
        assert "samples" not in found
    else:
        assert repr(value) == repr(expected)
        assert "stats_number" not in found


def test_a_failed_build_fails_every_case_it_names(tmp_path: Path) -> None:
    record(tmp_path, [build(failure=NOT_BUILT, benchmarks=[A.name])])
    document = stored(tmp_path)
    assert document["results"] == {A.name: [None, P12, "v1", int(T0.timestamp() * 1000)]}
    assert document["durations"] == {}
    record(tmp_path, [build(), run(A2, measured(3.0))])
    assert columns(tmp_path, A.name)["result"] == [None, 3.0]
    assert stored(tmp_path)["durations"] == {"<build>": 1.25}


def test_the_version_worked_on_last_is_in_the_file(tmp_path: Path) -> None:
    record(tmp_path, [run(A1, measured(1.0))])
    record(tmp_path, [run(A_NEW.cases()[1], measured(2.0), version="v2")], suite=(A_NEW,))
    assert columns(tmp_path, A.name)["params"] == [["2", "3"]]
    assert columns(tmp_path, A.name)["result"] == [None, 2.0]
    record(tmp_path, [run(A2, NotRun(reason="interrupted"))])
    assert columns(tmp_path, A.name)["result"] == [None, 2.0]


def test_numbers_past_asvs_interval_still_have_a_median(tmp_path: Path) -> None:
    record(tmp_path, [run(A1, measured(5e-324, 1e-323, 1.5e-323))])
    assert columns(tmp_path, A.name)["result"] == [1e-323, None]


# --- with asv's own rows ---------------------------------------------------------------------------


def _asv_file(results: Path, rows: dict[str, Any], **changed: Any) -> Path:
    record(results, [run(B0, measured(1.0, number=None))])
    path = results / "box" / f"{COMMITS[0][:8]}-{PY.name}.json"
    for session_path in session_paths(results / "box"):
        session_path.unlink()
    document = {**json.loads(path.read_text()), "results": rows, **changed}
    path.write_text(json.dumps(document))
    return path


LATER_MS = int(T0.timestamp() * 1000) + 1


def test_rows_of_asv_stay(tmp_path: Path) -> None:
    rows = {
        "other.time_z": [[1.5, math.nan], P12, "z", 5, 1.0, [1.0, None]],
        A.name: [
            [7.0, 8.0],
            P12,
            "v1",
            5,
            1.0,
            [6.0, 7.0],
            None,
            None,
            None,
            None,
            None,
            [[7.0], [8.0]],
            "cHJv",
        ],
    }
    _asv_file(tmp_path, rows, durations={"<build>": 9.0, "<setup_cache x>": 2.0})
    record(tmp_path, [run(A1, measured(1.0))])
    document = stored(tmp_path)
    assert repr(document["results"]["other.time_z"]) == repr(rows["other.time_z"])
    mixed = columns(tmp_path, A.name)
    assert mixed["result"] == [1.0, 8.0]
    assert mixed["stats_ci_99_a"][1] == 7.0
    assert mixed["samples"] == [None, [8.0]]
    assert document["durations"] == {"<build>": 9.0, "<setup_cache x>": 2.0}
    before = files(tmp_path)
    assert rebuild(tmp_path, "box") == ()
    assert files(tmp_path) == before


@pytest.mark.parametrize(("started_at", "kept"), [(5, False), (LATER_MS, True), (None, False)])
def test_another_version_of_asv_stays_while_it_is_newer(
    tmp_path: Path, started_at: int | None, kept: bool
) -> None:
    _asv_file(tmp_path, {A.name: [[7.0], [], "v0", started_at]})
    record(tmp_path, [run(A1, measured(1.0))])
    assert (columns(tmp_path, A.name)["version"] == "v0") == kept


def test_columns_in_another_order_and_version_1_are_merged(tmp_path: Path) -> None:
    _asv_file(tmp_path, {"z.time_z": ["z", [2.0], []]}, result_columns=["version", "result", "params"])
    record(tmp_path, [run(A1, measured(1.0))])
    assert stored(tmp_path)["results"]["z.time_z"] == [[2.0], [], "z"]
    _asv_file(tmp_path, {"z.time_z": 2.0}, version=1, benchmark_version={"z.time_z": "z"})
    record(tmp_path, [run(A1, measured(1.0))])
    assert stored(tmp_path)["results"]["z.time_z"] == [[2.0], [], "z"]


def test_a_broken_file_is_kept_beside(tmp_path: Path) -> None:
    path = _asv_file(tmp_path, {})
    path.write_text("{half")
    (tmp_path / "benchmarks.json").write_text("{half")
    store = ResultStore(tmp_path, MACHINE)
    store.begin(session(1, (A, B)))
    store.add(run(A1, measured(1.0)))
    store.close()
    assert columns(tmp_path, A.name)["result"] == [1.0, None]
    assert path.with_name(f"{path.name}.broken").read_text() == "{half"
    assert (tmp_path / "benchmarks.json.broken").exists()
    assert [str(path) in warning or "benchmarks.json" in warning for warning in store.warnings] == [
        True,
        True,
    ]


def test_two_commits_that_share_eight_digits_are_refused(tmp_path: Path) -> None:
    _asv_file(tmp_path, {}, commit_hash=COMMITS[0][:8] + "f" * 32)
    store = ResultStore(tmp_path, MACHINE)
    with pytest.raises(StorageError, match=r"collide"):
        store.recorded(COMMITS[0], PY.name)


def test_a_run_of_a_part_forgets_nothing(tmp_path: Path) -> None:
    record(tmp_path, [run(B0, measured(1.0, number=None))])
    (tmp_path / "benchmarks.json").write_text(json.dumps({"x.time_x": {"name": "x.time_x"}, "version": 2}))
    (tmp_path / "metrics.toml").write_text(
        'version = 1\n[metrics."m.track_b"]\nunit = "%"\nbetter = "higher"\nkind = "track"\n'
    )
    record(tmp_path, [run(A_NEW.cases()[0], measured(1.0), version="v2")], suite=(A_NEW,))
    definitions = json.loads((tmp_path / "benchmarks.json").read_text())
    assert set(definitions) == {A.name, B.name, "x.time_x", "version"}
    assert definitions[A.name] == A_NEW.definition
    kept = read_archive(tmp_path)
    assert {one.key.case.benchmark: (one.unit, str(one.better)) for one in kept.series} == {
        A.name: ("seconds", "lower"),
        B.name: ("%", "higher"),
    }


def test_broken_metrics_are_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "metrics.toml").write_text("version = 1\n[metrics.a]\n")
    with pytest.raises(StorageError, match=r"metrics\.toml"):
        ResultStore(tmp_path, MACHINE).begin(session(1, (A,)))
    assert (tmp_path / "metrics.toml").read_text() == "version = 1\n[metrics.a]\n"


# --- resuming --------------------------------------------------------------------------------------


def test_what_is_recorded(tmp_path: Path) -> None:
    _asv_file(tmp_path, {"z.time_z": [[1.0, None, math.nan], [["1", "2", "3"]], "z"], B.name: [[5.0]]})
    record(
        tmp_path,
        [run(A1, R1), run(A1, R2), run(A2, Q1, quick=True), run(A2, NotRun(reason=""))],
        [
            build(COMMITS[1], failure=NOT_BUILT, benchmarks=[A.name]),
            run(B0, NO_GPU, commit=COMMITS[1]),
            run(A1, RAISED, commit=COMMITS[2]),
            run(A2, CarriedOver(measured_at=COMMITS[0]), commit=COMMITS[2]),
        ],
    )
    store = ResultStore(tmp_path, MACHINE)

    def told(commit: str) -> dict[str, tuple[Standing, int, bool]]:
        found = store.recorded(commit, PY.name)
        return {
            f"{case}/{version}": (one.standing, one.runs, one.quick) for (case, version), one in found.items()
        }

    assert told(COMMITS[0]) == {
        "z.time_z(1)/z": (Standing.MEASURED, 1, False),
        "z.time_z(2)/z": (Standing.FAILED, 1, False),
        "z.time_z(3)/z": (Standing.SKIPPED, 1, False),
        "m.track_b/v1": (Standing.MEASURED, 1, False),
        "m.time_a(1)/v1": (Standing.MEASURED, 2, False),
        "m.time_a(2)/v1": (Standing.MEASURED, 1, True),
    }
    assert told(COMMITS[1]) == {
        "m.time_a(1)/v1": (Standing.NOT_BUILT, 1, False),
        "m.time_a(2)/v1": (Standing.NOT_BUILT, 1, False),
        "m.track_b/v1": (Standing.SKIPPED, 1, False),
    }
    assert told(COMMITS[2]) == {
        "m.time_a(1)/v1": (Standing.FAILED, 1, False),
        "m.time_a(2)/v1": (Standing.CARRIED_OVER, 0, False),
    }
    assert told(COMMITS[3]) == {}
    assert store.measured_commits() == COMMITS[:3]


def test_earlier_runs_tell_how_long_the_next_will_take(tmp_path: Path) -> None:
    assert ResultStore(tmp_path, MACHINE).build_duration() is None
    record(tmp_path, [build(), run(A1, R1), run(A1, Q1, quick=True), run(A2, Q1, quick=True)])
    store = ResultStore(tmp_path, MACHINE)
    assert store.build_duration() == 1.25
    assert store.durations() == {A1: 0.5, A2: 0.5}
    assert [one.name for one in store.benchmarks()] == [A.name, B.name]


def test_a_session_in_which_nothing_was_done_leaves_no_file(tmp_path: Path) -> None:
    record(tmp_path, [])
    assert session_paths(tmp_path / "box") == []


@pytest.mark.parametrize(
    "item",
    [
        run(A1, R1, commit="f" * 40),
        run(A1, R1, environment="conda-py3.6"),
        run(Case(benchmark="m.time_q", params=()), R1),
        run(Case(benchmark=A.name, params=("9",)), R1),
        run(Case(benchmark=A.name, params=()), R1),
        build(failure=NOT_BUILT, benchmarks=["m.time_q"]),
    ],
)
def test_what_the_header_does_not_know_is_refused_before_it_is_written(
    tmp_path: Path, item: Build | Run
) -> None:
    store = ResultStore(tmp_path, MACHINE)
    store.begin(session(1, (A, B)))
    with pytest.raises(ValueError, match=r"not in the header|none of the suite's"):
        store.add(item)
    (path,) = session_paths(tmp_path / "box")
    assert read_session(path)[1] == ()
    store.close()


R3 = measured(8.0, number=10)
ENOUGH: dict[str, tuple[list[tuple[list[Run], bool]], tuple[Standing, int, bool]]] = {
    # sessions, each of 1.1 or not; the standing, how many runs count, whether they are enough
    "more are wanted": ([([run(A1, R1), run(A1, R2)], True)], (Standing.MEASURED, 2, False)),
    "stopped": ([([run(A1, R1), run(A1, R2, stop=Stop.BUDGET)], True)], (Standing.MEASURED, 2, True)),
    "stopped before it was interrupted elsewhere": (
        [([run(A1, R1, stop=Stop.PRECISION)], True), ([run(A1, R2)], True)],
        (Standing.MEASURED, 2, True),
    ),
    "a quick run's stop does not count": (
        [([run(A1, Q1, quick=True, stop=Stop.STATED), run(A1, R1)], True)],
        (Standing.MEASURED, 1, False),
    ),
    "1.0, one round of two": ([([run(A1, R1)], False)], (Standing.MEASURED, 1, False)),
    "1.0, two rounds of two": (
        [([run(A1, R1)], False), ([run(A1, R2)], False)],
        (Standing.MEASURED, 2, True),
    ),
    "one of each is not enough": (
        [([run(A1, R1)], False), ([run(A1, R2)], True)],
        (Standing.MEASURED, 2, False),
    ),
    "failed": ([([run(A1, RAISED)], True)], (Standing.FAILED, 1, True)),
    "skipped": ([([run(A1, NO_GPU)], True)], (Standing.SKIPPED, 1, True)),
    "measured, then failed": ([([run(A1, R1), run(A1, RAISED)], True)], (Standing.MEASURED, 1, False)),
    "carried over": (
        [([run(A1, CarriedOver(measured_at=COMMITS[1]))], True)],
        (Standing.CARRIED_OVER, 0, False),
    ),
}


@pytest.mark.parametrize("name", ENOUGH)
def test_whether_more_runs_are_wanted(tmp_path: Path, name: str) -> None:
    written, expected = ENOUGH[name]
    for items, new in written:
        record(tmp_path, items, sampling=PRECISE if new else None)
    found = ResultStore(tmp_path, MACHINE).recorded(COMMITS[0], PY.name)[A1, "v1"]
    assert (found.standing, found.runs, found.complete) == expected
    counted = [item for items, _ in written for item in items if not item.quick]
    outcomes = [item.outcome for item in counted if isinstance(item.outcome, Measured)]
    assert found.samples == tuple(one.samples for one in outcomes)


def test_in_how_many_sessions_a_build_failed(tmp_path: Path) -> None:
    failed = build(failure=NOT_BUILT, benchmarks=[A.name])
    record(tmp_path, [failed, failed], [failed])
    found = ResultStore(tmp_path, MACHINE).recorded(COMMITS[0], PY.name)[A1, "v1"]
    assert (found.standing, found.runs, found.complete) == (Standing.NOT_BUILT, 2, False)


def test_the_build_that_stood(tmp_path: Path) -> None:
    stood, other = build(identity="x"), build(COMMITS[1], identity="x")
    failed, last = build(failure=NOT_BUILT), build(COMMITS[2], NOT_BUILT, at=T0 + timedelta(days=1))
    record(tmp_path, [build(identity="w"), stood, failed, other], [build(COMMITS[2], NOT_BUILT), last])
    found = ResultStore(tmp_path, MACHINE).builds()
    assert found == {
        (COMMITS[0], PY.name): stood,
        (COMMITS[1], PY.name): other,
        (COMMITS[2], PY.name): last,
    }


def test_check_values_by_commit(tmp_path: Path) -> None:
    record(
        tmp_path,
        [run(A1, R1, check="x"), run(A1, R2, check="y"), run(A1, R1), run(A1, RAISED, check="z")],
        [run(A1, Q1, commit=COMMITS[1], quick=True, check="x"), run(A2, R1)],
    )
    (key, seen), *others = ResultStore(tmp_path, MACHINE).checks().items()
    assert others == []
    assert (key.machine, key.environment, key.case, key.metric, key.version) == ("box", PY.name, A1, "", "v1")
    assert seen == {COMMITS[0]: {"x", "y"}, COMMITS[1]: {"x"}}


# --- what asv's files show meanwhile ---------------------------------------------------------------


def test_a_file_lags_behind_its_session_for_seconds_at_most(tmp_path: Path) -> None:
    now = [100.0]
    store = ResultStore(tmp_path, MACHINE, monotonic=lambda: now[0])
    store.begin(session(1, (A, B)))
    store.add(run(A1, measured(1.0)))
    assert columns(tmp_path, A.name)["result"] == [1.0, None], "the first run at once"
    now[0] += LAG_S / 2
    store.add(run(A2, measured(2.0)))
    assert columns(tmp_path, A.name)["result"] == [1.0, None]
    store.add(run(A1, measured(4.0), commit=COMMITS[1]))
    assert stored(tmp_path, COMMITS[1])["results"][A.name][0] == [4.0, None], "another file, another clock"
    now[0] += LAG_S / 2
    store.add(run(A1, measured(5.0), commit=COMMITS[2]))
    assert columns(tmp_path, A.name)["result"] == [1.0, 2.0], "whatever comes in"
    store.add(run(B0, measured(3.0, number=None)))
    store.close()
    assert columns(tmp_path, B.name)["result"] == [3.0]
    before = files(tmp_path)
    assert rebuild(tmp_path, "box") == ()
    assert files(tmp_path) == before


def test_what_the_host_did_changes_none_of_asvs_files(tmp_path: Path) -> None:
    control = Control(started_at=T0, samples=(0.1, 0.2))
    telemetry = Telemetry(started_at=T0, seconds=(0.0, 1.0), columns={"load_1min": (0.5, None)})
    record(tmp_path / "without", [run(A1, R1)])
    record(tmp_path / "with", [control, run(A1, R1), telemetry, control])
    (path,) = session_paths(tmp_path / "with" / "box")
    assert read_session(path)[1] == (control, run(A1, R1), telemetry, control)
    path.unlink()
    session_paths(tmp_path / "without" / "box")[0].unlink()
    assert files(tmp_path / "with") == files(tmp_path / "without")
    record(tmp_path / "idle", [control, telemetry])
    assert session_paths(tmp_path / "idle" / "box") == [], "nothing was measured"


KILLED = """
import os, signal, sys
from pathlib import Path
from groundspeed.results.store import ResultStore
from tests.results_records import COMMITS, MACHINE, measured, reading, run, session
from tests.test_results_store import A, A1, A2, B

store = ResultStore(Path(sys.argv[1]), MACHINE, monotonic=lambda: 0.0)
store.begin(session(1, (A, B)))
for commit in COMMITS[:2]:
    store.add(run(A1, measured(1.0), commit))
    store.add(run(A2, measured(2.0), commit, metrics=[reading("p99", 3.0)]))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_next_session_writes_what_kill_9_left_behind(tmp_path: Path) -> None:
    root = Path(__file__).parent.parent
    child = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], cwd=root, check=False)
    assert child.returncode == -signal.SIGKILL
    assert columns(tmp_path, A.name)["result"] == [1.0, None], "behind"
    (tmp_path / "benchmarks.json").unlink()
    (tmp_path / "metrics.toml").unlink()
    store = ResultStore(tmp_path, MACHINE)
    store.begin(session(2, (A, B)))
    for commit in COMMITS[:2]:
        rows = stored(tmp_path, commit)["results"]
        assert (rows[A.name][0], rows[f"{A.name}@p99"][0][1]) == ([1.0, 2.0], 3.0)
    store.close()
    before = files(tmp_path)
    assert f"{A.name}@p99" in before["benchmarks.json"].decode()
    assert rebuild(tmp_path, "box") == ()
    assert files(tmp_path) == before


@pytest.mark.parametrize(
    "later",
    [lambda root: record(root, []), lambda root: ResultStore(root, MACHINE).catch_up()],
    ids=["the next session", "nothing is missing"],
)
def test_a_file_that_cannot_be_written_is_made_later(tmp_path: Path, later: Callable[[Path], object]) -> None:
    store = ResultStore(tmp_path, MACHINE, monotonic=lambda: 0.0)
    store.begin(session(1, (A, B)))
    store.add(run(A1, measured(1.0)))
    store.add(run(A2, measured(2.0)))
    path = tmp_path / "box" / f"{COMMITS[0][:8]}-{PY.name}.json"
    path.unlink()
    path.mkdir()
    with pytest.raises(StorageError, match=path.name):
        store.close()
    path.rmdir()
    later(tmp_path)
    assert columns(tmp_path, A.name)["result"] == [1.0, 2.0]


# --- laws ------------------------------------------------------------------------------------------

SUITES = ((A, B), (A_NEW, B))
timed = st.builds(
    Measured, samples=st.lists(st.floats(1e-9, 1e3), max_size=4).map(tuple), number=st.integers(1, 100)
)
tracked = st.builds(
    Measured,
    samples=st.lists(st.floats() | st.integers(0, 2**60).map(float), max_size=2).map(tuple),
    number=st.none(),
)
no_values = st.sampled_from([RAISED, NO_GPU, NotRun(reason=""), CarriedOver(measured_at=COMMITS[3])])
outcomes: st.SearchStrategy[Outcome] = st.one_of(timed, tracked, no_values)
moments = st.integers(0, 10**10).map(lambda microseconds: T0 + timedelta(microseconds=microseconds))
places = st.tuples(st.sampled_from(COMMITS[:2]), st.sampled_from([PY.name, PY_NUMPY.name]))


@st.composite
def sessions(draw: st.DrawFn) -> tuple[tuple[Benchmark, ...], list[Build | Run]]:
    suite = draw(st.sampled_from(SUITES))
    items: list[Build | Run] = []
    for _ in range(draw(st.integers(1, 6))):
        commit, environment = draw(places)
        at = draw(moments)
        if draw(st.integers(0, 4)) == 0:
            failed = draw(st.booleans())
            names = draw(st.lists(st.sampled_from([A.name, B.name]), unique=True)) if failed else []
            items.append(build(commit, NOT_BUILT if failed else None, names, environment, at))
            continue
        one = draw(st.sampled_from(suite))
        case = draw(st.sampled_from(one.cases()))
        items.append(run(case, draw(outcomes), commit, environment, one.version, draw(st.booleans()), at))
    return suite, items


histories = st.lists(sessions(), min_size=1, max_size=3)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(histories)
def test_files_made_again_are_the_same_bytes(
    history: list[tuple[tuple[Benchmark, ...], list[Build | Run]]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        first, second = Path(folder) / "first", Path(folder) / "second"
        for suite, items in history:
            record(first, items, suite=suite)
        shutil.copytree(first / "box" / "sessions", second / "box" / "sessions")
        assert rebuild(second, "box") == ()
        assert files(second) == files(first)
        assert rebuild(first, "box") == ()
        assert files(second) == files(first)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(st.dictionaries(st.sampled_from([*A.cases(), B0]), timed, min_size=1))
def test_what_was_measured_is_what_is_read(outcomes: dict[Case, Measured]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        record(Path(folder), [run(case, outcome) for case, outcome in outcomes.items()])
        archive = read_archive(Path(folder))
    assert archive.warnings == ()
    read = {one.key.case: one for one in archive.series}
    for case, outcome in outcomes.items():
        value, stats = compute_stats(list(outcome.samples), outcome.number)
        if value is None:
            assert read[case].failures == {0: ""}
            continue
        assert read[case].values.tolist() == [value]
        assert read[case].low[0] == pytest.approx(stats["ci_99_a"], rel=1e-4)
        assert read[case].high[0] == pytest.approx(stats["ci_99_b"], rel=1e-4)


def test_a_clock_that_was_set_back_does_not_change_the_rule(tmp_path: Path) -> None:
    """The order is that of the session's names, also for a session that is written later."""
    for number, outcome in [(5, measured(5.0, number=None)), (2, measured(2.0, number=None))]:
        store = ResultStore(tmp_path, MACHINE)
        store.begin(session(number, (A, B)))
        store.add(run(B0, outcome))
        store.close()
    assert columns(tmp_path, B.name)["result"] == [5.0]
    before = files(tmp_path)
    rebuild(tmp_path, "box")
    assert files(tmp_path) == before


def test_rebuilding_where_nothing_was_recorded_does_nothing(tmp_path: Path) -> None:
    assert rebuild(tmp_path, "box") == ()
    assert files(tmp_path) == {}
