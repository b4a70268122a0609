"""What a step amounts to: by hand, against the formulas written out, and against a known truth."""

from __future__ import annotations

import itertools
import math
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from groundspeed.stats.levels import ASTRAY, SMALLEST_P, Steps, weigh

Floats = NDArray[np.float64]

# --- by hand ----------------------------------------------------------------------------------------


def test_a_step_of_twenty_in_values_that_scatter_by_one() -> None:
    # medians 1 and 21; the deviations of either level are 1, 0, 1, 0, 1, 0 … so both MADs are 1 of n = 9:
    # sd = 1.107 * 1.4826. The residuals 1, 0, -1, 0, 1 … are uncorrelated at distance one: products are 0.
    before = [2, 1, 0, 1, 2, 1, 0, 1, 0]
    values = np.array([*before, *(one + 20 for one in before)], float)
    found = weigh([values], [[9]])
    assert (found.before[0], found.after[0]) == (1.0, 21.0)
    assert (found.base[0], found.head[0]) == (8, 9)
    # a value further away is 20 * sqrt(2) / 1.64 / 1.25 = 13.8 worse, which is more than log 2000 = 7.6
    assert (found.earliest[0], found.latest[0]) == (8, 9)
    r = 2 / 18  # of 18 values each of two medians takes a ninth of the correlation, which is put back
    se = math.sqrt(math.pi / 2 * (1 + r) / (1 - r) * (1 / 9 + 1 / 9)) * 1.107 * 1.4826
    df = 0.37 * (8 + 8) / ((1 + r) / (1 - r))  # never more than the series has
    assert found.half[0] == pytest.approx(stdtrit(df, 0.995) * se)
    assert found.p[0] == pytest.approx(2 * stdtr(df, -20 / se) * 17)


def test_levels_without_noise_leave_no_doubt() -> None:
    found = weigh([np.array([1.0] * 5 + [2.0] * 5)], [[5]])
    assert (found.half[0], found.p[0]) == (0.0, SMALLEST_P)
    assert (found.earliest[0], found.latest[0]) == (4, 5)


def test_missing_values_are_passed_over_and_positions_are_those_given() -> None:
    values = np.array([math.nan, 1, 1, math.inf, 1, math.nan, 2, 2, 2, math.nan])
    found = weigh([np.array([1.0]), values], [[], [6]])
    assert found.series.tolist() == [1]
    assert (found.base[0], found.head[0]) == (4, 6)
    assert (found.before[0], found.after[0]) == (1.0, 2.0)


@pytest.mark.parametrize("series", [[], [np.empty(0)], [np.array([1.0, math.nan])], [np.full(3, math.nan)]])
def test_nothing_to_weigh(series: list[Floats]) -> None:
    assert weigh(series, [[] for _ in series]).p.size == 0


def test_an_outlier_moves_neither_level_nor_range() -> None:
    values = np.array([1.0, 1.1, 0.9, 1.0, 50.0, 1.1, 1.0, 0.9, 1.0, 1.1, *([3.0, 3.1, 2.9, 3.0] * 3)])
    found = weigh([values], [[10]])
    assert found.before[0] == pytest.approx(1.0)
    assert (found.earliest[0], found.latest[0]) == (9, 10)


# --- against the formulas, written out ------------------------------------------------------------------


