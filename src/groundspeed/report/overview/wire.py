"""A report as JSON: docs/report.md describes it key by key. Owns the keys, and the units in their names."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from typing import Any

from groundspeed import units
from groundspeed.report.bottlenecks import bottleneck_wire
from groundspeed.report.scaling import ladder_wire
from groundspeed.report.targets import bounds, target_wire
from groundspeed.results.index import RecordedSession
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.groups import Affected, Group
from groundspeed.verdicts.noise import CaseNoise
from groundspeed.verdicts.overview import Overview
from groundspeed.verdicts.performance import Operation
from groundspeed.verdicts.profiled import CaseProfile
from groundspeed.verdicts.regressions import text_of
from groundspeed.verdicts.sections import Entry, Rate, Section, Shape, Unanswered, kind_of, rates

SCHEMA = "groundspeed-report"
VERSION = 1  # a key that is added does not raise it
INTERVALS = "intervals"
FUNCTIONS = 30  # of a profile, the most own first: the file beside the results holds the rest


def to_json(overview: Overview) -> str:
    """The report as one JSON document: strict, so that every parser reads it."""
    return json.dumps(document(overview), indent=1, ensure_ascii=False, allow_nan=False)


def document(overview: Overview) -> dict[str, Any]:
    """Its keys: ``config.report.OWN_KEYS``, and beside them each section under its own name."""
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "project": overview.project,
        "machine": overview.machine,
        "commit": _commit(overview),
        "system": _system(overview),
        "outcome": _OUTCOMES[overview.exit_code],
        "sections": [one.name for one in overview.sections],
        **{one.name: section_wire(one, overview) for one in overview.sections},
        "targets": [target_wire(one) for one in overview.targets.rows],
        "scaling": [ladder_wire(one) for one in overview.ladders],
        "regressions": [_group(one, overview) for one in overview.regressions.groups],
        "costliest": [bottleneck_wire(one) for one in overview.costliest.found],
        "bottlenecks": [_bottleneck(one) for one in overview.bottlenecks],
        "cases": [_case(one, overview) for one in overview.figures],
        "notices": list(overview.notices),
    }


_OUTCOMES = {0: "fine", 1: "bad", 3: "no_data", 4: "inconclusive"}  # by exit code


def _commit(overview: Overview) -> dict[str, Any]:
    known = overview.known
    return {
        "hash": overview.commit,
        "date": overview.date.isoformat(),
        "subject": known.subject if known else None,
        "author": known.author if known else None,
        "tags": list(known.tags) if known else [],
    }


def _system(overview: Overview) -> dict[str, Any]:
    return {
        "hardware": dict(overview.hardware),
        "profile": None if overview.profile is None else dataclasses.asdict(overview.profile),
        "session": None if overview.session is None else _session(overview.session, overview.commit),
        "environments": sorted({one.key.environment for one in overview.figures}),
    }


def _session(one: RecordedSession, commit: str) -> dict[str, Any]:
    return {
        "id": one.id,
        "started_at": one.started_at.isoformat(),
        "measured_this_commit": any(done.commit == commit for done in one.done),
        "fingerprint": dataclasses.asdict(one.fingerprint),
        "versions": dict(one.versions),
        "fitness": [{**dataclasses.asdict(found), "severity": str(found.severity)} for found in one.fitness],
    }


# --- sections ---------------------------------------------------------------------------------------


def section_wire(section: Section | Unanswered, overview: Overview) -> Any:
    """An object where groundspeed.toml means one case, else a list; rates are always a list."""
    if isinstance(section, Unanswered):
        return {"missing": section.reason, "command": section.command}
    found = [one for entry in section.entries for one in _entry(entry, section, overview)]
    rated = any(entry.shape is Shape.THROUGHPUT for entry in section.entries)
    return found[0] if section.stated and len(found) == 1 and not rated else found


def _entry(entry: Entry, section: Section, overview: Overview) -> list[dict[str, Any]]:
    known = rates(entry) if entry.shape is Shape.THROUGHPUT else ()
    if known:
        return [_rate(one, entry, section, overview) for one in known]
    found = {**_head(entry, entry.main, overview)}
    intervals = {}
    for one in entry.figures:
        key, factor = keyed(one.name, one.figure.unit)
        if isinstance(one.figure.value, Interval):
            found[key] = one.figure.value.centre * factor
            intervals[key] = _bounds(one.figure.value, factor)
        else:
            found[key] = None
            found.setdefault("missing", one.figure.value.reason)
    return [{**found, INTERVALS: intervals}]


def _rate(one: Rate, entry: Entry, section: Section, overview: Overview) -> dict[str, Any]:
    key = f"{section.item}_per_second"
    return {
        **_head(entry, one.figure, overview),
        "workers": one.workers,
        key: one.rate.centre,
        "efficiency": _number(one.efficiency.centre),
        INTERVALS: {key: bounds(one.rate), "efficiency": bounds(one.efficiency)},
    }


def _head(entry: Entry, figure: Operation, overview: Overview) -> dict[str, Any]:
    return {
        "case": str(entry.case),
        "environment": entry.environment,
        "commit": figure.carried_from or figure.commit,
        "smallest_detectable_change": _smallest(overview.noise_of(figure.key)),
    }


def keyed(name: str, unit: str) -> tuple[str, float]:
    """A figure's key, which ends in its unit, and what one of the metric's unit is in that one.

    Seconds become milliseconds, rates ``…_per_second``; a rate that is called so goes by what it counts. A
    share is a part of one and has no unit, a word that is the name already is not repeated.
    """
    base = units.reckon(unit)
    word, factor = base.unit, base.value
    if word == "s":
        return f"{_word(name)}_ms", factor * 1e3
    if word.endswith("/s"):
        counted = _word(word.removesuffix("/s"))
        parts = [] if name == "rate" and counted else [_word(name)]
        return "_".join([*parts, *([counted] if counted else []), "per_second"]), factor
    suffix = _word(word)
    return (_word(name) if suffix in ("", _word(name)) else f"{_word(name)}_{suffix}"), factor


def _word(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


# --- regressions, cases -----------------------------------------------------------------------------


def _group(group: Group, overview: Overview) -> dict[str, Any]:
    head = overview.commits.get(group.range.head)
    return {
        "id": group.id,
        "state": str(group.state),
        "base": group.range.base,
        "head": group.range.head,
        "date": head.date.isoformat() if head else None,
        "subject": head.subject if head else None,
        "share_of_series": overview.regressions.broad(group).get(overview.machine),
        "series": [_affected(one) for one in group.affected],
    }


def _affected(one: Affected) -> dict[str, Any]:
    step = one.step
    return {
        "case": text_of(step.key),
        "environment": step.key.environment,
        "unit": units.canonical(step.unit),
        "better": str(step.better),
        "before": _number(step.before.centre),
        "after": _number(step.after.centre),
        "scale": str(step.scale),
        "change": _number(step.change.centre),
        "interval": bounds(step.change),
        "state": str(one.state),
    }


def _bottleneck(one: CaseProfile) -> dict[str, Any]:
    functions = [dataclasses.asdict(function) for function in one.profile.functions[:FUNCTIONS]]
    return {
        "case": one.case,
        "kind": one.kind,
        "commit": one.commit,
        "unit": one.profile.unit,
        "total": _number(one.profile.total),
        "functions": functions,
    }


def _case(one: Operation, overview: Overview) -> dict[str, Any]:
    value = one.value
    measured = (
        {"value": value.centre, "interval": bounds(value)}
        if isinstance(value, Interval)
        else {"value": None, "missing": value.reason}
    )
    return {
        "case": str(one.key.case),
        "benchmark": one.key.case.benchmark,
        "params": list(one.key.case.params),
        "metric": one.key.metric,
        "kind": kind_of(one.key.case.benchmark, overview.benchmarks),
        "environment": one.key.environment,
        "unit": units.canonical(one.unit),
        "better": str(one.better),
        **measured,
        "commit": one.commit,
        "carried_from": one.carried_from,
        "processes": one.processes,
        "samples": one.samples,
        "smallest_detectable_change": _smallest(overview.noise_of(one.key)),
    }


def _smallest(noise: CaseNoise | None) -> float | None:
    return None if noise is None else _number(noise.smallest)


def _bounds(value: Interval, factor: float) -> list[float | None]:
    scaled = Interval(centre=value.centre * factor, low=value.low * factor, high=value.high * factor)
    return bounds(scaled)


def _number(value: float) -> float | None:
    """JSON has neither infinity nor NaN: null says that nothing is known."""
    return value if math.isfinite(value) else None
