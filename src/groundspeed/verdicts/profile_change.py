"""How far figures of profiles moved between two commits, and how sure that is. Pure arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundspeed.stats.comparison import LEAST_VARIANCE, LEVEL
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
    """A change a column. ``chances`` are the p-values of "it did not move"; 1 where nobody can tell."""

    changes: tuple[Change, ...]
    chances: NDArray[np.float64]


def weigh(
    base: NDArray[np.float64], head: NDArray[np.float64], *, scale: float, noise: NDArray[np.float64]
) -> Weighed:
    """Compare runs, shapes (m, columns) and (n, columns), m and n one at least; a call takes about ``scale``.

    Runs are taken as independent, with one variance at both ends: Student's interval with m + n - 2 degrees
    of freedom ("The probable error of a mean", Biometrika 6, 1908), error^2 = variance (1 / m + 1 / n). The
    variance of a run is never less than ``noise``, shape (columns,), what chance is known to do to it, nor
    than ``LEAST_VARIANCE`` of a call.
    """
    before, after = base.mean(axis=0), head.mean(axis=0)
    runs, df = (len(base), len(head)), len(base) + len(head) - 2
    if min(runs) < LEAST_RUNS:
        half, chances = np.full_like(before, np.inf), np.ones_like(before)
    else:
        squares = ((base - before) ** 2).sum(axis=0) + ((head - after) ** 2).sum(axis=0)
        least = np.maximum(noise, LEAST_VARIANCE * scale**2)
        error = np.sqrt(np.maximum(squares / df, least) * (1 / runs[0] + 1 / runs[1]))
        half, chances = _student(after - before, error, df)
    columns = zip(before.tolist(), after.tolist(), half.tolist(), strict=True)
    return Weighed(changes=tuple(_change(*one) for one in columns), chances=chances)


def _student(
    centre: NDArray[np.float64], error: NDArray[np.float64], df: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Half of the interval, and the chance of so much on either side. Where there is no error nothing moved:
    a call takes nothing.
    """
    from scipy.special import stdtr, stdtrit

    t = np.abs(centre) / np.where(error > 0, error, 1.0)
    return float(stdtrit(df, (1 + LEVEL) / 2)) * error, 2 * stdtr(df, -t)


def _change(base: float, head: float, half: float) -> Change:
    centre = head - base
    low, high = (centre - half, centre + half) if half < math.inf else (-math.inf, math.inf)
    return Change(base=base, head=head, by=Interval(centre=centre, low=low, high=high))
