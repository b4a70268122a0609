"""A commit held against a baseline, as text, Markdown and JSON; its rows are said as in a comparison."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from groundspeed.machine.profile import Difference
from groundspeed.records import Verdict
from groundspeed.report.comparison import View, rows_parts
from groundspeed.report.judgements import row_json, summary
from groundspeed.report.table import Format
from groundspeed.results.session_wire import time_text
from groundspeed.verdicts.baselines import Check

SCHEMA = "groundspeed-baseline-check"
VERSION = 1  # a key that is added does not raise it
SHOWN = 8  # things that differ of one kind, for a terminal; JSON has all


def check_report(check: Check, view: View, output: Format) -> str:
    """What holds, what does not, what else is different from then. JSON holds all rows whatever the view."""
    if output is Format.JSON:
        return json.dumps(_json(check), indent=2, allow_nan=False)
    parts = [
        _head(check, output),
        _differences(check, output),
        *rows_parts(check.comparison.rows, view, output),
        _unchecked(check),
        _next(check),
    ]
    return "\n\n".join(part for part in parts if part)


def _head(check: Check, output: Format) -> str:
    baseline = check.baseline
    other = "" if baseline.origin.machine == check.machine else f"  of {baseline.origin.machine}"
    saved = f"{baseline.commit[:8]}  {baseline.commit_date:%Y-%m-%d}, saved {baseline.saved_at:%Y-%m-%d}"
    lines = [
        summary(check.comparison),
        f"baseline  {baseline.name}  {saved}{other}",
        f"commit    {check.commit[:8]}",
        f"on        {check.machine}",
    ]
    if output is Format.MARKDOWN:
        return "\n".join([f"**{lines[0]}**", "", *(f"- {line}" for line in lines[1:])])
    return "\n".join(lines)


def _differences(check: Check, output: Format) -> str:
    """What a reader must think of before blaming the code."""
    groups = (("the host", check.hosts), ("installed", check.packages))
    lines = [line for title, found in groups for line in _group(title, found)]
    if not lines:
        return ""
    mark = "- " if output is Format.MARKDOWN else "  "
    blank = [""] if output is Format.MARKDOWN else []
    return "\n".join(
        ["Not the code alone is different from then:", *blank, *(f"{mark}{line}" for line in lines)]
    )


def _group(title: str, found: Sequence[Difference]) -> list[str]:
    lines = [f"{title}: {one.what} {one.expected} → {one.found}" for one in found[:SHOWN]]
    more = len(found) - SHOWN
    return [*lines, f"{title}: {more} more (--format json has all)"] if more > 0 else lines


def _unchecked(check: Check) -> str:
    if not check.unchecked:
        return ""
    again = f"groundspeed baseline save {check.baseline.name} {check.commit[:8]} --replace"
    return (
        f"{len(check.unchecked)} of the baseline's measurements were not checked (gone or redefined).\n"
        f"Where that is meant, save it again: {again}"
    )


def _next(check: Check) -> str:
    count = check.comparison.count
    if not count(Verdict.SLOWER) and not count(Verdict.INCONCLUSIVE):
        return ""
    return (
        "Both commits measured in turn tell more: "
        f"groundspeed compare {check.baseline.commit[:8]} {check.commit[:8]} --measure"
    )


def _json(check: Check) -> dict[str, Any]:
    baseline = check.baseline
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "baseline": {
            "name": baseline.name,
            "commit": baseline.commit,
            "commit_date": time_text(baseline.commit_date),
            "saved_at": time_text(baseline.saved_at),
            "machine": baseline.origin.machine,
        },
        "commit": check.commit,
        "machine": check.machine,
        "different": {
            "host": [_difference(one) for one in check.hosts],
            "installed": [_difference(one) for one in check.packages],
        },
        "unchecked": len(check.unchecked),
        "rows": [row_json(row) for row in check.comparison.rows],
    }


def _difference(one: Difference) -> dict[str, str]:
    return {"what": one.what, "then": one.expected, "now": one.found}
