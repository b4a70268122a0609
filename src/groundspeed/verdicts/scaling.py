"""How cases grow with their size, what they come to at a size asked for, and where their growth changed.

Owns which measurements stand for a ladder: of each size the newest on the branch, or those at one commit.
The fits are stats/extrapolation.py's. Measures nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from groundspeed import units
from groundspeed.records import Case
from groundspeed.stats.changepoints import detect_many
from groundspeed.stats.extrapolation import Curve, Point, Prediction, curve
from groundspeed.stats.levels import weigh
from groundspeed.stats.precision import standard_error
from groundspeed.stats.ratio import Interval
from groundspeed.stats.scaling import SIZES, SPAN, NoGrowth
from groundspeed.units import Quantity
from groundspeed.verdicts.ladders import Ladder, Rung, Sizes, ladders, unmeasured
from groundspeed.verdicts.newest import At, NoValue, Present, Track

LEAST_CHANGE = 0.1
"""Of an exponent: what a factor log n adds over the usual sizes; a quarter more at ten times the size."""

_PROCESSES = 2  # show a spread
_NORMAL_99 = 2.576  # half a 99 % interval in standard errors: Phi^-1(0.995)


@dataclass(frozen=True, kw_only=True, slots=True)
class MeasuredSize:
    """The present value at a size, in seconds or bytes, and the commit it was measured at.

    ``error`` is the standard error of its logarithm between processes, 0 where unknown: what a session
    does to all sizes alike is no part of their growth.
    """

    size: float
    value: Interval
    error: float
    commit: str


@dataclass(frozen=True, kw_only=True, slots=True)
class UnmeasuredSize:
    """A size without a present value, and why."""

    size: float
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NoPrediction:
    """Nothing can be said of a size, and why."""

    size: float
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Scaled:
    """A ladder on a machine, what was measured of it, and its growth. ``never`` are cases never measured."""

    machine: str
    ladder: Ladder
    measured: tuple[MeasuredSize, ...]
    unmeasured: tuple[UnmeasuredSize, ...]
    never: tuple[Case, ...]
    growth: Curve | NoGrowth


def scale(present: Present, sizes: Sizes, pattern: str | None = None) -> tuple[Scaled, ...]:
    """Every ladder of the machine in whose text ``pattern`` is found, with its growth.

    Targets, growths and bottlenecks all ask for them: what was found of ``present`` is remembered there.
    """

    def found() -> tuple[Scaled, ...]:
        tracks = present.tracks(lambda key: sizes.of(key.case.benchmark) is not None)
        return tuple(
            _scaled(present, ladder, sizes)
            for ladder in ladders(tracks, sizes)
            if pattern is None or re.search(pattern, str(ladder))
        )

    return present.once((scale, sizes, pattern), found)


def _scaled(present: Present, ladder: Ladder, sizes: Sizes) -> Scaled:
    found = [_present(present, rung) for rung in ladder.rungs]
    measured = tuple(one for one in found if isinstance(one, MeasuredSize))
    return Scaled(
        machine=present.machine,
        ladder=ladder,
        measured=measured,
        unmeasured=tuple(one for one in found if isinstance(one, UnmeasuredSize)),
        never=unmeasured(ladder, sizes),
        growth=curve([_point(one) for one in measured]),
    )


def predict(one: Scaled, size: Quantity) -> Prediction | NoPrediction:
    """What the growth comes to at a size."""
    if size.unit != one.ladder.size_unit:
        return NoPrediction(size=size.value, reason=_other_unit(one.ladder, size))
    if isinstance(one.growth, NoGrowth):
        return NoPrediction(size=size.value, reason=one.growth.reason)
    return one.growth.at(size.value)


def growths(ladder: Ladder, commits: Sequence[str]) -> list[Curve | NoGrowth]:
    """The growth at each of the commits, from what the ladder's sizes hold there, as asv's files have it."""
    values = [{one.commit: one.value for one in rung.track.values} for rung in ladder.rungs]
    return [
        curve(
            [
                Point(size=rung.size, value=_in_base(at[commit], rung.track).centre, error=_error(at[commit]))
                for rung, at in zip(ladder.rungs, values, strict=True)
                if commit in at
            ]
        )
        for commit in commits
    ]


# --- where growth changed ---------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class ExponentChange:
    """The exponent of a ladder's growth took another level: in (``base``, ``head``], both measured.

    ``before`` and ``after`` are the levels, ``difference`` after less before, each with a 99 % interval;
    ``p`` is what is left of chance. More is worse where the metric's lower value is the better one.
    """

    machine: str
    ladder: Ladder
    base: str
    head: str
    before: Interval
    after: Interval
    difference: Interval
    p: float


def exponent_changes(present: Present, sizes: Sizes) -> tuple[ExponentChange, ...]:
    """Where a ladder's exponent changed by ``LEAST_CHANGE`` or more, its interval clear of nothing.

    The exponent of a commit is the slope in logarithms over the sizes that most of its commits have; only
    commits with all of these count. By ladder, then along the branch.
    """
    tracks = present.tracks(lambda key: sizes.of(key.case.benchmark) is not None)
    found = [(one, *_exponents(one, present.branch)) for one in ladders(tracks, sizes)]
    series = [exponents for _, _, exponents in found]
    starts = detect_many(series)
    rows = weigh(series, starts)
    changes = []
    for row, number in enumerate(rows.series.tolist()):
        ladder, commits, _ = found[number]
        before, after = float(rows.before[row]), float(rows.after[row])
        half = float(rows.half[row])
        if abs(after - before) < max(LEAST_CHANGE, half):
            continue
        changes.append(
            ExponentChange(
                machine=present.machine,
                ladder=ladder,
                base=commits[int(rows.base[row])],
                head=commits[int(rows.head[row])],
                before=_around(before, float(rows.before_half[row])),
                after=_around(after, float(rows.after_half[row])),
                difference=_around(after - before, half),
                p=float(rows.p[row]),
            )
        )
    return tuple(changes)


def _exponents(ladder: Ladder, branch: Sequence[str]) -> tuple[list[str], NDArray[np.float64]]:
    """The commits that have every usual size of the ladder, and the slope at each."""
    at = [{one.commit: one.value.centre for one in rung.track.values} for rung in ladder.rungs]
    most = max((len(one) for one in at), default=0)
    usual = [place for place, one in enumerate(at) if 2 * len(one) >= most]
    x = np.array([ladder.rungs[place].size for place in usual])
    if len(set(x.tolist())) < SIZES or x.max() < SPAN * x.min():
        return [], np.empty(0)
    commits = [commit for commit in branch if all(at[place].get(commit, 0.0) > 0 for place in usual)]
    logs = np.log(np.array([[at[place][commit] for place in usual] for commit in commits]))
    centred = np.log(x) - np.log(x).mean()
    slopes = logs.reshape(len(commits), len(usual)) @ centred / (centred @ centred)
    return commits, np.asarray(slopes, np.float64)


def _around(centre: float, half: float) -> Interval:
    return Interval(centre=centre, low=centre - half, high=centre + half)


# --- one size ---------------------------------------------------------------------------------------


def _present(present: Present, rung: Rung) -> MeasuredSize | UnmeasuredSize:
    last = rung.track.last
    if isinstance(last, NoValue):
        return UnmeasuredSize(size=rung.size, reason=reason(last))
    assert isinstance(last, At)
    return MeasuredSize(
        size=rung.size,
        value=_in_base(present.value(rung.track), rung.track),
        error=_between_processes(present, rung.track, last),
        commit=last.carried_from or last.commit,
    )


def _between_processes(present: Present, track: Track, last: At) -> float:
    """Of the processes' samples where two were kept, else of the interval that asv stored."""
    one = present.measurement(track, last.commit)
    kept = [process.samples for process in one.processes] if one else []
    if one is None or len(kept) < _PROCESSES or not all(0 < x < math.inf for x in chain(*kept)):
        return _error(last.value)
    return math.log1p(standard_error(kept, present.prior(one)))


