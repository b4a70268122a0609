"""Profiles of cases as text, Markdown and JSON: what takes most first, what taking it cost beside it."""

from __future__ import annotations

import json
import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from groundspeed import units
from groundspeed.profiling.deterministic import TOP, Deterministic
from groundspeed.profiling.live import Live
from groundspeed.profiling.memory import ALLOCATED, ALLOCATIONS, PEAK, REALLOCATIONS
from groundspeed.profiling.recorded import read_recorded
from groundspeed.profiling.values import Answer, CaseProfiles
from groundspeed.profiling.weights import Overhead, Recorded, Taken, places_of
from groundspeed.report.profile_json import answer_wire, below, live_wire
from groundspeed.report.recorded import render_recorded
from groundspeed.report.table import Format, Table, escaped, plain

_SHOWN = 0.005  # of the whole: what has less by itself, and less with its calls, is left to the file
_COMMAND = 100  # characters of a process's command: JSON has all
_MEMORY = (PEAK, ALLOCATED, ALLOCATIONS, REALLOCATIONS)


def render_profile(answer: Answer, kind: Format, *, top: int, root: Path) -> str:
    """Every case's profiles; ``top`` rows a table, in JSON ``TOP``. Files are named below ``root``."""
    if kind is Format.JSON:
        return json.dumps(answer_wire(answer, root), indent=2, ensure_ascii=False, allow_nan=False)
    sections = [_case(one, answer, kind, top, root) for one in answer.cases]
    summary = [_summary(answer, kind)] if len(answer.cases) > 1 else []
    return "\n\n".join([*sections, *summary])


def render_live(live: Live, kind: Format, *, top: int, file: Path) -> str:
    """A process's profile, and the file that holds it."""
    if kind is Format.JSON:
        return json.dumps(live_wire(live, file), indent=2, ensure_ascii=False, allow_nan=False)
    run = live.run
    command = textwrap.shorten(live.command, _COMMAND, placeholder=" …")
    said = (
        f"Process {live.pid} ({_words(command, kind)}): {run.samples:,} samples in "
        f"{units.display(live.seconds, 's')} by {live.tool}, {units.display(run.total, 's')} of work "
        f"seen. The sampler took {live.sampler_share:.1%} of a processor."
    )
    return "\n\n".join([said, _drawn(_table([run], "own", 1.0, top), kind), f"Stored: {file}"])


# --- a case ----------------------------------------------------------------------------------------------


def _case(one: CaseProfiles, answer: Answer, kind: Format, top: int, root: Path) -> str:
    head = f"{one.case} at {one.commit.short} ({one.commit.subject}), {answer.environment}, {answer.machine}"
    parts = [f"## {escaped(head)}" if kind is Format.MARKDOWN else plain(head)]
    parts += [_words(failed, kind) for failed in not_taken(one)]
    taken = {stored.taken.kind: stored.taken for stored in one.stored}
    if "cpu" in taken:
        parts += _cpu(taken["cpu"], kind, top)
    if PEAK in taken:
        parts += _memory(taken, kind, top)
    if one.calls is not None:
        parts += _calls(one.calls, kind, top)
    for name, path in one.recorded:
        parts += [titled(name.capitalize(), kind), render_recorded(read_recorded(path), kind)]
    files = [*one.files.values(), *([one.stats] if one.stats else [])]
    if files:
        names = [below(path, root) for path in files]
        parts.append(
            "Stored:\n"
            + "\n".join(f"- `{name}`" if kind is Format.MARKDOWN else f"  {name}" for name in names)
        )
    return "\n\n".join(parts)


def _cpu(taken: Taken, kind: Format, top: int) -> Iterator[str]:
    yield titled("Time, by function", kind)
    runs = f" in {len(taken.runs)} runs" if len(taken.runs) > 1 else ""
    counts = [one.samples for one in taken.runs if one.samples is not None]
    samples = f", {sum(counts):,} samples" if counts else ""
    said = f"{_calls_text(taken.calls)}{runs}{samples}, by {taken.tool}."
    yield "\n".join([said, _cost(taken.overhead), *(_words(note, kind) for note in taken.notes)])
    durations = [run.duration_s for run in taken.runs if run.duration_s is not None]
    by_clock = len(durations) == len(taken.runs) and taken.total > 0  # else by the samples, as they are
    scale = math.fsum(durations) / taken.total if by_clock else 1.0
    yield _drawn(_table(taken.runs, "own a call", scale / taken.calls, top), kind)


