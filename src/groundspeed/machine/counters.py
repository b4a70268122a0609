"""Instructions, cache misses and memory bandwidth of a command: perf where the host counts, callgrind on
request.

Owns how a count is made repeatable (no address randomisation, a fixed hash seed) and the sentence that
says why something cannot be counted here. It counts whole commands; what a worker runs is not its matter.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from groundspeed.errors import GroundspeedError
from groundspeed.machine.counter_output import Event, parse_callgrind, parse_perf
from groundspeed.machine.prefixes import leash, steady_prefix
from groundspeed.machine.tree import Tree, number, text, this_tree
from groundspeed.records import Better, Reading

INSTRUCTIONS, CACHE_MISSES, BANDWIDTH = "instructions", "cache_misses", "memory_bandwidth"
_EVENTS = {INSTRUCTIONS: "instructions:u", CACHE_MISSES: "cache-misses:u"}
_UNITS = {INSTRUCTIONS: "instructions", CACHE_MISSES: "misses", BANDWIDTH: "bytes/s"}
# Memory controllers that count what passes them: Intel's servers, its desktops, its newer desktops. perf
# adds up the controllers whose names start so.
_TRAFFIC = (
    ("uncore_imc", ("cas_count_read", "cas_count_write")),
    ("uncore_imc", ("data_reads", "data_writes")),
    ("uncore_imc_free_running", ("data_read", "data_write")),
)
_ELAPSED = "duration_time"
# kernel.perf_event_paranoid up to which anybody may count their own user code, and the whole host.
_OWN_FREE, _HOST_FREE = 2, 0
_WHOLE = 0.99  # an event that was counted for less of the time is perf's extrapolation


class CountError(GroundspeedError):
    """A command could not be counted. ``reason`` is for who knows which: it names no command."""

    def __init__(self, text: str, reason: str = "") -> None:
        super().__init__(text)
        self.reason = reason or text


@dataclass(frozen=True, kw_only=True, slots=True)
class Countable:
    """What can be counted here: perf's events by metric, and for every other metric why not.

    ``steady`` is the command prefix that switches address randomisation off; empty where that is
    forbidden, and counts then differ a little from process to process.
    """

    events: Mapping[str, tuple[str, ...]]
    lacking: Mapping[str, str]
    steady: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """The readings of one command, and why further ones that were asked for are missing.

    ``elapsed_s`` is how long the host was watched where bandwidth was asked for, else 0.
    """

    readings: tuple[Reading, ...]
    lacking: Mapping[str, str]
    elapsed_s: float = 0.0


def probe(tree: Tree | None = None) -> Countable:
    """Ask perf to count a command that does nothing. Takes about 30 ms; without perf nothing."""
    tree = tree or this_tree()
    events = {**{metric: (event,) for metric, event in _EVENTS.items()}, **_bandwidth_events(tree)}
    found: dict[str, tuple[str, ...]] = {}
    lacking: dict[str, str] = {}
    if BANDWIDTH not in events:
        lacking[BANDWIDTH] = "the kernel shows no memory controller that counts (uncore_imc)"
    for metric, wanted in events.items():
        if why := _why_not(tree, wanted, whole_host=metric == BANDWIDTH):
            lacking[metric] = why
        else:
            found[metric] = wanted
    return Countable(events=found, lacking=lacking, steady=steady_prefix())


def count(
    command: Sequence[str],
    countable: Countable,
    *,
    env: Mapping[str, str],
    cwd: Path | None = None,
    timeout_s: float | None = None,
) -> Counted:
    """Run the command once and count all that is countable here. Bandwidth is that of the whole host.

    ``env`` is the command's environment; its hash seed is fixed here. Raises CountError when the
    command fails, takes too long, or is a script where the interpreter itself is wanted.

    perf (6.1) forgets how a command ended that is over before perf comes to wait for it: 5 of 300 times for
    one that ends at once. ``rehearse`` does not.
    """
    if not countable.events:
        return Counted(readings=(), lacking=countable.lacking)
    with tempfile.TemporaryDirectory(prefix="groundspeed-count-") as folder:
        outputs = (Path(folder) / "task", Path(folder) / "host")
        _run(perf_command(_real(command), countable, *outputs), env, cwd, timeout_s)
        events = [event for output in outputs for event in parse_perf(text(output))]
    return counted_of(countable, events)


def rehearse(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path | None = None,
    timeout_s: float | None = None,
) -> None:
    """Run the command once uncounted: what a first one leaves behind, bytecode above all, is then there.

    Raises CountError as ``count`` does.
    """
    _run(_real(command), env, cwd, timeout_s)


def count_instructions_by_callgrind(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path | None = None,
    timeout_s: float | None = None,
) -> Counted:
    """Run the command once under valgrind, about 50 times slower: exact, and possible on every Linux.

    Processes that the command forks are counted with it, programs that it starts are not.
    """
    if why := why_no_callgrind():
        return Counted(readings=(), lacking={INSTRUCTIONS: why})
    with tempfile.TemporaryDirectory(prefix="groundspeed-count-") as folder:
        valgrind = ("valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/%p")
        _run([*steady_prefix(), *valgrind, *_real(command)], env, cwd, timeout_s)
        counts = [parse_callgrind(text(path)) for path in sorted(Path(folder).iterdir())]
    whole = [one for one in counts if one is not None]
    if not whole:
        return Counted(readings=(), lacking={INSTRUCTIONS: "callgrind wrote no total: it was ended early"})
    return Counted(readings=(_reading(INSTRUCTIONS, float(sum(whole))),), lacking={})


def why_no_callgrind() -> str:
    """Why callgrind cannot count here, and the next move; empty when it can."""
    if shutil.which("valgrind") is None:
        return "there is no valgrind on the PATH: install the package valgrind"
    return ""


def per_call(few: Counted, many: Counted, further_calls: int) -> Counted:
    """What one call costs, from two counts of the same command of which ``many`` made so many further
    calls: start-up and import cancel. Bandwidth is the host's while the further calls ran.
    """
    lacking = {**few.lacking, **many.lacking}
    start = {reading.metric: reading.samples[0] for reading in few.readings}
    readings = []
    for reading in many.readings:
        if reading.metric in start:
            before, after, divisor = start[reading.metric], reading.samples[0], float(further_calls)
            if reading.metric == BANDWIDTH:  # bytes over both whole times, then over the time between
                before, after = before * few.elapsed_s, after * many.elapsed_s
                divisor = many.elapsed_s - few.elapsed_s
            if after > before and divisor > 0:
                readings.append(replace(reading, samples=((after - before) / divisor,)))
            else:
                lacking[reading.metric] = f"{further_calls} calls are lost in what the start-up varies"
    return Counted(readings=tuple(readings), lacking=lacking)


def perf_command(
    command: Sequence[str], countable: Countable, task_output: Path, host_output: Path
) -> list[str]:
    """The command under perf. Memory controllers count for everybody, so they get a perf of their own
    around the one that counts this command alone.
    """
    host = countable.events.get(BANDWIDTH, ())
    task = [event for metric, events in countable.events.items() if metric != BANDWIDTH for event in events]
    outer = [*_perf(host_output, (*host, _ELAPSED)), "-a", "--", *leash()] if host else []
    inner = [*_perf(task_output, task), "--", *leash()] if task else []
    return [*outer, *inner, *countable.steady, *command]


def counted_of(countable: Countable, events: Sequence[Event]) -> Counted:
    """What perf's events say of the metrics; a metric that was not counted whole is lacking."""
    lacking = dict(countable.lacking)
    readings = []
    elapsed_s = sum(event.value or 0.0 for event in events if event.name == _ELAPSED)
    for metric, names in countable.events.items():
        values = [_whole(name, events) for name in names]
        whole = [value for value in values if value is not None]
        if len(whole) == len(names):
            readings.append(_reading(metric, sum(whole) / (elapsed_s if metric == BANDWIDTH else 1.0)))
        else:
            lacking[metric] = "perf counted it for a part of the time only: something else uses the counters"
    return Counted(readings=tuple(readings), lacking=lacking, elapsed_s=elapsed_s)


