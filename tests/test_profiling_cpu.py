"""CPU profiles without an environment: whose stacks count, names, tables of calls, a living process."""

from __future__ import annotations

import cProfile
import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any
from unittest import mock

import psutil
import pytest
from asv.results import Results
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed.errors import GroundspeedError
from groundspeed.profiling.cpu import (
    NO_SYMBOL,
    NoSamplerError,
    Sampler,
    cpu_profile,
    find_sampler,
    stacks_of,
)
from groundspeed.profiling.deterministic import (
    Table,
    added,
    functions_of,
    own_table,
    stacks_of_table,
)
from groundspeed.profiling.live import sample_process
from groundspeed.profiling.names import qualified
from groundspeed.profiling.weights import Namer, Overhead, Recorded, Taken, merged, own_part, places_of
from groundspeed.results.asv_files import COLUMNS, StoredFile, file_name, render
from groundspeed.results.asv_profiles import put_profile
from groundspeed.results.stacks import Frame
from tests.suites import Case, load, run, short

SUITE = load("groundspeed_attached")
WORKER = "/w/ruler/groundspeed_worker/repeated.py"
NAMER = Namer(roots=(Path("/p"), Path("/suite")), workspace=Path("/p/.groundspeed"))
ROOT, BELOW = Frame(name="main", file=WORKER, line=1), Frame(name="profiled_calls", file=WORKER, line=9)


def frame(name: str, file: str = "/p/b.py", line: int | None = 1) -> Frame:
    return Frame(name=name, file=file, line=line)


@pytest.mark.parametrize(
    ("file", "named"),
    [
        ("/p/benchmarks/work.py", "benchmarks/work.py"),
        ("/p/.groundspeed/environments/abc/e/lib/python3.11/site-packages/a/b.py", "a/b.py"),
        ("/usr/lib/python3/dist-packages/a.py", "a.py"),
        ("/usr/lib/python3.11/json/decoder.py", "json/decoder.py"),
        ("/opt/lib/python3.13t/json/decoder.py", "json/decoder.py"),
        ("/suite/benchmarks/work.py", "benchmarks/work.py"),
        ("/elsewhere/x.py", "x.py"),  # of another host nobody shall read
        ("/p/.groundspeed/work/made.py", "made.py"),
        ("<frozen importlib._bootstrap>", "<frozen importlib._bootstrap>"),
        ("~", ""),  # what cProfile calls the file of a built-in function
    ],
)
def test_a_source_file_is_named_alike_at_every_commit(file: str, named: str) -> None:
    assert NAMER(file) == named


def test_a_profile_holds_what_lies_below_the_calls_and_no_set_up() -> None:
    work, helper, thread = frame("work"), frame("helper"), frame("run", "/usr/lib/python3.11/threading.py")
    found = own_part(
        [
            ((ROOT, BELOW, work, helper), 2.0),
            ((ROOT, BELOW, work, helper), 1.0),
            ((ROOT, BELOW), 5.0),  # the loop itself
            ((ROOT, frame("setup")), 7.0),  # between calls
            ((thread, helper), 0.5),  # a thread that the benchmark started
        ],
        NAMER,
    )
    named = [frame(one, "b.py") for one in ("work", "helper")]
    assert found == {tuple(named): 3.0, (frame("run", "threading.py"), named[1]): 0.5}


def test_what_calls_itself_counts_once_and_lines_may_count_apart() -> None:
    again, other = frame("f", line=3), frame("f", line=4)
    run = Recorded(weights={(again, other): 2.0, (again,): 1.0}, calls=1, duration_s=None, samples=None)
    (whole,) = places_of([run], by_line=False)
    assert (whole.name, whole.own, whole.whole) == ("f", 3.0, 3.0)
    assert [(one.line, one.own, one.whole) for one in places_of([run], by_line=True)] == [
        (4, 2.0, 2.0),
        (3, 1.0, 3.0),
    ]


def test_runs_are_kept_apart_and_what_they_cost_is_told_at_best() -> None:
    run = Recorded(weights={(frame("f"),): 1.0}, calls=2, duration_s=1.5, samples=10)
    taken = Taken(
        kind="cpu",
        unit="seconds",
        tool="t",
        runs=(run,),
        overhead=Overhead(pairs=((1.0, 1.1),)),
        notes=("n",),
    )
    slower = Taken(kind="cpu", unit="seconds", tool="t", runs=(run,), overhead=Overhead(pairs=((2.0, 3.0),)))
    both = merged([taken, slower])
    assert (both.calls, len(both.runs), both.total, both.notes) == (4, 2, 2.0, ("n",))
    assert math.isclose(both.overhead.share, 0.1)  # 1.1 / 1.0: what else the host did only adds


