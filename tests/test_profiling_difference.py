"""Two profiles compared: by hand, by a slow literal oracle, by laws, and what cannot be compared."""

from __future__ import annotations

import gzip
import json
import math
import statistics
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_ind

from groundspeed.errors import GroundspeedError
from groundspeed.profiling.inside import frames
from groundspeed.profiling.recorded import Lines, read_recorded
from groundspeed.profiling.storing import Subject, store_recorded
from groundspeed.records import Case, Verdict
from groundspeed.results.profile_header import ProfileHeader, ProfileRun, header_wire, parse_header
from groundspeed.results.profile_runs import read_runs
from groundspeed.results.stacks import Frame, ProfileFormatError
from groundspeed.verdicts.profile_difference import FunctionDifference, ProfileDifference, profile_difference
from groundspeed.verdicts.profile_ends import Basis
from groundspeed.verdicts.profile_flame import THIN
from groundspeed.verdicts.profile_names import Named, named, relocated
from tests.profile_pairs import CALLS, Made, Stacks, alike, read, wire

BASE = {"main@app.py": 1e-3, "main@app.py parse@app.py": 2e-3, "main@app.py read@io.py": 2e-3}
SLOWER = BASE | {"main@app.py parse@app.py": 4e-3}
HEAD = "b" * 40


def compared(folder: Path, base: Stacks, head: Stacks, *, runs: int = 4) -> ProfileDifference:
    return profile_difference(
        read(folder, Made(runs=alike(base, runs))),
        read(folder, Made(runs=alike(head, runs), commit=HEAD)),
    )


def of(difference: ProfileDifference, name: str) -> FunctionDifference:
    (found,) = (one for one in difference.functions if one.name == name)
    return found


# --- one call --------------------------------------------------------------------------------------


def test_the_function_that_got_slower_is_first_with_its_share(tmp_path: Path) -> None:
    found = compared(tmp_path, BASE, SLOWER)
    # a call took 5 ms and takes 7: parse alone 2 ms more, which is all of it
    assert (found.basis, found.unit, found.runs) == (Basis.CALL, "s", (4, 4))
    assert (found.call.base, found.call.head) == pytest.approx((5e-3, 7e-3))
    first = found.functions[0]
    assert (first.name, first.file, first.verdict) == ("parse", "app.py", Verdict.SLOWER)
    assert (first.own.base, first.own.head, first.share) == pytest.approx((2e-3, 4e-3, 1.0))
    assert first.own.by.low < 2e-3 < first.own.by.high
    main = of(found, "main")
    assert (main.own.by.centre, main.whole.by.centre) == pytest.approx((0.0, 2e-3), abs=1e-12)
    assert [one.verdict for one in found.functions[1:]] == [Verdict.SAME, Verdict.SAME]


def test_the_interval_is_student_s_of_two_samples_of_runs(tmp_path: Path) -> None:
    times = [2.00e-3, 2.03e-3, 1.98e-3], [2.20e-3, 2.31e-3, 2.25e-3, 2.24e-3]
    ends = [
        read(tmp_path, Made(runs=[{"main@a.py f@a.py": one} for one in end], commit=letter * 40))
        for end, letter in zip(times, "ab", strict=True)
    ]
    found = of(profile_difference(*ends), "f").own
    bounds = ttest_ind(times[1], times[0]).confidence_interval(0.99)
    assert (found.base, found.head) == pytest.approx([statistics.fmean(one) for one in times])
    assert (found.by.low, found.by.high) == pytest.approx((bounds.low, bounds.high), rel=1e-9)


def test_a_sampler_that_lost_samples_makes_nothing_faster(tmp_path: Path) -> None:
    full = read(tmp_path, Made(runs=alike(BASE, 2)))
    path = tmp_path / "lost.gz"
    document = json.loads(gzip.decompress(wire(Made(runs=alike(BASE, 2), commit=HEAD))))
    for one in document["profiles"]:
        one["weights"] = [weight / 2 for weight in one["weights"]]
    path.write_bytes(gzip.compress(json.dumps(document).encode()))
    found = profile_difference(full, read_runs(path))
    assert found.call.by.centre == pytest.approx(0.0, abs=1e-15)
    assert [one.own.by.centre for one in found.functions] == pytest.approx([0.0] * 3, abs=1e-12)


