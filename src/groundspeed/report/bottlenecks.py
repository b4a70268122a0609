"""What costs a suite most, as a report: text, Markdown, one HTML file, JSON. Owns the words and columns."""

from __future__ import annotations

import dataclasses
import json
import math
import shlex
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from groundspeed import units
from groundspeed.config.bottlenecks import BottleneckRule
from groundspeed.report.overview import render_paper
from groundspeed.report.overview.block import Block, Listing, Paper, sentence
from groundspeed.report.overview.cells import NOTHING, SECOND
from groundspeed.report.table import OverviewFormat, Table
from groundspeed.verdicts.bottlenecks import (
    HIGH,
    MEDIUM,
    Bottleneck,
    BottleneckReport,
    Cause,
    InCase,
    Priority,
    Unplaced,
    Unprofiled,
)
from groundspeed.verdicts.places import Place

SCHEMA = "groundspeed-bottlenecks"
VERSION = 1

_CASES = 3  # of a bottleneck or a gap that are named: enough to find the rest
_OF = {
    Cause.GROWTH: "the time at the largest size",
    Cause.CPU: "the CPU time",
    Cause.BLOCKED: "the waiting",
    Cause.REGROWN: "the moves",
    Cause.SMALL: "the allocations",
    Cause.MEMORY: "the bytes",
}
_SPEEDS_UP = (Cause.GROWTH, Cause.CPU)  # what is won of the others is time only as far as they cost it
_CLOSING = (
    "What a dependency spends counts for the function that called it. What can be won is all of a part "
    "(Amdahl's law). Made by groundspeed bottlenecks."
)


def render_bottlenecks(report: BottleneckReport, kind: OverviewFormat) -> str:
    """The report in the format asked for, without a line end."""
    if kind is OverviewFormat.JSON:
        return json.dumps(report_wire(report), indent=2, ensure_ascii=False, allow_nan=False)
    return render_paper(paper_of(report), kind)


def paper_of(report: BottleneckReport) -> Paper:
    """What stands in it, for every format that people read."""
    title = f"Bottlenecks of {report.project} on {report.machine}"
    blocks = [
        listed("bottlenecks", "What costs most", report.top),
        unplaced_block(report.unplaced),
        unprofiled_block(report.unprofiled),
        Block(anchor="rule", title="The decision rule", said=(rule_text(report.rule),)),
    ]
    return Paper(
        title=title,
        tab=f"{title} at {report.commit[:8]}",
        subtitle=f"commit {report.commit[:8]}",
        summary=tuple(map(sentence, summary(report))),
        blocks=tuple(one for one in blocks if one.said or one.listings),
        closing=_CLOSING,
    )


def summary(report: BottleneckReport) -> tuple[str, ...]:
    """The answer, and what it rests on."""
    high = sum(one.priority is Priority.HIGH for one in report.found)
    shown = f", {len(report.top)} of them shown" if len(report.top) < len(report.found) else ""
    count = units.counted(len(report.found), "bottleneck")
    first = (
        f"{count} above the thresholds, {high} of high priority{shown}"
        if report.found
        else "nothing known lies above the thresholds"
    )
    judged = (units.counted(len(report.profiles), "profile"), units.counted(report.ladders, "growth"))
    return first, f"{' and '.join(judged)} were judged"


def listed(anchor: str, title: str, found: Sequence[Bottleneck], said: tuple[str, ...] = ()) -> Block:
    """Bottlenecks as a block; it says nothing where there are none, but what is ``said``."""
    listings = (Listing(title="", table=table_of(found)),) if found else ()
    return Block(anchor=anchor, title=title, said=said, listings=listings)


def table_of(found: Sequence[Bottleneck]) -> Table:
    """A row each."""
    header = ("priority", "function", "evidence", "can win", "case")
    return Table(header=header, rows=tuple(map(_cells, found)))


def _cells(one: Bottleneck) -> tuple[str, ...]:
    worst = one.cases[0]
    more = len(one.cases) - 1
    others = ", ".join(case.case for case in one.cases[1 : 1 + _CASES])
    elsewhere = f"{SECOND}and {more}: {others}{', …' if more > _CASES else ''}" if more else ""
    further = "".join(f"{SECOND}and {_further_text(also)}" for also in one.further)
    return (
        one.priority,
        _where(one),
        f"{evidence_text(one.cause, worst)}{SECOND}at {worst.commit[:8]}{further}",
        _gain_text(one),
        f"{worst.case}{elsewhere}",
    )


def _where(one: Bottleneck) -> str:
    if one.place is None:
        bench = shlex.quote(one.cases[0].case.partition("(")[0])
        return f"no CPU profile{SECOND}groundspeed profile {bench} --kind cpu"
    return f"{one.place.name}{SECOND}{place_text(one.place)}"


def place_text(place: Place) -> str:
    """``file:line``."""
    return f"{place.file or NOTHING}:{place.line}" if place.line else place.file or NOTHING


