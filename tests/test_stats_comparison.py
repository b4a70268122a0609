"""The difference of two ends: dense least squares as the oracle, Student's test where it applies, laws."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from groundspeed.stats.comparison import (
    LEVEL,
    MOST_PROCESSES,
    POWER,
    Cell,
    Component,
    Difference,
    More,
    Undecidable,
    chance_beyond,
    difference,
    interval,
    more_processes,
)

NO_SESSIONS = Component(variance=0.0, df=1.0)


def cell(base_count: int, head_count: int, base: float = 0.0, head: float = 0.0) -> Cell:
    return Cell(base_count=base_count, head_count=head_count, base=base, head=head)


def dense(cells: list[Cell], process: float, session: float) -> tuple[float, float]:
    """Aitken's generalised least squares, process by process: every covariance written out.

    Of all processes stacked as y with the design X (a column for each end) and the covariance
    V = v I + s^2 (same session), b = (X' V^-1 X)^-1 X' V^-1 y and its covariance is (X' V^-1 X)^-1.
    """
    y, ends, sessions = [], [], []
    for number, one in enumerate(cells):
        for end, (count, centre) in enumerate(((one.base_count, one.base), (one.head_count, one.head))):
            y += [centre] * count
            ends += [end] * count
            sessions += [number] * count
    design = np.eye(2)[ends]
    same = np.equal.outer(sessions, sessions)
    inverse = np.linalg.inv(process * np.eye(len(y)) + session * same)
    covariance = np.linalg.inv(design.T @ inverse @ design)
    found = covariance @ design.T @ inverse @ np.array(y)
    contrast = np.array([-1.0, 1.0])
    return float(contrast @ found), float(contrast @ covariance @ contrast)


counts = st.integers(0, 4)
level = st.floats(-1, 1)
cells_of = st.lists(st.builds(cell, counts, counts, level, level), min_size=1, max_size=5)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(cells_of, st.floats(0.1, 2), st.floats(0.01, 2))
def test_it_is_generalised_least_squares(cells: list[Cell], process: float, session: float) -> None:
    assume(sum(one.base_count for one in cells) and sum(one.head_count for one in cells))
    found = difference(cells, Component(variance=process, df=5), Component(variance=session, df=3))
    centre, variance = dense(cells, process, session)
    assert found.centre == pytest.approx(centre, abs=1e-9)
    assert found.error**2 == pytest.approx(variance)


def test_one_session_is_students_test_of_two_samples() -> None:
    """scipy's, with the pooled variance and n1 + n2 - 2 degrees of freedom."""
    base, head = np.array([1.0, 1.2, 0.9, 1.1]), np.array([1.4, 1.1, 1.3])
    pooled = (3 * base.var(ddof=1) + 2 * head.var(ddof=1)) / 5
    process = Component(variance=float(pooled), df=5.0)
    found = difference([cell(4, 3, float(base.mean()), float(head.mean()))], process, None)
    theirs = stats.ttest_ind(head, base).confidence_interval(LEVEL)
    ours = interval(found)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))
    one_sided = stats.ttest_ind(head, base, alternative="greater")
    assert chance_beyond(found, 0.0) == pytest.approx(one_sided.pvalue)


@pytest.mark.parametrize(
    ("cells", "session", "centre", "variance"),
    [
        # two processes each, v = 1: 1/2 + 1/2
        ([cell(2, 2, 0, 3)], None, 3.0, 1.0),
        # apart and nobody knows how far: the same, and the caller allows for it
        ([cell(2, 0, 0), cell(0, 2, 0, 3)], None, 3.0, 1.0),
        # apart, s^2 = 0.25 at either end: 1 + 2 * 0.25
        ([cell(2, 0, 0), cell(0, 2, 0, 3)], 0.25, 3.0, 1.5),
        # together: the session cancels
        ([cell(2, 2, 0, 3)], 0.25, 3.0, 1.0),
        # two sessions that hold both, precisions 1 and 1/2 (2+2 and 1+1): (1 * 3 + 1/2 * 6) / (3/2)
        ([cell(2, 2, 0, 3), cell(1, 1, 0, 6)], None, 4.0, 2 / 3),
        # a session with one end alone tells nothing where sessions may differ by anything
        ([cell(2, 2, 0, 3), cell(9, 0, 50)], None, 3.0, 1.0),
    ],
)
def test_what_counts(cells: list[Cell], session: float | None, centre: float, variance: float) -> None:
    floor = None if session is None else Component(variance=session, df=4.0)
    found = difference(cells, Component(variance=1.0, df=6.0), floor)
    assert found.centre == pytest.approx(centre)
    assert found.error**2 == pytest.approx(variance)