def test_what_was_drawn_by_chance_widens_the_interval(tmp_path: Path) -> None:
    # parse is 40 % of a call of 5 ms: of 200 samples the share's variance is 0.4 * 0.6 / 200
    even = [dict(BASE) for _ in range(2)]
    drawn = [read(tmp_path, Made(runs=even, samples=200, commit=letter * 40)) for letter in ("a", "b")]
    by = of(profile_difference(*drawn), "parse").own.by
    error = 5e-3 * math.sqrt(
        0.4 * 0.6 / 200
    )  # of the difference of two means of two runs: sqrt(1/2 + 1/2) of a run's
    assert by.high == pytest.approx(9.9248 * error, rel=1e-4)  # Student's t of 2 degrees of freedom, at 0.995
    counted = [read(tmp_path, Made(runs=even, commit=letter * 40)) for letter in ("a", "b")]
    assert of(profile_difference(*counted), "parse").verdict is Verdict.SAME


def test_one_run_says_how_much_and_not_how_sure(tmp_path: Path) -> None:
    found = compared(tmp_path, BASE, SLOWER, runs=1)
    assert found.functions[0].name == "parse"
    assert {one.verdict for one in found.functions} == {Verdict.INCONCLUSIVE}
    assert found.functions[0].own.by.low == -math.inf
    assert found.functions[0].own.by.centre == pytest.approx(2e-3 * 1.01)


def test_what_scatters_is_not_named(tmp_path: Path) -> None:
    wild = [BASE | {"main@app.py parse@app.py": 2e-3 * times} for times in (0.5, 1.0, 1.5)]
    more = [BASE | {"main@app.py parse@app.py": 2e-3 * times} for times in (0.7, 1.2, 1.6)]
    found = profile_difference(read(tmp_path, Made(runs=wild)), read(tmp_path, Made(runs=more, commit=HEAD)))
    assert of(found, "parse").verdict is Verdict.INCONCLUSIVE


def test_without_a_count_of_calls_shares_are_compared(tmp_path: Path) -> None:
    ends = [
        read(tmp_path, Made(runs=alike(stacks, 2), commit=letter * 40, header=False))
        for stacks, letter in ((BASE, "a"), (SLOWER, "b"))
    ]
    found = profile_difference(*ends)
    assert (found.basis, found.unit, found.runs) == (Basis.SHARE, "", (1, 1))
    assert found.headers == (None, None)
    assert of(found, "parse").own.by.centre == pytest.approx(4 / 7 - 2 / 5)
    assert {one.share for one in found.functions} == {None}


def test_a_function_that_calls_itself_is_counted_once(tmp_path: Path) -> None:
    found = compared(tmp_path, {"f@a.py f@a.py": 1e-3, "f@a.py": 1e-3}, {"f@a.py f@a.py": 3e-3})
    (only,) = found.functions
    assert (only.own.base, only.own.head) == pytest.approx((2e-3, 3e-3))
    assert (only.whole.base, only.whole.head) == pytest.approx((2e-3, 3e-3))


def test_units_that_differ_are_refused(tmp_path: Path) -> None:
    ends = [
        read(tmp_path, Made(runs=[{"f@a.py": 1.0}], unit=unit, commit=letter * 40))
        for unit, letter in (("seconds", "a"), ("bytes", "b"))
    ]
    with pytest.raises(GroundspeedError, match="cannot be compared"):
        profile_difference(*ends)


# --- which function is which -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("pkg/a.py", "pkg/a.py"),
        ("./pkg/a.py", "pkg/a.py"),
        ("/env/lib/python3.11/site-packages/pkg/a.py", "pkg/a.py"),
        ("/usr/lib/python3.11/json/decoder.py", "json/decoder.py"),
        ("C:\\env\\Lib\\site-packages\\pkg\\a.py", "pkg/a.py"),
        ("", ""),
    ],
)
def test_a_file_is_named_from_its_package_on(file: str, expected: str) -> None:
    assert named(Frame(name="f", file=file, line=3)) == Named(name="f", file=expected)


