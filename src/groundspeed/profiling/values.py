"""What is asked of a profiling and what comes of it, as values. Takes nothing, stores nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from groundspeed.profiling.cpu import Sampler
from groundspeed.profiling.deterministic import Deterministic
from groundspeed.profiling.recorders import KINDS as RECORDED_KINDS
from groundspeed.profiling.weights import Taken
from groundspeed.records import Case, Commit

CPU, MEMORY = "cpu", "memory"
KINDS = (CPU, MEMORY, *RECORDED_KINDS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What to profile. ``pattern`` is found in a case's text (``re.search``), None for every case.

    ``seconds`` of calls are profiled, and as many made without, in each of ``runs`` processes. With
    ``against`` both commits are profiled in turn. ``functions`` are those whose lines are wanted.
    """

    pattern: str | None
    revision: str
    kinds: tuple[str, ...]
    seconds: float
    runs: int
    sampler: Sampler | None
    why_no_sampler: str = ""
    against: str | None = None
    functions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """A kind of profile that could not be taken, and why."""

    kind: str
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """A profile and the file that holds it."""

    taken: Taken
    path: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseProfiles:
    """What came of a case at a commit. ``stats`` is the file of ``calls``; ``recorded`` are by kind the
    files of what was recorded within the process.
    """

    case: Case
    commit: Commit
    stored: tuple[Stored, ...]
    calls: Deterministic | None
    stats: Path | None
    recorded: tuple[tuple[str, Path], ...]
    failures: tuple[Failure, ...]

    @property
    def files(self) -> dict[str, Path]:
        """The stored profiles by the kind of their file."""
        return {one.taken.kind: one.path for one in self.stored} | dict(self.recorded)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """The profiles of every case that was asked for; ``base`` holds those of the other commit, if any."""

    machine: str
    environment: str
    commit: Commit
    cases: tuple[CaseProfiles, ...]
    against: Commit | None = None
    base: tuple[CaseProfiles, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 where anything was profiled, 3 where nothing was."""
        return 0 if any(one.files for one in (*self.cases, *self.base)) else 3
