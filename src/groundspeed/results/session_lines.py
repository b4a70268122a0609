"""The further lines of a session file: what was done and what the host did. Records to JSON and back.

The format is written down in docs/session-format.md, with its history.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from groundspeed.records import (
    Better,
    Build,
    CarriedOver,
    Case,
    Control,
    Failed,
    FailureKind,
    Measured,
    NotRun,
    Outcome,
    Reading,
    Run,
    Skipped,
    Stop,
    Telemetry,
)
from groundspeed.results.session_wire import (
    UnknownLineError,
    from_line,
    number,
    parse_number,
    parse_optional,
    parse_time,
    time_text,
    to_line,
)

Item = Build | Run | Control | Telemetry
"""What a line may be."""

_MEASURED = b'"outcome":{"is":"measured"'  # as to_line writes it; no text holds it, quotes are escaped there


def item_line(item: Item) -> bytes:
    """One line of what was done."""
    match item:
        case Build():
            return to_line(_build(item))
        case Run():
            return to_line(_run(item))
        case Control():
            return to_line(_control(item))
        case Telemetry():
            return to_line(_telemetry(item))


def parse_item(line: bytes) -> Item:
    """One line after the first. Raises UnknownLineError, else ValueError, KeyError or TypeError."""
    wire = from_line(line)
    match wire["type"]:
        case "build":
            return _parse_build(wire)
        case "run":
            return _parse_run(wire)
        case "control":
            return _parse_control(wire)
        case "telemetry":
            return _parse_telemetry(wire)
    raise UnknownLineError(str(wire["type"]))


def surely_measured(line: bytes) -> bool:
    """Whether a line is a run that measured, told without parsing it; False where that cannot be told."""
    return _MEASURED in line


def speaks_of(line: bytes, commits: frozenset[str]) -> bool:
    """Whether a line may be about one of ``commits``, told without parsing it."""
    return any(commit.encode("ascii", "replace") in line for commit in commits)


# --- what was done ---------------------------------------------------------------------------------


def _build(build: Build) -> dict[str, Any]:
    return {
        "type": "build",
        "commit": build.commit,
        "environment": build.environment,
        "failure": None if build.failure is None else outcome_wire(build.failure),
        "dependencies": list(build.dependencies),
        "identity": build.identity,
        "benchmarks": list(build.benchmarks),
        "started_at": time_text(build.started_at),
        "duration_s": number(build.duration_s),
    }


def _parse_build(wire: Mapping[str, Any]) -> Build:
    return Build(
        commit=wire["commit"],
        environment=wire["environment"],
        failure=None if wire["failure"] is None else _parse_failed(wire["failure"]),
        dependencies=tuple(wire["dependencies"]),
        identity=wire.get("identity"),
        benchmarks=tuple(wire["benchmarks"]),
        started_at=parse_time(wire["started_at"]),
        duration_s=parse_number(wire["duration_s"]),
    )


def _run(run: Run) -> dict[str, Any]:
    return {
        "type": "run",
        "benchmark": run.case.benchmark,
        "params": list(run.case.params),
        "version": run.version,
        "commit": run.commit,
        "environment": run.environment,
        "outcome": outcome_wire(run.outcome),
        "metrics": [_reading(one) for one in run.metrics],
        "check": run.check,
        "stop": None if run.stop is None else run.stop.name.lower(),
        "quick": run.quick,
        "started_at": time_text(run.started_at),
        "duration_s": number(run.duration_s),
    }


def _parse_run(wire: Mapping[str, Any]) -> Run:
    return Run(
        case=Case(benchmark=wire["benchmark"], params=tuple(wire["params"])),
        version=wire["version"],
        commit=wire["commit"],
        environment=wire["environment"],
        outcome=parse_outcome(wire["outcome"]),
        metrics=tuple(_parse_reading(one) for one in wire.get("metrics", ())),
        check=wire.get("check"),
        stop=_parse_stop(wire.get("stop")),
        quick=wire["quick"],
        started_at=parse_time(wire["started_at"]),
        duration_s=parse_number(wire["duration_s"]),
    )


def _reading(one: Reading) -> dict[str, Any]:
    samples = [number(sample) for sample in one.samples]
    return {"metric": one.metric, "unit": one.unit, "better": str(one.better), "samples": samples}


def _parse_reading(wire: Mapping[str, Any]) -> Reading:
    return Reading(
        metric=wire["metric"],
        unit=wire["unit"],
        better=Better(wire["better"]),
        samples=tuple(parse_number(sample) for sample in wire["samples"]),
    )


def _parse_stop(wire: str | None) -> Stop | None:
    """A reason that a newer version added makes an unknown line, as a new outcome does."""
    try:
        return None if wire is None else Stop[wire.upper()]
    except KeyError as error:
        raise UnknownLineError(f"reason to stop {wire}") from error


def outcome_wire(outcome: Outcome) -> dict[str, Any]:
    """What became of an attempt, as JSON; in baselines too."""
    match outcome:
        case Measured():
            samples = [number(sample) for sample in outcome.samples]
            return {"is": "measured", "samples": samples, "number": outcome.number}
        case Failed():
            return {"is": "failed", "kind": outcome.kind.name.lower(), "text": outcome.text}
        case Skipped():
            return {"is": "skipped", "reason": outcome.reason}
        case NotRun():
            return {"is": "not_run", "reason": outcome.reason}
        case CarriedOver():
            return {"is": "carried_over", "measured_at": outcome.measured_at}


def parse_outcome(wire: Mapping[str, Any]) -> Outcome:
    """What ``outcome_wire`` wrote. Raises UnknownLineError, else ValueError, KeyError or TypeError."""
    match wire["is"]:
        case "measured":
            samples = tuple(parse_number(sample) for sample in wire["samples"])
            return Measured(samples=samples, number=wire["number"])
        case "failed":
            return _parse_failed(wire)
        case "skipped":
            return Skipped(reason=wire["reason"])
        case "not_run":
            return NotRun(reason=wire["reason"])
        case "carried_over":
            return CarriedOver(measured_at=wire["measured_at"])
    raise UnknownLineError(f"run whose outcome is {wire['is']}")


def _parse_failed(wire: Mapping[str, Any]) -> Failed:
    """A kind that a newer version added is an unknown line, as a new outcome is."""
    try:
        kind = FailureKind[wire["kind"].upper()]
    except KeyError as error:
        raise UnknownLineError(f"failure of kind {wire['kind']}") from error
    return Failed(kind=kind, text=wire["text"])


# --- what the host did -----------------------------------------------------------------------------


def _control(control: Control) -> dict[str, Any]:
    return {
        "type": "control",
        "started_at": time_text(control.started_at),
        "samples": [number(sample) for sample in control.samples],
    }


def _parse_control(wire: Mapping[str, Any]) -> Control:
    return Control(
        started_at=parse_time(wire["started_at"]),
        samples=tuple(parse_number(sample) for sample in wire["samples"]),
    )


def _telemetry(telemetry: Telemetry) -> dict[str, Any]:
    return {
        "type": "telemetry",
        "started_at": time_text(telemetry.started_at),
        "seconds": [number(one) for one in telemetry.seconds],
        "columns": {name: [number(one) for one in column] for name, column in telemetry.columns.items()},
    }


def _parse_telemetry(wire: Mapping[str, Any]) -> Telemetry:
    columns = {name: tuple(parse_optional(one) for one in column) for name, column in wire["columns"].items()}
    return Telemetry(
        started_at=parse_time(wire["started_at"]),
        seconds=tuple(parse_number(one) for one in wire["seconds"]),
        columns=columns,
    )