# --- tables of calls ---------------------------------------------------------------------------------------


def profiled_calls(work: Any) -> None:
    """As the worker's frame is called."""
    work()


def test_a_table_holds_the_calls_of_the_benchmark_and_its_stacks_add_up() -> None:
    def leaf(n: int) -> int:
        return sum(range(n))

    def left() -> int:
        return leaf(20_000) + leaf(20_000)

    def work() -> None:
        left()
        leaf(1000)

    profiler = cProfile.Profile()
    profiler.enable()
    profiled_calls(work)
    profiler.disable()
    profiler.create_stats()
    table = own_table({_worker(at): _seen(one) for at, one in profiler.stats.items()}, lambda file: file)
    named = {one.name: one for one in functions_of(table)}
    assert {name for name in named if not name.startswith("<")} == {"work", "left", "leaf"}
    assert named["leaf"].calls == 3
    assert functions_of(table)[0].name.startswith("<built-in method builtins.sum")
    weights = stacks_of_table(table)
    assert math.isclose(sum(weights.values()), sum(one.own_s for one in named.values()), rel_tol=1e-3)
    assert ["work", "left", "leaf"] in [[one.name for one in stack] for stack in weights]
    assert functions_of(added([table, table]))[0].calls == 2 * functions_of(table)[0].calls


def _worker(label: tuple[str, int, str]) -> tuple[str, int, str]:
    """Our stand-in for the worker's frame under the worker's name."""
    return (WORKER, label[1], label[2]) if label[2] == "profiled_calls" else label


def _seen(one: Any) -> Any:
    return (*one[:4], {_worker(by): cost for by, cost in one[4].items()})


@st.composite
def trees(draw: st.DrawFn) -> Table:
    """Calls without recursion: each function is called by earlier ones, and costs what its callers say."""
    own = draw(st.lists(st.integers(1, 100), min_size=1, max_size=6))
    callers = [draw(st.integers(0, at - 1)) if at else None for at in range(len(own))]
    whole = list(map(float, own))
    for at in range(len(own) - 1, 0, -1):
        by = callers[at]
        assert by is not None
        whole[by] += whole[at]
    labels = [("f.py", at + 1, f"f{at}") for at in range(len(own))]
    return {
        labels[at]: (
            1,
            1,
            float(own[at]),
            whole[at],
            {} if callers[at] is None else {labels[callers[at] or 0]: (1, 1, float(own[at]), whole[at])},
        )
        for at in range(len(own))
    }


@settings(deadline=None, derandomize=True, max_examples=30)
@given(trees())
def test_stacks_of_a_tree_of_calls_are_exact(table: Table) -> None:
    """Where each function has one caller, nothing needs to be shared out."""
    run = Recorded(weights=stacks_of_table(table), calls=1, duration_s=None, samples=None)
    found = {one.name: (one.own, one.whole) for one in places_of([run], by_line=False)}
    for (_, _, name), one in table.items():
        assert math.isclose(found[name][0], one[2])
        assert math.isclose(found[name][1], one[3])


def test_a_table_goes_into_asv_s_own_file(tmp_path: Path) -> None:
    commit, environment = "ab" * 20, "virtualenv-py3.11"
    stats, path = b"a table", tmp_path / "box" / file_name("ab" * 20, environment)
    assert not put_profile(tmp_path, "box", (commit, environment), "b.time_x", stats)
    path.parent.mkdir()
    path.write_bytes(
        render(
            StoredFile(
                commit=commit,
                date_ms=0,
                environment=environment,
                params={"machine": "box"},
                python="3.11",
                requirements={},
                env_vars={},
                columns={column: at for at, column in enumerate(COLUMNS)},
                rows={"b.time_x": [[1.5], [], "v", 0, 0.1]},
                durations={},
            )
        )
    )
    assert not put_profile(tmp_path, "box", (commit, environment), "b.time_y", stats)
    assert put_profile(tmp_path, "box", (commit, environment), "b.time_x", stats)
    assert put_profile(tmp_path, "box", (commit, environment), "b.time_x", stats)  # again
    read = Results.load(str(path))
    assert read.get_profile("b.time_x") == stats
    assert read.get_result_value("b.time_x", []) == [1.5]


# --- names -------------------------------------------------------------------------------------------------

SOURCE = """\
import functools

def plain():
    return [one for one in range(3)]

class Reader:
    @functools.lru_cache(
        maxsize=1
    )
    def read(self):
        def inner():
            class Deep:
                def read(self):
                    return (lambda: 1)()
            return Deep()
        return inner()

    async def other(self): return {1: 2 for _ in ()}

if True:
    def later(): pass
"""


