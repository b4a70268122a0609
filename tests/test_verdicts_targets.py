"""Targets on results of made values, in real repositories: which value counts, and what is missing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed import config
from groundspeed.config.targets import Relation
from groundspeed.errors import ConfigError, NothingMeasuredError
from groundspeed.records import Better, Case, Environment, Failed, FailureKind, Measured, Outcome, Skipped
from groundspeed.results.store import ResultStore
from groundspeed.stats.ratio import Interval
from groundspeed.stats.trend import drift
from groundspeed.verdicts.ladders import Sizes
from groundspeed.verdicts.newest import Present
from groundspeed.verdicts.reading import read
from groundspeed.verdicts.target_values import judge_targets, targets_by_machine
from groundspeed.verdicts.targets import (
    Direction,
    Judged,
    Lacking,
    Past,
    State,
    TargetReport,
    since_of,
    state_of,
    trend_of,
)
from tests.readings import made
from tests.repositories import CommitSpec, add_commits
from tests.results_records import MACHINE, PY, PY_NUMPY, T0, benchmark, build, measured, reading, run, session


def between(low: float, high: float) -> Interval:
    return Interval(centre=(low + high) / 2, low=low, high=high)


@pytest.mark.parametrize(
    ("value", "relation", "limit", "state"),
    [
        (between(1, 2), Relation.LESS, 3, State.HOLDS),
        (between(1, 2), Relation.LESS, 2, State.INCONCLUSIVE),  # not less than 2 at its upper end
        (between(1, 2), Relation.AT_MOST, 2, State.HOLDS),
        (between(1, 2), Relation.LESS, 1.5, State.INCONCLUSIVE),
        (between(1, 2), Relation.LESS, 1, State.FAILS),
        (between(1, 2), Relation.MORE, 0.5, State.HOLDS),
        (between(1, 2), Relation.AT_LEAST, 1, State.HOLDS),
        (between(1, 2), Relation.MORE, 3, State.FAILS),
        (between(2, 2), Relation.LESS, 2, State.FAILS),
        (Interval(centre=1.0, low=-math.inf, high=math.inf), Relation.LESS, 100, State.INCONCLUSIVE),
    ],
)
def test_a_target_holds_where_the_whole_interval_does(
    value: Interval, relation: Relation, limit: float, state: State
) -> None:
    assert state_of(value, relation, limit) is state


def past(*values: float, half: float = 0.1) -> list[Past]:
    return [Past(commit=f"c{at}", value=between(one - half, one + half)) for at, one in enumerate(values)]


@pytest.mark.parametrize(
    ("values", "state", "commit", "commits"),
    [
        ([1, 1, 1], State.HOLDS, "c0", 3),
        ([3, 1, 1], State.HOLDS, "c1", 2),
        ([1, 3, 3], State.FAILS, "c1", 2),
        ([1, 3, 1], State.HOLDS, "c2", 1),
        ([3, 1, 2.05, 1], State.HOLDS, "c1", 3),  # 1.95 to 2.15 contradicts nothing: noise about the limit
        ([3, 2.05, 1], State.HOLDS, "c2", 1),  # but nobody says that it held there
        ([1, 2.0, 2.0], State.INCONCLUSIVE, "c1", 2),
    ],
)
def test_since_goes_back_to_the_first_commit_of_the_state(
    values: list[float], state: State, commit: str, commits: int
) -> None:
    found = since_of(past(*values), Relation.LESS, 2.0, state)
    assert (found.commit, found.commits) == (commit, commits)
    assert found.from_the_first is (commit == "c0")


@pytest.mark.parametrize(
    ("values", "better", "direction"),
    [
        ([1.0] * 20, Better.LOWER, Direction.STEADY),
        ([1.0 + 0.001 * at for at in range(20)], Better.LOWER, Direction.STEADY),  # 2 % in all
        ([1.0 + 0.01 * at for at in range(20)], Better.LOWER, Direction.WORSENING),
        ([1.0 + 0.01 * at for at in range(20)], Better.HIGHER, Direction.IMPROVING),
        ([1.0] * 10 + [1.3] * 10, Better.LOWER, Direction.WORSENING),  # a step is a trend as well
        ([1.0, 5.0] + [1.0] * 18, Better.LOWER, Direction.STEADY),  # one wild value is none
        ([1.0] * 4, Better.LOWER, Direction.UNKNOWN),
        ([-1.0] * 20, Better.LOWER, Direction.UNKNOWN),
    ],
)
def test_a_trend_is_a_clear_change_of_five_percent(
    values: list[float], better: Better, direction: Direction
) -> None:
    assert trend_of(past(*values), better).direction is direction


@settings(deadline=None, derandomize=True, max_examples=50)
@given(st.lists(st.floats(-5, 5), min_size=5, max_size=20), st.floats(0.1, 10), st.floats(-5, 5))
def test_law_a_drift_scales_shifts_and_turns(values: list[float], scale: float, shift: float) -> None:
    one, other = drift(values), drift([scale * value + shift for value in values])
    assert other.centre == pytest.approx(scale * one.centre, abs=1e-9)
    back = drift(values[::-1])
    assert back.centre == pytest.approx(-one.centre, abs=1e-9)
    assert (back.low, back.high) == pytest.approx((-one.high, -one.low), abs=1e-9)


def test_a_drift_is_sens_slope() -> None:
    """Even steps of 2 and one wild value: of ten pairs six have the slope 2, which the median is."""
    assert drift([1.0, 3.0, 5.0, 100.0, 9.0]).centre == pytest.approx(2 * 4)
    with pytest.raises(ValueError, match="it takes 5"):
        drift([1.0, 2.0, 3.0, 4.0])


# --- results of made values -------------------------------------------------------------------------

Cells = Mapping[str, Outcome]


def record(
    root: Path,
    number: int,
    name: str,
    cells: Mapping[tuple[str, ...], Cells],
    environment: Environment = PY,
    **stated: Any,
) -> None:
    """Session ``number``: three processes of each case's outcome at each commit, 0.3 % apart if measured."""
    store = ResultStore(root / "results", MACHINE)
    params = [sorted({key[at] for key in cells}) for at in range(len(next(iter(cells))))]
    commits = sorted({commit for of_case in cells.values() for commit in of_case})
    store.begin(session(number, [benchmark(name, params, **stated)], [PY, PY_NUMPY], commits))
    for commit in commits:
        store.add(build(commit))
        for key, of_case in cells.items():
            if commit in of_case:
                for outcome in _processes(of_case[commit]):
                    case = Case(benchmark=name, params=key)
                    store.add(run(case, outcome, commit, environment.name, at=T0))
    store.close()


