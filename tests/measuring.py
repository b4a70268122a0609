"""A world without processes, files or time, good enough to run the whole measuring on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from groundspeed.measure.world import Progress, World
from groundspeed.records import (
    Benchmark,
    Build,
    Case,
    Commit,
    Environment,
    Failed,
    FailureKind,
    Measured,
    Outcome,
    Run,
    Skipped,
)
from groundspeed.results.ledger import Recorded
from groundspeed.suite.answers import Batch, Discovery, Finished, Gone, Preparation, Ready
from groundspeed.suite.environments import Made, Prepared

START = datetime(2026, 1, 1, tzinfo=UTC)
ENVIRONMENT = Environment(name="virtualenv-py3.11", python="3.11", requirements={}, env_vars={})

Fate = Callable[[str, Case], Outcome]


def commit(number: int) -> Commit:
    """A commit whose hash says its number; higher is newer."""
    return Commit(
        hash=f"{number:040d}",
        parents=(),
        date=START + timedelta(days=number),
        author="Ada",
        subject=f"number {number}",
        tags=(),
    )


def benchmark(
    name: str,
    *,
    kind: str = "track",
    params: tuple[tuple[str, ...], ...] = (),
    rounds: int = 1,
    version: str = "1",
) -> Benchmark:
    """A benchmark that is run as often as it states, unless its kind is a timed one."""
    return Benchmark(
        name=name,
        kind=kind,
        params=params,
        param_names=tuple(f"p{at}" for at in range(len(params))),
        unit="seconds",
        version=version,
        timeout_s=None,
        rounds=rounds,
        setup_cache_key=None,
        setup_cache_timeout_s=None,
        definition={"name": name},
    )


class FakeClock:
    """Time passes while a worker is busy, and then only."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds


class FakeEnvironments:
    """Every commit builds but those named. ``content`` maps commits to what was built."""

    def __init__(self, broken: Mapping[str, str], content: Mapping[str, str]) -> None:
        self.broken = broken
        self.content = content
        self.asked: list[list[str]] = []

    def prepare_many(self, wanted: Sequence[tuple[str, Environment]]) -> Iterator[Made]:
        self.asked.append([commit for commit, _ in wanted])
        for commit, environment in reversed(wanted):  # in the order of completion, not of asking
            yield Made(commit=commit, environment=environment, result=self._made(commit, environment))

    def _made(self, commit: str, environment: Environment) -> Prepared | Failed:
        if commit in self.broken:
            return Failed(kind=FailureKind.NOT_BUILT, text=self.broken[commit])
        return Prepared(
            commit=commit,
            environment=environment.name,
            python=Path("python"),
            variables={},
            dependencies=("a==1",),
            identity=self.content.get(commit),
            build_s=1.0,
        )


class FakeLive:
    """A case that is alive in a fake worker. It gives what its process was fated to, at 0.1 s a batch."""

    def __init__(self, worker: FakeWorker, case: Case, outcome: Measured) -> None:
        self.worker = worker
        self.case = case
        self.outcome = outcome
        self.ready = Ready(number=outcome.number, sample_s=0.002, repeat=None, check=None, active_s=0.05)

    def sample(self, count: int, within_s: float) -> Batch | Gone:
        self.worker.log(f"sample {self.case}")
        self.worker.clock.seconds += 0.1
        drift = self.worker.drift * self.worker.clock.seconds
        samples = tuple(one + drift for one in self.outcome.samples)
        measured = Measured(samples=samples, number=self.outcome.number)
        return Batch(measured=measured, metrics=(), check=None, active_s=0.1)

    def finish(self) -> Finished | Gone:
        self.worker.log(f"finish {self.case}")
        return Finished(active_s=0.0)


