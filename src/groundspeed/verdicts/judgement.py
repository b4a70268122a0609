"""What a comparison of two measurements says, and what it rests on. Owns the shapes; computes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from groundspeed.records import Verdict
from groundspeed.stats.comparison import Component, Difference, More, Undecidable
from groundspeed.stats.precision import Prior
from groundspeed.stats.ratio import Interval

UNKNOWN_TOLERANCE = 0.10
"""Nothing smaller is told between sessions while nobody knows how far sessions differ."""

VALUES = Prior(variance=0.005**2, df=8.0)
"""Of values that a benchmark gives once (``track_``, ``peakmem_``): half a percent between processes, and
cautious: the peak memory of an interpreter that imported numpy scattered by 0.08 % over six starts."""

LEAST_PROCESSES = 3
"""At either end, for an alarm that is smaller than ``DISTURBANCE``: a host that is busy for a moment slows
one process down, or two in a row. Of 935 pairs of processes of identical code one had both 12 and 17 % off;
of 139 triples none had all off by 5 %."""

DISTURBANCE = 0.20
"""None of these 935 pairs had both processes off by as much."""


class Ground(StrEnum):
    """What a judgement rests on."""

    SAME_SESSIONS = "processes of the same sessions"
    APART = "processes of one session, one end after the other"
    OTHER_SESSIONS = "processes of different sessions"
    STORED = "stored intervals"
    EXACT = "values that do not scatter"
    IDENTITY = "identical content"


class Caveat(StrEnum):
    """What a reader must know beside the verdict."""

    NOISE_UNKNOWN = "noise between sessions unknown"
    FEW = "fewer than three processes: a busy host alone could do that"
    CHANCE = "could be chance among so many comparisons"
    NO_SPREAD = "no interval is stored"
    NOTHING_BEFORE = "base is nothing, so there is no ratio"
    ABOUT_ZERO = "base scatters about zero, so there is no ratio"


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What was compared. ``sessions`` counts those that hold any of the processes."""

    ground: Ground
    base_processes: int
    head_processes: int
    sessions: int
    caveats: tuple[Caveat, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Enough:
    """The verdict stands: nothing further is needed."""


Further = Enough | More | Undecidable
"""What would decide."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NoRatio:
    """There is no ratio of head to base, and why."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Chances:
    """How probable so much, or more, would be if head were just tolerated: small speaks for the verdict."""

    slower: float
    faster: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """Head against base. ``base`` and ``head`` are their centres, ``effect`` head less base, in base units.

    ``ratio`` is head over base whatever is better; ``worse`` the same turned so that more than 1 is worse,
    infinite where something came of nothing. ``tolerance`` is the one that was applied. ``chances`` are the
    one-sided p-values of "not slower (faster) than tolerated". ``difference`` is that of the worse direction,
    of logarithms (where a value is not positive: relative to base's), ``process`` the variance of one process
    on that scale.
    """

    base: float
    head: float
    effect: Interval
    ratio: Interval | NoRatio
    worse: Interval
    tolerance: float
    verdict: Verdict
    chances: Chances
    evidence: Evidence
    further: Further
    difference: Difference
    process: Component


CERTAIN = (Ground.EXACT, Ground.IDENTITY)
"""Grounds without chance: they take no part in the count of false discoveries."""
