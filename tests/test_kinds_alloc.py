"""``alloc_``: known amounts, as both backends see them; memray's tests need memray."""

from __future__ import annotations

import importlib.util
import tracemalloc
from typing import Any

import pytest
from asv_runner.benchmarks.mark import SkipNotImplemented

from tests.kinds import made, samples_of

pytestmark = pytest.mark.slow

MEGABYTE = 1_000_000
SLACK = 20_000  # what the interpreter takes beside the known amounts
TRACEMALLOC = {"", "peak_tracemalloc", "retained_tracemalloc"}
MEMRAY = {"peak_memray", "total_memray", "count_memray", "retained_memray"}

needs_memray = pytest.mark.skipif(
    importlib.util.find_spec("memray") is None, reason="NOT RUN: memray is not installed"
)


def without_memray(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that does not have it, on machines that do."""
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "memray" else real(name, *rest)
    )


def test_the_peak_is_of_what_is_alive_at_once() -> None:
    """5 MB given back before 3 MB are taken: 5; both kept: 8, the answer counted."""
    peaks = []
    for keep in (False, True):

        def call(keep: bool = keep) -> Any:
            first: Any = bytearray(5 * MEGABYTE)
            if not keep:
                first = None
            return first, bytearray(3 * MEGABYTE)

        peaks += samples_of(made("alloc", call).observe())[""]
    assert peaks[0] == pytest.approx(5 * MEGABYTE, abs=SLACK)
    assert peaks[1] == pytest.approx(8 * MEGABYTE, abs=SLACK)


def test_what_repeated_calls_keep_is_retained() -> None:
    kept = []
    benchmark = made("alloc", lambda: kept.append(bytearray(MEGABYTE)), repeat_calls=4)
    (retained,) = samples_of(benchmark.observe())["retained_tracemalloc"]
    assert retained == pytest.approx(MEGABYTE, abs=SLACK)
    assert not tracemalloc.is_tracing()


def test_what_a_first_call_leaves_is_nobodys_and_cycles_are_collected() -> None:
    cache: dict[str, bytearray] = {}

    def call() -> None:
        cache.setdefault("made once", bytearray(MEGABYTE))
        cycle: list[Any] = [bytearray(MEGABYTE)]
        cycle.append(cycle)

    seen = samples_of(made("alloc", call).observe())
    assert seen[""][0] == pytest.approx(MEGABYTE, abs=SLACK)
    assert abs(seen["retained_tracemalloc"][0]) < SLACK


def test_without_memray_tracemalloc_says_what_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    without_memray(monkeypatch)
    benchmark = made("alloc", lambda: "answer")
    observed = benchmark.observe()
    assert set(samples_of(observed)) == TRACEMALLOC
    assert observed["value"]["number"] is None
    assert observed["check"] == "answer"
    assert benchmark.run() == observed["value"]["samples"][0]
    assert (benchmark.type, benchmark.unit) == ("alloc", "bytes")


def test_memray_asked_for_and_absent_is_a_skip_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    without_memray(monkeypatch)
    with pytest.raises(SkipNotImplemented, match=r"suite\.alloc_one: memray is not installed"):
        made("alloc", list, backend="memray").observe()


def test_another_backend_is_another_series() -> None:
    def call() -> None:
        return None

    usual = made("alloc", call).version
    assert made("alloc", call, backend="tracemalloc").version == usual
    assert made("alloc", call, backend="memray").version != usual
    assert made("alloc", call, backend="memray", version="7").version == "7"


def test_a_tracemalloc_that_is_on_already_is_refused() -> None:
    tracemalloc.start()
    try:
        with pytest.raises(RuntimeError, match="tracemalloc is on already"):
            made("alloc", list).observe()
    finally:
        tracemalloc.stop()


def test_an_exception_leaves_nothing_switched_on() -> None:
    calls: list[int] = []

    def call() -> None:
        calls.append(1)
        if len(calls) == 2:
            raise KeyError("broken")

    with pytest.raises(KeyError, match="broken"):
        made("alloc", call).observe()
    assert not tracemalloc.is_tracing()


def test_a_wrong_backend_is_named() -> None:
    with pytest.raises(ValueError, match="backend = 'massif' must be"):
        made("alloc", list, backend="massif").observe()


@needs_memray
def test_memray_counts_what_is_asked_for_and_what_stays() -> None:
    kept = []

    def call() -> None:
        for _ in range(100):
            bytearray(10_000)
        kept.append(bytearray(MEGABYTE))

    seen = samples_of(made("alloc", call, backend="memray", repeat_calls=4).observe())
    assert set(seen) == MEMRAY | {""}
    assert seen[""] == seen["peak_memray"]
    assert seen["peak_memray"][0] == pytest.approx(MEGABYTE + 10_000, abs=SLACK)
    assert seen["total_memray"][0] == pytest.approx(2 * MEGABYTE, abs=SLACK)
    assert 200 <= seen["count_memray"][0] <= 220  # a bytearray is its object and its bytes
    assert seen["retained_memray"][0] == pytest.approx(MEGABYTE, abs=SLACK)


@needs_memray
def test_memray_stands_beside_tracemalloc_and_agrees_with_it() -> None:
    seen = samples_of(made("alloc", lambda: [object() for _ in range(100_000)]).observe())
    assert set(seen) == TRACEMALLOC | MEMRAY
    assert seen["peak_memray"][0] == pytest.approx(seen[""][0], rel=0.01)
