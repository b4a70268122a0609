"""Waits for locks, by real threads: who is named, what is counted, what is put back."""

from __future__ import annotations

import _thread
import asyncio
import os
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed.profiling.inside import contention
from groundspeed.profiling.inside.ledgers import Ledger
from groundspeed.profiling.inside.locks import RecordedLock, switch
from groundspeed.profiling.inside.recording import Recording, recorded
from groundspeed.profiling.recorded import Contention, LockUse, parse_recorded
from groundspeed.report.recorded import render_recorded
from groundspeed.report.table import Format
from tests.recording import ROUNDS, record

PLAIN = threading.Lock, threading.RLock, threading.Condition.wait, threading.Semaphore.acquire
EXISTING = threading.Lock()


class Shelf:
    """Holds locks that are there before anybody records."""

    def __init__(self) -> None:
        self.lock = threading.RLock()

    shared = threading.Lock()


SHELF = Shelf()


def told(recording: Recording) -> Contention:
    document = contention.described("case", recording, 1.0, 1, {"missing": "no gilknocker"}, 0.0)
    found = parse_recorded(document)
    assert isinstance(found, Contention)
    return found


def used(found: Contention, function: str) -> LockUse:
    """The locks that a function of this file made."""
    return next(one for one in found.locks if one.made.function.endswith(function))


def while_held(lock: Any, waiting: Callable[[], None]) -> None:
    """``waiting`` runs in a thread that must wait: the holder reads a pipe until that thread is on its way
    to the lock, and then until the ledger says that somebody waits."""
    ready, release = os.pipe()

    def hold() -> None:
        with lock:
            entered.set()
            os.read(ready, 1)

    entered = threading.Event()
    holder = threading.Thread(target=hold)
    holder.start()
    entered.wait()
    waiter = threading.Thread(target=waiting)
    waiter.start()
    ledger: Ledger = lock._ledger
    while not ledger.waits:  # the waiter makes its record before it waits
        os.sched_yield()
    os.write(release, b"x")
    holder.join()
    waiter.join()
    os.close(ready)
    os.close(release)


@pytest.mark.parametrize("kind", ["Lock", "RLock"])
def test_a_lock_held_while_a_pipe_is_read_is_named_first_with_both_lines(kind: str) -> None:
    def hurried() -> None:
        with slow:
            pass

    def often() -> None:
        for _ in range(1000):
            with quick:
                pass

    with recorded() as recording:
        slow = getattr(threading, kind)()
        quick = threading.Lock()
        often()
        while_held(slow, hurried)
        first = told(recording).locks[0]
    assert (first.kind, first.locks, first.acquisitions, first.waits) == (kind, 1, 2, 1)
    assert first.made.function.endswith("named_first_with_both_lines")
    assert first.holders[0].at.function == "while_held.<locals>.hold"
    (waiter,) = first.waiters
    assert waiter.at.function.endswith("hurried")
    assert waiter.held_by == first.holders[0].at
    assert 0 < waiter.wait_s == first.wait_s


def test_threading_is_as_it_was_before_and_after() -> None:
    with recorded():
        assert threading.Lock is not PLAIN[0]
        taken_from = threading.Lock
    assert (threading.Lock, threading.RLock, threading.Condition.wait, threading.Semaphore.acquire) == PLAIN
    assert type(taken_from()) is _thread.LockType  # a name that outlived the recording makes plain locks
    assert type(EXISTING) is _thread.LockType
    assert type(SHELF.lock) is _thread.RLock
    assert type(Shelf.shared) is _thread.LockType


def test_locks_that_exist_are_seen_by_the_name_they_have() -> None:
    with recorded() as recording:
        with EXISTING, SHELF.lock, Shelf.shared:
            pass
        names = {one.made.function: one.acquisitions for one in told(recording).locks}
    assert names[f"{__name__}.EXISTING"] == 1
    assert names[f"{__name__}.Shelf.lock"] == 1
    assert names[f"{__name__}.Shelf.shared"] == 1


def test_an_existing_lock_keeps_out_who_holds_it_directly() -> None:
    direct = EXISTING
    with recorded():
        with EXISTING:
            assert direct.locked()
            assert not direct.acquire(blocking=False)
        assert direct.acquire(blocking=False)
        assert not EXISTING.acquire(blocking=False)
        direct.release()


class HalfMade:
    """Has no dictionary of attributes, and answers every question with an error of its own."""

    __slots__ = ("held",)

    def __getattr__(self, name: str) -> object:
        raise RuntimeError(f"{name} of what is not made yet")


def test_an_object_that_cannot_be_asked_is_left_alone() -> None:
    one = HalfMade()
    with recorded(), EXISTING:
        pass
    assert isinstance(one, HalfMade)


def test_a_recording_is_alone_in_its_process() -> None:
    with recorded(), pytest.raises(RuntimeError, match="one recording at a time"), recorded():
        pass
    with recorded():
        pass


def test_holds_end_on_errors_and_reentry_counts_once() -> None:
    with recorded() as recording:
        again = threading.RLock()
        with pytest.raises(ZeroDivisionError), again, again:
            1 / 0  # noqa: B018  raised while it is held twice
        assert again.acquire(blocking=False)
        again.release()
        with pytest.raises(RuntimeError):
            again.release()
        found = used(told(recording), "reentry_counts_once")
    assert found.acquisitions == 2
    assert found.waits == 0


