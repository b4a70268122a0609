"""The index says what the results say: after whatever happened to them, and to it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed.records import CarriedOver, Control, Failed, FailureKind, Skipped
from groundspeed.results.archive import read_archive, read_catalog
from groundspeed.results.index import open_index, workers
from groundspeed.results.index.direct import DirectIndex
from groundspeed.results.index.making import Task
from groundspeed.results.index.manifest import Part, Source
from groundspeed.results.index.plan import LARGE, SMALL, plan
from groundspeed.results.index.refresh import _standing
from groundspeed.results.index.schemas import TABLES
from groundspeed.results.index.sources import RESULTS, UNKNOWN, Found, Stamp, walk
from groundspeed.results.sessions import SessionWriter
from tests.archives import numpy_results
from tests.indexes import assert_same, opened
from tests.repositories import git
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
from tests.test_results_reading import BROKEN_FILES, BROKEN_ROWS, P12, ROWS, put, put_benchmarks

if TYPE_CHECKING:
    from collections.abc import Callable

    from groundspeed.records import Benchmark
    from groundspeed.results.session_lines import Item

__all__ = ["numpy_results"]  # a fixture

COMMITTED = Path(__file__).resolve().parent.parent / "results"
NOT_BUILT = Failed(kind=FailureKind.NOT_BUILT, text="cc")
A, B = benchmark("m.time_a", P12), benchmark("m.track_b", kind="track", unit="unit")


def put_many(results: Path, count: int, machine: str = "box") -> list[Path]:
    """Result files of ``count`` commits, two benchmarks each."""
    rows = {"m.time_a": [[1.0, 2.0], P12, "v1"], "m.track_b": [[3.0], [], "v1"]}
    return [
        put(results, rows, commit=f"{(number * 7_919) % 65_521:08x}" * 5, day=number, machine=machine)
        for number in range(count)
    ]


def put_session(results: Path, number: int, *items: Item, suite: tuple[Benchmark, ...] = (A, B)) -> Path:
    with SessionWriter(results / "box" / "sessions", session(number, suite), MACHINE) as writer:
        for item in items:
            writer.append(item)
    return writer.path


def some_sessions(results: Path) -> None:
    """Two sessions that say everything that can be said."""
    first, second = A.cases()
    put(results, {"m.time_a": [[1.0, None], P12, "v1"], "m.track_b": [[3.0], [], "v1"]})
    put_session(
        results,
        1,
        build(identity="same"),
        build(
            commit=COMMITS[1], failure=Failed(kind=FailureKind.NOT_BUILT, text="cc"), benchmarks=["m.track_b"]
        ),
        run(first, measured(1.0, 3.0), metrics=[reading("p99", 4.0, 5.0), reading("p99", 6.0)]),
        run(second, Failed(kind=FailureKind.RAISED, text="no")),
        Control(started_at=T0, samples=(0.1, 0.3)),
    )
    put_session(
        results,
        2,
        build(commit=COMMITS[2], identity="same"),
        run(first, measured(2.0), quick=True),
        run(first, CarriedOver(measured_at=COMMITS[0]), commit=COMMITS[2]),
        run(B.cases()[0], Skipped(reason="no GPU"), commit=COMMITS[1]),
        run(B.cases()[0], measured(7.0, float("nan"), number=None), commit=COMMITS[3]),
    )


def parts(folder: Path) -> set[str]:
    """The tables of measurements, by their names."""
    return {path.name for path in folder.glob("measurements/*/*.parquet")}


# --- the same answers -------------------------------------------------------------------------------


def test_the_committed_results(tmp_path: Path) -> None:
    index = opened(COMMITTED, tmp_path)
    assert index.archive().series


def test_no_results(tmp_path: Path) -> None:
    index = opened(tmp_path / "none", tmp_path / "index")
    assert (index.machines(), index.warnings) == ((), ())
    assert index.measurements("box", COMMITS[0]) == ()
    assert index.processes("box").keys == ()


def test_everything_that_sessions_say(tmp_path: Path) -> None:
    some_sessions(tmp_path / "results")
    index = opened(tmp_path / "results", tmp_path / "index")
    assert index.identities("box") == {(COMMITS[0], A_ENV): "same", (COMMITS[2], A_ENV): "same"}


A_ENV = "virtualenv-py3.11"


def test_rows_and_files_of_every_kind(tmp_path: Path) -> None:
    results = tmp_path / "results"
    put_benchmarks(results, "m.time_a", params=P12)
    for day, (name, row) in enumerate({**ROWS, **BROKEN_ROWS}.items()):
        rows = {"m.time_a": row[0] if name in ROWS else row, "m.time_b": [[1.0, 2.0], None, "v1"]}
        put(results, rows, commit=f"{day:08x}" * 5, day=day)
    for day, what in enumerate(BROKEN_FILES.values(), start=100):
        path = put(results, {}, commit=f"{day:08x}" * 5, **(what if isinstance(what, dict) else {}))
        if isinstance(what, bytes):
            path.write_bytes(what)
        elif what is None:
            path.unlink()
            path.symlink_to(path)
    (results / "box" / "sessions").mkdir()
    (results / "box" / "sessions" / "x.jsonl.gz").write_bytes(b"no gzip")
    index = opened(results, tmp_path / "index")
    assert len(index.warnings) >= len(BROKEN_FILES) + len(BROKEN_ROWS)
    opened(results, tmp_path / "index")


def test_folders_without_machine_json_and_inside_others(tmp_path: Path) -> None:
    results = tmp_path / "results"
    put(results, {"m.time_a": [[1.0]]}).with_name("machine.json").unlink()
    put(results, {"m.time_a": [[2.0]]}, commit=COMMITS[1], params={"machine": "guest", "cpu": "z80"})
    put(results / "box" / "inner", {"m.time_a": [[3.0]]}, machine="inner")
    put(results / "b", {"m.time_a": [[4.0]]}, machine="box")
    (results / "box" / "machine.json").unlink(missing_ok=True)
    index = opened(results, tmp_path / "index")
    assert set(index.archive().machines) == {"box", "guest", "inner"}


@pytest.mark.parametrize(
    "machine", ["machine with spaces", "a=b%20c", "007", "ünïcode", "2024-01-01", "[x]*?"]
)
def test_machines_of_any_name(tmp_path: Path, machine: str) -> None:
    put_many(tmp_path / "results", 2, machine=machine)
    assert opened(tmp_path / "results", tmp_path / "index").machines() == (machine,)


def test_a_date_that_is_corrected_moves_the_cells_of_other_machines(tmp_path: Path) -> None:
    """Of two files on a commit the last one read gives the date, also where they are two machines'."""
    results = tmp_path / "results"
    for machine in ("a", "z"):
        put(results, {"m.time_a": [[1.0], [], "v1"]}, commit=COMMITS[0], day=1, machine=machine)
        put(results, {"m.time_a": [[2.0], [], "v1"]}, commit=COMMITS[1], day=2, machine=machine)
    opened(results, tmp_path / "index")
    put(results, {"m.time_a": [[1.0], [], "v1"]}, commit=COMMITS[0], day=3, machine="z")
    index = opened(results, tmp_path / "index")
    assert [one.values.tolist() for one in index.archive().series] == [[2.0, 1.0], [2.0, 1.0]]