@pytest.mark.parametrize(
    ("base", "head", "same"),
    [
        (["f@pkg/a.py"], ["f@pkg/b.py"], ["f@pkg/b.py"]),
        (["f@src/pkg/a.py"], ["f@pkg/deep/b.py"], ["f@pkg/deep/b.py"]),
        (["f@pkg/a.py"], ["f@other/a.py"], []),  # another package
        (["f@pkg/a.py"], ["f@pkg/a.py", "f@pkg/b.py"], []),  # it is where it was
        (["f@pkg/a.py", "f@pkg/c.py"], ["f@pkg/b.py"], []),  # which of both?
        (["__init__@pkg/a.py"], ["__init__@pkg/b.py"], []),  # of which class?
        (["A.__init__@pkg/a.py"], ["A.__init__@pkg/b.py"], ["A.__init__@pkg/b.py"]),
        (["A.f.<locals>.<lambda>@pkg/a.py"], ["A.f.<locals>.<lambda>@pkg/b.py"], []),
        (["f@a.py"], ["f@b.py"], ["f@b.py"]),
    ],
)
def test_a_function_that_moved_within_its_package_is_the_same(
    base: list[str], head: list[str], same: list[str]
) -> None:
    before, after = (
        [Named(name=n, file=f) for n, _, f in (one.partition("@") for one in end)] for end in (base, head)
    )
    assert [f"{one.name}@{one.file}" for one in relocated(before, after)] == same


def test_what_moved_is_compared_and_what_did_not_is_there_or_gone(tmp_path: Path) -> None:
    base = {"main@pkg/a.py": 1e-3, "main@pkg/a.py f@pkg/a.py": 1e-3, "main@pkg/a.py old@pkg/a.py": 1e-3}
    head = {"main@pkg/a.py": 1e-3, "main@pkg/a.py f@pkg/b.py": 2e-3, "main@pkg/a.py new@pkg/a.py": 1e-3}
    found = compared(tmp_path, base, head)
    assert (of(found, "f").file, of(found, "f").base_file, of(found, "f").presence) == (
        "pkg/b.py",
        "pkg/a.py",
        "both",
    )
    assert of(found, "f").own.base == pytest.approx(1e-3)
    assert (of(found, "old").presence, of(found, "new").presence) == ("vanished", "appeared")


# --- laws ----------------------------------------------------------------------------------------------

_STACKS = st.dictionaries(
    st.lists(st.sampled_from(["f@a.py", "g@a.py", "h@b.py", "i@c.py"]), min_size=1, max_size=4).map(" ".join),
    st.floats(1e-4, 1e-2),
    min_size=1,
    max_size=6,
)
_LAWS = settings(deadline=None, derandomize=True, max_examples=25)


@_LAWS
@given(base=_STACKS, head=_STACKS)
def test_own_times_add_up_to_the_call_and_so_do_the_nodes(
    tmp_path_factory: pytest.TempPathFactory, base: Stacks, head: Stacks
) -> None:
    found = compared(tmp_path_factory.mktemp("law"), base, head, runs=2)
    functions = found.functions
    assert sum(one.own.base for one in functions) == pytest.approx(found.call.base)
    assert sum(one.own.head for one in functions) == pytest.approx(found.call.head)
    assert all(one.own.base <= one.whole.base * (1 + 1e-12) for one in functions)
    if functions[0].share is not None:
        assert sum(one.share or 0 for one in functions) == pytest.approx(1)
    for end in ("base", "head"):
        top = sum(getattr(one, end) for one in found.nodes if one.depth == 0)
        assert top == pytest.approx(
            getattr(found.call, end), abs=6 * THIN * (found.call.base + found.call.head)
        )
    oracle = {
        one.name: sum(seconds for stack, seconds in base.items() if f"{one.name}@{one.file}" in stack.split())
        for one in functions
    }
    assert {one.name: one.whole.base for one in functions} == pytest.approx(oracle)


@_LAWS
@given(base=_STACKS, head=_STACKS)
def test_swapped_ends_swap_every_answer(
    tmp_path_factory: pytest.TempPathFactory, base: Stacks, head: Stacks
) -> None:
    folder = tmp_path_factory.mktemp("law")
    ends = [
        read(folder, Made(runs=alike(stacks, 2), commit=letter * 40))
        for stacks, letter in ((base, "a"), (head, "b"))
    ]
    one, other = profile_difference(*ends), profile_difference(*reversed(ends))
    opposite = {Verdict.SLOWER: Verdict.FASTER, Verdict.FASTER: Verdict.SLOWER}
    back = {each.name: each for each in other.functions}
    for each in one.functions:
        assert back[each.name].verdict is opposite.get(each.verdict, each.verdict)
        assert back[each.name].own.by.low == pytest.approx(-each.own.by.high, rel=1e-9, abs=1e-15)
    assert sorted(node.base for node in one.nodes) == pytest.approx(sorted(node.head for node in other.nodes))


