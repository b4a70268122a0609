"""What the suite holds: imported where it first can be, from the newest commit on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from groundspeed.measure.place import build_of
from groundspeed.measure.plan import Step
from groundspeed.measure.world import EnvironmentsLike, Screen, SystemClock
from groundspeed.records import Benchmark, Build, Commit, Environment, Failed
from groundspeed.suite.answers import WorkerError, WorkerLike
from groundspeed.suite.environments import Prepared


class Preparing(EnvironmentsLike, Protocol):
    """Who makes environments one by one as well: to see the suite, one is enough."""

    def prepare(self, commit: str, environment: Environment) -> Prepared | Failed:
        """The environment with the commit installed, or why there is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Suite:
    """The suite as the first commit that could import it showed it.

    ``stated_rounds`` names the benchmarks that say how many processes measure them; ``broken`` are the
    builds that failed where no commit could be built.
    """

    benchmarks: tuple[Benchmark, ...]
    stated_rounds: frozenset[str]
    import_errors: Mapping[str, str]
    broken: tuple[Build, ...]

    @property
    def why_none(self) -> str:
        """Why it holds no benchmark."""
        for module, text in self.import_errors.items():
            return f"{module} cannot be imported there: {text.strip().splitlines()[-1]}"
        return (
            "no commit of the range builds and imports the suite, or the folder holds none. "
            "Try one commit alone: groundspeed run COMMIT^!"
        )


def discover(
    places: Iterable[tuple[Commit, Environment]],
    environments: Preparing,
    start_worker: Callable[[Prepared], WorkerLike],
    known: Callable[[], tuple[Benchmark, ...]],
    screen: Screen,
) -> Suite:
    """The suite in the first place that builds and imports it.

    Where none does, the benchmarks that the results know already stand in, so that the failures are
    recorded all the same.
    """
    broken: list[Build] = []
    for commit, environment in places:
        screen.doing(f"{commit.short}  building {environment.name} to see the suite")
        started_at, started = SystemClock().now(), time.monotonic()
        prepared = environments.prepare(commit.hash, environment)
        if isinstance(prepared, Failed):
            step = Step(commit=commit, environment=environment, cases=(), second_look=False)
            broken.append(build_of(step, prepared, started_at, time.monotonic() - started))
            continue
        try:
            worker = start_worker(prepared)
        except WorkerError as error:
            screen.note(f"{commit.short}  the suite cannot be imported there: {error}")
            continue
        worker.close()
        return _seen(worker, screen)
    return Suite(benchmarks=known(), stated_rounds=frozenset(), import_errors={}, broken=tuple(broken))


def _seen(worker: WorkerLike, screen: Screen) -> Suite:
    found = worker.discovery
    if found.launch_reason:
        screen.note(f"cases are spawned, not forked: {found.launch_reason}")
    return Suite(
        benchmarks=found.benchmarks,
        stated_rounds=found.stated_rounds,
        import_errors=found.import_errors,
        broken=(),
    )
