"""Telemetry of made hosts, of a made driver, and of this host; its bound and its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundspeed.machine.gpu_state import GpuState
from groundspeed.machine.sensors import find_sensors, frequency_hz, limit_c, temperature_c, throttles
from groundspeed.machine.telemetry import Probe, Readings, TelemetryRecorder
from groundspeed.machine.tree import this_tree
from tests.hosts import write_tree
from tests.made_driver import build_driver, run_with_driver
from tests.processes import ended

T0 = datetime(2026, 1, 2, tzinfo=UTC)
CPU = "sys/devices/system/cpu"


def busy_host(root: Path, *, later: bool) -> dict[str, str]:
    """Two looks at a host with two processors, 100 ticks each apart: 90 busy, 10 stolen, 100 idle."""
    busy, idle, steal = (190, 200, 20) if later else (100, 100, 10)
    return {
        "proc/stat": f"cpu  {busy} 0 0 {idle} 0 0 0 {steal} 0 0\ncpu0 1 0 0 1\ncpu1 1 0 0 1\nintr 1 2\n"
        f"ctxt {5000 if later else 1000}\n",
        "proc/loadavg": "1.25 0.50 0.10 1/87 2511\n",
        "proc/meminfo": "MemTotal: 4000 kB\nMemAvailable: 1000 kB\nSwapTotal: 500 kB\nSwapFree: 200 kB\n",
        "proc/pressure/cpu": f"some avg10=0.39 avg60=0.77 avg300=0.67 total={900_000 if later else 400_000}\n"
        "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
    }


def test_a_reading_of_a_made_host(tmp_path: Path) -> None:
    sensors = {
        f"{CPU}/online": "0-1\n",
        f"{CPU}/cpu0/cpufreq/scaling_cur_freq": "4000000\n",
        f"{CPU}/cpu1/cpufreq/scaling_cur_freq": "5000000\n",
        "sys/class/hwmon/hwmon0/name": "nvme\n",
        "sys/class/hwmon/hwmon0/temp1_input": "99000\n",
        "sys/class/hwmon/hwmon1/name": "k10temp\n",
        "sys/class/hwmon/hwmon1/temp1_input": "61500\n",
    }
    tree = write_tree(tmp_path, busy_host(tmp_path, later=False) | sensors)
    probe = Probe(tree)
    write_tree(tmp_path, busy_host(tmp_path, later=True))
    assert probe.read(2.0) == {
        "frequency_hz": 4.5e9,
        "temperature_c": 61.5,  # the disk's sensor is not the processor's
        "load_1min": 1.25,
        "busy_share": 90 / 200,
        "steal_share": 10 / 200,
        "waiting_share": 0.25,  # half a second of two
        "switches_per_s": 2000.0,
        "memory_available_bytes": 1_024_000,
        "swap_used_bytes": 300 * 1024,
    }
    again = probe.read(2.0)  # nothing moved: no share of nothing
    assert (again["busy_share"], again["switches_per_s"]) == (None, 0.0)


def test_a_host_that_says_nothing_has_no_columns(tmp_path: Path) -> None:
    readings = Readings(T0)
    readings.add(1.0, Probe(write_tree(tmp_path, {})).read(1.0))
    assert readings.telemetry().columns == {}
    assert readings.telemetry().seconds == (1.0,)


def test_devices_have_columns_of_their_own(tmp_path: Path) -> None:
    device = GpuState(
        name="made",
        busy_share=0.5,
        memory_used_bytes=10,
        clock_hz=1e9,
        memory_clock_hz=None,
        power_w=300.0,
        temperature_c=70.0,
        slowed_by_heat=False,
        slowed_by_power=True,
        persistent=True,
    )
    readings = Readings(T0)
    readings.add(1.0, Probe(write_tree(tmp_path, {}), lambda: (device, device)).read(1.0))
    columns = readings.telemetry().columns
    assert columns["gpu0_slowed_by_power_share"] == columns["gpu1_slowed_by_power_share"] == (1.0,)
    assert columns["gpu1_power_w"] == (300.0,)
    assert "gpu0_memory_clock_hz" not in columns


def test_the_clock_of_the_measured_processors_is_watched(tmp_path: Path) -> None:
    files = {f"{CPU}/online": "0-31\n"}
    for number in range(32):
        files[f"{CPU}/cpu{number}/cpufreq/scaling_cur_freq"] = f"{1_000_000 + number}\n"
    tree = write_tree(tmp_path, files)
    assert frequency_hz(find_sensors(tree, (31,))) == 1_000_031_000.0
    assert len(find_sensors(tree).clocks) == 8  # spread: 0, 4, … 28
    assert frequency_hz(find_sensors(tree)) == 1000.0 * (1_000_000 + 14)


def test_sensors_without_a_driver_of_the_processors_own(tmp_path: Path) -> None:
    zone = "sys/class/thermal/thermal_zone"
    tree = write_tree(
        tmp_path,
        {
            f"{zone}0/type": "acpitz\n",
            f"{zone}0/temp": "20000\n",
            f"{zone}1/type": "x86_pkg_temp\n",
            f"{zone}1/temp": "55000\n",
            f"{zone}1/trip_point_0_type": "passive\n",
            f"{zone}1/trip_point_0_temp": "85000\n",
            f"{zone}1/trip_point_1_type": "critical\n",
            f"{zone}1/trip_point_1_temp": "100000\n",
            f"{CPU}/online": "0-1\n",
            f"{CPU}/cpu0/thermal_throttle/core_throttle_count": "3\n",
            f"{CPU}/cpu1/thermal_throttle/package_throttle_count": "4\n",
        },
    )
    sensors = find_sensors(tree)
    assert (temperature_c(sensors), limit_c(sensors), throttles(sensors)) == (55.0, 100.0, 7)


# --- the bound --------------------------------------------------------------------------------------


def test_neighbours_are_merged_when_the_record_is_full() -> None:
    readings = Readings(T0, kept=4)
    for second in range(1, 8):
        readings.add(second, {"load_1min": float(second), "gap": None if second % 2 else 1.0})
    # four kept become (1,2) and (3,4); from then on two are taken together; 7 waits for 8
    record = readings.telemetry()
    assert list(record.seconds) == [2, 4, 6, 7]
    assert record.columns == {"load_1min": (1.5, 3.5, 5.5, 7.0), "gap": (1.0, 1.0, 1.0, None)}


@given(st.integers(1, 2000), st.sampled_from([2, 4, 16]))
def test_the_record_is_bounded_and_loses_no_time(count: int, kept: int) -> None:
    readings = Readings(T0, kept=kept)
    for second in range(1, count + 1):
        readings.add(second, {"one": 1.0})
    record = readings.telemetry()
    assert len(record.seconds) <= kept
    assert record.seconds[-1] == count
    steps = {b - a for a, b in zip((0.0, *record.seconds), record.seconds, strict=False)}
    assert len(steps - {record.seconds[-1] - (0.0, *record.seconds)[-2]}) <= 1  # all alike but the last
    assert set(record.columns["one"]) == {1.0}


def test_a_night_is_small() -> None:
    readings = Readings(T0)
    names = [f"column{number}_bytes" for number in range(20)]
    for second in range(8 * 3600):
        readings.add(second, dict.fromkeys(names, 123456789.123 * (second + 1)))
    record = readings.telemetry()
    assert len(record.seconds) <= 512
    assert sum(len(str(value)) for column in record.columns.values() for value in column) < 150_000


@pytest.mark.parametrize("kept", [0, 1, 3])
def test_an_odd_bound_is_refused(kept: int) -> None:
    with pytest.raises(ValueError, match="in pairs"):
        Readings(T0, kept=kept)


# --- the recorder, on this host ---------------------------------------------------------------------


def test_the_recorder_of_this_host_ends_with_its_block() -> None:
    affinity = os.sched_getaffinity(0)
    with TelemetryRecorder(cpus=(max(affinity),)) as recorder:
        assert "telemetry" in {thread.name for thread in threading.enumerate()}
    assert "telemetry" not in {thread.name for thread in threading.enumerate()}
    assert os.sched_getaffinity(0) == affinity  # the thread stepped aside, not we
    assert os.getpriority(os.PRIO_PROCESS, 0) < 19
    record = recorder.telemetry
    assert len(record.seconds) == 1  # without an interval's wait there is the last reading
    assert record.columns["memory_available_bytes"][0] is not None
    assert record.started_at.tzinfo is UTC


def test_readings_come_while_it_is_open() -> None:
    with TelemetryRecorder(tree=this_tree(), interval_s=1e-4) as recorder:
        while len(recorder.telemetry.seconds) < 3:
            os.sched_yield()
    assert list(recorder.telemetry.seconds) == sorted(recorder.telemetry.seconds)


def test_nothing_is_left_when_the_tool_is_killed() -> None:
    program = (
        "import sys, threading; from groundspeed.machine.telemetry import TelemetryRecorder\n"
        "with TelemetryRecorder():\n    print('open', flush=True); threading.Event().wait()\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as tool:
        assert tool.stdout is not None
        assert tool.stdout.readline() == "open\n"
        children = Path(f"/proc/{tool.pid}/task/{tool.pid}/children")
        assert children.read_text() == ""  # it is a thread: there is no process to leave behind
        tool.kill()
        assert ended(tool.pid)
        assert tool.wait() == -signal.SIGKILL


# --- a made driver ----------------------------------------------------------------------------------

READ = """
import dataclasses, json
from groundspeed.machine.gpu_state import Gpus
with Gpus() as gpus:
    print(json.dumps([gpus.absence, [dataclasses.asdict(one) for one in gpus.states()],
                      [[dataclasses.asdict(one) for one in each] for each in gpus.processes()]]))
