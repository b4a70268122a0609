"""A value with its interval: what each kind of evidence gives, and that the interval holds what it says."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed.measurements import Basis, Measurement, NoiseFloor, Process, Stored
from groundspeed.records import Better, Case, SeriesKey
from groundspeed.stats.centre import centre
from groundspeed.stats.comparison import Component
from groundspeed.stats.precision import Prior
from groundspeed.verdicts.values import stored_interval, value_of
from tests.results_records import T0

PRIOR = Prior(variance=0.01**2, df=10.0)
NAN = math.nan


def measurement(
    *processes: Sequence[float], number: int | None = 1, sessions: Sequence[str] = (), stored: float = 1.0
) -> Measurement:
    names = sessions or ["s"] * len(processes)
    return Measurement(
        key=SeriesKey(
            machine="box", environment="e", case=Case(benchmark="m.x", params=()), metric="", version=None
        ),
        commit="c",
        unit="seconds",
        better=Better.LOWER,
        processes=tuple(
            Process(session=name, started_at=T0, number=number, samples=tuple(samples))
            for name, samples in zip(names, processes, strict=True)
        ),
        stored=Stored(value=stored, low=NAN, high=NAN),
        carried_from=None,
    )


def floor(sd: float, basis: Basis = Basis.SESSIONS) -> NoiseFloor:
    return NoiseFloor(between_sessions=sd, between_processes=None, df=20.0, basis=basis)


def test_without_samples_asvs_interval_speaks() -> None:
    found = stored_interval(Stored(value=2.0, low=1.5, high=2.5))
    assert (found.centre, found.low, found.high) == (2.0, 1.5, 2.5)
    bare = value_of(measurement(stored=3.0), None, PRIOR)
    assert (bare.low, bare.centre, bare.high) == (3.0, 3.0, 3.0)


def test_a_value_given_once_stands_alone_until_its_history_knows_better() -> None:
    alone = value_of(measurement([5.0], number=None), None, PRIOR)
    assert (alone.low, alone.high) == (5.0, 5.0)
    known = value_of(measurement([5.0], number=None), floor(0.05, Basis.HISTORY), PRIOR)
    assert known.low < 4.6 < 5.4 < known.high
    agreed = value_of(measurement([5.0], [5.0], number=None), floor(0.05), PRIOR)
    assert (agreed.low, agreed.high) == (5.0, 5.0)


def test_more_processes_and_sessions_narrow_it_down_to_what_sessions_do() -> None:
    def width(processes: int, sessions: int, sd: float) -> float:
        values = [[1.01], [0.99]] * (processes // 2)
        names = [f"s{at * sessions // processes}" for at in range(processes)]
        found = value_of(measurement(*values, sessions=names), floor(sd), PRIOR)
        return math.log(found.high / found.low)

    assert width(4, 1, 0.0) > width(16, 1, 0.0) > width(64, 1, 0.0)
    assert (
        width(64, 1, 0.02) > 2 * 2.8 * 0.02
    )  # t(0.995, 20) = 2.845: one session's shift is not averaged away
    assert width(64, 4, 0.02) < width(64, 1, 0.02) / 1.8


def test_values_that_are_not_positive_have_a_linear_interval() -> None:
    found = value_of(measurement([-1.0], [0.0], [1.0], number=None), None, PRIOR)
    assert found.centre == pytest.approx(0.0)
    assert found.high == pytest.approx(9.925 / math.sqrt(3), rel=1e-3)  # t(0.995, 2), standard deviation 1
    assert value_of(measurement([0.0], number=None), None, PRIOR).centre == 0.0


def test_what_is_not_finite_is_passed_over() -> None:
    found = value_of(measurement([NAN, 1.0], [math.inf], [1.0]), None, PRIOR)
    assert found.centre == pytest.approx(1.0)


def test_the_centre_is_weighed_by_the_inverse_of_its_variance() -> None:
    """A session of 1 process at 0, one of 4 at 1; v = 4, s² = 1: variances 5 and 2, (0/5 + 1/2) / 0.7."""
    found = centre(
        [np.array([0.0]), np.array([1.0] * 4)],
        Component(variance=4.0, df=9.0),
        Component(variance=1.0, df=9.0),
    )
    assert found.centre == pytest.approx(0.5 / 0.7)


def test_the_interval_holds_what_it_says() -> None:
    """Three sessions of four processes, sessions of 2 %, processes of 1 %: 99 % of 1,000 intervals hold 1."""
    chance = random.Random(5)
    missed = 0
    for _ in range(1000):
        shifts = [chance.gauss(0, 0.02) for _ in range(3)]
        values = [[math.exp(shift + chance.gauss(0, 0.01))] for shift in shifts for _ in range(4)]
        names = [f"s{at // 4}" for at in range(12)]
        found = value_of(measurement(*values, sessions=names), floor(0.02), PRIOR)
        missed += not found.low <= 1 <= found.high
    assert missed <= 20


@settings(deadline=None, derandomize=True, max_examples=50)
@given(st.lists(st.floats(0.5, 2.0), min_size=2, max_size=8), st.floats(1e-6, 1e6))
def test_law_the_unit_does_not_matter(values: list[float], scale: float) -> None:
    one = value_of(measurement(*([value] for value in values)), floor(0.01), PRIOR)
    other = value_of(measurement(*([value * scale] for value in values)), floor(0.01), PRIOR)
    assert (other.low, other.centre, other.high) == pytest.approx(
        (one.low * scale, one.centre * scale, one.high * scale), rel=1e-6
    )
