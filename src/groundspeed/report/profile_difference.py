"""The difference of two profiles as text, Markdown and JSON: what explains most of the change first."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from groundspeed import units
from groundspeed.records import Verdict
from groundspeed.report.table import Format, Table, escaped, plain
from groundspeed.results.profile_header import ProfileHeader
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.profile_change import Change
from groundspeed.verdicts.profile_difference import FunctionDifference, Presence, ProfileDifference
from groundspeed.verdicts.profile_ends import Basis
from groundspeed.verdicts.profile_why import Explained, SourceDifference

SCHEMA = "groundspeed-profile-difference"
VERSION = 1
SHOWN = 12  # functions that a terminal gets; JSON has all
_SOURCES = 5  # functions whose source is shown
_LINES = 40  # of a diff; JSON has all
_ROUNDING = 1e-9  # of a call: sums of floats are off by less

_SHARES = (
    "No count of calls is stored: figures are shares of each profile. A share that fell may only mean that "
    "another one rose."
)
_UNBOUNDED = "One run does not say how runs differ: profile each commit twice or more for an interval."


def render_profile_difference(explained: Explained, kind: Format, *, top: int = SHOWN) -> str:
    """The difference in the format asked for, ``top`` functions of it. JSON holds every one, whatever its
    verdict.
    """
    if kind is Format.JSON:
        return json.dumps(_json(explained), indent=2, allow_nan=False)
    difference = explained.difference
    parts = [
        _head(difference, kind),
        _functions(difference, kind, top),
        *(_source(one, difference, kind) for one in explained.sources[:_SOURCES]),
        _more(len(explained.sources) - _SOURCES, "changed source", "changed sources"),
        _installed(explained, kind),
        *(escaped(one) if kind is Format.MARKDOWN else plain(one) for one in explained.notices),
    ]
    return "\n\n".join(part for part in parts if part)


# --- words ---------------------------------------------------------------------------------------------


def amount(value: float, difference: ProfileDifference) -> str:
    """A figure of the difference: in its unit, or in percent."""
    if difference.basis is Basis.SHARE:
        return units.display(value * 100, "%")
    return units.display(value, difference.unit)


def moved(value: float, difference: ProfileDifference) -> str:
    """The same with its sign, ``+1.2 ms``; what only rounding left is nothing."""
    if abs(value) <= _ROUNDING * max(difference.call.base, difference.call.head):
        return f"±{amount(0.0, difference)}"
    return f"{'−' if value < 0 else '+'}{amount(abs(value), difference)}"


def interval_text(change: Change, difference: ProfileDifference) -> str:
    """The 99 % interval; a dash where nothing bounds it."""
    if not math.isfinite(change.by.low):
        return "–"
    return f"{moved(change.by.low, difference)} to {moved(change.by.high, difference)}"


def where(one: FunctionDifference) -> str:
    """``pkg/a.py:12``; the file alone where no line is known, empty where no file is."""
    return one.file if one.line is None or not one.file else f"{one.file}:{one.line}"


def _head(difference: ProfileDifference, kind: Format) -> str:
    call, (base, head) = difference.call, difference.headers
    lines = [_said(difference), *(_end(name, one) for name, one in (("base", base), ("head", head)) if one)]
    if difference.basis is Basis.SHARE:
        lines.append(_SHARES)
    if not math.isfinite(call.by.low):
        lines.append(_UNBOUNDED)
    if kind is Format.MARKDOWN:
        return "\n".join([f"**{escaped(lines[0])}**", "", *(f"- {escaped(one)}" for one in lines[1:])])
    return "\n".join(map(plain, lines))


def _said(difference: ProfileDifference) -> str:
    header = difference.headers[1] or difference.headers[0]
    case = header.case if header else "the benchmark"
    if difference.basis is Basis.SHARE:
        return f"Where {case} spends itself, head against base"
    call = difference.call
    bounds = f" (99 %: {interval_text(call, difference)})" if math.isfinite(call.by.low) else ""
    ends = f"{amount(call.base, difference)} → {amount(call.head, difference)}"
    return f"A call of {case}: {ends}, {moved(call.by.centre, difference)}{bounds}"


def _end(name: str, header: ProfileHeader) -> str:
    calls = sum(one.calls for one in header.runs)
    slower = (
        f", {units.display(header.overhead * 100, '%', digits=2)} slower for it" if header.overhead else ""
    )
    runs = "1 run" if len(header.runs) == 1 else f"{len(header.runs):,} runs"
    return f"{name}  {header.commit[:8]}  {runs}, {calls:,} calls, by {header.tool}{slower}"


# --- functions -----------------------------------------------------------------------------------------


def _functions(difference: ProfileDifference, kind: Format, top: int) -> str:
    if not difference.functions:
        return "Neither profile holds anything."
    shown = difference.functions[:top]
    header = ("", "own", "99 %", "of the change", "base", "head", "with its calls", "function")
    rows = tuple(_row(one, difference) for one in shown)
    table = Table(header=header, rows=rows, right=frozenset(header[1:-1]))
    drawn = table.markdown() if kind is Format.MARKDOWN else table.text()
    rest = _more(len(difference.functions) - len(shown), "more function", "more functions")
    return f"{drawn}\n\n{rest}" if rest else drawn


def _row(one: FunctionDifference, difference: ProfileDifference) -> tuple[str, ...]:
    return (
        _word(one.verdict, difference),
        moved(one.own.by.centre, difference),
        interval_text(one.own, difference),
        _share(one.share),
        amount(one.own.base, difference),
        amount(one.own.head, difference),
        moved(one.whole.by.centre, difference),
        "  ".join(part for part in (one.name, where(one), _note(one)) if part),
    )


def _word(verdict: Verdict, difference: ProfileDifference) -> str:
    """Bytes are not slower."""
    if difference.basis is Basis.CALL and difference.unit == "s":
        return str(verdict)
    return {Verdict.SLOWER: "more", Verdict.FASTER: "less"}.get(verdict, str(verdict))


def _share(share: float | None) -> str:
    if share is None:
        return ""
    return "0 %" if abs(share) < _ROUNDING else units.display(share * 100, "%", digits=2).replace("-", "−")


def _note(one: FunctionDifference) -> str:
    if one.presence is not Presence.BOTH:
        return f"({one.presence})"
    return f"(was in {one.base_file})" if one.base_file else ""


def _more(count: int, single: str, several: str) -> str:
    return f"… and {count:,} {single if count == 1 else several}: --format json has all." if count > 0 else ""


# --- beside them ---------------------------------------------------------------------------------------


def _source(one: SourceDifference, difference: ProfileDifference, kind: Format) -> str:
    function = difference.functions[one.place]
    lines = one.text.split("\n")
    cut = [f"… {len(lines) - _LINES:,} more lines"] if len(lines) > _LINES else []
    text = "\n".join(map(_printable, [*lines[:_LINES], *cut]))
    if kind is Format.TEXT:
        return f"source of {plain(function.name)}\n{text}"
    fence = "`" * max(3, 1 + max(map(_ticks, lines)))
    return f"### Source of {escaped(function.name)}\n\n{fence}diff\n{text}\n{fence}"


def _printable(line: str) -> str:
    return plain(line.expandtabs())


def _ticks(line: str) -> int:
    """The backticks that a line begins with, behind the diff's own mark: a fence must be longer."""
    text = line[1:].lstrip()
    return len(text) - len(text.lstrip("`"))


