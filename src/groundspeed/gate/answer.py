"""What the gate answers: a row for each series, why it is green or not. Owns the rules of the exit code.

Pure: made of what a course came to. Renders nothing.
"""

from __future__ import annotations

import dataclasses
import math
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from groundspeed.gate.course import Course, Position, Standing, need
from groundspeed.gate.vanished import Vanished
from groundspeed.records import Commit, Failed, NotRun, SeriesKey, Skipped, Verdict
from groundspeed.verdicts.judgement import Judgement


class Outcome(StrEnum):
    """What a series came to. The first three are not green."""

    SLOWER = "slower"
    BROKEN = "broken"
    INCONCLUSIVE = "inconclusive"
    NOT_CONFIRMED = "not confirmed"
    FASTER = "faster"
    SAME = "same"
    NOT_SLOWER = "not slower"
    NEW = "new"
    FAILING = "fails at both ends"
    SKIPPED = "skipped"

    @property
    def compared(self) -> bool:
        """Whether both ends were measured, and held against each other."""
        return self not in (Outcome.BROKEN, Outcome.NEW, Outcome.FAILING, Outcome.SKIPPED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Need:
    """What would decide a series: further processes at either end, and the seconds they take.

    More than ``MOST_PROCESSES`` are any number beyond; ``seconds`` are 0 where nobody knows how long one
    takes.
    """

    processes: int
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One series. ``judgement`` is what its outcome rests on, ``suspicion`` what was said before it was
    measured again; None where there are none. ``processes`` are all there are, at base and at head.
    """

    key: SeriesKey
    unit: str
    outcome: Outcome
    judgement: Judgement | None
    suspicion: Judgement | None
    processes: tuple[int, int]
    need: Need
    why: Failed | Skipped | NotRun | None
    returns_else: bool

    @property
    def text(self) -> str:
        """The series as it is written: case@metric."""
        return f"{self.key.case}@{self.key.metric}" if self.key.metric else str(self.key.case)


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What was asked. ``base`` and ``head`` are revisions as the user wrote them."""

    base: str
    head: str
    worktree: bool
    pattern: str | None
    tolerance: float | None
    budget_s: float

    def command(self, case: str | None = None) -> str:
        """The command that asks it, of everything or of one case."""
        words = ["groundspeed", "gate", "--base", self.base]
        words += ["--worktree"] if self.worktree else ["--head", self.head] if self.head != "HEAD" else []
        words += ["--tolerance", f"{self.tolerance * 100:g}%"] if self.tolerance is not None else []
        pattern = self.pattern if case is None else f"^{re.escape(case)}$"
        words += ["--bench", pattern] if pattern else []
        return shlex.join(words)


@dataclass(frozen=True, kw_only=True, slots=True)
class Effort:
    """What it took. ``sessions`` are those of this time; ``recorded`` the processes that were on record."""

    sessions: tuple[str, ...]
    processes: int
    recorded: int
    duration_s: float
    out_of_time: bool
    interrupted: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """The whole. ``same_content`` when both ends build the same, so that nothing had to be measured."""

    question: Question
    machine: str
    base: Commit
    head: Commit
    rows: tuple[Row, ...]
    vanished: tuple[Vanished, ...]
    import_errors: Mapping[str, str]
    same_content: bool
    effort: Effort
    page: str

    def of(self, *outcomes: Outcome) -> list[Row]:
        """The rows of some outcomes, the worst first."""
        found = [row for row in self.rows if row.outcome in outcomes]
        return sorted(found, key=lambda row: (-_size(row), row.text, row.key.environment))

    def command(self, row: Row) -> str:
        """What shows a row again, also when branches have moved on: the commits by their hashes."""
        head = self.question.head if self.question.worktree else self.head.short
        question = dataclasses.replace(self.question, base=self.base.short, head=head)
        return question.command(str(row.key.case))

    @property
    def exit_code(self) -> int:
        """0 nothing is slower · 1 something is, or broke · 3 too little was compared to say so · 4 something
        is undecided · 130 interrupted. What is certainly bad comes before what is missing.
        """
        if self.effort.interrupted:
            return 130
        if self.of(Outcome.SLOWER) or (self.of(Outcome.BROKEN) and self._compared):
            return 1
        if self.why_not_green:
            return 3
        return 4 if self.of(Outcome.INCONCLUSIVE) else 0

    @property
    def why_not_green(self) -> str:
        """Why this is no answer to the question; empty when it is one."""
        if not self.rows:
            return "nothing ran"
        if not self._compared and not self.same_content:
            return "nothing could be compared: " + _counted(self.rows)
        if self.vanished:
            count = len(self.vanished)
            return f"{count} benchmark{'s are' if count > 1 else ' is'} gone that base has"
        return ""

    @property
    def _compared(self) -> bool:
        return any(row.outcome.compared for row in self.rows)


def rows_of(course: Course) -> tuple[Row, ...]:
    """A row for each series of a course."""
    return tuple(_row(course, one) for one in course.positions.values())


def same_rows(course: Course) -> tuple[Row, ...]:
    """Rows of series that cannot differ, because both ends hold the same content."""
    return tuple(
        dataclasses.replace(_row(course, one), outcome=Outcome.SAME, need=Need(processes=0, seconds=0.0))
        for one in course.positions.values()
    )


def _row(course: Course, position: Position) -> Row:
    telling, key = position.telling, position.key
    outcome = _outcome(position)
    further = need(telling) if telling and outcome is Outcome.INCONCLUSIVE else 0
    return Row(
        key=key,
        unit=course.evidence.unit(key),
        outcome=outcome,
        judgement=telling,
        suspicion=position.pooled if position.fresh else None,
        processes=course.evidence.processes(key),
        need=Need(
            processes=further,
            seconds=further * course.pair_s(key),
        ),
        why=course.evidence.whys(key)[-1] if course.evidence.whys(key) else None,
        returns_else=course.evidence.returns_else(key),
    )


_DECIDED = {
    Standing.SLOWER: Outcome.SLOWER,
    Standing.BROKEN: Outcome.BROKEN,
    Standing.NOT_CONFIRMED: Outcome.NOT_CONFIRMED,
    Standing.NEW: Outcome.NEW,
    Standing.FAILING: Outcome.FAILING,
    Standing.SKIPPED: Outcome.SKIPPED,
}


def _outcome(position: Position) -> Outcome:
    if position.standing is Standing.PASSED and position.telling is not None:
        verdicts = {Verdict.FASTER: Outcome.FASTER, Verdict.SAME: Outcome.SAME}
        return verdicts.get(position.telling.verdict, Outcome.NOT_SLOWER)
    return _DECIDED.get(position.standing, Outcome.INCONCLUSIVE)


def _size(row: Row) -> float:
    centre = row.judgement.worse.centre if row.judgement else math.inf
    return centre if not math.isnan(centre) else math.inf


def _counted(rows: Sequence[Row]) -> str:
    counts: dict[Outcome, int] = {}
    for row in rows:
        counts[row.outcome] = counts.get(row.outcome, 0) + 1
    return ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
