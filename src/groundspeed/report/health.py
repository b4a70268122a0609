"""How a project does, as text, Markdown and JSON: what is wrong, in sentences, then the machines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from groundspeed import units
from groundspeed.report.table import Format, Table, escaped, plain
from groundspeed.verdicts.complaints import Complaint, Examination
from groundspeed.verdicts.health import Health

SCHEMA, VERSION = "groundspeed-health", 1


def render_health(found: Examination, output: Format, warnings: Sequence[str] = ()) -> str:
    """Every complaint, the machines, and the answer as the last line. ``warnings`` stand in the JSON only."""
    if output is Format.JSON:
        return json.dumps(_wire(found, warnings), indent=2, ensure_ascii=False)
    table = Table(
        header=("machine", "measured", "silent from", "series", "failing", "vanished"),
        rows=tuple(_row(one) for one in found.machines),
        right=frozenset({"series", "failing", "vanished"}),
    )
    markdown = output is Format.MARKDOWN
    said = [f"- {escaped(one.text)}" if markdown else plain(one.text) for one in found.complaints]
    parts = [*(["\n".join(said)] if said else []), table.markdown() if markdown else table.text()]
    return "\n\n".join([*parts, _answer(found)])


def _answer(found: Examination) -> str:
    count = len(found.complaints)
    if not count:
        return "Healthy: nothing to complain of."
    return f"Unhealthy: {units.counted(count, 'complaint')}."


def _row(one: Health) -> tuple[str, ...]:
    return (
        one.machine,
        "never" if one.last is None else f"{one.last.at:%Y-%m-%d %H:%M}",
        "retired"
        if one.silence is None
        else ""
        if one.stale_at is None
        else f"{one.stale_at:%Y-%m-%d %H:%M}",
        f"{one.series:,}",
        f"{sum(len(each.keys) for each in one.failing):,}",
        f"{len(one.vanished):,}",
    )


def _wire(found: Examination, warnings: Sequence[str]) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "at": _time(found.at),
        "healthy": not found.complaints,
        "complaints": [_complaint(one) for one in found.complaints],
        "machines": [_machine(one) for one in found.machines],
        "warnings": list(warnings),
    }


def _complaint(one: Complaint) -> dict[str, Any]:
    return {"kind": str(one.kind), "machine": one.machine or None, "text": one.text}


def _machine(one: Health) -> dict[str, Any]:
    return {
        "name": one.machine,
        "last": None if one.last is None else _time(one.last.at),
        "stale_at": None if one.stale_at is None else _time(one.stale_at),
        "retired": one.silence is None,
        "series": one.series,
        "failing": sum(len(each.keys) for each in one.failing),
        "vanished": [each.benchmark for each in one.vanished],
    }


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
