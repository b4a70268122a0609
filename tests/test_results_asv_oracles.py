"""asv's own functions as oracles for what the results border does in their place."""

from __future__ import annotations

import copy
import json
import math
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from asv import results as asv_results
from asv import util as asv_util
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed.records import Case
from groundspeed.results import asv_files, asv_json
from groundspeed.results.entries import Place
from groundspeed.results.ledger import Ledger
from groundspeed.results.rows import stored_file
from tests.results_records import COMMITS, MACHINE, PY, T0, benchmark, measured, run, session

floats = st.floats(allow_nan=False)
words = st.text('aN []{},:"\\', max_size=6) | st.sampled_from(
    ["NaN", "Infinity", "-Infinity", "[1, NaN]", '"NaN"', 'x": Infinity, "', "\\NaN", "-", "\udc80"]
)
documents = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | floats | st.just(math.nan) | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)


def _plain(value: Any) -> Any:
    """What ``read_fast`` promises: the three literals as text."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Inf"
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return value


@settings(deadline=None, derandomize=True, max_examples=400)
@given(documents)
def test_the_guard_never_misreads(document: Any) -> None:
    data = json.dumps(document).encode()
    assert asv_json.read_fast(data) == _plain(json.loads(data))


@pytest.mark.parametrize("text", ["[NaN NaN]", "[xNaN]", "[1NaN]", "Na", "[-NaN]", '["a"NaN]', '{"NaN": }'])
def test_the_guard_accepts_nothing_that_python_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        json.loads(text)
    with pytest.raises(ValueError, match=r"."):
        asv_json.read_fast(text.encode())


@settings(deadline=None, derandomize=True, max_examples=100)
@given(floats)
def test_truncation_is_asvs(value: float) -> None:
    assert asv_json.truncated(value) == asv_util.truncate_float_list(value)


@pytest.mark.parametrize("compact", [True, False])
def test_files_are_written_as_asv_writes_them(tmp_path: Path, compact: bool) -> None:
    value = {"b": [1.5, math.nan, None, "é\udc80"], "a": {"z": 1, "y": -math.inf}}
    path = tmp_path / "x.json"
    asv_util.write_json(str(path), value, compact=compact)
    ours = asv_json.write_compact(value) if compact else asv_json.write_indented(value)
    assert path.read_bytes() == ours


@pytest.mark.parametrize("length", [5, 127, 128, 300])
def test_file_names_are_asvs(length: int) -> None:
    name = "é" * length
    assert f"box/{asv_files.file_name(COMMITS[0], name)}" == asv_results.get_filename("box", COMMITS[0], name)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(st.integers(-(10**15), 10**16))
def test_time_stamps_are_asvs(microseconds: int) -> None:
    moment = T0 + timedelta(microseconds=microseconds)
    assert asv_files.milliseconds(moment) == asv_util.datetime_to_js_timestamp(moment)


samples = st.lists(st.floats(1e-9, 1e4), min_size=1, max_size=30).map(tuple)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.lists(samples, min_size=2, max_size=2), st.none() | st.integers(1, 10**6))
def test_a_file_is_what_asv_saves(pair: list[tuple[float, ...]], number: int | None) -> None:
    """One run of every case, given to ``Results.add_result`` and to the ledger."""
    suite = (benchmark("m.time_a", [["1", "'x'"]]), benchmark("m.time_b"))
    ledger = Ledger()
    ledger.open(session(1, suite), MACHINE)
    ours = [*suite[0].cases(), *suite[1].cases()]
    outcomes = [measured(*pair[0], number=number), None, measured(*pair[1], number=number)]
    theirs = asv_results.Results(
        {**MACHINE, "python": "3.11"}, {}, COMMITS[0], asv_files.milliseconds(T0), "3.11", PY.name, {}
    )
    for line, (case, outcome) in enumerate(zip(ours, outcomes, strict=True), start=2):
        if outcome is not None:
            ledger.add(Place(session=session(1, suite).id, line=line), run(case, outcome))
    given_to_asv: list[list[tuple[float, ...] | None]] = [[pair[0], None], [pair[1]]]
    for found, given_samples in zip(suite, given_to_asv, strict=True):
        theirs.add_result(
            found.definition,
            SimpleNamespace(
                result=[one and one[-1] for one in given_samples],
                samples=[one and list(one) for one in given_samples],
                number=[one and number for one in given_samples],
                stderr="",
                errcode=0,
                profile=None,
            ),
            started_at=T0,
            duration=0.5,
        )
    file = stored_file(ledger, (COMMITS[0], PY.name), None)
    assert file is not None
    assert json.loads(asv_files.render(file)) == _saved(theirs)


def _saved(results: Any) -> Any:
    """What ``Results.save`` writes, as a value."""
    written: list[Any] = []
    original = asv_util.write_json
    asv_util.write_json = lambda path, data, version, compact: written.append({**data, "version": version})
    try:
        results.save("")
    finally:
        asv_util.write_json = original
    return json.loads(json.dumps(written[0]))


STATS_1 = {
    "ci_99": [1.23456789, 3.0],
    "q_25": 1.5,
    "q_75": 2.5,
    "number": 7,
    "repeat": 3,
    "mean": 2.0,
    "std": 1,
}
OLD: dict[str, Any] = {
    "commit_hash": COMMITS[0],
    "date": 1500000000000,
    "params": {"machine": "box", "os": "Linux"},
    "python": "3.6",
    "requirements": {"numpy": "1.15", "six": ""},
    "results": {
        "m.bare": 1.5,
        "m.failed": None,
        "m.skipped": math.nan,
        "m.whole": {"result": [2.0], "stats": [STATS_1]},
        "m.single": {"result": 2.0, "stats": STATS_1, "samples": [[1.0, 2.0, 3.0]]},
        "m.params": {
            "result": [2.0, None, math.nan],
            "params": [["1", "2", "3"]],
            "stats": [STATS_1, None, None],
        },
        "m.unknown": {"result": None, "params": [["1", "2"]]},
    },
    "profiles": {"m.bare": "cHJvZmlsZQ=="},
    "started_at": {"m.whole": 1500000001000},
    "duration": {"m.whole": 1.23456789, "<build>": 3.0, "<setup_cache m:1>": 2.0},
    "benchmark_version": {"m.whole": "abc", "m.params": "def"},
    "version": 1,
}


@pytest.mark.parametrize("name", [None, "virtualenv-py3.6"])
def test_version_1_is_upgraded_as_asv_does(name: str | None) -> None:
    old = OLD if name is None else {**OLD, "env_name": name, "env_vars": {"A": "b"}}
    upgraded = asv_results.Results.update_to_2(copy.deepcopy(old))
    theirs = asv_files.parse(json.dumps({**upgraded, "version": 2}).encode(), exact=True)
    ours = asv_files.parse(json.dumps(old).encode(), exact=True)
    assert repr(ours) == repr(theirs)  # repr, since NaN equals nothing
    assert len(ours.rows) == len(OLD["results"])


def test_a_case_names_the_benchmark_that_asv_would_select() -> None:
    found = benchmark("m.time_a", [["1", "'x'"], ["None"]])
    assert [str(case) for case in found.cases()] == ["m.time_a(1, None)", "m.time_a('x', None)"]
    assert found.cases()[0] == Case(benchmark="m.time_a", params=("1", "None"))
