"""When a case has been sampled enough. Pure: what was seen goes in, a decision comes out.

A case gets one process a round. After each it is asked whether its median is known as well as wanted;
what the spread between processes usually is, is learned from all cases of the session.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from groundspeed.measure.plan import PlannedCase
from groundspeed.records import Case, Measured, Sampling, Stop
from groundspeed.stats.precision import Prior, Spread, best_count, learn, spread, standard_error

LEAST_PROCESSES = 2  # asv's default of ``rounds``: one process bounds nothing


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """What one process of a case is asked for: at most ``count`` samples, begun within the seconds."""

    count: int
    within_s: float


# asv takes five samples of 10 ms after 100 ms of warm-up, in each of two processes. Between processes medians
# differ by 1 %, samples of 2 ms inside one by 1.4 %, and a process costs 20 ms before it gives any: six of
# them are then the best use of time (``best_count``).
SHARE = Share(count=64, within_s=0.012)
"""What the first process of a case is asked for: one sample at least of a slow one, and no more single short
calls (where each has its set-up) than a median gains from."""

_PROCESSES = 16  # that the budget of a case is to allow


@dataclass(kw_only=True, slots=True)
class Seen:
    """What a case has given at a commit: the samples of each process, and what they cost this session.

    ``runs`` and ``samples`` count this session's; ``sampling_s`` is the part of ``spent_s`` that went
    into samples.
    """

    processes: list[Sequence[float]]
    runs: int = 0
    samples: int = 0
    spent_s: float = 0.0
    sampling_s: float = 0.0


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


def share(seen: Seen, sampling: Sampling, evidence: Evidence) -> Share:
    """What the next process of a case is asked for: more than the first where its samples scatter, or where
    each costs a long set-up, and less than would leave the budget to few processes.
    """
    if not seen.samples:
        return SHARE
    sample_s = seen.sampling_s / seen.samples
    process_s = (seen.spent_s - seen.sampling_s) / seen.runs
    count = best_count(seen.processes, evidence.prior(), process_s, sample_s)
    within_s = min((count - 0.5) * sample_s, sampling.case_budget_s / _PROCESSES)
    return Share(count=SHARE.count, within_s=max(SHARE.within_s, within_s))


def stop_reason(planned: PlannedCase, seen: Seen, sampling: Sampling, evidence: Evidence) -> Stop | None:
    """Why the case needs no further process; None when it does."""
    if not planned.adaptive:
        return Stop.STATED if seen.runs >= planned.runs else None
    if len(seen.processes) < LEAST_PROCESSES:
        return None
    error = standard_error(seen.processes, evidence.prior())
    if error <= sampling.precision:
        return Stop.PRECISION
    if seen.spent_s >= sampling.case_budget_s:
        return Stop.BUDGET
    return Stop.TOO_NOISY if _is_futile(error, seen, sampling) else None


def _is_futile(error: float, seen: Seen, sampling: Sampling) -> bool:
    """Whether the budget would be spent without reaching the precision: errors shrink with the root of the
    processes, so that the cost grows with the square of what is missing. Two processes cannot tell.
    """
    if len(seen.processes) <= LEAST_PROCESSES:
        return False
    return seen.spent_s * (error / sampling.precision) ** 2 > sampling.case_budget_s
