"""Where cases stand: what confirms, what breaks, what is given up; hand-made processes, no worker."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed.config.tolerances import Tolerance, Tolerances
from groundspeed.gate.course import LEAST_PROCESSES, Course, Standing, need, passes
from groundspeed.gate.evidence import Ends, Evidence
from groundspeed.gate.judging import counted_by, judge_by
from groundspeed.measurements import Measurement
from groundspeed.records import (
    Benchmark,
    Better,
    Case,
    Failed,
    FailureKind,
    Measured,
    NotRun,
    Outcome,
    Reading,
    Run,
    SeriesKey,
    Skipped,
    Verdict,
)
from groundspeed.stats.comparison import MOST_PROCESSES
from tests.measuring import ENVIRONMENT, START, benchmark, commit

BASE, HEAD = commit(1).hash, commit(2).hash
NAMES = tuple(f"m.time_{letter}" for letter in "abcdef")
BENCHMARKS = tuple(benchmark(name, kind="time") for name in NAMES)
FIRST, SECOND, THIRD = (f"2026010{day}T000000Z-00000000" for day in (1, 2, 3))
RAISED = Failed(kind=FailureKind.RAISED, text="ZeroDivisionError")
# A percent up and down: the processes of every case differ by as much
WOBBLE = (1.0, 1.01, 0.99, 1.004, 0.996, 1.007, 0.993, 1.002, 0.998, 1.005)


def key(name: str = NAMES[0], metric: str = "") -> SeriesKey:
    return SeriesKey(
        machine="box",
        environment=ENVIRONMENT.name,
        case=Case(benchmark=name, params=()),
        metric=metric,
        version="1",
    )


@dataclass
class Bench:
    """A course over six cases, fed by hand."""

    tolerances: Tolerances = field(default_factory=lambda: Tolerances(default=0.05))
    suspected: bool = False
    benchmarks: tuple[Benchmark, ...] = BENCHMARKS

    def __post_init__(self) -> None:
        self.evidence = Evidence(Ends(base=BASE, head=HEAD), "box", self.benchmarks)
        self.ticks = itertools.count()
        self.course = self.new()

    def new(self) -> Course:
        wanted = tuple(key(name) for name in NAMES)
        return Course(
            evidence=self.evidence,
            wanted=wanted,
            counts=counted_by(self.tolerances, wanted),
            judge=judge_by(self.tolerances),
            suspected=self.suspected,
        )

    def give(self, session: str, name: str, base: Outcome | float, head: Outcome | float) -> None:
        for hash_, outcome in ((BASE, base), (HEAD, head)):
            self.evidence.add(session, self.run(name, hash_, outcome))

    def run(self, name: str, hash_: str, outcome: Outcome | float) -> Run:
        return Run(
            case=Case(benchmark=name, params=()),
            version="1",
            commit=hash_,
            environment=ENVIRONMENT.name,
            outcome=Measured(samples=(outcome, outcome * 1.001), number=1)
            if isinstance(outcome, float)
            else outcome,
            metrics=(),
            check=None,
            stop=None,
            quick=False,
            started_at=START + timedelta(seconds=next(self.ticks)),
            duration_s=0.1,
        )

    def rounds(self, session: str, head: float, count: int, name: str = NAMES[0]) -> None:
        """Rounds in which one case is slower by a factor and the others are not, each looked at."""
        for at in range(count):
            for place, other in enumerate(NAMES):
                here, there = (WOBBLE[(at + place + shift) % len(WOBBLE)] for shift in (0, 3))
                self.give(session, other, here, there * (head if other == name else 1.0))
                self.course.took(ENVIRONMENT.name, Case(benchmark=other, params=()), 1.0)
            self.course.look(session, 1000.0)

    def standing(self, name: str = NAMES[0], metric: str = "") -> Standing:
        return self.course.positions[key(name, metric)].standing


def test_nothing_is_decided_by_too_few_processes() -> None:
    bench = Bench()
    bench.rounds(FIRST, 1.0, LEAST_PROCESSES - 1)
    assert {one.standing for one in bench.course.positions.values()} == {Standing.OPEN}
    bench.rounds(FIRST, 1.0, 6)
    assert {one.standing for one in bench.course.positions.values()} == {Standing.PASSED}
    assert bench.course.over


def test_what_raised_a_suspicion_cannot_confirm_it() -> None:
    bench = Bench()
    bench.rounds(FIRST, 1.3, 8)
    assert bench.standing() is Standing.SUSPECTED
    assert bench.course.open_in(FIRST, ENVIRONMENT.name) == []
    assert [str(case) for case in bench.course.open_in(SECOND, ENVIRONMENT.name)] == [NAMES[0]]
    bench.rounds(FIRST, 1.3, 8)
    assert bench.standing() is Standing.SUSPECTED
    bench.rounds(SECOND, 1.3, LEAST_PROCESSES - 1)
    assert bench.standing() is Standing.OPEN
    bench.rounds(SECOND, 1.3, 4)
    assert bench.standing() is Standing.SLOWER


def test_what_a_fresh_session_contradicts_is_not_confirmed() -> None:
    bench = Bench()
    bench.rounds(FIRST, 1.3, 8)
    bench.rounds(SECOND, 1.0, 8)
    assert bench.standing() is Standing.NOT_CONFIRMED
    position = bench.course.positions[key()]
    assert position.telling is position.fresh
    assert position.pooled is not None
    assert position.pooled.worse.centre > 1.1


def test_what_the_history_suspects_has_only_to_be_slower_here() -> None:
    slower, same = Bench(suspected=True), Bench(suspected=True)
    slower.rounds(FIRST, 1.3, 8)
    same.rounds(FIRST, 1.0, 8)
    assert slower.standing() is Standing.SLOWER
    assert same.standing() is Standing.NOT_CONFIRMED


def test_law_the_record_says_what_the_course_said() -> None:
    """A new course over what is on record stands where the old one ended, suspicions with their session."""
    bench = Bench()
    bench.rounds(FIRST, 1.3, 8)
    assert {k: p.standing for k, p in bench.new().positions.items()} == {
        k: p.standing for k, p in bench.course.positions.items()
    }
    bench.rounds(SECOND, 1.3, 8)
    assert bench.new().positions[key()].standing is Standing.SLOWER


def test_law_evidence_is_taken_in_from_shared_sessions_alone() -> None:
    bench = Bench()
    bench.rounds(FIRST, 1.1, 5)
    bench.rounds(SECOND, 1.1, 5)
    base, head = bench.evidence.pairs([key()], lambda _, __: True)
    (first,) = head
    assert isinstance(first, Measurement)
    apart = replace(first, processes=tuple(one for one in first.processes if one.session == SECOND))
    taken = Evidence(bench.evidence.ends, "box", BENCHMARKS)
    taken.take_in(base, [apart], {FIRST, SECOND})
    assert taken.sessions == (SECOND,)
    assert taken.processes(key()) == (5, 5)
    taken.take_in(base, [apart], {FIRST, SECOND})
    assert taken.processes(key()) == (5, 5)
    refused = Evidence(bench.evidence.ends, "box", BENCHMARKS)
    refused.take_in(base, head, frozenset())
    assert refused.processes(key()) == (0, 0)


# what base and head gave, process by process; where that leaves the case
FATES: dict[str, tuple[list[tuple[Outcome | float, Outcome | float]], Standing]] = {
    "fails at head once: the host's doing, perhaps": ([(1.0, 1.0), (1.0, RAISED)], Standing.OPEN),
    "twice": ([(1.0, RAISED), (1.0, RAISED)], Standing.BROKEN),
    "twice, but not in a row": ([(1.0, RAISED), (1.0, 1.0), (1.0, RAISED)], Standing.OPEN),
    "after it ran": ([(1.0, 1.0), (1.0, RAISED), (1.0, RAISED)], Standing.BROKEN),
    "skipped at head": ([(1.0, Skipped(reason="no")), (1.0, Skipped(reason="no"))], Standing.BROKEN),
    "fails at base": ([(RAISED, 1.0), (RAISED, 1.0)], Standing.NEW),
    "unknown at base": ([(NotRun(reason="no such"), 1.0), (NotRun(reason="no such"), 1.0)], Standing.NEW),
    "fails at both": ([(RAISED, RAISED), (RAISED, RAISED)], Standing.FAILING),
    "skipped at both": (
        [(Skipped(reason="no"), Skipped(reason="no")), (Skipped(reason="no"), Skipped(reason="no"))],
        Standing.SKIPPED,
    ),
}


@pytest.mark.parametrize("name", FATES)
def test_what_gives_nothing_at_an_end(name: str) -> None:
    given, standing = FATES[name]
    bench = Bench()
    for base, head in given:
        bench.give(FIRST, NAMES[0], base, head)
        bench.course.look(FIRST, 1000.0)
    assert bench.standing() is standing


def test_a_case_that_needs_more_than_is_left_is_given_up_and_stays_so() -> None:
    """40 % between processes at 5 % tolerance: hundreds of pairs of a second each, and ten seconds left."""
    bench = Bench()
    wild = (1.0, 1.5, 0.7, 1.2, 0.8, 1.4, 0.6, 1.1, 0.9, 1.3, 0.75, 1.25)
    case = Case(benchmark=NAMES[0], params=())
    for at in range(12):
        bench.give(FIRST, NAMES[0], wild[at], wild[-at - 1])
        bench.course.took(ENVIRONMENT.name, case, 1.0)
        bench.course.look(FIRST, 10.0)
        standing = Standing.OPEN if at < 9 else Standing.GIVEN_UP  # TELLING_PROCESSES are ten
        assert bench.standing() is standing
    bench.course.look(FIRST, 1e9)
    assert bench.standing() is Standing.GIVEN_UP


def test_as_much_is_kept_back_as_measuring_a_suspect_again_takes() -> None:
    """Eight rounds of a second a pair; beside the suspect nothing is undecided: eight seconds."""
    bench = Bench()
    bench.rounds(FIRST, 1.3, 8)
    assert bench.course.reserve_s(FIRST) == pytest.approx(8.0)
    assert bench.course.reserve_s(SECOND) == 0.0


def test_a_further_metric_is_asked_about_where_a_tolerance_names_it() -> None:
    reading = Reading(metric="p99", unit="seconds", better=Better.LOWER, samples=(1.0, 1.01))
    for stated, expected in (((), None), ((Tolerance(glob="m.*", metric="p99", share=0.2),), Standing.OPEN)):
        bench = Bench(tolerances=Tolerances(default=0.05, stated=stated))
        for hash_ in (BASE, HEAD):
            run = bench.run(NAMES[0], hash_, 1.0)
            bench.evidence.add(FIRST, replace(run, metrics=(reading,)))
        bench.course.look(FIRST, 1000.0)
        found = bench.course.positions.get(key(metric="p99"))
        assert (found.standing if found else None) is expected


def test_the_question_has_one_side() -> None:
    """Somewhere between faster and the same: a pass, though no verdict of the four."""
    bench = Bench(tolerances=Tolerances(default=0.02))
    bench.rounds(FIRST, 0.985, 5)
    judgement = bench.course.positions[key()].pooled
    assert judgement is not None
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert judgement.worse.low < 1 / 1.02 < judgement.worse.high <= 1.02
    assert passes(judgement)
    assert bench.standing() is Standing.PASSED


@given(factor=st.floats(0.5, 2.0), count=st.integers(4, 9), luck=st.floats(0, 3))
@settings(deadline=None, derandomize=True, max_examples=25)
def test_law_luck_never_makes_it_longer_and_swapping_slower_for_faster_never_fails(
    factor: float, count: int, luck: float
) -> None:
    bench = Bench()
    bench.rounds(FIRST, factor, count)
    judgement = bench.course.positions[key()].pooled
    assert judgement is not None
    assert 1 <= need(judgement, luck) <= need(judgement) <= MOST_PROCESSES + 1
    if bench.standing() is Standing.SUSPECTED:
        faster = Bench()
        faster.rounds(FIRST, 1 / factor, count)
        assert faster.standing() is Standing.PASSED