def _processes(outcome: Outcome) -> list[Outcome]:
    if not isinstance(outcome, Measured) or outcome.number is None:
        return [outcome]
    return [measured(*(one * factor for one in outcome.samples)) for factor in (0.997, 1.0, 1.003)]


def judged(root: Path, pattern: str | None = None, rev: str | None = None) -> TargetReport:
    configuration = config.load(root)
    found = read(configuration)
    return judge_targets(
        [Present(found, "box", rev)],
        targets_by_machine(configuration.project.targets, ["box"], ["box"]),
        Sizes(benchmarks=found.archive.benchmarks, stated=configuration.project.scaling),
        pattern,
    )


def only(report: TargetReport) -> Judged:
    (row,) = report.rows
    assert isinstance(row, Judged), row
    return row


def test_the_newest_measured_commit_of_the_branch_counts(tmp_path: Path) -> None:
    """A commit that left the branch is newer and faster; the newest of the branch was not measured."""
    hashes = made(tmp_path, '[targets]\n"m.time_x" = "< 2 s"', count=3)
    (side,) = add_commits(tmp_path, [CommitSpec("aside", {"x": "1"}, branch="aside", parents=None)])
    record(
        tmp_path,
        1,
        "m.time_x",
        {(): {hashes[0]: measured(1.0), hashes[1]: measured(3.0), side: measured(0.1)}},
    )
    row = only(judged(tmp_path))
    assert (row.state, row.commit) == (State.FAILS, hashes[1])
    assert row.value.centre == pytest.approx(3.0, rel=1e-4)
    assert (row.since.commit, row.since.commits) == (hashes[1], 1)
    assert judged(tmp_path).exit_code == 1
    assert only(judged(tmp_path, rev=hashes[0][:8])).state is State.HOLDS
    report = judged(tmp_path, rev=hashes[2])
    assert report.exit_code == 3
    assert isinstance(report.rows[0], Lacking)
    assert report.rows[0].command == f"groundspeed run {hashes[2][:10]}^! --bench 'm.time_x'"