def evidence_text(cause: Cause, one: InCase) -> str:
    """How much of what, and in whom."""
    if cause is Cause.GROWTH:
        return f"grows with n^{one.value:.2f}{f' ({one.through})' if one.through else ''}"
    through = f", mostly in {one.through}" if one.through else ""
    return f"{_amount(cause, one)}{through}"


def _amount(cause: Cause, one: InCase) -> str:
    """``350 ms of CPU time a call``."""
    if cause is Cause.SMALL:
        return f"{one.value:,.0f} small allocations a call"
    if cause is Cause.REGROWN:
        return f"{one.value:,.0f} moves to a larger place a call"
    each = units.display(one.value, one.unit)
    if cause is Cause.BLOCKED:
        return f"blocked for {each} in all"
    return f"{each} of CPU time a call" if cause is Cause.CPU else f"{each} allocated a call"


def _further_text(one: Bottleneck) -> str:
    """In the case where it is worst."""
    said = evidence_text(one.cause, replace(one.cases[0], through=""))
    return f"{said}: {share_text(one.most)} of {_OF[one.cause]}"


def _gain_text(one: Bottleneck) -> str:
    share = f"{share_text(one.most)} of {_OF[one.cause]}"
    if one.cause not in _SPEEDS_UP or math.isinf(one.times_as_fast):
        return share
    return f"{share}{SECOND}{one.times_as_fast:.3g} times as fast"


def share_text(share: float) -> str:
    """In percent, three digits at most."""
    return f"{share * 100:.3g} %"


def unplaced_block(found: Sequence[Unplaced]) -> Block:
    """What allocates too much, where nobody knows in which function."""
    rows = tuple(
        (
            one.case,
            f"{units.display(one.value, one.unit)} a call",
            f"groundspeed profile {shlex.quote(one.case.partition('(')[0])} --kind memory",
        )
        for one in found
    )
    table = Table(header=("case", "allocates", "where, says"), rows=rows)
    return Block(
        anchor="unplaced",
        title="Above the thresholds, place unknown",
        listings=(Listing(title="", table=table),) if rows else (),
    )


def unprofiled_block(found: Sequence[Unprofiled], rev: str = "") -> Block:
    """What no profile supports, and the command that would: at the commit ``rev``, empty for the newest."""
    said = tuple(_unprofiled_text(one, f" --rev {rev[:8]}" if rev else "") for one in found)
    return Block(anchor="unprofiled", title="Not looked into", said=said)


def _unprofiled_text(one: Unprofiled, at: str) -> str:
    named = ", ".join(one.cases[:_CASES]) + (", …" if len(one.cases) > _CASES else "")
    cases = named if len(one.cases) == 1 else f"{units.counted(len(one.cases), 'case')} ({named})"
    bench = shlex.quote(one.cases[0].partition("(")[0])
    return f"No {one.kind} profile of {cases}: groundspeed profile {bench}{at} --kind {one.kind}"


def rule_text(rule: BottleneckRule) -> str:
    """The thresholds in a sentence."""
    return (
        f"Above {share_text(rule.cpu)} of a case's CPU time, {units.display(rule.allocated, 'bytes')} "
        f"allocated a call, {rule.allocations:,.0f} allocations a call of less than "
        f"{units.display(rule.small, 'bytes')} on average, {rule.regrown:,.0f} moves to a larger place a "
        f"call, {units.display(rule.blocked_s, 's')} blocked in all, or a growth above n^{rule.exponent:g}: "
        f"[bottlenecks] in groundspeed.toml. High priority can win {share_text(HIGH)} or more in a case, "
        f"medium {share_text(MEDIUM)}."
    )


# --- JSON --------------------------------------------------------------------------------------------


def report_wire(report: BottleneckReport) -> dict[str, Any]:
    """All of it, not the top alone."""
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "project": report.project,
        "machine": report.machine,
        "commit": report.commit,
        "thresholds": dataclasses.asdict(report.rule),
        "bottlenecks": [bottleneck_wire(one) for one in report.found],
        "unplaced": [dataclasses.asdict(one) for one in report.unplaced],
        "unprofiled": [{"kind": one.kind, "cases": list(one.cases)} for one in report.unprofiled],
        "profiles": [{"case": one.case, "kind": one.kind, "commit": one.commit} for one in report.profiles],
        "growths": report.ladders,
        "notices": list(report.notices),
    }


def bottleneck_wire(one: Bottleneck) -> dict[str, Any]:
    """One of them; a speed-up without a limit is null, for JSON has no infinity."""
    place = one.place
    return {
        "cause": one.cause,
        "priority": one.priority,
        "function": place.name if place else None,
        "file": place.file if place else None,
        "line": (place.line or None) if place else None,
        "can_win": one.most,
        "times_as_fast": one.times_as_fast
        if one.cause in _SPEEDS_UP and math.isfinite(one.times_as_fast)
        else None,
        "cases": [dataclasses.asdict(case) for case in one.cases],
        "further": [bottleneck_wire(also) for also in one.further],
    }
