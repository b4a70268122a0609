"""What the host does while a session measures: readings once a second, few enough to keep.

Owns the rhythm and the bound on size. A thread of the tool's own process takes the readings: it costs
three file reads a second, cannot outlive the tool, and the measured code runs in other processes. On
Linux it runs at the lowest priority and off the processors that are measured on.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from groundspeed.machine.activity import Counters, load_1min, read_counters, read_memory, shares
from groundspeed.machine.gpu_state import Gpus, GpuState
from groundspeed.machine.sensors import find_sensors, frequency_hz, temperature_c
from groundspeed.machine.tree import Tree, this_tree
from groundspeed.records import Telemetry

Reading = Mapping[str, float | None]

INTERVAL_S = 1.0
# Some drivers take milliseconds to answer. An interval of 200 times the last reading's processor time
# bounds the cost to 0.5 % of one core on any host, half of what a session may spend on it.
_COST = 200
_KEPT = 512  # readings; an 8 h night is 450 of 64 s each
_DIGITS = 4  # significant ones: sensors know fewer, and the record is half as large


class Probe:
    """Takes one reading of a host; rates are over the time since the reading before."""

    def __init__(
        self, tree: Tree, gpus: Callable[[], tuple[GpuState, ...]] = tuple, cpus: Collection[int] = ()
    ) -> None:
        self._tree = tree
        self._gpus = gpus
        self._sensors = find_sensors(tree, cpus)
        self._last = read_counters(tree)

    def read(self, elapsed_s: float) -> Reading:
        """One value a quantity, the unit at the end of its name; ``elapsed_s`` since the reading before."""
        now, before = read_counters(self._tree), self._last
        self._last = now
        return {
            "frequency_hz": frequency_hz(self._sensors),
            "temperature_c": temperature_c(self._sensors),
            "load_1min": load_1min(self._tree),
            **_rates(before, now, elapsed_s),
            **_memory(self._tree),
            **{
                f"gpu{position}_{name}": value
                for position, state in enumerate(self._gpus())
                for name, value in _columns(state).items()
            },
        }


class Readings:
    """A bounded series: when it is full, neighbours become one reading, and from then on as many as
    that are taken together. Every reading kept stands for equally many taken, the last one excepted.
    """

    def __init__(self, started_at: datetime, kept: int = _KEPT) -> None:
        if kept < 2 or kept % 2:
            raise ValueError(f"readings are kept in pairs: {kept} is not an even number of at least 2")
        self._started_at, self._kept = started_at, kept
        self._rows: list[tuple[float, Reading]] = []
        self._pending: list[tuple[float, Reading]] = []
        self._together = 1

    def add(self, seconds: float, reading: Reading) -> None:
        """``reading`` is of the time that ended ``seconds`` after the start."""
        self._pending.append((seconds, reading))
        if len(self._pending) == self._together:
            self._rows.append(_mean(self._pending))
            self._pending = []
        if len(self._rows) == self._kept:
            self._rows = [_mean(self._rows[at : at + 2]) for at in range(0, self._kept, 2)]
            self._together *= 2

    def telemetry(self) -> Telemetry:
        """Everything so far. A quantity that the host never stated has no column."""
        rows = [*self._rows, *([_mean(self._pending)] if self._pending else [])]
        names = dict.fromkeys(name for _, reading in rows for name in reading)
        columns = {name: tuple(_rounded(reading.get(name)) for _, reading in rows) for name in names}
        return Telemetry(
            started_at=self._started_at,
            seconds=tuple(round(seconds, 1) for seconds, _ in rows),
            columns={
                name: values for name, values in columns.items() if any(one is not None for one in values)
            },
        )


class TelemetryRecorder:
    """Records while it is open; ``telemetry`` gives what there is, also after it was closed.

    ``cpus`` are the processors that workers are pinned to: their clock is watched, and the thread keeps
    off them.
    """

    def __init__(
        self, *, cpus: Collection[int] = (), tree: Tree | None = None, interval_s: float = INTERVAL_S
    ) -> None:
        self._tree, self._cpus, self._interval_s = tree or this_tree(), cpus, interval_s
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._readings = Readings(datetime.now(UTC))
        self._thread = threading.Thread(target=self._record, name="telemetry", daemon=True)

    def __enter__(self) -> Self:
        self._readings = Readings(datetime.now(UTC))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def telemetry(self) -> Telemetry:
        """The record so far; at least one reading once it was closed."""
        with self._lock:
            return self._readings.telemetry()

    def _record(self) -> None:
        """The thread: a reading after every interval, and a last one when it is told to end."""
        _step_aside(self._tree, self._cpus)
        started = last = time.monotonic()
        with Gpus() as gpus:
            probe = Probe(self._tree, gpus.states, self._cpus)
            wait_s, ended = self._interval_s, False
            while not ended:
                ended = self._ended.wait(wait_s)
                spent, now = time.thread_time(), time.monotonic()
                reading = probe.read(now - last)
                with self._lock:
                    self._readings.add(now - started, reading)
                last = now
                wait_s = max(self._interval_s, _COST * (time.thread_time() - spent))


def _step_aside(tree: Tree, cpus: Collection[int]) -> None:
    """Lowest priority, off the measured processors. Linux alone does that for a thread."""
    if tree.system != "Linux":
        return
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)
    if others := os.sched_getaffinity(0) - set(cpus):
        os.sched_setaffinity(0, others)


def _memory(tree: Tree) -> Reading:
    memory = read_memory(tree)
    if memory is None:
        return {}
    return {"memory_available_bytes": memory.available_bytes, "swap_used_bytes": memory.swap_used_bytes}


def _rates(before: Counters | None, now: Counters | None, elapsed_s: float) -> Reading:
    if before is None or now is None:
        return {}
    used = shares(before, now)
    return {
        "busy_share": None if used is None else used.busy,
        "steal_share": None if used is None else used.steal,
        "waiting_share": _rate(before.waiting_us, now.waiting_us, elapsed_s * 1e6),
        "switches_per_s": _rate(before.switches, now.switches, elapsed_s),
    }


def _rate(before: int | None, now: int | None, per: float) -> float | None:
    return None if before is None or now is None or per <= 0 else (now - before) / per


def _columns(state: GpuState) -> Reading:
    return {
        "busy_share": state.busy_share,
        "memory_bytes": state.memory_used_bytes,
        "clock_hz": state.clock_hz,
        "memory_clock_hz": state.memory_clock_hz,
        "power_w": state.power_w,
        "temperature_c": state.temperature_c,
        "slowed_by_heat_share": state.slowed_by_heat,
        "slowed_by_power_share": state.slowed_by_power,
    }


def _mean(rows: list[tuple[float, Reading]]) -> tuple[float, Reading]:
    """One reading for several neighbours: the end of the last, the mean of what was stated."""
    if len(rows) == 1:
        return rows[0]
    names = dict.fromkeys(name for _, reading in rows for name in reading)
    stated = {
        name: [value for _, reading in rows if (value := reading.get(name)) is not None] for name in names
    }
    return rows[-1][0], {
        name: sum(values) / len(values) if values else None for name, values in stated.items()
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{_DIGITS}g}")
