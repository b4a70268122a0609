"""What is asked of an index: a commit's measurements, a machine's processes, what was remembered."""

from __future__ import annotations

import math
import statistics
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from groundspeed.measurements import Measurement, Missing, Process, Stored
from groundspeed.records import (
    Better,
    CarriedOver,
    Case,
    Failed,
    FailureKind,
    Measured,
    NotRun,
    Run,
    SeriesKey,
    Skipped,
)
from groundspeed.results.index import open_index
from groundspeed.results.index.memory import Memory, digest_of
from groundspeed.results.sessions import all_session_paths, read_session_file
from groundspeed.results.store import ResultStore
from tests.indexes import opened
from tests.results_records import (
    COMMITS,
    MACHINE,
    T0,
    benchmark,
    build,
    measured,
    reading,
    run,
    session,
)
from tests.test_results_index import put_session
from tests.test_results_reading import P12, put

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundspeed.records import Benchmark
    from groundspeed.results.session_lines import Item

A, B = benchmark("m.time_a", P12), benchmark("m.track_b", kind="track", unit="unit", better="higher")
A1, A2 = A.cases()
(B0,) = B.cases()
RAISED = Failed(kind=FailureKind.RAISED, text="ValueError")
NO_GPU = Skipped(reason="no GPU")


def record(results: Path, *items: Item, number: int = 1, suite: Sequence[Benchmark] = (A, B)) -> None:
    """A session as groundspeed run leaves it, asv's files included."""
    store = ResultStore(results, MACHINE)
    store.begin(session(number, suite))
    for item in items:
        store.add(item)
    store.close()


def at(tmp_path: Path, commit: str = COMMITS[0]) -> dict[str, Measurement | Missing]:
    """What is known of a commit, by the text of case and metric, with the version where it is not v1."""
    found = opened(tmp_path / "results", tmp_path / "index").measurements("box", commit)
    assert all(one.commit == commit for one in found)
    return {_text(one.key): one for one in found}


def _text(key: SeriesKey) -> str:
    metric = f"@{key.metric}" if key.metric else ""
    return f"{key.case}{metric}" + (f" {key.version}" if key.version != "v1" else "")


def process(number: int, *samples: float, calls: int | None = 1) -> Process:
    return Process(session=session(number, ()).id, started_at=T0, number=calls, samples=samples)


def why(one: Measurement | Missing) -> Failed | Skipped | NotRun:
    assert isinstance(one, Missing)
    return one.why


# --- a commit's measurements ------------------------------------------------------------------------


def test_a_measurement_has_the_samples_of_every_process(tmp_path: Path) -> None:
    record(tmp_path / "results", run(A1, measured(1.0, 2.0)), run(B0, measured(4.0, number=None)))
    record(tmp_path / "results", run(A1, measured(3.0)), number=2)
    found = at(tmp_path)
    one = found["m.time_a(1)"]
    assert isinstance(one, Measurement)
    assert one.processes == (process(1, 1.0, 2.0), process(2, 3.0))
    assert (one.stored.value, one.unit, one.better, one.carried_from) == (2.0, "seconds", Better.LOWER, None)
    tracked = found["m.track_b"]
    assert isinstance(tracked, Measurement)
    assert tracked.processes == (process(1, 4.0, calls=None),)
    assert (tracked.unit, tracked.better) == ("unit", Better.HIGHER)
    assert repr(tracked.stored) == repr(Stored(value=4.0, low=math.nan, high=math.nan))


def test_quick_runs_count_only_where_no_other_run_measured(tmp_path: Path) -> None:
    record(tmp_path / "results", run(A1, measured(9.0), quick=True), run(A2, measured(9.0), quick=True))
    record(tmp_path / "results", run(A1, measured(1.0)), number=2)
    found = at(tmp_path)
    assert [one.processes for one in found.values() if isinstance(one, Measurement)] == [
        (process(2, 1.0),),
        (process(1, 9.0),),
    ]


def test_a_further_metric_has_its_own_samples_and_unit(tmp_path: Path) -> None:
    rate = reading("rate", 5.0, 7.0, unit="queries/s", better=Better.HIGHER)
    record(tmp_path / "results", run(A1, measured(1.0), metrics=[rate, reading("rate", 9.0)]))
    record(tmp_path / "results", run(A2, RAISED), number=2)
    found = at(tmp_path)
    one = found["m.time_a(1)@rate"]
    assert isinstance(one, Measurement)
    assert one.processes == (process(1, 5.0, 7.0, 9.0, calls=None),)
    assert one.stored.value == 7.0
    assert why(found["m.time_a(2)@rate"]) == RAISED, "what failed has failed in every metric"


