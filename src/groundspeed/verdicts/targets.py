"""Whether targets are kept: the present value against its limit, its trend, and since when it is so.

Owns what follows from a value and its past; what is missing is no pass. Where values come from is
verdicts/target_values.py's business. Measures nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from groundspeed import units
from groundspeed.config.targets import Relation, Target
from groundspeed.errors import ConfigError, NothingMeasuredError
from groundspeed.records import Better
from groundspeed.stats.changepoints import detect
from groundspeed.stats.ratio import Interval
from groundspeed.stats.trend import LEAST, drift

RECENT = 20
"""Commits that a trend is told from: some weeks of work, and enough for 5 % where commits scatter by 3 %."""

DRIFT = 0.05
"""Of a trend: what is less is called steady, as a verdict calls it the same."""


_FAILED, _INCONCLUSIVE = 1, 4  # exit codes


class State(StrEnum):
    """How a value stands to its limit. Inconclusive: the limit lies inside the value's interval."""

    HOLDS = "holds"
    FAILS = "fails"
    INCONCLUSIVE = "inconclusive"


class Direction(StrEnum):
    """Where a value went over the last commits."""

    IMPROVING = "improving"
    WORSENING = "worsening"
    STEADY = "steady"
    UNKNOWN = "too few commits"


@dataclass(frozen=True, kw_only=True, slots=True)
class Trend:
    """``change`` is the share that the value changed by over ``commits`` measured ones, by a robust slope."""

    direction: Direction
    change: float
    commits: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Since:
    """The state was this one from ``commit`` on: at ``commits`` measured ones, the present one among them."""

    commit: str
    commits: int
    from_the_first: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """A target and the present value. ``value`` and ``limit`` are in ``unit``.

    ``subject`` is what was judged: a case with its metric, at a size where the target says so. ``notes``
    say what a reader must know beside it; a value that is not told is no more than a guess.
    """

    target: Target
    machine: str
    environment: str
    subject: str
    unit: str
    value: Interval
    limit: float
    state: State
    commit: str
    carried_from: str | None
    trend: Trend
    since: Since
    notes: tuple[str, ...]
    is_told: bool

    @property
    def room(self) -> float:
        """How far the value may go until it fails, in ``unit``; negative: how far it must come back."""
        above = self.limit - self.value.centre
        return above if self.target.relation.is_upper else self.value.centre - self.limit


@dataclass(frozen=True, kw_only=True, slots=True)
class Lacking:
    """A target without the data to judge it: what is missing, and the command that would make it."""

    target: Target
    machine: str
    subject: str
    reason: str
    command: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TargetReport:
    """What became of the targets, machine by machine, in the order of groundspeed.toml."""

    machines: tuple[str, ...]
    rows: tuple[Judged | Lacking, ...]

    @property
    def exit_code(self) -> int:
        """A target that fails is bad news, one without data is no pass, an inconclusive one is undecided."""
        states = {one.state for one in self.rows if isinstance(one, Judged)}
        if State.FAILS in states:
            return _FAILED
        if not self.rows or any(isinstance(one, Lacking) for one in self.rows):
            return NothingMeasuredError.exit_code
        return _INCONCLUSIVE if State.INCONCLUSIVE in states else 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Past:
    """A value that stood at a commit, with the interval that asv's files hold."""

    commit: str
    value: Interval


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What a target is judged by. ``past`` is oldest first and ends in the present commit."""

    subject: str
    environment: str
    unit: str
    better: Better
    value: Interval
    limit: float
    past: tuple[Past, ...]
    carried_from: str | None
    notes: tuple[str, ...]
    is_told: bool = True


def judge(target: Target, machine: str, found: Found) -> Judged:
    """The target, judged. What is not told (a size far beyond those measured) is inconclusive."""
    told = state_of(found.value, target.relation, found.limit)
    state = told if found.is_told else State.INCONCLUSIVE
    return Judged(
        target=target,
        machine=machine,
        environment=found.environment,
        subject=found.subject,
        unit=found.unit,
        value=found.value,
        limit=found.limit,
        state=state,
        commit=found.past[-1].commit,
        carried_from=found.carried_from,
        trend=trend_of(found.past if found.is_told else found.past[-1:], found.better),
        since=since_of(found.past, target.relation, found.limit, state),
        notes=found.notes,
        is_told=found.is_told,
    )


def factor_of(target: Target, limit_unit: str, unit: str, subject: str) -> float:
    """How many base units one of the metric's unit is. Raises ConfigError where the limit has another."""
    metric = units.reckon(unit)
    if not units.comparable(limit_unit, metric.unit):
        asked = f"in {limit_unit}" if limit_unit else "without a unit"
        raise ConfigError(
            f'{target.where} = "{target.text}": {subject} is measured in {unit}, the limit is {asked}. '
            "Write the limit in that unit, or name another metric behind an @."
        )
    return metric.value


def state_of(value: Interval, relation: Relation, limit: float) -> State:
    """Holds or fails where the whole interval says so."""
    low, high = relation.holds(value.low, limit), relation.holds(value.high, limit)
    if low is not high or math.isnan(value.centre):
        return State.INCONCLUSIVE
    return State.HOLDS if low else State.FAILS


def trend_of(past: Sequence[Past], better: Better) -> Trend:
    """Where the newest ``RECENT`` values went: along a slope that is clear, else from level to level."""
    recent = np.array([one.value.centre for one in past[-RECENT:]])
    if len(recent) < LEAST or not (recent > 0).all():
        return Trend(direction=Direction.UNKNOWN, change=0.0, commits=len(recent))
    found = drift(np.log(recent))
    clear = found.low > 0 or found.high < 0
    moved = found.centre if clear else _between_levels(np.log(recent))
    change = math.expm1(moved)
    if abs(moved) < math.log1p(DRIFT):
        return Trend(direction=Direction.STEADY, change=change, commits=len(recent))
    worse = (change > 0) == (better is Better.LOWER)
    direction = Direction.WORSENING if worse else Direction.IMPROVING
    return Trend(direction=direction, change=change, commits=len(recent))


def _between_levels(values: NDArray[np.float64]) -> float:
    """The last level less the first one: a step is no slope, and half of all pairs lie on its two levels."""
    starts = detect(values)
    if not starts:
        return 0.0
    return float(np.median(values[starts[-1] :]) - np.median(values[: starts[0]]))


def since_of(past: Sequence[Past], relation: Relation, limit: float, state: State) -> Since:
    """Back to the first commit of the present state; ``past`` is oldest first, its last the present.

    A commit ends the way back only where its own interval lies wholly on the other side: noise about a
    limit is no change. The first commit itself is on the present side by its value.
    """
    start = len(past) - 1
    while start > 0 and not _contradicts(past[start - 1].value, relation, limit, state):
        start -= 1
    if state is not State.INCONCLUSIVE:
        wanted = state is State.HOLDS
        while start < len(past) - 1 and relation.holds(past[start].value.centre, limit) is not wanted:
            start += 1
    return Since(commit=past[start].commit, commits=len(past) - start, from_the_first=start == 0)


def _contradicts(value: Interval, relation: Relation, limit: float, state: State) -> bool:
    there = state_of(value, relation, limit)
    if state is State.INCONCLUSIVE:
        return there is not state
    return there not in (state, State.INCONCLUSIVE)
