"""The project's targets on every machine: ``groundspeed-targets``, see ``Targets`` in app/answers.js."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from groundspeed import units
from groundspeed.config.targets import AtSize
from groundspeed.records import SeriesKey
from groundspeed.site.folder import SiteFolder
from groundspeed.site.judged import TargetRow
from groundspeed.site.pieces.tables import Tables, interval, number
from groundspeed.site.subject import Subject
from groundspeed.site.wire import encode
from groundspeed.verdicts.scaling import Scaled
from groundspeed.verdicts.target_values import text_of
from groundspeed.verdicts.targets import Judged, State

MISSING = "missing"


def put_targets(folder: SiteFolder, subject: Subject) -> str:
    """All rows; none where the project states no target."""
    answers, tables = subject.answers, Tables(subject)
    rows = TargetRecords(subject, tables)
    record = {
        "format": "groundspeed-targets",
        "version": 1,
        "stated": answers.targets_stated,
        "counts": target_counts(answers.targets),
        "rows": [rows.record(row) for row in answers.targets],
        "notices": list(answers.notices),
    }
    return folder.put_named("targets", encode({**record, **tables.wire()}))


def state_of(row: TargetRow) -> str:
    """holds, fails, inconclusive or missing."""
    return str(row.state) if isinstance(row, Judged) else MISSING


def target_counts(rows: Iterable[TargetRow]) -> dict[str, int]:
    """How many targets are in each state."""
    counts = Counter(state_of(row) for row in rows)
    return {state: counts[state] for state in (*map(str, State), MISSING)}


def ladder_id(one: Scaled) -> str:
    """How a ladder is called in an address."""
    return f"{one.machine}/{one.ladder.environment}/{one.ladder}"


class TargetRecords:
    """Makes rows; knows the lines and ladders that they are about."""

    def __init__(self, subject: Subject, tables: Tables) -> None:
        self._tables = tables
        answers = subject.answers
        self._keys = _keys(subject) if answers.targets else {}
        self._ladders = {
            (one.scaled.machine, str(one.scaled.ladder)): ladder_id(one.scaled)
            for one in reversed(answers.grown)
        }

    def record(self, row: TargetRow) -> dict[str, Any]:
        """A row; ``TargetRow`` of app/answers.js."""
        target = row.target
        return {
            "state": state_of(row),
            "machine": row.machine,
            "key": target.key,
            "text": target.text,
            "subject": row.subject,
            "line": self._line(row),
            "ladder": self._ladder(row),
            "relation": str(target.relation),
            **(self._judged(row) if isinstance(row, Judged) else _LACKING),
            "reason": "" if isinstance(row, Judged) else row.reason,
            "command": "" if isinstance(row, Judged) else row.command,
        }

    def _judged(self, row: Judged) -> dict[str, Any]:
        commit = self._tables.commit
        return {
            "unit": units.canonical(row.unit),
            "value": interval(row.value),
            "limit": number(row.limit),
            "room": number(row.room),
            "trend": {
                "direction": str(row.trend.direction),
                "change": number(row.trend.change),
                "commits": row.trend.commits,
            },
            "since": {
                "commit": commit(row.since.commit),
                "commits": row.since.commits,
                "from_the_first": row.since.from_the_first,
            },
            "commit": commit(row.commit),
            "carried_from": None if row.carried_from is None else commit(row.carried_from),
            "told": row.is_told,
            "notes": list(row.notes),
        }

    def _line(self, row: TargetRow) -> int | None:
        environment = row.environment if isinstance(row, Judged) else None
        key = self._keys.get((row.machine, environment, row.subject))
        return None if key is None else self._tables.line(key)

    def _ladder(self, row: TargetRow) -> str | None:
        bound = row.target.bound
        if not isinstance(bound, AtSize):
            return None
        return self._ladders.get((row.machine, row.subject.removesuffix(f" at {bound.size_text}")))


_LACKING: Mapping[str, Any] = {
    "unit": "",
    "value": None,
    "limit": None,
    "room": None,
    "trend": None,
    "since": None,
    "commit": None,
    "carried_from": None,
    "told": False,
    "notes": [],
}


def _keys(subject: Subject) -> Mapping[tuple[str, str | None, str], SeriesKey]:
    """Every line by machine, environment (None: any) and text."""
    found: dict[tuple[str, str | None, str], SeriesKey] = {}
    for line in subject.lines:
        key = subject.archive.series[line.series[-1]].key
        text = text_of(key)
        found[line.machine, line.environment, text] = key
        found.setdefault((line.machine, None, text), key)
    return found
