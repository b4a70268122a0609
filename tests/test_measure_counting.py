"""Counting what a call executes: the worker's part, the tool's part, real perf and real callgrind."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from groundspeed import config
from groundspeed.config import Configuration
from groundspeed.machine import counters
from groundspeed.machine.counters import Countable, Counted, CountError
from groundspeed.machine.prefixes import leash, steady_prefix
from groundspeed.measure.carry import Carrier
from groundspeed.measure.counting import (
    BANDWIDTH,
    CACHE_MISSES,
    CALLGRIND,
    INSTRUCTIONS,
    Calls,
    Counter,
    Tool,
    calls_for,
    counter_for,
    tools_for,
)
from groundspeed.measure.forecast import Forecast
from groundspeed.measure.plan import Selection, make_plan
from groundspeed.measure.run import Tally, measure
from groundspeed.measure.standing_worker import Located
from groundspeed.measure.taking import Settings
from groundspeed.records import (
    Benchmark,
    Better,
    Case,
    Failed,
    FailureKind,
    Measured,
    Outcome,
    Reading,
    Sampling,
)
from groundspeed.suite import isolation
from groundspeed.suite.client import Folders
from groundspeed.suite.counted import Command, Repetition, counted_command
from groundspeed.suite.environments import Prepared
from tests.commands import groundspeed, runs
from tests.measuring import ENVIRONMENT, FakeWorld, always, benchmark, commit, fake_world
from tests.processes import ended, processes_of
from tests.projects import make_project

pytestmark = pytest.mark.slow

SUITE = """\
import itertools
import mmap
import os
from pathlib import Path

class Loop:
    params = [1000, 3000]

    def time_loop(self, n):
        for _ in itertools.repeat(None, n):  # range would make an int a round, but for the small ones
            pass

class Fresh:
    def setup(self):
        with DIARY.open("a") as file:
            file.write("s")

    def time_call(self):
        with DIARY.open("a") as file:
            file.write("c")

    def teardown(self):
        with DIARY.open("a") as file:
            file.write("t")

class Once(Fresh):
    setup_once = True

class Sorted:
    def setup(self):
        self.values = list(range(20_000, 0, -1))

    def time_reverse(self):
        self.values.reverse()

class Cached:
    def setup_cache(self):
        raise AssertionError("a worker has run it before")

    def time_cached(self, cache):
        assert cache == Path("beside.txt").read_text()

def time_pages():
    with mmap.mmap(-1, 1024 * 4096) as pages:
        pages[::4096] = bytes(1024)

def time_raises():
    raise ValueError("no such luck")

def time_endless():
    while True:
        pass

def time_environment():
    assert os.environ["PYTHONHASHSEED"] == "0"
    assert len(os.sched_getaffinity(0)) == 1

DIARY = Path(__file__).parent.parent / "diary.txt"
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Project:
    """A suite, the interpreter it runs in, and where its cases run."""

    configuration: Configuration
    prepared: Prepared
    folders: Folders

    @property
    def diary(self) -> str:
        """What set-ups, calls and tear-downs wrote since it was read last."""
        path = self.configuration.suite.root / "diary.txt"
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        path.unlink(missing_ok=True)
        return text

    def command(self, wanted: Repetition) -> contextlib.AbstractContextManager[Command]:
        """The command that calls a case."""
        return counted_command(self.prepared, self.configuration, self.folders, wanted)

    def run(self, name: str, rounds: int = 1, calls: int = 1, timeout_s: float = 60) -> str:
        """Run such a command uncounted; give the diary."""
        wanted = repetition(name, rounds=rounds, calls=calls, timeout_s=timeout_s)
        with self.command(wanted) as command:
            counters.rehearse(command.words, env=command.variables, cwd=command.cwd, timeout_s=timeout_s)
        return self.diary


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    root = tmp_path_factory.mktemp("counted")
    (newest,) = make_project(root, (1,), counted=SUITE)
    configuration = config.load(root)
    folders = Folders(
        work=root / "work", caches=root / "work" / "caches", cpus=(min(os.sched_getaffinity(0)),)
    )
    folders.caches.mkdir(parents=True)
    prepared = Prepared(
        commit=newest,
        environment=ENVIRONMENT.name,
        python=isolation.find_interpreter("3.11", os.environ["PATH"]),
        variables=isolation.worker_variables(os.environ, isolation.make_home(configuration.workspace), ()),
        dependencies=(),
        identity=None,
        build_s=0.0,
    )
    return Project(configuration=configuration, prepared=prepared, folders=folders)


def repetition(name: str, *, rounds: int, calls: int, timeout_s: float = 60, index: int = 0) -> Repetition:
    one = benchmark(f"counted.{name}", kind="time", params=(("1000", "3000"),) if "loop" in name else ())
    return Repetition(benchmark=one, index=index, rounds=rounds, calls=calls, timeout_s=timeout_s)


