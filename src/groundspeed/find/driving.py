"""Searches driven side by side until each has its answer, checked, or the budget ends.

Owns the order of events: what stands is measured before anything is built, a build is made together with
those that will probably be wanted next, an answer is checked before it is told. A sample is a pair of
processes, one of them at the old end. Processes, files, clock and screen are passed in.
"""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from groundspeed import units
from groundspeed.find.ahead import ahead
from groundspeed.find.check import MOST_PAIRS, standing
from groundspeed.find.hunt import CHECK, SINGLE, Checking, Hunt, Standing
from groundspeed.find.places import Places
from groundspeed.find.search import Step
from groundspeed.find.strip import strip
from groundspeed.measure.world import Clock, Screen

LEAST_BUILD_COST, MOST_BUILD_COST = 20.0, 200.0
"""Samples that a build is worth, whatever it took: one that is quick has still to be kept, and where one
takes many minutes a search of thousands of samples would be no better."""

AGAIN = 16
"""Samples of either commit after a check refuted them: twice as many as an answer has at least."""

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
            if hunt.standing is Standing.REFUTED:
                hunt.refuted += 1
                self._look_again(hunt)
        return None

    def _check(self, hunt: Hunt) -> None:
        """Measure culprit and parent in turn until that says something, or has gone on for long enough."""
        head = hunt.trail.candidate
        assert head is not None
        one = Checking(base=hunt.trail.before(head), head=head, effect=hunt.trail.effect)
        hunt.checking, hunt.standing = one, standing(hunt, one)
        if hunt.standing is Standing.OPEN:
            for index in (one.base, one.head):
                self._build(hunt, index, beside=False)
            self._show(hunt, f"checking {hunt.span.commits[head].short} against its parent")
            rounds = MOST_PAIRS - min(hunt.checks(one.base), hunt.checks(one.head))
            for _ in self._pairs(hunt, one.base, one.head, CHECK, rounds):
                hunt.standing = standing(hunt, one)
                if hunt.standing is not Standing.OPEN:
                    break
        said = f"{hunt.span.commits[head].short}  {hunt.standing} by {hunt.checks(head)} pairs"
        self.screen.note(f"{said} of processes: {hunt.text}")

    def _look_again(self, hunt: Hunt) -> None:
        """More samples of both commits of an answer that was refuted."""
        assert hunt.checking is not None
        for index in (hunt.checking.base, hunt.checking.head):
            self._sample(hunt, Step(commit=index, count=AGAIN, why="refuted by a check"))

    def _sample(self, hunt: Hunt, step: Step) -> None:
        """The processes of a step, each beside one of the old end; alone where the question is their fate."""
        self._show(hunt, f"measuring {hunt.span.commits[step.commit].short}")
        if hunt.is_fate:
            commit = hunt.span.commits[step.commit].hash
            for _ in range(step.count):
                hunt.note(self.sitting + SINGLE, self.places.process(commit, hunt.asked.case))
            return
        for _ in self._pairs(hunt, 0, step.commit, "", step.count):
            if hunt.trail.is_lost(step.commit):
                break

    def _pairs(self, hunt: Hunt, base: int, head: int, purpose: str, rounds: int) -> Iterator[None]:
        """Pairs of processes of two commits, each written down and taken in, until time is over."""
        commits = hunt.span.commits[base].hash, hunt.span.commits[head].hash
        with contextlib.closing(self.places.pairs(*commits, hunt.asked.case, rounds)) as pairs:
            for pair in pairs:
                for run in pair:
                    hunt.note(self.sitting + purpose, run)
                yield
                if self.out_of_time or hunt.fault:
                    return

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
        cost = statistics.median(builds) / max(2 * statistics.median(runs), 1e-3)  # a sample takes two
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
        runs, builds = units.counted(len(hunt.runs), "process"), units.counted(len(hunt.builds), "build")
        self.screen.doing(f"{picture}{left} left  {runs}, {builds}  {text}")
