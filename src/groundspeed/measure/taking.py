"""One process of a case: prepared, sampled, finished. Knows the worker protocol's order, decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from groundspeed.measure.sampling import SHARE, Share
from groundspeed.measure.standing_worker import Located
from groundspeed.records import (
    Case,
    Failed,
    FailureKind,
    Measured,
    NotRun,
    Outcome,
    Reading,
    Run,
    Sampling,
    Skipped,
    Stop,
)
from groundspeed.results.further import metric_fault
from groundspeed.suite.answers import Batch, Gone, LiveLike, Preparation, Ready


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What one process of a case gave. ``active_s`` is what it spent, ``sampling_s`` of it on samples."""

    outcome: Measured | Failed | Skipped
    metrics: tuple[Reading, ...]
    check: str | None
    active_s: float
    sampling_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """How cases are run; ``timeout_s`` is for benchmarks that name none, ``seed`` decides every order."""

    quick: bool
    timeout_s: float
    seed: int
    sampling: Sampling


def prepare(located: Located, settings: Settings, number: int) -> LiveLike | Gone:
    """Set a case up in a process of its own. ``number`` calls made a sample in the last one, or 0."""
    timeout_s = located.benchmark.timeout_s or settings.timeout_s
    how = Preparation(quick=settings.quick, timeout_s=timeout_s, number=number)
    return located.worker.prepare(located.benchmark, located.index, how)


def take(located: Located, settings: Settings, number: int, share: Share = SHARE) -> Taken:
    """Run a case once: as many samples as the suite states, else its share.

    ``number`` calls made a sample in an earlier process of the case, at any commit; 0 for the first.
    """
    live = prepare(located, settings, number)
    if isinstance(live, Gone):
        return gone(live, 0.0)
    active_s, batches = live.ready.active_s, []
    timeout_s = located.benchmark.timeout_s or settings.timeout_s
    for wanted in _wanted(live.ready, share, timeout_s):
        batch = live.sample(wanted.count, wanted.within_s)
        active_s += batch.active_s
        if isinstance(batch, Gone):
            return gone(batch, active_s - batch.active_s)
        batches.append(batch)
    return finished(live, batches, active_s)


def _wanted(ready: Ready, share: Share, timeout_s: float) -> list[Share]:
    """What to ask of a case that is warm. A benchmark that gives a value is asked for it once."""
    if ready.number is None:
        return [Share(count=1, within_s=0.0)]
    if ready.repeat is None:
        return [share]
    repeat = ready.repeat
    asked = [
        Share(count=repeat.least, within_s=timeout_s),  # asv takes these however long they last
        Share(count=repeat.most - repeat.least, within_s=repeat.within_s),
    ]
    return [one for one in asked if one.count > 0]


def finished(live: LiveLike, batches: Sequence[Batch], active_s: float) -> Taken:
    """Tear a case down; what its batches (one at least) come to."""
    ended = live.finish()
    if isinstance(ended, Gone):  # a teardown that fails is the case's failure, as in asv
        return gone(ended, active_s)
    metrics = tuple(reading for batch in batches for reading in batch.metrics)
    fault = next((fault for one in metrics if (fault := metric_fault(one.metric)) is not None), None)
    if fault is not None:
        return gone(Gone(outcome=Failed(kind=FailureKind.NO_VALUE, text=fault), active_s=0.0), active_s)
    samples = tuple(one for batch in batches for one in batch.measured.samples)
    checks = [live.ready.check, *(batch.check for batch in batches)]
    return Taken(
        outcome=Measured(samples=samples, number=batches[-1].measured.number),
        metrics=metrics,
        check=next((one for one in checks if one is not None), None),
        active_s=active_s + ended.active_s,
        sampling_s=sum(batch.active_s for batch in batches),
    )


def gone(end: Gone, before_s: float) -> Taken:
    """What a case comes to that ended by itself, after as many active seconds."""
    return Taken(
        outcome=end.outcome, metrics=(), check=None, active_s=before_s + end.active_s, sampling_s=0.0
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Spot:
    """Which code a process ran: the benchmark's version, the commit (hash), the environment's name."""

    version: str
    commit: str
    environment: str


def run_of(case: Case, spot: Spot, taken: Taken | NotRun | Failed, started_at: datetime) -> Run:
    """The record of one process of those that are taken until something is decided: how many are wanted,
    it cannot say.
    """
    whole = taken if isinstance(taken, Taken) else None
    outcome: Outcome = taken if isinstance(taken, NotRun | Failed) else taken.outcome
    return Run(
        case=case,
        version=spot.version,
        commit=spot.commit,
        environment=spot.environment,
        outcome=outcome,
        metrics=whole.metrics if whole else (),
        check=whole.check if whole else None,
        stop=None if isinstance(outcome, Measured) else Stop.ENDED,
        quick=False,
        started_at=started_at,
        duration_s=whole.active_s if whole else 0.0,
    )
