"""Session files: nothing acknowledged is ever lost, whatever happens to the writer or to the file."""

from __future__ import annotations

import gzip
import json
import math
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import zlib
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed.errors import StorageError
from groundspeed.records import (
    Benchmark,
    Better,
    Build,
    CarriedOver,
    Case,
    Control,
    Failed,
    FailureKind,
    Finding,
    Measured,
    NotRun,
    Outcome,
    Reading,
    Run,
    Sampling,
    Session,
    Severity,
    Skipped,
    Stop,
    Telemetry,
)
from groundspeed.results.session_header import header_line, parse_header
from groundspeed.results.session_lines import Item, item_line, parse_item, surely_measured
from groundspeed.results.session_wire import NewerSessionError, SessionFormatError
from groundspeed.results.sessions import SessionWriter, read_session, read_session_file, session_paths
from groundspeed.results.store import rebuild
from tests.results_records import COMMITS, MACHINE, T0, benchmark, build, measured, run, session

DOCUMENT = Path(__file__).parent.parent / "docs" / "session-format.md"
SUITE = (benchmark("m.time_a", [["1", "'x'"]]), benchmark("m.track_b", kind="track", unit="unit"))
CASE = Case(benchmark="m.time_a", params=("1",))

texts = st.text(max_size=20) | st.just('lone surrogate \udc80, quote " and\nline')
times = st.integers(0, 10**16).map(lambda microseconds: T0 + timedelta(microseconds=microseconds))
durations = st.floats(0, 1e9)
outcomes: st.SearchStrategy[Outcome] = st.one_of(
    st.builds(
        Measured,
        samples=st.lists(st.floats(allow_nan=False), max_size=5).map(tuple),
        number=st.none() | st.integers(1, 10**9),
    ),
    st.builds(Failed, kind=st.sampled_from(FailureKind), text=texts),
    st.builds(Skipped, reason=texts),
    st.builds(NotRun, reason=texts),
    st.builds(CarriedOver, measured_at=texts),
)
cases = st.builds(Case, benchmark=texts, params=st.lists(texts, max_size=3).map(tuple))
samples = st.lists(st.floats(allow_nan=False), max_size=5).map(tuple)
readings = st.builds(Reading, metric=texts, unit=texts, better=st.sampled_from(Better), samples=samples)
runs = st.builds(
    Run,
    case=cases,
    version=texts,
    commit=texts,
    environment=texts,
    outcome=outcomes,
    metrics=st.lists(readings, max_size=2).map(tuple),
    check=st.none() | texts,
    stop=st.none() | st.sampled_from(Stop),
    quick=st.booleans(),
    started_at=times,
    duration_s=durations,
)
builds = st.builds(
    Build,
    commit=texts,
    environment=texts,
    failure=st.none() | st.builds(Failed, kind=st.sampled_from(FailureKind), text=texts),
    dependencies=st.lists(texts, max_size=2).map(tuple),
    identity=st.none() | texts,
    benchmarks=st.lists(texts, max_size=2).map(tuple),
    started_at=times,
    duration_s=durations,
)
controls = st.builds(Control, started_at=times, samples=samples)
telemetries = st.builds(
    Telemetry,
    started_at=times,
    seconds=samples,
    columns=st.dictionaries(
        texts, st.lists(st.none() | st.floats(allow_nan=False), max_size=4).map(tuple), max_size=3
    ),
)
items = st.one_of(runs, builds, controls, telemetries)
samplings = st.builds(
    Sampling,
    precision=st.floats(0, 1),
    case_budget_s=durations,
    budget_s=st.none() | durations,
    interleave=st.booleans(),
    cpus=st.lists(st.integers(0, 512), max_size=4).map(tuple),
)
findings = st.builds(Finding, check=texts, severity=st.sampled_from(Severity), seen=texts, advice=texts)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
benchmarks = st.builds(
    Benchmark,
    name=texts,
    kind=texts,
    params=st.lists(st.lists(texts, max_size=3).map(tuple), max_size=2).map(tuple),
    param_names=st.lists(texts, max_size=2).map(tuple),
    unit=texts,
    version=texts,
    timeout_s=st.none() | st.floats(0) | st.just(math.inf),
    rounds=st.integers(1, 9),
    setup_cache_key=st.none() | texts,
    setup_cache_timeout_s=st.none() | durations,
    definition=st.dictionaries(texts, json_values, max_size=4),
)