def literal(values: list[float], starts: list[int]) -> list[dict[str, float]]:
    """One series, formula by formula."""
    cuts = [0, *starts, len(values)]
    levels = [values[a:b] for a, b in itertools.pairwise(cuts)]
    medians = [statistics.median(one) for one in levels]
    few = [1.0, 1.0, 1.196, 1.495, 1.363, 1.206, 1.200, 1.140, 1.129, 1.107]

    def sd(level: list[float], centre: float) -> float:
        sizes = [abs(one - centre) for one in level]
        mad, n = statistics.median(sizes), len(level)
        factor = few[n] if n < 10 else n / (n - 0.8)
        return factor * 1.4826 * mad if mad > 0 else math.sqrt(math.pi / 2) * statistics.fmean(sizes)

    def walk(at: int, way: int, scale: float) -> int:
        """To the furthest place that is not beyond the likelihood, away from the one found."""
        limit, likelihood, reach = math.log(2 / ASTRAY), 0.0, 0
        own, other = (medians[at - 1], medians[at])[::-way]
        most = (cuts[at] - cuts[at - 1] if way < 0 else cuts[at + 1] - cuts[at]) - 1
        for distance in range(1, most + 1):
            one = values[cuts[at] - distance if way < 0 else cuts[at] + distance - 1]
            likelihood += (abs(one - own) - abs(one - other)) * (math.sqrt(2) / max(scale, 1e-300))
            if likelihood >= -limit:
                reach = distance
            if likelihood < -2 * limit:
                break
        return reach

    sds = [sd(level, centre) for level, centre in zip(levels, medians, strict=True)]
    dfs = [0.37 * (len(level) - 1) for level in levels]
    total_df = sum(dfs)
    total = sum(df * one**2 for df, one in zip(dfs, sds, strict=True)) / max(total_df, 1e-9)
    residuals = [[one - c for one in level] for level, c in zip(levels, medians, strict=True)]
    clip = 3 * math.sqrt(total)
    clipped = [[max(-clip, min(clip, one)) for one in level] for level in residuals]
    squares = sum(one**2 for level in clipped for one in level)
    products = sum(a * b for level in clipped for a, b in itertools.pairwise(level))
    r = min(0.9, max(0.0, products / squares + len(levels) / len(values))) if squares else 0.0
    inflation = (1 + r) / (1 - r)
    found: list[dict[str, float]] = []
    for at in range(1, len(levels)):
        steadying = min(3.0, total_df)
        weight = steadying + dfs[at - 1] + dfs[at]
        own = dfs[at - 1] * sds[at - 1] ** 2 + dfs[at] * sds[at] ** 2
        variance = (steadying * total + own) / max(weight, 1e-9)
        df = max(1.0, min(total_df, weight) / inflation)
        n1, n2 = len(levels[at - 1]), len(levels[at])
        se = math.sqrt(math.pi / 2 * variance * inflation * (1 / n1 + 1 / n2))
        shift = medians[at] - medians[at - 1]
        p = 2 * float(stdtr(df, -abs(shift) / se)) if se else 0.0
        found.append(
            {
                "half": float(stdtrit(df, 0.995)) * se,
                "p": min(1.0, max(SMALLEST_P, p * (len(values) - 1))),
                "earliest": cuts[at] - 1 - walk(at, -1, math.sqrt(variance) * inflation),
                "latest": cuts[at] + walk(at, 1, math.sqrt(variance) * inflation),
            }
        )
    return found


@st.composite
def stepped(draw: st.DrawFn) -> tuple[list[float], list[int]]:
    sizes = draw(st.lists(st.integers(1, 14), min_size=1, max_size=4))
    levels = draw(st.lists(st.integers(-20, 20), min_size=len(sizes), max_size=len(sizes)))
    noise = draw(st.lists(st.integers(-64, 64), min_size=sum(sizes), max_size=sum(sizes)))
    place = [level for level, size in zip(levels, sizes, strict=True) for _ in range(size)]
    starts = np.cumsum(sizes)[:-1].tolist()
    return [one + wobble / 16 for one, wobble in zip(place, noise, strict=True)], starts


@settings(deadline=None, derandomize=True, max_examples=150)
@given(st.lists(stepped(), min_size=1, max_size=4))
def test_it_is_the_formulas(cases: list[tuple[list[float], list[int]]]) -> None:
    found = weigh([np.array(values) for values, _ in cases], [starts for _, starts in cases])
    expected = [one for values, starts in cases for one in literal(values, starts)]
    assert found.series.tolist() == [at for at, (_, starts) in enumerate(cases) for _ in starts]
    assert found.half.tolist() == pytest.approx([one["half"] for one in expected], rel=1e-6, abs=1e-9)
    assert found.p.tolist() == pytest.approx([one["p"] for one in expected], rel=1e-6)
    assert found.earliest.tolist() == [one["earliest"] for one in expected]
    assert found.latest.tolist() == [one["latest"] for one in expected]


# --- laws -----------------------------------------------------------------------------------------------


@settings(deadline=None, derandomize=True, max_examples=100)
@given(stepped(), st.sampled_from([-4.0, 0.25, 2.0]), st.sampled_from([-8.0, 0.0, 32.0]))
def test_shifting_and_scaling_change_the_numbers_and_not_the_evidence(
    case: tuple[list[float], list[int]], scale: float, shift: float
) -> None:
    values, starts = np.array(case[0]), case[1]
    one, other = weigh([values], [starts]), weigh([scale * values + shift], [starts])
    assert other.p.tolist() == pytest.approx(one.p.tolist(), rel=1e-9)
    assert (other.half / abs(scale)).tolist() == pytest.approx(one.half.tolist(), rel=1e-9)
    assert (other.earliest.tolist(), other.latest.tolist()) == (one.earliest.tolist(), one.latest.tolist())