def test_a_limit_inside_the_interval_is_inconclusive(tmp_path: Path) -> None:
    hashes = made(tmp_path, '[targets]\n"m.time_x" = "< 1001 ms"')
    record(tmp_path, 1, "m.time_x", {(): {hashes[0]: measured(1.0)}})
    report = judged(tmp_path)
    assert (only(report).state, report.exit_code) == (State.INCONCLUSIVE, 4)


def test_every_case_must_hold_and_the_worst_decides(tmp_path: Path) -> None:
    hashes = made(tmp_path, '[targets]\n"m.time_*" = "< 2 s"')
    cells: dict[tuple[str, ...], Cells] = {
        ("1",): {hashes[0]: measured(1.0)},
        ("2",): {hashes[0]: measured(3.0)},
        ("3",): {hashes[0]: Skipped(reason="not here")},
        ("4",): {hashes[0]: Failed(kind=FailureKind.RAISED, text="Traceback\nValueError: no")},
    }
    record(tmp_path, 1, "m.time_x", cells)
    report = judged(tmp_path)
    states = {row.subject: row.state if isinstance(row, Judged) else row.reason for row in report.rows}
    assert states == {
        "m.time_x(1)": State.HOLDS,
        "m.time_x(2)": State.FAILS,
        "m.time_x(4)": f"failed at {hashes[0][:8]}: ValueError: no",
    }
    assert report.exit_code == 1
    assert judged(tmp_path, pattern=r"\(1\)").exit_code == 0
    assert judged(tmp_path, pattern=r"\(4\)").exit_code == 3


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Skipped(reason="no GPU"), "skipped at {}: no GPU"),
        (Failed(kind=FailureKind.TIMED_OUT, text=""), "failed at {}: timed out"),
    ],
)
def test_what_failed_last_is_no_pass_for_what_it_was(tmp_path: Path, outcome: Outcome, reason: str) -> None:
    hashes = made(tmp_path, '[targets]\n"m.time_x" = "< 2 s"')
    record(tmp_path, 1, "m.time_x", {(): {hashes[0]: measured(1.0), hashes[1]: outcome}})
    report = judged(tmp_path)
    (row,) = report.rows
    assert isinstance(row, Lacking)
    assert (row.reason, report.exit_code) == (reason.format(hashes[1][:8]), 3)
    assert row.command == "groundspeed run --bench 'm.time_x' --retry"


def test_an_environment_that_was_given_up_is_not_judged(tmp_path: Path) -> None:
    hashes = made(tmp_path, '[targets]\n"m.time_x" = "< 2 s"')
    old: dict[tuple[str, ...], Cells] = {(): {hashes[0]: Failed(kind=FailureKind.RAISED, text="")}}
    record(tmp_path, 1, "m.time_x", old, environment=PY_NUMPY)
    record(tmp_path, 2, "m.time_x", {(): {hashes[1]: measured(1.0)}})
    assert only(judged(tmp_path)).environment == PY.name


def test_a_share_of_another_case_has_its_parameters(tmp_path: Path) -> None:
    hashes = made(tmp_path, '[targets]\n"m.time_new" = "< 50 % of m.time_old"')
    record(
        tmp_path,
        1,
        "m.time_old",
        {("1",): {hashes[0]: measured(1.0), hashes[1]: measured(1.0)}, ("2",): {hashes[0]: measured(10.0)}},
    )
    record(
        tmp_path,
        2,
        "m.time_new",
        {("1",): {hashes[0]: measured(0.2), hashes[1]: measured(0.9)}, ("2",): {hashes[0]: measured(2.0)}},
    )
    one, two = judged(tmp_path).rows
    assert isinstance(one, Judged)
    assert isinstance(two, Judged)
    assert (one.state, one.limit, two.state) == (State.FAILS, 0.5, State.HOLDS)
    assert (one.value.centre, two.value.centre) == pytest.approx((0.9, 0.2), rel=1e-4)


def test_a_share_of_what_nobody_measured_is_no_data(tmp_path: Path) -> None:
    hashes = made(tmp_path, '[targets]\n"m.time_new" = "< 50 % of m.time_old"')
    record(tmp_path, 1, "m.time_new", {(): {hashes[0]: measured(0.2)}})
    (row,) = judged(tmp_path).rows
    assert isinstance(row, Lacking)
    assert row.reason == "m.time_old was never measured here"


