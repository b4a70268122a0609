"""``latency_``: what an observation holds, what its attributes ask for, and what is refused."""

from __future__ import annotations

import math
import os
from typing import Any

import pytest

from asv_bench_groundspeed.benchmarks.latency import medians
from tests.fake_time import FakeTime
from tests.kinds import made, samples_of


def test_medians_are_of_consecutive_slices_of_all_requests() -> None:
    assert medians([1.0] * 39) == [1.0]
    assert medians([1.0] * 20 + [3.0] * 20) == [1.0, 3.0]
    assert medians([float(one // 100) for one in range(1000)]) == [float(one) for one in range(10)]
    assert medians([5.0]) == [5.0]


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


def test_arrivals_are_at_random_or_evenly_spaced() -> None:
    """One worker, answers at once: requests begin when they are due. Poisson gaps of seed 0 at 0.01 a
    second are -100 ln(1 - u) s of u = 0.8444 and 0.7580: 186.1 and 141.9 s."""
    starts: dict[str, list[int]] = {}
    for arrivals in ("constant", "poisson"):
        time = FakeTime()
        begun: list[float] = []
        benchmark = made(
            "latency",
            lambda begun=begun, time=time: begun.append(time.at),
            requests=3,
            arrival_rate=0.01,
            arrivals=arrivals,
            max_time=1e9,
        )
        benchmark._clock = time.clock
        benchmark.observe()
        starts[arrivals] = [round(at) for at in begun]
    assert starts == {"constant": [0, 100, 200], "poisson": [0, 187, 328]}  # met at the next whole second


def test_processes_answer_side_by_side_and_the_first_answer_is_the_check() -> None:
    observed = made("latency", os.getppid, requests=40, workers=2, executor="processes").observe()
    assert observed["check"] == os.getpid()  # whose parent is this process: forked, not called here
    assert samples_of(observed)["requests"] == [40]


def test_who_serves_and_how_requests_arrive_is_part_of_the_identity() -> None:
    def call() -> None:
        pass

    stated: list[dict[str, Any]] = [
        {},
        {"executor": "processes"},
        {"workers": 4},
        {"arrival_rate": 100.0},
        {"arrival_rate": 100.0, "arrivals": "poisson"},
    ]
    versions = [made("latency", call, **attributes).version for attributes in stated]
    assert len(set(versions)) == len(stated)
    usual = {"executor": "threads", "arrivals": "constant"}
    assert made("latency", call, **usual).version == versions[0]  # stated or not


@pytest.mark.parametrize(
    ("attributes", "text"),
    [
        ({"requests": 0}, r"suite\.latency_one: requests = 0 must be a whole number, 1 or more"),
        ({"requests": 2.5}, "requests = 2.5 must be"),
        ({"workers": True}, "workers = True must be"),
        ({"arrival_rate": -3}, "arrival_rate = -3 must be a number above 0"),
        ({"max_time": math.nan}, "max_time = nan must be"),
        ({"executor": "fibres"}, 'executor = \'fibres\' must be "threads" or "processes"'),
        ({"arrivals": "bursts", "arrival_rate": 1}, 'arrivals = \'bursts\' must be "constant" or "poisson"'),
        ({"arrivals": "poisson"}, "arrivals = 'poisson' must be stated with an arrival_rate"),
    ],
)
def test_a_wrong_attribute_is_the_benchmarks_failure(attributes: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        made("latency", lambda: None, **attributes).observe()