def test_a_node_is_where_it_was_called_and_a_deep_stack_is_no_trouble(tmp_path: Path) -> None:
    deep = " ".join(["f@a.py"] * 3000)
    found = compared(tmp_path, {"g@a.py h@a.py": 1e-3, "h@a.py": 1e-3}, {deep: 1e-3, "h@a.py": 2e-3})
    names = [one.name for one in found.functions]
    others = [(names[one.function], one.depth) for one in found.nodes if names[one.function] != "f"]
    assert sorted(others) == [("g", 0), ("h", 0), ("h", 1)]
    assert others.index(("h", 1)) == others.index(("g", 0)) + 1
    assert max(one.depth for one in found.nodes) == 2999


# --- files ---------------------------------------------------------------------------------------------


def test_what_is_said_of_a_profile_comes_back() -> None:
    header = ProfileHeader(
        commit="c" * 40,
        case="m.time_x('é')",
        environment="e",
        tool="memray 1.19",
        overhead=None,
        dependencies=("python==3.11.1",),
        runs=(ProfileRun(profiles=(0, 2), calls=3, duration_s=None, samples=None),),
    )
    for one in (header, replace(header, against="b" * 40)):
        assert parse_header(json.loads(json.dumps(header_wire(one)))) == one


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"version": 2}, "of version 2"),
        ({"runs": []}, "holds no run"),
        ({"runs": [{"profiles": [0], "calls": 0, "duration_s": 1.0, "samples": None}]}, "a run of 0 calls"),
        ({"runs": [{"profiles": [9], "calls": 1, "duration_s": 1.0, "samples": None}]}, "index out of range"),
        ({"runs": [{"profiles": [0], "calls": 1, "duration_s": 0, "samples": None}]}, "in 0 s"),
        ({"commit": None, "case": ...}, "case"),
    ],
)
def test_a_header_of_another_shape_is_named(tmp_path: Path, change: dict[str, object], why: str) -> None:
    document = json.loads(gzip.decompress(wire(Made(runs=[BASE]))))
    document["groundspeed"] |= change
    document["groundspeed"] = {key: one for key, one in document["groundspeed"].items() if one is not ...}
    path = tmp_path / "broken.cpu.gz"
    path.write_bytes(gzip.compress(json.dumps(document).encode()))
    with pytest.raises(ProfileFormatError, match=rf"broken\.cpu\.gz is no profile.*{why}"):
        read_runs(path)


def test_runs_of_a_recorder_are_kept_apart(tmp_path: Path) -> None:
    told = {"kind": "lines", "calls": 10, "functions": [], "plain_s": 1e-3, "slow_s": 2e-3, "notes": []}
    stack = (frames.Frame("work", "/p/sample/a.py", 3),)
    found = [frames.document("m.time_x", "seconds", [(stack, weight)], told) for weight in (1.0, 3.0)]
    subject = Subject(
        results_dir=tmp_path,
        machine="box",
        commit=HEAD,
        case=Case(benchmark="m.time_x", params=()),
        environment="e",
        dependencies=(),
        against="a" * 40,
    )
    path = store_recorded(subject, "lines", found, lambda file: file.removeprefix("/p/"))
    profiled = read_runs(path)
    assert [run.cost for run in profiled.runs] == pytest.approx([0.1, 0.3])  # of 10 calls each
    assert profiled.frames == (Frame(name="work", file="sample/a.py", line=3),)
    assert profiled.header is not None
    assert profiled.header.against == "a" * 40
    assert read_recorded(path) == Lines(calls=10, functions=(), plain_s=1e-3, slow_s=2e-3, notes=())


def test_bytes_are_what_the_weights_say_a_call(tmp_path: Path) -> None:
    # 3,000 bytes a call, as weights of CALLS calls; nobody's clock has a say
    profiled = read(tmp_path, Made(runs=[{"f@a.py": 1000.0, "g@a.py": 2000.0}], unit="bytes"))
    (run,) = profiled.runs
    assert profiled.unit == "bytes"
    assert run.cost == pytest.approx(3000.0)
    assert sum(run.weights.values()) == pytest.approx(1.0)
    assert profiled.header is not None
    assert profiled.header.runs[0].calls == CALLS