@settings(deadline=None, derandomize=True, max_examples=100)
@given(stepped(), st.sampled_from([-1000, -520, 520, 1000]))
def test_numbers_whose_squares_no_number_holds_are_weighed_like_any(
    case: tuple[list[float], list[int]], power: int
) -> None:
    """1e154 has a square of 1e308, and 2^-520 one that is next to nothing: warnings are errors here."""
    values, starts = np.array(case[0]), case[1]
    one, other = weigh([values], [starts]), weigh([np.ldexp(values, power), values], [starts, starts])
    count = len(starts)
    for name in ("before", "before_half", "after", "after_half", "half"):
        assert getattr(other, name)[:count].tolist() == pytest.approx(
            np.ldexp(getattr(one, name), power).tolist(), rel=1e-12
        )
        assert getattr(other, name)[count:].tolist() == getattr(one, name).tolist()  # its neighbour stays
    assert other.p[:count].tolist() == pytest.approx(one.p.tolist(), rel=1e-9)
    assert other.earliest[:count].tolist() == one.earliest.tolist()


def test_the_largest_numbers_there_are_have_levels_and_an_interval_without_an_end() -> None:
    largest = float(np.finfo(np.float64).max)
    found = weigh([np.array([-largest, -largest / 2, -largest, largest, largest / 2, largest])], [[3]])
    assert (found.before[0], found.after[0]) == (-largest, largest)
    assert (found.half[0], found.base[0], found.head[0]) == (math.inf, 2, 3)
    assert 0 < found.p[0] <= 1


@settings(deadline=None, derandomize=True, max_examples=100)
@given(stepped())
def test_a_series_turned_round_has_the_same_steps_turned_round(case: tuple[list[float], list[int]]) -> None:
    values, starts = np.array(case[0]), case[1]
    last = len(values) - 1
    one = weigh([values], [starts])
    other = weigh([values[::-1].copy()], [[last + 1 - at for at in reversed(starts)]])
    assert other.p[::-1].tolist() == pytest.approx(one.p.tolist(), rel=1e-9)
    assert (last - other.latest[::-1]).tolist() == one.earliest.tolist()
    assert (last - other.earliest[::-1]).tolist() == one.latest.tolist()


# --- against a truth that is known ------------------------------------------------------------------------

COUNT, LENGTH, TRUE = 1500, 120, 70


def noise(kind: str, count: int) -> list[Floats]:
    random = np.random.default_rng(7)
    if kind == "t3":
        return [one / math.sqrt(3) for one in random.standard_t(3, (count, LENGTH))]
    plain = random.standard_normal((count, LENGTH))
    if kind == "alike":
        for at in range(1, LENGTH):
            plain[:, at] = 0.4 * plain[:, at - 1] + math.sqrt(1 - 0.16) * plain[:, at]
    return list(plain)


def likeliest(values: Floats) -> int:
    """The place of one step by least squares: what any detector comes to."""
    left = np.arange(5, LENGTH - 4)
    sums = np.cumsum(values)
    gain = sums[left - 1] ** 2 / left + (sums[-1] - sums[left - 1]) ** 2 / (LENGTH - left)
    return int(left[np.argmax(gain)])


def found_in(series: list[Floats]) -> Steps:
    return weigh(series, [[likeliest(one)] for one in series])


@pytest.mark.parametrize("kind", ["normal", "t3", "alike"])
def test_the_range_of_the_culprit_holds_it(kind: str) -> None:
    series = noise(kind, COUNT)
    for one in series:
        one[TRUE:] += 2.0
    found = found_in(series)
    inside = (found.earliest < TRUE) & (found.latest >= TRUE)
    assert inside.mean() > 0.99
    assert (abs(found.after - found.before - 2.0) <= found.half).mean() > 0.98  # of 0.99 asked for


@pytest.mark.parametrize("kind", ["normal", "t3", "alike"])
def test_where_nothing_changed_a_step_looked_for_everywhere_is_seldom_sure(kind: str) -> None:
    p = found_in(noise(kind, COUNT)).p
    assert (p < 0.05).mean() <= 0.05
    assert (p < 0.01).mean() <= 0.01