def test_what_is_given_up_is_counted_as_a_wait_without_the_lock() -> None:
    with recorded() as recording:
        lock = threading.Lock()
        with lock:
            assert not lock.acquire(timeout=0.001)
            assert not lock.acquire(blocking=False)  # does not wait at all
        found = used(told(recording), "without_the_lock")
    assert (found.acquisitions, found.waits, found.given_up) == (1, 1, 1)
    assert found.wait_s >= 0.001


def test_a_semaphore_tells_who_holds_its_permits() -> None:
    def second() -> None:
        with gate:
            pass

    with recorded() as recording:
        gate = threading.BoundedSemaphore(1)
        gate.acquire()
        waiter = threading.Thread(target=second)
        waiter.start()
        ledger: Ledger = gate.__dict__["_groundspeed"].ledger
        while not ledger.waits:
            os.sched_yield()
        gate.release()
        waiter.join()
        with pytest.raises(ValueError, match="too many"):
            gate.release()
        found = used(told(recording), "holds_its_permits")
    assert (found.kind, found.acquisitions, found.waits) == ("BoundedSemaphore", 2, 1)
    assert found.waiters[0].at.function.endswith("second")
    assert found.waiters[0].held_by.function.endswith("holds_its_permits")


@pytest.mark.parametrize("kind", ["Lock", "RLock"])
def test_a_wait_for_a_notification_is_told_apart(kind: str) -> None:
    def wait() -> None:
        with condition:
            waiting.append(1)
            condition.wait()

    with recorded() as recording:
        condition = notifiable(kind)
        waiting: list[int] = []
        thread = threading.Thread(target=wait)
        thread.start()
        while not waiting:
            os.sched_yield()
        with condition:
            condition.notify()
        thread.join()
        found = told(recording)
    assert any(one.at.function.endswith("<locals>.wait") for one in found.notified)
    assert used(found, "notifiable").acquisitions >= 3  # the wait took it back


def notifiable(kind: str) -> threading.Condition:
    return threading.Condition(getattr(threading, kind)())


def test_queues_pools_and_tasks_work_while_recorded() -> None:
    with recorded() as recording:
        jobs: queue.Queue[int] = queue.Queue(maxsize=2)
        with ThreadPoolExecutor(4) as pool:
            sums = [pool.submit(lambda: jobs.get() + 1) for _ in range(50)]
            for number in range(50):
                jobs.put(number)
            assert sorted(one.result() for one in sums) == list(range(1, 51))

        async def gather() -> list[int]:
            return await asyncio.gather(*(asyncio.to_thread(abs, -number) for number in range(10)))

        assert asyncio.run(gather()) == list(range(10))
        assert told(recording).acquisitions > 100


@settings(deadline=None, derandomize=True, max_examples=20)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=12), st.integers(1, 3))
def test_every_acquire_of_every_thread_is_counted(turns: list[int], locks: int) -> None:
    """Sums over threads equal what each did: a lock's ledger is written under that lock alone."""
    recording = Recording()
    switch(recording)
    try:
        made = [RecordedLock() for _ in range(locks)]
        threads = [threading.Thread(target=take, args=(made, count)) for count in turns]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        (found,) = told(recording).locks
    finally:
        switch(None)
    assert (found.locks, found.acquisitions) == (locks, locks * sum(turns))
    assert sum(one.count for one in found.holders) == found.acquisitions


def take(locks: list[RecordedLock], count: int) -> None:
    for _ in range(count):
        for lock in locks:
            with lock:
                pass


def test_locks_that_are_gone_are_still_told_of_together() -> None:
    with recorded() as recording:
        for _ in range(5):
            with threading.Lock():
                pass
        recording.forget()
        for _ in range(3):
            with threading.Lock():
                pass
        found = [one for one in told(recording).locks if one.made.file == __file__]
    assert [(one.locks, one.acquisitions) for one in found] == [(3, 3)]


@contextmanager
def without(monkeypatch: pytest.MonkeyPatch, module: str) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setitem(__import__("sys").modules, module, None)
        yield


def test_the_gil_is_told_of_or_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    with contention.gil_share() as seen:
        sum(range(200_000))
    assert 0 <= seen["share"] <= 1
    with without(monkeypatch, "gilknocker"), contention.gil_share() as unseen:
        pass
    assert unseen == {"missing": "The share of the GIL needs gilknocker: python -m pip install gilknocker."}


@pytest.mark.parametrize("kind", list(Format))
def test_the_report_says_what_it_knows_and_what_it_cannot_see(kind: Format) -> None:
    with recorded() as recording:
        lock = threading.Lock()
        with lock:
            lock.acquire(timeout=0.001)
        text = render_recorded(told(recording), kind)
    assert "given up" in text or '"given_up": 1' in text
    assert "Not seen: locks made in C" in text
    assert "no gilknocker" in text


def test_a_benchmark_whose_lock_is_held_while_it_reads_is_recorded(tmp_path: Path) -> None:
    done = record(tmp_path, "contention", "time_held")
    found = done.recorded
    assert isinstance(found, Contention)
    first = found.locks[0]
    assert (str(first.made), first.acquisitions) == ("<module> (suite/planted.py:4)", 2 * ROUNDS)
    assert first.waiters[0].at.function == "hurried"
    assert first.waiters[0].held_by.function == "hold"
    assert 0 < found.wait_s == pytest.approx(done.profile.total)
    assert [one.name for one in done.profile.functions] == ["hurried"]
    assert found.gil_share is not None
