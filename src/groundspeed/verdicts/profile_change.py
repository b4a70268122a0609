"""How far a figure of profiles moved between two commits, and how sure that is. Pure arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundspeed.stats.comparison import Cell, Component, Difference, chance_beyond, difference, interval
from groundspeed.stats.ratio import Interval

LEAST_RUNS = 2
"""At either end, for an interval: one run does not say how runs differ."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """The means of the runs of each end, and head less base with its 99 % interval, which is unbounded where
    an end has fewer than ``LEAST_RUNS``.
    """

    base: float
    head: float
    by: Interval


@dataclass(frozen=True, kw_only=True, slots=True)
class Weighed:
    """``chance`` is the two-sided p-value of "it did not move"; 1 where nobody can tell."""

    change: Change
    chance: float


def weigh(base: NDArray[np.float64], head: NDArray[np.float64], *, scale: float, noise: float) -> Weighed:
    """Compare two rows of runs, shapes (m,) and (n,), one at least; a call takes about ``scale``.

    Runs are taken as independent, with one variance at both ends: Student's interval with m + n - 2
    degrees of freedom. The variance of a run is never less than ``noise``, what chance is known to do to it.
    """
    before, after = float(base.mean()), float(head.mean())
    if min(len(base), len(head)) < LEAST_RUNS or scale <= 0:
        unbounded = Interval(centre=after - before, low=-math.inf, high=math.inf)
        return Weighed(change=Change(base=before, head=after, by=unbounded), chance=1.0)
    found = _difference(base / scale, head / scale, noise / scale**2)
    span = interval(found)
    by = Interval(centre=after - before, low=span.low * scale, high=span.high * scale)
    chance = 2 * min(chance_beyond(found, 0.0), 1 - chance_beyond(found, 0.0))
    return Weighed(change=Change(base=before, head=after, by=by), chance=chance)


def _difference(base: NDArray[np.float64], head: NDArray[np.float64], noise: float) -> Difference:
    """In calls: the least variance that ``difference`` knows is a millionth of one, squared."""
    df = len(base) + len(head) - 2
    squares = float(((base - base.mean()) ** 2).sum() + ((head - head.mean()) ** 2).sum())
    cell = Cell(base_count=len(base), head_count=len(head), base=float(base.mean()), head=float(head.mean()))
    return difference([cell], Component(variance=max(squares / df, noise), df=df), None)