def test_why_there_is_no_value(tmp_path: Path) -> None:
    record(
        tmp_path / "results",
        run(A1, RAISED),
        run(A2, NotRun(reason="no such parameters")),
        build(failure=Failed(kind=FailureKind.NOT_BUILT, text="no compiler"), benchmarks=["m.track_b"]),
        run(A1, NO_GPU, commit=COMMITS[1]),
        run(A1, measured(math.nan), commit=COMMITS[2]),
    )
    found = at(tmp_path)
    assert why(found["m.time_a(1)"]) == RAISED
    assert why(found["m.time_a(2)"]) == NotRun(reason="no such parameters")
    assert why(found["m.track_b"]) == Failed(kind=FailureKind.NOT_BUILT, text="no compiler")
    second = at(tmp_path, COMMITS[1])
    assert why(second["m.time_a(1)"]) == NO_GPU
    assert isinstance(why(second["m.time_a(2)"]), NotRun), "in a row of ours an empty cell is nobody's"
    assert why(at(tmp_path, COMMITS[2])["m.time_a(1)"]) == Failed(kind=FailureKind.NO_VALUE, text="")
    assert at(tmp_path, COMMITS[3]) == {}


def test_what_asv_alone_measured_has_no_processes(tmp_path: Path) -> None:
    rows = {"m.time_a": [[1.0, None], P12, "v1", 1, 1.0, [0.5, None], [1.5, None]]}
    put(tmp_path / "results", {**rows, "m.track_b": [[math.nan], [], "v1"]})
    found = at(tmp_path)
    one = found["m.time_a(1)"]
    assert isinstance(one, Measurement)
    assert (one.processes, one.stored) == ((), Stored(value=1.0, low=0.5, high=1.5))
    assert why(found["m.time_a(2)"]) == Failed(kind=FailureKind.NO_VALUE, text="")
    assert why(found["m.track_b"]) == Skipped(reason="")


def test_a_carried_over_measurement_is_that_of_the_measured_commit(tmp_path: Path) -> None:
    record(
        tmp_path / "results",
        run(A1, measured(1.0), metrics=[reading("p99", 8.0)]),
        run(A1, CarriedOver(measured_at=COMMITS[0]), commit=COMMITS[1]),
        run(A2, CarriedOver(measured_at=COMMITS[0]), commit=COMMITS[1]),
        run(A1, CarriedOver(measured_at=COMMITS[0]), commit=COMMITS[2]),
        run(A1, measured(5.0), commit=COMMITS[2]),
    )
    here, there = at(tmp_path), at(tmp_path, COMMITS[1])
    assert set(there) == {"m.time_a(1)", "m.time_a(1)@p99"}
    for name, one in there.items():
        original = here[name]
        assert isinstance(original, Measurement)
        assert repr(one) == repr(replace(original, commit=COMMITS[1], carried_from=COMMITS[0]))
    measured_here = at(tmp_path, COMMITS[2])["m.time_a(1)"]
    assert isinstance(measured_here, Measurement)
    assert (measured_here.stored.value, measured_here.carried_from) == (5.0, None)


def test_every_version_is_there_though_asv_keeps_one(tmp_path: Path) -> None:
    record(tmp_path / "results", run(A1, measured(1.0)))
    newer = benchmark("m.time_a", P12, version="v2")
    record(tmp_path / "results", run(A1, measured(2.0), version="v2"), number=2, suite=(newer,))
    found = at(tmp_path)
    values = {name: one.stored.value for name, one in found.items() if isinstance(one, Measurement)}
    assert values == {"m.time_a(1)": 1.0, "m.time_a(1) v2": 2.0}


def test_a_session_that_was_killed_before_asvs_files_were_written(tmp_path: Path) -> None:
    put_session(tmp_path / "results", 1, run(A1, measured(1.0, 2.0)))
    one = at(tmp_path)["m.time_a(1)"]
    assert isinstance(one, Measurement)
    assert (one.processes, one.stored.value) == ((process(1, 1.0, 2.0),), 1.5)


def test_lines_that_the_header_does_not_know_are_named_and_no_data(tmp_path: Path) -> None:
    foreign = run(Case(benchmark="m.time_gone", params=()), measured(1.0))
    put_session(tmp_path / "results", 1, foreign, run(A1, measured(1.0)))
    index = open_index(tmp_path / "results", tmp_path / "index")
    (warning,) = index.warnings
    assert "m.time_gone" in warning
    assert len(index.processes("box").keys) == 1
    assert set(at(tmp_path)) == {"m.time_a(1)"}


# --- a machine's processes --------------------------------------------------------------------------


