"""Lines of a session file: records to JSON and back. The one file that knows the format.

The format is written down in docs/session-format.md, with its history. Strict JSON in ASCII: a
number that JSON does not know is a string, a time is ISO 8601 in UTC, a float is its ``repr`` and
comes back the same to the last bit.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from groundspeed.errors import GroundspeedError
from groundspeed.records import (
    Benchmark,
    Build,
    CarriedOver,
    Case,
    Environment,
    Failed,
    FailureKind,
    Fingerprint,
    Gpu,
    Measured,
    NotRun,
    Outcome,
    Run,
    Session,
    Skipped,
)

FORMAT = "groundspeed-session"
MAJOR, MINOR = 1, 0


class SessionFormatError(GroundspeedError):
    """A session file is not one, or is newer than this groundspeed understands."""


class NewerSessionError(SessionFormatError):
    """A session file of a newer major version: going on without it would make asv's files poorer."""


class UnknownLineError(ValueError):
    """A line of a type that this version does not know."""


def header_line(session: Session, machine: Mapping[str, str]) -> bytes:
    """The first line. ``machine`` is asv's machine.json of that moment: its files repeat it."""
    return _line(
        {
            "type": "session",
            "format": FORMAT,
            "version": [MAJOR, MINOR],
            "id": session.id,
            "started_at": _time(session.started_at),
            "machine": session.machine,
            "machine_json": dict(machine),
            "fingerprint": _fingerprint(session.fingerprint),
            "environments": [_environment(one) for one in session.environments],
            "benchmarks": [_benchmark(one) for one in session.benchmarks],
            "commits": {commit: _time(date) for commit, date in session.commits.items()},
            "seed": session.seed,
            "versions": dict(session.versions),
        }
    )


def item_line(item: Build | Run) -> bytes:
    """One line of what was done."""
    return _line(_build(item) if isinstance(item, Build) else _run(item))


def parse_header(line: bytes) -> tuple[Session, dict[str, str]]:
    """The session and its machine.json. Raises SessionFormatError, ValueError, KeyError, TypeError."""
    wire = _object(line)
    if wire.get("type") != "session" or wire.get("format") != FORMAT:
        raise SessionFormatError("does not begin with a groundspeed session's header; is it another file?")
    major, minor = wire["version"]
    if major > MAJOR:
        raise NewerSessionError(
            f"has format {major}.{minor}, this groundspeed reads up to {MAJOR}.x; use a newer groundspeed"
        )
    session = Session(
        id=wire["id"],
        started_at=_parse_time(wire["started_at"]),
        machine=wire["machine"],
        fingerprint=_parse_fingerprint(wire["fingerprint"]),
        environments=tuple(Environment(**_known(Environment, one)) for one in wire["environments"]),
        benchmarks=tuple(_parse_benchmark(one) for one in wire["benchmarks"]),
        commits={commit: _parse_time(date) for commit, date in wire["commits"].items()},
        seed=wire["seed"],
        versions=wire["versions"],
        sampling=None,
        fitness=(),
    )
    return session, wire["machine_json"]


def parse_item(line: bytes) -> Build | Run:
    """One line after the first. Raises UnknownLineError, else ValueError, KeyError or TypeError."""
    wire = _object(line)
    if wire["type"] == "build":
        return _parse_build(wire)
    if wire["type"] == "run":
        return _parse_run(wire)
    raise UnknownLineError(str(wire["type"]))


def _object(line: bytes) -> dict[str, Any]:
    wire = json.loads(line)
    if not isinstance(wire, dict):
        raise TypeError("a line is no JSON object")
    return wire


