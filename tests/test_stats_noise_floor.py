"""Noise floors: against the formulas written out, on made sessions whose spread is known, and laws."""

from __future__ import annotations

import itertools
import math
import statistics
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed.stats.noise_floor import (
    NO_SESSIONS,
    Cells,
    Estimate,
    Ints,
    Repeats,
    between_sessions,
    cells,
    processes_of,
    repeats,
    residuals,
    scatter,
    smallest_change,
    unit,
)
from groundspeed.stats.precision import Prior, Spread, learn, moderated, spread, trimmed_mean

LABELS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 3), st.floats(-1, 1)),
    min_size=1,
    max_size=40,
)


def whole(*values: int) -> Ints:
    return np.array(values, np.intp)


def centres(*values: float, count: int = 1) -> Cells:
    """Cells of ``count`` processes each, with these centres."""
    size = len(values)
    return Cells(
        centre=np.array(values),
        variance=np.full(size, np.nan),
        df=np.full(size, count - 1),
        count=np.full(size, count),
    )


# --- cells ---------------------------------------------------------------------------------------------


@given(st.lists(st.lists(st.floats(0.5, 2), min_size=1, max_size=12), min_size=1, max_size=8))
@settings(deadline=None, derandomize=True)
def test_a_cells_centre_and_spread_are_those_of_sampling(groups: list[list[float]]) -> None:
    labels = [at for at, group in enumerate(groups) for _ in group]
    found = cells(np.log(np.concatenate(groups)), whole(*labels))
    for at, group in enumerate(groups):
        assert found.centre[at] == pytest.approx(trimmed_mean(np.log(group)))
        own = spread([[one] for one in group])
        if own is None:
            assert math.isnan(found.variance[at])
            assert found.df[at] == 0
        else:
            assert (found.variance[at], found.df[at]) == (pytest.approx(own.variance), own.df)


def test_processes_are_pooled_by_their_degrees_of_freedom() -> None:
    # the first case has the variances 2 (of two processes) and 1 (of three), the second one process
    found = cells(np.array([2.0, 0.0, 1.0, 2.0, 3.0, 7.0]), whole(0, 0, 1, 1, 1, 2))
    assert processes_of(found, whole(0, 0, 1)) == {0: Spread(variance=4 / 3, df=3)}


# --- sessions ------------------------------------------------------------------------------------------


def literal(rows: list[tuple[int, int, int, float]], case: int) -> tuple[float, int, int] | None:
    """Half the mean squared difference of a code's cells from different sessions; pooled over codes."""
    weighted, free, sessions = 0.0, 0, set()
    for code in {row[1] for row in rows if row[0] == case}:
        own = [row for row in rows if row[:2] == (case, code)]
        differences = [
            (one[3] - other[3]) ** 2 / 2
            for one, other in itertools.combinations(own, 2)
            if one[2] != other[2]
        ]
        seen = {row[2] for row in own}
        if differences:
            weighted += (len(seen) - 1) * statistics.fmean(differences)
            free += len(seen) - 1
            sessions |= seen
    return (weighted / free, min(free, len(sessions) - 1), len(sessions)) if free else None


@given(LABELS)
@settings(deadline=None, derandomize=True)
def test_repeats_are_the_pairs_of_different_sessions(rows: list[tuple[int, int, int, float]]) -> None:
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    found = repeats(centres(*columns[3].tolist()), *(one.astype(np.intp) for one in columns[:3]))
    for case in {row[0] for row in rows}:
        expected = literal(rows, case)
        if expected is None:
            assert case not in found
        else:
            one = found[case]
            assert one.variance == pytest.approx(expected[0], abs=1e-12)
            assert (one.df, one.sessions, one.share) == (*expected[1:], 1.0)


def test_one_session_tells_nothing_of_sessions() -> None:
    assert repeats(centres(1, 2, 3), whole(0, 0, 0), whole(0, 0, 1), whole(0, 0, 0)) == {}


def test_codes_of_the_same_two_sessions_count_once() -> None:
    found = repeats(centres(0, 1, 0, 1, count=4), whole(0, 0, 0, 0), whole(0, 0, 1, 1), whole(0, 1, 0, 1))
    assert found == {0: Repeats(variance=0.5, df=1, share=0.25, sessions=2)}


def made(cases: int, sessions: int, processes: int, session: float, process: float) -> dict[int, float]:
    """The floors found on made logarithms with these standard deviations."""
    random = np.random.default_rng(20261121)
    shape = (cases, sessions, processes)
    values = session * random.standard_normal(shape[:2])[:, :, None] + process * random.standard_normal(shape)
    cell = np.repeat(np.arange(cases * sessions), processes)
    found = cells(values.ravel(), cell)
    case, session_of = np.divmod(np.arange(cases * sessions), sessions)
    again = repeats(found, case, np.zeros_like(case), session_of)
    own = processes_of(found, case)
    learned = learn(list(own.values()))
    variance = {one: moderated(own[one], learned) for one in own}
    others = learn(
        [
            Spread(variance=again[one].variance / unit(again[one], variance[one]), df=again[one].df)
            for one in again
        ]
    )
    return {one: between_sessions(again[one], variance[one], others).deviation for one in again}


