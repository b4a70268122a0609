"""The page of a suite's performance, docs/PERFORMANCE.md, from one value: the same bytes each time."""

from __future__ import annotations

import itertools
import math

from groundspeed import units
from groundspeed.report.scaling import answer_text, at_text, figures_text, form_text, growth_text, limits_text
from groundspeed.report.table import Table
from groundspeed.report.targets import room_text, since_text, summary, trend_text, value_text, word_of
from groundspeed.stats.extrapolation import Curve
from groundspeed.verdicts.answers import Grown
from groundspeed.verdicts.performance import Absent, Operation, Performance
from groundspeed.verdicts.targets import Judged

_HOW = (
    "Values are medians with their 99 % interval where one is known; intervals of growth, and of what it "
    "comes to at a size, are of 95 %. How they are found: [targets](targets.md), [scaling](scaling.md)."
)
_HARDWARE = {"cpu": "", "num_cpu": "logical processors", "arch": ""}


def performance_page(found: Performance) -> str:
    """The page as Markdown, with a line end."""
    parts = [
        "# Performance",
        f"Made from the results by `groundspeed scaling --page`; do not edit. {_where(found)}",
        _HOW,
        *_answers(found),
        *_targets(found),
        *_operations(found),
    ]
    return "\n\n".join(parts) + "\n"


def _where(found: Performance) -> str:
    said = [
        f"{found.hardware[key]} {word}".strip() for key, word in _HARDWARE.items() if found.hardware.get(key)
    ]
    what = f" ({', '.join(said)})" if said else ""
    return f"Machine {found.machine}{what}, newest commit {found.commit[:8]} of {found.date:%Y-%m-%d}."


def _answers(found: Performance) -> list[str]:
    """The sizes asked for, one table each: the question that a reader comes with."""
    sizes = sorted(
        {answer.size for one in found.ladders for answer in one.answers},
        key=lambda one: (one.unit, one.value),
    )
    parts = []
    for size in sizes:
        rows = [
            (
                str(one.scaled.ladder),
                _form(one),
                answer_text(answer, one.scaled.ladder.unit),
                limits_text(answer).removeprefix("target "),
            )
            for one in found.ladders
            for answer in one.answers
            if answer.size == size and size.unit == one.scaled.ladder.size_unit
        ]
        if rows:
            header = ("operation", "growth", "it takes", "target")
            table = Table(header=header, rows=tuple(rows))
            parts += [f"## Can it process {at_text(size)}?", table.markdown()]
    if found.ladders:
        rows_ = tuple(
            (
                str(one.scaled.ladder),
                growth_text(one.scaled.growth, one.scaled.ladder.unit),
                ", ".join(figures_text(one.scaled)),
            )
            for one in found.ladders
        )
        parts += ["## Growth", Table(header=("operation", "growth", "measured"), rows=rows_).markdown()]
    return parts


def _form(one: Grown) -> str:
    growth = one.scaled.growth
    return form_text(growth, one.scaled.ladder.unit) if isinstance(growth, Curve) else "unknown"


def _targets(found: Performance) -> list[str]:
    if not found.targets.rows:
        return []
    rows = tuple(
        (
            row.subject,
            row.target.text.partition(" at ")[0],
            word_of(row),
            value_text(row) if isinstance(row, Judged) and row.is_told else "",
            room_text(row) if isinstance(row, Judged) and row.is_told else "",
            trend_text(row) if isinstance(row, Judged) else "",
            since_text(row) if isinstance(row, Judged) else row.reason,
        )
        for row in found.targets.rows
    )
    header = ("operation", "target", "", "value", "room", "trend", "since")
    return ["## Targets", f"{summary(found.targets.rows)}.", Table(header=header, rows=rows).markdown()]


def _operations(found: Performance) -> list[str]:
    """A table for each module of the suite."""
    parts = ["## Every operation"]
    for module, group in itertools.groupby(found.operations, key=lambda one: one.subject.partition(".")[0]):
        rows = tuple(
            (one.subject, *_figures(one), one.commit[:8] if one.commit != found.commit else "")
            for one in group
        )
        table = Table(
            header=("operation", "value", "interval", "measured at"), rows=rows, right=frozenset({"value"})
        )
        parts += [f"### {module}", table.markdown()]
    return parts


def _figures(one: Operation) -> tuple[str, str]:
    if isinstance(one.value, Absent):
        return "–", one.value.reason
    centre = units.display(one.value.centre, one.unit)
    if not (math.isfinite(one.value.low) and math.isfinite(one.value.high)):
        return centre, "no bounds known"
    low, high = units.display(one.value.low, one.unit), units.display(one.value.high, one.unit)
    return centre, "" if {low, high} == {centre} else f"{low} to {high}"
