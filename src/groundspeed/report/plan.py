"""A plan's expected gains against the measured ones, and what to do next: text, Markdown, HTML, JSON."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any

from groundspeed import units
from groundspeed.config.bottlenecks import BottleneckRule
from groundspeed.config.globs import split_key
from groundspeed.report.bottlenecks import (
    bottleneck_wire,
    listed,
    rule_text,
    share_text,
    unplaced_block,
    unprofiled_block,
)
from groundspeed.report.overview import render_paper
from groundspeed.report.overview.block import Block, Listing, Paper, sentence
from groundspeed.report.overview.cells import NOTHING, SECOND
from groundspeed.report.table import OverviewFormat, Table
from groundspeed.report.targets import bounds
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.bottlenecks import Unprofiled
from groundspeed.verdicts.plans import Answered, Outcome, PlanReport, Row, Step, Unanswered

SCHEMA = "groundspeed-plan"
VERSION = 1
_NO_DATA = "no data"
_ORDER = (Outcome.MISSED, _NO_DATA, Outcome.INCONCLUSIVE, Outcome.MET)
_CLOSING = (
    "Changes are of medians, with intervals of 99 %. The gain in all is the geometric mean over the plan's "
    "entries. Made by groundspeed report."
)


def render_plan(report: PlanReport, kind: OverviewFormat) -> str:
    """The report in the format asked for, without a line end."""
    if kind is OverviewFormat.JSON:
        return json.dumps(_wire(report), indent=2, ensure_ascii=False, allow_nan=False)
    return render_paper(paper_of(report), kind)


def paper_of(report: PlanReport) -> Paper:
    """What stands in it, for every format that people read."""
    remaining = report.remaining
    title = f"Plan {report.name}: {remaining.project} on {remaining.machine}"
    base = f"base {report.base[:8]} · " if report.base else ""
    blocks = [
        _expectations(report),
        Block(anchor="next", title="Next step", said=(_step_text(report),)),
        listed("remaining", "What remains above the thresholds", remaining.top, (_candidates(report),)),
        _new(report),
        unplaced_block(remaining.unplaced),
        unprofiled_block(_unprofiled(report), report.head),
        Block(anchor="rule", title="The decision rule", said=(rule_text(remaining.rule),)),
    ]
    return Paper(
        title=title,
        tab=f"{title} at {report.head[:8]}",
        subtitle=f"{base}head {report.head[:8]}",
        summary=tuple(map(sentence, (_counts(report), _gain_text(report.gain)))),
        blocks=tuple(one for one in blocks if one.said or one.listings),
        closing=_CLOSING,
    )


def _word(row: Row) -> str:
    return row.outcome if isinstance(row, Answered) else _NO_DATA


def _counts(report: PlanReport) -> str:
    """An entry is as its worst case is."""
    worst: dict[str, int] = {}
    for row in report.rows:
        key = row.entry.key
        worst[key] = min(worst.get(key, len(_ORDER)), _ORDER.index(_word(row)))
    counts = Counter(_ORDER[place] for place in worst.values())
    others = [f"{counts[word]} {word}" for word in _ORDER[:-1] if counts[word]]
    return ", ".join([f"{counts[Outcome.MET]} of {units.counted(len(worst), 'expected gain')} met", *others])


def _gain_text(gain: Interval | None) -> str:
    if gain is None:
        return "no gain was measured"
    return f"gained in all: {_percent(gain.centre)} ({_percent(gain.low)} to {_percent(gain.high)})"


def _expectations(report: PlanReport) -> Block:
    rows = sorted(report.rows, key=lambda one: _ORDER.index(_word(one)))
    header = ("state", "case", "expected", "measured")
    table = Table(header=header, rows=tuple(map(_cells, rows)))
    return Block(anchor="expected", title="Expected and measured", listings=(Listing(title="", table=table),))


def _cells(row: Row) -> tuple[str, ...]:
    against = row.entry.key.partition(" against ")[2]
    expected = f"{row.entry.text}{f'{SECOND}against {against}' if against else ''}"
    if isinstance(row, Unanswered):
        said = f"{SECOND}{row.command}" if row.command else ""
        return (_NO_DATA, row.subject, expected, f"{row.reason}{said}")
    low, high = _change(row.share.low), _change(row.share.high)
    spread = f"{SECOND}{low} to {high}" if low != high else ""
    return (
        row.outcome,
        f"{row.subject}{SECOND}at {row.at[:8]}",
        expected,
        _change(row.share.centre) + spread,
    )


def _change(share: float) -> str:
    """Of a ratio what it changes by: 0.5 is -50 %."""
    return f"{(share - 1) * 100:+.3g} %" if abs(share) < float("inf") else NOTHING


def _percent(share: float) -> str:
    return share_text(share) if abs(share) < float("inf") else NOTHING


def _step_text(report: PlanReport) -> str:
    rule = report.remaining.rule
    return {
        Step.NEXT_TIER: f"More than {share_text(rule.next_tier)} was gained: go on to the next tier, "
        "selectively. The candidates below stand in the order in which they pay.",
        Step.INVESTIGATE: f"Less than {share_text(rule.investigate)} was gained: investigate before anything "
        "else is optimised. Is the path that was changed the one that is measured? Does the time go to I/O, "
        "the network or JSON? Is memory allocated elsewhere? What remains below says where to look first.",
        Step.BETWEEN: f"Between {_range(rule)} was gained: no rule decides. Go on where a candidate below is "
        "of high priority and its change is simple, else stop here.",
        Step.UNDECIDED: f"The gain's interval crosses a limit of the rule ({_range(rule)}): measure more "
        "processes of both ends before deciding.",
        Step.UNKNOWN: "No gain is known: measure what has no data first.",
    }[report.step]


def _range(rule: BottleneckRule) -> str:
    return f"{share_text(rule.investigate)} and {share_text(rule.next_tier)}"


def _candidates(report: PlanReport) -> str:
    """How many there are, before they are listed."""
    found = report.remaining.found
    if not found:
        known = "profiles and growths" if report.remaining.profiles else "growths, for nothing was profiled"
        return f"Nothing, by {known}."
    shown = f"; the first {len(report.remaining.top)}:" if len(found) > len(report.remaining.top) else ":"
    return f"{units.counted(len(found), 'candidate')}, the most promising first{shown}"


def _unprofiled(report: PlanReport) -> tuple[Unprofiled, ...]:
    """Of the plan's own cases: of all others the list of what remains says nothing either way."""
    own = {split_key(row.subject)[0] for row in report.rows}
    kept = [
        replace(one, cases=tuple(case for case in one.cases if case in own))
        for one in report.remaining.unprofiled
    ]
    return tuple(one for one in kept if one.cases)