def test_names_are_those_that_cpython_gives(tmp_path: Path) -> None:
    """The oracle is the compiler's own qualified name, of every code object, at each of its lines."""
    path = tmp_path / "source.py"
    path.write_text(SOURCE)

    def codes(code: CodeType) -> Iterator[CodeType]:
        yield code
        for one in code.co_consts:
            if isinstance(one, CodeType):
                yield from codes(one)

    functions = [one for one in codes(compile(SOURCE, str(path), "exec")) if one.co_flags & 2]  # CO_NEWLOCALS
    functions = [one for one in functions if one.co_flags & 1]  # CO_OPTIMIZED: no bodies of classes
    assert len(functions) >= 7
    for code in functions:
        for line in {at for *_, at in code.co_lines() if at}:
            assert qualified(code.co_name, str(path), line) == code.co_qualname
    assert qualified("read", str(tmp_path / "gone.py"), 3) == "read"


# --- py-spy ------------------------------------------------------------------------------------------------

BUSY = """\
import ctypes
ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(-1))  # PR_SET_PTRACER: Yama shows it to ancestors alone
def planted():
    return sum(range(20_000))
def quick():
    return sum(range(100))
print(flush=True)
while True:
    quick()
    planted()
"""


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    path = tmp_path / "busy.py"
    path.write_text(BUSY)
    with subprocess.Popen([sys.executable, str(path)], stdout=subprocess.PIPE, cwd=tmp_path) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def test_a_living_process_is_sampled_from_outside(busy: subprocess.Popen[bytes]) -> None:
    live = sample_process(busy.pid, 0.4, find_sampler(native=False))
    first = places_of([live.run], by_line=False)[0]
    assert (first.name, first.file) == ("planted", "busy.py")
    assert live.run.samples
    assert live.sampler_share > 0
    assert busy.poll() is None


@pytest.mark.parametrize(
    ("seconds", "scaled"),
    [
        (0.49, False),  # it waits for more than half of the second
        (0.5, True),
        (0.9, True),  # samples came late
        (1.5, True),
        (1.6, False),  # two threads, the second most of the time
    ],
)
def test_work_is_scaled_to_the_clock_where_one_thread_works(seconds: float, *, scaled: bool) -> None:
    run = Recorded(weights={(frame("f"),): seconds}, calls=3, duration_s=1.0, samples=9)
    taken = cpu_profile(run, [(1.0, 1.0)], "py-spy 0")
    assert (taken.runs[0].duration_s == 1.0) is scaled
    assert len(taken.notes) == (not scaled)


@pytest.mark.parametrize("case", short("groundspeed_attached", SUITE), ids=str)
def test_the_benchmark_of_what_sampling_costs_runs(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SUITE, "PAIRS", 1)
    run(case)


def test_a_sampler_that_may_not_look_says_why(busy: subprocess.Popen[bytes], tmp_path: Path) -> None:
    refusing = tmp_path / "py-spy"
    refusing.write_text("#!/bin/sh\necho 'Permission Denied: Try running again' >&2\nexit 1\n")
    refusing.chmod(0o700)
    with pytest.raises(NoSamplerError, match=r"Permission Denied.*SYS_PTRACE"):
        sample_process(busy.pid, 0.1, Sampler(program=refusing, native=False))


def test_native_frames_without_a_symbol_are_one_of_their_library() -> None:
    names = [
        ("work", "a.py", 3),
        ("0x7f01", "libz.so", 0),
        ("0x7f02", "libz.so", 0),
        ("inflate", "libz.so", 0),
    ]
    frames = [{"name": name, "file": file, "line": line} for name, file, line in names]
    samples = [[0, 1], [0, 2], [0, 3]]
    profile = {"samples": samples, "weights": [1.0, 2.0, 3.0]}
    found = list(stacks_of({"shared": {"frames": frames}, "profiles": [profile]}))
    unknown = Frame(name=NO_SYMBOL, file="libz.so", line=None)
    assert [stack[1] for stack, _ in found] == [
        unknown,
        unknown,
        Frame(name="inflate", file="libz.so", line=None),
    ]
    assert found[0][0][0] == Frame(name="work", file="a.py", line=3)


def test_a_process_of_somebody_else_is_no_process_that_has_gone(
    busy: subprocess.Popen[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil.Process, "cwd", mock.Mock(side_effect=psutil.AccessDenied(busy.pid)))
    with pytest.raises(NoSamplerError, match=f"Process {busy.pid} is not yours"):
        sample_process(busy.pid, 0.1, Sampler(program=tmp_path, native=False))


def test_a_process_that_is_none_is_refused(tmp_path: Path) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    with pytest.raises(GroundspeedError, match=f"no process {ended.pid}"):
        sample_process(ended.pid, 0.1, Sampler(program=tmp_path, native=False))
