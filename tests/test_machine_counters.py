"""Counts by perf and callgrind: their texts as they were captured, and this host's answers."""

from __future__ import annotations

import dataclasses
import os
import shutil
import sys
from pathlib import Path

import pytest

from groundspeed.machine import counters
from groundspeed.machine.counter_output import Event, parse_callgrind, parse_perf
from groundspeed.machine.counters import (
    BANDWIDTH,
    CACHE_MISSES,
    INSTRUCTIONS,
    Countable,
    Counted,
    CountError,
    count,
    count_instructions_by_callgrind,
    per_call,
    perf_command,
    probe,
)
from groundspeed.machine.tree import this_tree
from groundspeed.records import Better, Reading
from tests.hosts import write_tree
from tests.processes import processes_of

# perf 6.1 on a virtual machine without hardware counters, as root.
VIRTUAL = """# started on Sat Nov 21 06:37:37 2026

<not supported>,,instructions:u,0,100.00,,
<not supported>,,cache-misses:u,0,100.00,,
1.07,msec,task-clock,1074136,100.00,0.560,CPUs utilized
4984537,ns,duration_time,4984537,100.00,671.027,M/sec
"""
# The form of perf 5.x and 6.x where there are counters; the last event's turn never came.
METAL = """# started on Tue Oct  7 10:00:00 2025

2114632,,instructions:u,1032845,100.00,2.05,insn per cycle
1204,,cache-misses:u,1032845,100.00,,
3211,,cpu/event=0x3c,umask=0x0/,516422,50.00,,
<not counted>,,branch-misses:u,0,0.00,,
"""
TRAFFIC = """16.28,MiB,uncore_imc/cas_count_read/,1610869735,100.00,,
3.72,MiB,uncore_imc/cas_count_write/,1610869735,100.00,,
2000000000,ns,duration_time,2000000000,100.00,,
"""
# A processor with two kinds of core: the command ran on one of them.
HYBRID = """705000,,cpu_core/instructions:u/,901223,100.00,,
<not counted>,,cpu_atom/instructions:u/,0,0.00,,
"""
NOISE = "hello, world\n\n12,apples,pears,x,y\nfive,,instructions:u,1,100.00\n"


def test_perf_without_counters() -> None:
    assert parse_perf(VIRTUAL) == (
        Event(name="instructions:u", value=None, counted_share=1.0),
        Event(name="cache-misses:u", value=None, counted_share=1.0),
        Event(name="task-clock", value=1.07e-3, counted_share=1.0),
        Event(name="duration_time", value=4984537 * 1e-9, counted_share=1.0),
    )


def test_perf_with_counters() -> None:
    assert parse_perf(METAL) == (
        Event(name="instructions:u", value=2_114_632.0, counted_share=1.0),
        Event(name="cache-misses:u", value=1204.0, counted_share=1.0),
        Event(name="cpu/event=0x3c,umask=0x0/", value=3211.0, counted_share=0.5),
        Event(name="branch-misses:u", value=None, counted_share=0.0),
    )


def test_memory_controllers_count_mebibytes() -> None:
    read, written, elapsed = parse_perf(TRAFFIC)
    assert (read.name, read.value) == ("uncore_imc/cas_count_read/", 16.28 * 2**20)
    assert (written.value, elapsed.value) == (3.72 * 2**20, 2.0)


def test_what_a_command_prints_is_no_event() -> None:
    assert parse_perf(NOISE) == ()


# --- from events to readings ------------------------------------------------------------------------

METAL_HOST = Countable(
    events={
        INSTRUCTIONS: ("instructions:u",),
        CACHE_MISSES: ("cache-misses:u",),
        BANDWIDTH: ("uncore_imc/cas_count_read/", "uncore_imc/cas_count_write/"),
    },
    lacking={},
    steady=("setarch", "-R"),
)


def reading(metric: str, unit: str, value: float) -> Reading:
    return Reading(metric=metric, unit=unit, better=Better.LOWER, samples=(value,))


def test_readings_of_a_host_that_counts_everything() -> None:
    counted = counters.counted_of(METAL_HOST, parse_perf(METAL + TRAFFIC))
    assert counted.lacking == {}
    assert counted.readings == (
        reading(INSTRUCTIONS, "instructions", 2_114_632),
        reading(CACHE_MISSES, "misses", 1204),
        reading(BANDWIDTH, "bytes/s", 20 * 2**20 / 2),
    )


def test_an_extrapolated_count_is_no_count() -> None:
    text = METAL.replace("1032845,100.00", "516422,50.00") + TRAFFIC
    counted = counters.counted_of(METAL_HOST, parse_perf(text))
    assert [one.metric for one in counted.readings] == [BANDWIDTH]
    assert set(counted.lacking) == {INSTRUCTIONS, CACHE_MISSES}
    assert counted.lacking[INSTRUCTIONS].startswith("perf counted it for a part of the time only")


