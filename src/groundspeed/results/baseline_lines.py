"""A baseline as the lines of its file, and back. Record to JSON, both ways, in one place.

The format is written down in docs/baselines.md, with its history. Knows no file.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from groundspeed.errors import GroundspeedError
from groundspeed.measurements import Measurement, Missing, Process, Stored
from groundspeed.records import Better, Case, Failed, NotRun, SeriesKey, Skipped
from groundspeed.results.origin import Installed, Origin
from groundspeed.results.session_header import fingerprint_wire, parse_fingerprint
from groundspeed.results.session_lines import outcome_wire, parse_outcome
from groundspeed.results.session_wire import from_line, number, parse_number, parse_time, time_text, to_line
from groundspeed.stats.summary import Summary, summarise

FORMAT = "groundspeed-baseline"
MAJOR, MINOR = 1, 0


class BaselineFormatError(GroundspeedError):
    """A baseline's file is not one, or is newer than this groundspeed understands."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Baseline:
    """Measurements of one commit on one machine, under a name. ``commit_date`` is as the results hold it."""

    name: str
    saved_at: datetime
    commit: str
    commit_date: datetime
    origin: Origin
    measurements: tuple[Measurement | Missing, ...]


def summary_of(one: Measurement) -> Summary | None:
    """The figures of all its samples that are finite; None where none was kept."""
    finite = [sample for process in one.processes for sample in process.samples if math.isfinite(sample)]
    return summarise(finite) if finite else None


def to_lines(baseline: Baseline) -> bytes:
    """The text of the file: a header, then a line for each measurement. Equal baselines give equal bytes."""
    ordered = sorted(baseline.measurements, key=lambda one: _order(one.key))
    return b"".join([to_line(_header(baseline)), *(to_line(_line(one)) for one in ordered)])


def from_lines(lines: Iterable[bytes]) -> Baseline:
    """What ``to_lines`` wrote. Raises BaselineFormatError naming the line that is not understood.

    A baseline is compared with whole or not at all, so one bad line is an error.
    """
    found = iter(lines)
    try:
        header = _checked(from_line(next(found, b"")))
        origin = _parse_origin(header["origin"])
        name, commit, count = str(header["name"]), str(header["commit"]), int(header["measurements"])
        saved_at, commit_date = parse_time(header["saved_at"]), parse_time(header["commit_date"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BaselineFormatError(f"has a broken first line ({error!r})") from error
    measurements = []
    for at, line in enumerate(found, start=2):
        try:
            measurements.append(_parse_line(from_line(line), origin.machine, commit))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BaselineFormatError(f"has a broken line {at} ({error!r})") from error
    if len(measurements) != count:
        raise BaselineFormatError(f"has {len(measurements)} of its {count} measurements")
    return Baseline(
        name=name,
        saved_at=saved_at,
        commit=commit,
        commit_date=commit_date,
        origin=origin,
        measurements=tuple(measurements),
    )


def _order(key: SeriesKey) -> tuple[str, str, tuple[str, ...], str, str]:
    return key.environment, key.case.benchmark, key.case.params, key.metric, key.version or ""


# --- the first line ----------------------------------------------------------------------------------


def _header(baseline: Baseline) -> dict[str, Any]:
    return {
        "type": "baseline",
        "format": FORMAT,
        "version": [MAJOR, MINOR],
        "name": baseline.name,
        "saved_at": time_text(baseline.saved_at),
        "commit": baseline.commit,
        "commit_date": time_text(baseline.commit_date),
        "origin": origin_wire(baseline.origin),
        "measurements": len(baseline.measurements),
    }


def _checked(wire: dict[str, Any]) -> dict[str, Any]:
    """The header. Raises BaselineFormatError where it is another file's, or a newer one's."""
    if wire.get("type") != "baseline" or wire.get("format") != FORMAT:
        raise BaselineFormatError("does not begin with a baseline's first line; is it another file?")
    major, minor = wire["version"]
    if major > MAJOR:
        raise BaselineFormatError(f"has format {major}.{minor}, this groundspeed reads up to {MAJOR}.x")
    return wire


def origin_wire(origin: Origin) -> dict[str, Any]:
    """Host, installed packages and versions, as JSON."""
    return {
        "machine": origin.machine,
        "machine_json": dict(origin.description),
        "fingerprint": None if origin.fingerprint is None else fingerprint_wire(origin.fingerprint),
        "installed": [
            {"environment": one.environment, "python": one.python, "dependencies": list(one.dependencies)}
            for one in origin.installed
        ],
        "versions": dict(origin.versions),
    }


def _parse_origin(wire: Mapping[str, Any]) -> Origin:
    return Origin(
        machine=wire["machine"],
        description=dict(wire["machine_json"]),
        fingerprint=None if wire["fingerprint"] is None else parse_fingerprint(wire["fingerprint"]),
        installed=tuple(
            Installed(
                environment=one["environment"], python=one["python"], dependencies=tuple(one["dependencies"])
            )
            for one in wire["installed"]
        ),
        versions=dict(wire["versions"]),
    )


# --- a measurement -----------------------------------------------------------------------------------


def _line(one: Measurement | Missing) -> dict[str, Any]:
    key = {
        "environment": one.key.environment,
        "benchmark": one.key.case.benchmark,
        "params": list(one.key.case.params),
        "metric": one.key.metric,
        "version": one.key.version,
        "unit": one.unit,
        "better": str(one.better),
    }
    if isinstance(one, Missing):
        return {"type": "missing", **key, "why": outcome_wire(one.why)}
    summary = summary_of(one)
    return {
        "type": "measurement",
        **key,
        "carried_from": one.carried_from,
        "stored": {name: number(value) for name, value in dataclasses.asdict(one.stored).items()},
        "processes": [_process(process) for process in one.processes],
        "summary": None if summary is None else dataclasses.asdict(summary),
    }


def _process(one: Process) -> dict[str, Any]:
    return {
        "session": one.session,
        "started_at": time_text(one.started_at),
        "number": one.number,
        "samples": [number(sample) for sample in one.samples],
    }


def _parse_line(wire: Mapping[str, Any], machine: str, commit: str) -> Measurement | Missing:
    """A measurement; its summary is passed over, for the samples say it."""
    key = SeriesKey(
        machine=machine,
        environment=wire["environment"],
        case=Case(benchmark=wire["benchmark"], params=tuple(wire["params"])),
        metric=wire["metric"],
        version=wire["version"],
    )
    better = Better(wire["better"])
    if wire["type"] == "missing":
        why = parse_outcome(wire["why"])
        if not isinstance(why, Failed | Skipped | NotRun):
            raise TypeError(f"{wire['why']['is']} is no reason for a missing value")
        return Missing(key=key, commit=commit, unit=wire["unit"], better=better, why=why)
    if wire["type"] != "measurement":
        raise ValueError(f"type {wire['type']}")
    return Measurement(
        key=key,
        commit=commit,
        unit=wire["unit"],
        better=better,
        processes=tuple(_parse_process(one) for one in wire["processes"]),
        stored=Stored(**{name: parse_number(wire["stored"][name]) for name in ("value", "low", "high")}),
        carried_from=wire["carried_from"],
    )


def _parse_process(wire: Mapping[str, Any]) -> Process:
    return Process(
        session=wire["session"],
        started_at=parse_time(wire["started_at"]),
        number=wire["number"],
        samples=tuple(parse_number(sample) for sample in wire["samples"]),
    )
