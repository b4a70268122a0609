"""A gate without processes, files or time: workers whose samples are those of real A/A processes.

Owns the pool of tests/fixtures/aa.npz (3,128 processes of identical code: real noise within and between
processes), workers that draw from it, and a clock that goes on while they are busy. A worker of either end
draws from one of the pool's sessions, another one for each session of the gate.
"""

from __future__ import annotations

import contextlib
import functools
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from groundspeed.config.tolerances import Tolerances
from groundspeed.gate.course import Course, Standing
from groundspeed.gate.evidence import Ends, Evidence
from groundspeed.gate.judging import counted_by, judge_by
from groundspeed.gate.rounds import Outside, Place, Plan, Sitting, measure
from groundspeed.measure.world import Screen
from groundspeed.records import Benchmark, Measured, Sampling, SeriesKey
from groundspeed.suite.answers import Batch, Discovery, Finished, Gone, Preparation, Ready
from tests.measuring import FakeClock, ListSink, Silence, benchmark, commit

FIXTURE = Path(__file__).parent / "fixtures" / "aa.npz"
BASE, HEAD = commit(1).hash, commit(2).hash
ENVIRONMENT = "virtualenv-py3.11"
PREPARE_S = 0.06  # a fork, set-up and 10 ms of warm-up, as measured on two cores
IMPORT_S = 0.25  # of a suite, once a round at either end
LEAST_SAMPLE_S = 0.002

Samples = NDArray[np.float32]


@functools.cache
def pool(path: Path = FIXTURE) -> dict[int, dict[str, list[Samples]]]:
    """By session and case the samples of each process."""
    with np.load(path, allow_pickle=False) as stored:
        names = [_name(str(one)) for one in stored["cases"]]
        runs, samples = stored["runs"], stored["samples"]
    found: dict[int, dict[str, list[Samples]]] = {}
    for row, values in zip(runs, np.split(samples, np.cumsum(runs[:, 4])[:-1]), strict=True):
        found.setdefault(int(row[0]), {}).setdefault(names[row[2]], []).append(values)
    return found


def _name(case: str) -> str:
    return case.replace("(", "_").removesuffix(")")


def suite() -> tuple[Benchmark, ...]:
    """The thirty cases of the pool."""
    return tuple(benchmark(name, kind="time") for name in sorted(pool()[0]))


@dataclass(kw_only=True, slots=True)
class Live:
    """A case alive: one process of the pool, its samples in their order, over and over."""

    values: Samples
    clock: FakeClock
    ready: Ready
    at: int = 0

    def sample(self, count: int, within_s: float) -> Batch | Gone:
        value = float(self.values[self.at % len(self.values)])
        self.at += 1
        cost_s = max(LEAST_SAMPLE_S, value)
        self.clock.seconds += cost_s
        return Batch(measured=Measured(samples=(value,), number=1), metrics=(), check=None, active_s=cost_s)

    def finish(self) -> Finished | Gone:
        return Finished(active_s=0.0)


@dataclass(kw_only=True, slots=True)
class Drawer:
    """A worker: every process that it is asked for is one drawn from the pool, times what was planted."""

    processes: Mapping[str, Sequence[Samples]]
    planted: Mapping[str, float]
    chance: random.Random
    clock: FakeClock
    discovery: Discovery
    closed: bool = False

    @property
    def alive(self) -> bool:
        """Nothing kills it but its end."""
        return not self.closed

    def prepare(self, benchmark: Benchmark, index: int, how: Preparation) -> Live | Gone:
        drawn = self.chance.choice(self.processes[benchmark.name])
        values = drawn * np.float32(self.planted.get(benchmark.name, 1.0))
        cost_s = PREPARE_S + float(values[0])
        self.clock.seconds += cost_s
        sample_s = max(LEAST_SAMPLE_S, float(values[0]))
        ready = Ready(number=1, sample_s=sample_s, repeat=None, check=None, active_s=cost_s)
        return Live(values=values, clock=self.clock, ready=ready)

    def close(self) -> None:
        self.closed = True