def test_two_kinds_of_core() -> None:
    host = dataclasses.replace(METAL_HOST, events={INSTRUCTIONS: ("instructions:u",)})
    assert counters.counted_of(host, parse_perf(HYBRID)).readings == (
        reading(INSTRUCTIONS, "instructions", 705_000),
    )
    both = HYBRID.replace("<not counted>", "5").replace("0,0.00", "9,40.00")
    assert counters.counted_of(host, parse_perf(both)).readings == ()


def test_the_whole_host_has_a_perf_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "leash", lambda: ("leash",))
    command = perf_command(["python", "x.py"], METAL_HOST, Path("task"), Path("host"))
    assert " ".join(command) == (
        "perf stat -x, -o host -e uncore_imc/cas_count_read/,uncore_imc/cas_count_write/,duration_time -a -- "
        "leash perf stat -x, -o task -e instructions:u,cache-misses:u -- leash setarch -R python x.py"
    )
    alone = dataclasses.replace(METAL_HOST, events={CACHE_MISSES: ("cache-misses:u",)}, steady=())
    assert perf_command(["x"], alone, Path("task"), Path("host")) == [
        *("perf", "stat", "-x,", "-o", "task", "-e", "cache-misses:u", "--", "leash", "x")
    ]


# --- why not ----------------------------------------------------------------------------------------


def test_without_perf(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = probe()
    assert found.events == {}
    assert found.steady == ()
    assert found.lacking[INSTRUCTIONS].startswith("there is no perf on the PATH: install linux-perf")


def test_on_another_system(tmp_path: Path) -> None:
    mac = dataclasses.replace(write_tree(tmp_path, {}), system="Darwin")
    assert probe(mac).lacking[CACHE_MISSES] == "perf counts on Linux alone, and this is Darwin"


def fake_perf(folder: Path, script: str) -> None:
    """A perf that refuses as the real one was seen to."""
    (folder / "perf").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "perf").chmod(0o755)


SENTENCE = "Access to performance monitoring and observability operations is limited."
LIMITED = f"Error:\n{SENTENCE}\nConsider adjusting /proc/sys/kernel/perf_event_paranoid"
WRAPPER = "WARNING: perf not found for kernel 6.14"


@pytest.mark.parametrize(
    ("paranoid", "stderr", "why"),
    [
        ("4", LIMITED, "kernel.perf_event_paranoid is 4: sudo sysctl kernel.perf_event_paranoid=2"),
        ("2", LIMITED, f"perf refuses: {SENTENCE}"),
        ("2", WRAPPER, f"perf refuses: {WRAPPER}"),
        ("-1", "", "perf refuses: it says nothing"),
    ],
)
def test_a_perf_that_refuses(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, paranoid: str, stderr: str, why: str
) -> None:
    fake_perf(tmp_path, f"cat >&2 <<'EOF'\n{stderr}\nEOF\nexit 255")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    tree = write_tree(tmp_path, {"proc/sys/kernel/perf_event_paranoid": f"{paranoid}\n"})
    assert probe(tree).lacking[INSTRUCTIONS] == why


@pytest.mark.parametrize(
    ("controller", "read", "write", "name"),
    [
        ("uncore_imc_0", "cas_count_read", "cas_count_write", "uncore_imc"),
        ("uncore_imc", "data_reads", "data_writes", "uncore_imc"),
        ("uncore_imc_free_running_1", "data_read", "data_write", "uncore_imc_free_running"),
    ],
)
def test_controllers_are_found_by_their_events(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, controller: str, read: str, write: str, name: str
) -> None:
    line = "1.00,MiB,uncore_imc/cas_count_read/,1,100.00,,"
    fake_perf(tmp_path, f'while [ "$1" != "-o" ]; do shift; done; echo "{line}" >"$2"')
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    folder = f"sys/bus/event_source/devices/{controller}/events"
    tree = write_tree(tmp_path, {f"{folder}/{read}": "x", f"{folder}/{write}": "x"})
    assert probe(tree).events[BANDWIDTH] == (f"{name}/{read}/", f"{name}/{write}/")
    bare = probe(write_tree(tmp_path / "bare", {}))
    assert bare.lacking[BANDWIDTH] == "the kernel shows no memory controller that counts (uncore_imc)"


def test_this_host_counts_or_says_why_not() -> None:
    found = probe()
    assert {*found.events, *found.lacking} == {INSTRUCTIONS, CACHE_MISSES, BANDWIDTH}
    counted = count(["/bin/true"], found, env={"PATH": os.environ["PATH"]})
    assert {one.metric for one in counted.readings} | {*counted.lacking} >= {INSTRUCTIONS, CACHE_MISSES}
    assert all(one.samples[0] > 0 for one in counted.readings)


