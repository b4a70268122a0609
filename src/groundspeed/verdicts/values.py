"""What a measurement comes to, with its interval: for whoever judges it by itself and not against another.

Owns which evidence counts: samples of processes, else what asv's files hold. Measures nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from groundspeed.measurements import Measurement, NoiseFloor, Process, Stored
from groundspeed.stats.centre import centre
from groundspeed.stats.comparison import Component
from groundspeed.stats.precision import Prior, spread_of, within
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.variance import process_variance


def value_of(one: Measurement, floor: NoiseFloor | None, prior: Prior) -> Interval:
    """The value and its 99 % interval. Where nothing is known of the spread the value stands alone.

    ``prior`` is what the suite says of the variance between processes (``compare.learned``); ``floor`` is
    None where nobody knows how far sessions differ.
    """
    processes = [kept for process in one.processes if (kept := _finite(process)) is not None]
    samples = {sample for process in processes for sample in process.samples}
    if not samples:
        return stored_interval(one.stored)
    timed = any(process.number is not None for process in processes)
    if not timed and len(samples) == 1 and (floor is None or len(processes) > 1):
        return _point(samples.pop())  # a count: two processes agree, or nobody knows better
    if min(samples) <= 0:
        return _linear(processes)
    if not timed and len(processes) == 1 and floor is None:
        return _point(float(np.median(processes[0].samples)))
    logs = _logarithmic(processes, floor, prior)
    return Interval(centre=math.exp(logs.centre), low=_exp(logs.low), high=_exp(logs.high))


def stored_interval(stored: Stored) -> Interval:
    """What asv's files hold; a value without an interval stands alone."""
    if math.isnan(stored.low) or math.isnan(stored.high):
        return _point(stored.value)
    return Interval(centre=stored.value, low=stored.low, high=stored.high)


def _finite(process: Process) -> Process | None:
    samples = tuple(sample for sample in process.samples if math.isfinite(sample))
    if not samples:
        return None
    return Process(
        session=process.session, started_at=process.started_at, number=process.number, samples=samples
    )


def _logarithmic(processes: Sequence[Process], floor: NoiseFloor | None, prior: Prior) -> Interval:
    sessions = [
        np.array([np.median(np.log(one.samples)) for one in processes if one.session == session])
        for session in sorted({one.session for one in processes})
    ]
    process = process_variance(sessions, prior, floor, shared=False)
    least = within([one.samples for one in processes])
    return centre(
        sessions,
        Component(variance=max(process.variance, least), df=process.df),
        None if floor is None else Component(variance=floor.between_sessions**2, df=max(floor.df, 1.0)),
    )


def _linear(processes: Sequence[Process]) -> Interval:
    """Of values that are not all positive: by what the processes themselves show."""
    centres = np.array([np.median(one.samples) for one in processes])
    shown = spread_of(centres)
    if shown is None or shown.df < 1:
        return _point(float(np.median(centres)))
    return centre([centres], Component(variance=shown.variance, df=shown.df), None)


def _point(value: float) -> Interval:
    return Interval(centre=value, low=value, high=value)


def _exp(log: float) -> float:
    return math.exp(log) if log < 700 else math.inf
