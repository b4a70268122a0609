"""When a case has been sampled enough. Pure: what was seen goes in, a decision comes out.

A case gets one process a round. After each it is asked whether its median is known as well as wanted;
what the spread between processes usually is, is learned from all cases of the session.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from groundspeed.measure.plan import PlannedCase
from groundspeed.records import Case, Measured, Sampling, Stop
from groundspeed.stats.precision import Prior, Spread, half_width, learn, spread

CASE_BUDGET_S = 2.0
"""Active seconds of a case at a commit, where nobody says otherwise."""

LEVEL = 0.68
"""Of the interval whose half is held against the precision asked for: one standard error to either side,
and what Student adds for few processes. A verdict has an interval of its own, and asks for more in doubt."""

LEAST_PROCESSES = 2  # asv's default of ``rounds``: one process bounds nothing

# What one process gives. asv takes five samples of 10 ms after 100 ms of warm-up in each of two processes;
# ten of 2 ms after 10 ms cost a fifth of that. What is saved is there for more processes, which tell more.
_SAMPLING_S = 0.02
_MOST_SAMPLES = 64  # where set-up leaves single short calls: a median of more is not known better
_LEAST_SAMPLES = 2  # of a slow case, as long as an eighth of its budget allows
_PROCESSES = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """What one process of a case is asked for: at most ``count`` samples, begun within the seconds."""

    count: int
    within_s: float


def share(sampling: Sampling, sample_s: float) -> Share:
    """What a process is asked for where the suite states nothing; a sample takes ``sample_s`` seconds."""
    slow_s = min((_LEAST_SAMPLES - 0.5) * sample_s, sampling.case_budget_s / _PROCESSES)
    return Share(count=_MOST_SAMPLES, within_s=max(_SAMPLING_S, slow_s))


@dataclass(kw_only=True, slots=True)
class Seen:
    """What a case has given at a commit: the samples of each process, and what it cost this session."""

    processes: list[Sequence[float]]
    runs: int = 0
    active_s: float = 0.0


@dataclass(kw_only=True, slots=True)
class Evidence:
    """What a session has learned: the spread between the processes of every case that was sampled, and
    how many calls make a sample of it.
    """

    _spreads: dict[Hashable, Spread] = field(default_factory=dict)
    _numbers: dict[Case, int] = field(default_factory=dict)
    _prior: Prior | None = None

    def add(self, key: Hashable, seen: Seen) -> None:
        """Take in what a case shows by now."""
        found = spread(seen.processes)
        if found is not None:
            self._spreads[key] = found
            self._prior = None

    def count(self, case: Case, measured: Measured) -> None:
        """Remember how many calls a sample of the case took, whatever the commit."""
        if measured.number is not None:
            self._numbers[case] = measured.number

    def number(self, case: Case) -> int:
        """How many calls make a sample of the case; 0 while nobody knows."""
        return self._numbers.get(case, 0)

    def prior(self) -> Prior:
        """What it comes to."""
        if self._prior is None:
            self._prior = learn(list(self._spreads.values()))
        return self._prior


def stop_reason(planned: PlannedCase, seen: Seen, sampling: Sampling, evidence: Evidence) -> Stop | None:
    """Why the case needs no further process; None when it does."""
    if not planned.adaptive:
        return Stop.STATED if seen.runs >= planned.runs else None
    if len(seen.processes) < LEAST_PROCESSES:
        return None
    if half_width(seen.processes, evidence.prior(), LEVEL) <= sampling.precision:
        return Stop.PRECISION
    return Stop.BUDGET if seen.active_s >= sampling.case_budget_s else None