def reason(one: NoValue) -> str:
    """Why there is no value, in a few words."""
    said = one.reason.strip().splitlines()
    word = "skipped" if one.skipped else "failed"
    return f"{word} at {one.commit[:8]}" + (f": {said[-1].strip()}" if said else "")


def _in_base(value: Interval, track: Track) -> Interval:
    factor = units.reckon(track.series.unit).value
    return Interval(centre=value.centre * factor, low=value.low * factor, high=value.high * factor)


def _point(one: MeasuredSize) -> Point:
    return Point(size=one.size, value=one.value.centre, error=one.error)


def _error(value: Interval) -> float:
    """The standard error of the logarithm that a 99 % interval stands for; 0 where there is none."""
    if not 0 < value.low < value.high < math.inf:
        return 0.0
    return math.log(value.high / value.low) / 2 / _NORMAL_99


def further_run(one: Scaled) -> str:
    """The command that measures more sizes of a ladder; empty where the suite has no more."""
    names = sorted({case.benchmark for case in one.never})
    return f"groundspeed run --bench '{'|'.join(names)}'" if names else ""


def _other_unit(ladder: Ladder, size: Quantity) -> str:
    if size.unit == "bytes":
        return (
            f'its size "{ladder.parameter}" is no number of bytes: say what one is, '
            f'"{ladder.parameter} = 50 KB", under [scaling.sizes] in groundspeed.toml'
        )
    return f'its size "{ladder.parameter}" is in bytes: ask for 1GB or 100KB'
