"""Planning and measuring on a fake world: order, resumption, and what each failure costs."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed.errors import GroundspeedError
from groundspeed.measure.carry import Carrier
from groundspeed.measure.forecast import GUESSED_BUILD_S, GUESSED_RUN_S, Forecast
from groundspeed.measure.plan import Plan, Selection, make_plan
from groundspeed.measure.run import INTERLEAVED, Tally, measure
from groundspeed.measure.sampling import Evidence, Seen, stop_reason
from groundspeed.measure.taking import Settings
from groundspeed.records import (
    Benchmark,
    Build,
    CarriedOver,
    Case,
    Environment,
    Failed,
    FailureKind,
    Measured,
    NotRun,
    Outcome,
    Run,
    Sampling,
    Skipped,
    Stop,
)
from groundspeed.results.ledger import Recorded, Standing
from groundspeed.stats.precision import UNKNOWN, standard_error
from groundspeed.suite.answers import WorkerError, WorkerLike
from groundspeed.suite.environments import Prepared
from tests.measuring import ENVIRONMENT, START, FakeWorld, Fate, benchmark, commit, fake_world

EVERYTHING = Selection(
    pattern=None, nightly=(), with_nightly=False, quick=False, retry=False, again=False, carry=True
)
SAMPLING = Sampling(precision=0.01, case_budget_s=2.0, budget_s=None, interleave=True, cpus=())
SETTINGS = Settings(quick=False, timeout_s=60, seed=7, sampling=SAMPLING)
ONE, TWO = benchmark("m.time_one", rounds=2), benchmark("m.K.time_two", params=(("1", "2"),))


def nothing(_: str, __: str) -> dict[tuple[Case, str], Recorded]:
    return {}


def was(standing: Standing, runs: int, *, quick: bool = False) -> Recorded:
    complete = runs >= ONE.rounds or standing in (Standing.FAILED, Standing.SKIPPED)
    return Recorded(standing=standing, runs=runs, quick=quick, complete=complete, samples=((1.0,),) * runs)


def plan_of(*benchmarks: Benchmark, commits: int = 2, selection: Selection = EVERYTHING) -> Plan:
    newest_first = [commit(number) for number in range(commits, 0, -1)]
    return make_plan(newest_first, [ENVIRONMENT], benchmarks, frozenset(), nothing, selection)


def plan_with(known: dict[tuple[Case, str], Recorded], selection: Selection = EVERYTHING) -> Plan:
    return make_plan([commit(1)], [ENVIRONMENT], [ONE], frozenset(), lambda *_: known, selection)


def go(plan: Plan, fake: FakeWorld, *, carry: bool = True, **sampling: Any) -> Tally:
    tally = Tally()
    settings = replace(SETTINGS, sampling=replace(SAMPLING, **sampling))
    carrier = Carrier([], fake.world.record if carry else None)
    measure(plan, fake.world, settings, carrier, Forecast(plan, {}, None), tally)
    return tally


def select(pattern: str | None = None, **more: bool) -> Selection:
    defaults = {"with_nightly": False, "quick": False, "retry": False, "again": False, "carry": True}
    return Selection(pattern=pattern, nightly=("m.K*",), **{**defaults, **more})


@pytest.mark.parametrize(
    ("selection", "cases"),
    [
        (select(), ["m.time_one"]),
        (select(with_nightly=True), ["m.time_one", "m.K.time_two(1)", "m.K.time_two(2)"]),
        (select("two"), ["m.K.time_two(1)", "m.K.time_two(2)"]),
        (select(r"\(2\)$"), ["m.K.time_two(2)"]),
        (select("nothing like it"), []),
    ],
)
def test_selection(selection: Selection, cases: list[str]) -> None:
    plan = plan_of(ONE, TWO, commits=1, selection=selection)
    assert [str(one.case) for step in plan.steps for one in step.cases] == cases


def test_a_bad_pattern_is_refused_by_name() -> None:
    with pytest.raises(GroundspeedError, match=r"--bench '\('"):
        select("(")


def test_each_round_is_shuffled_by_the_seed_and_keeps_the_commits_of_a_case_together() -> None:
    fake = fake_world(ONE, TWO)
    go(plan_of(ONE, TWO, commits=3), fake)
    order = [(str(run.case), int(run.commit)) for run in fake.sink.runs]
    first, second = order[:9], order[9:]
    cases = [case for case, _ in first]
    assert [cases[at] for at in (0, 3, 6)] == list(dict.fromkeys(cases))
    assert sorted(second) == [("m.time_one", 1), ("m.time_one", 2), ("m.time_one", 3)]
    again = fake_world(ONE, TWO)
    go(plan_of(ONE, TWO, commits=3), again)
    assert [(str(run.case), int(run.commit)) for run in again.sink.runs] == order
    assert [number for _, number in first] != sorted(number for _, number in first)


@pytest.mark.parametrize(
    ("recorded", "runs"),
    [
        (None, 2),
        (was(Standing.MEASURED, 1), 1),
        (was(Standing.MEASURED, 2), 0),
        (was(Standing.MEASURED, 5), 0),
        (was(Standing.MEASURED, 1, quick=True), 2),
        (was(Standing.FAILED, 1), 0),
        (was(Standing.NOT_BUILT, 1), 2),  # once may be a night without network
        (was(Standing.NOT_BUILT, 2), 0),
        (was(Standing.CARRIED_OVER, 0), 0),
    ],
)
def test_what_is_recorded_is_not_measured_twice(recorded: Recorded | None, runs: int) -> None:
    key = (Case(benchmark=ONE.name, params=()), ONE.version)
    known = {key: recorded} if recorded else {}
    plan = plan_with(known)
    assert plan.runs == runs
    assert plan.recorded == (runs == 0)
    assert plan_with(known, select(again=True)).runs == 2


def test_what_was_carried_over_is_measured_when_nothing_is_to_be_carried() -> None:
    known = {(Case(benchmark=ONE.name, params=()), ONE.version): was(Standing.CARRIED_OVER, 0)}
    assert plan_with(known, select(carry=False)).runs == 2


@pytest.mark.parametrize("standing", [Standing.FAILED, Standing.NOT_BUILT])
def test_failures_are_counted_and_tried_again_when_asked(standing: Standing) -> None:
    known = {(Case(benchmark=ONE.name, params=()), ONE.version): was(standing, 2)}
    plan = plan_with(known)
    assert (plan.recorded, plan.failed, plan.runs) == (1, 1, 0)
    retried = plan_with(known, select(retry=True))
    assert (retried.recorded, retried.failed, retried.runs) == (0, 0, 2)


def test_another_version_of_a_benchmark_is_another_series() -> None:
    known = {(Case(benchmark=ONE.name, params=()), "old"): was(Standing.MEASURED, 2)}
    assert plan_with(known).runs == 2


@settings(deadline=None, derandomize=True)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=5), st.integers(0, 9))
def test_law_stopping_after_any_run_and_going_on_makes_each_run_once(rounds: list[int], stop: int) -> None:
    benchmarks = [benchmark(f"m.time_{at}", rounds=number) for at, number in enumerate(rounds)]
    plan = plan_of(*benchmarks, commits=1)
    fake = fake_world(*benchmarks)
    sink = fake.sink
    sink.fails_at = stop + 1  # the build comes first
    try:
        go(plan, fake)
    except KeyboardInterrupt:
        counts: dict[tuple[Case, str], Recorded] = {}
        for run in sink.runs:
            key = (run.case, run.version)
            known = counts[key].samples if key in counts else ()
            counts[key] = Recorded(
                standing=Standing.MEASURED,
                runs=len(known) + 1,
                quick=False,
                complete=run.stop is not None,
                samples=(*known, (1.0,)),
            )
        sink.fails_at = None
        rest = make_plan([commit(1)], [ENVIRONMENT], benchmarks, frozenset(), lambda *_: counts, EVERYTHING)
        go(rest, fake)
    names = [run.case.benchmark for run in sink.runs]
    assert sorted(names) == sorted(one.name for one in benchmarks for _ in range(one.rounds))


def test_each_round_has_a_worker_of_its_own_at_every_commit() -> None:
    fake = fake_world(ONE, TWO)
    tally = go(plan_of(ONE, TWO), fake)
    assert fake.environments.asked == [[commit(2).hash, commit(1).hash]]
    assert sorted(int(build.commit) for build in fake.sink.builds) == [1, 2]
    assert sorted(int(worker.commit) for worker in fake.workers) == [1, 1, 2, 2]
    assert all(worker.closed for worker in fake.workers)
    assert tally.count(Measured) == 6
    assert len(fake.sink.runs) == 8


def test_a_spawning_worker_serves_all_rounds() -> None:
    fake = fake_world(ONE)
    start = fake.world.start_worker

    def spawning(prepared: Prepared) -> WorkerLike:
        worker = start(prepared)
        fake.workers[-1].discovery = replace(worker.discovery, launch="spawn")
        return worker

    plan = plan_of(ONE, commits=1)
    go(plan, replace(fake, world=replace(fake.world, start_worker=spawning)))
    assert len(fake.workers) == 1


@pytest.mark.parametrize(
    ("interleave", "windows"), [(True, [[5, 4, 3, 2], [1]]), (False, [[5], [4], [3], [2], [1]])]
)
def test_a_few_commits_at_a_time_unless_one_by_one_is_asked_for(
    interleave: bool, windows: list[list[int]]
) -> None:
    assert INTERLEAVED == 4
    fake = fake_world(ONE)
    go(plan_of(ONE, commits=5), fake, interleave=interleave)
    assert [[int(one) for one in asked] for asked in fake.environments.asked] == windows
    seen = list(dict.fromkeys(int(run.commit) for run in fake.sink.runs))
    assert {*seen[: len(windows[0])]} == {*windows[0]}


def noisy(sd: float) -> Fate:
    """Processes whose level differs by a standard deviation, from a seed."""
    chance = random.Random(7)
    return lambda *_: Measured(samples=(chance.lognormvariate(0, sd),) * 8, number=10)


def test_a_quiet_case_stops_when_it_is_precise_and_says_so() -> None:
    timed = [benchmark(f"m.time_{at}", kind="time") for at in range(8)]
    fake = fake_world(*timed, fate=noisy(0.001))
    go(plan_of(*timed, commits=3), fake)
    last = [run.stop for run in fake.sink.runs if run.stop is not None]
    assert last == [Stop.PRECISION] * 24
    assert len(fake.sink.runs) < 24 * 4


def test_a_case_that_is_nearly_precise_goes_on_to_the_end_of_its_budget_and_says_so() -> None:
    planned = plan_of(benchmark("m.time_near", kind="time"), commits=1).steps[0].cases[0]
    levels: list[Sequence[float]] = [[1.0], [1.02], [0.98], [1.01], [0.99]]
    nearly = replace(SAMPLING, precision=standard_error(levels, UNKNOWN) * 0.99)
    for spent_s, stop in ((1.9, None), (2.0, Stop.BUDGET), (1.99, Stop.TOO_NOISY)):
        seen = Seen(processes=levels, runs=5, spent_s=spent_s)
        assert stop_reason(planned, seen, nearly, Evidence()) is stop


def test_a_case_that_its_budget_cannot_make_precise_is_given_up_early_and_says_so() -> None:
    """30 % from process to process: nine hundred processes would be needed, and three show it."""
    timed = benchmark("m.time_wild", kind="time")
    fake = fake_world(timed, fate=noisy(0.3))
    go(plan_of(timed, commits=1), fake)
    assert [run.stop for run in fake.sink.runs] == [None, None, Stop.TOO_NOISY]


def test_a_coarser_precision_takes_fewer_runs() -> None:
    timed = [benchmark(f"m.time_{at}", kind="time") for at in range(8)]
    counts = []
    for precision in (0.01, 0.2):
        fake = fake_world(*timed, fate=noisy(0.03))
        go(plan_of(*timed, commits=1), fake, precision=precision)
        counts.append(len(fake.sink.runs))
    assert counts[0] > 1.5 * counts[1] >= 24


def test_what_an_interrupted_session_sampled_counts() -> None:
    timed = benchmark("m.time_one", kind="time")
    earlier = Recorded(
        standing=Standing.MEASURED, runs=3, quick=False, complete=False, samples=((1.0,), (1.001,), (0.999,))
    )
    known = {(timed.cases()[0], timed.version): earlier}
    plan = make_plan([commit(1)], [ENVIRONMENT], [timed], frozenset(), lambda *_: known, EVERYTHING)
    fake = fake_world(timed)
    go(plan, fake)
    assert [run.stop for run in fake.sink.runs] == [Stop.PRECISION]


def test_rounds_that_the_suite_states_are_taken_exactly() -> None:
    timed = benchmark("m.time_one", kind="time", rounds=5)
    plan = make_plan([commit(1)], [ENVIRONMENT], [timed], frozenset({timed.name}), nothing, EVERYTHING)
    fake = fake_world(timed)
    go(plan, fake)
    assert [run.stop for run in fake.sink.runs] == [None] * 4 + [Stop.STATED]


def test_the_budget_of_a_session_ends_it_between_two_runs() -> None:
    fake = fake_world(TWO)
    tally = go(plan_of(TWO, commits=5), fake, budget_s=0.4)
    assert tally.out_of_time
    assert len(fake.sink.runs) == 3  # at 0.15 s each
    assert fake.environments.asked == [[commit(number).hash for number in (5, 4, 3, 2)]]
    assert all(worker.closed for worker in fake.workers)


def test_equal_content_is_measured_once_and_carried_over() -> None:
    """Commits 3 and 1 are one content; 2 is another."""
    fake = fake_world(ONE, content={commit(3).hash: "a", commit(2).hash: "b", commit(1).hash: "a"})

    def record(run: Run) -> None:
        known = fake.records.setdefault((run.commit, run.environment), {})
        if run.stop is not None and isinstance(run.outcome, Measured):
            known[run.case, run.version] = was(Standing.MEASURED, 2)

    fake.sink.heard = record
    tally = go(plan_of(ONE, commits=3), fake)
    carried = [run for run in fake.sink.runs if isinstance(run.outcome, CarriedOver)]
    assert [(int(run.commit), run.outcome) for run in carried] == [
        (1, CarriedOver(measured_at=commit(3).hash))
    ]
    assert (tally.count(Measured), tally.carried) == (2, 1)
    assert {int(worker.commit) for worker in fake.workers} == {3, 2}


def test_nothing_is_carried_over_when_that_is_not_wanted_or_the_content_is_not_known() -> None:
    same = {commit(2).hash: "a", commit(1).hash: "a"}
    for fake, carry in ((fake_world(ONE, content=same), False), (fake_world(ONE), True)):
        assert go(plan_of(ONE), fake, carry=carry).carried == 0
        assert len(fake.sink.runs) == 4


def test_a_commit_takes_over_what_an_earlier_session_measured() -> None:
    fake = fake_world(ONE, content={commit(1).hash: "a"})
    fake.records[commit(9).hash, ENVIRONMENT.name] = {(ONE.cases()[0], "1"): was(Standing.MEASURED, 2)}
    earlier = Build(
        commit=commit(9).hash,
        environment=ENVIRONMENT.name,
        failure=None,
        dependencies=(),
        identity="a",
        benchmarks=(),
        started_at=START,
        duration_s=1.0,
    )
    plan, tally = plan_of(ONE, commits=1), Tally()
    carrier = Carrier([earlier], fake.world.record)
    measure(plan, fake.world, SETTINGS, carrier, Forecast(plan, {}, None), tally)
    assert [run.outcome for run in fake.sink.runs] == [CarriedOver(measured_at=commit(9).hash)]
    assert fake.workers == []


def test_a_commit_that_does_not_build_is_recorded_and_the_rest_goes_on() -> None:
    broken = commit(2).hash
    fake = fake_world(ONE, TWO, broken={broken: "no compiler"})
    tally = go(plan_of(ONE, TWO, commits=3), fake)
    (failed,) = [build for build in fake.sink.builds if build.failure]
    assert failed.commit == broken
    assert failed.benchmarks == (ONE.name, TWO.name)
    assert tally.not_built == (failed,)
    assert failed.failure == Failed(kind=FailureKind.NOT_BUILT, text="no compiler")
    assert {int(worker.commit) for worker in fake.workers} == {3, 1}


def test_a_failure_ends_its_case_at_that_commit_only() -> None:
    def fate(at: str, case: Case) -> Outcome:
        if case.benchmark == ONE.name and int(at) == 2:
            return Failed(kind=FailureKind.RAISED, text="oh")
        return Measured(samples=(1.0,), number=1)

    fake = fake_world(ONE, fate=fate)
    tally = go(plan_of(ONE), fake)
    assert sorted(int(run.commit) for run in fake.sink.runs) == [1, 1, 2]
    assert (tally.count(Measured), tally.count(Failed)) == (1, 1)


def test_a_failure_in_a_later_round_takes_the_case_off_the_measured() -> None:
    fates: list[Outcome] = [Measured(samples=(1.0,), number=1), Failed(kind=FailureKind.RAISED, text="later")]
    fake = fake_world(ONE, fate=lambda *_: fates.pop(0))
    tally = go(plan_of(ONE, commits=1), fake)
    assert (tally.count(Measured), tally.count(Failed)) == (0, 1)


def test_a_worker_that_died_is_replaced() -> None:
    fates: list[Outcome] = [
        Failed(kind=FailureKind.EXITED, text="SIGKILL"),
        Measured(samples=(1.0,), number=1),
    ]
    fake = fake_world(TWO, fate=lambda *_: fates.pop(0))
    go(plan_of(TWO, commits=1), fake)
    assert len(fake.workers) == 2
    assert [type(run.outcome) for run in fake.sink.runs] == [Failed, Measured]


def test_a_suite_that_does_not_import_fails_its_own_module_alone() -> None:
    fake = fake_world(TWO, errors={"benchmarks.m": "boom", "benchmarks.other": "quiet"})
    other = benchmark("m.time_gone")
    go(plan_of(other, TWO, commits=1), fake)
    outcomes = {str(run.case): run.outcome for run in fake.sink.runs}
    assert outcomes["m.time_gone"] == Failed(kind=FailureKind.NOT_IMPORTED, text="boom")
    assert isinstance(outcomes["m.K.time_two(1)"], Measured)


def test_parameters_that_a_commit_does_not_have_are_not_run() -> None:
    shorter = benchmark("m.K.time_two", params=(("1",),))
    fake = fake_world(shorter)
    go(plan_of(TWO, commits=1), fake)
    assert {type(run.outcome) for run in fake.sink.runs} == {Measured, NotRun}


def test_a_worker_that_does_not_come_up_fails_every_case() -> None:
    def start(_: object) -> object:
        raise WorkerError("no such interpreter")

    fake = fake_world(ONE)
    broken = replace(fake.world, start_worker=start)  # type: ignore[arg-type]  # it never returns
    tally = go(plan_of(ONE, commits=1), replace(fake, world=broken))
    (failure,) = tally.outcomes.values()
    assert failure == Failed(kind=FailureKind.NOT_IMPORTED, text="no such interpreter")


def test_skipped_is_neither_measured_nor_failed() -> None:
    fake = fake_world(TWO, fate=lambda *_: Skipped(reason="not here"))
    tally = go(plan_of(TWO, commits=1), fake)
    assert (tally.count(Skipped), len(tally.outcomes)) == (2, 2)


def test_an_interruption_closes_the_worker() -> None:
    fake = fake_world(ONE)
    fake.sink.fails_at = 2
    with pytest.raises(KeyboardInterrupt):
        go(plan_of(ONE), fake)
    assert fake.workers[0].closed


def ended(number: int, case: Case, duration_s: float) -> Run:
    return Run(
        case=case,
        version="1",
        commit=commit(number).hash,
        environment=ENVIRONMENT.name,
        outcome=Measured(samples=(1.0,), number=1),
        metrics=(),
        check=None,
        stop=None,
        quick=False,
        started_at=START,
        duration_s=duration_s,
    )


def test_the_forecast_learns_and_ends_at_nothing() -> None:
    plan = plan_of(ONE, commits=1)
    case = plan.steps[0].cases[0].case
    forecast = Forecast(plan, {}, None)
    assert forecast.left_s == pytest.approx(GUESSED_BUILD_S + 2 * GUESSED_RUN_S)
    forecast.built(1.0)
    forecast.ran(ended(1, case, 3.0))
    assert forecast.left_s == pytest.approx(3.0)
    forecast.dropped(commit(1).hash, ENVIRONMENT.name, case)
    assert (forecast.left_s, forecast.open_runs) == (0, 0)


def test_what_is_dropped_in_one_environment_stays_open_in_the_other() -> None:
    other = Environment(name="virtualenv-py3.12", python="3.12", requirements={}, env_vars={})
    plan = make_plan([commit(1)], [ENVIRONMENT, other], [ONE], frozenset(), nothing, EVERYTHING)
    forecast = Forecast(plan, {}, None)
    forecast.dropped(commit(1).hash, ENVIRONMENT.name)
    assert forecast.open_runs == 2


@settings(deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0.1, 9)), max_size=12), st.booleans())
def test_oracle_the_forecast_is_the_sum_over_open_runs(events: list[tuple[int, float]], known: bool) -> None:
    """Against the literal sum: each open run at its case's last duration, else at the mean of all seen."""
    benchmarks = [benchmark(f"m.time_{at}", rounds=3) for at in range(4)]
    cases = [one.cases()[0] for one in benchmarks]
    plan = plan_of(*benchmarks, commits=1)
    last = {cases[0]: 2.5} if known else {}
    forecast, open_runs, seen = Forecast(plan, last, 1.0), dict.fromkeys(cases, 3), []
    for at, duration_s in events:
        if open_runs[cases[at]]:
            forecast.ran(ended(1, cases[at], duration_s))
            open_runs[cases[at]] -= 1
            last[cases[at]] = duration_s
            seen.append(duration_s)
    typical = sum(seen) / len(seen) if seen else GUESSED_RUN_S
    expected = 1.0 + sum(runs * last.get(case, typical) for case, runs in open_runs.items())
    assert forecast.left_s == pytest.approx(expected)
    assert forecast.open_runs == sum(open_runs.values())


def test_the_forecast_believes_the_history() -> None:
    plan = plan_of(TWO, commits=1)
    known = {one.case: 5.0 for one in plan.steps[0].cases}
    assert Forecast(plan, known, 2.0).left_s == pytest.approx(12.0)