@pytest.mark.skipif(shutil.which("perf") is None, reason="NOT RUN: there is no perf here")
def test_the_real_perf_counts_what_software_can() -> None:
    """Page faults need no hardware: the whole way, with the real program."""
    host = Countable(events={INSTRUCTIONS: ("page-faults:u",)}, lacking={}, steady=probe().steady)
    counted = count(["/bin/true"], host, env={"PATH": os.environ["PATH"]})
    if counted.lacking:
        pytest.skip(f"NOT RUN: {probe(this_tree()).lacking}")
    (faults,) = counted.readings
    assert faults.samples[0] > 10
    with pytest.raises(CountError, match="ended with 3 while it was counted"):
        count([sys.executable, "-c", "import asyncio; raise SystemExit(3)"], host, env={})  # after perf waits


# --- callgrind --------------------------------------------------------------------------------------

CALLGRIND = """# callgrind format
version: 1
creator: callgrind-3.19.0
pid: 2800
cmd:  python -S -c sum(range(1000))
part: 1

desc: Trigger: Program termination

positions: line
events: Ir
summary: 27959597

fn=(3084) 0x0000000004936718
0 15
totals: 27959597
"""


def test_callgrind_states_a_total() -> None:
    assert parse_callgrind(CALLGRIND) == 27_959_597
    several = CALLGRIND.replace("events: Ir", "events: Dr Ir").replace("27959597", "5 27959597")
    assert parse_callgrind(several) == 27_959_597
    assert parse_callgrind(CALLGRIND.partition("summary")[0]) is None
    assert parse_callgrind("") is None


def test_without_valgrind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    counted = count_instructions_by_callgrind([sys.executable], env={})
    assert counted.lacking == {INSTRUCTIONS: "there is no valgrind on the PATH: install the package valgrind"}


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="NOT RUN: there is no valgrind here")
def test_callgrind_counts_the_same_twice_and_a_call_by_the_difference() -> None:
    def loop(rounds: int) -> Counted:
        body = f"i=0; while [ $i -lt {rounds} ]; do i=$((i+1)); done"
        return count_instructions_by_callgrind(["/bin/sh", "-c", body], env={"PATH": os.environ["PATH"]})

    few, again, many = loop(100), loop(100), loop(900)
    assert few == again
    (round_,) = per_call(few, many, 800).readings
    assert 50 < round_.samples[0] < 50_000  # a round of a shell's loop; its start-up takes 100,000s


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="NOT RUN: there is no valgrind here")
def test_nothing_goes_on_after_a_time_out(tmp_path: Path) -> None:
    command = ["/bin/sh", "-c", "while :; do :; done", str(tmp_path)]
    with pytest.raises(CountError, match=r"was not done after 0\.3 s"):
        count_instructions_by_callgrind(command, env={"PATH": os.environ["PATH"]}, timeout_s=0.3)
    assert processes_of(tmp_path) == []


def counted(instructions: float, misses: float, bandwidth: float, elapsed_s: float) -> Counted:
    readings = (
        reading(INSTRUCTIONS, "instructions", instructions),
        reading(CACHE_MISSES, "misses", misses),
        reading(BANDWIDTH, "bytes/s", bandwidth),
    )
    return Counted(readings=readings, lacking={}, elapsed_s=elapsed_s)


def test_a_call_that_is_lost_in_the_start() -> None:
    one = per_call(counted(1000, 50, 1e9, 2.0), counted(5000, 49, 1e9, 2.0), 40)
    assert one.readings == (reading(INSTRUCTIONS, "instructions", 100),)
    lost = "40 calls are lost in what the start-up varies"
    assert one.lacking == {CACHE_MISSES: lost, BANDWIDTH: lost}


def test_bandwidth_is_that_of_the_time_between() -> None:
    """2 s at 1 GB/s, and with the further calls 3 s at 2 GB/s: 4 GB more in 1 s more."""
    one = per_call(counted(1, 1, 1e9, 2.0), counted(5, 5, 2e9, 3.0), 4)
    assert one.readings[2] == reading(BANDWIDTH, "bytes/s", 4e9)


def test_a_script_is_refused(tmp_path: Path) -> None:
    (tmp_path / "python").write_text('#!/bin/sh\nexec python3 "$@"\n')
    (tmp_path / "python").chmod(0o755)
    with pytest.raises(CountError, match="is a script, and its shell would be counted too"):
        count([str(tmp_path / "python")], METAL_HOST, env={})
    with pytest.raises(CountError, match="There is no program"):
        count([str(tmp_path / "gone")], METAL_HOST, env={})
