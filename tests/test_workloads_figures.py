"""``workloads.figures``: percentiles against their definition, and what is made of a load."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asv_bench_groundspeed.workloads.figures import BETTER, UNITS, figures, nearest_rank
from asv_bench_groundspeed.workloads.load import Request, Served


@pytest.mark.parametrize(
    ("count", "thousandths", "rank"),
    [
        (1, 500, 1),
        (2, 500, 1),  # ceil(1.0)
        (3, 500, 2),  # ceil(1.5)
        (10, 900, 9),
        (10, 990, 10),  # ceil(9.9): the largest
        (100, 990, 99),
        (1000, 999, 999),  # one value lies beyond
        (999, 999, 999),  # ceil(998.001): the largest
        (2000, 999, 1998),
    ],
)
def test_a_percentile_is_the_value_of_its_rank(count: int, thousandths: int, rank: int) -> None:
    assert nearest_rank([float(one) for one in range(1, count + 1)], thousandths) == rank


@settings(deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 50), min_size=1, max_size=300), st.integers(1, 1000))
def test_a_percentile_is_the_smallest_value_that_enough_do_not_exceed(
    values: list[int], thousandths: int
) -> None:
    """The definition, in whole numbers: the least x with #(values <= x) >= p n."""
    enough = (x for x in sorted(values) if 1000 * sum(v <= x for v in values) >= thousandths * len(values))
    assert nearest_rank([float(one) for one in sorted(values)], thousandths) == next(enough)


def test_the_figures_of_a_load_are_exact_and_count_who_waited() -> None:
    """Ten requests due each second from 100 s on, answered after 1 … 9 and 42 s: the last answer comes at
    151 s. Two that were not begun had waited 20 and 30 s. Sorted: 1 … 9, 20, 30, 42; of twelve the ranks
    are ceil(6), ceil(10.8), ceil(11.4), ceil(11.88) and ceil(11.988)."""
    took = [*range(1, 10), 42]
    requests = [Request(n, 100 + n, 100 + n, 100 + n + seconds) for n, seconds in enumerate(took)]
    found = figures(Served(requests, [20, 30], b"first"))
    assert found == {
        "p50": 6,
        "p90": 30,
        "p95": 42,
        "p99": 42,
        "p99.9": 42,
        "max": 42,
        "rate": 10 / 51,
        "requests": 10,
        "unserved": 2,
    }
    assert list(found) == list(
        UNITS
    )  # in this order, so that a measure_ benchmark's main value is the median
    assert set(BETTER) <= set(UNITS)
