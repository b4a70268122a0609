"""The machines and their sessions: ``groundspeed-machines``, see ``Machines`` in app/answers.js."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from groundspeed.records import Control, Severity
from groundspeed.results.index import RecordedSession
from groundspeed.site.folder import SiteFolder
from groundspeed.site.hosts import (
    fingerprint_changes,
    fingerprint_words,
    profile_words,
    sampling_words,
)
from groundspeed.site.pieces.health import facts_of, health_record
from groundspeed.site.pieces.tables import Tables, interval, number, seconds
from groundspeed.site.subject import Subject
from groundspeed.site.wire import encode
from groundspeed.stats.control import median_interval, moved, usual_noise_floor
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.health import Health

SESSIONS = 200
"""The newest of a machine that are listed: more than half a year of nights."""

COMMITS = 12  # of a session


def put_machines(folder: SiteFolder, subject: Subject) -> str | None:
    """Every machine with results; None where nobody looked at their health."""
    if not subject.answers.health:
        return None
    tables = Tables(subject)
    machines = [_machine(one, subject, tables) for one in subject.answers.health]
    record = {"format": "groundspeed-machines", "version": 1, "machines": machines}
    return folder.put_named("machines", encode({**record, **tables.wire()}))


def _machine(health: Health, subject: Subject, tables: Tables) -> dict[str, Any]:
    sessions = subject.answers.sessions.get(health.machine, ())
    profile = subject.answers.profiled.get(health.machine)
    floor = usual_noise_floor([one.controls for one in sessions if one.controls][:-1])
    changes = list(fingerprint_changes(sessions))
    return {
        "name": health.machine,
        "facts": facts_of(subject, health.machine),
        "profile": [] if profile is None else _pairs(profile_words(profile)),
        "fingerprint": _pairs(fingerprint_words(sessions[-1].fingerprint)) if sessions else [],
        "fingerprint_changes": [
            {
                "session": one.session,
                "at": seconds(one.at),
                "field": one.field,
                "before": one.before,
                "after": one.after,
            }
            for one in reversed(changes)
        ],
        "health": health_record(health, subject, tables),
        "sessions": [_session(one, floor, subject, tables) for one in reversed(sessions[-SESSIONS:])],
        "sessions_total": len(sessions),
    }


def _session(
    session: RecordedSession, floor: float | None, subject: Subject, tables: Tables
) -> dict[str, Any]:
    place = subject.timeline.place_of
    done = sorted((one for one in session.done if one.commit in place), key=lambda one: -place[one.commit])
    ends = [one for one in session.controls if one.samples]
    return {
        "id": session.id,
        "at": seconds(session.started_at),
        "measured": [tables.commit(one.commit) for one in done[:COMMITS]],
        "measured_total": len(session.done),
        "runs": sum(one.runs for one in session.done),
        "failures": sum(one.failures for one in session.done),
        "control": [_control(one) for one in dict.fromkeys((*ends[:1], *ends[-1:]))],
        "moved": _moved(ends, floor),
        "fitness": [
            {
                "check": one.check,
                "severity": str(one.severity),
                "seen": one.seen,
                "advice": one.advice,
            }
            for one in session.fitness
            if one.severity is not Severity.FINE
        ],
        "versions": _pairs(session.versions),
        "sampling": [] if session.sampling is None else _pairs(sampling_words(session.sampling)),
        "telemetry": [
            {
                "quantity": _quantity(one.quantity)[0],
                "unit": _quantity(one.quantity)[1],
                "low": number(one.low),
                "median": number(one.median),
                "high": number(one.high),
            }
            for one in session.telemetry
        ],
    }


def _control(control: Control) -> dict[str, Any]:
    median, low, high = median_interval(control.samples)
    return {
        "at": seconds(control.started_at),
        "median": interval(Interval(centre=median, low=low, high=high)),
    }


def _moved(ends: Sequence[Control], floor: float | None) -> dict[str, Any] | None:
    if len(ends) < 2:
        return None
    move = moved(ends[:1], ends[-1:], floor)
    return {"ratio": number(move.ratio), "floor": number(move.noise_floor), "beyond": move.beyond}


_UNITS = {"hz": "Hz", "bytes": "bytes", "c": "°C", "w": "W", "share": "share", "s": "s"}


def _quantity(name: str) -> tuple[str, str]:
    """``frequency_hz``: its name in words, and its unit; none where the name ends in no unit."""
    if name.endswith("_per_s"):
        return name.removesuffix("_per_s").replace("_", " "), "1/s"
    stem, _, end = name.rpartition("_")
    return (stem.replace("_", " "), _UNITS[end]) if stem and end in _UNITS else (name.replace("_", " "), "")


def _pairs(words: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name, str(text)) for name, text in words.items() if text]
