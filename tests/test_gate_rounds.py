"""Gates on simulated workers whose samples are real: what is found, what it costs, what an end leaves."""

from __future__ import annotations

import contextlib
import random
from collections import Counter
from collections.abc import Iterator

import pytest

from groundspeed.gate.course import LEAST_PROCESSES, Standing
from groundspeed.gate.rounds import Sitting
from groundspeed.records import Build, Run
from tests.gating import BASE, HEAD, Quiet, Simulation, course_of, pool, suite, trial

GREEN = {Standing.PASSED, Standing.NOT_CONFIRMED}


@pytest.mark.parametrize("seed", range(4))
def test_a_planted_slowdown_is_named_and_nothing_else(seed: int) -> None:
    """5 % in one of thirty cases at 2 % tolerance; tools/gate-trials has 100 of them."""
    (name,) = random.Random(seed).sample([one.name for one in suite()], 1)
    found = trial(seed, {name: 1.05})
    assert found.named(Standing.SLOWER) == {name}
    assert len(found.named(*GREEN)) == 29
    assert found.sessions == 2


@pytest.mark.parametrize("seed", range(4))
def test_identical_code_passes(seed: int) -> None:
    found = trial(1000 + seed, {})
    assert found.named(*GREEN) == {one.name for one in suite()}
    assert found.seconds < 600


@pytest.mark.slow
def test_some_gates_of_either_kind() -> None:
    """A part of tools/gate-trials: of 100 and 100 none was wrong, so of these none may be."""
    names = [one.name for one in suite()]
    for seed in range(3):
        planted = names[seed % len(names)]
        assert trial(seed, {planted: 1.05}).named(Standing.SLOWER) == {planted}
        assert trial(seed, {}).named(*GREEN) == set(names)


def test_at_the_usual_tolerance_it_takes_few_processes() -> None:
    """5 %: four pairs of most cases are enough."""
    found = trial(7, {}, tolerance=0.05)
    assert found.named(*GREEN) == {one.name for one in suite()}
    assert found.processes < 2 * 30 * 6


def test_what_is_recorded_is_what_was_measured() -> None:
    simulation = Simulation(seed=3, planted={})
    course = course_of(simulation, 0.05)
    simulation.measure(course, 600.0)
    runs = simulation.sink.runs
    assert Counter(run.commit for run in runs) == {BASE: len(runs) // 2, HEAD: len(runs) // 2}
    for before, after in zip(runs[::2], runs[1::2], strict=True):
        assert (before.case, before.started_at) == (after.case, after.started_at)
        assert (before.commit, after.commit) == (BASE, HEAD)
    assert all(min(course.evidence.processes(key)) >= LEAST_PROCESSES for key in course.positions)
    again = Simulation(seed=3, planted={})
    again.measure(course_of(again, 0.05), 600.0)
    assert again.sink.runs == runs  # the seed decides everything


def test_a_budget_is_kept_and_the_next_gate_goes_on_from_there() -> None:
    simulation = Simulation(seed=5, planted={})
    course = course_of(simulation, 0.02)
    simulation.measure(course, 20.0)
    assert not course.over
    assert 20.0 <= simulation.clock.seconds < 22.0  # the pair that had begun
    spent = len(simulation.sink.runs)
    simulation.measure(course, 600.0)
    assert {one.standing for one in course.positions.values()} <= GREEN
    whole = trial(5, {})
    assert len(simulation.sink.runs) - spent < whole.processes


def test_nothing_is_measured_that_is_on_record() -> None:
    first = Simulation(seed=11, planted={})
    course = course_of(first, 0.05)
    first.measure(course, 600.0)
    second = Simulation(seed=12, planted={})
    other = course_of(second, 0.05)
    other.evidence.take_in(
        *course.evidence.pairs(course.positions, lambda _, __: True), course.evidence.sessions
    )
    for session in other.evidence.sessions:
        other.look(session, 600.0)
    second.measure(other, 600.0)
    assert second.sink.runs == []
    assert second.sessions == 0


class Interrupting(Simulation):
    """Ctrl-C at the hundredth run."""

    @contextlib.contextmanager
    def sit(self) -> Iterator[Sitting]:
        def heard(run: Run | Build) -> None:
            if len(self.sink.items) == 100:
                raise KeyboardInterrupt

        self.sink.heard = heard
        with Simulation.sit(self) as sitting:
            yield sitting


def test_an_interruption_leaves_what_was_measured() -> None:
    simulation = Interrupting(seed=1, planted={})
    course = course_of(simulation, 0.05)
    with pytest.raises(KeyboardInterrupt):
        simulation.measure(course, 600.0)
    assert len(simulation.sink.items) == 100
    assert all(worker.closed for worker in simulation.workers)
    assert sum(sum(course.evidence.processes(key)) for key in course.positions) in (99, 100)


def test_the_pool_is_what_it_is_said_to_be() -> None:
    found = pool()
    assert sum(len(one) for cases in found.values() for one in cases.values()) == 3128
    assert {len(cases) for cases in found.values()} == {30}
    assert Quiet().said == []