"""


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_driver(tmp_path_factory.mktemp("driver"))


def test_the_real_pynvml_reads_a_made_driver(driver: Path) -> None:
    absence, states, processes = run_with_driver(driver, 0, READ)
    assert absence == ""
    assert states[0] == {
        "name": "FAKE GeForce RTX 5090",
        "busy_share": 0.97,
        "memory_used_bytes": 8_000_000_000,
        "clock_hz": 2.407e9,
        "memory_clock_hz": 14.001e9,
        "power_w": 412.5,
        "temperature_c": 71.0,
        "slowed_by_heat": True,
        "slowed_by_power": True,
        "persistent": False,
    }
    assert (states[1]["slowed_by_heat"], states[1]["slowed_by_power"]) == (False, False)
    assert processes == [
        [
            {"pid": 4711, "memory_bytes": 8_000_000_000, "graphics": False},
            {"pid": 1200, "memory_bytes": None, "graphics": True},
        ],
        [],
    ]


@pytest.mark.parametrize(
    ("mode", "absence", "devices"),
    [(1, "the driver shows no device", 0), (3, "", 2), (4, "Insufficient", 0), (9, "Driver", 0), (15, "", 1)],
)
def test_drivers_that_do_not_answer(driver: Path, mode: int, absence: str, devices: int) -> None:
    said, states, processes = run_with_driver(driver, mode, READ)
    assert absence in said
    assert len(states) == len(processes) == devices
    if mode == 3:
        assert {value for key, value in states[0].items() if key != "name"} == {None}


def test_the_recorder_asks_the_driver(driver: Path) -> None:
    program = """
import json
from groundspeed.machine.telemetry import TelemetryRecorder
with TelemetryRecorder() as recorder:
    pass
print(json.dumps({name: values for name, values in recorder.telemetry.columns.items() if name[:3] == "gpu"}))
"""
    columns = run_with_driver(driver, 0, program)
    assert columns["gpu0_power_w"] == columns["gpu1_power_w"] == [412.5]
    assert (columns["gpu0_slowed_by_heat_share"], columns["gpu1_slowed_by_heat_share"]) == ([1.0], [0.0])
    assert columns["gpu0_clock_hz"] == [2.407e9]
    assert run_with_driver(driver, 9, program) == {}
