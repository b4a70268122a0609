"""What was decided about regressions, as text, Markdown and JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from groundspeed.report.table import Format, Table, plain
from groundspeed.verdicts.triage import NAME, Decision

SCHEMA = "groundspeed-triage"
VERSION = 1
_NOTE = 30  # columns of a note and of a name in a table; JSON has the whole


def render(decisions: Sequence[Decision], stale: Sequence[Decision], kind: Format) -> str:
    """The decisions, and which are stale: about nothing that is found now."""
    if kind is Format.JSON:
        listed = [{**wire(one), "stale": one in stale} for one in decisions]
        return json.dumps({"schema": SCHEMA, "version": VERSION, "decisions": listed}, indent=2)
    if not decisions:
        return f"{NAME} holds no decision. The regressions: groundspeed regressions"
    header = ("id", "state", "commits", "cases", "by", "on", "note")
    rows = tuple(_row(one, one in stale) for one in decisions)
    table = Table(header=header, rows=rows, right=frozenset({"cases"}))
    shown = table.markdown() if kind is Format.MARKDOWN else table.text()
    if not stale:
        return shown
    return (
        f"{shown}\n\nStale is what holds for no regression that is found now: kept, for it may come back.\n"
        "Take it out with: groundspeed triage reopen ID"
    )


def written(decision: Decision, file: str) -> str:
    """That a decision is in the file, and how it is taken back."""
    cases = ", ".join(decision.cases[:3]) + (
        f" and {len(decision.cases) - 3} more" if len(decision.cases) > 3 else ""
    )
    return (
        f"{decision.id} is {decision.ruling} for {plain(cases)}.\n"
        f"Commit {file}; take it back with: groundspeed triage reopen {decision.id}"
    )


def withdrawn(decisions: Sequence[Decision], file: str) -> str:
    """That decisions are out of the file."""
    ids = ", ".join(dict.fromkeys(one.id for one in decisions))
    count = f"{len(decisions)} decision{'s' if len(decisions) > 1 else ''}"
    return f"{count} about {ids} taken back. Commit {file}."


def wire(one: Decision) -> dict[str, Any]:
    """A decision in JSON."""
    return {
        "id": one.id,
        "state": str(one.ruling),
        "base": one.base,
        "head": one.head,
        "cases": list(one.cases),
        "machines": list(one.machines),
        "by": one.by,
        "at": one.at.isoformat(),
        "note": one.note,
    }


def _row(one: Decision, stale: bool) -> tuple[str, ...]:
    return (
        one.id,
        f"{one.ruling}{', stale' if stale else ''}",
        f"{one.base[:8]}..{one.head[:8]}",
        str(len(one.cases)),
        _short(one.by),
        f"{one.at:%Y-%m-%d}",
        _short(one.note),
    )


def _short(text: str) -> str:
    return text if len(text) <= _NOTE else f"{text[: _NOTE - 1]}…"
