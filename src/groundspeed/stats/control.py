"""Whether a host changed between two runs of its control benchmark. Pure; corrects nothing by the answer."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from groundspeed.records import Control

# Until a machine's own noise is known: the tolerance of a verdict. A host that moved by less than what
# verdicts ignore cannot have made one, and 16 controls of an idle virtual machine stayed within 1.7 %.
DEFAULT_NOISE_FLOOR = 0.05

LEAST_NOISE_FLOOR = 0.01
"""However calm a host was: a medians' standard error, which sampling is content with."""

LEAST_SESSIONS = 8
"""Earlier sessions that a noise floor is told from: with fewer its limit is beyond 5 % on a calm host."""

EARLIER = 20
"""Sessions that the control's usual level is told from: a host may age, and half a year ago is no measure."""

LEAST_EARLIER = 3
"""Earlier sessions whose median outvotes one that was disturbed."""

_EFFICIENCY = 0.37  # of a median deviation against a standard deviation (Rousseeuw & Croux, 1993)
_MEDIAN_DEVIATION = 0.6744897501960817  # of a standard normal, Phi^-1(3/4)
_LEVEL = 0.99  # of moves that no host made, those that are within the floor


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """``ratio`` of the medians, after to before: above 1 the host became slower.

    ``beyond``: more than ``noise_floor``, in either direction.
    """

    ratio: float
    noise_floor: float
    beyond: bool


def moved(before: Sequence[Control], after: Sequence[Control], noise_floor: float | None) -> Move:
    """Compare the medians of all samples before with all after. ``noise_floor`` is relative (0.03); None
    when unknown.

    Beyond is a ratio strictly above 1 + floor or below its reciprocal, so that swapping the ends swaps
    the direction and nothing else. Raises ValueError when one end has no sample.
    """
    floor = DEFAULT_NOISE_FLOOR if noise_floor is None else noise_floor
    ratio = _median("after", after) / _median("before", before)
    return Move(
        ratio=ratio,
        noise_floor=floor,
        beyond=ratio > 1 + floor or ratio < 1 / (1 + floor),
    )


def usual_noise_floor(earlier: Sequence[Sequence[Control]]) -> float | None:
    """How far the control moves within a session when nothing is wrong; None where too few sessions tell.

    Each session's first control against its last, as a logarithm. A host that did change in some of them
    does not count: the median of their sizes, scaled to a normal's standard deviation, times Student's t
    of 0.37 n degrees of freedom (what n such sizes are worth; Rousseeuw & Croux, JASA 88, 1993).
    """
    moves = [
        abs(math.log(_median("after", session[-1:]) / _median("before", session[:1])))
        for session in earlier
        if len(session) > 1
    ]
    if len(moves) < LEAST_SESSIONS:
        return None
    from scipy.special import stdtrit

    deviation = statistics.median(moves) / _MEDIAN_DEVIATION
    limit = float(stdtrit(_EFFICIENCY * len(moves), (1 + _LEVEL) / 2)) * deviation
    return max(LEAST_NOISE_FLOOR, math.expm1(limit))


def median_interval(samples: Sequence[float]) -> tuple[float, float, float]:
    """The median of samples (seconds) and the bounds of its 99 % interval, whatever their distribution.

    The bounds are the samples of rank k from either end, where at most (1 - level) / 2 of binomials of n and
    one half lie below k (Conover, Practical Nonparametric Statistics, 3rd edition, 1999, section 3.2).
    Infinite where n is too small for any rank, which it is below eight. Raises ValueError for no sample.
    """
    ordered = sorted(samples)
    count, rank, below = len(ordered), 0, 1
    while below / 2**count <= (1 - _LEVEL) / 2:
        rank += 1
        below += math.comb(count, rank)
    low, high = (ordered[rank - 1], ordered[-rank]) if rank else (-math.inf, math.inf)
    return statistics.median(ordered), low, high


@dataclass(frozen=True, kw_only=True, slots=True)
class Drift:
    """Where the control stands against what it usually is: ``ratio`` above 1, the host is slower.

    ``limit``: a ratio beyond it or its reciprocal is a drift. ``sessions`` told it, the newest included.
    """

    ratio: float
    limit: float
    sessions: int

    @property
    def is_beyond(self) -> bool:
        """Whether the host is not what it was."""
        return self.ratio > self.limit or self.ratio < 1 / self.limit


@dataclass(frozen=True, kw_only=True, slots=True)
class NoDrift:
    """Nothing can be said of a drift: too few of the ``sessions`` ran the control."""

    sessions: int


def drift(medians: Sequence[float]) -> Drift | NoDrift:
    """The newest of sessions' control medians (seconds, oldest first) against up to ``EARLIER`` before it.

    The usual level is the median of the logarithms before. The limit is where a new session would lie with
    99 %: Student's t of 0.37 n degrees of freedom times their median deviation, scaled to a normal's
    standard deviation (Rousseeuw & Croux, JASA 88, 1993), times sqrt(1 + pi / 2n), for the level itself
    has an error (of a median: Kenney and Keeping, Mathematics of Statistics, 1962). It is never less than
    ``DEFAULT_NOISE_FLOOR``, and that where fewer than ``LEAST_SESSIONS`` tell a spread.
    """
    logs = [math.log(one) for one in medians[-EARLIER - 1 :] if one > 0]
    earlier = logs[:-1]
    if len(earlier) < LEAST_EARLIER:
        return NoDrift(sessions=len(logs))
    level = statistics.median(earlier)
    return Drift(
        ratio=math.exp(logs[-1] - level),
        limit=max(1 + DEFAULT_NOISE_FLOOR, math.exp(_spread_limit(earlier, level))),
        sessions=len(logs),
    )


def _spread_limit(logs: Sequence[float], level: float) -> float:
    count = len(logs)
    if count < LEAST_SESSIONS:
        return 0.0
    from scipy.special import stdtrit

    deviation = statistics.median(abs(one - level) for one in logs) / _MEDIAN_DEVIATION
    t = float(stdtrit(_EFFICIENCY * count, (1 + _LEVEL) / 2))
    return t * deviation * math.sqrt(1 + math.pi / 2 / count)


def _median(end: str, controls: Sequence[Control]) -> float:
    samples = [sample for control in controls for sample in control.samples]
    if not samples:
        raise ValueError(f"no sample of the control benchmark {end}: there is nothing to compare")
    return statistics.median(samples)