def _perf(output: Path, events: Sequence[str]) -> list[str]:
    return ["perf", "stat", "-x,", "-o", str(output), "-e", ",".join(events)]


def _why_not(tree: Tree, events: Sequence[str], *, whole_host: bool) -> str:
    """Why these events cannot be counted, and the next move; empty when they can."""
    if tree.system != "Linux":
        return f"perf counts on Linux alone, and this is {tree.system}"
    if shutil.which("perf") is None:
        return "there is no perf on the PATH: install linux-perf (Debian) or linux-tools-generic (Ubuntu)"
    with tempfile.NamedTemporaryFile(prefix="groundspeed-count-") as output:
        done = subprocess.run(
            [*_perf(Path(output.name), events), *(["-a"] if whole_host else []), "--", "true"],
            env={**os.environ, "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=False,
        )
        counted = parse_perf(text(Path(output.name)))
    if done.returncode != 0:
        return _refusal(tree, done.stderr, _HOST_FREE if whole_host else _OWN_FREE)
    if not any(event.value is not None for event in counted):
        return "the processor's counters are not there, as in most virtual machines: measure on bare metal"
    return ""


def _refusal(tree: Tree, stderr: str, allowed: int) -> str:
    paranoid = number(tree.proc / "sys/kernel/perf_event_paranoid")
    if paranoid is not None and paranoid > allowed:
        return f"kernel.perf_event_paranoid is {paranoid}: sudo sysctl kernel.perf_event_paranoid={allowed}"
    lines = [line.strip() for line in stderr.splitlines() if line.strip() not in {"", "Error:"}]
    return f"perf refuses: {lines[0] if lines else 'it says nothing'}"


def _bandwidth_events(tree: Tree) -> Mapping[str, tuple[str, ...]]:
    devices = tree.sys / "bus/event_source/devices"
    for controller, names in _TRAFFIC:
        folders = [one / "events" for one in devices.glob(f"{controller}*")]
        if any(all((folder / name).exists() for name in names) for folder in folders):
            return {BANDWIDTH: tuple(f"{controller}/{name}/" for name in names)}
    return {}


def _whole(name: str, events: Sequence[Event]) -> float | None:
    """The count of an event; None unless perf counted all the time.

    On a processor of two kinds of core there is a line for each (`cpu_core/instructions:u/`), and the
    kind that the command did not run on was not counted.
    """
    own = [event for event in events if event.name == name or event.name.endswith(f"/{name}/")]
    counted = [event.value for event in own if event.value is not None]
    extrapolated = any(event.value is not None and event.counted_share < _WHOLE for event in own)
    return sum(counted) if counted and not extrapolated else None


def _reading(metric: str, value: float) -> Reading:
    return Reading(metric=metric, unit=_UNITS[metric], better=Better.LOWER, samples=(value,))


def _real(command: Sequence[str]) -> Sequence[str]:
    """Refuse a script: a version manager's `python` is a shell whose instructions would count as well."""
    program = shutil.which(command[0])
    if program is None:
        raise CountError(f"There is no program {command[0]} to count. Name it by its path.")
    with Path(program).open("rb") as file:
        if file.read(2) == b"#!":
            raise CountError(
                f"{program} is a script, and its shell would be counted too. Name the interpreter itself: "
                "python -c 'import sys; print(sys.executable)' prints it."
            )
    return command


def _run(command: Sequence[str], env: Mapping[str, str], cwd: Path | None, timeout_s: float | None) -> None:
    """Run to the end; after a time-out or an interrupt nothing of the command goes on."""
    with subprocess.Popen(
        [*leash(), *command],
        env={**env, "PYTHONHASHSEED": "0", "LC_ALL": "C"},
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            _, stderr = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired as error:
            reason = f"was not done after {timeout_s:g} s"
            raise CountError(f"{' '.join(command)} {reason}. Allow more.", f"it {reason}") from error
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    if process.returncode != 0:
        last = stderr.strip().rpartition("\n")[2] or "no output"
        reason = f"ended with {process.returncode} while it was counted: {last}"
        raise CountError(f"{' '.join(command)} {reason}. Run it without counting to see why.", f"it {reason}")
