"""Baselines as text, Markdown and JSON: what one holds, and which there are. Measures and judges nothing."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from groundspeed import units
from groundspeed.machine.profile import size
from groundspeed.measurements import Measurement, Missing, Stored
from groundspeed.records import Failed, SeriesKey
from groundspeed.report.table import Format, Table, last_line
from groundspeed.results.baseline_lines import origin_wire
from groundspeed.results.baselines import Baseline, Shelf, summary_of
from groundspeed.results.further import entry_name
from groundspeed.results.session_lines import outcome_wire
from groundspeed.results.session_wire import time_text
from groundspeed.stats.summary import Summary

SCHEMA = "groundspeed-baseline"
LIST_SCHEMA = "groundspeed-baselines"
VERSION = 1  # of both; a key that is added does not raise it
SHOWN = 12  # cases without a value that a terminal gets; JSON has all
UNKNOWN = "–"

_FIGURES = ("median", "mean", "sd", "min", "p95", "p99", "max")
_NARROW = ("median", "sd", "p95", "p99")  # what a terminal of 100 columns has room for beside the case


def saved_report(baseline: Baseline, path: Path, output: Format) -> str:
    """What a baseline holds; as JSON all of it."""
    if output is Format.JSON:
        return json.dumps(baseline_json(baseline), indent=2, allow_nan=False)
    values = [one for one in baseline.measurements if isinstance(one, Measurement)]
    figures = _FIGURES if output is Format.MARKDOWN else _NARROW
    table = _show(_table(values, figures), output)
    parts = [
        _title(baseline),
        _about(baseline, output),
        table,
        _carried(values),
        _alone(values),
        _unsampled(values),
        _missing(baseline),
        _next(baseline, path),
    ]
    return "\n\n".join(part for part in parts if part)


def list_report(shelf: Shelf, output: Format) -> str:
    """Which baselines there are."""
    if output is Format.JSON:
        return json.dumps(
            {
                "schema": LIST_SCHEMA,
                "version": VERSION,
                "baselines": [_row_json(one) for one in shelf.baselines],
            },
            indent=2,
        )
    if not shelf.baselines:
        return "There is no baseline yet. Save one with: groundspeed baseline save NAME"
    rows = tuple(
        (
            one.name,
            one.commit[:8],
            f"{one.commit_date:%Y-%m-%d}",
            f"{one.saved_at:%Y-%m-%d}",
            f"{_cases(one):,}",
            one.origin.machine,
        )
        for one in shelf.baselines
    )
    header = ("name", "commit", "of", "saved", "cases", "machine")
    table = _show(Table(header=header, rows=rows, right=frozenset({"cases"})), output)
    return f"{table}\n\nHold a commit against one: groundspeed baseline check {shelf.baselines[0].name}"


def baseline_json(baseline: Baseline) -> dict[str, Any]:
    """All of a baseline: what ``--format json`` prints and ``--export`` writes. Strict JSON."""
    values = [one for one in baseline.measurements if isinstance(one, Measurement)]
    missing = [one for one in baseline.measurements if isinstance(one, Missing)]
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "name": baseline.name,
        "saved_at": time_text(baseline.saved_at),
        "commit": baseline.commit,
        "commit_date": time_text(baseline.commit_date),
        "origin": origin_wire(baseline.origin),
        "measurements": [_measurement_json(one) for one in values],
        "missing": [{**_key_json(one.key), "why": outcome_wire(one.why)} for one in missing],
    }


# --- text ----------------------------------------------------------------------------------------------


def text_of(key: SeriesKey) -> str:
    """A case's metric as it is written: ``module.name(10)@p99``."""
    return f"{key.case}@{key.metric}" if key.metric else str(key.case)


def _title(baseline: Baseline) -> str:
    return (
        f"Baseline {baseline.name}: {_cases(baseline):,} cases of commit {baseline.commit[:8]} "
        f"({baseline.commit_date:%Y-%m-%d}) on {baseline.origin.machine}"
    )


def _about(baseline: Baseline, output: Format) -> str:
    """The host and what was installed, as far as anybody recorded it."""
    origin = baseline.origin
    lines = []
    if (host := origin.fingerprint) is not None:
        lines.append(
            f"host     {host.cpu_model}, {host.cores_logical} processors, {size(host.ram_bytes)}, "
            f"{host.os}, kernel {host.kernel}"
        )
    lines += [
        f"python   {one.python}, packages installed: {len(one.dependencies)} ({one.environment})"
        for one in origin.installed
    ]
    values = [one for one in baseline.measurements if isinstance(one, Measurement)]
    sessions = sorted({process.session for one in values for process in one.processes})
    if sessions:
        lines.append(f"sessions {len(sessions)}, the newest {sessions[-1]}")
    return "\n".join(f"- {line}" if output is Format.MARKDOWN else line for line in lines)


def _table(values: Sequence[Measurement], figures: Sequence[str]) -> Table:
    several = len({one.key.environment for one in values}) > 1
    header = (*figures, "samples", "processes", "case", *(("environment",) if several else ()))
    rows = tuple(_row(one, figures, several) for one in values)
    return Table(header=header, rows=rows, right=frozenset({*figures, "samples", "processes"}))


