"""Searches driven side by side until each has its answer, checked, or the budget ends.

Owns the order of events: what stands is measured before anything is built, a build is made together with
those that will probably be wanted next, a sample is taken beside one of a neighbour, an answer is checked
before it is told. Processes, files, clock and screen are passed in.
"""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from groundspeed import units
from groundspeed.find.ahead import ahead
from groundspeed.find.check import MOST_PAIRS, standing
from groundspeed.find.hunt import CHECK, Checking, Hunt, Standing
from groundspeed.find.places import Places
from groundspeed.find.search import Step
from groundspeed.find.strip import strip
from groundspeed.measure.world import Clock, Screen
from groundspeed.records import Run

LEAST_BUILD_COST, MOST_BUILD_COST = 10.0, 200.0
"""Processes that a build is worth, whatever it took: one that a cache gives at once has still to be kept,
and where one takes many minutes a search of a thousand processes would be no better."""

CERTAIN = 0.9
"""That something changed, before commits are built ahead: while it is asked whether the ends differ, nobody
knows where."""

MOST_REFUTED = 2
"""Answers that a check may refute: after that the host, or the case, is not what the model takes it for."""


@dataclass(kw_only=True, slots=True)
class Drive:
    """Some searches in one environment, until ``ends_at`` of the clock; ``at_once`` builds run at a time."""

    places: Places
    hunts: Sequence[Hunt]
    sitting: str
    screen: Screen
    clock: Clock
    ends_at: float
    at_once: int

    def run(self) -> None:
        """Measure until nothing is open. Raises as ``Hunt.note``."""
        while not self.out_of_time:
            steps = [(hunt, step) for hunt in self.hunts if (step := self._next(hunt)) is not None]
            if not steps:
                return
            hunt, step = min(steps, key=lambda one: not self._stands(one[0], one[1].commit))
            self._tell(hunt, step)
            if self._build(hunt, step.commit):
                self._sample(hunt, step)

    @property
    def out_of_time(self) -> bool:
        """Whether the budget is spent."""
        return self.clock.monotonic() >= self.ends_at

    # --- one search ---------------------------------------------------------------------------------

    def _next(self, hunt: Hunt) -> Step | None:
        """What a search measures next; an answer that it has is checked at once."""
        while not self.out_of_time and not hunt.fault:
            step = hunt.trail.plan(self._build_cost(hunt))
            if step is not None or hunt.standing is Standing.CONFIRMED:
                return step
            if hunt.trail.candidate is None or hunt.refuted >= MOST_REFUTED:
                return None
            self._check(hunt)
            if hunt.standing is Standing.OPEN:
                return None
            hunt.refuted += hunt.standing is Standing.REFUTED
        return None

    def _check(self, hunt: Hunt) -> None:
        """Measure culprit and parent in turn until that says something, or has gone on for long enough."""
        head = hunt.trail.candidate
        assert head is not None
        one = Checking(base=hunt.trail.before(head), head=head, effect=hunt.trail.effect)
        hunt.checking, hunt.standing = one, standing(hunt, one)
        if hunt.standing is Standing.OPEN:
            with contextlib.closing(self._pairs(hunt, one)) as pairs:
                for pair in pairs:
                    for run in pair:
                        hunt.note(self.sitting + CHECK, run)
                    hunt.standing = standing(hunt, one)
                    if hunt.standing is not Standing.OPEN or self.out_of_time:
                        break
        said = f"{hunt.span.commits[head].short}  {hunt.standing} by {hunt.checks(head)} pairs"
        self.screen.note(f"{said} of processes: {hunt.text}")

    def _pairs(self, hunt: Hunt, one: Checking) -> Generator[tuple[Run, Run], None, None]:
        """As many as a check may take."""
        for index in (one.base, one.head):
            self._build(hunt, index, beside=False)
        self._show(hunt, f"checking {hunt.span.commits[one.head].short} against its parent")
        commits = hunt.span.commits[one.base].hash, hunt.span.commits[one.head].hash
        rounds = MOST_PAIRS - min(hunt.checks(one.base), hunt.checks(one.head))
        yield from self.places.pairs(*commits, hunt.asked.case, rounds)

    def _sample(self, hunt: Hunt, step: Step) -> None:
        """The processes of a step, each beside one of a neighbour."""
        for turn in range(step.count):
            self._take(hunt, step.commit)
            if self.out_of_time or hunt.trail.is_lost(step.commit):
                return
            partner = hunt.trail.partner(step.commit, turn, lambda index: self._stands(hunt, index))
            if partner is not None:
                self._take(hunt, partner)

    def _take(self, hunt: Hunt, index: int) -> None:
        self._show(hunt, f"measuring {hunt.span.commits[index].short}")
        commit = hunt.span.commits[index].hash
        hunt.note(self.sitting, self.places.process(commit, hunt.asked.case))

    # --- builds -------------------------------------------------------------------------------------

    def _build(self, hunt: Hunt, index: int, *, beside: bool = True) -> bool:
        """Have a commit built, and those that are probably asked for next; whether it stands."""
        if self._stands(hunt, index):
            return True
        wanted = [index, *(self._beside(hunt, index) if beside else ())]
        self._show(hunt, f"building {', '.join(hunt.span.commits[at].short for at in wanted)}")
        for build in self.places.build([hunt.span.commits[at].hash for at in wanted]):
            self.screen.built(build)
            for one in self.hunts:
                if one.span.index_of(build.commit) is not None:
                    one.note(self.sitting, build)
        return self._stands(hunt, index)

    def _beside(self, hunt: Hunt, index: int) -> tuple[int, ...]:
        found = hunt.trail.probabilities
        if found is None or float(found.sum()) < CERTAIN:
            return ()
        return ahead(found, index, hunt.trail.known, self.at_once - 1)

    def _stands(self, hunt: Hunt, index: int) -> bool:
        return self.places.stands(hunt.span.commits[index].hash)

    def _build_cost(self, hunt: Hunt) -> float:
        """A build in processes of this case, as far as is known."""
        builds = [one.duration_s for one in hunt.builds.values() if one.failure is None]
        runs = [one for end in hunt.trail.ends for one in hunt.seconds(end)]
        if not builds or not runs:
            return LEAST_BUILD_COST
        cost = statistics.median(builds) / max(statistics.median(runs), 1e-3)
        return min(max(cost, LEAST_BUILD_COST), MOST_BUILD_COST)

    # --- who watches --------------------------------------------------------------------------------

    def _tell(self, hunt: Hunt, step: Step) -> None:
        """Each choice in a line."""
        commit, last = hunt.span.commits[step.commit], len(hunt.span.commits) - 1
        count = f"{step.count} more" if hunt.seconds(step.commit) else f"{step.count}"
        case = f"{hunt.text}  " if len(self.hunts) > 1 else ""
        self.screen.note(f"{commit.short}  {case}{step.commit} of 0 to {last}, {count}: {step.why}")

    def _show(self, hunt: Hunt, text: str) -> None:
        """The range, how probable each part of it is, and how long it may go on."""
        left = units.display_duration(max(self.ends_at - self.clock.monotonic(), 0.0))
        found = hunt.trail.probabilities
        picture = "" if found is None else f"{strip(found, hunt.trail.known)}  "
        self.screen.doing(
            f"{picture}{left} left  {len(hunt.runs)} samples, {len(hunt.builds)} builds  {text}"
        )