def _memory(taken: Mapping[str, Taken], kind: Format, top: int) -> Iterator[str]:
    """What a call holds and allocates: by line, the most at the peak first."""
    yield titled("Memory, by line", kind)
    total = {name: taken[name].total / taken[name].calls for name in _MEMORY}
    yield (
        f"A call has {units.display(total[PEAK], 'bytes')} in use at its peak, and allocates "
        f"{units.display(total[ALLOCATED], 'bytes')} in {total[ALLOCATIONS]:,.0f} allocations "
        f"({total[REALLOCATIONS]:,.0f} of them to make a block larger).\nBy {taken[PEAK].tool}. "
        f"{_cost(taken[PEAK].overhead)}"
    )
    found: dict[tuple[str, str, int | None], dict[str, float]] = {}
    for name in _MEMORY:
        for one in places_of(taken[name].runs, by_line=True):
            place = found.setdefault((one.name, one.file, one.line), dict.fromkeys(_MEMORY, 0.0))
            place[name] = one.own / taken[name].calls
    shown = [
        (place, own)
        for place, own in found.items()
        if any(own[name] > 0 and own[name] >= _SHOWN * total[name] for name in _MEMORY)
    ]
    shown.sort(key=lambda one: [-one[1][name] for name in _MEMORY])
    rows = tuple(
        (
            units.display(own[PEAK], "bytes"),
            units.display(own[ALLOCATED], "bytes"),
            f"{own[ALLOCATIONS]:,.0f}",
            f"{own[REALLOCATIONS]:,.0f}",
            name,
            _at(file, line),
        )
        for (name, file, line), own in shown[:top]
    )
    header = ("at the peak", "allocated", "allocations", "enlarged", "function", "where")
    yield _drawn(Table(header=header, rows=rows, right=frozenset(header[:4])), kind)


def _cost(overhead: Overhead) -> str:
    share = overhead.share
    pairs = "1 pair" if len(overhead.pairs) == 1 else f"{len(overhead.pairs)} pairs"
    times = f"{1 + share:.3g} times as long" if share >= 1 else f"{share:+.1%}".replace("-", "−")
    return (
        f"At best a call took {units.display(overhead.profiled_s, 's')} profiled, "
        f"{units.display(overhead.plain_s, 's')} without ({times}; {pairs} in turn)."
    )


def _table(runs: Sequence[Recorded], own: str, scale: float, top: int) -> Table:
    """The functions that take most time; ``scale`` makes a second of their weight what ``own`` says."""
    total = math.fsum(run.total for run in runs)
    places = [one for one in places_of(runs, by_line=False) if one.whole >= _SHOWN * total]
    rows = tuple(
        (
            f"{one.own / total:.1%}",
            f"{one.whole / total:.1%}",
            units.display(one.own * scale, "s"),
            one.name,
            _at(one.file, one.line),
        )
        for one in places[:top]
    )
    header = ("share", "with calls", own, "function", "where")
    return Table(header=header, rows=rows, right=frozenset(header[:3]))


def _calls(calls: Deterministic, kind: Format, top: int) -> Iterator[str]:
    yield titled("Every call, by function", kind)
    yield (
        f"{_calls_text(calls.benchmark_calls)}, by cProfile.\n{_cost(calls.overhead)}\nIt charges for each "
        "call: trust the counts, and the times of functions that do much in one call."
    )
    header = ("calls", "own", "with calls", "function", "where")
    rows = tuple(
        (
            _times(one.calls / calls.benchmark_calls),
            units.display(one.own_s / calls.benchmark_calls, "s"),
            units.display(one.whole_s / calls.benchmark_calls, "s"),
            one.name,
            _at(one.file, one.line),
        )
        for one in calls.functions[: min(top, TOP)]
    )
    yield _drawn(Table(header=header, rows=rows, right=frozenset(header[:3])), kind)


def _summary(answer: Answer, kind: Format) -> str:
    """Of each case the function that takes most by itself, of memory where no time was asked for, and what
    failed.
    """
    rows = []
    for one in answer.cases:
        cpu = next((stored.taken for stored in one.stored if stored.taken.kind == "cpu"), None)
        peak = next((stored.taken for stored in one.stored if stored.taken.kind == PEAK), None)
        told = cpu or peak
        places = places_of(told.runs, by_line=False) if told else ()
        rows.append(
            (
                str(one.case),
                places[0].name if places else "",
                f"{places[0].own / told.total:.0%}" if places and told else "",
                units.display(peak.total / len(peak.runs), "bytes") if peak else "",
                ", ".join(failed.kind for failed in one.failures),
            )
        )
    header = ("case", "most of its own", "share", "peak memory", "not taken")
    table = Table(header=header, rows=tuple(rows), right=frozenset({"share", "peak memory"}))
    return "\n\n".join([titled("Summary", kind), _drawn(table, kind)])


def not_taken(one: CaseProfiles) -> Iterator[str]:
    """A line for each reason why kinds of a case were not taken."""
    for why in dict.fromkeys(failed.why for failed in one.failures):
        kinds = ", ".join(failed.kind for failed in one.failures if failed.why == why)
        lines = [line.strip() for line in why.splitlines() if line.strip()]
        yield f"{kinds} not taken: {lines[-1] if lines else 'it said nothing'}"


# --- words -----------------------------------------------------------------------------------------------


def titled(text: str, kind: Format) -> str:
    """A heading."""
    return f"### {text}" if kind is Format.MARKDOWN else text


def _words(text: str, kind: Format) -> str:
    lines = text.splitlines()
    return "\n".join(escaped(line) if kind is Format.MARKDOWN else plain(line) for line in lines)


def _drawn(table: Table, kind: Format) -> str:
    return table.markdown() if kind is Format.MARKDOWN else table.text()


def _calls_text(calls: int) -> str:
    return "1 call" if calls == 1 else f"{calls:,} calls"


def _times(calls: float) -> str:
    return f"{calls:,.0f}" if calls >= 100 or calls == int(calls) else f"{calls:.2g}"


def _at(file: str, line: int | None) -> str:
    return file if line is None or not file else f"{file}:{line}"
