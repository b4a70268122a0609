"""Which measured commits are new, however a user says since when: a revision, a date, or a time span.

Owns the reading of that text; the repository answers what a revision reaches.
"""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

from groundspeed import units
from groundspeed.errors import GroundspeedError, HistoryError
from groundspeed.history import History
from groundspeed.verdicts.reading import ProjectResults, dates_of


def commits_since(reading: ProjectResults, text: str, now: datetime) -> frozenset[str]:
    """The commits of ``reading`` that are newer than ``text`` says.

    ``30 days`` counts back from ``now``; ``2024-05-01`` is that day's beginning in UTC; anything else is a
    revision, and new is what it does not reach. Raises ``GroundspeedError`` when it is none of them.
    """
    limit = _instant(text, now)
    if limit is not None:
        dates = dates_of(reading.archive)
        return frozenset(commit for commit in reading.order if dates[commit] >= limit)
    suite = reading.configuration.suite
    try:
        history = History.open(suite.repo_path)
        start = history.resolve(text)
        branches = " ".join(history.branches(suite.branches))
        return frozenset(one.hash for one in history.commits(f"{branches} ^{start}", first_parent=False))
    except HistoryError as error:
        raise GroundspeedError(
            f"--since {text!r} is no date (2024-05-01), no time (30 days), and no revision: {error}"
        ) from error


def _instant(text: str, now: datetime) -> datetime | None:
    """None where the text is neither a date nor a time span. Digits alone are the beginning of a hash."""
    with contextlib.suppress(ValueError):
        if "-" in text:
            day = datetime.fromisoformat(text)
            return day if day.tzinfo else day.replace(tzinfo=UTC)
    with contextlib.suppress(ValueError, OverflowError):
        return now - timedelta(seconds=units.parse_duration(text))
    return None
