"""Whether a host is fit to measure on, as text, Markdown and JSON: what was seen, then what to do."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence

from groundspeed.records import Finding, Severity
from groundspeed.report.table import Format, Table

VERSION = 1  # of the JSON; a key that is added does not raise it
# What to do first stands first.
_URGENCY = (Severity.UNFIT, Severity.NOTE, Severity.UNKNOWN)


def is_fit(findings: Sequence[Finding]) -> bool:
    """Nothing found forbids measuring now."""
    return all(finding.severity is not Severity.UNFIT for finding in findings)


def doctor_report(findings: Sequence[Finding], output: Format) -> str:
    """Every finding, what to do about those that ask for it, and the answer as the last line."""
    if output is Format.JSON:
        found = [dataclasses.asdict(finding) for finding in findings]
        return json.dumps(
            {"version": VERSION, "fit": is_fit(findings), "findings": found}, indent=2, ensure_ascii=False
        )
    rows = tuple((one.check, one.severity.value, one.seen) for one in findings)
    parts = [_show(Table(header=("", "", "seen"), rows=rows), output)]
    if advised := [
        one for severity in _URGENCY for one in findings if one.severity is severity and one.advice
    ]:
        todo = tuple((one.check, one.advice) for one in advised)
        parts.append(_show(Table(header=("", "what to do"), rows=todo), output))
    return "\n\n".join([*parts, _answer(findings)])


def _answer(findings: Sequence[Finding]) -> str:
    unfit = [one.check for one in findings if one.severity is Severity.UNFIT]
    if unfit:
        return f"Unfit to measure on now: {', '.join(unfit)}."
    notes = sum(one.severity is Severity.NOTE for one in findings)
    unknown = sum(one.severity is Severity.UNKNOWN for one in findings)
    known = f"{notes} {'thing' if notes == 1 else 'things'} to know" if notes else "nothing to add"
    return f"Fit to measure on: {known}" + (f", {unknown} not stated by the host." if unknown else ".")


def _show(table: Table, output: Format) -> str:
    return table.markdown() if output is Format.MARKDOWN else table.text()