class FakeWorker:
    """Does at once what ``fate`` says of a process; dies when it says SIGKILL.

    With a ``drift`` each second of its clock adds to the samples.
    """

    def __init__(
        self,
        commit: str,
        benchmarks: tuple[Benchmark, ...],
        errors: Mapping[str, str],
        fate: Fate,
        clock: FakeClock,
        diary: list[str],
    ) -> None:
        self.discovery = Discovery(
            benchmarks=benchmarks,
            stated_rounds=frozenset(),
            import_errors=errors,
            python="3.11",
            launch="fork",
            launch_reason=None,
        )
        self.commit = commit
        self.fate = fate
        self.clock = clock
        self.diary = diary
        self.drift = 0.0
        self.alive = True
        self.closed = False

    def log(self, what: str) -> None:
        self.diary.append(f"{int(self.commit)}: {what}")

    def prepare(self, benchmark: Benchmark, index: int, how: Preparation) -> FakeLive | Gone:
        assert self.alive
        assert not self.closed
        case = benchmark.cases()[index]
        self.log(f"prepare {case}")
        self.clock.seconds += 0.05
        outcome = self.fate(self.commit, case)
        if isinstance(outcome, Measured):
            return FakeLive(self, case, outcome)
        assert isinstance(outcome, Failed | Skipped)
        if isinstance(outcome, Failed) and "SIGKILL" in outcome.text:
            self.alive = False
        return Gone(outcome=outcome, active_s=0.05)

    def close(self) -> None:
        self.closed = True


class Silence(Progress):
    """Tells nobody, remembers what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def building(self, commits: Sequence[Commit], left_s: float) -> None:
        self.said.append(f"building {', '.join(str(int(one.hash)) for one in commits)}")

    def built(self, build: Build) -> None:
        self.said.append("built" if build.failure is None else "broke")

    def running(self, commit: Commit, case: Case, open_runs: int, left_s: float) -> None:
        self.said.append(f"running {case} at {int(commit.hash)}, {open_runs} to go")

    def ran(self, run: Run) -> None:
        self.said.append("ran")


@dataclass
class ListSink:
    """Keeps everything in order, tells ``heard`` of each run; raises at the item it is told to."""

    items: list[Build | Run] = field(default_factory=list)
    fails_at: int | None = None
    heard: Callable[[Run], None] | None = None

    def add(self, item: Build | Run) -> None:
        if self.fails_at == len(self.items):
            raise KeyboardInterrupt
        self.items.append(item)
        if self.heard is not None and isinstance(item, Run):
            self.heard(item)

    @property
    def runs(self) -> list[Run]:
        return [item for item in self.items if isinstance(item, Run)]

    @property
    def builds(self) -> list[Build]:
        return [item for item in self.items if isinstance(item, Build)]


def always(_: str, __: Case) -> Outcome:
    """Every run measures one second."""
    return Measured(samples=(1.0,), number=1)


@dataclass
class FakeWorld:
    """A world without processes or time, with everything that happened in it."""

    world: World
    sink: ListSink
    clock: FakeClock
    environments: FakeEnvironments
    workers: list[FakeWorker]
    diary: list[str]
    records: dict[tuple[str, str], dict[tuple[Case, str], Recorded]]


def fake_world(
    *benchmarks: Benchmark,
    broken: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    content: Mapping[str, str] | None = None,
    fate: Fate = always,
) -> FakeWorld:
    """A world for these benchmarks. ``diary`` tells what its workers did, ``records`` what is recorded."""
    workers: list[FakeWorker] = []
    diary: list[str] = []
    clock = FakeClock()
    records: dict[tuple[str, str], dict[tuple[Case, str], Recorded]] = {}

    def start(prepared: Prepared) -> FakeWorker:
        workers.append(FakeWorker(prepared.commit, benchmarks, errors or {}, fate, clock, diary))
        return workers[-1]

    sink = ListSink()
    environments = FakeEnvironments(broken or {}, content or {})
    world = World(
        environments=environments,
        start_worker=start,
        record=lambda commit, environment: records.get((commit, environment), {}),
        sink=sink,
        clock=clock,
        progress=Silence(),
        counter=None,
    )
    return FakeWorld(world, sink, clock, environments, workers, diary, records)
