"""The first line of a session file: what is the same for all its lines. Record to JSON and back.

The format is written down in docs/session-format.md, with its history.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from groundspeed.records import (
    Benchmark,
    Environment,
    Finding,
    Fingerprint,
    Gpu,
    Sampling,
    Session,
    Severity,
)
from groundspeed.results.session_wire import (
    FORMAT,
    MAJOR,
    MINOR,
    NewerSessionError,
    SessionFormatError,
    from_line,
    number,
    parse_number,
    parse_optional,
    parse_time,
    time_text,
    to_line,
)


def header_line(session: Session, machine: Mapping[str, str]) -> bytes:
    """The first line. ``machine`` is asv's machine.json of that moment: its files repeat it."""
    return to_line(
        {
            "type": "session",
            "format": FORMAT,
            "version": [MAJOR, MINOR],
            "id": session.id,
            "started_at": time_text(session.started_at),
            "machine": session.machine,
            "machine_json": dict(machine),
            "fingerprint": fingerprint_wire(session.fingerprint),
            "environments": [_environment(one) for one in session.environments],
            "benchmarks": [_benchmark(one) for one in session.benchmarks],
            "commits": {commit: time_text(date) for commit, date in session.commits.items()},
            "seed": session.seed,
            "versions": dict(session.versions),
            "sampling": None if session.sampling is None else sampling_wire(session.sampling),
            "fitness": [finding_wire(one) for one in session.fitness],
        }
    )


def parse_header(line: bytes) -> tuple[Session, dict[str, str]]:
    """The session and its machine.json. Raises SessionFormatError, ValueError, KeyError, TypeError.

    A header of 1.0 lacks what 1.1 added: how it sampled is not known, nobody looked at the host.
    """
    wire = from_line(line)
    if wire.get("type") != "session" or wire.get("format") != FORMAT:
        raise SessionFormatError("does not begin with a groundspeed session's header; is it another file?")
    major, minor = wire["version"]
    if major > MAJOR:
        raise NewerSessionError(
            f"has format {major}.{minor}, this groundspeed reads up to {MAJOR}.x; use a newer groundspeed"
        )
    sampling = wire.get("sampling")
    session = Session(
        id=wire["id"],
        started_at=parse_time(wire["started_at"]),
        machine=wire["machine"],
        fingerprint=parse_fingerprint(wire["fingerprint"]),
        environments=tuple(Environment(**_known(Environment, one)) for one in wire["environments"]),
        benchmarks=tuple(_parse_benchmark(one) for one in wire["benchmarks"]),
        commits={commit: parse_time(date) for commit, date in wire["commits"].items()},
        seed=wire["seed"],
        versions=wire["versions"],
        sampling=None if sampling is None else parse_sampling(sampling),
        fitness=tuple(parse_finding(one) for one in wire.get("fitness", ())),
    )
    return session, wire["machine_json"]


def _known(record: type[Any], wire: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of ``record``; a newer minor version may have added keys."""
    return {field.name: wire[field.name] for field in dataclasses.fields(record)}


# --- the host --------------------------------------------------------------------------------------


def fingerprint_wire(one: Fingerprint) -> dict[str, Any]:
    """A host, as JSON; in baselines too."""
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


def parse_fingerprint(wire: Mapping[str, Any]) -> Fingerprint:
    """What ``fingerprint_wire`` wrote; keys that a newer version added are passed over."""
    gpus = tuple(Gpu(**_known(Gpu, gpu)) for gpu in wire["gpus"])
    return Fingerprint(
        **{**_known(Fingerprint, wire), "caches": tuple(wire["caches"]), "gpus": gpus},
    )


def finding_wire(one: Finding) -> dict[str, Any]:
    """A finding, as JSON; in the index too."""
    return {"check": one.check, "severity": str(one.severity), "seen": one.seen, "advice": one.advice}


def parse_finding(wire: Mapping[str, Any]) -> Finding:
    """A severity that a newer version added is unknown here: one finding is no reason to lose a session."""
    known = wire["severity"] in set(Severity)
    severity = Severity(wire["severity"]) if known else Severity.UNKNOWN
    return Finding(check=wire["check"], severity=severity, seen=wire["seen"], advice=wire["advice"])


# --- what is measured, and how ---------------------------------------------------------------------


def sampling_wire(one: Sampling) -> dict[str, Any]:
    """How a session samples, as JSON; in the index too."""
    return {
        "precision": number(one.precision),
        "case_budget_s": number(one.case_budget_s),
        "budget_s": number(one.budget_s),
        "interleave": one.interleave,
        "cpus": list(one.cpus),
    }


def parse_sampling(wire: Mapping[str, Any]) -> Sampling:
    """What ``sampling_wire`` wrote."""
    return Sampling(
        precision=parse_number(wire["precision"]),
        case_budget_s=parse_number(wire["case_budget_s"]),
        budget_s=parse_optional(wire["budget_s"]),
        interleave=wire["interleave"],
        cpus=tuple(wire["cpus"]),
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
        "timeout_s": number(one.timeout_s),
        "rounds": one.rounds,
        "setup_cache_key": one.setup_cache_key,
        "setup_cache_timeout_s": number(one.setup_cache_timeout_s),
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
        timeout_s=parse_optional(wire["timeout_s"]),
        rounds=wire["rounds"],
        setup_cache_key=wire["setup_cache_key"],
        setup_cache_timeout_s=parse_optional(wire["setup_cache_timeout_s"]),
        definition=json.loads(wire["definition"]),
    )