def test_degrees_of_freedom_are_satterthwaites() -> None:
    """(1 + 0.5)^2 / (1^2 / 6 + 0.5^2 / 4) = 2.25 / 0.22917 = 9.818."""
    found = difference(
        [cell(2, 0, 0), cell(0, 2, 0, 3)], Component(variance=1.0, df=6.0), Component(variance=0.25, df=4.0)
    )
    assert found.df == pytest.approx(9.818, abs=1e-3)


def test_an_end_without_a_process_is_refused() -> None:
    with pytest.raises(ValueError, match="an end has no process"):
        difference([cell(2, 0)], Component(variance=1, df=1), None)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(cells_of, st.sampled_from([None, 0.0, 0.3]), st.floats(-5, 5))
def test_laws_swapping_and_shifting(cells: list[Cell], session: float | None, shift: float) -> None:
    assume(sum(one.base_count for one in cells) and sum(one.head_count for one in cells))
    floor = None if session is None else Component(variance=session, df=3.0)
    process = Component(variance=0.5, df=4.0)
    found = difference(cells, process, floor)
    swapped = [cell(one.head_count, one.base_count, one.head, one.base) for one in cells]
    back = difference(swapped, process, floor)
    assert (back.centre, back.error) == pytest.approx((-found.centre, found.error), abs=1e-9)
    moved = [dataclasses.replace(one, base=one.base + shift, head=one.head + shift) for one in cells]
    assert difference(moved, process, floor).centre == pytest.approx(found.centre, abs=1e-8)
    raised = [dataclasses.replace(one, head=one.head + shift) for one in cells]
    assert difference(raised, process, floor).centre == pytest.approx(found.centre + shift, abs=1e-8)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(st.lists(st.builds(cell, st.integers(1, 3), st.integers(1, 3), level, level), min_size=1, max_size=4))
def test_law_sessions_that_may_do_anything_are_the_limit_of_noisy_ones(cells: list[Cell]) -> None:
    process = Component(variance=1.0, df=4.0)
    blind = difference(cells, process, None)
    noisy = difference(cells, process, Component(variance=1e6, df=4.0))
    assert blind.centre == pytest.approx(noisy.centre, abs=1e-4)
    assert blind.error == pytest.approx(noisy.error, rel=1e-3)


def test_a_session_does_to_both_what_it_likes() -> None:
    process = Component(variance=1.0, df=4.0)
    calm = difference([cell(2, 2, 0, 1), cell(2, 2, 0, 2)], process, None)
    moved = difference([cell(2, 2, 0, 1), cell(2, 2, 7, 9)], process, None)
    assert (calm.centre, calm.error) == (moved.centre, moved.error)


def test_values_that_do_not_scatter_divide_by_something() -> None:
    found = difference([cell(2, 2, 0, 0.1)], Component(variance=0.0, df=3.0), Component(variance=0.0, df=1.0))
    assert interval(found).low > 0.0999
    assert chance_beyond(found, 0.05) < 1e-6


