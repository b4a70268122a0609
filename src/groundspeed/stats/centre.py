"""Where one measurement lies, from the centres of its worker processes, and how well that is known.

Owns the one-way random effects model of processes in sessions: ``y = mu + session + process``, with
session ~ (0, s^2) and process ~ (0, v). Refuses to guess what a session does: where nobody knows it, the
interval is that of these sessions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from groundspeed.stats.comparison import Component
from groundspeed.stats.precision import trimmed_mean
from groundspeed.stats.ratio import Interval

LEVEL = 0.99
"""Of the interval: the one that asv's files hold, so that both mean the same."""


def centre(
    sessions: Sequence[NDArray[np.float64]],
    process: Component,
    session: Component | None,
    level: float = LEVEL,
) -> Interval:
    """The centre over all sessions (each one's process centres, one at least), and Student's interval.

    Session i of n_i processes has the variance ``s^2 + v / n_i``; the centres are weighed by its inverse
    (Graybill and Deal, "Combining unbiased estimators", Biometrics 15, 1959), and the degrees of freedom
    of the sum are Satterthwaite's (Biometrics Bulletin 2, 1946).
    """
    from scipy.special import stdtrit

    centres = np.array([trimmed_mean(one) for one in sessions])
    own = process.variance / np.array([len(one) for one in sessions])
    between = session.variance if session else 0.0
    variance = own + between
    weights = 1 / variance if (variance > 0).all() else np.ones_like(own)
    weights /= weights.sum()
    middle = float(weights @ centres)
    parts = (
        (float(weights**2 @ own), process.df),
        (float((weights**2).sum()) * between, session.df if session else 1.0),
    )
    total = math.fsum(part for part, _ in parts)
    if total == 0:
        return Interval(centre=middle, low=middle, high=middle)
    df = total**2 / math.fsum(part**2 / df for part, df in parts)
    half = float(stdtrit(df, (1 + level) / 2)) * math.sqrt(total)
    return Interval(centre=middle, low=middle - half, high=middle + half)
