"""Two commits compared, as text, Markdown and JSON: what changed, how sure that is, what would decide."""

from __future__ import annotations

import json
import math
import shlex
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from groundspeed import units
from groundspeed.records import Verdict
from groundspeed.report.judgements import (
    NOTHING_KNOWN,
    Known,
    case_text,
    effect_text,
    interval_json,
    known_of,
    known_text,
    notes_text,
    ratio_text,
    row_json,
    row_name,
    summary,
    values_text,
)
from groundspeed.report.table import Format, Sort, Table, escaped, last_line, plain
from groundspeed.stats.comparison import More
from groundspeed.verdicts.between import Between, End
from groundspeed.verdicts.compare import Compared, Row, Status, Unpaired, said
from groundspeed.verdicts.means import Mean

SCHEMA = "groundspeed-compare"
VERSION = 1
SHOWN = 12  # changed rows of one kind that a terminal gets, and of the others; --all gives the rest
SHOWN_UNCHANGED = 4
_INSTALLED = 5  # that are named on a line; JSON has all
_MODULES = 6  # means of modules, the farthest from 1 first
_WIDTH = 100

_SAYINGS: tuple[Verdict | Status, ...] = (
    Verdict.SLOWER,
    Status.BROKEN,
    Verdict.FASTER,
    Status.FIXED,
    Verdict.INCONCLUSIVE,
    Status.NEW,
    Status.GONE,
    Status.REDEFINED,
    Status.FAILED,
    Status.SKIPPED,
    Verdict.SAME,
)
"""The order in which rows are shown."""

_CHANGED = frozenset({Verdict.SLOWER, Status.BROKEN, Verdict.FASTER, Status.FIXED})
_FOLDED = frozenset({Verdict.SAME, Status.SKIPPED, Status.FAILED})


class Show(StrEnum):
    """Which rows are shown: all, the changed ones, or what a reader looks at first."""

    ALL = "all"
    CHANGED = "changed"
    FIRST = "first"


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """How a comparison is looked at."""

    sort: Sort = Sort.RATIO
    show: Show = Show.FIRST


def render(found: Between, view: View, kind: Format) -> str:
    """The comparison in the format asked for. JSON holds all rows whatever the view."""
    if kind is Format.JSON:
        return json.dumps(_json(found), indent=2, allow_nan=False)
    parts = [
        _head(found, kind),
        *rows_parts(found.comparison.rows, view, kind),
        _means(found.means, view, kind),
        _next(found),
    ]
    return "\n\n".join(part for part in parts if part)


def rows_parts(rows: Sequence[Row], view: View, kind: Format) -> list[str]:
    """The rows, a part for each kind of them; common caveats first."""
    known = known_of(rows)
    parts = [known_text(rows, known)]
    for saying in _SAYINGS:
        chosen = [row for row in rows if said(row) is saying]
        if chosen and _is_shown(saying, view):
            parts.append(_part(saying, sorted(chosen, key=_order(view.sort)), view, kind, known))
    folded = [row for row in rows if not _is_shown(said(row), view)]
    if folded:
        parts.append(f"Not shown: {_counts(folded)}. --all shows them.")
    return [part for part in parts if part]


# --- head and tail -------------------------------------------------------------------------------------


def _head(found: Between, kind: Format) -> str:
    lines = [
        summary(found.comparison),
        f"base  {_end(found.base)}",
        f"head  {_end(found.head)}",
        f"on    {found.machine}, {', '.join(found.environments)}",
        *([f"not   {', '.join(found.apart)}: one commit alone was measured there"] if found.apart else []),
        *_installed(found),
    ]
    if kind is Format.MARKDOWN:
        return "\n".join([f"**{lines[0]}**", "", *(f"- {escaped(line)}" for line in lines[1:])])
    return "\n".join(lines)


def _installed(found: Between) -> list[str]:
    """What else differs, in a line: no verdict on the commit stands on it."""
    if not found.installed:
        return []
    told = [f"{one.what} {one.expected} → {one.found}" for one in found.installed[:_INSTALLED]]
    more = len(found.installed) - len(told)
    words = ", ".join([*told, *([f"{more:,} more"] if more else [])])
    return [f"but   other things were installed: {plain(words)}. What differs may be their doing."]


def _end(end: End) -> str:
    typed = "" if end.commit.startswith(end.revision) else f"{plain(end.revision)} = "
    if end.known is None:
        return f"{typed}{end.commit[:8]}"
    return f"{typed}{end.commit[:8]}  {end.known.date:%Y-%m-%d}  {plain(end.known.subject)[:60]}"


def _means(found: Sequence[Mean], view: View, kind: Format) -> str:
    whole = sorted((one for one in found if not one.module), key=lambda one: -one.rows)
    modules = sorted((one for one in found if one.module), key=lambda one: -abs(math.log(one.ratio.centre)))
    shown = modules if view.show is Show.ALL else modules[:_MODULES]
    rows = tuple(
        (
            one.module or "all",
            f"×{one.ratio.centre:.3f}",
            f"{one.ratio.low:.3f} to {one.ratio.high:.3f}",
            f"{one.rows:,}",
            _unit(one.unit),
            _warning(one),
        )
        for one in [*whole, *shown]
    )
    if not rows:
        return ""
    header = ("geometric mean", "ratio", "99 %", "cases", "of", "")
    table = _drawn(Table(header=header, rows=rows, right=frozenset({"ratio", "cases"})), kind)
    more = len(modules) - len(shown)
    return f"{table}\n{more:,} more modules: --all shows them" if more else table


