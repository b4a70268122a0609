"""``latency_``: percentiles against their definition, loops against the queue they are, real threads."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asv_bench_groundspeed.benchmarks.latency import medians, nearest_rank
from asv_bench_groundspeed.workloads.load import NEAR_S, Clock, closed_loop, open_loop
from tests.kinds import made, samples_of


class FakeTime:
    """A clock that moves when it is slept on or worked on; whole seconds are met exactly."""

    def __init__(self) -> None:
        self.at = 0.0
        self.clock = Clock(now=lambda: self.at, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        # less than rounding leaves of a wait would not move the clock at all
        self.at = self.at + seconds if seconds > 1e-6 else float(math.ceil(self.at))

    def service(self, *seconds: float) -> Any:
        """A function whose calls take so long, one after the other."""
        left: Iterator[float] = iter(seconds)

        def call() -> str:
            self.at += next(left)
            return "answer"

        return call


# --- percentiles --------------------------------------------------------------------------------------


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


@given(st.lists(st.integers(0, 50), min_size=1, max_size=300), st.integers(1, 1000))
def test_a_percentile_is_the_smallest_value_that_enough_do_not_exceed(
    values: list[int], thousandths: int
) -> None:
    """The definition, in whole numbers: the least x with #(values <= x) >= p n."""
    enough = (x for x in sorted(values) if 1000 * sum(v <= x for v in values) >= thousandths * len(values))
    assert nearest_rank([float(one) for one in sorted(values)], thousandths) == next(enough)


