"""``throughput_``: its arithmetic on made stretches, and what an observation holds."""

from __future__ import annotations

import os
from typing import Any

import pytest

from asv_bench_groundspeed.benchmarks._crew import Mark, items_of, stretch
from asv_bench_groundspeed.benchmarks.throughput import available_cpus, rate, seconds_per_item
from asv_bench_groundspeed.workloads.clock import Clock
from tests.kinds import made, samples_of

SHORT_S = 0.01

# --- arithmetic ---------------------------------------------------------------------------------------


def test_a_stretch_marks_the_first_return_after_each_part() -> None:
    """Calls of 3 s from 2 s on, 10 s in two parts: returns at 5, 8 (past 2 + 5), 11, 14 (past 2 + 10)."""
    at = [0.0]
    clock = Clock(now=lambda: at[0], sleep=lambda _: at.__setitem__(0, 2.0))

    def call() -> int:
        at[0] += 3
        return 7

    assert stretch(call, 2.0, 10.0, 2, clock) == [Mark(2, 0), Mark(8, 14), Mark(14, 28)]


def test_a_call_longer_than_the_stretch_is_made_once() -> None:
    at = [0.0]
    clock = Clock(now=lambda: at[0], sleep=lambda _: None)

    def call() -> None:
        at[0] += 100

    assert stretch(call, 0.0, 10.0, 5, clock) == [Mark(0, 0), Mark(100, 1)]


def test_the_rate_is_of_all_items_over_all_the_time() -> None:
    """10 + 30 items from 1 to 6 s."""
    assert rate([[Mark(1, 0), Mark(5, 10)], [Mark(2, 0), Mark(4, 20), Mark(6, 30)]]) == 40 / 5


def test_seconds_per_item_leaves_out_a_part_without_any() -> None:
    assert seconds_per_item([Mark(0, 0), Mark(2, 4), Mark(3, 4), Mark(6, 5)]) == [0.5, 3.0]


@pytest.mark.parametrize(("returned", "items"), [(None, 1), (0, 0), (12, 12), (2.5, 2.5)])
def test_a_call_returns_its_items(returned: Any, items: float) -> None:
    assert items_of(returned) == items


@pytest.mark.parametrize("returned", ["3", True, -1, float("nan"), [1], b"1"])
def test_anything_else_is_refused(returned: Any) -> None:
    with pytest.raises(ValueError, match="a throughput_ benchmark returns the number of items"):
        items_of(returned)


# --- the kind -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_an_observation_holds_rates_and_their_scaling(executor: str) -> None:
    benchmark = made("throughput", lambda: 3, workers=(2, 3), executor=executor, duration=SHORT_S)
    observed = benchmark.observe()
    seen = samples_of(observed)
    assert set(seen) == {"", "rate", "rate_w2", "efficiency_w2", "rate_w3", "efficiency_w3"}
    (alone,), (three,), (efficiency,) = seen["rate"], seen["rate_w3"], seen["efficiency_w3"]
    assert efficiency == pytest.approx(three / (3 * alone))
    assert 1 <= len(seen[""]) <= 5
    assert min(seen[""]) <= 1 / alone * (1 + 1e-9)
    assert max(seen[""]) >= 1 / alone * (1 - 1e-9)  # the whole stretch's mean lies between its parts'
    assert {(one["unit"], one["better"]) for one in observed["metrics"]} == {
        ("items/s", "higher"),
        ("1", "higher"),
    }
    assert (benchmark.type, benchmark.unit, benchmark.workers) == ("throughput", "seconds", [2, 3])
    assert set(benchmark.run()) == {"samples", "number"}


def test_the_usual_numbers_of_workers_stop_at_the_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    benchmark = made("throughput", lambda: None, duration=SHORT_S)
    assert benchmark._counts() == [one for one in (2, 4) if one <= available_cpus()]
    if hasattr(os, "sched_getaffinity"):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2})
        assert benchmark._counts() == [2]
        assert made("throughput", lambda: None, workers=[8])._counts() == [8]


def test_a_quick_run_is_one_call() -> None:
    calls: list[int] = []
    made("throughput", lambda: calls.append(1), number=1, repeat=1).observe()
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("attributes", "text"),
    [
        ({"workers": 4}, r"suite\.throughput_one: workers = 4 must be a list such as"),
        ({"workers": [0]}, "workers = 0 must be a whole number"),
        ({"executor": "fibres"}, 'executor = \'fibres\' must be "threads" or "processes"'),
        ({"duration": 0}, "duration = 0 must be a number above 0"),
    ],
)
def test_a_wrong_attribute_is_the_benchmarks_failure(attributes: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        made("throughput", lambda: None, **attributes).observe()


def test_no_item_at_all_is_a_failure() -> None:
    with pytest.raises(ValueError, match="no item was done"):
        made("throughput", lambda: 0, duration=SHORT_S, workers=[1]).observe()