# --- the worker's part ------------------------------------------------------------------------------


def test_every_round_sets_up_and_the_first_ones_call(project: Project) -> None:
    assert project.run("Fresh.time_call", rounds=3, calls=2) == "sctsctst"
    assert project.run("Fresh.time_call", rounds=3, calls=3) == "sctsctsct"


def test_one_set_up_stays_one(project: Project) -> None:
    assert project.run("Once.time_call", rounds=3, calls=2) == "scct"


def test_what_setup_cache_made_for_a_worker_is_there(project: Project) -> None:
    from groundspeed.suite.worker.server import cache_folder

    kept = Path(cache_folder(str(project.folders.caches), "key"))
    kept.mkdir()
    (kept / "beside.txt").write_text("four", encoding="utf-8")
    pickled = "import pickle; pickle.dump('four', open('cache.pickle', 'wb'))"
    subprocess.run([sys.executable, "-c", pickled], cwd=kept, check=True)
    wanted = repetition("Cached.time_cached", rounds=2, calls=2)
    wanted = replace(wanted, benchmark=replace(wanted.benchmark, setup_cache_key="key"))
    with project.command(wanted) as command:
        counters.rehearse(command.words, env=command.variables, cwd=command.cwd, timeout_s=60)
        assert (project.folders.work / "counted" / "beside.txt").exists()
    assert not (project.folders.work / "counted").exists()


def test_processors_and_hash_seed_are_fixed(project: Project) -> None:
    project.run("time_environment")


def test_commands_differ_in_one_word_of_one_length(project: Project) -> None:
    with project.command(repetition("time_pages", rounds=900, calls=7)) as few:
        pass
    with project.command(repetition("time_pages", rounds=900, calls=900)) as many:
        pass
    assert [(a, b) for a, b in zip(few.words, many.words, strict=True) if a != b] == [
        ("000000007", "000000900")
    ]


def test_a_call_that_raises_says_what(project: Project) -> None:
    with pytest.raises(CountError, match="ended with 1 while it was counted: ValueError: no such luck"):
        project.run("time_raises")


def test_a_time_out_leaves_nothing_behind(project: Project) -> None:
    with pytest.raises(CountError, match=r"was not done after 0\.5 s"):
        project.run("time_endless", timeout_s=0.5)
    assert all(ended(pid) for pid in processes_of(project.folders.work))


@pytest.mark.skipif(not leash(), reason="NOT RUN: there is no setpriv here")
def test_a_counted_process_dies_with_the_tool(project: Project) -> None:
    """`kill -9` of who counts: nobody is left to end it."""
    code = (
        "import json, sys; from groundspeed.machine import counters; "
        "counters.rehearse(json.loads(sys.argv[1]), env=json.loads(sys.argv[2]), cwd=sys.argv[3])"
    )
    with project.command(repetition("time_endless", rounds=1, calls=1)) as command:
        arguments = [json.dumps(command.words), json.dumps(dict(command.variables)), str(command.cwd)]
        tool = subprocess.Popen([sys.executable, "-c", code, *arguments])
        with tool:
            counted = 0
            while not counted:  # before its own program it is the tool's fork, not on the leash yet
                assert tool.poll() is None
                started = os.fsencode(command.words[0])
                of_work = [pid for pid in processes_of(project.folders.work) if pid != tool.pid]
                counted = next((pid for pid in of_work if command_line(pid).startswith(started)), 0)
                os.sched_yield()
            tool.send_signal(signal.SIGKILL)
        assert ended(counted)


def command_line(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


# --- the tool's part --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("further_s", "round_s", "few", "further"),
    [
        (0.2, 1e-6, 50, 200_000),
        (0.2, 1e-9, 50, 1_000_000),  # the most
        (0.02, 1e-3, 20, 20),
        (0.02, 5.0, 1, 1),  # one further call is the least
    ],
)
def test_how_many_calls(further_s: float, round_s: float, few: int, further: int) -> None:
    assert calls_for(further_s, round_s) == Calls(few=few, many=few + further)


def located(one: Benchmark, index: int = 0) -> Located:
    (worker,) = [fake_world(one).world.start_worker(PREPARED)]
    return Located(worker=worker, benchmark=one, index=index)


PREPARED = Prepared(
    commit="1",
    environment=ENVIRONMENT.name,
    python=Path(sys.executable),
    variables={},
    dependencies=(),
    identity=None,
    build_s=0.0,
)
ONE = benchmark("m.time_one", kind="time")
TENTH = Measured(samples=(0.1, 0.1), number=1)


@contextlib.contextmanager
def nothing_to_run(_: Prepared, wanted: Repetition) -> Iterator[Command]:
    """A command that does nothing, and says how often it would have called in one of its variables."""
    yield Command(words=("/bin/true",), cwd=Path("/"), variables={"CALLS": str(wanted.calls)})


