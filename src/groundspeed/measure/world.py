"""Everything outside that measuring touches, as Protocols; each has a fake in the tests."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from groundspeed.measure.plan import Record
from groundspeed.measure.standing_worker import Located
from groundspeed.records import Build, Case, Commit, Environment, Measured, Reading, Run
from groundspeed.suite.answers import WorkerLike
from groundspeed.suite.environments import Made, Prepared


class EnvironmentsLike(Protocol):
    """Who makes a commit's environment."""

    def prepare_many(self, wanted: Sequence[tuple[str, Environment]]) -> Iterator[Made]:
        """Several environments at once, each as it stands, or why there is none. Nothing may be measured
        meanwhile.
        """


class Sink(Protocol):
    """Where what became of each attempt goes, before the next one starts."""

    def add(self, item: Build | Run) -> None:
        """Record it; returns when it is safe."""


class Clock(Protocol):
    """The time of day and a stop-watch."""

    def now(self) -> datetime:
        """Aware UTC."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary start."""


class SystemClock:
    """The host's clocks."""

    def now(self) -> datetime:
        """Aware UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds from an arbitrary start."""
        return time.monotonic()


class Progress(Protocol):
    """What a person watching is told."""

    def building(self, commits: Sequence[Commit], left_s: float) -> None:
        """The environments of some commits are being made."""

    def built(self, build: Build) -> None:
        """It stands, or failed."""

    def running(self, commit: Commit, case: Case, open_runs: int, left_s: float) -> None:
        """A run starts."""

    def ran(self, run: Run) -> None:
        """It ended."""


class CounterLike(Protocol):
    """Who counts what a call executes."""

    def count(
        self, prepared: Prepared, located: Located, measured: Measured, active_s: float, timeout_s: float
    ) -> tuple[Reading, ...]:
        """What a call costs; nothing where it cannot be counted. A process that gave as many samples as
        ``measured`` took ``active_s``.
        """


class Screen(Progress, Protocol):
    """Progress, and lines that stay."""

    def doing(self, text: str) -> None:
        """What goes on before there is a plan."""

    def note(self, text: str) -> None:
        """Something worth knowing that stays."""

    def finish(self) -> None:
        """Nothing more is coming."""


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """Everything outside that measuring touches. ``record`` is what is recorded of a commit by now.

    ``counter`` is None where nothing is to be counted.
    """

    environments: EnvironmentsLike
    start_worker: Callable[[Prepared], WorkerLike]
    record: Record
    sink: Sink
    clock: Clock
    progress: Progress
    counter: CounterLike | None