def _installed(explained: Explained, kind: Format) -> str:
    told = [f"{one.what} {one.expected} → {one.found}" for one in explained.dependencies]
    if not told:
        return ""
    if kind is Format.MARKDOWN:
        return "\n".join(["### Installed otherwise", "", *(f"- {escaped(one)}" for one in told)])
    return "\n".join(["installed otherwise", *(f"  {plain(one)}" for one in told)])


# --- JSON ----------------------------------------------------------------------------------------------


def _json(explained: Explained) -> dict[str, Any]:
    difference = explained.difference
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "unit": difference.unit,
        "basis": "call" if difference.basis is Basis.CALL else "share",
        "base": _end_json(difference.headers[0], difference.runs[0]),
        "head": _end_json(difference.headers[1], difference.runs[1]),
        "call": _change_json(difference.call),
        "counts": {str(one): sum(row.verdict is one for row in difference.functions) for one in Verdict},
        "functions": [_function_json(one) for one in difference.functions],
        "sources": _sources_json(explained.sources, difference),
        "installed": [
            {"what": one.what, "base": one.expected, "head": one.found} for one in explained.dependencies
        ],
        "notices": list(explained.notices),
    }


def _end_json(header: ProfileHeader | None, runs: int) -> dict[str, Any]:
    if header is None:
        return {
            "runs": runs,
            "commit": None,
            "case": None,
            "environment": None,
            "tool": None,
            "overhead": None,
        }
    return {
        "runs": runs,
        "commit": header.commit,
        "case": header.case,
        "environment": header.environment,
        "tool": header.tool,
        "overhead": header.overhead,
    }


def _function_json(one: FunctionDifference) -> dict[str, Any]:
    return {
        "name": one.name,
        "file": one.file,
        "base_file": one.base_file or one.file,
        "line": one.line,
        "presence": str(one.presence),
        "verdict": str(one.verdict),
        "own": _change_json(one.own),
        "whole": _change_json(one.whole),
        "share": one.share,
    }


def _change_json(change: Change) -> dict[str, Any]:
    return {"base": change.base, "head": change.head, "by": _interval_json(change.by)}


def _interval_json(by: Interval) -> dict[str, float | None]:
    """null: nothing bounds it."""
    low, high = (end if math.isfinite(end) else None for end in (by.low, by.high))
    return {"centre": by.centre, "low": low, "high": high}


def _sources_json(sources: Sequence[SourceDifference], difference: ProfileDifference) -> list[dict[str, str]]:
    return [
        {"name": (one := difference.functions[each.place]).name, "file": one.file, "diff": each.text}
        for each in sources
    ]
