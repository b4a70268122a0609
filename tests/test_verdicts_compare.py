"""A suite against itself: which rows there are, what chance takes back, what many rows come to."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from groundspeed.config.tolerances import Tolerance, Tolerances
from groundspeed.measurements import Basis, Measurement, NoiseFloor
from groundspeed.records import Better, Case, Failed, FailureKind, NotRun, Skipped, Verdict
from groundspeed.stats.comparison import More
from groundspeed.stats.false_discovery import RATE, adjusted
from groundspeed.verdicts.compare import Comparison, Ending, Priors, Status, Unpaired, compare_suite, learned
from groundspeed.verdicts.judgement import VALUES, Caveat, Ground
from groundspeed.verdicts.means import means, module_of
from tests.measurements import key, measured, missing, processes

FAILED = Failed(kind=FailureKind.RAISED, text="Traceback\nZeroDivisionError: division by zero")
SKIPPED = Skipped(reason="needs a GPU")
NOT_RUN = NotRun(reason="interrupted")


def compared(base: list[Ending], head: list[Ending], tolerance: float = 0.05) -> Comparison:
    return compare_suite(base, head, floors={}, tolerances=Tolerances(default=tolerance))


def end(value: float, name: str = "m.time_x", commit: str = "b", **other: object) -> Measurement:
    """Four processes of one session, half a percent apart."""
    samples = (value * (1 + 0.005 * at) for at in (-1.5, -0.5, 0.5, 1.5))
    of = processes("s", *samples)
    return measured(*of, at=key(name), commit=commit * 40, **other)  # type: ignore[arg-type]  # handed on


@pytest.mark.parametrize(
    ("base", "head", "status", "reason"),
    [
        ("measured", FAILED, Status.BROKEN, "raised at head: Traceback\nZeroDivisionError: division by zero"),
        (FAILED, "measured", Status.FIXED, "raised at base: Traceback\nZeroDivisionError: division by zero"),
        (None, "measured", Status.NEW, "not measured at base"),
        (SKIPPED, "measured", Status.NEW, "needs a GPU"),
        (NOT_RUN, "measured", Status.NEW, "interrupted"),
        ("measured", None, Status.GONE, "not measured at head"),
        ("measured", NOT_RUN, Status.GONE, "interrupted"),
        ("measured", SKIPPED, Status.SKIPPED, "needs a GPU"),
        (SKIPPED, SKIPPED, Status.SKIPPED, "needs a GPU"),
        (FAILED, FAILED, Status.FAILED, "raised at head: Traceback\nZeroDivisionError: division by zero"),
        (None, FAILED, Status.FAILED, "raised at head: Traceback\nZeroDivisionError: division by zero"),
        (FAILED, None, Status.GONE, "not measured at head"),
    ],
)
def test_what_lacks_an_end_is_a_row_of_its_own(
    base: object, head: object, status: Status, reason: str
) -> None:
    def ending(what: object) -> list[Ending]:
        if what is None:
            return []
        return [missing(what)] if isinstance(what, Failed | Skipped | NotRun) else [end(1.0)]

    (row,) = compared(ending(base), ending(head)).rows
    assert isinstance(row, Unpaired)
    assert (row.status, row.reason) == (status, reason)


def test_a_benchmark_that_was_rewritten_is_not_compared() -> None:
    other = dataclasses.replace(end(2.0), key=key(version="2"))
    (row,) = compared([end(1.0)], [other]).rows
    assert isinstance(row, Unpaired)
    assert row.status is Status.REDEFINED


def test_of_several_versions_one_that_both_have_is_compared() -> None:
    old, new = end(1.0), dataclasses.replace(end(2.0, commit="c"), key=key(version="2"))
    again = dataclasses.replace(end(1.0, commit="c"))
    (row,) = compared([old], [new, again]).compared
    assert row.judgement.verdict is Verdict.SAME


def test_a_version_that_nobody_knows_is_taken_for_the_same() -> None:
    unversioned = dataclasses.replace(end(1.0, commit="c"), key=key(version=None))
    assert compared([end(1.0)], [unversioned]).count(Verdict.SAME) == 1


def test_environments_are_compared_one_by_one() -> None:
    other = dataclasses.replace(key(), environment="f")
    base, head = [end(1.0)], [end(1.0, commit="c"), dataclasses.replace(end(9.0, commit="c"), key=other)]
    found = compared(list(base), list(head))
    assert (found.count(Verdict.SAME), found.count(Status.NEW)) == (1, 1)


def test_tolerances_and_floors_go_by_case() -> None:
    noisy = NoiseFloor(between_sessions=0.2, between_processes=0.2, df=20, basis=Basis.SESSIONS)
    base = [end(1.0, "m.time_a"), end(1.0, "m.time_b")]
    head = [end(1.2, "m.time_a", "c"), end(1.2, "m.time_b", "c")]
    apart = [
        dataclasses.replace(
            one, processes=tuple(dataclasses.replace(process, session="t") for process in one.processes)
        )
        for one in head
    ]
    calm = dataclasses.replace(noisy, between_sessions=0.001)
    floors = {
        dataclasses.replace(base[0].key, version=None): noisy,
        dataclasses.replace(base[1].key, version=None): calm,
    }
    found = compare_suite(base, apart, floors=floors, tolerances=Tolerances())
    assert [str(row.judgement.verdict) for row in found.compared] == ["inconclusive", "slower"]
    wide = Tolerances(stated=(Tolerance(glob="m.time_a", metric="", share=0.5),))
    found = compare_suite(base, head, floors={}, tolerances=wide)
    assert [str(row.judgement.verdict) for row in found.compared] == ["same", "slower"]


@pytest.mark.parametrize(
    ("rows", "strict", "code"),
    [
        ([(1.0, 1.0), (1.0, 1.3)], False, 1),
        ([(1.0, 1.0), (1.0, 0.7)], False, 0),
        ([(1.0, 1.0), (1.0, 1.05)], False, 0),
        ([(1.0, 1.0), (1.0, 1.05)], True, 4),
        ([(1.0, 1.05)], False, 4),
        ([], False, 3),
    ],
)
def test_exit_codes(rows: list[tuple[float, float]], strict: bool, code: int) -> None:
    base = [end(one, f"m.time_{at}") for at, (one, _) in enumerate(rows)]
    head = [end(one, f"m.time_{at}", "c") for at, (_, one) in enumerate(rows)]
    assert compared(list(base), list(head)).exit_code(strict=strict) == code


def test_what_broke_is_bad_news() -> None:
    assert compared([end(1.0)], [missing(FAILED)]).exit_code(strict=False) == 1
    assert compared([missing(FAILED)], [missing(FAILED)]).exit_code(strict=False) == 3


# --- chance --------------------------------------------------------------------------------------------


def suite(count: int, change: float) -> tuple[list[Ending], list[Ending]]:
    """Cases of which the first moved by ``change`` and the others not at all; 1 % between processes."""
    rng = np.random.default_rng(6)
    ends: tuple[list[Ending], list[Ending]] = ([], [])
    for number in range(count):
        for found, commit in zip(ends, "bc", strict=True):
            moved = 1 + change if number == 0 and commit == "c" else 1.0
            values = moved * np.exp(rng.normal(0, 0.01, 4))
            found.append(
                measured(*processes("s", *values.tolist()), at=key(f"m.time_{number:04}"), commit=commit * 40)
            )
    return ends


def test_a_change_must_be_surer_among_many() -> None:
    """8.6 % at 5 %: beyond the tolerance by itself, and no more than chance among 2,000."""
    base, head = suite(2000, 0.074)
    alone = compared(base[:1], head[:1]).compared[0].judgement
    among = compared(base, head).compared[0].judgement
    assert alone.verdict is Verdict.SLOWER
    assert among.verdict is Verdict.INCONCLUSIVE
    assert among.evidence.caveats == (Caveat.CHANCE,)
    assert isinstance(among.further, More)
    assert among.worse.low > 1.05  # its own interval is clear all the same


def test_what_is_named_is_what_the_adjusted_chances_name() -> None:
    base, head = suite(200, 0.3)
    found = compared(base, head)
    chances = adjusted([row.judgement.chances.slower for row in found.compared])
    named = [row.judgement.verdict is Verdict.SLOWER for row in found.compared]
    cleared = [row.judgement.worse.low > 1.05 for row in found.compared]
    assert named == [one and chance <= RATE for one, chance in zip(cleared, chances.tolist(), strict=True)]
    assert named[0]


def test_what_is_certain_takes_no_part_in_chance() -> None:
    """500 counts that are what they are make the one that is drawn no less sure."""
    base, head = suite(1, 0.086)
    for number in range(500):
        for found, commit in ((base, "b"), (head, "c")):
            at = key(f"n.track_{number}")
            count = processes("s", 7.0, number=None)
            found.append(measured(*count, at=at, unit="calls", commit=commit * 40))
    found_all = compared(base, head)
    assert found_all.count(Verdict.SLOWER) == 1
    assert {row.judgement.evidence.ground for row in found_all.compared[1:]} == {Ground.EXACT}


def test_what_other_cases_show_counts_for_one_that_shows_little() -> None:
    base, _ = suite(40, 0.0)
    prior = learned(base)
    assert prior.of(base[0]).variance == pytest.approx(0.01**2, rel=0.3)  # type: ignore[arg-type]  # measured
    tail = measured(*processes("s", 1.0), at=key(metric="p99"))
    assert prior.of(tail) != prior.of(base[0])  # type: ignore[arg-type]  # as above
    assert Priors(known={}).of(measured(*processes("s", 7.0, number=None), unit="bytes")) == VALUES
    assert Priors(known={}).of(measured(*processes("s", 7.0, number=None), at=key(metric="p99"))) != VALUES


# --- means ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("documents.Ladder.time_x", "documents"),
        ("pkg.io.Read.Deep.time_x", "pkg.io"),
        ("pkg.io.time_x", "pkg.io"),
        ("time_x", "time_x"),
        ("Upper.time_x", "Upper"),
    ],
)
def test_the_module_of_a_benchmark(name: str, module: str) -> None:
    assert module_of(Case(benchmark=name, params=())) == module


def test_a_geometric_mean_and_what_it_hides() -> None:
    """x2 and x1/2 are nothing on average; of 1.0, 2.0 and 0.5 the mean is 1."""
    base = [end(1.0, f"a.time_{at}") for at in range(2)] + [end(1.0, f"b.time_{at}") for at in range(2)]
    changes = {"a.time_0": 2.0, "a.time_1": 0.5, "b.time_0": 1.1, "b.time_1": 1.1}
    head = [end(value, name, "c") for name, value in changes.items()]
    whole, one, other = means(compared(list(base), list(head)).compared)
    assert (whole.module, one.module, other.module) == ("", "a", "b")
    assert one.ratio.centre == pytest.approx(1.0)
    assert (one.slower, one.faster, one.hides) == (1, 1, True)
    assert other.ratio.centre == pytest.approx(1.1)
    assert not other.hides
    assert whole.ratio.centre == pytest.approx(1.1**0.5)
    assert whole.hides


def test_the_interval_of_a_mean_is_that_of_independent_processes_and_one_shift_for_all() -> None:
    """Same sessions: each row's error over sqrt(2). Other sessions: their part does not shrink."""
    base = [end(1.0, f"a.time_{at}") for at in range(2)]
    together = [end(1.0, f"a.time_{at}", "c") for at in range(2)]
    (mean,) = means(compared(list(base), list(together)).compared)
    (row, _) = compared(list(base), list(together)).compared
    own = math.log(row.judgement.worse.high)
    assert math.log(mean.ratio.high) < own / math.sqrt(2)
    floor = NoiseFloor(between_sessions=0.05, between_processes=None, df=1000, basis=Basis.SESSIONS)
    apart: list[Ending] = [
        dataclasses.replace(one, processes=tuple(dataclasses.replace(x, session="t") for x in one.processes))
        for one in together
    ]
    floors = {dataclasses.replace(one.key, version=None): floor for one in base}
    (mean,) = means(compare_suite(base, apart, floors=floors, tolerances=Tolerances()).compared)
    assert math.log(mean.ratio.high) == pytest.approx(2.58 * math.sqrt(2) * 0.05, rel=0.01)


def test_what_is_no_main_metric_or_has_no_ratio_is_left_out() -> None:
    def count(value: float, number: int, commit: str) -> Measurement:
        of = processes("s", value, number=None)
        return measured(*of, at=key(f"a.track_{number}"), unit="calls", commit=commit * 40)

    base = [count(value, at, "b") for at, value in enumerate((0.0, 2.0, 2.0))]
    head = [count(3.0, at, "c") for at in range(3)]
    (mean,) = means(compared(list(base), list(head)).compared)
    assert (mean.rows, mean.left_out) == (2, 1)
    assert mean.ratio.centre == pytest.approx(1.5)
    turned = [dataclasses.replace(one, better=Better.HIGHER) for one in base[1:]]
    assert means(compared(list(turned), list(turned)).compared) == ()
    tails = [dataclasses.replace(one, key=dataclasses.replace(one.key, metric="p99")) for one in base[1:]]
    assert means(compared(list(tails), list(tails)).compared) == ()
