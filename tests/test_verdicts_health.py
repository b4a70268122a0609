"""What is stale, what vanished, what fails, whether the host is what it was: tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed.records import Control
from groundspeed.results.archive import Archive, Series
from groundspeed.results.index import RecordedSession
from groundspeed.results.index.recorded import Done
from groundspeed.stats.control import Drift, NoDrift, drift, median_interval
from groundspeed.verdicts.health import (
    MISSED,
    REMEMBERED,
    Gone,
    Health,
    KnownBy,
    health_of,
    last_line,
    patience,
)
from groundspeed.verdicts.machine_rows import rows_of_machine
from tests.results_records import fingerprint
from tests.site_archives import (
    COUNT,
    EPOCH,
    HOSTILE,
    benchmark,
    carried_archive,
    commit_hash,
    measured,
    series,
    small_archive,
    wavy,
)

DAY = 86_400.0


def archive_of(*rows: Series, suite: Sequence[str] | None = None, count: int = COUNT) -> Archive:
    names = {one.key.case.benchmark for one in rows} if suite is None else set(suite)
    return Archive(
        commits=measured(count),
        series=rows,
        benchmarks={name: benchmark(name) for name in names},
        machines={},
        files=count,
        warnings=(),
    )


def judged(
    archive: Archive, machine: str = "camel", sessions: Sequence[RecordedSession] = (), **more: object
) -> Health:
    hashes = {one.hash for one in archive.commits}
    hashes |= {over.commit for one in archive.series for over in one.carried}
    rows = rows_of_machine(archive, machine, sorted(hashes))
    return health_of(rows, archive, sessions, **more)  # type: ignore[arg-type]  # the two callables


def sitting(day: float, places: Sequence[int], *, control: float | None = 0.01) -> RecordedSession:
    at = EPOCH + timedelta(days=day)
    samples = () if control is None else (Control(started_at=at, samples=(control,) * 9),)
    return RecordedSession(
        id=f"{at:%Y%m%dT%H%M%SZ}-00000000",
        started_at=at,
        fingerprint=fingerprint(),
        versions={},
        sampling=None,
        fitness=(),
        controls=samples,
        telemetry=(),
        done=tuple(Done(commit=commit_hash(at), values=1, failures=0, carried=0, runs=1) for at in places),
    )


@pytest.mark.parametrize(
    ("usual_days", "days"),
    [
        (None, 14),  # nobody knows the habit
        (0.5, 3),  # four times half a day is less than a weekend
        (1, 4),  # nightly: Friday's is not old on Monday, nor is it at the end of a long weekend
        (7, 28),
        (30, 92),  # four months of silence would be too patient
    ],
)
def test_how_long_a_machine_may_be_silent(usual_days: float | None, days: float) -> None:
    usual_s = None if usual_days is None else usual_days * DAY
    assert patience(usual_s) == timedelta(days=days)


def test_stale_is_a_moment_and_the_time_is_the_askers() -> None:
    found = judged(
        archive_of(series("a.time_x", wavy(1.0))), sessions=[sitting(day, [day]) for day in range(30)]
    )
    assert found.usual_s == DAY
    stale_at = EPOCH + timedelta(days=29 + 4)
    assert found.stale_at == stale_at
    assert not found.is_stale(stale_at - timedelta(seconds=1))
    assert found.is_stale(stale_at)


def test_the_usual_gap_is_between_days_and_not_between_sessions() -> None:
    often = [sitting(day + hour / 24, [0]) for day in (0, 3, 6, 9) for hour in (0, 1, 2)]
    found = judged(archive_of(series("a.time_x", wavy(1.0))), sessions=often)
    assert found.usual_s == 3 * DAY


@pytest.mark.parametrize(
    ("started", "known_by", "at"),
    [
        (None, KnownBy.COMMIT, EPOCH + timedelta(days=COUNT - 1)),
        (datetime(2024, 5, 1, tzinfo=UTC), KnownBy.FILE, datetime(2024, 5, 1, tzinfo=UTC)),
    ],
)
def test_without_sessions_files_tell_when_it_was_measured_else_commits(
    started: datetime | None, known_by: KnownBy, at: datetime
) -> None:
    found = judged(archive_of(series("a.time_x", wavy(1.0))), started=lambda _: started)
    assert found.last is not None
    assert (found.last.known_by, found.last.at, found.last.session) == (known_by, at, "")
    assert found.last.tally.commit == commit_hash(COUNT - 1)
    assert found.usual_s == DAY  # that of the commits


def test_a_session_that_measured_an_older_commit_is_the_last_one_all_the_same() -> None:
    found = judged(archive_of(series("a.time_x", wavy(1.0))), sessions=[sitting(40, [29]), sitting(41, [3])])
    assert found.last is not None
    assert (found.last.tally.commit, found.last.known_by) == (commit_hash(3), KnownBy.SESSION)


def test_a_machine_that_measured_nothing_has_no_last_and_is_stale() -> None:
    found = judged(archive_of(series("a.time_x", wavy(1.0))), machine="oryx")
    assert (found.last, found.stale_at, found.recent, found.series) == (None, None, (), 0)
    assert found.is_stale(EPOCH)


@pytest.mark.parametrize(
    ("last", "in_suite", "why"),
    [
        (COUNT - 1, True, None),
        (COUNT - MISSED, True, None),  # two measurings without it may be chance
        (COUNT - 1 - MISSED, True, Gone.NOT_MEASURED),
        (2, True, Gone.NOT_MEASURED),  # the suite has it: however long ago
        (COUNT - 1, False, Gone.DROPPED),
        (COUNT - 1 - REMEMBERED, False, Gone.DROPPED),
        (COUNT - 2 - REMEMBERED, False, None),  # everybody knows by now
    ],
)
def test_what_vanished(last: int, in_suite: bool, why: Gone | None) -> None:
    others = [series(f"a.time_{name}", wavy(1.0)) for name in "xyz"]
    archive = archive_of(
        *others,
        series("a.time_gone", wavy(1.0, count=last + 1)),
        suite=[f"a.time_{name}" for name in "xyz"] + (["a.time_gone"] if in_suite else []),
    )
    found = judged(archive).vanished
    assert [one.why for one in found] == ([] if why is None else [why])
    for one in found:
        assert (one.benchmark, one.commit, one.missed) == ("a.time_gone", commit_hash(last), COUNT - 1 - last)


def test_nothing_has_vanished_because_somebody_measured_one_benchmark_alone() -> None:
    whole = [series(f"a.time_{name}", wavy(1.0, count=20)) for name in "wxyz"]
    assert judged(archive_of(*whole, series("a.time_alone", wavy(1.0)))).vanished == ()


def test_what_is_measured_seldom_is_not_missed_before_its_time() -> None:
    others = [series(f"a.time_{name}", wavy(1.0)) for name in "xyz"]
    monthly = series("a.time_monthly", wavy(1.0, count=3))
    every_eighth = replace(monthly, commits=np.array([0, 8, 16], np.int32))
    assert judged(archive_of(*others, every_eighth)).vanished == ()  # 13 missed, twice its habit is 16
    every_sixth = replace(monthly, commits=np.array([4, 10, 16], np.int32))
    assert [one.missed for one in judged(archive_of(*others, every_sixth)).vanished] == [13]
    nightly = judged(archive_of(*others, every_sixth), seldom=lambda name: name == "a.time_monthly")
    assert nightly.vanished == ()


def test_where_no_suite_is_known_nothing_was_dropped() -> None:
    archive = replace(archive_of(series("a.time_x", wavy(1.0))), benchmarks={})
    assert judged(archive).vanished == ()


def failing(at: Sequence[int], count: int = COUNT) -> list[float]:
    return [math.nan if place in at else 1.0 for place in range(count)]


def test_what_failed_when_last_measured_is_told_together_where_it_failed_alike() -> None:
    end = COUNT - 1
    text = f"raised: Traceback\n  line 7\nValueError: {HOSTILE}\n\n"
    rows = [series("a.time_x", failing([end]), params=(str(size),), failures={end: text}) for size in (1, 10)]
    others = [
        series("a.time_x", failing([3]), params=("100",), failures={3: text}),  # it works again
        series("a.time_y", failing([end]), failures={end: ""}),
    ]
    suite = archive_of(*rows, *others)
    found = judged(suite).failing
    assert [(one.keys[0].case.benchmark, len(one.keys)) for one in found] == [
        ("a.time_x", 2),
        ("a.time_y", 1),
    ]
    assert last_line(found[0].reason) == f"ValueError: {HOSTILE}"
    assert {one.commit for one in found} == {commit_hash(end)}


def test_a_failure_is_over_where_another_version_or_environment_was_measured_later() -> None:
    old = series("a.time_x", failing([9], 10), version="v0", failures={9: "boom"})
    assert judged(archive_of(old, series("a.time_x", wavy(1.0, count=20), first=10))).failing == ()
    given_up = series("a.time_x", failing([9], 10), environment="py3.8", failures={9: "boom"})
    assert judged(archive_of(given_up, series("a.time_x", wavy(1.0)))).failing == ()


def test_a_case_that_the_suite_has_no_more_fails_no_more() -> None:
    end = COUNT - 1
    rows = [series("a.time_x", failing([end]), params=(size,), failures={end: "boom"}) for size in ("1", "2")]
    archive = replace(
        archive_of(*rows), benchmarks={"a.time_x": benchmark("a.time_x", params={"size": ("2", "3")})}
    )
    (only,) = judged(archive).failing
    assert [key.case.params for key in only.keys] == [("2",)]


def test_what_was_carried_over_is_counted_apart() -> None:
    found = judged(carried_archive())
    assert found.last is not None
    assert found.last.tally.commit == commit_hash(COUNT - 3)
    assert found.carried_since is not None
    assert (found.carried_since.commit, found.carried_since.carried) == (commit_hash(COUNT - 1), 1)
    assert judged(carried_archive(), machine="oryx").carried_since is None


def test_the_counts_are_those_of_counting_one_by_one() -> None:
    """The literal count: a series is a value, a failure or skipped at a commit."""
    archive = small_archive()
    rows = rows_of_machine(archive, "camel", [one.hash for one in archive.commits])
    for place in range(COUNT):
        values = failures = 0
        for one in archive.series:
            for row, at in enumerate(one.commits.tolist()):
                if one.key.machine == "camel" and at == place:
                    values += math.isfinite(one.values[row])
                    failures += row in one.failures
        assert (rows.values_at[place], rows.failures_at[place]) == (values, failures)


# --- the control benchmark --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("medians", "said"),
    [
        ([1.0, 1.0, 1.0], NoDrift(sessions=3)),  # two earlier ones cannot outvote each other
        ([], NoDrift(sessions=0)),
        ([1.0, 1.0, 1.0, 1.04], False),  # within the 5 % that verdicts ignore
        ([1.0, 1.0, 1.0, 1.06], True),
        ([1.0, 1.0, 1.0, 0.9], True),  # faster is not what it was either
        ([1.0, 2.0, 1.0, 1.0, 1.01], False),  # one disturbed session moves no median
    ],
)
def test_a_control_drifts_beyond_what_verdicts_ignore(medians: list[float], said: bool | NoDrift) -> None:
    found = drift(medians)
    if isinstance(said, NoDrift):
        assert found == said
    else:
        assert isinstance(found, Drift)
        assert found.is_beyond is said


def test_a_restless_control_has_a_wider_limit() -> None:
    """Deviations of 10 % either way: their median is 0.1 in logarithms, 0.148 as a standard deviation."""
    from scipy import stats

    earlier = [math.exp(0.1 * (-1) ** place) for place in range(10)]
    found = drift([*earlier, 1.0])
    assert isinstance(found, Drift)
    t = stats.t.ppf(0.995, 0.37 * 10)
    expected = t * 0.1 / stats.norm.ppf(0.75) * math.sqrt(1 + math.pi / 20)
    assert found.limit == pytest.approx(math.exp(expected))


@settings(deadline=None, derandomize=True, max_examples=50)
@given(st.lists(st.floats(0.5, 2.0), min_size=4, max_size=30), st.floats(0.1, 10.0))
def test_a_drift_does_not_depend_on_the_unit(medians: list[float], scale: float) -> None:
    one, other = drift(medians), drift([scale * each for each in medians])
    assert isinstance(one, Drift)
    assert isinstance(other, Drift)
    assert (other.ratio, other.limit) == pytest.approx((one.ratio, one.limit))


@pytest.mark.parametrize(
    ("count", "rank"),
    [
        (7, None),  # 2 / 2^7 is 1.6 % beyond the extremes: no interval of 99 %
        (8, 1),  # 2 / 2^8 is 0.8 %
        (10, 1),  # 2 · 11 / 2^10 is 2.1 %: not yet the second from either end
        (12, 2),  # 2 · 13 / 2^12 is 0.6 %
        (30, 8),  # the table of Conover's book
    ],
)
def test_the_interval_of_a_median_by_ranks(count: int, rank: int | None) -> None:
    median, low, high = median_interval([float(one) for one in range(count, 0, -1)])
    assert median == (count + 1) / 2
    expected = (-math.inf, math.inf) if rank is None else (rank, count + 1 - rank)
    assert (low, high) == expected