def test_medians_are_of_consecutive_slices_of_all_requests() -> None:
    assert medians([1.0] * 39) == [1.0]
    assert medians([1.0] * 20 + [3.0] * 20) == [1.0, 3.0]
    assert medians([float(one // 100) for one in range(1000)]) == [float(one) for one in range(10)]
    assert medians([5.0]) == [5.0]


# --- loops --------------------------------------------------------------------------------------------


def test_an_open_loop_charges_a_stall_to_everyone_who_would_have_come() -> None:
    """Due every 10 s, served in 1 s, the fourth in 35 s: it ends at 65; the next, due at 40, 50 and 60,
    end at 66, 67 and 68."""
    time = FakeTime()
    seconds = (1, 1, 1, 35, 1, 1, 1, 1)
    served = open_loop(time.service(*seconds), requests=8, rate=0.1, clock=time.clock)
    assert served.latencies == [1, 1, 1, 35, 26, 17, 8, 1]
    assert served.rate == 8 / 71
    assert served.waiting == []


def test_a_closed_loop_omits_them() -> None:
    time = FakeTime()
    served = closed_loop(time.service(1, 1, 1, 35, 1, 1, 1, 1), requests=8, clock=time.clock)
    assert served.latencies == [1, 1, 1, 35, 1, 1, 1, 1]
    assert served.rate == 8 / 42
    assert served.first_answer == "answer"


@given(st.lists(st.integers(0, 60), min_size=1, max_size=40), st.sampled_from([1.0, 0.5, 0.25, 0.125]))
def test_an_open_loop_with_one_worker_is_a_queue_with_one_server(services: list[int], rate: float) -> None:
    """Lindley's recursion: an answer comes one service after the due time or the answer before."""
    time = FakeTime()
    served = open_loop(time.service(*services), requests=len(services), rate=rate, clock=time.clock)
    ended, expected = 0.0, []
    for number, service in enumerate(services):
        ended = max(ended, number / rate) + service
        expected.append(ended - number / rate)
    assert served.latencies == expected


def test_who_was_due_and_not_begun_counts_with_the_wait_it_had() -> None:
    """Due every 10 s for 50 s: the second request ends at 63, after the time; those due at 20, 30 and 40
    had waited 30, 20 and 10 s when it was up, and the one due at 50 was not due before its end."""
    time = FakeTime()
    served = open_loop(time.service(1, 53), requests=100, rate=0.1, max_time_s=50.0, clock=time.clock)
    assert [one.number for one in served.requests] == [0, 1]
    assert served.waiting == [30, 20, 10]
    assert served.latencies == [1, 53, 30, 20, 10]


def test_no_request_begins_after_the_time_but_the_first() -> None:
    time = FakeTime()
    served = closed_loop(time.service(3, 3, 3, 3), requests=100, max_time_s=9.0, clock=time.clock)
    assert len(served.requests) == 3
    time = FakeTime()
    late = closed_loop(time.service(20), requests=100, max_time_s=9.0, clock=time.clock)
    assert late.latencies == [20]


def test_a_wait_sleeps_and_then_looks() -> None:
    time = FakeTime()
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        time.sleep(seconds)

    Clock(now=lambda: time.at, sleep=sleep).sleep_until(3.0)
    assert time.at == 3.0
    assert slept == [3.0 - NEAR_S, 0]


# --- threads ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [None, 1e6])
def test_workers_serve_at_the_same_time_and_make_every_request(rate: float | None) -> None:
    meet = threading.Barrier(4)
    threads: set[int] = set()

    def call() -> None:
        threads.add(threading.get_ident())
        meet.wait(timeout=20)  # passes when four are inside at once

    if rate is None:
        served = closed_loop(call, requests=40, workers=4)
    else:
        served = open_loop(call, requests=40, workers=4, rate=rate)
    assert [one.number for one in served.requests] == list(range(40))
    assert all(one.due <= one.begun <= one.ended for one in served.requests)
    assert len(threads) == 4
    assert threading.get_ident() not in threads


@pytest.mark.parametrize("workers", [1, 3])
def test_the_first_exception_of_any_worker_is_the_failure(workers: int) -> None:
    lock, calls, before = threading.Lock(), [], threading.active_count()

    def call() -> None:
        with lock:
            calls.append(1)
            if len(calls) == 5:
                raise KeyError("broken request")

    with pytest.raises(KeyError, match="broken request"):
        closed_loop(call, requests=100_000, workers=workers)
    assert len(calls) < 100_000
    assert threading.active_count() == before


def test_one_worker_is_the_calling_thread() -> None:
    seen: set[int] = set()
    closed_loop(lambda: seen.add(threading.get_ident()), requests=3)
    assert seen == {threading.get_ident()}


# --- the kind -----------------------------------------------------------------------------------------


def test_an_observation_holds_the_distribution() -> None:
    """Requests of 1 … 1000 s, in order: every percentile is its rank, the slices' medians 50, 150, …"""
    time = FakeTime()
    benchmark = made("latency", time.service(*range(1, 1001)), max_time=1e9)
    benchmark._clock = time.clock
    observed = benchmark.observe()
    assert samples_of(observed) == {
        "": [50, 150, 250, 350, 450, 550, 650, 750, 850, 950],
        "p90": [900],
        "p95": [950],
        "p99": [990],
        "p99.9": [999],
        "max": [1000],
        "rate": [1000 / 500_500],
        "requests": [1000],
    }
    assert observed["value"]["number"] == 1
    assert observed["check"] == "answer"
    directions = {one["metric"]: (one["unit"], one["better"]) for one in observed["metrics"]}
    assert directions["p99"] == ("seconds", "lower")
    assert directions["rate"] == ("requests/s", "higher")
    assert (benchmark.type, benchmark.unit) == ("latency", "seconds")


def test_an_open_loop_is_asked_for_by_a_rate_and_says_who_was_not_served() -> None:
    time = FakeTime()
    benchmark = made("latency", time.service(1, 53), requests=100, arrival_rate=0.1, max_time=50)
    benchmark._clock = time.clock
    seen = samples_of(benchmark.observe())
    assert (seen["max"], seen["requests"], seen["unserved"]) == ([53], [2], [3])


def test_vanilla_asv_gets_samples_and_a_quick_run_makes_one_request() -> None:
    calls: list[int] = []
    benchmark = made("latency", lambda: calls.append(1), number=1, repeat=1)
    assert set(benchmark.run()) == {"samples", "number"}
    assert len(calls) == 1


def test_the_process_is_warmed_up_once() -> None:
    time = FakeTime()
    benchmark = made("latency", time.service(*[1] * 20), requests=2, warmup_time=3)
    benchmark._clock = time.clock
    benchmark.observe()
    assert time.at == 5
    benchmark.observe()
    assert time.at == 7


@pytest.mark.parametrize(
    ("attributes", "text"),
    [
        ({"requests": 0}, r"suite\.latency_one: requests = 0 must be a whole number, 1 or more"),
        ({"requests": 2.5}, "requests = 2.5 must be"),
        ({"workers": True}, "workers = True must be"),
        ({"arrival_rate": -3}, "arrival_rate = -3 must be a number above 0"),
        ({"max_time": math.nan}, "max_time = nan must be"),
    ],
)
def test_a_wrong_attribute_is_the_benchmarks_failure(attributes: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        made("latency", lambda: None, **attributes).observe()
