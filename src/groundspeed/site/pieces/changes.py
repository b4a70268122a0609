"""Every regression and every improvement: ``groundspeed-changes``, see ``Changes`` in app/answers.js."""

from __future__ import annotations

from collections import Counter

from groundspeed.site.folder import SiteFolder
from groundspeed.site.pieces.finds import find_records
from groundspeed.site.pieces.groups import group_record
from groundspeed.site.pieces.tables import Tables
from groundspeed.site.subject import Subject
from groundspeed.site.wire import encode
from groundspeed.verdicts.culprits import FALSE_DISCOVERIES
from groundspeed.verdicts.groups import State


def put_changes(folder: SiteFolder, subject: Subject) -> str | None:
    """All groups, the most pressing first; None where nobody looked for any."""
    worse, better = subject.answers.regressions, subject.answers.improvements
    if worse is None or better is None:
        return None
    tables = Tables(subject)
    states = Counter(group.state for group in worse.groups)
    record = {
        "format": "groundspeed-changes",
        "version": 1,
        "searched": dict(worse.searched),
        "false_discoveries": FALSE_DISCOVERIES,
        "states": {str(state): states[state] for state in State},
        "standing": [
            {"commit": tables.commit(one.commit), "open": one.open} for one in subject.answers.standing
        ],
        "worse": [group_record(group, worse, tables) for group in worse.groups],
        "better": [group_record(group, better, tables) for group in better.groups],
        "stale": len(worse.stale),
        "finds": find_records(subject.answers.finds),
    }
    return folder.put_named("changes", encode({**record, **tables.wire()}))
