"""``workloads.load``: loops against the queue they are, items, warm-up, real threads and processes."""

from __future__ import annotations

import math
import os
import signal
import threading
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asv_bench_groundspeed.workloads.arrivals import Constant, Poisson
from asv_bench_groundspeed.workloads.clock import NEAR_S, Clock
from asv_bench_groundspeed.workloads.load import Load, Turns, drive
from asv_bench_groundspeed.workloads.workers import EXECUTORS, in_processes, in_threads
from tests.fake_time import FakeTime

EVERY_10_S = Constant(0.1)

# --- loops --------------------------------------------------------------------------------------------


def test_an_open_loop_charges_a_stall_to_everyone_who_would_have_come() -> None:
    """Due every 10 s, served in 1 s, the fourth in 35 s: it ends at 65; the next, due at 40, 50 and 60,
    end at 66, 67 and 68."""
    time = FakeTime()
    seconds = (1, 1, 1, 35, 1, 1, 1, 1)
    served = drive(time.service(*seconds), Load(requests=8, arrivals=EVERY_10_S), clock=time.clock)
    assert served.latencies == [1, 1, 1, 35, 26, 17, 8, 1]
    assert served.rate == 8 / 71
    assert served.waiting == []


def test_a_closed_loop_omits_them() -> None:
    time = FakeTime()
    served = drive(time.service(1, 1, 1, 35, 1, 1, 1, 1), Load(requests=8), clock=time.clock)
    assert served.latencies == [1, 1, 1, 35, 1, 1, 1, 1]
    assert served.rate == 8 / 42
    assert served.first_answer == "answer"


@settings(deadline=None, derandomize=True)
@given(
    st.lists(st.integers(0, 60), min_size=1, max_size=40),
    st.one_of(
        st.sampled_from([1.0, 0.5, 0.25, 0.125]).map(Constant),
        st.builds(Poisson, st.floats(0.05, 2.0), st.integers(0, 99)),
    ),
)
def test_an_open_loop_with_one_worker_is_a_queue_with_one_server(
    services: list[int], arrivals: Constant | Poisson
) -> None:
    """Lindley's recursion: an answer comes one service after the due time or the answer before. (Requests
    of the fake clock begin at the next whole second.)"""
    time = FakeTime()
    load = Load(requests=len(services), arrivals=arrivals)
    served = drive(time.service(*services), load, clock=time.clock)
    ended, expected = 0.0, []
    for service, due in zip(services, arrivals.offsets(len(services)), strict=True):
        ended = max(ended, math.ceil(due)) + service
        expected.append(ended - due)
    assert served.latencies == pytest.approx(expected)


def test_who_was_due_and_not_begun_counts_with_the_wait_it_had() -> None:
    """Due every 10 s for 50 s: the second request ends at 63, after the time; those due at 20, 30 and 40
    had waited 30, 20 and 10 s when it was up, and the one due at 50 was not due before its end."""
    time = FakeTime()
    load = Load(requests=100, arrivals=EVERY_10_S, max_time_s=50.0)
    served = drive(time.service(1, 53), load, clock=time.clock)
    assert [one.number for one in served.requests] == [0, 1]
    assert served.waiting == [30, 20, 10]
    assert served.latencies == [1, 53, 30, 20, 10]


def test_no_request_begins_after_the_time_but_the_first() -> None:
    time = FakeTime()
    served = drive(time.service(3, 3, 3, 3), Load(requests=100, max_time_s=9.0), clock=time.clock)
    assert len(served.requests) == 3
    time = FakeTime()
    late = drive(time.service(20), Load(requests=100, max_time_s=9.0), clock=time.clock)
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


# --- items and warm-up --------------------------------------------------------------------------------


def test_each_request_takes_the_next_item_and_the_log_begins_again_at_its_end() -> None:
    asked: list[str] = []

    def call(item: str) -> str:
        asked.append(item)
        return item

    served = drive(call, Load(requests=5), ["a", "b", "c"])
    assert asked == ["a", "b", "c", "a", "b"]
    assert served.first_answer == "a"