def _row(one: Measurement, figures: Sequence[str], several: bool) -> tuple[str, ...]:
    summary = summary_of(one)
    cells = [_figure(summary, one.stored, name, one.unit) for name in figures]
    counts = (str(summary.samples), str(len(one.processes))) if summary else (UNKNOWN, UNKNOWN)
    return (*cells, *counts, text_of(one.key), *((one.key.environment,) if several else ()))


def _figure(summary: Summary | None, stored: Stored, name: str, unit: str) -> str:
    """A figure for people; the spread is relative to the mean, and a single sample has none.

    Without samples there is the stored value.
    """
    if summary is None:
        return units.display(stored.value, unit) if name == "median" else UNKNOWN
    if name == "median":
        return units.display(summary.median, unit)
    if summary.sd is None or (name == "sd" and summary.mean <= 0):
        return UNKNOWN
    return f"{summary.sd / summary.mean:.1%}" if name == "sd" else units.display(getattr(summary, name), unit)


def _carried(values: Sequence[Measurement]) -> str:
    sources = [one.carried_from for one in values if one.carried_from]
    if not sources:
        return ""
    commits = ", ".join(sorted({source[:8] for source in sources}))
    return f"{len(sources):,} of {len(values):,} values were measured at {commits}: same built content."


def _alone(values: Sequence[Measurement]) -> str:
    """What one process measured says nothing of the next one, for kinds that are timed."""
    alone = [one for one in values if len(one.processes) == 1 and one.processes[0].number is not None]
    if not alone:
        return ""
    return (
        f"{len(alone):,} of {len(values):,} values rest on one process each: how far processes differ is "
        f"not known of them.\nMore: groundspeed run {alone[0].commit[:8]}^! --again"
    )


def _unsampled(values: Sequence[Measurement]) -> str:
    """Values that asv alone measured, and those that are derived."""
    without = sum(not one.processes for one in values)
    return (
        f"Of {without:,} of {len(values):,} values no samples were kept, only asv's intervals."
        if without
        else ""
    )


def _missing(baseline: Baseline) -> str:
    missing = [one for one in baseline.measurements if isinstance(one, Missing) and not one.key.metric]
    if not missing:
        return ""
    lines = [f"  {text_of(one.key)}  {reason(one)}" for one in missing[:SHOWN]]
    more = [f"  … and {len(missing) - SHOWN} more (--format json has all)"] if len(missing) > SHOWN else []
    return "\n".join([f"Without a value, {len(missing):,}:", *lines, *more])


def reason(one: Missing) -> str:
    """Why there is no value, in a line."""
    if isinstance(one.why, Failed):
        return f"{one.why.kind}: {last_line(one.why.text)}" if one.why.text.strip() else str(one.why.kind)
    return last_line(one.why.reason) if one.why.reason.strip() else "skipped"


def _next(baseline: Baseline, path: Path) -> str:
    return (
        f"Kept in {path.parent.parent.name}/{path.parent.name}/{path.name}; commit it with the results.\n"
        f"Hold a commit against it: groundspeed baseline check {baseline.name}"
    )


def _show(table: Table, output: Format) -> str:
    return table.markdown() if output is Format.MARKDOWN else table.text()


def _cases(baseline: Baseline) -> int:
    return len(cases_of(baseline.measurements))


def cases_of(found: Iterable[Measurement | Missing]) -> set[str]:
    """The cases that have a value, by their text."""
    return {str(one.key.case) for one in found if isinstance(one, Measurement)}


# --- JSON ----------------------------------------------------------------------------------------------


def _row_json(baseline: Baseline) -> dict[str, Any]:
    return {
        "name": baseline.name,
        "commit": baseline.commit,
        "commit_date": time_text(baseline.commit_date),
        "saved_at": time_text(baseline.saved_at),
        "machine": baseline.origin.machine,
        "cases": _cases(baseline),
        "measurements": len(baseline.measurements),
    }


def _key_json(key: SeriesKey) -> dict[str, Any]:
    return {
        "case": text_of(key),
        "benchmark": entry_name(key.case.benchmark, key.metric),
        "params": list(key.case.params),
        "metric": key.metric,
        "environment": key.environment,
        "benchmark_version": key.version,
    }


def _measurement_json(one: Measurement) -> dict[str, Any]:
    summary = summary_of(one)
    figures = dict.fromkeys(_FIGURES) if summary is None else dataclasses.asdict(summary)
    numbers = sorted({process.number for process in one.processes if process.number is not None})
    return {
        **_key_json(one.key),
        "unit": units.canonical(one.unit),
        "better": str(one.better),
        "carried_from": one.carried_from,
        "value": _finite(one.stored.value),
        "interval_99": [_finite(one.stored.low), _finite(one.stored.high)],
        "iterations": {
            "processes": len(one.processes),
            "samples": sum(len(process.samples) for process in one.processes),
            "calls_per_sample": numbers,
            "calls": sum((process.number or 1) * len(process.samples) for process in one.processes),
        },
        **{name: figures[name] for name in _FIGURES},
        "samples": [[_finite(sample) for sample in process.samples] for process in one.processes],
    }


def _finite(value: float) -> float | None:
    """null for what JSON does not know."""
    return value if math.isfinite(value) else None
