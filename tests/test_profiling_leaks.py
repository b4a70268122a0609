"""Leaks by repetition: planted ones are named with their making and what keeps them; caches are none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed.profiling.inside.leaks import WINDOWS, growing
from groundspeed.profiling.recorded import Leaks
from groundspeed.report.recorded import render_recorded
from groundspeed.report.table import Format
from tests.recording import ROUNDS, Done, record

# In a process of its own, which has few objects: a census of this one takes half a second.
PLANTED = """\
import functools, json, sys
from collections import deque
from groundspeed.profiling.inside.leaks import leaks

CALLS = 4
KEPT, NAMED, TURN, CALLBACKS = [], {}, [0], []
RING = deque()

class Thing:
    __slots__ = ("name",)

class Owner:
    def __init__(self):
        self.parts = []

OWNER = Owner()

def things():
    KEPT.append(Thing())
    KEPT.append(Thing())

def texts():
    NAMED[len(NAMED) + 1000] = bytes(500)

def parts():
    OWNER.parts.append({"part": ["a", "list"]})

def ring():
    RING.append((object(), object()))

def closures():
    box = [0]
    CALLBACKS.append(lambda: box)

def circle():
    one = []
    one.append(one)  # the collector takes it

@functools.lru_cache(None)
def filled():
    return [Thing() for _ in range(100)]

def cached():
    filled()

def every_other():
    TURN[0] += 1
    if TURN[0] % 2:
        KEPT.append(Thing())

planted = (things, texts, parts, ring, closures, circle, cached, every_other)
found = {one.__name__: leaks(one, CALLS) for one in planted}
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    """By planted function what leaked, each with its type first."""
    done = subprocess.run([sys.executable, "-c", PLANTED], capture_output=True, text=True, check=True)
    return {
        name: {leak["type"]: leak for leak in leaks} for name, leaks in dict(json.loads(done.stdout)).items()
    }


CLOSURE = ("module __main__", ".CALLBACKS list of", "function")


@pytest.mark.parametrize(
    ("function", "type_", "a_call", "chain"),
    [
        ("things", "__main__.Thing", 2, ["module __main__", ".KEPT list of", "__main__.Thing"]),
        ("texts", "bytes", 1, ["module __main__", ".NAMED dict of", "bytes"]),
        ("parts", "dict", 1, ["module __main__", ".OWNER __main__.Owner", ".parts list of", "dict of 1"]),
        (
            "closures",
            "list",
            1,
            [*CLOSURE, ".__closure__ tuple of 1", "[0] cell", ".cell_contents list of 1"],
        ),
        ("ring", "object", 2, ["module __main__", ".RING collections.deque of", "tuple of 2", "] object"]),
    ],
)
def test_a_leak_is_named_with_its_number_and_the_chain_that_keeps_it(
    found: dict[str, Any], function: str, type_: str, a_call: int, chain: list[str]
) -> None:
    leak = found[function][type_]
    assert leak["objects_a_call"] == a_call
    assert len(leak["chain"]) == len(chain)
    assert all(part in step for part, step in zip(chain, leak["chain"], strict=True)), leak["chain"]


def test_bytes_are_those_of_the_objects_themselves(found: dict[str, Any]) -> None:
    """500 bytes and what Python adds to a bytes object (33): sys.getsizeof."""
    assert found["texts"]["bytes"]["bytes_a_call"] == sys.getsizeof(bytes(500))


def test_where_a_leak_is_made_is_a_line_of_its_function(found: dict[str, Any]) -> None:
    (made,) = found["texts"]["bytes"]["made"]
    assert made["share"] == 1
    assert PLANTED.splitlines()[made["at"]["line"] - 1].strip().startswith("NAMED[")


@pytest.mark.parametrize("function", ["circle", "cached", "every_other"])
def test_what_the_collector_takes_fills_once_or_stays_seldom_is_no_leak(
    found: dict[str, Any], function: str
) -> None:
    assert found[function] == {}


A, B = type("A", (), {}), type("B", (), {})


@pytest.mark.parametrize(
    ("counts", "leaking"),
    [
        ([{A: 5}, {A: 15}, {A: 25}, {A: 35}], {A: 1.0}),  # 30 in 30 calls
        ([{A: 5}, {A: 14}, {A: 34}, {A: 54}], {}),  # 9 in the first window: less than once a call
        ([{A: 5}, {A: 105}, {A: 105}, {A: 105}], {}),  # a cache that was filled late
        ([{}, {A: 20}, {A: 40}, {A: 70}], {A: 70 / 30}),  # none before is none
        ([{A: 70, B: 1}, {A: 40, B: 11}, {A: 20, B: 21}, {B: 31}], {B: 1.0}),  # gone altogether
    ],
)
def test_a_type_leaks_that_grows_with_the_calls_in_every_window(
    counts: list[dict[type, int]], leaking: dict[type, float]
) -> None:
    assert growing(counts, 10) == pytest.approx(leaking)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    st.lists(st.dictionaries(st.sampled_from([A, B]), st.integers(0, 60)), min_size=2, max_size=5),
    st.integers(1, 20),
)
def test_the_rule_is_the_literal_one(counts: list[dict[type, int]], calls: int) -> None:
    expected = {}
    for kind in (A, B):
        rises = [counts[at + 1].get(kind, 0) - counts[at].get(kind, 0) for at in range(len(counts) - 1)]
        if all(rise >= calls for rise in rises):
            expected[kind] = sum(rises) / len(rises) / calls
    assert growing(counts, calls) == pytest.approx(expected)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Done:
    return record(tmp_path_factory.mktemp("leak"), "leaks", "time_leak")


def test_a_benchmark_that_leaks_is_recorded_as_bytes_by_where_they_were_made(recorded: Done) -> None:
    leaks = recorded.recorded
    assert isinstance(leaks, Leaks)
    assert (leaks.calls, leaks.windows) == (ROUNDS, WINDOWS)
    (leak,) = leaks.leaks
    assert (leak.type, leak.objects_a_call) == ("suite.planted.Thing", 1)
    assert str(leak.made[0][0]).startswith("time_leak (suite/planted.py:")
    assert leak.chain[0] == "module suite.planted"
    profile = recorded.profile
    assert (profile.unit, profile.total) == ("bytes", leak.bytes_a_call * ROUNDS)
    assert profile.functions[0].name == "time_leak"


def test_the_report_says_what_leaks_or_that_nothing_does(recorded: Done, tmp_path: Path) -> None:
    text = render_recorded(recorded.recorded, Format.TEXT)
    assert "One type grew with every call, in each of 3 windows of 5 calls." in text
    assert "suite.planted.Thing is kept by: module suite.planted → .KEPT list of" in text
    assert json.loads(render_recorded(recorded.recorded, Format.JSON))["kind"] == "leaks"
    clean = record(tmp_path, "leaks", "time_squared")
    assert "nothing leaks" in render_recorded(clean.recorded, Format.MARKDOWN)
    assert clean.profile.total == 0
