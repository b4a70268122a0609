"""The report of a session: goldens for a run with every kind of outcome, and the same as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from groundspeed.config.tolerances import Tolerances
from groundspeed.measure.plan import Plan, PlannedCase, Step
from groundspeed.measure.run import Tally
from groundspeed.measure.session import Report
from groundspeed.measurements import Measurement, Process, Stored
from groundspeed.records import (
    Better,
    Build,
    CarriedOver,
    Case,
    Control,
    Failed,
    FailureKind,
    Measured,
    Sampling,
    SeriesKey,
    Skipped,
    Stop,
)
from groundspeed.report.session import SessionPage, render, render_plan
from groundspeed.report.table import Format
from groundspeed.report.values import Value
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.compare import Comparison, Pair, Priors, compare_pairs
from tests.measuring import ENVIRONMENT, START, benchmark, commit

FAST, WIDE = Case(benchmark="m.time_fast", params=()), Case(benchmark="m.K.time_wide", params=("1", "'x'"))
NAME = ENVIRONMENT.name


def build(number: int, failure: Failed | None = None) -> Build:
    return Build(
        commit=commit(number).hash,
        environment=NAME,
        failure=failure,
        dependencies=(),
        identity=None,
        benchmarks=(),
        started_at=START,
        duration_s=1.25,
    )


def key(number: int, case: Case) -> tuple[str, str, Case]:
    return (commit(number).hash, NAME, case)


SAMPLING = Sampling(precision=0.01, case_budget_s=2.0, budget_s=None, interleave=True, cpus=())


def report(*, interrupted: bool = False) -> Report:
    builds = [
        build(3),
        build(2, Failed(kind=FailureKind.NOT_BUILT, text="cc\nerror: no compiler\n")),
        build(1),
    ]
    raised = Failed(kind=FailureKind.RAISED, text="Traceback\nZeroDivisionError: division by zero")
    one = benchmark("m.time_fast")
    planned = PlannedCase(benchmark=one, case=FAST, runs=2, adaptive=False, earlier=())
    step = Step(commit=commit(3), environment=ENVIRONMENT, cases=(planned,), second_look=False)
    return Report(
        machine="box-2c-8g",
        commits=(commit(3), commit(2), commit(1)),
        plan=Plan(steps=(step,), recorded=4, failed=1),
        forecast_s=95.0,
        tally=Tally(
            builds={(one.commit, one.environment): one for one in builds},
            outcomes={
                key(3, FAST): Measured(samples=(1.0,), number=1),
                key(3, WIDE): raised,
                key(1, FAST): Skipped(reason="not here"),
                key(1, WIDE): raised,
            },
        ),
        sampling=SAMPLING,
        checks={},
        controls=(),
        control_noise_floor=None,
        import_errors={"benchmarks.gone": "Traceback\nModuleNotFoundError: No module named 'gone'"},
        interrupted=interrupted,
        duration_s=61.2,
    )


def end(number: int, *values: float) -> Measurement:
    """The p99 of the wide case at a commit: a value of each of as many processes, all of one session."""
    return Measurement(
        key=SeriesKey(machine="box-2c-8g", environment=NAME, case=WIDE, metric="p99", version="1"),
        commit=commit(number).hash,
        unit="s",
        better=Better.LOWER,
        processes=tuple(
            Process(session="s", started_at=START, number=1, samples=(value,)) for value in values
        ),
        stored=Stored(value=values[0], low=values[0], high=values[0]),
        carried_from=None,
    )


def compared(*pairs: Pair) -> Comparison:
    return compare_pairs(pairs, floors={}, tolerances=Tolerances(), prior=Priors(known={}))


CHANGE = Pair(base=end(1, 0.001, 0.001), head=end(3, 0.0025, 0.0025))


def page(*, interrupted: bool = False) -> SessionPage:
    return SessionPage(
        report=report(interrupted=interrupted),
        changes=compared(CHANGE),
        values=(),
        page=Path("html/index.html"),
        warnings=(),
    )


TEXT = """\
commit    date        measured  failed  skipped          build  subject
00000000  2026-01-04         1       1        0         1.25 s  number 3
00000000  2026-01-03         0       0        0  did not build  number 2
00000000  2026-01-02         0       1        1         1.25 s  number 1

the commit did not build: error: no compiler  (00000000)
m.K.time_wide(1, 'x') raised: ZeroDivisionError: division by zero  (00000000, 00000000)

benchmarks.gone could not be imported, its benchmarks are missing: ModuleNotFoundError: No module named 'gone'

Changed by more than what is tolerated (a suspicion, until it is measured again):
        change   before      now  case                       at
slower  ×2.500  1.00 ms  2.50 ms  m.K.time_wide(1, 'x')@p99  00000000..00000000

