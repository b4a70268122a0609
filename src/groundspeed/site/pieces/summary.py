"""``summary.json``: the state of a project for programs. Owns the schema ``groundspeed-summary``, version 1.

docs/site-summary.md explains each field, summary.schema.json beside this file is its JSON Schema. Within a
version fields are only added. Complaints are as of publishing, ``stale_at`` is for who reads it later.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from groundspeed.site.pieces.health import OF_THE_CLOCK, shortened
from groundspeed.site.pieces.targets import target_counts
from groundspeed.site.subject import Subject
from groundspeed.stats.control import NoDrift
from groundspeed.verdicts.complaints import Complaint
from groundspeed.verdicts.groups import Regressions, State
from groundspeed.verdicts.health import Health, Last

SCHEMA, VERSION = "groundspeed-summary", 1


def summary(subject: Subject) -> bytes:
    """The file, in lines: people read it too."""
    answers, project = subject.answers, subject.project
    record = {
        "schema": SCHEMA,
        "version": VERSION,
        "project": {"name": project.name, "url": project.url},
        "newest_commit": _commit(subject.timeline.hashes[-1], subject) if subject.timeline.hashes else None,
        "machines": [_machine(one, subject) for one in answers.health],
        "complaints": _complaints(subject),
        "regressions": _states(answers.regressions),
        "improvements": _states(answers.improvements),
        "targets": target_counts(answers.targets),
    }
    text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode(errors="replace")


def _machine(health: Health, subject: Subject) -> dict[str, Any]:
    stale_at = health.stale_at
    return {
        "name": health.machine,
        "last": None if health.last is None else _last(health.last, subject),
        "stale_at": None if stale_at is None else _time(stale_at),
        "series": health.series,
        "failing": sum(len(one.keys) for one in health.failing),
        "vanished": [one.benchmark for one in health.vanished],
        "control": _control(health),
    }


def _complaints(subject: Subject) -> list[dict[str, Any]]:
    found = subject.answers.examination
    return [] if found is None else [_complaint(one, found.at) for one in found.complaints]


def _complaint(one: Complaint, at: datetime) -> dict[str, Any]:
    return {
        "kind": str(one.kind),
        "machine": one.machine or None,
        "text": shortened(one.text),
        "as_of": _time(at) if one.kind in OF_THE_CLOCK else None,
    }


def _control(health: Health) -> str:
    control = health.control
    if isinstance(control, NoDrift):
        return "unknown"
    return "drifting" if control.is_beyond else "steady"


def _last(last: Last, subject: Subject) -> dict[str, Any]:
    return {
        "at": _time(last.at),
        "known_by": str(last.known_by),
        "session": last.session or None,
        "commit": _commit(last.tally.commit, subject),
        "values": last.tally.values,
        "failures": last.tally.failures,
        "carried": last.tally.carried,
    }


def _commit(commit: str, subject: Subject) -> dict[str, Any]:
    known = subject.commits.get(commit)
    return {
        "hash": commit,
        "date": _time(subject.timeline.dates[commit]),
        "subject": known.subject if known else None,
    }


def _states(found: Regressions | None) -> dict[str, int]:
    """How many groups are in each state; a name that a program can use."""
    counts = Counter(group.state for group in found.groups) if found else Counter[State]()
    return {str(state).replace(" ", "_"): counts[state] for state in State}


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