def test_two_files_on_a_commit_in_whatever_part(tmp_path: Path) -> None:
    """Of a copy and its original the one that is read last counts, though it was there first."""
    results = tmp_path / "results"
    paths = sorted(put_many(results, LARGE + SMALL))
    opened(results, tmp_path / "index")
    document = json.loads(paths[-1].read_bytes())
    document["results"]["m.track_b"] = [[99.0], [], "v1"]
    copy = paths[0].with_name("0-copy.json")
    copy.write_text(json.dumps(document))
    index = opened(results, tmp_path / "index")
    (series,) = (one for one in index.archive().series if one.key.case.benchmark == "m.track_b")
    assert 99.0 not in series.values.tolist()


def test_text_that_is_no_unicode_is_read_without_an_index(tmp_path: Path) -> None:
    put(tmp_path / "results", {"m.time_\ud800": [[1.0], [], "v1"]})
    index = open_index(tmp_path / "results", tmp_path / "index")
    assert isinstance(index, DirectIndex)
    assert "read without an index" in index.warnings[0]
    assert_same(read_archive(tmp_path / "results"), index.archive())


# --- after changes ----------------------------------------------------------------------------------


def _add(results: Path, number: int) -> None:
    put(results, {"m.time_a": [[float(number), 2.0], None, "v1"]}, commit=f"{number:08x}" * 5, day=number)


