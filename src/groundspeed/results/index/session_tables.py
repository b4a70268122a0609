"""Session files to tables: what every worker process gave, each attempt to build, each session itself.

A line that its session's header does not know is no data, as in the ledger; it is named among the faults.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from groundspeed.definition import better as stated_better
from groundspeed.records import (
    Better,
    Build,
    CarriedOver,
    Control,
    Failed,
    Measured,
    NotRun,
    Outcome,
    Run,
    Session,
    Severity,
    Skipped,
    Telemetry,
)
from groundspeed.results.further import entry_name
from groundspeed.results.gather import Identity
from groundspeed.results.index.manifest import IndexFile, Part, SessionFacts, Source, to_json
from groundspeed.results.index.schemas import table_of
from groundspeed.results.index.sources import SESSIONS, Stamp, digest, digest_of_file
from groundspeed.results.index.tables import folder_of, put, series_id, write_table
from groundspeed.results.index.unmeasured_wire import unmeasured_to_wire
from groundspeed.results.ledger import Ledger
from groundspeed.results.session_header import finding_wire, fingerprint_wire, sampling_wire
from groundspeed.results.session_wire import SessionFormatError
from groundspeed.results.sessions import SessionFile, read_session_file
from groundspeed.results.unmeasured import unmeasured_of

UNMEASURED = "unmeasured"

_Rows = list[dict[str, Any]]


@dataclass(kw_only=True, slots=True)
class _Collected:
    """The rows of one machine's tables; ``unmeasured`` by source."""

    tables: dict[str, _Rows] = field(default_factory=dict)
    unmeasured: dict[str, Any] = field(default_factory=dict)

    def add(self, table: str, row: dict[str, Any]) -> None:
        self.tables.setdefault(table, []).append(row)


def make_sessions(
    results_dir: Path, folder: Path, where: str, stamps: Mapping[str, Stamp]
) -> tuple[Part, tuple[Source, ...]]:
    """A part from the session files ``stamps``, by path. Raises StorageError."""
    machines: dict[str, _Collected] = {}
    sources = tuple(_source(results_dir, path, stamp, machines) for path, stamp in stamps.items())
    name = digest("".join(one.digest for one in sources).encode() + where.encode())
    part = Part(
        kind=SESSIONS,
        folder=where,
        sources=tuple(stamps),
        machine=None,
        definitions=None,
        files=tuple(_write(folder, machines, name)),
    )
    return part, sources


def _source(results_dir: Path, path: str, stamp: Stamp, machines: dict[str, _Collected]) -> Source:
    content = digest_of_file(results_dir / path)
    try:
        file = read_session_file(results_dir / path)
    except SessionFormatError as error:
        return Source(
            kind=SESSIONS, path=path, stamp=stamp, digest=content, warnings=(str(error),), said=None
        )
    collected = machines.setdefault(file.session.machine, _Collected())
    faults = _collect(file, collected)
    told = unmeasured_to_wire(unmeasured_of(file))
    if told is not None:
        collected.unmeasured[path] = told
    warnings = file.warnings
    if warnings:  # an archive does not look at lines of runs that measured, broken or not
        warnings = read_session_file(results_dir / path, measured=False).warnings
    facts = SessionFacts(
        id=file.session.id,
        machine=file.session.machine,
        commits=tuple(dict.fromkeys(one.commit for one in file.items if isinstance(one, Build | Run))),
        faults=tuple(one for one in (*file.warnings, *faults) if one not in warnings),
    )
    return Source(kind=SESSIONS, path=path, stamp=stamp, digest=content, warnings=warnings, said=facts)


def _collect(file: SessionFile, collected: _Collected) -> list[str]:
    """Add its rows; returns what is wrong with lines that are none."""
    faults: list[str] = []
    for table, row in rows_of(file, faults.append):
        collected.add(table, row)
    return faults