def test_warm_up_takes_the_first_items_and_is_not_recorded() -> None:
    """Two warm-up requests of 100 s; those recorded begin after them, and the time counts from then."""
    time, asked = FakeTime(), []

    def call(item: str) -> str:
        asked.append(item)
        time.at += 100 if len(asked) <= 2 else 1
        return item

    load = Load(requests=100, warmup=2, max_time_s=3.0)
    served = drive(call, load, ["a", "b", "c"], time.clock)
    assert asked == ["a", "b", "c", "a", "b"]
    assert served.first_answer == "c"
    assert served.latencies == [1, 1, 1]
    assert served.requests[0].begun == 200


@pytest.mark.parametrize("executor", EXECUTORS)
def test_workers_warm_up_side_by_side_and_each_has_its_share(executor: str) -> None:
    """Seven warm-up requests of three workers: one each waits for the other two."""
    meet = (threading if executor == "threads" else in_fork()).Barrier(3)

    def call(item: int) -> int:
        if item < 3:
            meet.wait(timeout=20)
        return item

    served = drive(call, Load(requests=30, workers=3, executor=executor, warmup=7), range(37))
    assert [one.number for one in served.requests] == list(range(30))
    assert served.first_answer == 7


def in_fork() -> Any:
    import multiprocessing

    return multiprocessing.get_context("fork")


def test_turns_go_round_over_threads_and_forked_processes() -> None:
    """Four workers take 25 each of ten items: each item comes ten times, whoever takes it."""
    for workers in (in_threads, in_processes):
        turn = Turns("abcdefghij")

        def work(_: int, begin: Any, turn: Any = turn) -> list[str]:
            begin()
            return [turn() for _ in range(25)]

        made: Any = workers(work, 4)
        assert Counter(item for one in made for item in one) == dict.fromkeys("abcdefghij", 10)
        assert turn() == "a"


def test_nothing_to_ask_is_refused() -> None:
    with pytest.raises(ValueError, match="items must hold at least one item"):
        drive(print, Load(requests=1), [])
    with pytest.raises(ValueError, match="items must hold at least one item"):
        Turns([])


# --- real workers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("arrivals", [None, Constant(1e6), Poisson(1e6)])
def test_workers_serve_at_the_same_time_and_make_every_request(executor: str, arrivals: Any) -> None:
    meet = (threading if executor == "threads" else in_fork()).Barrier(4)

    def call() -> int:
        meet.wait(timeout=20)  # passes when four are inside at once
        return os.getpid()

    served = drive(call, Load(requests=40, workers=4, executor=executor, arrivals=arrivals))
    assert [one.number for one in served.requests] == list(range(40))
    assert all(one.due <= one.begun <= one.ended for one in served.requests)
    assert (served.first_answer == os.getpid()) == (executor == "threads")


@pytest.mark.parametrize("workers", [1, 3])
def test_the_first_exception_of_any_thread_is_the_failure(workers: int) -> None:
    lock, calls, before = threading.Lock(), [], threading.active_count()

    def call() -> None:
        with lock:
            calls.append(1)
            if len(calls) == 5:
                raise KeyError("broken request")

    with pytest.raises(KeyError, match="broken request"):
        drive(call, Load(requests=100_000, workers=workers))
    assert len(calls) < 100_000
    assert threading.active_count() == before


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("warmup", [0, 100_000])
def test_a_request_that_raises_ends_the_loop_and_its_warm_up(executor: str, warmup: int) -> None:
    def call(item: int) -> None:
        if item == 5:
            raise KeyError("broken request")

    with pytest.raises(KeyError, match="broken request"):
        drive(call, Load(requests=100_000, workers=3, executor=executor, warmup=warmup), range(100))


def test_a_process_that_dies_ends_the_loop() -> None:
    def call(item: int) -> None:
        if item == 5:
            os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(RuntimeError, match="a worker process ended with exit code -9"):
        drive(call, Load(requests=10**9, workers=3, executor="processes"), range(100))


def test_one_thread_is_the_calling_one() -> None:
    assert drive(threading.get_ident, Load(requests=3)).first_answer == threading.get_ident()


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"requests": 0}, "requests must be at least 1, not 0"),
        ({"workers": 0}, "workers must be at least 1, not 0"),
        ({"warmup": -1}, "warmup must be at least 0, not -1"),
        ({"executor": "fibres"}, 'executor must be "threads" or "processes", not \'fibres\''),
        ({"max_time_s": math.nan}, "max_time_s must be above 0, not nan"),
    ],
)
def test_a_wrong_load_names_its_field(fields: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        Load(**{"requests": 1, **fields})