def _unit(unit: str) -> str:
    return {"s": "time", "bytes": "bytes", "": "numbers"}.get(unit, unit)


def _warning(one: Mean) -> str:
    words = [f"hides {one.slower:,} slower and {one.faster:,} faster"] if one.hides else []
    words += [f"{one.left_out:,} left out: no bounded ratio"] if one.left_out else []
    return "; ".join(words)


def _next(found: Between) -> str:
    """What to type, where further processes would decide something and git knows both commits."""
    undecided = any(isinstance(row.judgement.further, More) for row in found.comparison.compared)
    if not undecided or found.base.known is None or found.head.known is None:
        return ""
    ends = f"{shlex.quote(found.base.revision)} {shlex.quote(found.head.revision)}"
    return f"Measure both in turn until it is decided: groundspeed compare {ends} --measure"


# --- rows ------------------------------------------------------------------------------------------------


def _is_shown(saying: Verdict | Status, view: View) -> bool:
    if view.show is Show.ALL:
        return True
    return saying in _CHANGED if view.show is Show.CHANGED else saying not in _FOLDED


def _order(sort: Sort) -> Callable[[Row], tuple[float, str]]:
    """The largest change first, either way; then by name."""

    def key(row: Row) -> tuple[float, str]:
        name = case_text(row.key)
        if sort is Sort.NAME or not isinstance(row, Compared):
            return 0.0, name
        worse = row.judgement.worse.centre
        return -abs(math.log(worse)) if 0 < worse < math.inf else -math.inf, name

    return key


def _part(saying: Verdict | Status, rows: Sequence[Row], view: View, kind: Format, known: Known) -> str:
    most = SHOWN if saying in _CHANGED else SHOWN_UNCHANGED
    shown = rows if view.show is Show.ALL else rows[:most]
    more = [f"… and {len(rows) - len(shown):,} more: --all shows them"] if len(shown) < len(rows) else []
    title = f"{saying} ({len(rows):,})"
    if kind is Format.MARKDOWN:
        return "\n\n".join([f"### {title}", rows_markdown(shown, known), *more])
    return "\n".join([title, *(line for row in shown for line in row_lines(row, known)), *more])


def row_lines(row: Row, known: Known = NOTHING_KNOWN) -> list[str]:
    """A row as text: the case, and indented below it what is said; what is ``known`` is left out.

    No line is wider than a terminal, but for the case's own name.
    """
    name = f"  {plain(row_name(row, known))}"
    if isinstance(row, Unpaired):
        return [f"{name}: {last_line(row.reason)}"]
    first = f"    {ratio_text(row.judgement)}  {values_text(row.judgement, row.unit)}"
    rest = notes_text(row, known)
    together = f"{first}  {rest}".rstrip()
    if len(together) <= _WIDTH:
        return [name, together]
    wrapped = textwrap.wrap(rest, _WIDTH, initial_indent="    ", subsequent_indent="    ")
    return [name, first, *wrapped]


def rows_markdown(rows: Sequence[Row], known: Known = NOTHING_KNOWN) -> str:
    """Rows of one kind, one at least, as a table."""
    lone = tuple((row_name(row, known), last_line(row.reason)) for row in rows if isinstance(row, Unpaired))
    if lone:
        return Table(header=("case", "why"), rows=lone).markdown()
    cells = tuple(
        (
            row_name(row, known),
            ratio_text(row.judgement),
            units.display(row.judgement.base, row.unit),
            units.display(row.judgement.head, row.unit),
            effect_text(row.judgement, row.unit),
            notes_text(row, known),
        )
        for row in rows
        if isinstance(row, Compared)
    )
    header = ("case", "ratio", "base", "head", "effect", "evidence")
    return Table(header=header, rows=cells, right=frozenset({"base", "head", "effect"})).markdown()


def _counts(rows: Sequence[Row]) -> str:
    counted = {saying: sum(said(row) is saying for row in rows) for saying in _SAYINGS}
    return ", ".join(f"{count:,} {saying}" for saying, count in counted.items() if count)


# --- formats -----------------------------------------------------------------------------------------------


def _drawn(table: Table, kind: Format) -> str:
    return table.markdown() if kind is Format.MARKDOWN else table.text()


def _json(found: Between) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "machine": found.machine,
        "environments": list(found.environments),
        "environments_apart": list(found.apart),
        "installed": [{"what": one.what, "base": one.expected, "head": one.found} for one in found.installed],
        "base": _end_json(found.base),
        "head": _end_json(found.head),
        "counts": {str(saying): found.comparison.count(saying) for saying in _SAYINGS},
        "rows": [row_json(row) for row in found.comparison.rows],
        "means": [
            {
                "module": one.module,
                "unit": one.unit,
                "cases": one.rows,
                "left_out": one.left_out,
                "ratio": interval_json(one.ratio),
                "slower": one.slower,
                "faster": one.faster,
            }
            for one in found.means
        ],
    }


def _end_json(end: End) -> dict[str, str | None]:
    known = end.known
    return {
        "revision": end.revision,
        "commit": end.commit,
        "date": known.date.isoformat() if known else None,
        "subject": known.subject if known else None,
    }
