"""All that the start page shows, in one small file: ``groundspeed-start``, see ``Start`` in app/answers.js.

Owns how many of each thing stand there; how many there are in all is always said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from groundspeed.site.folder import SiteFolder
from groundspeed.site.judged import TargetRow
from groundspeed.site.pieces.groups import brief_record
from groundspeed.site.pieces.health import (
    failing_record,
    fault_record,
    health_record,
    silence_record,
    tally_record,
    vanished_record,
)
from groundspeed.site.pieces.tables import Tables, seconds
from groundspeed.site.pieces.targets import MISSING, TargetRecords, state_of, target_counts
from groundspeed.site.subject import Subject
from groundspeed.site.wire import encode
from groundspeed.verdicts.groups import OPEN, Group, Regressions, State
from groundspeed.verdicts.module_trends import ModuleTrend
from groundspeed.verdicts.targets import State as TargetState

NEWEST_COMMITS = 10
CHANGES = 8  # of each direction: what fits side by side into one screen
FAILING = VANISHED = FAULTS = 30  # groups: what a reader goes through; the views hold the rest
MISSED = 12  # targets
TRENDS = 40  # of each machine: numpy has 20 modules


def put_start(folder: SiteFolder, subject: Subject) -> str:
    """The page's answers."""
    answers, tables = subject.answers, Tables(subject)
    failing = _newest(subject, [(one.commit, one) for each in answers.health for one in each.failing])
    vanished = _newest(
        subject, [(one.commit, (each.machine, one)) for each in answers.health for one in each.vanished]
    )
    record = {
        "format": "groundspeed-start",
        "version": 1,
        "machines": [health_record(one, subject, tables) for one in answers.health],
        **_complaints(subject),
        "recent": list(_recent(subject, tables)),
        "failing": [failing_record(one, tables) for one in failing[:FAILING]],
        "failing_total": len(failing),
        "vanished": [vanished_record(machine, one, tables) for machine, one in vanished[:VANISHED]],
        "vanished_total": len(vanished),
        **_changes(subject, tables),
        "targets": target_counts(answers.targets),
        "missed": _missed(subject, tables),
        "trends": list(_trends(answers.trends)),
        "notices": list(answers.notices),
    }
    return folder.put_named("start", encode({**record, **tables.wire()}))


def _complaints(subject: Subject) -> dict[str, Any]:
    """What groundspeed health says, and will say when nothing comes."""
    found = subject.answers.examination
    if found is None:
        return {"complaints": [], "complaints_total": 0}
    listed = [fault_record(one, found.at) for one in found.faults[:FAULTS]]
    return {
        "complaints": [*map(silence_record, found.silences), *listed],
        "complaints_total": len(found.silences) + len(found.faults),
    }


def _newest(subject: Subject, found: Sequence[tuple[str, Any]]) -> list[Any]:
    """What was measured last first; else as it came."""
    place = subject.timeline.place_of
    return [one for _, one in sorted(found, key=lambda pair: -place.get(pair[0], -1))]


def _recent(subject: Subject, tables: Tables) -> Iterator[dict[str, Any]]:
    """The newest commits of all machines, a row for each that has anything of it."""
    place = subject.timeline.place_of
    rows = [
        (place[tally.commit], each.machine, tally) for each in subject.answers.health for tally in each.recent
    ]
    newest = sorted({at for at, _, _ in rows}, reverse=True)[:NEWEST_COMMITS]
    for at, machine, tally in sorted(rows, key=lambda row: (-row[0], row[1])):
        if at in newest:
            yield tally_record(machine, tally, tables)


def _changes(subject: Subject, tables: Tables) -> dict[str, Any]:
    worse, better = (
        _latest(subject, one) for one in (subject.answers.regressions, subject.answers.improvements)
    )
    return {
        "open": len(worse),
        "confirmed": sum(group.state is State.CONFIRMED for group in worse),
        "worse": [brief_record(group, tables) for group in worse[:CHANGES]],
        "worse_total": len(worse),
        "better": [brief_record(group, tables) for group in better[:CHANGES]],
        "better_total": len(better),
    }


def _latest(subject: Subject, found: Regressions | None) -> list[Group]:
    """Those that are open, or last: the newest commits first, then the most pressing."""
    place = subject.timeline.place_of
    groups = [group for group in found.groups if group.state in OPEN] if found else []
    return sorted(groups, key=lambda group: -place[group.likely.head])


def _missed(subject: Subject, tables: Tables) -> list[dict[str, Any]]:
    rows = TargetRecords(subject, tables)
    missed = [one for one in subject.answers.targets if state_of(one) in (TargetState.FAILS, MISSING)]
    return [rows.record(one) for one in sorted(missed, key=_failed_first)[:MISSED]]


def _failed_first(row: TargetRow) -> bool:
    return state_of(row) == MISSING


def _trends(trends: Sequence[ModuleTrend]) -> Iterator[dict[str, Any]]:
    """By machine, what changed most lately first."""
    for machine in sorted({one.machine for one in trends}):
        own = [one for one in trends if one.machine == machine]
        for one in sorted(own, key=lambda each: -max(each.lately, 1 / each.lately))[:TRENDS]:
            yield {
                "module": one.module,
                "machine": machine,
                "lines": one.series,
                "at": [seconds(moment) for moment in one.at],
                "mean": [None if mean != mean else float(f"{mean:.4g}") for mean in one.mean.tolist()],
                "ratio": float(f"{one.ratio:.4g}"),
                "lately": float(f"{one.lately:.4g}"),
            }