def _new(report: PlanReport) -> Block:
    title = "New since base"
    if report.new is None:
        said = "Nothing was profiled between base and head." if report.base else ""
        return Block(anchor="new", title=title, said=(said,) if said else ())
    return listed("new", title, report.new, () if report.new else ("None.",))


# --- JSON --------------------------------------------------------------------------------------------


def _wire(report: PlanReport) -> dict[str, Any]:
    gain = report.gain
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "plan": report.name,
        "project": report.remaining.project,
        "machine": report.remaining.machine,
        "base": report.base or None,
        "head": report.head,
        "gain": None if gain is None else {"share": gain.centre, "interval": bounds(gain)},
        "next_step": report.step.replace(" ", "_"),
        "expected": [_row_wire(row) for row in report.rows],
        "remaining": [bottleneck_wire(one) for one in report.remaining.found],
        "new": None if report.new is None else [bottleneck_wire(one) for one in report.new],
        "unprofiled": [{"kind": one.kind, "cases": list(one.cases)} for one in _unprofiled(report)],
    }


def _row_wire(row: Row) -> dict[str, Any]:
    shared = {
        "entry": row.entry.key,
        "expected": row.entry.text,
        "subject": row.subject,
        "outcome": _word(row).replace(" ", "_"),
    }
    if isinstance(row, Unanswered):
        return {**shared, "reason": row.reason, "command": row.command or None}
    return {**shared, "commit": row.at, "change": row.share.centre - 1, "interval": _changes(row.share)}


def _changes(share: Interval) -> list[float | None]:
    return [None if end is None else end - 1 for end in bounds(share)]