machine  box-2c-8g
record   4 cases are recorded already, 1 of them as failed (try these again with --retry)
took     1 min 01 s
page     html/index.html  (see it with: groundspeed preview)"""


def test_the_text_of_a_session() -> None:
    assert render(page(), Format.TEXT) == TEXT


def test_what_cannot_be_told_from_noise_is_counted_not_listed() -> None:
    undecided = compared(Pair(base=end(1, 0.001, 0.0012), head=end(3, 0.0011, 0.0013)))
    text = render(replace(page(), changes=undecided), Format.TEXT)
    assert "Nothing changed that can be told from noise.\n1 of 1 comparisons are inconclusive" in text


def test_markdown_is_the_same_in_tables() -> None:
    text = render(page(), Format.MARKDOWN)
    assert "| 00000000 | 2026-01-03 | 0 | 0 | 0 | did not build | number 2 |" in text
    assert "| slower | ×2.500 | 1.00 ms | 2.50 ms | m.K.time_wide(1, 'x')@p99 |" in text


def test_json_has_everything_in_base_units() -> None:
    value = json.loads(render(page(), Format.JSON))
    assert value["schema"] == "groundspeed.session/2"
    assert [one["measured"] for one in value["commits"]] == [1, 0, 0]
    assert [one["built"] for one in value["commits"]] == [True, False, True]
    assert value["failures"][0] == {
        "commit": commit(2).hash,
        "case": None,
        "kind": "did not build",
        "text": "cc\nerror: no compiler\n",
    }
    assert len(value["failures"]) == 3
    (change,) = value["changes"]
    assert change["ratio"] == {"low": 2.5, "centre": 2.5, "high": 2.5}
    assert (change["verdict"], change["metric"], change["base_value"]) == ("slower", "p99", 0.001)
    assert value["page"] == "html/index.html"


def test_an_interruption_says_how_to_go_on() -> None:
    assert "the same command goes on from here" in render(page(interrupted=True), Format.TEXT)
    assert report(interrupted=True).exit_code == 130
    assert report().exit_code == 0


def test_the_plan_of_a_dry_run() -> None:
    lines = render_plan(report(), Format.TEXT).splitlines()
    assert lines[1].split() == ["00000000", "virtualenv-py3.11", "1", "2", "number", "3"]
    assert lines[-1] == (
        "2 runs, about 1 min 35 s. "
        "4 cases are recorded already, 1 of them as failed (try these again with --retry)."
    )
    assert json.loads(render_plan(report(), Format.JSON))["estimate_s"] == 95.0


def test_nothing_new_is_said_in_one_line() -> None:
    nothing = Report(
        machine="box",
        commits=(commit(1),),
        plan=Plan(steps=(), recorded=7, failed=0),
        forecast_s=0,
        tally=Tally(),
        sampling=SAMPLING,
        checks={},
        controls=(),
        control_noise_floor=None,
        import_errors={},
        interrupted=False,
        duration_s=0.2,
    )
    text = render(
        SessionPage(report=nothing, changes=compared(), values=(), page=None, warnings=()), Format.TEXT
    )
    assert text == "Nothing to measure. 7 cases are recorded already.\n\nmachine  box\ntook     0 s"


def test_what_a_benchmark_returns_now_is_said_beside_what_it_takes() -> None:
    key = SeriesKey(machine="box", environment=NAME, case=FAST, metric="", version="1")
    seen = {commit(1).hash: frozenset({"10"}), commit(3).hash: frozenset({"12"})}
    changed = replace(page(), report=replace(report(), checks={key: seen}))
    text = render(changed, Format.TEXT)
    assert "They compute something else (faster because wrong?):" in text
    (row,) = [line for line in text.splitlines() if line.startswith("m.time_fast  10")]
    assert row.split() == ["m.time_fast", "10", "12", "00000000..00000000"]
    assert json.loads(render(changed, Format.JSON))["returned_something_else"][0]["after"] == "12"


@pytest.mark.parametrize(
    ("factor", "said"),
    [(1.02, None), (1.09, "The host became slower"), (0.9, "The host became faster")],
)
def test_a_host_that_changed_is_flagged(factor: float, said: str | None) -> None:
    """5 % is the noise floor while a machine's own is not known."""
    controls = tuple(
        Control(started_at=START, samples=(0.01 * one, 0.011 * one, 0.012 * one)) for one in (1.0, factor)
    )
    text = render(replace(page(), report=replace(report(), controls=controls)), Format.TEXT)
    assert (said in text) if said else ("The host became" not in text)


def test_a_machines_own_noise_floor_decides_where_it_is_known() -> None:
    controls = tuple(Control(started_at=START, samples=(0.01 * one,)) for one in (1.0, 1.03))
    of = replace(report(), controls=controls)
    calm = render(replace(page(), report=replace(of, control_noise_floor=0.02)), Format.TEXT)
    assert "takes ×1.03 (noise floor 2%)" in calm
    noisy = render(replace(page(), report=replace(of, control_noise_floor=0.04)), Format.TEXT)
    assert "The host became" not in noisy


def test_it_is_said_how_many_cases_are_known_how_well() -> None:
    stops = {key(3, FAST): Stop.PRECISION, key(1, FAST): Stop.PRECISION, key(1, WIDE): Stop.BUDGET}
    found = report()
    text = render(
        replace(page(), report=replace(found, tally=replace(found.tally, stops=stops))), Format.TEXT
    )
    assert "known    2 of 3 cases to 1 %, 1 as well as 2 s allow" in text.splitlines()


def test_what_was_carried_over_has_a_column_of_its_own() -> None:
    found = report()
    outcomes = {**found.tally.outcomes, key(1, WIDE): CarriedOver(measured_at=commit(3).hash)}
    text = render(
        replace(page(), report=replace(found, tally=replace(found.tally, outcomes=outcomes))), Format.TEXT
    )
    assert "carried" in text.splitlines()[0].split()
    assert "carried" not in render(page(), Format.TEXT).splitlines()[0].split()


def test_values_are_shown_where_they_are_what_was_asked_for() -> None:
    key = SeriesKey(machine="box", environment=NAME, case=FAST, metric="", version="1")
    value = Value(key=key, unit="s", at=(Interval(centre=0.002, low=0.00199, high=0.00201), None))
    text = render(replace(page(), values=(value,)), Format.TEXT)
    (row,) = [line for line in text.splitlines() if "2.00 ms ± 0.5%" in line]
    assert row.split()[-1] == "–"


def test_time_that_is_spent_is_said() -> None:
    found = report()
    spent = replace(page(), report=replace(found, tally=replace(found.tally, out_of_time=True)))
    assert "The time is spent." in render(spent, Format.TEXT)