def test_floors_of_made_sessions_are_found() -> None:
    found = made(cases=300, sessions=4, processes=5, session=0.02, process=0.01)
    assert statistics.median(found.values()) == pytest.approx(0.02, rel=0.1)


def test_where_sessions_add_nothing_the_floor_is_small_and_not_nothing() -> None:
    found = made(cases=300, sessions=4, processes=4, session=0.0, process=0.01)
    assert 0 < statistics.median(found.values()) < 0.01 / math.sqrt(4)


def test_a_case_that_the_others_cannot_explain_speaks_for_itself() -> None:
    calm = Prior(variance=1.1, df=20.0)
    wild = Repeats(variance=0.05**2, df=3, share=0.25, sessions=4)
    found = between_sessions(wild, 0.01**2, calm)
    assert found.deviation == pytest.approx(0.05, rel=0.02)
    assert found.df == 3
    usual = Repeats(variance=1.3 * 0.25 * 0.01**2, df=3, share=0.25, sessions=4)
    assert between_sessions(usual, 0.01**2, calm).df == 23


def test_without_processes_all_is_put_down_to_sessions() -> None:
    seen = Repeats(variance=0.03**2, df=5, share=1.0, sessions=6)
    found = between_sessions(seen, None, Prior(variance=0.03**2, df=5.0))
    assert found.deviation == pytest.approx(0.03)
    assert found.df == 10


@given(st.floats(0.001, 0.1), st.floats(0.001, 0.1), st.integers(1, 20), st.floats(0.1, 10))
@settings(deadline=None, derandomize=True)
def test_a_floor_scales_with_what_it_is_told_in(deviation: float, process: float, df: int, by: float) -> None:
    def floor(scale: float) -> float:
        seen = Repeats(variance=(scale * deviation) ** 2, df=df, share=0.5, sessions=df + 1)
        return between_sessions(seen, (scale * process) ** 2, NO_SESSIONS).deviation

    assert floor(by) == pytest.approx(by * floor(1.0))


@dataclass(frozen=True, kw_only=True, slots=True)
class Real:
    """Cells of identical code with their labels, and how many degrees of freedom a case's processes have."""

    found: Cells
    session: Ints
    case: Ints

    def floors(self, *sessions: int) -> dict[int, tuple[Estimate, Estimate]]:
        """By case: the floor and the deviation of a process, learned from these sessions alone."""
        chosen = np.isin(self.session, sessions)
        own = Cells(
            centre=self.found.centre[chosen],
            variance=self.found.variance[chosen],
            df=self.found.df[chosen],
            count=self.found.count[chosen],
        )
        case = self.case[chosen]
        again = repeats(own, case, np.zeros_like(case), self.session[chosen])
        processes = processes_of(own, case)
        known = learn(list(processes.values()))
        one = {at: moderated(processes[at], known) for at in again}
        others = learn(
            [Spread(variance=seen.variance / unit(seen, one[at]), df=seen.df) for at, seen in again.items()]
        )
        return {
            at: (
                between_sessions(seen, one[at], others),
                Estimate(deviation=math.sqrt(one[at]), df=processes[at].df + known.df),
            )
            for at, seen in again.items()
        }


@pytest.fixture(scope="module")
def real() -> Real:
    """tests/fixtures/aa.npz: ten commits of one content in four sessions; tools/aa-samples made it."""
    data = np.load(Path(__file__).parent / "fixtures" / "aa.npz")
    runs = data["runs"].astype(np.intp)
    medians = [np.median(one) for one in np.split(data["samples"], np.cumsum(runs[:, 4])[:-1])]
    labels, cell = np.unique(runs[:, :3], axis=0, return_inverse=True)
    found = cells(np.log(np.array(medians, np.float64)), cell.reshape(-1))
    return Real(found=found, session=labels[:, 0], case=labels[:, 2])


def test_on_real_processes_of_identical_code_sessions_add_about_half_a_percent(real: Real) -> None:
    floors = [floor.deviation for floor, _ in real.floors(0, 1, 2, 3).values()]
    assert len(floors) == 30
    assert statistics.median(floors) == pytest.approx(0.005, abs=0.001)
    assert max(floors) < 0.015


@pytest.mark.parametrize("learned", list(itertools.combinations(range(4), 2)))
def test_floors_hold_in_sessions_that_they_were_not_learned_from(
    real: Real, learned: tuple[int, int]
) -> None:
    """Learned from two sessions, 3,000 comparisons between the other two: at most 1 % beyond 99 %."""
    from scipy.special import stdtr

    first, second = sorted({0, 1, 2, 3} - set(learned))
    beyond = []
    for case, (floor, process) in real.floors(*learned).items():
        ends = [np.flatnonzero((real.case == case) & (real.session == one)) for one in (first, second)]
        shares = np.add.outer(*(1 / real.found.count[end] for end in ends))
        apart = np.abs(np.subtract.outer(*(real.found.centre[end] for end in ends)))
        own, between = process.deviation**2 * shares, 2 * floor.deviation**2
        df = (own + between) ** 2 / (own**2 / process.df + between**2 / floor.df)
        beyond.append(2 * stdtr(df, -apart / np.sqrt(own + between)) < 0.01)
    flagged = np.concatenate([one.ravel() for one in beyond])
    assert flagged.size == 3000
    assert flagged.mean() <= 0.01


