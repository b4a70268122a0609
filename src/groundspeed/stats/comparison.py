"""How far head lies from base, and how sure that is, from the centres of worker processes. Pure arrays.

The model of a process centre y (a logarithm, or a value on a linear scale) of one end in one session is

    y = end + session + process,    session ~ (0, s^2),  process ~ (0, v),

a mixed model with two components of variance. What a session does to both ends alike cancels where both
ran in it; where they did not, the session component stands in the result. Both are one formula: generalised
least squares (Henderson, "Best linear unbiased estimation and prediction under a selection model",
Biometrics 31, 1975; the weighing of what lies within and between sessions is Yates' recovery of inter-block
information, Annals of Eugenics 10, 1940). Refuses to guess what a session does: where that is not known, ends
that share a session are compared inside it alone.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundspeed.stats.ratio import Interval

LEVEL = 0.99
"""Of an interval, two-sided: asv's own level, and the one that 3,128 processes of identical code bear out
(docs/METHOD.md): a twentieth of it would name noise in suites of hundreds."""

POWER = 0.8
"""The chance that further processes decide what they are said to decide (Cohen 1988, the usual one)."""

MOST_PROCESSES = 1000
"""Further processes an end that anybody would wait for: 20 s of the fastest case, and hours of a slow one."""

LEAST_VARIANCE = 1e-6**2
"""Of logarithms: a millionth is less than any clock tells, and enough to divide by."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Component:
    """A variance, known as well as ``df`` degrees of freedom tell it."""

    variance: float
    df: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """What one session holds of both ends: how many processes, and where their centre lies.

    The centre of an end without a process there is not looked at.
    """

    base_count: int
    head_count: int
    base: float
    head: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """Head less base. Its variance is the part of the processes and the part of the sessions, each with
    its degrees of freedom; sessions that cancelled have no part.
    """

    centre: float
    processes: Component
    sessions: Component

    @property
    def error(self) -> float:
        """The standard error."""
        return math.sqrt(self.processes.variance + self.sessions.variance)

    @property
    def df(self) -> float:
        """Of the error: Satterthwaite, "An approximate distribution of estimates of variance components",
        Biometrics Bulletin 2, 1946: (a + b)^2 / (a^2 / df_a + b^2 / df_b).
        """
        own, between = self.processes, self.sessions
        return _combined_df(own.variance, own.df, between.variance, between.df)


@dataclass(frozen=True, kw_only=True, slots=True)
class More:
    """So many further processes at either end, in one session, would decide, four times in five."""

    processes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Undecidable:
    """No number of processes that anybody would wait for decides, and why."""

    reason: str


def difference(cells: Sequence[Cell], process: Component, session: Component | None) -> Difference:
    """The best linear unbiased estimate of head less base, and what it is uncertain by.

    ``process`` is the variance of one process centre, ``session`` that of a session; None where nobody
    knows it: then only what lies inside sessions counts, where any holds both ends, and else sessions are
    taken not to differ (whoever calls must allow for it). With n processes at an end in session i and
    p = n / v, the two ends' means there have the precision ``P_i = diag(p) - p p' / (1 / s^2 + sum p)``,
    the ends over all sessions ``(sum P_i)^-1 sum P_i y_i``. Raises ValueError where an end has no process.
    """
    counts = np.array([(one.base_count, one.head_count) for one in cells], dtype=np.float64).reshape(-1, 2)
    if not counts.size or not counts.sum(axis=0).all():
        raise ValueError("an end has no process: there is nothing to compare")
    centres = np.array([(one.base, one.head) for one in cells], dtype=np.float64)
    variance = max(process.variance, LEAST_VARIANCE)
    shared = bool(counts.all(axis=1).any())
    weights = (
        _within(counts) if session is None and shared else _weights(counts / variance, session)
    )  # (n, 2): of each session's two centres in the difference
    used = np.where(counts > 0, counts, 1.0)
    between = 0.0 if session is None else session.variance * float((weights.sum(axis=1) ** 2).sum())
    return Difference(
        centre=float((weights * np.where(counts > 0, centres, 0.0)).sum()),
        processes=Component(variance=variance * float((weights**2 / used).sum()), df=process.df),
        sessions=Component(variance=between, df=1.0 if session is None else session.df),
    )


def interval(found: Difference, level: float = LEVEL) -> Interval:
    """Student's, two-sided, of the difference."""
    from scipy.special import stdtrit

    half = float(stdtrit(found.df, (1 + level) / 2)) * found.error
    return Interval(centre=found.centre, low=found.centre - half, high=found.centre + half)


def chance_beyond(found: Difference, limit: float) -> float:
    """The one-sided p-value of "the difference is at most ``limit``": small speaks for more than that."""
    from scipy.special import stdtr

    return float(stdtr(found.df, (limit - found.centre) / found.error))


def more_processes(
    found: Difference, process: Component, limit: float, *, chance: float
) -> More | Undecidable:
    """How many further processes an end, run in turn in a fresh session, would bring an interval whose ends
    miss by ``chance`` each to one side of ``-limit`` or ``limit``, if the estimate stays what it is.

    With n at either end the fresh session adds the precision ``n / 2 v`` of its own difference. Decided is
    where the distance to the nearer limit is as long as ``(t + z) * error``, t at ``chance``, z at ``POWER``:
    the usual size of a sample (Cochran, Sampling Techniques, 3rd edition, 1977, section 4.4).
    """
    from scipy.special import ndtri, stdtrit

    variance, known = max(process.variance, LEAST_VARIANCE), 1 / max(found.error**2, LEAST_VARIANCE)
    gap, power = abs(abs(found.centre) - limit), float(ndtri(POWER))

    def is_enough(count: int) -> bool:
        precision = known + count / (2 * variance)
        kept = (known / precision) ** 2 * found.sessions.variance
        own = max(1 / precision - kept, 0.0)
        df = _combined_df(own, process.df + 2 * (count - 1), kept, found.sessions.df)
        return gap >= (float(stdtrit(df, 1 - chance)) + power) / math.sqrt(precision)

    counts = range(1, MOST_PROCESSES + 1)
    place = bisect.bisect_left(counts, True, key=is_enough)
    if place == len(counts):
        return Undecidable(reason=f"too near the limit for {MOST_PROCESSES:,} more processes to tell")
    return More(processes=counts[place])


def _within(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """The weights where a session's own shift may be anything: each difference by its precision."""
    total = counts.sum(axis=1)
    share = np.where(total > 0, counts.prod(axis=1) / np.where(total > 0, total, 1.0), 0.0)
    share /= share.sum()
    return np.stack([-share, share], axis=1)


def _weights(precisions: NDArray[np.float64], session: Component | None) -> NDArray[np.float64]:
    """The weights of generalised least squares; ``precisions`` are n / v, shape (sessions, 2)."""
    variance = 0.0 if session is None else session.variance
    total = precisions.sum(axis=1)
    taken = variance / (1 + variance * total)
    each = -taken[:, None, None] * precisions[:, :, None] * precisions[:, None, :]
    each[:, [0, 1], [0, 1]] += precisions
    whole = each.sum(axis=0)
    contrast = np.linalg.solve(whole, np.array([-1.0, 1.0]))
    return np.asarray(contrast @ each)


def _combined_df(one: float, one_df: float, other: float, other_df: float) -> float:
    """Satterthwaite's degrees of freedom of the sum of two variances."""
    return (one + other) ** 2 / (one**2 / one_df + other**2 / other_df)
