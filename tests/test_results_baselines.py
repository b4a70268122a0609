"""Baselines on disk: what is written comes back, the same bytes each time, and nothing half."""

from __future__ import annotations

import gzip
import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed.errors import GroundspeedError, NothingMeasuredError
from groundspeed.records import Case, Skipped
from groundspeed.results.archive import read_archive
from groundspeed.results.baseline_lines import from_lines, to_lines
from groundspeed.results.baselines import (
    BaselineFormatError,
    baseline_path,
    read_baseline,
    read_shelf,
    summary_of,
    write_baseline,
)
from groundspeed.results.origin import Installed, Origin, read_origin
from groundspeed.results.store import ResultStore
from tests.baseline_records import baseline, measurement, missing, process
from tests.results_records import (
    COMMITS,
    MACHINE,
    PY,
    benchmark,
    build,
    fingerprint,
    measured,
    run,
    session,
)


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    path = write_baseline(tmp_path, baseline(), overwrite=False)
    assert path == tmp_path / "baselines" / "v1.2.jsonl.gz"
    found = read_baseline(tmp_path, "v1.2")
    assert repr(found) == repr(baseline())  # a NaN is not equal to itself, its text is
    assert read_shelf(tmp_path).baselines[0].name == "v1.2"


def test_equal_baselines_are_equal_bytes_in_any_order() -> None:
    one, other = baseline().measurements
    assert to_lines(baseline(one, other)) == to_lines(baseline(other, one))


def test_a_baseline_lies_where_asv_sees_no_result(tmp_path: Path) -> None:
    write_baseline(tmp_path, baseline(), overwrite=False)
    assert not list(tmp_path.rglob("*.json"))
    assert read_archive(tmp_path).warnings == ()


def test_every_line_is_strict_json_with_its_figures() -> None:
    def refuse(text: str) -> float:
        raise AssertionError(text)

    header, first, second = (
        json.loads(line, parse_constant=refuse) for line in to_lines(baseline()).splitlines()
    )
    assert header["format"] == "groundspeed-baseline"
    assert header["version"] == [1, 0]
    assert header["origin"]["machine_json"]["num_cpu"] == "2"
    assert first["summary"] == {
        "samples": 3,
        "mean": pytest.approx(1.25e-5),
        "median": 1.25e-5,
        "p95": pytest.approx(1.475e-5),  # at place 1 + 2 * 0.95 = 2.9
        "p99": pytest.approx(1.495e-5),
        "min": 1e-5,
        "max": 1.5e-5,
        "sd": pytest.approx(2.5e-6),
    }
    assert first["stored"] == {"value": 1.25e-5, "low": "nan", "high": "inf"}
    assert second["why"] == {"is": "failed", "kind": "raised", "text": "no\nluck"}


def test_what_kept_no_samples_has_no_figures() -> None:
    assert summary_of(replace(measurement(), processes=())) is None
    assert summary_of(measurement(process(math.nan, math.inf))) is None
    found = summary_of(measurement(process(math.nan, 2.0)))
    assert found is not None
    assert found.samples == 1


@given(
    st.lists(
        st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=5),
        min_size=1,
        max_size=4,
    ),
    st.text(max_size=20),
)
@settings(deadline=None, derandomize=True, max_examples=60)
def test_samples_and_texts_come_back_to_the_last_bit(samples: list[list[float]], text: str) -> None:
    one = measurement(*(process(*row, number=None) for row in samples))
    whole = baseline(one, missing(Skipped(reason=text)))
    assert repr(from_lines(to_lines(whole).splitlines())) == repr(whole)


# --- names ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../up", "a/b", "a\\b", "-x", "a b", "a\n", "ä", "x" * 101, "a\0"]
)
def test_a_name_that_is_no_file_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(GroundspeedError, match="cannot be the name of a baseline"):
        baseline_path(tmp_path, name)


@pytest.mark.parametrize("name", ["main", "v1.2", "2026-11-21", "a_b+c", "x" * 100, "main.json"])
def test_other_names_do(tmp_path: Path, name: str) -> None:
    assert baseline_path(tmp_path, name).parent == tmp_path / "baselines"
    assert not baseline_path(tmp_path, name).name.endswith(".json")


def test_a_taken_name_is_given_up_only_when_told(tmp_path: Path) -> None:
    path = write_baseline(tmp_path, baseline(), overwrite=False)
    before = path.read_bytes()
    changed = baseline(measurement())
    with pytest.raises(GroundspeedError, match="--replace"):
        write_baseline(tmp_path, changed, overwrite=False)
    assert path.read_bytes() == before
    write_baseline(tmp_path, changed, overwrite=True)
    assert len(read_baseline(tmp_path, "v1.2").measurements) == 1
    assert [one.name for one in path.parent.iterdir()] == ["v1.2.jsonl.gz"]