def test_a_further_metric_and_a_direction(tmp_path: Path) -> None:
    hashes = made(tmp_path, '[targets]\n"m.track_x" = ">= 90 %"\n"m.time_x@p99" = "< 3 s"')
    record(
        tmp_path,
        1,
        "m.track_x",
        {(): {hashes[0]: measured(0.93, number=None)}},
        unit="hit rate",
        better="higher",
    )
    store = ResultStore(tmp_path / "results", MACHINE)
    store.begin(session(2, [benchmark("m.time_x")], [PY], hashes[:1]))
    metrics = [reading("p99", 2.0)]
    store.add(run(Case(benchmark="m.time_x", params=()), measured(1.0), hashes[0], metrics=metrics))
    store.close()
    rate, p99 = judged(tmp_path).rows
    assert isinstance(rate, Judged)
    assert isinstance(p99, Judged)
    assert (rate.state, p99.subject) == (State.HOLDS, "m.time_x@p99")
    assert (rate.room, p99.value.centre) == pytest.approx((0.03, 2.0))


@pytest.mark.parametrize("limit", ["< 80 MB", "< 3", "> 800 /s"])
def test_a_limit_in_another_unit_is_an_error_with_its_place(tmp_path: Path, limit: str) -> None:
    hashes = made(tmp_path, f'[targets]\n"m.time_*" = "{limit}"')
    record(tmp_path, 1, "m.time_x", {(): {hashes[0]: measured(1.0)}})
    with pytest.raises(
        ConfigError, match=r'groundspeed\.toml: targets\."m\.time_\*".* is measured in seconds'
    ):
        judged(tmp_path)


def test_an_unknown_name_is_no_data_and_the_nearest_is_named(tmp_path: Path) -> None:
    hashes = made(tmp_path, '[targets]\n"m.time_y" = "< 2 s"')
    record(tmp_path, 1, "m.time_x", {(): {hashes[0]: measured(1.0)}})
    report = judged(tmp_path)
    (row,) = report.rows
    assert isinstance(row, Lacking)
    assert row.reason == "the results know no such benchmark; did you mean m.time_x?"
    assert report.exit_code == 3


def test_no_target_and_no_such_machine_are_said(tmp_path: Path) -> None:
    made(tmp_path)
    with pytest.raises(NothingMeasuredError, match="states no target for box"):
        judged(tmp_path)
    made(other := tmp_path / "other", '[targets.bax]\n"m.time_x" = "< 1 s"')
    with pytest.raises(ConfigError, match=r"\[targets\.bax\] is of no machine.*Did you mean box"):
        judged(other)


def test_a_target_at_a_size_is_judged_by_its_growth(tmp_path: Path) -> None:
    text = (
        '[targets]\n"m.time_x" = ["< 2 s at 10 MB", "< 500 ms at 10 MB", "< 60 s at 1 GB"]\n'
        '[scaling.sizes]\n"m.*" = "param1 = 1 B"'
    )
    hashes = made(tmp_path, text)
    cells: dict[tuple[str, ...], Cells] = {
        (str(n),): {one: measured(n * 1e-7) for one in hashes} for n in (10_000, 100_000, 1_000_000)
    }
    record(tmp_path, 1, "m.time_x", cells)
    near, short, far = judged(tmp_path).rows
    assert [isinstance(one, Judged) and one.state for one in (near, short, far)] == [
        State.HOLDS,
        State.FAILS,
        State.INCONCLUSIVE,
    ]
    assert isinstance(near, Judged)
    assert near.value.centre == pytest.approx(1.0, rel=0.02)
    assert near.since.commits == 3
    assert isinstance(far, Judged)
    assert far.notes[0] == "it is 1,000 times the largest size measured"


def test_a_target_at_a_size_needs_a_size(tmp_path: Path) -> None:
    hashes = made(tmp_path, '[targets]\n"m.time_x" = "< 2 s at 10 MB"')
    record(tmp_path, 1, "m.time_x", {("1",): {hashes[0]: measured(1.0)}})
    (row,) = judged(tmp_path).rows
    assert isinstance(row, Lacking)
    assert "m.time_x has no size" in row.reason