# --- a history -----------------------------------------------------------------------------------------


def test_residuals_are_about_the_median_of_each_level() -> None:
    values = np.array([1.0, 2.0, 3.0, np.nan, 10.0, 10.0, 13.0, 99.0, np.inf])
    found, levels = residuals(values, [4, 7])
    assert found.tolist() == [-1, 0, 1, 0, 0, 3]
    assert levels == 2, "a level of one value is its own median and tells nothing"


def test_a_scatter_is_that_of_the_noise_whatever_the_steps() -> None:
    random = np.random.default_rng(7)
    values = 0.02 * random.standard_normal(400) + np.repeat([0.0, 0.5], 200)
    found = scatter([residuals(values, [200])])
    assert found is not None
    assert found.deviation == pytest.approx(0.02, rel=0.1)
    assert found.df == pytest.approx(0.64 * 398, rel=0.05)


def test_neighbours_that_are_alike_tell_less() -> None:
    random = np.random.default_rng(7)
    walk = np.zeros(2000)
    for at, one in enumerate(random.standard_normal(1999), start=1):
        walk[at] = 0.8 * walk[at - 1] + one
    found = scatter([(walk, 1)])
    assert found is not None
    # r = 0.8: (1 - 0.64) / (1 + 0.64) = 0.22 of 0.64 * 1999
    assert found.df == pytest.approx(0.22 * 0.64 * 1999, rel=0.25)


def test_a_wild_value_in_a_hundred_is_passed_over_and_one_in_five_is_not() -> None:
    calm = np.tile([-0.01, 0.01], 50)
    once, often = calm.copy(), calm.copy()
    once[50], often[::5] = 2.0, 0.5
    deviations = []
    for values in (calm, once, often):
        found = scatter([(values, 1)])
        assert found is not None
        deviations.append(found.deviation)
    assert deviations[1] == pytest.approx(deviations[0], rel=0.01)
    assert deviations[2] > 0.2


@pytest.mark.parametrize("length", [0, 3, 7])
def test_a_short_history_tells_nothing(length: int) -> None:
    assert scatter([(np.zeros(length), 1)]) is None


def test_a_history_that_never_varies_has_a_floor_of_zero() -> None:
    assert scatter([(np.zeros(20), 1)]) == Estimate(deviation=0.0, df=0.64 * 19)


# --- what can be seen ----------------------------------------------------------------------------------


def test_a_change_of_that_size_is_seen_four_times_in_five() -> None:
    """Made comparisons of two commits, two sessions each: at the level's t, with the variance known well."""
    from scipy.special import stdtrit

    between, process = Estimate(deviation=0.01, df=1e6), Estimate(deviation=0.02, df=1e6)
    change = math.log1p(smallest_change(between, process, 2, 5))
    random = np.random.default_rng(3)
    ends = 0.01 * random.standard_normal((20_000, 2, 2)) + 0.02 / math.sqrt(5) * random.standard_normal(
        (20_000, 2, 2)
    )
    error = math.sqrt(2 * (0.01**2 + 0.02**2 / 5) / 2)
    seen = np.abs(change + ends.mean(axis=2) @ [1, -1]) / error > stdtrit(1e6, 0.995)
    assert seen.mean() == pytest.approx(0.8, abs=0.01)


def test_the_formula_written_out() -> None:
    # s = 1 %, w = 2 % with 4 processes: variance 1e-4 + 1e-4, all df 10: df = (2e-4)^2 / 2 / (1e-8 / 10) = 20
    found = smallest_change(Estimate(deviation=0.01, df=10), Estimate(deviation=0.02, df=10), 1, 4)
    # t(20, 0.995) = 2.8453, t(20, 0.8) = 0.8600
    assert math.log1p(found) == pytest.approx((2.8453 + 0.8600) * math.sqrt(2 * 2e-4), rel=1e-4)


@given(st.floats(0, 0.3), st.floats(0, 0.3), st.floats(1, 50), st.integers(1, 20), st.integers(1, 20))
@settings(deadline=None, derandomize=True)
def test_more_never_shows_less(s: float, w: float, df: float, sessions: int, processes: int) -> None:
    between, process = Estimate(deviation=s, df=df), Estimate(deviation=w, df=1e9)
    now = smallest_change(between, process, sessions, processes)
    assert 0 <= smallest_change(between, process, sessions + 1, processes) <= now
    assert math.isfinite(now)


def test_where_nothing_varies_everything_is_seen() -> None:
    assert smallest_change(Estimate(deviation=0.0, df=1), None, 1, 1) == 0