@pytest.mark.parametrize("sessions", [1, 3])
def test_chances_are_even_where_nothing_changed(sessions: int) -> None:
    """20,000 drawn comparisons of two processes each in as many sessions, the variance estimated from them:
    one in a hundred intervals misses (binomial sd 0.07 %), and one in 200 chances is below 0.005.
    """
    rng = np.random.default_rng(4)
    trials, most = 20_000, 2 * sessions
    shifts = rng.normal(0, 3.0, (trials, sessions, 1, 1))
    values = rng.normal(0, 1.0, (trials, sessions, 2, 2)) + shifts
    variances = values.var(axis=3, ddof=1).mean(axis=(1, 2))
    centres = values.mean(axis=3)
    missed, beyond = 0, 0
    for variance, one in zip(variances, centres, strict=True):
        cells = [cell(2, 2, float(base), float(head)) for base, head in one]
        found = difference(cells, Component(variance=float(variance), df=float(most)), None)
        bounds = interval(found)
        missed += not bounds.low <= 0 <= bounds.high
        beyond += chance_beyond(found, 0.0) < 0.005
    assert missed / trials == pytest.approx(0.01, abs=0.0022)
    assert beyond / trials == pytest.approx(0.005, abs=0.0016)


# --- how many more -----------------------------------------------------------------------------------


def told(centre: float, error: float, df: float = 8.0) -> Difference:
    return Difference(centre=centre, processes=Component(variance=error**2, df=df), sessions=NO_SESSIONS)


def literal(found: Difference, process: Component, limit: float, chance: float) -> int | None:
    """The first number that is enough, tried one by one."""
    for count in range(1, MOST_PROCESSES + 1):
        precision = 1 / found.error**2 + count / (2 * process.variance)
        kept = (1 / found.error**2 / precision) ** 2 * found.sessions.variance
        own = 1 / precision - kept
        parts = own**2 / (process.df + 2 * count - 2) + kept**2 / found.sessions.df
        t = stats.t.ppf(1 - chance, (1 / precision) ** 2 / parts)
        if abs(abs(found.centre) - limit) >= (t + stats.norm.ppf(POWER)) / math.sqrt(precision):
            return count
    return None


@settings(deadline=None, derandomize=True, max_examples=25)
@given(st.floats(-0.2, 0.2), st.floats(0.005, 0.05), st.floats(0, 0.03), st.floats(1, 30))
def test_the_number_of_further_processes_is_the_first_that_is_enough(
    centre: float, sd: float, session: float, df: float
) -> None:
    process = Component(variance=sd**2, df=df)
    found = Difference(
        centre=centre,
        processes=Component(variance=sd**2, df=df),
        sessions=Component(variance=session**2, df=4.0),
    )
    wanted = literal(found, process, 0.05, 0.005)
    more = more_processes(found, process, 0.05, chance=0.005)
    assert more == More(processes=wanted) if wanted else isinstance(more, Undecidable)


def test_so_many_decide_four_times_in_five() -> None:
    """10 % with 1 % a process: measured anew with as many, drawn 4,000 times, the interval clears 5 %."""
    sd, limit = 0.02, 0.05
    process = Component(variance=sd**2, df=20.0)
    more = more_processes(told(0.085, sd, df=20.0), process, limit, chance=0.005)
    assert isinstance(more, More)
    rng = np.random.default_rng(2)
    before = 0.085 + np.zeros(4000)  # the estimate so far, which is taken to be right
    fresh = rng.normal(0.085, sd * math.sqrt(2 / more.processes), 4000)
    weights = np.array([1 / sd**2, more.processes / (2 * sd**2)])
    centre: NDArray[np.float64] = (weights[0] * before + weights[1] * fresh) / weights.sum()
    half = stats.t.ppf(0.995, 20 + 2 * (more.processes - 1)) / math.sqrt(weights.sum())
    share = float((centre - half > limit).mean())
    assert share > POWER  # more: the part that is known already does not scatter again


def test_too_near_the_limit_is_said() -> None:
    more = more_processes(told(0.0500001, 0.01), Component(variance=1e-4, df=8.0), 0.05, chance=0.005)
    assert more == Undecidable(reason="too near the limit for 1,000 more processes to tell")