def _replace(results: Path, number: int) -> None:
    for path in _file(results, number):
        path.write_bytes(path.read_bytes().replace(b"1.0", b"0.5").replace(b"v1", b"v2"))


def _remove(results: Path, number: int) -> None:
    for path in _file(results, number):
        path.unlink()


def _touch(results: Path, number: int) -> None:
    for path in _file(results, number):
        path.touch()


def _break(results: Path, number: int) -> None:
    for path in _file(results, number):
        path.write_bytes(path.read_bytes()[:-5])


def _file(results: Path, number: int) -> list[Path]:
    files = sorted(results.glob("*/*-*.json"))
    return files[number % len(files) :][:1] if files else []


def _describe(results: Path, number: int) -> None:
    put_benchmarks(results, "m.time_a", params=P12 if number % 2 else [["3", "4"]], unit=f"s{number}")


def _rename_machine(results: Path, number: int) -> None:
    path = results / "box" / "machine.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(["{", json.dumps({**MACHINE, "version": 1}), '{"machine": "other"}'][number % 3])


def _session(results: Path, number: int) -> None:
    path = results / "box" / "sessions" / f"{session(number, (A,)).id}.jsonl.gz"
    path.unlink(missing_ok=True)
    first, second = A.cases()
    carried = run(second, CarriedOver(measured_at=COMMITS[0]), commit=COMMITS[1])
    put_session(results, number, run(first, Failed(kind=FailureKind.RAISED, text=str(number))), carried)


CHANGES = (_add, _add, _add, _replace, _remove, _touch, _break, _describe, _rename_machine, _session)


@settings(deadline=None, derandomize=True, max_examples=25)
@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from(CHANGES), st.integers(0, 60)), max_size=12), min_size=1, max_size=4
    )
)
def test_whatever_happens_to_the_results(
    rounds: list[list[tuple[Callable[[Path, int], None], int]]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        results, index = Path(folder) / "results", Path(folder) / "index"
        put_many(results, SMALL + 2)
        for changes in rounds:
            for change, number in changes:
                change(results, number)
            opened(results, index)


def test_nothing_changed_writes_nothing(tmp_path: Path) -> None:
    put_many(tmp_path / "results", 3)
    opened(tmp_path / "results", tmp_path / "index")
    manifest = tmp_path / "index" / "manifest.json"
    opened(tmp_path / "results", tmp_path / "index")  # a young stamp is kept now
    before = manifest.stat()
    opened(tmp_path / "results", tmp_path / "index")
    assert manifest.stat() == before


def test_other_times_but_the_same_content_make_no_part_again(tmp_path: Path) -> None:
    paths = put_many(tmp_path / "results", 3)
    opened(tmp_path / "results", tmp_path / "index")
    before = parts(tmp_path / "index")
    for path in paths:
        os.utime(path, (1, 1))
    opened(tmp_path / "results", tmp_path / "index")
    assert parts(tmp_path / "index") == before


def test_a_new_file_makes_one_part_again(tmp_path: Path) -> None:
    put_many(tmp_path / "results", 3 * LARGE)
    opened(tmp_path / "results", tmp_path / "index")
    before = parts(tmp_path / "index")
    _add(tmp_path / "results", 5)
    opened(tmp_path / "results", tmp_path / "index")
    assert len(before - parts(tmp_path / "index")) == 1


STAMP = Stamp(size=3, modified_ns=10**18, changed_ns=10**18)
KNOWN = Source(kind=RESULTS, path="box/a.json", stamp=STAMP, digest="d", warnings=(), said=None)


@pytest.mark.parametrize(
    ("stamp", "known", "stands"),
    [
        pytest.param(STAMP, KNOWN, True, id="size and times are the same: the file is not opened"),
        pytest.param(Stamp(size=4, modified_ns=10**18, changed_ns=10**18), KNOWN, False, id="another size"),
        pytest.param(Stamp(size=3, modified_ns=7, changed_ns=10**18), KNOWN, False, id="another time"),
        pytest.param(UNKNOWN, KNOWN, False, id="nothing is known of it"),
        pytest.param(STAMP, None, False, id="it is new"),
    ],
)
def test_what_is_taken_to_be_unchanged(
    tmp_path: Path, stamp: Stamp, known: Source | None, stands: bool
) -> None:
    """There is no such file, so whatever had to look into it would find it changed."""
    found = Found(kind=RESULTS, path="box/a.json", stamp=stamp)
    assert (_standing(tmp_path, found, known, 2 * 10**18) is not None) == stands


def test_a_time_stamp_proves_nothing_while_it_is_young() -> None:
    assert STAMP.settled(10**18 + 10**9) == UNKNOWN
    assert STAMP.settled(10**18 + 3 * 10**9) == STAMP


# --- which parts are made ---------------------------------------------------------------------------


def found(*names: int, folder: str = "box") -> list[Found]:
    return [Found(kind=RESULTS, path=f"{folder}/{name:04}.json", stamp=STAMP) for name in sorted(names)]


def part(files: list[Found]) -> Part:
    paths = tuple(one.path for one in files)
    return Part(kind=RESULTS, folder="box", sources=paths, machine="box", definitions=None, files=())


def sizes(files: list[Found], known: list[Part], *changed: int) -> list[int]:
    """The parts in order: how many files each has, below zero where it stands."""
    paths = frozenset(one.path for one in found(*changed))
    steps = plan(files, known, lambda _: True, paths).steps
    named = [path for step in steps for path in (step.sources if isinstance(step, Part) else step.stamps)]
    assert named == [one.path for one in files], "every file once, in order"
    return [-len(one.sources) if isinstance(one, Part) else len(one.stamps) for one in steps]


def test_parts_of_a_first_reading() -> None:
    assert sizes([], []) == []
    assert sizes(found(*range(LARGE)), []) == [48]
    assert sizes(found(*range(100)), []) == [33, 33, 34]
    assert sizes([*found(1), *found(1, folder="other")], []) == [1, 1], (
        "a folder is never joined with another"
    )


def test_parts_after_changes() -> None:
    """Parts of files 0, 2, 4, … 62 and 100, 102, … 162: 32 each."""
    low, high = found(*range(0, 64, 2)), found(*range(100, 164, 2))
    known = [part(low), part(high)]
    assert sizes([*low, *high], known) == [-32, -32]
    assert sizes([*low, *high], known, 4) == [32, -32], "a changed file makes its part new"
    assert sizes(low[1:] + high, known) == [31, -32], "one that is gone, too"
    assert sizes([*low, *found(70), *high], known) == [-32, 1, -32], "between two parts it stands alone"
    between = found(*range(0, 64, 2), 3)
    assert sizes([*between, *high], known) == [33, -32], "inside a part it makes that new"


def test_small_parts_join_what_is_made_beside_them() -> None:
    """So that a history that grows by a file a night does not become a part for each night."""
    full, small = found(*range(SMALL)), found(*range(20, 23))
    known = [part(full), part(small)]
    assert sizes([*full, *small], known) == [-16, -3]
    assert sizes([*full, *small, *found(30)], known) == [-16, 4]


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.lists(st.sets(st.integers(0, 400), max_size=40), max_size=12))
def test_parts_stay_few_and_of_a_size(rounds: list[set[int]]) -> None:
    names: set[int] = set()
    known: list[Part] = []
    for changed in rounds:
        names ^= changed
        files = found(*names)
        steps = plan(files, known, lambda _: True, frozenset()).steps
        known = [
            one if isinstance(one, Part) else part([f for f in files if f.path in one.stamps])
            for one in steps
        ]
        assert [path for one in known for path in one.sources] == [one.path for one in files]
        assert all(len(one.sources) <= LARGE for one in known)
    assert len(known) <= 1 + len(names) / SMALL * 2 + len(rounds)


# --- after accidents --------------------------------------------------------------------------------


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _rot(path: Path) -> None:
    path.write_bytes(b"\0" * path.stat().st_size)


def _foreign(path: Path) -> None:
    path.write_text('{"format": "x"}')


def _list(path: Path) -> None:
    path.write_text("[]")


DAMAGE: dict[str, tuple[str, Callable[[Path], None]]] = {
    "no manifest": ("manifest.json", Path.unlink),
    "half a manifest": ("manifest.json", _truncate),
    "a manifest of zeros": ("manifest.json", _rot),
    "a foreign manifest": ("manifest.json", _foreign),
    "a manifest that is a list": ("manifest.json", _list),
    "half a table": ("measurements/*/*.parquet", _truncate),
    "no table": ("series/*/*.parquet", Path.unlink),
    "half an array": ("shelf/*/*-value.npy", _truncate),
    "no array": ("shelf/*/*-bounds.npy", Path.unlink),
    "no reasons": ("unmeasured/*/*.json", Path.unlink),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_index_is_made_again_without_a_word(tmp_path: Path, name: str) -> None:
    some_sessions(tmp_path / "results")
    opened(tmp_path / "results", tmp_path / "index")
    pattern, damage = DAMAGE[name]
    for path in (tmp_path / "index").glob(pattern):
        damage(path)
    assert opened(tmp_path / "results", tmp_path / "index").warnings == ()


def test_what_rotted_is_noticed_when_it_is_used(tmp_path: Path) -> None:
    """A table of its old size full of zeros: the next refresh that reads it starts over."""
    put_many(tmp_path / "results", 2 * LARGE)
    opened(tmp_path / "results", tmp_path / "index")
    for path in (tmp_path / "index").glob("measurements/*/*.parquet"):
        _rot(path)
    _add(tmp_path / "results", 5)
    opened(tmp_path / "results", tmp_path / "index")


@pytest.mark.parametrize("key", ["version", "columns", "results_dir"])
def test_an_index_of_another_version_or_of_other_results(tmp_path: Path, key: str) -> None:
    put_many(tmp_path / "results", 2)
    opened(tmp_path / "results", tmp_path / "index")
    path = tmp_path / "index" / "manifest.json"
    path.write_bytes(orjson.dumps({**orjson.loads(path.read_bytes()), key: 99}))
    opened(tmp_path / "results", tmp_path / "index")
    assert orjson.loads(path.read_bytes())[key] != 99


def test_leftovers_are_swept_but_not_under_who_has_it_open(tmp_path: Path) -> None:
    put_many(tmp_path / "results", 2)
    index = opened(tmp_path / "results", tmp_path / "index")
    remembered = index.remembered("steps-1")
    remembered.put_many({b"x" * 16: index.archive().series[0].values})
    leftover = tmp_path / "index" / "measurements" / "machine=box" / ".123-half.parquet"
    leftover.write_bytes(b"")
    second = open_index(tmp_path / "results", tmp_path / "index")
    assert leftover.exists()
    del index, second
    open_index(tmp_path / "results", tmp_path / "index")
    assert not leftover.exists()
    assert list(remembered.get_many([b"x" * 16])) == [b"x" * 16]


def test_git_does_not_see_an_index(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    opened(tmp_path / "results", tmp_path / ".groundspeed" / "index")
    opened(tmp_path / "results", tmp_path / ".groundspeed" / "index")
    assert git(tmp_path, "status", "--porcelain") == ""


OPEN = (
    "import sys; from pathlib import Path; from groundspeed.results.index import open_index; "
    "index = open_index(Path(sys.argv[1]), Path(sys.argv[2])); "
    "print(len(index.archive().series), index.warnings)"
)


def start_opening(results: Path, folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", OPEN, str(results), str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_a_killed_refresh_leaves_the_old_index_or_the_new(tmp_path: Path) -> None:
    """A pipe among the results holds the refresh where it has written some parts, but not all."""
    results = tmp_path / "results"
    opened(results, tmp_path / "index")
    put_many(results, 2 * LARGE)
    pipe = results / "box" / "zzz.json"
    os.mkfifo(pipe)
    with start_opening(results, tmp_path / "index") as process:
        held = os.open(pipe, os.O_WRONLY)  # returns when the other end is open: it reads
        process.send_signal(signal.SIGKILL)
        process.wait()
        os.close(held)
    pipe.unlink()
    assert list((tmp_path / "index" / "measurements").glob("*/*.parquet")), "it had begun to write"
    opened(results, tmp_path / "index")


def test_several_at_once(tmp_path: Path) -> None:
    results = tmp_path / "results"
    put_many(results, 2 * LARGE)
    started = [start_opening(results, tmp_path / "index") for _ in range(3)]
    said = {process.communicate()[0] for process in started}
    assert said == {"3 ()\n"}
    opened(results, tmp_path / "index")


def test_results_are_read_where_no_index_can_be_written(tmp_path: Path) -> None:
    some_sessions(tmp_path / "results")
    (tmp_path / "file").write_text("in the way")
    index = open_index(tmp_path / "results", tmp_path / "file" / "index")
    assert isinstance(index, DirectIndex)
    assert "read without an index" in index.warnings[0]
    assert str(tmp_path / "file") in index.warnings[0]
    assert_same(read_archive(tmp_path / "results"), index.archive())
    assert index.remembered("steps-1").get_many([b"x" * 16]) == {}
    index.remembered("steps-1").put_many({})


def test_an_index_that_is_up_to_date_serves_where_nothing_can_be_written(tmp_path: Path) -> None:
    put_many(tmp_path / "results", 2)
    for path in (tmp_path / "results").rglob("*.json"):
        os.utime(path, (1, 1))
    opened(tmp_path / "results", tmp_path / "index")
    limit = 'ulimit -f 0; trap "" XFSZ; exec "$@"'
    places = [str(tmp_path / name) for name in ("results", "index")]
    command = ["sh", "-c", limit, "sh", sys.executable, "-c", OPEN, *places]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    # stamps may have been too young to be kept: then the manifest would have to be written
    assert done.stdout.startswith("3 ")


# --- shares -----------------------------------------------------------------------------------------


def test_parts_made_in_shares_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = tmp_path / "results"
    put_many(results, 40)
    some_sessions(results)
    definitions = read_catalog(results).definitions
    tasks = [Task(kind=one.kind, folder=one.folder, stamps={one.path: one.stamp}) for one in walk(results)]
    alone = workers.make_all(results, tmp_path / "alone", definitions, "", tasks)
    monkeypatch.setattr(workers, "_WORTH_BYTES", 1)
    monkeypatch.setattr(workers, "processes", lambda: 3)
    shared = workers.make_all(results, tmp_path / "shared", definitions, "", tasks)
    assert [one.sources for one in shared] == [one.sources for one in alone]
    assert [one.part for one in shared] == [one.part for one in alone]


# --- the numpy archive ------------------------------------------------------------------------------


@pytest.mark.archive
@pytest.mark.slow
def test_the_numpy_archive(numpy_results: Path, tmp_path: Path) -> None:
    shutil.copytree(numpy_results, tmp_path / "results", copy_function=os.link)
    index = opened(tmp_path / "results", tmp_path / "index")
    assert len(index.archive().series) == 8_424
    (file, *_) = sorted((tmp_path / "results" / "i7").glob("*-*.json"))
    shutil.copy(file, file.with_name("ffffffff-copy.json"))
    file.unlink()
    opened(tmp_path / "results", tmp_path / "index")


def test_the_columns_are_described() -> None:
    text = (COMMITTED.parent / "docs" / "index-format.md").read_text(encoding="utf-8")
    for table, columns in TABLES.items():
        assert f"`{table}`" in text
        assert {column for column in columns if f"`{column}`" not in text} == set()
