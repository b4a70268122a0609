"""Base and head in turn, on fake workers: order, drift, failures at one end, ending early; and for real."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from groundspeed.measure.interleave import Pair, interleave
from groundspeed.measure.taking import Settings, Taken
from groundspeed.records import Case, Failed, FailureKind, Measured, NotRun, Outcome, Sampling
from tests.measuring import FakeClock, FakeWorker, Fate, always, benchmark, commit

SAMPLING = Sampling(precision=0.01, case_budget_s=2.0, budget_s=None, interleave=True, cpus=())
SETTINGS = Settings(quick=False, timeout_s=60, seed=7, sampling=SAMPLING)
ONE, TWO = benchmark("m.time_one", kind="time"), benchmark("m.time_two", kind="time")
CASES = [*ONE.cases(), *TWO.cases()]


class Ends:
    """Workers of commit 1 (base) and 2 (head), with a diary of what they did."""

    def __init__(self, fate: Fate = always, drift: float = 0.0) -> None:
        self.diary: list[str] = []
        self.workers: list[FakeWorker] = []
        self.clock = FakeClock()
        self.fate, self.drift = fate, drift

    def at(self, number: int) -> Callable[[], FakeWorker]:
        def start() -> FakeWorker:
            worker = FakeWorker(commit(number).hash, (ONE, TWO), {}, self.fate, self.clock, self.diary)
            worker.drift = self.drift
            self.workers.append(worker)
            return worker

        return start

    def go(self, cases: list[Case], *, rounds: int) -> list[Pair]:
        return list(interleave(self.at(1), self.at(2), cases, SETTINGS, rounds=rounds))


def samples(taken: Taken | NotRun | Failed) -> tuple[float, ...]:
    assert isinstance(taken, Taken)
    assert isinstance(taken.outcome, Measured)
    return taken.outcome.samples


def test_both_ends_are_alive_and_sampled_in_turn() -> None:
    ends = Ends()
    ends.go(ONE.cases()[:1], rounds=1)  # type: ignore[arg-type]  # a tuple will do
    who = [line[0] for line in ends.diary if "sample" in line]
    assert [line.split()[1] for line in ends.diary[:2]] == ["prepare", "prepare"]
    assert [line.split()[1] for line in ends.diary[-2:]] == ["finish", "finish"]
    first, second = who[:2]
    assert who == [first, second, second, first] * (len(who) // 4)
    assert len(who) == 12  # 12 ms of samples of 2 ms at either end


def test_each_round_has_fresh_workers_and_an_order_of_its_own() -> None:
    ends = Ends()
    pairs = ends.go(CASES, rounds=8)
    assert len(pairs) == 16
    assert len(ends.workers) == 16
    assert all(worker.closed for worker in ends.workers)
    first = [
        next(line[0] for line in ends.diary[at:] if "prepare" in line) for at in range(0, len(ends.diary), 40)
    ]
    assert set(first) <= {"1", "2"}
    orders = {tuple(str(pair.case) for pair in pairs[at : at + 2]) for at in range(0, 16, 2)}
    assert len(orders) == 2


def test_law_what_drifts_evenly_makes_no_difference_between_the_ends() -> None:
    """The same code under a drift of 1 % a second: means of ABBA blocks are equal to the last digits."""
    (pair,) = Ends(drift=0.01).go(list(ONE.cases()), rounds=1)
    base, head = samples(pair.base), samples(pair.head)
    assert sum(base) / len(base) == pytest.approx(sum(head) / len(head), rel=1e-12)
    assert max(base) > min(base) * 1.004


def test_what_fails_at_one_end_is_measured_at_the_other() -> None:
    def fate(at: str, _: Case) -> Outcome:
        return always(at, _) if int(at) == 1 else Failed(kind=FailureKind.RAISED, text="oh")

    ends = Ends(fate)
    (pair,) = ends.go(list(ONE.cases()), rounds=1)
    assert samples(pair.base)
    assert isinstance(pair.head, Taken)
    assert pair.head.outcome == Failed(kind=FailureKind.RAISED, text="oh")


def test_a_case_that_is_missing_says_so() -> None:
    (pair,) = Ends().go([Case(benchmark="m.time_one", params=("9",))], rounds=1)
    assert isinstance(pair.base, NotRun)
    (gone,) = Ends().go([Case(benchmark="m.time_gone", params=())], rounds=1)
    assert isinstance(gone.head, Failed)
    assert gone.head.kind is FailureKind.NOT_IMPORTED


def test_whoever_stops_asking_ends_the_workers() -> None:
    ends = Ends()
    pairs = interleave(ends.at(1), ends.at(2), CASES, SETTINGS, rounds=99)
    next(pairs)
    pairs.close()
    assert len(ends.workers) == 2
    assert all(worker.closed for worker in ends.workers)
