"""Which floor a case gets, from which sessions, and what is said of what it takes to see a change."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from groundspeed.measurements import Basis
from groundspeed.records import Case, SeriesKey
from groundspeed.results.index import Processes
from groundspeed.verdicts.noise import (
    WANTED,
    CaseNoise,
    Leveled,
    MoreProcesses,
    MoreSessions,
    TooNoisy,
    case_noise,
    noise_floors,
)
from groundspeed.verdicts.same_code import Seen, seen

Row = tuple[str, str, str, float]  # benchmark, commit, session, median


def key(name: str, version: str | None = "v1", metric: str = "") -> SeriesKey:
    return SeriesKey(
        machine="box", environment="py", case=Case(benchmark=name, params=()), metric=metric, version=version
    )


def processes(rows: Sequence[Row], version: str = "v1", quick: Sequence[int] = ()) -> Processes:
    """Each row a process, in the order of time; ``quick`` are the places of those with one call."""
    names, commits, sessions = (sorted({str(row[column]) for row in rows}) for column in range(3))
    return Processes(
        keys=tuple(key(name, version) for name in names),
        commits=tuple(commits),
        sessions=tuple(sessions),
        series=np.array([names.index(row[0]) for row in rows], np.int32),
        commit=np.array([commits.index(row[1]) for row in rows], np.int32),
        session=np.array([sessions.index(row[2]) for row in rows], np.int32),
        started_at_s=np.arange(len(rows), dtype=np.float64),
        medians=np.array([row[3] for row in rows], np.float64),
        counts=np.ones(len(rows), np.int32),
        quick=np.isin(np.arange(len(rows)), list(quick)),
    )


NOTHING = seen(processes([]), {})


def repeated(name: str, levels: Sequence[float], spread: float = 0.01, commit: str = "c") -> list[Row]:
    """A session per level, four processes in each, evenly about it."""
    return [
        (name, commit, f"s{at}", level * math.exp(spread * place))
        for at, level in enumerate(levels)
        for place in (-1.5, -0.5, 0.5, 1.5)
    ]


def history(name: str, deviation: float, count: int = 100) -> Leveled:
    values = np.exp(deviation * np.random.default_rng(5).standard_normal(count))
    return Leveled(key=key(name), values=values, starts=[])


def only(found: tuple[CaseNoise, ...]) -> CaseNoise:
    (one,) = found
    return one


# --- what is the same code ----------------------------------------------------------------------------


def codes(rows: Sequence[Row], identities: dict[tuple[str, str], str]) -> int:
    return len(set(seen(processes(rows), identities).code.tolist()))


def test_commits_are_the_same_code_where_their_builds_have_one_identity() -> None:
    rows = [("b", "c1", "s1", 1.0), ("b", "c2", "s2", 1.0), ("b", "c3", "s2", 1.0)]
    assert codes(rows, {}) == 3
    assert codes(rows, {("c1", "py"): "same", ("c2", "py"): "same", ("c3", "py"): "other"}) == 2
    assert codes(rows, {("c1", "another"): "same", ("c2", "another"): "same"}) == 3


def test_versions_of_a_benchmark_are_not() -> None:
    one, other = processes([("b", "c", "s1", 1.0)]), processes([("b", "c", "s2", 1.0)], version="v2")
    both = Processes(
        keys=one.keys + other.keys,
        commits=one.commits,
        sessions=("s1", "s2"),
        series=np.array([0, 1], np.int32),
        commit=np.array([0, 0], np.int32),
        session=np.array([0, 1], np.int32),
        started_at_s=np.array([0.0, 1.0]),
        medians=np.array([1.0, 1.0]),
        counts=np.array([1, 1], np.int32),
        quick=np.array([False, False]),
    )
    found = seen(both, {})
    assert found.keys == (key("b", None),)
    assert found.case.tolist() == [0, 0]
    assert len(set(found.code.tolist())) == 2


def test_quick_runs_and_what_has_no_logarithm_are_left_out() -> None:
    rows = [("b", "c", "s1", 1.0), ("b", "c", "s2", 2.0), ("zero", "c", "s1", 0.0), ("zero", "c", "s2", 1.0)]
    found = seen(processes(rows, quick=[1]), {})
    assert found.case.size == 1
    assert found.keys[found.case[0]] == key("b", None)


def test_a_cell_is_what_a_session_measured_at_a_commit() -> None:
    found = seen(processes([*repeated("b", [1.0, 2.0]), ("b", "d", "s1", 4.0)]), {})
    assert sorted(zip(found.session.tolist(), found.found.count.tolist(), strict=True)) == [
        (0, 4),
        (1, 1),
        (1, 4),
    ]
    assert found.last_s.tolist() == [3, 7, 8]


# --- which floor ----------------------------------------------------------------------------------------


def many(sessions: int = 5, deviation: float = 0.02) -> Seen:
    """Two hundred cases whose sessions lie this far apart, each with its own draw."""
    random = np.random.default_rng(11)
    rows: list[Row] = []
    for case in range(200):
        rows += repeated(f"b{case:03}", np.exp(deviation * random.standard_normal(sessions)).tolist())
    return seen(processes(rows), {})


def test_sessions_of_the_same_code_come_first() -> None:
    found = case_noise(many(), [history("b000", 0.3)])
    assert {one.floor.basis for one in found} == {Basis.SESSIONS}
    assert {one.seen for one in found} == {5}
    floors = sorted(one.floor.between_sessions for one in found)
    assert floors[100] == pytest.approx(0.02, rel=0.15)


def test_a_history_stands_in_where_sessions_are_too_few() -> None:
    pair = seen(processes(repeated("b", [1.0, 1.01])), {})
    alone = only(case_noise(pair, []))
    assert alone.floor.basis is Basis.SESSIONS
    assert alone.floor.df == 2, "one of its own, one of what is taken for granted"
    with_history = only(case_noise(pair, [history("b", 0.03)]))
    assert with_history.floor.basis is Basis.HISTORY
    assert with_history.floor.between_sessions == pytest.approx(0.03, rel=0.25)
    assert with_history.seen == 100
    assert with_history.processes == 4


def test_a_history_is_not_calmer_than_the_processes_in_it() -> None:
    once = seen(processes(repeated("b", [1.0], spread=0.1)), {})
    found = only(case_noise(once, [history("b", 0.0001)]))
    assert found.floor.between_processes is not None
    assert found.floor.between_sessions == pytest.approx(found.floor.between_processes / 2)


def test_without_either_there_is_no_floor() -> None:
    once = seen(processes(repeated("b", [1.0])), {})
    assert case_noise(once, [history("b", 0.01, count=7)]) == ()
    assert case_noise(NOTHING, []) == ()


def test_versions_of_a_case_have_one_history() -> None:
    parts = [
        Leveled(key=key("b", version), values=np.array([1.0, 1.01, 0.99, 1.0]) * level, starts=[])
        for version, level in (("v1", 1.0), ("v2", 50.0))
    ]
    found = noise_floors(NOTHING, parts)
    assert list(found) == [key("b", None)]
    assert found[key("b", None)].between_sessions < 0.02


def test_exponents_and_what_may_be_zero_have_no_floor() -> None:
    values = np.tile([1.0, 1.1], 20)
    rows = [
        Leveled(key=key("b", metric="exponent"), values=values, starts=[]),
        Leveled(key=key("b", metric="hits"), values=values - 1, starts=[]),
    ]
    assert noise_floors(NOTHING, rows) == {}


def test_values_that_sessions_agree_on_exactly_have_no_noise() -> None:
    rows = [("track", "c", f"s{at}", 42.0) for at in range(3)]
    found = only(case_noise(seen(processes(rows), {}), []))
    assert (found.floor.between_sessions, found.smallest) == (0.0, 0.0)
    assert found.wanted == MoreProcesses(processes=1)


# --- what it takes -------------------------------------------------------------------------------------


def of_history(deviation: float) -> CaseNoise:
    return only(case_noise(NOTHING, [history("b", deviation, count=2000)]))


def test_a_floor_takes_sessions_and_one_too_high_a_calmer_benchmark() -> None:
    calm, higher, wild = (of_history(one) for one in (0.005, 0.02, 0.1))
    assert calm.smallest < WANTED
    assert calm.wanted == MoreProcesses(processes=1)
    # (t.995 + t.8) sqrt(2) 0.02 = 3.417 * 0.0283 = 0.0967 of a logarithm; over log 1.05, squared: 3.9
    assert higher.smallest == pytest.approx(math.expm1(0.0967), rel=0.1)
    assert higher.wanted == MoreSessions(sessions=4)
    assert wild.wanted == TooNoisy()


def test_the_processes_asked_for_are_the_fewest_that_do() -> None:
    rows = [row for at in range(12) for row in repeated(f"b{at}", [1.0, 1.002, 0.998, 1.001, 1.0], 0.03)]
    for one in case_noise(seen(processes(rows), {}), []):
        assert isinstance(one.wanted, MoreProcesses)
        assert one.smallest > WANTED
        assert one.processes is not None
        assert one.wanted.processes > one.processes
        assert one.floor.between_processes is not None
        assert one.floor.between_sessions < one.floor.between_processes


def test_the_smallest_change_is_that_of_the_last_measurement() -> None:
    more = [*repeated("b", [1.0, 1.01, 0.99]), ("b", "d", "s9", 1.0)]
    found = only(case_noise(seen(processes(more), {}), []))
    assert found.processes == 1
    four = only(case_noise(seen(processes(more[:-1]), {}), []))
    assert found.smallest > four.smallest
