"""How a night is printed and kept: text, Markdown, JSON. Decides nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from groundspeed import units
from groundspeed.nightly.summary import Ending, StageReport, Summary
from groundspeed.report.table import Format, Table, escaped, plain
from groundspeed.results.session_wire import time_text

SCHEMA, VERSION = "groundspeed-night", 1


def render(summary: Summary, kind: Format) -> str:
    """The summary in the format asked for."""
    match kind:
        case Format.JSON:
            return json.dumps(wire(summary), indent=2, ensure_ascii=False, allow_nan=False)
        case Format.MARKDOWN:
            return "\n\n".join(_markdown(summary))
        case Format.TEXT:
            return "\n".join(_text(summary))


def wire(summary: Summary) -> dict[str, Any]:
    """As JSON has it."""
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "project": summary.project,
        "machine": summary.machine or None,
        "begun_at": time_text(summary.begun_at),
        "duration_s": summary.duration_s,
        "budget_s": summary.budget_s,
        "interrupted": summary.interrupted,
        "exit_code": summary.exit_code,
        "stages": [
            {
                "stage": one.stage,
                "ending": one.ending,
                "said": one.said,
                "lines": list(one.lines),
                "duration_s": one.duration_s,
            }
            for one in summary.reports
        ],
    }


def stage_line(report: StageReport) -> str:
    """A stage in a line."""
    word = "" if report.ending is Ending.DONE else f"{report.ending}: "
    return plain(f"{report.stage:<18}  {word}{report.said}")


def _text(summary: Summary) -> Iterator[str]:
    for one in summary.reports:
        yield stage_line(one)
        yield from (plain(f"{'':<18}    {line.rstrip()}") for line in one.lines)
    yield ""
    yield f"{summary.sentence}: {_took(summary)}"


def _markdown(summary: Summary) -> Iterator[str]:
    yield f"## {escaped(summary.project)}, the night of {summary.begun_at:%Y-%m-%d}"
    yield f"{escaped(summary.sentence)}: {_took(summary)}."
    rows = tuple(
        (one.stage, one.ending, one.said, units.display_duration(one.duration_s)) for one in summary.reports
    )
    yield Table(
        header=("stage", "", "what came of it", "took"), rows=rows, right=frozenset({"took"})
    ).markdown()
    for one in summary.reports:
        if one.lines:
            lines = "\n".join(f"- {escaped(line.strip())}" for line in one.lines)
            yield f"<details><summary>{one.stage}</summary>\n\n{lines}\n\n</details>"


def _took(summary: Summary) -> str:
    took, budget = (units.display_duration(one) for one in (summary.duration_s, summary.budget_s))
    where = f" on {summary.machine}" if summary.machine else ""
    return f"{took}{where}, of a budget of {budget} for measuring"
