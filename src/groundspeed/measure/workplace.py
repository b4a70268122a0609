"""Where something is measured in order to decide or to search, and which commit a revision names there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from groundspeed.config import Configuration
from groundspeed.history import History
from groundspeed.measure.host import Host
from groundspeed.measure.world import Screen
from groundspeed.records import Commit, Failed


@dataclass(frozen=True, kw_only=True, slots=True)
class Workplace:
    """The project, this host, the shell's variables, and who watches."""

    configuration: Configuration
    host: Host
    variables: Mapping[str, str]
    screen: Screen


def commit_of(history: History, revision: str) -> Commit:
    """The commit that a revision names. Raises ``HistoryError``."""
    hash_ = history.resolve(revision)
    return history.known([hash_])[hash_]


def last_said(failed: Failed) -> str:
    """The line of a failure that says why."""
    lines = [line.strip() for line in failed.text.splitlines() if line.strip()]
    return lines[-1] if lines else str(failed.kind)
