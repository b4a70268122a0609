"""The sessions of a machine as an index holds them: the header, and what came of it, without any sample.

Owns the way from the rows of the tables to records. Reads no file; judges nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from groundspeed.records import Control, Finding, Fingerprint, Sampling
from groundspeed.results.session_header import parse_finding, parse_fingerprint, parse_sampling

if TYPE_CHECKING:
    import pyarrow as pa

SESSION_COLUMNS = ("session", "started_at", "versions", "fingerprint", "sampling", "fitness")
CONTROL_COLUMNS = ("session", "started_at", "samples")
TELEMETRY_COLUMNS = ("session", "quantity", "low", "median", "high")
DONE_COLUMNS = ("session", "line", "commit", "outcome", "series")
_MEASURED, _FAILED, _CARRIED = "measured", "failed", "carried over"


@dataclass(frozen=True, kw_only=True, slots=True)
class Extremes:
    """A quantity that was read while a session measured; its unit ends its name."""

    quantity: str
    low: float
    median: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """What a session did at a commit: how many series it measured, could not, and carried over."""

    commit: str
    values: int
    failures: int
    carried: int
    runs: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedSession:
    """A session on record. ``controls`` and ``done`` are in the order of time and of commits' hashes."""

    id: str
    started_at: datetime
    fingerprint: Fingerprint
    versions: Mapping[str, str]
    sampling: Sampling | None
    fitness: tuple[Finding, ...]
    controls: tuple[Control, ...]
    telemetry: tuple[Extremes, ...]
    done: tuple[Done, ...]


def recorded(
    sessions: pa.Table, controls: pa.Table, telemetry: pa.Table, processes: pa.Table
) -> tuple[RecordedSession, ...]:
    """The sessions, oldest first, from those columns. One whose header says nonsense is left out."""
    rows = sorted(sessions.to_pylist(), key=lambda row: str(row["session"]))
    run = _by_session(sorted(controls.to_pylist(), key=lambda row: row["started_at"]))
    read = _by_session(sorted(telemetry.to_pylist(), key=lambda row: str(row["quantity"])))
    done = _by_session(_counted(processes))
    found = []
    for row in rows:
        own = row["session"]
        try:
            found.append(_session(row, run.get(own, []), read.get(own, []), done.get(own, [])))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue  # its lines count where they are read; what the host was nobody can say
    return tuple(found)


def _by_session(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["session"], []).append(row)
    return found


def _counted(processes: pa.Table) -> list[Mapping[str, Any]]:
    """How many lines and different series each session has at each commit, by outcome."""
    counted = processes.group_by(["session", "commit", "outcome"]).aggregate(
        [("series", "count_distinct"), ("line", "count_distinct")]
    )
    rows: list[Mapping[str, Any]] = counted.to_pylist()
    return rows


def _session(
    row: Mapping[str, Any],
    controls: Sequence[Mapping[str, Any]],
    telemetry: Sequence[Mapping[str, Any]],
    done: Sequence[Mapping[str, Any]],
) -> RecordedSession:
    sampling = json.loads(row["sampling"])
    return RecordedSession(
        id=row["session"],
        started_at=row["started_at"],
        fingerprint=parse_fingerprint(json.loads(row["fingerprint"])),
        versions=json.loads(row["versions"]),
        sampling=None if sampling is None else parse_sampling(sampling),
        fitness=tuple(parse_finding(one) for one in json.loads(row["fitness"])),
        controls=tuple(
            Control(started_at=one["started_at"], samples=tuple(one["samples"])) for one in controls
        ),
        telemetry=tuple(
            Extremes(quantity=one["quantity"], low=one["low"], median=one["median"], high=one["high"])
            for one in telemetry
        ),
        done=_done(done),
    )


def _done(rows: Sequence[Mapping[str, Any]]) -> tuple[Done, ...]:
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["commit"], {})[row["outcome"]] = row
    return tuple(
        Done(
            commit=commit,
            values=_series(at.get(_MEASURED)),
            failures=_series(at.get(_FAILED)),
            carried=_series(at.get(_CARRIED)),
            runs=sum(int(one["line_count_distinct"]) for one in at.values()),
        )
        for commit, at in sorted(found.items())
    )


def _series(row: Mapping[str, Any] | None) -> int:
    return 0 if row is None else int(row["series_count_distinct"])
