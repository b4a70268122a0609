"""What a night came to: a report for each stage, and the whole. Prints and stores nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Stage(StrEnum):
    """What a night does, in its order."""

    FETCH = "fetch commits"
    BRING = "bring results"
    HOST = "look at the host"
    NEWEST = "measure the newest"
    GAPS = "fill gaps"
    CONFIRM = "confirm suspects"
    FIND = "find culprits"
    PROFILE = "profile culprits"
    TARGETS = "judge targets"
    SEND = "send results"
    PUBLISH = "publish"
    DEPLOY = "deploy"
    NOTIFY = "notify"


class Ending(StrEnum):
    """How a stage ended."""

    DONE = "done"
    LEFT_OUT = "left out"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class StageReport:
    """``said`` is a sentence: what was done, or why not; ``lines`` are its particulars."""

    stage: Stage
    ending: Ending
    said: str
    lines: tuple[str, ...]
    duration_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """A night: one report for each stage, in order. ``machine`` is empty where the host was not accepted."""

    project: str
    machine: str
    begun_at: datetime
    budget_s: float
    duration_s: float
    reports: tuple[StageReport, ...]
    interrupted: bool

    @property
    def failed(self) -> tuple[StageReport, ...]:
        """The stages that failed."""
        return tuple(one for one in self.reports if one.ending is Ending.FAILED)

    @property
    def sentence(self) -> str:
        """The whole in a line."""
        done = sum(one.ending is Ending.DONE for one in self.reports)
        said = [f"{done} of {len(self.reports)} stages done"]
        said += [f"{one.stage} failed" for one in self.failed]
        return ", ".join([*said, *(["interrupted"] if self.interrupted else [])])

    @property
    def exit_code(self) -> int:
        """0 nothing failed · 1 a stage did · 130 interrupted. That something got slower is no failure."""
        return 130 if self.interrupted else 1 if self.failed else 0
