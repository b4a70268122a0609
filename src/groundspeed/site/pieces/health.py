"""How machines do and what is complained of, as records of the site. Owns no clock: the page has one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from groundspeed.site.pieces.tables import Tables, number, seconds
from groundspeed.site.subject import Subject
from groundspeed.stats.control import Drift, NoDrift
from groundspeed.verdicts.complaints import Complaint, Kind, Silence
from groundspeed.verdicts.health import Failing, Health, Last, Tally, Vanished, last_line

EXCERPT = 300  # characters of a failure's text; the case's own page holds more
SENTENCE = 600  # of a complaint's text; groundspeed health prints it whole

OF_A_BENCHMARK = frozenset({Kind.FAILING, Kind.VANISHED})
OF_THE_HOST = frozenset({Kind.ATTEMPT, Kind.NIGHT})
"""What results do not tell: how something ended on the host that publishes. The next attempt there may mend
it, and a page that was published before cannot know."""
OF_THE_CLOCK = OF_THE_HOST | {Kind.RESULTS, Kind.SILENT}
"""What may be otherwise a day later though the results are the same. All else says no moment, so that a site
whose results did not change does not change either."""


def health_record(health: Health, subject: Subject, tables: Tables) -> dict[str, Any]:
    """A machine; ``Health`` of app/answers.js."""
    since, stale_at = health.carried_since, health.stale_at
    return {
        "machine": health.machine,
        "facts": facts_of(subject, health.machine),
        "last": None if health.last is None else _last(health.last, tables),
        "usual_s": None if health.usual_s is None else round(health.usual_s),
        "stale_at": None if stale_at is None else seconds(stale_at),
        "retired": health.silence is None,
        "control": control_record(health.control),
        "series": health.series,
        "failing": sum(len(one.keys) for one in health.failing),
        "vanished": len(health.vanished),
        "carried_since": since and {"commit": tables.commit(since.commit), "values": since.carried},
    }


def facts_of(subject: Subject, machine: str) -> dict[str, str]:
    """asv's machine.json, without what it is called."""
    stated = subject.archive.machines.get(machine, {})
    return {key: str(value) for key, value in stated.items() if key not in ("machine", "version")}


def control_record(control: Drift | NoDrift) -> dict[str, Any]:
    """The control benchmark; ``Control`` of app/answers.js."""
    if isinstance(control, NoDrift):
        return {"state": "unknown", "ratio": None, "limit": None, "sessions": control.sessions}
    return {
        "state": "drifting" if control.is_beyond else "steady",
        "ratio": number(control.ratio),
        "limit": number(control.limit),
        "sessions": control.sessions,
    }


def tally_record(machine: str, tally: Tally, tables: Tables) -> dict[str, Any]:
    """A commit on a machine; ``Tally`` of app/answers.js."""
    return {"machine": machine, "commit": tables.commit(tally.commit), **_counts(tally)}


def failing_record(one: Failing, tables: Tables) -> dict[str, Any]:
    """Cases that fail alike; ``Failure`` of app/answers.js."""
    return {
        "commit": tables.commit(one.commit),
        "line": tables.line(one.keys[0]),
        "cases": len(one.keys),
        "text": last_line(one.reason)[:EXCERPT],
    }


def vanished_record(machine: str, one: Vanished, tables: Tables) -> dict[str, Any]:
    """A benchmark that is measured no more; ``Vanished`` of app/answers.js."""
    return {
        "machine": machine,
        "benchmark": one.benchmark,
        "cases": one.cases,
        "commit": tables.commit(one.commit),
        "why": str(one.why),
        "missed": one.missed,
    }


def silence_record(one: Silence) -> dict[str, Any]:
    """A complaint that comes with the time; ``Complaint`` of app/answers.js."""
    return {
        "kind": str(one.kind),
        "machine": one.machine,
        "single": False,
        "words": list(one.words),
        "since": None if one.since is None else seconds(one.since),
        "due_at": None if one.due_at is None else seconds(one.due_at),
        "as_of": None,
    }


def fault_record(one: Complaint, at: datetime) -> dict[str, Any]:
    """A complaint that is there ``at`` publishing; ``Complaint`` of app/answers.js."""
    return {
        "kind": str(one.kind),
        "machine": one.machine,
        "single": one.kind in OF_A_BENCHMARK,
        "words": [shortened(one.text)],
        "since": None,
        "due_at": None,
        "as_of": seconds(at) if one.kind in OF_THE_HOST else None,
    }


def shortened(text: str) -> str:
    """A complaint's text within bounds, in one line."""
    words = " ".join(text.split())
    return words if len(words) <= SENTENCE else f"{words[: SENTENCE - 1]}…"


def _last(last: Last, tables: Tables) -> dict[str, Any]:
    return {
        "at": seconds(last.at),
        "known_by": str(last.known_by),
        "session": last.session or None,
        "commit": tables.commit(last.tally.commit),
        **_counts(last.tally),
    }


def _counts(tally: Tally) -> dict[str, int]:
    return {"values": tally.values, "failures": tally.failures, "carried": tally.carried}