def _line(wire: Mapping[str, Any]) -> bytes:
    return json.dumps(wire, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n"


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _parse_time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _number(value: float | None) -> float | str | None:
    """A finite float as it is; ``nan``, ``inf`` and ``-inf`` as these words."""
    return value if value is None or math.isfinite(value) else str(float(value))


def _parse_number(wire: float | str) -> float:
    return float(wire)


def _parse_optional(wire: float | str | None) -> float | None:
    return None if wire is None else float(wire)


# --- what was done ---------------------------------------------------------------------------------


def _build(build: Build) -> dict[str, Any]:
    return {
        "type": "build",
        "commit": build.commit,
        "environment": build.environment,
        "failure": None if build.failure is None else _outcome(build.failure),
        "dependencies": list(build.dependencies),
        "benchmarks": list(build.benchmarks),
        "started_at": _time(build.started_at),
        "duration_s": _number(build.duration_s),
    }


def _parse_build(wire: Mapping[str, Any]) -> Build:
    return Build(
        commit=wire["commit"],
        environment=wire["environment"],
        failure=None if wire["failure"] is None else _parse_failed(wire["failure"]),
        dependencies=tuple(wire["dependencies"]),
        identity=None,
        benchmarks=tuple(wire["benchmarks"]),
        started_at=_parse_time(wire["started_at"]),
        duration_s=_parse_number(wire["duration_s"]),
    )


def _run(run: Run) -> dict[str, Any]:
    return {
        "type": "run",
        "benchmark": run.case.benchmark,
        "params": list(run.case.params),
        "version": run.version,
        "commit": run.commit,
        "environment": run.environment,
        "outcome": _outcome(run.outcome),
        "quick": run.quick,
        "started_at": _time(run.started_at),
        "duration_s": _number(run.duration_s),
    }


def _parse_run(wire: Mapping[str, Any]) -> Run:
    return Run(
        case=Case(benchmark=wire["benchmark"], params=tuple(wire["params"])),
        version=wire["version"],
        commit=wire["commit"],
        environment=wire["environment"],
        outcome=_parse_outcome(wire["outcome"]),
        metrics=(),
        check=None,
        stop=None,
        quick=wire["quick"],
        started_at=_parse_time(wire["started_at"]),
        duration_s=_parse_number(wire["duration_s"]),
    )


def _outcome(outcome: Outcome) -> dict[str, Any]:
    match outcome:
        case Measured():
            samples = [_number(sample) for sample in outcome.samples]
            return {"is": "measured", "samples": samples, "number": outcome.number}
        case Failed():
            return {"is": "failed", "kind": outcome.kind.name.lower(), "text": outcome.text}
        case Skipped():
            return {"is": "skipped", "reason": outcome.reason}
        case NotRun():
            return {"is": "not_run", "reason": outcome.reason}
        case CarriedOver():
            return {"is": "carried_over", "measured_at": outcome.measured_at}


def _parse_outcome(wire: Mapping[str, Any]) -> Outcome:
    match wire["is"]:
        case "measured":
            samples = tuple(_parse_number(sample) for sample in wire["samples"])
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


# --- the header's parts ----------------------------------------------------------------------------


def _known(record: type[Any], wire: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of ``record``; a newer minor version may have added keys."""
    return {field.name: wire[field.name] for field in dataclasses.fields(record)}


def _fingerprint(one: Fingerprint) -> dict[str, Any]:
    return {
        "cpu_model": one.cpu_model,
        "cores_physical": one.cores_physical,
        "cores_logical": one.cores_logical,
        "caches": list(one.caches),
        "ram_bytes": one.ram_bytes,
        "gpus": [
            {"name": gpu.name, "memory_bytes": gpu.memory_bytes, "driver": gpu.driver} for gpu in one.gpus
        ],
        "os": one.os,
        "kernel": one.kernel,
        "arch": one.arch,
        "virtualised": one.virtualised,
        "governor": one.governor,
        "turbo": one.turbo,
    }


def _parse_fingerprint(wire: Mapping[str, Any]) -> Fingerprint:
    gpus = tuple(Gpu(**_known(Gpu, gpu)) for gpu in wire["gpus"])
    return Fingerprint(
        **{**_known(Fingerprint, wire), "caches": tuple(wire["caches"]), "gpus": gpus},
    )


def _environment(one: Environment) -> dict[str, Any]:
    return {
        "name": one.name,
        "python": one.python,
        "requirements": dict(one.requirements),
        "env_vars": dict(one.env_vars),
    }


def _benchmark(one: Benchmark) -> dict[str, Any]:
    return {
        "name": one.name,
        "kind": one.kind,
        "params": [list(values) for values in one.params],
        "param_names": list(one.param_names),
        "unit": one.unit,
        "version": one.version,
        "timeout_s": _number(one.timeout_s),
        "rounds": one.rounds,
        "setup_cache_key": one.setup_cache_key,
        "setup_cache_timeout_s": _number(one.setup_cache_timeout_s),
        # asv's own JSON, kept as text: it may hold NaN and Infinity, which this format refuses
        "definition": json.dumps(dict(one.definition)),
    }


def _parse_benchmark(wire: Mapping[str, Any]) -> Benchmark:
    return Benchmark(
        name=wire["name"],
        kind=wire["kind"],
        params=tuple(tuple(values) for values in wire["params"]),
        param_names=tuple(wire["param_names"]),
        unit=wire["unit"],
        version=wire["version"],
        timeout_s=_parse_optional(wire["timeout_s"]),
        rounds=wire["rounds"],
        setup_cache_key=wire["setup_cache_key"],
        setup_cache_timeout_s=_parse_optional(wire["setup_cache_timeout_s"]),
        definition=json.loads(wire["definition"]),
    )
