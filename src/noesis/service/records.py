"""What the service knows of a run. Every record is frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

Value = int | str


class State(StrEnum):
    """How a run stands. ``FAILED``: it ended with an exit code above 0; ``KILLED``: by a signal that nobody
    here sent; ``TIMED_OUT``: it was ended at its limit; ``LOST``: the server that ran it was gone first."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    KILLED = "killed"
    TIMED_OUT = "timed_out"
    LOST = "lost"


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """A state, and why in one sentence (empty where the state says it all)."""

    state: State
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One run of a module. ``pid`` is 0 until its process was started; ``ended`` is when the state became
    other than running; ``dropped_bytes`` of its output came after the log was full."""

    id: str
    module: str
    parameters: Mapping[str, Value]
    outcome: Outcome
    pid: int
    started: datetime
    ended: datetime | None
    dropped_bytes: int

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self.outcome.state is State.RUNNING
