"""Base and head of a comparison sample by sample: ABBA, in several processes each.

What drifts on the host while two commits are measured one after the other shows as a difference between
them; taken in turn, it hits both. Each round has fresh workers and gives every case one process at either
end, both alive at once. Decides no verdict and no end: the caller looks at what came, and stops asking.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

from groundspeed.measure.sampling import SHARE
from groundspeed.measure.standing_worker import Located, StandingWorker
from groundspeed.measure.taking import Settings, Taken, finished, gone, prepare
from groundspeed.records import Case, Failed, NotRun
from groundspeed.suite.answers import Batch, Gone, LiveLike, WorkerLike


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """What one process at each end gave of a case, taken in turn."""

    case: Case
    base: Taken | NotRun | Failed
    head: Taken | NotRun | Failed


def interleave(
    base: Callable[[], WorkerLike],
    head: Callable[[], WorkerLike],
    cases: Sequence[Case],
    settings: Settings,
    *,
    rounds: int,
) -> Generator[Pair, None, None]:
    """Measure the cases at both ends, in as many rounds, a pair of processes of each case a round.

    ``base`` and ``head`` start a worker of either commit. Close the iterator to stop early; no process
    outlives it. A case that is missing, fails or is skipped at one end says so in its pair, and the other
    end is measured all the same. ``cases`` is read anew for each round: whoever needs no more of one takes
    it out of the list.
    """
    ends = StandingWorker(start=base), StandingWorker(start=head)
    numbers: dict[Case, int] = {}
    try:
        for number in range(rounds):
            order = random.Random(f"{settings.seed}-{number}")  # noqa: S311 -- an order, no secret
            for end in ends:
                end.renew()
            for case in order.sample(cases, len(cases)):
                yield _pair(case, ends, settings, numbers, head_first=order.random() < 0.5)
    finally:
        for end in ends:
            end.close()


@dataclass(kw_only=True, slots=True)
class _End:
    """One end of a pair while it is alive."""

    live: LiveLike
    batches: list[Batch]
    active_s: float
    gone: Gone | None = None

    def sample(self, count: int) -> None:
        batch = self.live.sample(count, 0.0)
        self.active_s += batch.active_s
        if isinstance(batch, Gone):
            self.gone = batch
        else:
            self.batches.append(batch)

    def taken(self) -> Taken:
        if self.gone is not None:
            return gone(self.gone, self.active_s - self.gone.active_s)
        return finished(self.live, self.batches, self.active_s)


def _pair(
    case: Case,
    ends: tuple[StandingWorker, StandingWorker],
    settings: Settings,
    numbers: dict[Case, int],
    *,
    head_first: bool,
) -> Pair:
    """One pair of processes; ``numbers`` are the calls of a sample, equal at both ends, as far as known."""
    base = _begin(ends[0].locate(case.benchmark, case), settings, numbers.get(case, 0))
    if isinstance(base, _End):
        numbers[case] = base.live.ready.number or 0
    head = _begin(ends[1].locate(case.benchmark, case), settings, numbers.get(case, 0))
    alive = [one for one in (base, head) if isinstance(one, _End)]
    if head_first:
        alive.reverse()
    _take_turns(alive)
    return Pair(case=case, base=_result(base), head=_result(head))


def _begin(
    located: Located | NotRun | Failed, settings: Settings, number: int
) -> _End | Taken | NotRun | Failed:
    if not isinstance(located, Located):
        return located
    live = prepare(located, settings, number)
    return (
        gone(live, 0.0)
        if isinstance(live, Gone)
        else _End(live=live, batches=[], active_s=live.ready.active_s)
    )


def _take_turns(alive: list[_End]) -> None:
    """One sample of each in turn, the order reversed each time: AB BA AB BA."""
    for _ in range(max((_turns(one) for one in alive), default=0)):
        for end in alive:
            if end.gone is None:
                end.sample(1)
        alive.reverse()


def _turns(end: _End) -> int:
    """How many samples a process gives: as many as in a run, and two at least: AB BA."""
    ready = end.live.ready
    if ready.number is None:
        return 1
    if ready.repeat is not None:
        return ready.repeat.most
    return max(2, min(SHARE.count, int(SHARE.within_s / max(ready.sample_s, _LEAST_SAMPLE_S))))


_LEAST_SAMPLE_S = 0.002  # what a sample of microseconds costs here: its request, and waking the caches


def _result(end: _End | Taken | NotRun | Failed) -> Taken | NotRun | Failed:
    return end.taken() if isinstance(end, _End) else end
