"""Searches for culprits that have their answer: ``FindRow`` of app/answers.js, the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from groundspeed.records import Commit
from groundspeed.results.finds import FindFile
from groundspeed.results.found import Culprit, Found
from groundspeed.site.pieces.tables import number, seconds

LISTED = 50
"""Searches that the page lists: what a person reads through; all stay in results/."""


def find_records(finds: Sequence[FindFile]) -> list[dict[str, Any]]:
    """A record for each search that ended."""
    ended = sorted((one for one in finds if one.found), key=lambda one: one.asked.started_at, reverse=True)
    return [_record(one, one.found) for one in ended[:LISTED] if one.found]


def _record(one: FindFile, found: Found) -> dict[str, Any]:
    asked = one.asked
    return {
        "case": f"{asked.case}@{asked.metric}" if asked.metric else str(asked.case),
        "machine": asked.machine,
        "at": seconds(asked.started_at),
        "old": _commit(asked.commits[0]),
        "new": _commit(asked.commits[-1]),
        "probability": number(found.probability),
        "found": None if found.culprit is None else _culprit(found.culprit),
    }


def _culprit(one: Culprit) -> dict[str, Any]:
    low, centre, high = one.check.ratio if one.check else (0.0, 0.0, 0.0)
    return {
        "culprit": _commit(one.commit),
        "merge": None if one.merge is None else _commit(one.merge),
        "unbuildable": len(one.unbuildable),
        "did": str(one.change),
        "ratio": [number(centre), number(low), number(high)] if one.check else None,
    }


def _commit(one: Commit) -> dict[str, Any]:
    return {"hash": one.hash, "date": seconds(one.date), "subject": one.subject, "tags": list(one.tags)}
