"""A world without processes, files or time, good enough to run the whole measuring on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from groundspeed.measure.run import Progress, World
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
)
from groundspeed.suite.client import Answer, Discovery
from groundspeed.suite.environments import Prepared

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
    name: str, *, params: tuple[tuple[str, ...], ...] = (), rounds: int = 1, version: str = "1"
) -> Benchmark:
    """A benchmark of the time kind."""
    return Benchmark(
        name=name,
        kind="time",
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
    """Each look at the stop-watch is a second later."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        self.seconds += 1
        return self.seconds


class FakeEnvironments:
    """Every commit builds but those named."""

    def __init__(self, broken: Mapping[str, str]) -> None:
        self.broken = broken
        self.asked: list[str] = []

    def prepare(self, commit: str, environment: Environment) -> Prepared | Failed:
        self.asked.append(commit)
        if commit in self.broken:
            return Failed(kind=FailureKind.NOT_BUILT, text=self.broken[commit])
        return Prepared(
            commit=commit,
            environment=environment.name,
            python=Path("python"),
            variables={},
            dependencies=("a==1",),
            identity=None,
            build_s=1.0,
        )


class FakeWorker:
    """Answers at once with what ``fate`` says; dies when it says SIGKILL."""

    def __init__(
        self, commit: str, benchmarks: tuple[Benchmark, ...], errors: Mapping[str, str], fate: Fate
    ) -> None:
        self.discovery = Discovery(
            benchmarks=benchmarks, import_errors=errors, python="3.11", launch="fork", launch_reason=None
        )
        self.commit = commit
        self.fate = fate
        self.alive = True
        self.closed = False

    def run(self, benchmark: Benchmark, index: int, *, quick: bool, timeout_s: float) -> Answer:
        assert self.alive
        assert not self.closed
        outcome = self.fate(self.commit, benchmark.cases()[index])
        if isinstance(outcome, Failed) and "SIGKILL" in outcome.text:
            self.alive = False
        return Answer(outcome=outcome, duration_s=0.5 if quick else timeout_s / 60)

    def close(self) -> None:
        self.closed = True


class Silence(Progress):
    """Tells nobody, remembers what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def building(self, commit: Commit, environment: Environment, left_s: float) -> None:
        self.said.append(f"building {int(commit.hash)}")

    def built(self, build: Build) -> None:
        self.said.append("built" if build.failure is None else "broke")

    def running(self, commit: Commit, case: Case, open_runs: int, left_s: float) -> None:
        self.said.append(f"running {case} at {int(commit.hash)}, {open_runs} to go")

    def ran(self, run: Run) -> None:
        self.said.append("ran")


@dataclass
class ListSink:
    """Keeps everything in order; raises at the item it is told to."""

    items: list[Build | Run] = field(default_factory=list)
    fails_at: int | None = None

    def add(self, item: Build | Run) -> None:
        if self.fails_at == len(self.items):
            raise KeyboardInterrupt
        self.items.append(item)

    @property
    def runs(self) -> list[Run]:
        return [item for item in self.items if isinstance(item, Run)]

    @property
    def builds(self) -> list[Build]:
        return [item for item in self.items if isinstance(item, Build)]


def always(_: str, __: Case) -> Outcome:
    """Every run measures one second."""
    return Measured(samples=(1.0,), number=1)


def fake_world(
    *benchmarks: Benchmark,
    broken: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    fate: Fate = always,
) -> tuple[World, ListSink, list[FakeWorker]]:
    """A world for these benchmarks; with it its sink, and the workers it will have started."""
    workers: list[FakeWorker] = []

    def start(prepared: Prepared) -> FakeWorker:
        workers.append(FakeWorker(prepared.commit, benchmarks, errors or {}, fate))
        return workers[-1]

    sink = ListSink()
    world = World(
        environments=FakeEnvironments(broken or {}),
        start_worker=start,
        sink=sink,
        clock=FakeClock(),
        progress=Silence(),
    )
    return world, sink, workers
