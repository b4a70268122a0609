"""Places of the project in stored profiles, and which of them are bottlenecks by the thresholds."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed.config.bottlenecks import BottleneckRule
from groundspeed.records import Case
from groundspeed.results.profiles import stem_of, text_of
from groundspeed.verdicts.bottlenecks import (
    Bottleneck,
    Cause,
    InCase,
    Priority,
    Profiled,
    apart,
    placed,
    ranked,
)
from groundspeed.verdicts.places import Place, Sources, spending
from groundspeed.verdicts.profiled import ProfileFile
from tests.profiled import profile

FILES = (
    "src/sample/__init__.py",
    "src/sample/work.py",
    "src/sample/json/decoder.py",
    "src/flat.py",
    "src/queue.py",
    "benchmarks/m.py",
    "old/sample/work.py",
)


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ("src/sample/work.py", "src/sample/work.py"),  # from the root
        ("sample/work.py", "src/sample/work.py"),  # as it is installed
        ("/x/site-packages/sample/work.py", "src/sample/work.py"),
        ("/x/worktree/benchmarks/m.py", "benchmarks/m.py"),
        ("flat.py", "src/flat.py"),  # src is on the path
        ("work.py", None),  # no folder on the path has it
        ("json/decoder.py", None),  # a package is no folder on the path
        ("queue.py", None),  # the standard library's
        ("src/queue.py", "src/queue.py"),
        ("/usr/lib/python3.11/copy.py", None),
        ("numpy/lib.py", None),
        ("", None),
    ],
)
def test_whose_a_file_is(file: str, path: str | None) -> None:
    assert Sources(FILES).find(file) == path


def test_without_a_list_of_files_everything_is_the_project_s() -> None:
    assert Sources(()).find("/usr/lib/python3.11/copy.py") == "/usr/lib/python3.11/copy.py"


BENCH = "asv_runner/time.py:run:5 > benchmarks/m.py:time_x:3"


def test_what_a_dependency_spends_belongs_to_who_called_it(tmp_path: Path) -> None:
    """Of 10 s in 4 calls: step 1 s itself on line 12, 2 s of deepcopy on line 14 and 4 s by way of another
    function of copy, both from line 14; the benchmark half a second itself and the harness 2 s, which are
    nobody's, and half a second of json that the benchmark calls.
    """
    path = profile(
        tmp_path / "a.gz",
        {
            f"{BENCH} > sample/work.py:step:12": 1,
            f"{BENCH} > sample/work.py:step:14 > copy.py:deepcopy:128": 2,
            f"{BENCH} > sample/work.py:step:14 > copy.py:deepcopy:146 > copy.py:_dict:231": 4,
            BENCH: 0.5,
            f"{BENCH} > json/decoder.py:decode:337": 0.5,
            "asv_runner/time.py:run:5": 2,
        },
        calls=4,
    )
    found = spending(path, Sources(FILES, "benchmarks"))
    step, bench = found.spent
    assert (found.total, found.calls, found.unit) == (10.0, 4, "s")
    assert step.place == Place(file="src/sample/work.py", name="step", line=14)
    assert (step.amount, step.share, step.through) == (7.0, 0.7, "_dict (copy.py)")
    assert found.a_call(step.amount) == 1.75
    assert (bench.place.name, bench.amount, bench.through) == ("time_x", 0.5, "decode (json/decoder.py)")


def test_a_file_without_our_header_has_no_calls(tmp_path: Path) -> None:
    found = spending(profile(tmp_path / "a.gz", {"flat.py:f:1": 3}, calls=0), Sources(FILES))
    assert (found.calls, found.a_call(3.0)) == (0, 3.0)


def test_a_run_takes_what_the_clock_says(tmp_path: Path) -> None:
    """A sampler that was late: 3 and 1 s of samples in 8 s of two calls, so 3 s and 1 s a call."""
    stacks = {"flat.py:f:1": 3.0, "flat.py:g:5": 1.0}
    found = spending(profile(tmp_path / "a.gz", stacks, calls=2, duration_s=8.0), Sources(FILES))
    assert [found.a_call(one.amount) for one in found.spent] == [3.0, 1.0]
    assert [one.share for one in found.spent] == [0.75, 0.25]


@settings(deadline=None, derandomize=True, max_examples=30)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.integers(1, 9)), max_size=8))
def test_all_that_is_the_project_s_adds_up(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[str, str, int]]
) -> None:
    """With every file the project's, nothing is lost: the amounts sum up to the total, the shares to 1."""
    stacks: dict[str, float] = {}
    for file, name, weight in drawn:
        stacks[f"{file}.py:main:1 > {file}.py:{name}:2"] = weight
    path = profile(tmp_path_factory.mktemp("laws") / "a.gz", stacks)
    found = spending(path, Sources(()))
    assert math.fsum(one.amount for one in found.spent) == pytest.approx(found.total)
    assert not drawn or math.fsum(one.share for one in found.spent) == pytest.approx(1)
    assert [one.amount for one in found.spent] == sorted((one.amount for one in found.spent), reverse=True)


@settings(deadline=None, derandomize=True, max_examples=50)
@given(st.text(st.characters(exclude_categories=()), min_size=1, max_size=90))
def test_the_name_of_a_file_tells_its_case_unless_it_was_cut(text: str) -> None:
    stem = stem_of(Case(benchmark=text, params=()))
    assert text_of(stem) == (None if "~" in stem else text)


