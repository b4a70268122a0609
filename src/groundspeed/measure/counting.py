"""Instructions and cache misses of a call: how many calls are counted, by which tool, and what they come to.

A case is called few times in one process and many times in another, both with as many set-ups; the
difference belongs to the further calls. A case that cannot be counted is a note and has no reading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from groundspeed.config import Configuration
from groundspeed.machine import counters
from groundspeed.machine.counters import (
    Counted,
    CountError,
    count_instructions_by_callgrind,
    per_call,
    probe,
    rehearse,
)
from groundspeed.measure.standing_worker import Located
from groundspeed.records import Measured, Reading
from groundspeed.suite.client import Folders
from groundspeed.suite.counted import Command, Repetition, counted_command
from groundspeed.suite.environments import Prepared

INSTRUCTIONS, CACHE_MISSES, BANDWIDTH = counters.INSTRUCTIONS, counters.CACHE_MISSES, counters.BANDWIDTH
CALLGRIND = "instructions_callgrind"
"""A metric of its own: callgrind counts on a processor that it imitates, with other extensions than this
one has, on which libraries choose other code. The two numbers cannot be compared.
"""

# 0.2 s of further calls outweigh the start of Python that both processes share (0.1 s and more). Under
# callgrind two starts were equal to the last digit, so a tenth of that will do: it lasts a second there.
_BY_PERF_S, _BY_CALLGRIND_S = 0.2, 0.02
_SLOWDOWN = 50.0  # of callgrind
_MOST = 1_000_000  # further calls
_WARM = 50  # calls, within which CPython's specialising interpreter (PEP 659) has seen enough of a function
_KIND = "time"  # the others call in threads, at intervals, or in interpreters of their own


@dataclass(frozen=True, kw_only=True, slots=True)
class Calls:
    """How often a case is called in the one process and in the other."""

    few: int
    many: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Tool:
    """Who counts. ``count`` runs a command that may take so many seconds; ``slowdown`` is what it makes of
    a second; ``further_s`` seconds of further calls tell enough.
    """

    name: str
    slowdown: float
    further_s: float
    count: Callable[[Command, float], Counted]


def calls_for(further_s: float, round_s: float) -> Calls:
    """How many calls make ``further_s`` seconds of further ones; a round (set-up, call) takes ``round_s``.

    The few are enough to warm up, unless the call itself is long.
    """
    further = max(1, min(_MOST, int(further_s / round_s)))
    few = min(_WARM, further)
    return Calls(few=few, many=few + further)


def tools_for(wanted: Set[str], note: Callable[[str], None]) -> tuple[Tool, ...]:
    """Who can count the wanted metrics here. Notes why any other cannot be counted."""
    return (*_perf(wanted - {CALLGRIND}, note), *(_callgrind(note) if CALLGRIND in wanted else ()))


def _perf(wanted: Set[str], note: Callable[[str], None]) -> Iterator[Tool]:
    if not wanted:
        return
    found = probe()
    events = {metric: names for metric, names in found.events.items() if metric in wanted}
    for metric in sorted(wanted - events.keys()):
        otherwise = "; --callgrind counts on any Linux" if metric == INSTRUCTIONS else ""
        note(f"{metric} cannot be counted here: {found.lacking[metric]}{otherwise}")
    countable = replace(found, events=events, lacking={})

    def count(command: Command, timeout_s: float) -> Counted:
        return counters.count(
            command.words, countable, env=command.variables, cwd=command.cwd, timeout_s=timeout_s
        )

    if events:
        yield Tool(name="perf", slowdown=1.0, further_s=_BY_PERF_S, count=count)


def _callgrind(note: Callable[[str], None]) -> Iterator[Tool]:
    def count(command: Command, timeout_s: float) -> Counted:
        found = count_instructions_by_callgrind(
            command.words, env=command.variables, cwd=command.cwd, timeout_s=timeout_s
        )
        return replace(found, readings=tuple(replace(one, metric=CALLGRIND) for one in found.readings))

    if why := counters.why_no_callgrind():
        note(f"{CALLGRIND} cannot be counted here: {why}")
        return
    yield Tool(name="callgrind", slowdown=_SLOWDOWN, further_s=_BY_CALLGRIND_S, count=count)


def counter_for(
    wanted: Set[str],
    configuration: Configuration,
    folders: Callable[[Prepared], Folders],
    note: Callable[[str], None],
) -> Counter | None:
    """Who counts the wanted metrics of the configured suite; None where nothing is wanted, or can be."""
    tools = tools_for(wanted, note)
    if not tools:
        return None
    return Counter(
        tools, lambda prepared, case: counted_command(prepared, configuration, folders(prepared), case), note
    )


class Counter:
    """Counts what a call of a case costs. Tells of what cannot be counted once for each reason."""

    def __init__(
        self,
        tools: Sequence[Tool],
        command: Callable[[Prepared, Repetition], AbstractContextManager[Command]],
        note: Callable[[str], None],
    ) -> None:
        self._tools = tools
        self._command = command
        self._note = note
        self._told: set[str] = set()

    def count(
        self, prepared: Prepared, located: Located, measured: Measured, active_s: float, timeout_s: float
    ) -> tuple[Reading, ...]:
        """The readings of a case that was measured: one value each.

        ``active_s`` is what a process took that gave as many samples as ``measured`` has, set-up
        included; ``timeout_s`` bounds each of the processes, start included.
        """
        benchmark = located.benchmark
        if benchmark.kind != _KIND:
            return ()
        round_s = active_s / (len(measured.samples) * (measured.number or 1))
        about = str(benchmark.cases()[located.index])
        wanted = Repetition(benchmark=benchmark, index=located.index, rounds=1, calls=1, timeout_s=timeout_s)
        try:
            self._rehearse(prepared, wanted)
        except (CountError, OSError) as error:
            self._tell(f"{about} is not counted", _reason(error))
            return ()
        found = [self._by(tool, prepared, wanted, round_s, about) for tool in self._tools]
        return tuple(reading for readings in found for reading in readings)

    def _by(
        self, tool: Tool, prepared: Prepared, wanted: Repetition, round_s: float, about: str
    ) -> tuple[Reading, ...]:
        calls, timeout_s = calls_for(tool.further_s, round_s), wanted.timeout_s
        about = f"{about} is not counted by {tool.name}"
        least_s = tool.slowdown * calls.many * round_s
        if least_s > timeout_s:
            self._tell(about, f"that takes {least_s:.0f} s, its timeout is {timeout_s:g} s")
            return ()
        wanted = replace(wanted, rounds=calls.many)
        try:
            few = self._run(tool, prepared, replace(wanted, calls=calls.few))
            many = self._run(tool, prepared, replace(wanted, calls=calls.many))
        except (CountError, OSError) as error:
            self._tell(about, _reason(error))
            return ()
        found = per_call(few, many, calls.many - calls.few)
        for metric, why in found.lacking.items():
            self._tell(f"{about}: {metric}", why)
        return found.readings

    def _rehearse(self, prepared: Prepared, wanted: Repetition) -> None:
        with self._command(prepared, wanted) as command:
            rehearse(command.words, env=command.variables, cwd=command.cwd, timeout_s=wanted.timeout_s)

    def _run(self, tool: Tool, prepared: Prepared, wanted: Repetition) -> Counted:
        with self._command(prepared, wanted) as command:
            return tool.count(command, wanted.timeout_s)

    def _tell(self, about: str, why: str) -> None:
        if why not in self._told:
            self._told.add(why)
            self._note(f"{about}: {why}")


def _reason(error: CountError | OSError) -> str:
    return error.reason if isinstance(error, CountError) else str(error)
