"""What was asked of a search, and what is answered. Owns the rules of the exit code; renders nothing."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from groundspeed.find.posterior import Direction
from groundspeed.records import Case, Commit
from groundspeed.results.finds import Asked
from groundspeed.results.found import Change, Culprit, Found, Outcome
from groundspeed.stats.scaling import Growth

BUDGET_S = 1800.0
"""Half an hour: twenty builds of a pure-Python project and a thousand processes take a third of it."""

CONFIDENCE = 0.95


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What was asked. ``pattern`` is searched in the text of a case; ``metric`` is empty for the main one;
    ``again`` searches anew, whatever was found before.
    """

    revisions: str
    pattern: str
    metric: str = ""
    direction: Direction = Direction.ANY
    confidence: float = CONFIDENCE
    budget_s: float = BUDGET_S
    again: bool = False

    def command(self, case: Case | None = None) -> str:
        """The command that asks it, of everything or of one case."""
        pattern = self.pattern if case is None else exactly(case)
        words = ["groundspeed", "find", self.revisions, pattern]
        words += ["--metric", self.metric] if self.metric else []
        words += [f"--{self.direction.name.lower()}"] if self.direction is not Direction.ANY else []
        words += ["--confidence", f"{self.confidence:g}"] if self.confidence != CONFIDENCE else []
        return shlex.join(words)


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One case's search. ``recorded`` where it was answered before, and nothing was measured now."""

    asked: Asked
    found: Found
    recorded: bool

    @property
    def text(self) -> str:
        """The series as it is written: case@metric."""
        return f"{self.asked.case}@{self.asked.metric}" if self.asked.metric else str(self.asked.case)


@dataclass(frozen=True, kw_only=True, slots=True)
class Grown:
    """The exponents of a benchmark, ``case`` without its size, over the sizes that one culprit changed."""

    case: Case
    culprit: Commit
    before: Growth
    after: Growth


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """The whole. ``commits`` are the range, the old end first; ``grown`` are the ladders of three sizes and
    more that a culprit changed.
    """

    question: Question
    machine: str
    environment: str
    commits: tuple[Commit, ...]
    rows: tuple[Row, ...]
    grown: tuple[Grown, ...]
    interrupted: bool
    duration_s: float

    @property
    def exit_code(self) -> int:
        """0 nothing changed · 1 a culprit was found · 3 nothing could be measured of a case · 4 a case is
        undecided · 130 interrupted.
        """
        outcomes = {row.found.outcome for row in self.rows}
        if self.interrupted:
            return 130
        if Outcome.CULPRIT in outcomes:
            return 1
        return 4 if Outcome.UNDECIDED in outcomes else 3 if Outcome.NO_DATA in outcomes else 0


def exactly(case: Case) -> str:
    """The expression that matches a case alone."""
    return f"^{re.escape(str(case))}$"


def commands(culprit: Culprit, case: Case, metric: str) -> tuple[str, ...]:
    """What shows why, and what shows it again."""
    parent, commit = culprit.parent.short, culprit.commit.short
    span = ["git", "diff", parent, commit] if culprit.unbuildable else ["git", "show", commit]
    bench = ["--bench", exactly(case)]
    if metric or culprit.change in (Change.FASTER, Change.FIXED):
        again = ["groundspeed", "compare", parent, commit, "--measure", *bench]
        again += ["--metric", metric] if metric else []
    else:
        again = ["groundspeed", "gate", "--base", parent, "--head", commit, *bench]
    return shlex.join(span), shlex.join(again)
