"""How cases grow with their size: ``groundspeed-scaling``, see ``Scaling`` in app/answers.js."""

from __future__ import annotations

from typing import Any

import numpy as np

from groundspeed.site.folder import SiteFolder
from groundspeed.site.pieces.tables import Tables, interval, number
from groundspeed.site.pieces.targets import ladder_id
from groundspeed.site.subject import Subject
from groundspeed.site.wire import encode
from groundspeed.stats.extrapolation import Curve, Prediction
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.answers import Answer, Grown
from groundspeed.verdicts.scaling import ExponentChange, MeasuredSize, Scaled, further_run

BAND = 25
"""Points of a fit: on logarithmic axes it bends so little that more are not seen."""

CANDIDATES = 20  # benchmarks that could have a size: as examples


def put_scaling(folder: SiteFolder, subject: Subject) -> str:
    """All ladders; none where nothing has a size."""
    answers, tables = subject.answers, Tables(subject)
    record = {
        "format": "groundspeed-scaling",
        "version": 1,
        "ladders": [_ladder(one, tables) for one in answers.grown],
        "candidates": [
            {"benchmark": benchmark, "parameter": parameter}
            for benchmark, parameter in answers.growing[:CANDIDATES]
        ],
        "notices": list(answers.notices),
    }
    return folder.put_named("scaling", encode({**record, **tables.wire()}))


def _ladder(one: Grown, tables: Tables) -> dict[str, Any]:
    scaled = one.scaled
    ladder, growth = scaled.ladder, scaled.growth
    return {
        "id": ladder_id(scaled),
        "name": str(ladder),
        "machine": scaled.machine,
        "environment": ladder.environment,
        "metric": ladder.metric,
        "unit": ladder.unit,
        "better": str(ladder.better),
        "parameter": ladder.parameter,
        "size_unit": ladder.size_unit,
        "points": [_point(point, scaled, tables) for point in scaled.measured],
        "unmeasured": [{"size": rung.size, "reason": rung.reason} for rung in scaled.unmeasured],
        "growth": _growth(growth, one) if isinstance(growth, Curve) else None,
        "reason": "" if isinstance(growth, Curve) else growth.reason,
        "answers": [_answer(answer) for answer in one.answers],
        "changes": [_change(change, tables) for change in one.changes],
        "command": further_run(scaled),
    }


def _point(point: MeasuredSize, scaled: Scaled, tables: Tables) -> dict[str, Any]:
    rung = next(rung for rung in scaled.ladder.rungs if rung.size == point.size)
    return {
        "size": point.size,
        "value": interval(point.value),
        "commit": tables.commit(point.commit),
        "line": tables.line(rung.track.series.key),
    }


def _growth(growth: Curve, one: Grown) -> dict[str, Any]:
    told = [answer.size.value for answer in one.answers if answer.is_told]
    sizes = np.geomspace(min(growth.sizes), max(*growth.sizes, *told), BAND)
    exponent = Interval(centre=growth.exponent, low=growth.low, high=growth.high)
    return {
        "exponent": interval(exponent),
        "forms": [str(form) for form in growth.forms],
        "scatter": number(growth.scatter),
        "band": [_band(growth.at(float(size))) for size in sizes],
    }


def _band(at: Prediction) -> dict[str, float | None]:
    return {
        "size": number(at.size),
        "value": number(at.value),
        "low": number(at.low),
        "high": number(at.high),
    }


def _answer(answer: Answer) -> dict[str, Any]:
    at = answer.prediction
    if isinstance(at, Prediction):
        value = interval(Interval(centre=at.value, low=at.low, high=at.high))
        said: dict[str, Any] = {"value": value, "doubts": list(at.doubts)}
    else:
        said = {"value": None, "doubts": [at.reason]}
    return {
        "size": answer.size.value,
        "told": answer.is_told,
        "limits": [{"text": limit.text, "state": str(limit.state)} for limit in answer.limits],
        **said,
    }


def _change(change: ExponentChange, tables: Tables) -> dict[str, Any]:
    return {
        "base": tables.commit(change.base),
        "head": tables.commit(change.head),
        "before": interval(change.before),
        "after": interval(change.after),
        "difference": interval(change.difference),
        "p": float(f"{change.p:.2g}"),
    }