# --- the rule ------------------------------------------------------------------------------------------

STEP, OTHER = "src/sample/work.py:step:14", "src/flat.py:f:2"


def read(tmp_path: Path, kind: str, stacks: dict[str, float], calls: int = 1, case: str = "m.x") -> Profiled:
    unit = {"cpu": "seconds", "contention": "seconds", "memory": "bytes"}.get(kind, "none")
    path = profile(tmp_path / f"{case}.{kind}.gz", stacks, unit, calls)
    file = ProfileFile(case=case, kind=kind, commit="a" * 40, path=path)
    return Profiled(file=file, spending=spending(path, Sources(FILES)))


@pytest.mark.parametrize(
    ("kind", "stacks", "calls", "found"),
    [
        ("cpu", {STEP: 5.0, OTHER: 95.0}, 1, [(Cause.CPU, "f")]),  # 5 % is not above 5 %
        ("cpu", {STEP: 5.1, OTHER: 94.9}, 1, [(Cause.CPU, "f"), (Cause.CPU, "step")]),
        ("memory", {STEP: 3e6}, 3, []),  # 1 MB a call is not above 1 MB
        ("memory", {STEP: 3e6}, 2, [(Cause.MEMORY, "step")]),
        ("contention", {STEP: 0.1, OTHER: 0.11}, 50, [(Cause.BLOCKED, "f")]),  # in all, not a call
        ("reallocations", {STEP: 1_000, OTHER: 1_010}, 10, [(Cause.REGROWN, "f")]),
        ("allocations", {STEP: 1e6}, 1, []),  # how large they are nobody knows
        ("lines", {STEP: 1e6}, 1, []),
    ],
)
def test_the_thresholds(
    tmp_path: Path, kind: str, stacks: dict[str, float], calls: int, found: list[tuple[Cause, str]]
) -> None:
    judged = placed([read(tmp_path, kind, stacks, calls)], BottleneckRule())
    assert [(one.cause, one.place and one.place.name) for one in ranked(judged)] == found


@pytest.mark.parametrize(
    ("count", "total", "small"),
    [
        (1_000, 1_000, False),  # 1,000 a call are not above 1,000
        (1_001, 1_001 * 511, True),
        (1_001, 1_001 * 512, False),  # that is no object, but data
    ],
)
def test_frequent_small_allocations_are_many_of_a_small_mean(
    tmp_path: Path, count: float, total: float, small: bool
) -> None:
    profiles = [
        read(tmp_path, "allocations", {STEP: count * 3}, 3),
        read(tmp_path, "memory", {STEP: total * 7}, 7),  # each file counts its own calls
    ]
    judged = placed(profiles, BottleneckRule())
    assert [one.cause for one in judged if one.cause is not Cause.MEMORY] == [Cause.SMALL] * small


def test_a_place_of_several_cases_is_one_bottleneck(tmp_path: Path) -> None:
    """40 %, 80 % and, below the threshold, 4 %."""
    profiles = [
        read(tmp_path, "cpu", {STEP: share, OTHER.replace("f:2", f"g{case}:2"): 100 - share}, 1, case)
        for case, share in {"m.a": 40.0, "m.b": 80.0, "m.c": 4.0}.items()
    ]
    (step,) = (one for one in placed(profiles, BottleneckRule()) if one.place and one.place.name == "step")
    assert [(one.case, one.share) for one in step.cases] == [("m.b", 0.8), ("m.a", 0.4)]
    assert (step.most, step.priority) == (0.8, Priority.HIGH)
    assert step.times_as_fast == pytest.approx(5)  # Amdahl: 1 / (1 - 0.8)


def test_a_place_stands_once_where_it_is_worst() -> None:
    """CPU time comes before memory of the same priority; at another place memory stands alone."""
    cpu, memory = bottleneck(Cause.CPU, 0.5), bottleneck(Cause.MEMORY, 0.5)
    other = bottleneck(Cause.MEMORY, 0.4)
    found = ranked([memory, other, cpu])
    assert found == (replace(cpu, further=(memory,)), other)
    assert apart(found) == (cpu, memory, other)


def bottleneck(cause: Cause, *shares: float) -> Bottleneck:
    cases = tuple(
        InCase(case=f"m.{at}", commit="a", value=1.0, unit="s", share=share, through="")
        for at, share in enumerate(shares)
    )
    return Bottleneck(cause=cause, place=Place(file="a.py", name=str(shares), line=1), cases=cases)


def test_the_rank_is_by_priority_then_cause_then_by_all_cases() -> None:
    expected = [
        bottleneck(Cause.GROWTH, 0.3),  # high from 30 % on; growth before CPU time
        bottleneck(Cause.CPU, 0.4, 0.4),  # 0.8 of two cases before 0.7 of one
        bottleneck(Cause.CPU, 0.7),
        bottleneck(Cause.MEMORY, 1.0),
        bottleneck(Cause.CPU, 0.1),  # medium from 10 % on
        bottleneck(Cause.GROWTH, 0.09),
    ]
    assert list(ranked(reversed(expected))) == expected
    assert [one.priority.value for one in expected] == ["high"] * 4 + ["medium", "low"]
    assert expected[3].times_as_fast == math.inf
