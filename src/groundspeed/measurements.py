"""Measurements as they are read back: what verdicts are made of. Owns their shape; computes nothing.

A measurement is all samples of one case's metric at one commit, in one environment, on one machine. Where
its samples come from (the history, a baseline, a session that is still going on) makes no difference here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from groundspeed.records import Better, Failed, NotRun, SeriesKey, Skipped


@dataclass(frozen=True, kw_only=True, slots=True)
class Process:
    """What one worker process gave of a metric: its samples, in base units, in the order taken.

    ``session`` is the id of the session it ran in: processes of one session saw the same host.
    """

    session: str
    started_at: datetime
    number: int | None
    samples: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """What asv's files hold of a measurement: its value, and the 99 % interval where they hold one.

    ``low`` and ``high`` are NaN where no interval is stored, infinite where asv knew no bound.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Measurement:
    """One measurement. ``processes`` is empty where the samples were not kept: then only ``stored`` speaks.

    ``carried_from`` is the commit that was measured in this one's place, because their built contents are
    identical; None where this commit itself was.
    """

    key: SeriesKey
    commit: str
    unit: str
    better: Better
    processes: tuple[Process, ...]
    stored: Stored
    carried_from: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Missing:
    """That there is no value of a series at a commit, and why."""

    key: SeriesKey
    commit: str
    unit: str
    better: Better
    why: Failed | Skipped | NotRun


class Basis(StrEnum):
    """What a noise floor was learned from."""

    SESSIONS = "sessions that measured the same code"
    HISTORY = "scatter of the history about its levels"


@dataclass(frozen=True, kw_only=True, slots=True)
class NoiseFloor:
    """The spread between sessions that measured the same code, of one case's metric on one machine.

    ``between_sessions`` is a standard deviation of logarithms (0.01 is one percent), resting on ``df``
    degrees of freedom; ``between_processes`` the same of the processes inside a session, None where no
    session has two. A floor from ``HISTORY`` holds whatever commits really changed as well: an upper bound.
    """

    between_sessions: float
    between_processes: float | None
    df: float
    basis: Basis
