"""Planning and measuring on a fake world: order, resumption, and what each failure costs."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed.errors import GroundspeedError
from groundspeed.measure.forecast import GUESSED_BUILD_S, GUESSED_RUN_S, Forecast
from groundspeed.measure.plan import Plan, Selection, make_plan
from groundspeed.measure.run import Settings, Tally, World, measure
from groundspeed.records import (
    Benchmark,
    Case,
    Environment,
    Failed,
    FailureKind,
    Measured,
    NotRun,
    Outcome,
    Run,
    Skipped,
)
from groundspeed.results.ledger import Recorded, Standing
from groundspeed.suite.client import WorkerError
from tests.measuring import ENVIRONMENT, START, FakeEnvironments, benchmark, commit, fake_world

EVERYTHING = Selection(pattern=None, nightly=(), with_nightly=False, quick=False, retry=False, again=False)
SETTINGS = Settings(quick=False, timeout_s=60, seed=7)
ONE, TWO = benchmark("m.time_one", rounds=2), benchmark("m.K.time_two", params=(("1", "2"),))


def nothing(_: str, __: str) -> dict[tuple[Case, str], Recorded]:
    return {}


def was(standing: Standing, runs: int, *, quick: bool = False) -> Recorded:
    complete = runs >= ONE.rounds or standing in (Standing.FAILED, Standing.SKIPPED)
    return Recorded(standing=standing, runs=runs, quick=quick, complete=complete, samples=((1.0,),) * runs)


def plan_of(*benchmarks: Benchmark, commits: int = 2, selection: Selection = EVERYTHING) -> Plan:
    newest_first = [commit(number) for number in range(commits, 0, -1)]
    return make_plan(newest_first, [ENVIRONMENT], benchmarks, nothing, selection)


def go(plan: Plan, world: World) -> Tally:
    tally = Tally()
    measure(plan, world, SETTINGS, Forecast(plan, {}, None), tally)
    return tally


def select(pattern: str | None = None, **more: bool) -> Selection:
    defaults = {"with_nightly": False, "quick": False, "retry": False, "again": False}
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


def test_rounds_are_counted_down_and_shuffled_by_the_seed() -> None:
    (step,) = plan_of(ONE, TWO, commits=1).steps
    first, second = step.rounds(1)
    assert {str(one.case) for one in first} == {"m.time_one", "m.K.time_two(1)", "m.K.time_two(2)"}
    assert [str(one.case) for one in second] == ["m.time_one"]
    assert step.rounds(1) == (first, second)
    assert len({tuple(str(one.case) for one in step.rounds(seed)[0]) for seed in range(20)}) > 1


@pytest.mark.parametrize(
    ("recorded", "runs"),
    [
        (None, 2),
        (was(Standing.MEASURED, 1), 1),
        (was(Standing.MEASURED, 2), 0),
        (was(Standing.MEASURED, 5), 0),
        (was(Standing.MEASURED, 1, quick=True), 2),
        (was(Standing.FAILED, 1), 0),
        (was(Standing.NOT_BUILT, 0), 0),
    ],
)
def test_what_is_recorded_is_not_measured_twice(recorded: Recorded | None, runs: int) -> None:
    key = (Case(benchmark=ONE.name, params=()), ONE.version)
    known = {key: recorded} if recorded else {}
    plan = make_plan([commit(1)], [ENVIRONMENT], [ONE], lambda *_: known, EVERYTHING)
    assert plan.runs == runs
    assert plan.recorded == (runs == 0)
    assert make_plan([commit(1)], [ENVIRONMENT], [ONE], lambda *_: known, select(again=True)).runs == 2


@pytest.mark.parametrize("standing", [Standing.FAILED, Standing.NOT_BUILT])
def test_failures_are_counted_and_tried_again_when_asked(standing: Standing) -> None:
    known = {(Case(benchmark=ONE.name, params=()), ONE.version): was(standing, 1)}
    plan = make_plan([commit(1)], [ENVIRONMENT], [ONE], lambda *_: known, EVERYTHING)
    assert (plan.recorded, plan.failed, plan.runs) == (1, 1, 0)
    retried = make_plan([commit(1)], [ENVIRONMENT], [ONE], lambda *_: known, select(retry=True))
    assert (retried.recorded, retried.failed, retried.runs) == (0, 0, 2)


def test_another_version_of_a_benchmark_is_another_series() -> None:
    known = {(Case(benchmark=ONE.name, params=()), "old"): was(Standing.MEASURED, 2)}
    assert make_plan([commit(1)], [ENVIRONMENT], [ONE], lambda *_: known, EVERYTHING).runs == 2


@settings(deadline=None, derandomize=True)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=5), st.integers(0, 9))
def test_law_stopping_after_any_run_and_going_on_makes_each_run_once(rounds: list[int], stop: int) -> None:
    benchmarks = [benchmark(f"m.time_{at}", rounds=number) for at, number in enumerate(rounds)]
    plan = plan_of(*benchmarks, commits=1)
    world, sink, _ = fake_world(*benchmarks)
    sink.fails_at = stop + 1  # the build comes first
    try:
        go(plan, world)
    except KeyboardInterrupt:
        counts: dict[tuple[Case, str], Recorded] = {}
        for run in sink.runs:
            key = (run.case, run.version)
            counts[key] = was(Standing.MEASURED, counts[key].runs + 1 if key in counts else 1)
        sink.fails_at = None
        go(make_plan([commit(1)], [ENVIRONMENT], benchmarks, lambda *_: counts, EVERYTHING), world)
    names = [run.case.benchmark for run in sink.runs]
    assert sorted(names) == sorted(one.name for one in benchmarks for _ in range(one.rounds))


def test_newest_first_and_one_worker_a_commit() -> None:
    world, sink, workers = fake_world(ONE, TWO)
    tally = go(plan_of(ONE, TWO), world)
    assert [int(build.commit) for build in sink.builds] == [2, 1]
    assert [int(worker.commit) for worker in workers] == [2, 1]
    assert all(worker.closed for worker in workers)
    assert tally.count(Measured) == 6
    assert len(sink.runs) == 8


def test_a_commit_that_does_not_build_is_recorded_and_the_rest_goes_on() -> None:
    broken = commit(2).hash
    world, sink, workers = fake_world(ONE, TWO, broken={broken: "no compiler"})
    tally = go(plan_of(ONE, TWO, commits=3), world)
    (failed,) = [build for build in sink.builds if build.failure]
    assert failed.commit == broken
    assert failed.benchmarks == (ONE.name, TWO.name)
    assert tally.not_built == (failed,)
    assert failed.failure == Failed(kind=FailureKind.NOT_BUILT, text="no compiler")
    assert [int(worker.commit) for worker in workers] == [3, 1]


def test_a_failure_ends_its_case_at_that_commit_only() -> None:
    def fate(at: str, case: Case) -> Outcome:
        if case.benchmark == ONE.name and int(at) == 2:
            return Failed(kind=FailureKind.RAISED, text="oh")
        return Measured(samples=(1.0,), number=1)

    world, sink, _ = fake_world(ONE, fate=fate)
    tally = go(plan_of(ONE), world)
    assert [int(run.commit) for run in sink.runs] == [2, 1, 1]
    assert (tally.count(Measured), tally.count(Failed)) == (1, 1)


def test_a_failure_in_a_later_round_takes_the_case_off_the_measured() -> None:
    fates: list[Outcome] = [Measured(samples=(1.0,), number=1), Failed(kind=FailureKind.RAISED, text="later")]
    world, _, _ = fake_world(ONE, fate=lambda *_: fates.pop(0))
    tally = go(plan_of(ONE, commits=1), world)
    assert (tally.count(Measured), tally.count(Failed)) == (0, 1)


def test_a_worker_that_died_is_replaced() -> None:
    fates: list[Outcome] = [
        Failed(kind=FailureKind.EXITED, text="SIGKILL"),
        Measured(samples=(1.0,), number=1),
    ]
    world, sink, workers = fake_world(TWO, fate=lambda *_: fates.pop(0))
    go(plan_of(TWO, commits=1), world)
    assert len(workers) == 2
    assert [type(run.outcome) for run in sink.runs] == [Failed, Measured]


def test_a_suite_that_does_not_import_fails_its_own_module_alone() -> None:
    world, sink, _ = fake_world(TWO, errors={"benchmarks.m": "boom", "benchmarks.other": "quiet"})
    other = benchmark("m.time_gone")
    go(plan_of(other, TWO, commits=1), world)
    outcomes = {str(run.case): run.outcome for run in sink.runs}
    assert outcomes["m.time_gone"] == Failed(kind=FailureKind.NOT_IMPORTED, text="boom")
    assert isinstance(outcomes["m.K.time_two(1)"], Measured)


def test_parameters_that_a_commit_does_not_have_are_not_run() -> None:
    shorter = benchmark("m.K.time_two", params=(("1",),))
    world, sink, _ = fake_world(shorter)
    go(plan_of(TWO, commits=1), world)
    assert {type(run.outcome) for run in sink.runs} == {Measured, NotRun}


def test_a_worker_that_does_not_come_up_fails_every_case() -> None:
    def start(_: object) -> object:
        raise WorkerError("no such interpreter")

    world, sink, _ = fake_world(ONE)
    broken = World(
        environments=FakeEnvironments({}),
        start_worker=start,  # type: ignore[arg-type]  # it never returns
        sink=sink,
        clock=world.clock,
        progress=world.progress,
    )
    tally = go(plan_of(ONE, commits=1), broken)
    (failure,) = tally.outcomes.values()
    assert failure == Failed(kind=FailureKind.NOT_IMPORTED, text="no such interpreter")


def test_skipped_is_neither_measured_nor_failed() -> None:
    world, _, _ = fake_world(TWO, fate=lambda *_: Skipped(reason="not here"))
    tally = go(plan_of(TWO, commits=1), world)
    assert (tally.count(Skipped), len(tally.outcomes)) == (2, 2)


def test_an_interruption_closes_the_worker() -> None:
    world, sink, workers = fake_world(ONE)
    sink.fails_at = 2
    with pytest.raises(KeyboardInterrupt):
        go(plan_of(ONE), world)
    assert workers[0].closed


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
    plan = make_plan([commit(1)], [ENVIRONMENT, other], [ONE], nothing, EVERYTHING)
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