def test_an_unknown_name_says_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(NothingMeasuredError, match=r"no baseline yet.*baseline save main"):
        read_baseline(tmp_path, "main")
    write_baseline(tmp_path, baseline(), overwrite=False)
    with pytest.raises(NothingMeasuredError, match=r"There are v1\.2"):
        read_baseline(tmp_path, "main")
    with pytest.raises(NothingMeasuredError, match=r"Did you mean v1\.2"):
        read_baseline(tmp_path, "v1.3")


def test_a_renamed_file_is_a_renamed_baseline(tmp_path: Path) -> None:
    path = write_baseline(tmp_path, baseline(), overwrite=False)
    path.rename(path.with_name("old.jsonl.gz"))
    assert read_baseline(tmp_path, "old").name == "old"


# --- broken files -----------------------------------------------------------------------------------


def lines() -> list[bytes]:
    return to_lines(baseline()).splitlines(keepends=True)


def changed(at: int, **values: object) -> bytes:
    """The text with other values in one line."""
    found = lines()
    found[at] = json.dumps({**json.loads(found[at]), **values}).encode() + b"\n"
    return b"".join(found)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "cannot be read|broken first line"),
        (b"no gzip", "cannot be read"),
        (gzip.compress(b"".join(lines()))[:-20], "cannot be read"),
        (gzip.compress(b""), "broken first line"),
        (gzip.compress(b"[1]\n"), "broken first line"),
        (gzip.compress(b"{}\n"), "another file"),
        (gzip.compress(changed(0, version=[2, 0])), "reads up to 1.x"),
        (gzip.compress(changed(0, origin={})), "broken first line"),
        (gzip.compress(changed(0, saved_at="yesterday")), "broken first line"),
        (gzip.compress(b"".join(lines()[:-1])), "has 1 of its 2 measurements"),
        (gzip.compress(b"".join([*lines()[:-1], b'{"type"'])), "broken line 3"),
        (gzip.compress(changed(1, type="guess")), "broken line 2"),
        (gzip.compress(changed(1, better="sideways")), "broken line 2"),
        (gzip.compress(changed(1, stored={"value": 1.0})), "broken line 2"),
        (gzip.compress(changed(2, why={"is": "carried_over", "measured_at": "x"})), "broken line 3"),
        (gzip.compress(changed(2, why={"is": "stolen"})), "broken line 3"),
    ],
)
def test_a_broken_file_is_named_with_its_line(tmp_path: Path, data: bytes, said: str) -> None:
    path = baseline_path(tmp_path, "bad")
    path.parent.mkdir()
    path.write_bytes(data)
    with pytest.raises(BaselineFormatError, match=said) as raised:
        read_baseline(tmp_path, "bad")
    assert str(path) in str(raised.value)
    assert "Restore it from git" in str(raised.value)
    write_baseline(tmp_path, baseline(), overwrite=False)
    shelf = read_shelf(tmp_path)
    assert [one.name for one in shelf.baselines] == ["v1.2"]
    assert len(shelf.warnings) == 1


def test_keys_that_a_newer_minor_version_added_mean_nothing() -> None:
    found = from_lines(changed(1, humidity=0.4).splitlines())
    assert repr(found) == repr(baseline())


# --- where it comes from ----------------------------------------------------------------------------


def test_the_origin_is_of_the_sessions_that_took_the_samples(tmp_path: Path) -> None:
    sort = benchmark("suite.time_sort")
    case = Case(benchmark="suite.time_sort", params=())
    store = ResultStore(tmp_path, MACHINE)
    dependencies = {1: ("python==3.11.7", "numpy==2.4.6"), 2: ("python==3.11.9", "numpy==2.5.0")}
    for number, commit in ((1, COMMITS[0]), (2, COMMITS[0]), (3, COMMITS[1])):
        kernel = replace(fingerprint(), kernel=f"6.{number}")
        store.begin(
            replace(session(number, [sort]), fingerprint=kernel, versions={"groundspeed": str(number)})
        )
        if number in dependencies:
            store.add(replace(build(commit), dependencies=dependencies[number]))
        store.add(run(case, measured(1.0), commit))
        store.close()
    took = {session(number, [sort]).id for number in (1, 2)}
    found = read_origin(tmp_path, "box", COMMITS[0], took)
    assert found.installed == (
        Installed(environment=PY.name, python="3.11.9", dependencies=("numpy==2.5.0",)),
    )
    assert found.versions == {"groundspeed": "2"}
    assert found.fingerprint is not None
    assert found.fingerprint.kernel == "6.2"
    assert found.description["cpu"] == "Made CPU"


def test_what_asv_alone_measured_has_its_machine_and_no_more(tmp_path: Path) -> None:
    (tmp_path / "box").mkdir()
    (tmp_path / "box" / "machine.json").write_text(json.dumps({**MACHINE, "version": 1}), encoding="utf-8")
    found = read_origin(tmp_path, "box", COMMITS[0], set())
    assert found == Origin(machine="box", description=MACHINE, fingerprint=None, installed=(), versions={})
    assert read_origin(tmp_path, "nobody", COMMITS[0], set()).description == {}
