"""Growth as text, Markdown and JSON: the form, the figures, and the answer for the sizes asked for."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from groundspeed import units
from groundspeed.report.table import Format, Table, plain
from groundspeed.report.targets import GUESSED
from groundspeed.stats.extrapolation import Curve, Form, Prediction
from groundspeed.stats.scaling import NoGrowth
from groundspeed.units import Quantity
from groundspeed.verdicts.answers import Answer, Grown
from groundspeed.verdicts.ladders import size_text
from groundspeed.verdicts.scaling import ExponentChange, Scaled, further_run
from groundspeed.verdicts.targets import State

SCHEMA = "groundspeed-scaling"
VERSION = 1

_INDENT = "  "
_WIDTH = 100


def render_scaling(machine: str, found: Sequence[Grown], kind: Format) -> str:
    """The ladders of a machine in the format asked for."""
    if kind is Format.JSON:
        document = {
            "schema": SCHEMA,
            "version": VERSION,
            "machine": machine,
            "ladders": [ladder_wire(one) for one in found],
        }
        return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    if kind is Format.MARKDOWN:
        return f"**{machine}**\n\n{_table(found).markdown()}"
    shown = [one for one in found if one.scaled.measured]
    parts = [machine, *("\n".join(map(plain, _lines(one))) for one in shown)]
    if len(found) > len(shown):
        parts.append(f"{len(found) - len(shown)} more cases with a size have no present value.")
    return "\n\n".join(parts)


def growth_text(growth: Curve | NoGrowth, unit: str) -> str:
    """``n (exponent 0.97, 0.94 to 0.99)``, with what is fixed beside it."""
    if isinstance(growth, NoGrowth):
        return f"unknown: {growth.reason}"
    return (
        f"{form_text(growth, unit)} (exponent {growth.exponent:.2f}, {growth.low:.2f} to {growth.high:.2f})"
    )


def form_text(growth: Curve, unit: str) -> str:
    """``n``, ``n or n log n``, ``n and a fixed 38.6 MB``; ``n^1.50`` where no usual form fits."""
    if not growth.forms:
        return f"n^{growth.exponent:.2f}"
    *others, last = [str(form) for form in sorted(growth.forms, key=list(Form).index)]
    named = f"{', '.join(others)} or {last}" if others else last
    if len(others) >= _MANY:
        named = f"anything from {others[0]} to {last}"
    best = next(one for one in growth.fits if one.form is not Form.POWER)
    fixed = (
        best.fixed
        if not others and best.fixed > _VISIBLE * math.exp(best.predict(min(growth.sizes))[0])
        else 0.0
    )
    return f"{named} and a fixed {units.display(fixed, unit)}" if fixed else named


_MANY = 3  # forms beside the last: more are no answer
_VISIBLE = 0.1  # of the smallest size's value: a fixed cost below it is nothing that a reader would see


def answer_text(answer: Answer, unit: str) -> str:
    """``24.1 s (20.1 s to 29.0 s)``, or that the sizes measured cannot tell, and why."""
    found = answer.prediction
    if not isinstance(found, Prediction):
        return f"cannot tell: {found.reason}"
    bounds = f"{units.display(found.low, unit)} to {units.display(found.high, unit)}"
    if answer.is_told:
        return f"{units.display(found.value, unit)} ({bounds})"
    guess = f" (a guess: {bounds})" if found.high < GUESSED * found.low else ""
    return f"the sizes measured cannot tell: {'; '.join(found.doubts)}{guess}"


def limits_text(answer: Answer) -> str:
    """``target < 60 s: holds``; empty where no target is at this size."""
    return ", ".join(f"target {one.text}: {one.state}" for one in answer.limits)


def change_text(change: ExponentChange) -> str:
    """``growth changed in a1b2c3d4..e5f6a7b8: exponent 1.00 to 2.00 (by 0.97 to 1.03)``."""
    low, high = sorted((abs(change.difference.low), abs(change.difference.high)))
    return (
        f"growth changed in {change.base[:8]}..{change.head[:8]}: exponent {change.before.centre:.2f} to "
        f"{change.after.centre:.2f} (by {low:.2f} to {high:.2f})"
    )


def at_text(size: Quantity) -> str:
    """The size of an answer."""
    return size_text(size.value, size.unit)


def figures_text(one: Scaled) -> list[str]:
    """``10 KB 303 µs``, for each size."""
    ladder = one.ladder
    return [
        f"{size_text(found.size, ladder.size_unit)} {units.display(found.value.centre, ladder.unit)}"
        for found in one.measured
    ]


def exit_code(found: Sequence[Grown], *, asked: bool) -> int:
    """1 where a target at a size fails, 4 where nothing that was asked for can be told, else 0."""
    answers = [answer for one in found for answer in one.answers]
    if any(limit.state is State.FAILS for answer in answers for limit in answer.limits):
        return 1
    return _INCONCLUSIVE if asked and not any(answer.is_told for answer in answers) else 0


_INCONCLUSIVE = 4


def _lines(one: Grown) -> list[str]:
    scaled, ladder = one.scaled, one.scaled.ladder
    lines = [f"{ladder}  by {ladder.parameter}", _INDENT + growth_text(scaled.growth, ladder.unit)]
    lines += [_INDENT + line for line in _wrapped(figures_text(scaled))]
    commits = sorted({found.commit for found in scaled.measured})
    if len(commits) > 1:
        lines.append(f"{_INDENT}sizes of {len(commits)} commits: {', '.join(one[:8] for one in commits)}")
    lines += [
        f"{_INDENT}{size_text(gone.size, ladder.size_unit)} {gone.reason}" for gone in scaled.unmeasured
    ]
    for answer in one.answers:
        limits = limits_text(answer)
        said = f"{answer_text(answer, ladder.unit)}{f'; {limits}' if limits else ''}"
        lines += [_INDENT + line for line in _folded(f"at {at_text(answer.size)}: {said}")]
    lines += [_INDENT + change_text(change) for change in one.changes]
    further = further_run(scaled)
    if further and (isinstance(scaled.growth, NoGrowth) or any(not answer.is_told for answer in one.answers)):
        lines.append(f"{_INDENT}larger sizes: {further}" if scaled.measured else f"{_INDENT}{further}")
    return lines


def _wrapped(parts: Sequence[str]) -> list[str]:
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + len(part) + 3 <= _WIDTH - len(_INDENT):
            lines[-1] += f" · {part}"
        else:
            lines.append(part)
    return lines


def _folded(text: str) -> list[str]:
    """A sentence on lines that fit, those that follow indented."""
    lines: list[str] = [""]
    for word in text.split(" "):
        if len(lines[-1]) + len(word) + 1 > _WIDTH - len(_INDENT):
            lines.append(_INDENT)
        lines[-1] += (" " if lines[-1].strip() else "") + word
    return lines


def _table(found: Sequence[Grown]) -> Table:
    rows = tuple(
        (
            str(one.scaled.ladder),
            growth_text(one.scaled.growth, one.scaled.ladder.unit),
            ", ".join(figures_text(one.scaled)),
            "; ".join(_answered(answer, one.scaled.ladder.unit) for answer in one.answers),
        )
        for one in found
    )
    return Table(header=("case", "growth", "measured", "answer"), rows=rows)


def _answered(answer: Answer, unit: str) -> str:
    limits = limits_text(answer)
    return f"{at_text(answer.size)}: {answer_text(answer, unit)}" + (f", {limits}" if limits else "")


# --- JSON -------------------------------------------------------------------------------------------


def ladder_wire(one: Grown) -> dict[str, Any]:
    """One ladder as JSON."""
    ladder = one.scaled.ladder
    return {
        "case": str(ladder),
        "environment": ladder.environment,
        "parameter": ladder.parameter,
        "unit": ladder.unit,
        "size_unit": ladder.size_unit,
        "measured": [
            {
                "size": found.size,
                "value": found.value.centre,
                "interval": [_number(found.value.low), _number(found.value.high)],
                "commit": found.commit,
            }
            for found in one.scaled.measured
        ],
        "unmeasured": [{"size": gone.size, "reason": gone.reason} for gone in one.scaled.unmeasured],
        "growth": _growth(one.scaled.growth),
        "answers": [_answer(answer) for answer in one.answers],
        "changes": [
            {
                "base": change.base,
                "head": change.head,
                "before": change.before.centre,
                "after": change.after.centre,
                "interval": [change.difference.low, change.difference.high],
            }
            for change in one.changes
        ],
    }


def _growth(growth: Curve | NoGrowth) -> dict[str, Any]:
    if isinstance(growth, NoGrowth):
        return {"forms": [], "reason": growth.reason}
    return {
        "forms": [str(form) for form in growth.forms],
        "exponent": growth.exponent,
        "interval": [growth.low, growth.high],
        "scatter": growth.scatter,
    }


def _answer(answer: Answer) -> dict[str, Any]:
    found = answer.prediction
    shared = {
        "size": answer.size.value,
        "told": answer.is_told,
        "targets": [{"limit": one.text, "state": str(one.state)} for one in answer.limits],
    }
    if not isinstance(found, Prediction):
        return {**shared, "doubts": [found.reason]}
    return {
        **shared,
        "value": _number(found.value),
        "interval": [_number(found.low), _number(found.high)],
        "doubts": list(found.doubts),
    }


def _number(value: float) -> float | None:
    """JSON has no infinity: null says that nothing is known."""
    return value if math.isfinite(value) else None