@dataclass
class FakeTool:
    """Counts 1,000 and 7 instructions a call, or fails."""

    fails: str = ""
    asked: list[int] = field(default_factory=list)

    def count(self, command: Command, timeout_s: float) -> Counted:
        if self.fails:
            raise CountError(self.fails)
        self.asked.append(int(command.variables["CALLS"]))
        value = 1_000.0 + 7 * self.asked[-1]
        reading = Reading(metric="x", unit="instructions", better=Better.LOWER, samples=(value,))
        return Counted(readings=(reading,), lacking={"y": "its turn never came"})

    def tool(self, slowdown: float = 1.0) -> Tool:
        return Tool(name="fake", slowdown=slowdown, further_s=1.0, count=self.count)


def test_a_call_is_the_difference_of_few_and_many() -> None:
    fake, notes = FakeTool(), list[str]()
    counter = Counter([fake.tool()], nothing_to_run, notes.append)
    (reading,) = counter.count(PREPARED, located(ONE), TENTH, 0.2, 60)
    assert reading.samples == (7.0,)
    assert fake.asked == [10, 20]
    counter.count(PREPARED, located(ONE), TENTH, 0.2, 60)
    assert notes == ["m.time_one is not counted by fake: y: its turn never came"]


def test_other_kinds_are_not_counted() -> None:
    fake = FakeTool()
    counter = Counter([fake.tool()], nothing_to_run, pytest.fail)
    peak = benchmark("m.peakmem_one", kind="peakmemory")
    assert counter.count(PREPARED, located(peak), TENTH, 0.2, 60) == ()
    assert fake.asked == []


def test_a_failure_is_a_note_and_no_more_than_one() -> None:
    fake, notes = FakeTool(fails="it does not run"), list[str]()
    counter = Counter([fake.tool(), fake.tool()], nothing_to_run, notes.append)
    assert counter.count(PREPARED, located(ONE), TENTH, 0.2, 60) == ()
    assert notes == ["m.time_one is not counted by fake: it does not run"]


def test_what_a_time_out_forbids_is_not_tried() -> None:
    fake, notes = FakeTool(), list[str]()
    counter = Counter([fake.tool(slowdown=50)], nothing_to_run, notes.append)
    assert counter.count(PREPARED, located(ONE), TENTH, 0.2, 60) == ()
    assert notes == ["m.time_one is not counted by fake: that takes 100 s, its timeout is 60 s"]
    assert fake.asked == []


@dataclass
class FakeCounter:
    """Takes an hour for each case, and says so."""

    world: FakeWorld
    asked: list[str] = field(default_factory=list)

    def count(
        self, prepared: Prepared, located: Located, measured: Measured, active_s: float, timeout_s: float
    ) -> tuple[Reading, ...]:
        case = located.benchmark.cases()[located.index]
        self.asked.append(f"{case} at {int(prepared.commit)}, {active_s:.2f} s, at most {timeout_s:.0f} s")
        self.world.clock.seconds += 3_600
        return (Reading(metric=INSTRUCTIONS, unit="instructions", better=Better.LOWER, samples=(9.0,)),)


def test_a_case_is_counted_once_with_its_last_run_and_its_time_is_nobodys() -> None:
    def fate(commit_hash: str, case: Case) -> Outcome:
        broken = Failed(kind=FailureKind.RAISED, text="no")
        return broken if case.benchmark == "m.time_bad" else always(commit_hash, case)

    bad, three = benchmark("m.time_bad", kind="time"), benchmark("m.time_three", kind="time", rounds=3)
    fake = fake_world(bad, three, fate=fate)
    counter = FakeCounter(fake)
    everything = Selection(
        pattern=None, nightly=(), with_nightly=False, quick=False, retry=False, again=False, carry=True
    )
    stated = frozenset({bad.name, three.name})
    plan = make_plan([commit(1)], [ENVIRONMENT], [bad, three], stated, lambda *_: {}, everything)
    sampling = Sampling(precision=0.01, case_budget_s=2.0, budget_s=None, interleave=True, cpus=())
    settings = Settings(quick=False, timeout_s=60, seed=1, sampling=sampling)
    world = replace(fake.world, counter=counter)
    measure(plan, world, settings, Carrier([], None), Forecast(plan, {}, None), Tally())
    assert counter.asked == ["m.time_three at 1, 0.15 s, at most 60 s"]
    found = [run for run in fake.sink.runs if run.case.benchmark == three.name]
    assert [[one.metric for one in run.metrics] for run in found] == [[], [], [INSTRUCTIONS]]
    assert max(run.duration_s for run in found) < 1


# --- who counts here --------------------------------------------------------------------------------