@settings(deadline=None, derandomize=True, max_examples=150)
@given(items)
def test_a_line_comes_back_as_it_was(item: Item) -> None:
    line = item_line(item)
    assert line.count(b"\n") == 1
    assert parse_item(line) == item
    assert surely_measured(line) == (isinstance(item, Run) and isinstance(item.outcome, Measured))


@settings(deadline=None, derandomize=True, max_examples=50)
@given(
    st.lists(benchmarks, max_size=3),
    times,
    st.integers(0, 2**32),
    st.none() | samplings,
    st.lists(findings, max_size=3).map(tuple),
)
def test_a_header_comes_back_as_it_was(
    found: list[Benchmark], at: datetime, seed: int, sampling: Sampling | None, fitness: tuple[Finding, ...]
) -> None:
    written = replace(
        session(1, found),
        started_at=at,
        seed=seed,
        commits={COMMITS[0]: at},
        sampling=sampling,
        fitness=fitness,
    )
    assert parse_header(header_line(written, MACHINE)) == (written, MACHINE)


def test_a_sample_that_is_no_number_is_kept_in_strict_json() -> None:
    line = item_line(run(CASE, measured(math.nan, math.inf, -math.inf, 1.5)))
    json.loads(line, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    back = parse_item(line)
    assert isinstance(back, Run)
    assert isinstance(back.outcome, Measured)
    assert [str(sample) for sample in back.outcome.samples] == ["nan", "inf", "-inf", "1.5"]


@settings(deadline=None, derandomize=True, max_examples=25)
@given(st.lists(items, max_size=8))
def test_a_session_comes_back_as_it_was(items: list[Item]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        with SessionWriter(Path(folder), session(1, SUITE), MACHINE) as writer:
            for item in items:
                writer.append(item)
        assert read_session(writer.path) == (session(1, SUITE), tuple(items), ())
        assert read_session_file(writer.path).closed
        others = [
            item for item in items if not (isinstance(item, Run) and isinstance(item.outcome, Measured))
        ]
        assert read_session_file(writer.path, measured=False).items == tuple(others)


def test_what_version_1_0_did_not_say(tmp_path: Path) -> None:
    """A session as groundspeed wrote it before 1.1: the keys that were added later are absent."""
    head = json.loads(header_line(session(1, SUITE), MACHINE)) | {"version": [1, 0]}
    lines = [json.loads(item_line(one)) for one in (run(CASE, measured(1.0)), build())]
    for line in (head, *lines):
        for key in ("sampling", "fitness", "metrics", "check", "stop", "identity"):
            line.pop(key, None)
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(gzip.compress(b"".join(json.dumps(one).encode() + b"\n" for one in (head, *lines))))
    assert read_session(path) == (session(1, SUITE), (run(CASE, measured(1.0)), build()), ())


def test_the_committed_sessions_are_read_and_are_what_the_files_beside_them_say(tmp_path: Path) -> None:
    committed = DOCUMENT.parent.parent / "results"
    machines = [path.parent.name for path in committed.glob("*/machine.json")]
    paths = [path for machine in machines for path in session_paths(committed / machine)]
    old = [path for path in paths if _version(path) == [1, 0]]
    assert len(old) >= 3
    for path in old:
        file = read_session_file(path)
        assert file.warnings == ()
        assert file.items
        assert (file.session.sampling, file.session.fitness) == (None, ())
    shutil.copytree(committed, tmp_path / "results")
    assert [rebuild(tmp_path / "results", machine) for machine in machines] == [()] * len(machines)
    assert _files(tmp_path / "results") == _files(committed)


def _version(path: Path) -> object:
    with gzip.open(path) as file:
        return json.loads(file.readline())["version"]


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_the_document_shows_lines_that_are_read() -> None:
    examples = re.findall(r"```json\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    header, *items = (json.dumps(json.loads(example)).encode() for example in examples)
    documented, machine = parse_header(header)
    assert json.loads(header_line(documented, machine)) == json.loads(header)
    for item in items:
        assert json.loads(item_line(parse_item(item))) == json.loads(item)
    assert [json.loads(item)["type"] for item in items] == ["build", "run", "control", "telemetry"]


# --- cut, damaged, newer ---------------------------------------------------------------------------


def _written(folder: Path, count: int) -> tuple[Path, Session, tuple[Run, ...]]:
    items = tuple(run(CASE, measured(0.1 * number, 1 / 3)) for number in range(count))
    head = session(1, SUITE)
    with SessionWriter(folder, head, MACHINE) as writer:
        for item in items:
            writer.append(item)
    return writer.path, head, items


def test_a_file_cut_anywhere_gives_every_whole_line(tmp_path: Path) -> None:
    path, head, items = _written(tmp_path, 6)
    data = path.read_bytes()
    seen: set[int] = set()
    for length in range(len(data)):
        path.write_bytes(data[:length])
        try:
            back, found, warnings = read_session(path)
        except SessionFormatError:
            assert not seen, "once the header is whole it stays readable"
            continue
        assert back == head
        assert found == items[: len(found)]
        assert len(warnings) <= 1
        seen.add(len(found))
    assert seen == set(range(len(items) + 1))


def test_gzip_members_follow_one_another(tmp_path: Path) -> None:
    path, head, items = _written(tmp_path, 2)
    with path.open("ab") as file:
        file.write(gzip.compress(item_line(items[0])))
        file.write(gzip.compress(item_line(items[1])))
    assert read_session(path) == (head, (*items, *items), ())


@pytest.mark.parametrize("damage", [b"garbage", b"\x00" * 40])
def test_damage_costs_what_comes_after_it(tmp_path: Path, damage: bytes) -> None:
    path, head, items = _written(tmp_path, 3)
    with path.open("ab") as file:
        file.write(damage)
    back, found, warnings = read_session(path)
    assert (back, found) == (head, items)
    assert len(warnings) == 1
    assert str(path) in warnings[0]


def test_unknown_lines_are_passed_over_and_named(tmp_path: Path) -> None:
    known = item_line(run(CASE, measured(1.0)))
    strange = json.loads(known) | {"outcome": {"is": "dreamt"}, "colour": "new keys mean nothing"}
    failure = json.loads(known) | {"outcome": {"is": "failed", "kind": "melted", "text": ""}}
    stopped = json.loads(known) | {"stop": "bored"}
    lines = [{"type": "dream"}, strange, failure, stopped, {"type": "run"}]
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(
        gzip.compress(
            header_line(session(1, SUITE), MACHINE)
            + b"".join(json.dumps(line).encode() + b"\n" for line in lines)
            + b"[]\nnot json\n"
            + known
        )
    )
    _, items, warnings = read_session(path)
    assert items == (parse_item(known),)
    assert len(warnings) == 7
    assert "line 2: unknown dream" in warnings[0]


def test_a_newer_minor_version_may_add_keys(tmp_path: Path) -> None:
    header = json.loads(header_line(session(1, SUITE), MACHINE))
    header["version"] = [1, 9]
    header["mood"] = {}
    header["fitness"] = [{"check": "moon", "severity": "eerie", "seen": "full", "advice": ""}]
    header["fingerprint"]["colour"] = header["environments"][0]["lock"] = "grey"
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(header).encode() + b"\n"))
    eerie = Finding(check="moon", severity=Severity.UNKNOWN, seen="full", advice="")
    assert read_session(path)[0] == replace(session(1, SUITE), fitness=(eerie,))


def test_a_newer_major_version_is_refused(tmp_path: Path) -> None:
    header = json.loads(header_line(session(1, SUITE), MACHINE)) | {"version": [2, 0]}
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(header).encode() + b"\n"))
    with pytest.raises(NewerSessionError, match=r"x\.jsonl\.gz has format 2\.0.*newer groundspeed"):
        read_session(path)