def rows_of(
    file: SessionFile, fault: Callable[[str], None] | None = None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every row of every table that a session makes; ``fault`` is told of lines that are no data."""
    ledger = Ledger()
    ledger.open(file.session, file.machine)
    yield "sessions", _session(file.session)
    for row in _telemetry(item for item in file.items if isinstance(item, Telemetry)):
        yield "telemetry", {"session": file.session.id, **row}
    for line, item in enumerate(file.items, start=2):
        place = {"session": file.session.id, "line": line}
        if isinstance(item, Control):
            yield "controls", {"session": file.session.id, **_control(item)}
        if not isinstance(item, Build | Run):
            continue
        try:
            ledger.check(file.session.id, item)
        except ValueError as error:
            if fault is not None:
                fault(f"{file.path}: {error}; the line is skipped.")
            continue
        if isinstance(item, Build):
            yield "builds", {**place, **_build(item)}
        else:
            described = ledger.benchmark(file.session.id, item.case.benchmark)
            default = (described.unit, stated_better(described.definition) or Better.LOWER)
            for row in _processes(item, default):
                yield "processes", {**place, **row}


# --- rows ----------------------------------------------------------------------------------------------


def _session(one: Session) -> dict[str, Any]:
    host, sampling = one.fingerprint, one.sampling
    return {
        "session": one.id,
        "started_at": one.started_at,
        "cpu_model": host.cpu_model,
        "cores_physical": host.cores_physical,
        "cores_logical": host.cores_logical,
        "ram_bytes": host.ram_bytes,
        "gpus": [gpu.name for gpu in host.gpus],
        "os": host.os,
        "kernel": host.kernel,
        "arch": host.arch,
        "virtualised": host.virtualised,
        "governor": host.governor,
        "turbo": host.turbo,
        "environments": [environment.name for environment in one.environments],
        "seed": one.seed,
        "versions": to_json(dict(one.versions)).decode(),
        "precision": None if sampling is None else sampling.precision,
        "case_budget_s": None if sampling is None else sampling.case_budget_s,
        "unfit": [finding.check for finding in one.fitness if finding.severity is Severity.UNFIT],
        "fingerprint": to_json(fingerprint_wire(host)).decode(),
        "sampling": to_json(None if sampling is None else sampling_wire(sampling)).decode(),
        "fitness": to_json([finding_wire(finding) for finding in one.fitness]).decode(),
    }


def _control(one: Control) -> dict[str, Any]:
    return {
        "started_at": one.started_at,
        "samples": list(one.samples),
        "median_s": median_of(one.samples)[0],
    }


def _telemetry(parts: Iterable[Telemetry]) -> Iterator[dict[str, Any]]:
    """The extremes and the median of each quantity over a session."""
    found: dict[str, list[float]] = {}
    for part in parts:
        for quantity, column in part.columns.items():
            numbers = (one for one in column if one is not None and math.isfinite(one))
            found.setdefault(quantity, []).extend(numbers)
    for quantity, values in found.items():
        if values:
            middle = statistics.median(values)
            yield {"quantity": quantity, "low": min(values), "median": middle, "high": max(values)}


def _build(one: Build) -> dict[str, Any]:
    failure = one.failure
    return {
        "started_at": one.started_at,
        "duration_s": one.duration_s,
        "environment": one.environment,
        "commit": one.commit,
        "failure": None if failure is None else str(failure.kind),
        "text": None if failure is None else failure.text,
        "identity": one.identity,
        "dependencies": list(one.dependencies),
        "benchmarks": list(one.benchmarks),
    }


def _processes(run: Run, default: tuple[str, Better]) -> Iterator[dict[str, Any]]:
    """One row a metric; the main one comes first, also where there is no value."""
    outcome, reason = _outcome(run.outcome)
    measured = run.outcome if isinstance(run.outcome, Measured) else None
    parts = {"": (*default, list(measured.samples if measured else ()))}
    for one in run.metrics if measured else ():
        parts.setdefault(one.metric, (one.unit, one.better, []))[2].extend(one.samples)
    for metric, (unit, better, samples) in parts.items():
        median, count = median_of(samples)
        identity = Identity(
            machine="",
            environment=run.environment,
            name=entry_name(run.case.benchmark, metric),
            version=run.version,
            params=run.case.params,
        )
        yield {
            "series": series_id(identity),
            "started_at": run.started_at,
            "duration_s": run.duration_s,
            "environment": run.environment,
            "benchmark": run.case.benchmark,
            "params": list(run.case.params),
            "metric": metric,
            "version": run.version,
            "commit": run.commit,
            "outcome": outcome,
            "reason": reason,
            "unit": unit,
            "better": str(better),
            "number": measured.number if measured and not metric else None,
            "samples": samples,
            "count": count,
            "median": median,
            "check_value": run.check,
            "stop": None if run.stop is None else str(run.stop),
            "quick": run.quick,
        }


def _outcome(outcome: Outcome) -> tuple[str, str | None]:
    """Its name, and the reason; of what was carried over the commit that it comes from."""
    match outcome:
        case Measured():
            return "measured", None
        case Failed():
            return "failed", f"{outcome.kind}: {outcome.text}" if outcome.text else str(outcome.kind)
        case Skipped():
            return "skipped", outcome.reason
        case NotRun():
            return "not run", outcome.reason
        case CarriedOver():
            return "carried over", outcome.measured_at


def median_of(samples: Sequence[float]) -> tuple[float | None, int]:
    """The median of those that are numbers, and how many those are."""
    numbers = [float(one) for one in samples if not math.isnan(one)]
    return (statistics.median(numbers) if numbers else None), len(numbers)


# --- files ---------------------------------------------------------------------------------------------


def _write(folder: Path, machines: Mapping[str, _Collected], name: str) -> Iterator[IndexFile]:
    for machine, collected in sorted(machines.items()):
        for table, rows in collected.tables.items():
            yield write_table(folder, table, machine, name, table_of(table, rows))
        if collected.unmeasured:
            path = folder / folder_of(UNMEASURED, machine) / f"{name}.json"
            wire = to_json(collected.unmeasured)
            yield put(folder, path, UNMEASURED, machine, lambda at, wire=wire: at.write_bytes(wire))