def test_without_perf_and_valgrind_each_metric_says_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    notes: list[str] = []
    assert tools_for({INSTRUCTIONS, CALLGRIND, CACHE_MISSES, BANDWIDTH}, notes.append) == ()
    why = "there is no perf on the PATH: install linux-perf (Debian) or linux-tools-generic (Ubuntu)"
    assert notes[0] == f"cache_misses cannot be counted here: {why}"
    assert notes[1] == f"instructions cannot be counted here: {why}; --callgrind counts on any Linux"
    assert notes[2].startswith("memory_bandwidth cannot be counted here: ")
    assert notes[3] == (
        "instructions_callgrind cannot be counted here: there is no valgrind on the PATH: "
        "install the package valgrind"
    )


def test_this_host_counts_or_says_why_not(project: Project) -> None:
    notes: list[str] = []
    counter = counter_for({INSTRUCTIONS}, project.configuration, lambda _: project.folders, notes.append)
    assert (counter is None) == bool(notes)
    assert counter_for(set(), project.configuration, lambda _: project.folders, pytest.fail) is None


@pytest.mark.skipif(shutil.which("perf") is None, reason="NOT RUN: there is no perf here")
def test_the_real_perf_counts_a_call(project: Project) -> None:
    """Page faults need no hardware: 1,024 pages written to are as many of them."""
    host = Countable(events={"faults": ("page-faults:u",)}, lacking={}, steady=steady_prefix())
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(counters._UNITS, "faults", "faults")
        tool = Tool(
            name="perf",
            slowdown=1.0,
            further_s=0.05,
            count=lambda command, timeout_s: counters.count(
                command.words, host, env=command.variables, cwd=command.cwd, timeout_s=timeout_s
            ),
        )
        counter = Counter([tool], lambda _, wanted: project.command(wanted), pytest.fail)
        where = located(repetition("time_pages", rounds=1, calls=1).benchmark)
        (reading,) = counter.count(project.prepared, where, TENTH, 0.002, 60)
    assert reading.samples[0] == pytest.approx(1024, rel=0.02)


VALGRIND = pytest.mark.skipif(shutil.which("valgrind") is None, reason="NOT RUN: there is no valgrind here")


@VALGRIND
def test_callgrind_counts_a_loop_twice_alike_and_three_times_as_long_thrice(project: Project) -> None:
    counter = counter_for({CALLGRIND}, project.configuration, lambda _: project.folders, pytest.fail)
    assert counter is not None

    def of(index: int) -> float:
        one = located(repetition("Loop.time_loop", rounds=1, calls=1).benchmark, index)
        (reading,) = counter.count(project.prepared, one, TENTH, 2e-4, 60)
        assert (reading.metric, reading.unit) == (CALLGRIND, "instructions")
        return reading.samples[0]

    short, again, long = of(0), of(0), of(1)
    assert again == pytest.approx(short, rel=2e-5)
    per_round = (long - short) / 2_000
    assert 10 < per_round < 1_000  # as the interpreter was compiled
    assert short == pytest.approx(1_000 * per_round, rel=0.05)  # the rest is the call itself


@VALGRIND
def test_set_ups_cancel(project: Project) -> None:
    """Making 20,000 numbers costs 50 times what reversing them does."""
    counter = counter_for({CALLGRIND}, project.configuration, lambda _: project.folders, pytest.fail)
    assert counter is not None
    where = located(repetition("Sorted.time_reverse", rounds=1, calls=1).benchmark)
    (reading,) = counter.count(project.prepared, where, TENTH, 1e-3, 60)
    assert 20_000 < reading.samples[0] < 120_000


# --- the command ------------------------------------------------------------------------------------


@VALGRIND
def test_a_run_stores_counts_beside_the_times(tmp_path: Path) -> None:
    make_project(tmp_path, (1,))
    done = groundspeed(
        tmp_path, "run", "--callgrind", "--instructions", "--counters", "--bench", r"time_work\(1000|track"
    )
    counted = [run for run in runs(tmp_path) if run.metrics]
    (last,) = [run for run in counted if run.case.benchmark == "work.Work.time_work"]
    assert len(counted) == 1
    metrics = {one.metric: one for one in last.metrics}
    assert metrics[CALLGRIND].samples[0] > 1_000
    for metric in (INSTRUCTIONS, CACHE_MISSES, BANDWIDTH):
        assert (metric in metrics) != (f"{metric} " in done.stderr)
    stored = json.loads((tmp_path / "results" / "benchmarks.json").read_text(encoding="utf-8"))
    assert stored["work.Work.time_work@instructions_callgrind"]["unit"] == "instructions"


def test_quick_is_refused(tmp_path: Path) -> None:
    make_project(tmp_path, (1,))
    done = groundspeed(tmp_path, "run", "--quick", "--instructions", code=2)
    assert "leave --quick out" in " ".join(done.stderr.split())