@pytest.mark.parametrize("data", [b"", b"text", gzip.compress(b""), gzip.compress(b'{"type": "run"}\n')])
def test_what_is_no_session_is_named(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(data)
    with pytest.raises(SessionFormatError, match=r"x\.jsonl\.gz"):
        read_session(path)


def test_a_link_that_loops_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl.gz"
    path.symlink_to(path)
    with pytest.raises(SessionFormatError, match=r"cannot be read"):
        read_session(path)


def test_a_name_is_taken_once(tmp_path: Path) -> None:
    path, *_ = _written(tmp_path, 1)
    before = path.read_bytes()
    with pytest.raises(StorageError):
        SessionWriter(tmp_path, session(1, SUITE), MACHINE)
    assert path.read_bytes() == before


# --- killed, full ----------------------------------------------------------------------------------

WRITER = """
import resource, sys
from pathlib import Path
from groundspeed.errors import StorageError
from groundspeed.records import Case
from groundspeed.results.sessions import SessionWriter
from tests.results_records import MACHINE, measured, run
from tests.test_results_sessions import CASE, SUITE, session

limit = int(sys.argv[2])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
writer = SessionWriter(Path(sys.argv[1]), session(1, SUITE), MACHINE)
number = 0
while True:
    try:
        writer.append(run(CASE, measured(*(number + part / 7 for part in range(10)))))
    except StorageError as error:
        try:
            writer.append(run(CASE, measured(0.0)))
        except StorageError:
            sys.exit("refused, and again")
    number += 1
    print(number, flush=True)
"""


def _writer(folder: Path, limit_bytes: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(limit_bytes)],
        cwd=Path(__file__).parent.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    with _writer(tmp_path, 0) as child:
        assert child.stdout is not None
        acknowledged = [int(child.stdout.readline()) for _ in range(50)][-1]
        child.kill()
        acknowledged = max([acknowledged, *(int(line) for line in child.stdout.read().split())])
    assert child.returncode == -signal.SIGKILL
    (path,) = tmp_path.iterdir()
    assert not read_session_file(path).closed
    head, items, _ = read_session(path)
    assert head == session(1, SUITE)
    assert len(items) >= acknowledged
    for number, item in enumerate(items):
        assert item == run(CASE, measured(*(number + part / 7 for part in range(10))))


def test_a_full_disk_is_an_error_and_costs_nothing(tmp_path: Path) -> None:
    """A file size limit stands for the disk: the kernel refuses the write in the middle in both."""
    with _writer(tmp_path, 4_000) as child:
        output, errors = child.communicate()
    acknowledged = output.split()
    assert "refused, and again" in errors
    (path,) = tmp_path.iterdir()
    file = read_session_file(path)
    assert len(acknowledged) > 5
    # the refused line may stand there whole, with only the end of its block missing
    assert 0 <= len(file.items) - len(acknowledged) <= 1
    assert path.stat().st_size == 4_000


def test_a_full_device_leaves_no_session_without_a_header(tmp_path: Path) -> None:
    (tmp_path / f"{session(1, SUITE).id}.jsonl.gz").symlink_to("/dev/full")
    with pytest.raises(StorageError):
        SessionWriter(tmp_path, session(1, SUITE), MACHINE)


def test_each_line_ends_a_block(tmp_path: Path) -> None:
    with SessionWriter(tmp_path, session(1, SUITE), MACHINE) as writer:
        for number in range(3):
            writer.append(build(COMMITS[number]))
            text = zlib.decompressobj(31).decompress(writer.path.read_bytes())
            assert text.count(b"\n") == 2 + number
