"""What a judgement of two measurements depends on. Owns the shapes inside this package; decides nothing."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from groundspeed import units
from groundspeed.measurements import Measurement, NoiseFloor, Process
from groundspeed.records import Better
from groundspeed.stats.comparison import Component
from groundspeed.stats.precision import Prior
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.judgement import Caveat, Evidence, Ground

_BESIDE = timedelta(seconds=10)
"""At most, between single processes of two commits taken in turn: a round has the commits of one case side
by side."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What is asked of two ends, beside their values. ``unit`` is the canonical one."""

    better: Better
    unit: str
    floor: NoiseFloor | None
    prior: Prior
    tolerance: float

    @property
    def sign(self) -> float:
        """Of a difference, so that more than nothing is worse."""
        return 1.0 if self.better is Better.LOWER else -1.0

    @property
    def session(self) -> Component | None:
        """The floor, as a component of variance."""
        if self.floor is None:
            return None
        return Component(variance=self.floor.between_sessions**2, df=max(self.floor.df, 1.0))


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """The samples of one process, all of them finite. ``timed``: a busy host has a part in them.

    ``session`` is the part of a session that saw the same host: all of it, where it took both ends in turn.
    """

    session: str
    samples: tuple[float, ...]
    timed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Ends:
    """The processes of both ends; empty where none were kept. ``apart``: a session held both, one after the
    other, so that what the host did meanwhile does not cancel.
    """

    base: tuple[Taken, ...]
    head: tuple[Taken, ...]
    apart: bool

    @property
    def all(self) -> tuple[Taken, ...]:
        """Base's, then head's."""
        return (*self.base, *self.head)

    @property
    def fewest(self) -> int:
        """Processes, at the end that has fewer."""
        return min(len(self.base), len(self.head))

    @property
    def shared(self) -> frozenset[str]:
        """The sessions that hold both ends."""
        return frozenset({one.session for one in self.base} & {one.session for one in self.head})

    def within(self, sessions: frozenset[str]) -> Ends:
        """What ran in these sessions."""
        return Ends(
            base=tuple(one for one in self.base if one.session in sessions),
            head=tuple(one for one in self.head if one.session in sessions),
            apart=self.apart,
        )

    def evidence(self, ground: Ground, *caveats: Caveat) -> Evidence:
        """What a reader is told of them."""
        return Evidence(
            ground=ground,
            base_processes=len(self.base),
            head_processes=len(self.head),
            sessions=len({one.session for one in self.all}),
            caveats=caveats,
        )


def ends_of(base: Measurement, head: Measurement) -> Ends:
    """The processes that were kept, without samples that are no number and what has no others."""
    both = {one.session for one in base.processes} & {one.session for one in head.processes}
    apart = frozenset(
        session
        for session in both
        if is_timed(head) and not _in_turn(session, base.processes, head.processes)
    )
    return Ends(base=_taken(base), head=_taken(head, later=apart), apart=bool(apart))


def _in_turn(session: str, base: tuple[Process, ...], head: tuple[Process, ...]) -> bool:
    """Whether a session that holds both ends took them in turn: their times overlap, or, where one end has a
    single process, lie side by side.

    Of 5,940 comparisons of identical code on a busy host, in a session that took one commit after the other,
    21 were named at 5 % when its shift was said to cancel.
    """
    times = [[one.started_at for one in end if one.session == session] for end in (base, head)]
    gap = max(map(min, times)) - min(map(max, times))
    return gap <= (_BESIDE if min(map(len, times)) == 1 else timedelta())


def _taken(measurement: Measurement, later: frozenset[str] = frozenset()) -> tuple[Taken, ...]:
    """``later`` are the sessions whose host is another one for this end."""
    finite = (
        (process, tuple(sample for sample in process.samples if math.isfinite(sample)))
        for process in measurement.processes
    )
    timed = is_timed(measurement)
    return tuple(
        Taken(
            session=f"{process.session} later" if process.session in later else process.session,
            samples=samples,
            timed=timed,
        )
        for process, samples in finite
        if samples
    )


def is_timed(measurement: Measurement) -> bool:
    """Whether a busy host can have a part in it: it was timed, or was reported beside something that was
    (``@p99``). A value that a benchmark gives (``track_``, ``peakmem_``), and any size, is none.
    """
    if any(process.number is not None for process in measurement.processes):
        return True
    return bool(measurement.key.metric) and units.canonical(measurement.unit) != "bytes"


def middle(end: tuple[Taken, ...]) -> float:
    """The median of the processes' medians."""
    return statistics.median(statistics.median(one.samples) for one in end)


def point(value: float) -> Interval:
    """A value that is certain."""
    return Interval(centre=value, low=value, high=value)


def mapped(found: Interval, change: Callable[[float], float]) -> Interval:
    """Each bound mapped; turned round where the map falls."""
    low, centre, high = change(found.low), change(found.centre), change(found.high)
    return Interval(centre=centre, low=min(low, high), high=max(low, high))