class Quiet(Silence, Screen):
    """Tells nobody anything."""

    def doing(self, text: str) -> None:
        """What goes on."""

    def note(self, text: str) -> None:
        """What stays."""

    def finish(self) -> None:
        """The end."""


@dataclass(kw_only=True, slots=True)
class Simulation:
    """What the gate measures with. ``planted`` are the factors by which head is slower, by benchmark."""

    seed: int
    planted: Mapping[str, float]
    benchmarks: tuple[Benchmark, ...] = field(default_factory=suite)
    clock: FakeClock = field(default_factory=FakeClock)
    sink: ListSink = field(default_factory=ListSink)
    workers: list[Drawer] = field(default_factory=list)
    sessions: int = 0

    def measure(self, course: Course, budget_s: float | None) -> None:
        """Let the gate measure until it is done."""
        sampling = Sampling(precision=0.01, case_budget_s=2.0, budget_s=budget_s, interleave=True, cpus=())
        plan = Plan(
            base=commit(1),
            head=commit(2),
            versions={one.name: one.version for one in self.benchmarks},
            sampling=sampling,
            timeout_s=60.0,
        )
        measure(course, plan, Outside(sit=self.sit, clock=self.clock, screen=Quiet()))

    @contextlib.contextmanager
    def sit(self) -> Iterator[Sitting]:
        """A fresh session: another name, another seed, another session of the pool."""
        self.sessions += 1
        chance = random.Random(f"{self.seed}-{self.sessions}")
        drawn = pool()[chance.choice(sorted(pool()))]
        discovery = Discovery(
            benchmarks=self.benchmarks,
            stated_rounds=frozenset(),
            import_errors={},
            python="3.11",
            launch="fork",
            launch_reason=None,
        )

        def start(planted: Mapping[str, float]) -> Drawer:
            self.clock.seconds += IMPORT_S
            self.workers.append(
                Drawer(processes=drawn, planted=planted, chance=chance, clock=self.clock, discovery=discovery)
            )
            return self.workers[-1]

        place = Place(environment=ENVIRONMENT, base=lambda: start({}), head=lambda: start(self.planted))
        yield Sitting(
            session=f"2026010{self.sessions}T000000Z-00000000",
            seed=chance.getrandbits(32),
            places=(place,),
            sink=self.sink,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """What one simulated gate came to. ``seconds`` are those of its clock."""

    course: Course
    processes: int
    sessions: int
    seconds: float

    def named(self, *standings: Standing) -> set[str]:
        """The benchmarks that stand so."""
        return {key.case.benchmark for key, one in self.course.positions.items() if one.standing in standings}


def trial(
    seed: int, planted: Mapping[str, float], *, tolerance: float = 0.02, budget_s: float = 600.0
) -> Trial:
    """One gate from nothing: thirty cases, head slower by the planted factors."""
    simulation = Simulation(seed=seed, planted=planted)
    course = course_of(simulation, tolerance)
    simulation.measure(course, budget_s)
    return Trial(
        course=course,
        processes=len(simulation.sink.runs),
        sessions=simulation.sessions,
        seconds=simulation.clock.seconds,
    )


def course_of(simulation: Simulation, tolerance: float) -> Course:
    """Nothing measured yet, all of the simulation's cases wanted."""
    wanted = tuple(
        SeriesKey(machine="box", environment=ENVIRONMENT, case=case, metric="", version=one.version)
        for one in simulation.benchmarks
        for case in one.cases()
    )
    tolerances = Tolerances(default=tolerance)
    return Course(
        evidence=Evidence(Ends(base=BASE, head=HEAD), "box", simulation.benchmarks),
        wanted=wanted,
        counts=counted_by(tolerances, wanted),
        judge=judge_by(tolerances),
    )