def literal(results: Path) -> list[tuple[object, ...]]:
    """Every process, sample by sample, from the sessions themselves."""
    rows: list[tuple[object, ...]] = []
    for path in all_session_paths(results):
        file = read_session_file(path)
        for one in file.items:
            if not isinstance(one, Run) or not isinstance(one.outcome, Measured):
                continue
            metrics = {"": [*one.outcome.samples]}
            for extra in one.metrics:
                metrics.setdefault(extra.metric, []).extend(extra.samples)
            for metric, samples in metrics.items():
                numbers = [sample for sample in samples if sample == sample]
                key = SeriesKey(
                    machine=file.session.machine,
                    environment=one.environment,
                    case=one.case,
                    metric=metric,
                    version=one.version,
                )
                centre = statistics.median(numbers) if numbers else math.nan
                moment = one.started_at.timestamp()
                rows.append((key, one.commit, file.session.id, moment, repr(centre), len(numbers), one.quick))
    return rows


def listed(results: Path, index: Path) -> list[tuple[object, ...]]:
    found = open_index(results, index).processes("box")
    return [
        (
            found.keys[series],
            found.commits[commit],
            found.sessions[number],
            float(found.started_at_s[row]),
            repr(float(found.medians[row])),
            int(found.counts[row]),
            bool(found.quick[row]),
        )
        for row, (series, commit, number) in enumerate(
            zip(found.series.tolist(), found.commit.tolist(), found.session.tolist(), strict=True)
        )
    ]


SAMPLES = st.lists(st.floats(allow_nan=True, width=32), max_size=4).map(tuple)


@settings(deadline=None, derandomize=True, max_examples=20)
@given(
    st.lists(
        st.tuples(st.sampled_from([A1, A2]), st.sampled_from(COMMITS), SAMPLES, SAMPLES, st.booleans()),
        max_size=8,
    )
)
def test_processes_are_those_of_the_sessions(
    tmp_path_factory: pytest.TempPathFactory,
    items: list[tuple[Case, str, tuple[float, ...], tuple[float, ...], bool]],
) -> None:
    folder = tmp_path_factory.mktemp("processes")
    for number in (1, 2):
        lines = [
            run(case, measured(*main), commit=commit, quick=quick, metrics=[reading("p99", *further)])
            for case, commit, main, further, quick in items[number - 1 :: 2]
        ]
        put_session(folder / "results", number, *lines)
    assert listed(folder / "results", folder / "index") == literal(folder / "results")


def test_the_processes_of_the_committed_history(tmp_path: Path) -> None:
    results = Path(__file__).resolve().parent.parent / "results"
    machines = {path.parent.parent.name for path in all_session_paths(results)}
    index, rows = open_index(results, tmp_path), literal(results)
    for machine in machines:
        found = index.processes(machine)
        own = [row for row in rows if isinstance(row[0], SeriesKey) and row[0].machine == machine]
        assert len(found.medians) == len(own)
        assert [found.keys[at] for at in found.series.tolist()] == [row[0] for row in own]
        assert list(map(repr, found.medians.tolist())) == [row[4] for row in own]


# --- what is remembered -----------------------------------------------------------------------------


@settings(deadline=None, derandomize=True, max_examples=30)
@given(st.lists(arrays.arrays(np.float64, st.integers(0, 5)), max_size=6))
def test_what_is_remembered_comes_back(
    tmp_path_factory: pytest.TempPathFactory, values: list[np.ndarray[tuple[int], np.dtype[np.float64]]]
) -> None:
    memory = Memory(tmp_path_factory.mktemp("derived"), "steps-1")
    kept = {digest_of(np.array([number])): one for number, one in enumerate(values)}
    memory.put_many(kept)
    found = memory.get_many([*kept, digest_of(np.array([99]))])
    assert list(found) == list(kept)
    assert all(np.array_equal(found[one], kept[one], equal_nan=True) for one in kept)


def test_what_the_last_pass_did_not_use_is_forgotten(tmp_path: Path) -> None:
    memory = Memory(tmp_path, "steps-1")
    one, two = digest_of(np.array([1.0])), digest_of(np.array([2.0]))
    memory.put_many({one: np.zeros(1), two: np.ones(2)})
    memory.put_many({two: np.ones(2)})
    assert set(memory.get_many([one, two])) == {two}
    assert Memory(tmp_path, "steps-2").get_many([two]) == {}


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\0" * 100])
def test_a_broken_memory_is_empty(tmp_path: Path, content: bytes) -> None:
    memory = Memory(tmp_path, "steps-1")
    one = digest_of(np.array([1.0]))
    (tmp_path / "steps-1.npz").write_bytes(content)
    assert memory.get_many([one]) == {}
    memory.put_many({one: np.ones(1)})
    assert list(memory.get_many([one])) == [one]


def test_digests_tell_arrays_apart() -> None:
    whole = np.array([1.0, 2.0])
    told = [(whole,), (whole[:1], whole[1:]), (whole[::-1],), (whole.astype(np.float32),), (whole[None],)]
    assert len({digest_of(*one) for one in told}) == len(told)
    assert digest_of(whole) == digest_of(np.array([1.0, 2.0]))
