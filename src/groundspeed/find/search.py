"""Which sample to take next, and when to stop. Owns the strategy; measures and builds nothing.

A search is what was recorded and nothing else: give the same samples to a new one, in any order, and it goes
on where the other was. First the two ends are compared, with more builds beside them as long as the noise of
builds could explain what is seen. Then the sample is taken that tells most about where the change is for what
it costs. A commit that does not build is neither good nor bad: nothing is known of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

import numpy as np

from groundspeed.find.information import information
from groundspeed.find.posterior import Direction, Floats, Ints, Posterior, grouped, posterior, sample_variance

FLAT = 0.5  # the probability of "nothing changed" before anything is known
_FIRST = 8  # samples of each end, before anything is asked: enough to know the noise of one
_SURE = 8  # samples that the answer and the commit before it have at least
_BATCHES: Ints = np.array([3, 4, 8, 16, 32, 64], dtype=np.intp)  # of one: two could not outvote an outlier
_MOST = 512  # samples of one build: what its build adds to all of them does not go away with more
_CALIBRATION = 5  # the model is not the world: a commit is named at a fifth of the doubt that was allowed
_NOTHING = 0.01  # of a variance: what lowers it by less is not worth asking, and no more builds are there
_WORTH = (
    0.002  # bits: what tells less, of all that could be asked, is not asked: such a search goes in circles
)
_OPEN = 0.02  # a probability of "flat" above this is settled before the change is looked for


class Kind(StrEnum):
    """What a search came to."""

    CHANGE = "change"
    FLAT = "flat"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What is answered and how probable it is. ``first_changed`` is the first commit of the new level that
    builds, None unless ``kind`` is a change; ``unbuildable`` before it may have been the ones."""

    kind: Kind
    probability: float
    first_changed: int | None = None
    unbuildable: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """So many samples of one commit to take next, and why, in a line."""

    commit: int
    count: int
    why: str


class Search:
    """Looks for the first commit that differs, of ``commits`` numbered from 0 (the old end) on.

    A commit's first sample costs ``build_cost`` samples more, unless ``built`` was told of it.
    """

    most_cost: ClassVar[float] = 200.0  # builds' worth: what is not decided then is inconclusive

    def __init__(
        self,
        commits: int,
        build_cost: float,
        *,
        confidence: float = 0.95,
        direction: Direction = Direction.ANY,
        prior: Sequence[float] | Floats | None = None,
    ) -> None:
        """``prior[k]``, where given, weighs commit k as the first changed one; ``prior[0]`` is not looked at.

        Raises ``ValueError`` for fewer than two commits, a confidence that is none, or weights that do not
        fit.
        """
        if commits < 2:
            raise ValueError(f"a search needs two commits at least, not {commits}")
        if not 0.5 <= confidence < 1:
            raise ValueError(f"confidence must be from 0.5 to below 1, not {confidence}")
        self.commits = commits
        self._build_cost = build_cost
        self._confidence = confidence
        self._direction = direction
        self._prior = _weights(commits, prior)
        self._samples: dict[tuple[int, str], list[float]] = {}
        self._broken: set[int] = set()
        self._built: set[int] = set()
        self._queue: list[int] = []
        self._answer: Answer | None = None
        self._belief: Posterior | None = None
        self.why = ""

    # --- what is told -------------------------------------------------------------------------------

    def record(self, index: int, seconds: float | None, session: str = "") -> None:
        """One sample of a commit; None where it does not build. Samples of one commit in two sessions have an
        offset each. Raises ``ValueError`` for a commit that is none, or a value that is not above 0."""
        if not 0 <= index < self.commits:
            raise ValueError(f"there is no commit {index} of {self.commits}")
        if seconds is None:
            self._broken.add(index)
            self._queue = [one for one in self._queue if one != index]
        elif seconds > 0 and math.isfinite(seconds):
            self._samples.setdefault((index, session), []).append(math.log(seconds))
            self._built.add(index)
        else:
            raise ValueError(f"a sample must be above 0, not {seconds}")
        self._answer = self._belief = None

    def built(self, index: int) -> None:
        """That a commit is built already: its first sample costs no more than any other."""
        self._built.add(index)

    # --- what is believed ---------------------------------------------------------------------------

    @property
    def belief(self) -> Posterior:
        """What the samples say so far; what was believed before, where there are none of two builds."""
        if self._belief is None:
            keys = sorted(self._samples)
            if len(keys) < 2:
                flat = 1 - float(self._prior.sum())
                return Posterior(flat=flat, changed=self._prior, effect=0.0, build_sd=0.0)
            groups = grouped([commit for commit, _ in keys], [self._samples[key] for key in keys])
            self._sample_sd = groups.sample_sd
            self._belief = posterior(groups, self._prior, self._direction)
        return self._belief

    @property
    def probabilities(self) -> Floats:
        """That each commit is the answer: what belongs to one that does not build is the next one's that
        may. The last commit builds, or nothing can be said; what is left of 1 is "flat"."""
        found = self.belief.changed.copy()
        for index in sorted(self._broken):
            if index + 1 < self.commits:
                found[index + 1] += found[index]
                found[index] = 0.0
        return found

    def answer(self) -> Answer:
        """What can be said now."""
        return self._answer or self._judge() or Answer(kind=Kind.INCONCLUSIVE, probability=self._leading()[1])

    # --- what comes next ----------------------------------------------------------------------------

    def propose(self) -> int | None:
        """The commit to take one sample of next; None when nothing is left to ask."""
        if not self._queue:
            step = self.plan()
            if step is None:
                return None
            self._queue = [step.commit] * step.count
        return self._queue.pop()

    def plan(self) -> Step | None:
        """What to measure next; None when the answer is known, or cannot be had."""
        step = self._next()
        self.why = step.why if step else ""
        return step

    def _next(self) -> Step | None:
        for end in (0, self.commits - 1):
            if end in self._broken:
                return None
            if (missing := _FIRST - self._count(end)) > 0:
                return Step(commit=end, count=missing, why="how much the two ends differ")
        self._answer = self._judge()
        if self._answer is not None:
            return self._confirming(self._answer)
        if self._cost() > self.most_cost * max(self._build_cost, 1.0):
            return None
        return self._beside_an_end() if self.belief.flat > _OPEN else self._within()

    def _judge(self) -> Answer | None:
        best, probability = self._leading()
        if self.belief.flat >= self._confidence:
            return Answer(kind=Kind.FLAT, probability=self.belief.flat)
        if 1 - probability > (1 - self._confidence) / _CALIBRATION:
            return None
        before = range(best - 1, 0, -1)
        unbuildable = tuple(index for index in before[: best - 1 - self._last_before(best)])
        return Answer(
            kind=Kind.CHANGE, probability=probability, first_changed=best, unbuildable=unbuildable[::-1]
        )

    def _confirming(self, answer: Answer) -> Step | None:
        """A culprit and the commit before it are measured often enough to be told from outliers."""
        if answer.first_changed is None:
            return None
        for index in (answer.first_changed, self._last_before(answer.first_changed)):
            if (missing := _SURE - self._count(index)) > 0:
                self._answer = None
                return Step(commit=index, count=missing, why=f"whether {index} is as it was seen")
        return None

    def _beside_an_end(self) -> Step | None:
        """Lower the variance of the end that is known less well, by another build beside it or by more
        samples of one that is there, whichever does it for less."""
        known = np.cumsum(self.probabilities)
        is_late = known >= 0.5 * known[-1]
        sides = [[index for index in self._measured() if is_late[index] == late] for late in (False, True)]
        side = max(sides, key=self._variance)
        late = side is sides[1]
        variance, options = self._variance(side), []
        for index in side:
            if (count := self._count(index)) < _MOST:
                rest = variance - self._with(variance, self._one(count), self._one(2 * count))
                options.append((rest / count, index, count))
        outwards = range(self.commits - 1, -1, -1) if late else range(self.commits)
        fresh = next(
            (index for index in outwards if index not in self._broken and not self._count(index)), None
        )
        if fresh is not None:
            for count in map(int, _BATCHES):
                rest = variance - self._with(variance, math.inf, self._one(count))
                options.append((rest / (count + self._build(fresh)), fresh, count))
        gain, commit, count = max(options, default=(0.0, 0, 0))
        if gain * (count + self._build(commit)) < _NOTHING * variance:
            return None
        why = f"whether the ends differ: nothing changed with {self.belief.flat:.0%}"
        return Step(commit=commit, count=count, why=why)

    def _within(self) -> Step | None:
        """The most information about whether the change is at a commit or before it, for its cost; None where
        nothing tells anything, as where the level changes at several commits."""
        found = self.probabilities
        is_before = np.clip(np.cumsum(found) / found.sum(), 0.0, 1.0)
        buildable = np.array([index for index in range(self.commits) if index not in self._broken])
        counts = np.array([self._count(int(index)) for index in buildable], dtype=np.intp)
        build = np.array([self._build(int(index)) for index in buildable])
        apart = self._separations(counts)
        gained = information(is_before[buildable][:, None], apart)
        if float(gained.max()) < _WORTH:
            return None
        rate = gained / (_BATCHES + build[:, None])
        row, column = divmod(int(rate.argmax()), len(_BATCHES))
        commit = int(buildable[row])
        why = (
            f"the change is at {commit} or before it with {is_before[commit]:.0%}: "
            f"{gained[row, column]:.2f} bits for {_BATCHES[column]} samples"
            f"{' and a build' if build[row] else ''}"
        )
        return Step(commit=commit, count=int(_BATCHES[column]), why=why)

    def _separations(self, counts: Ints) -> Floats:
        """How many standard deviations the effect is, in further samples of commits that have ``counts``:
        (N,) to (N, batches). What is known of a build's offset already, its level being either, is taken off
        both."""
        of_build = self.belief.build_sd**2
        own = np.where(counts > 0, sample_variance(self._sample_sd, np.maximum(counts, 1)), math.inf)
        explained = of_build / (of_build + own)
        left = of_build * (1 - explained)
        levels = of_build / max(len(self._samples), 1)  # the two levels are known no better than that
        noise = left[:, None] + sample_variance(self._sample_sd, _BATCHES) + levels
        return np.asarray(abs(self.belief.effect) * (1 - explained[:, None]) / np.sqrt(noise), np.float64)

    # --- small questions ----------------------------------------------------------------------------

    def _leading(self) -> tuple[int, float]:
        found = self.probabilities
        best = int(found.argmax())
        return best, float(found[best])

    def _last_before(self, index: int) -> int:
        return next(before for before in reversed(range(index)) if before not in self._broken)

    def _measured(self) -> list[int]:
        return sorted({commit for commit, _ in self._samples})

    def _count(self, index: int) -> int:
        return sum(len(values) for (commit, _), values in self._samples.items() if commit == index)

    def _cost(self) -> float:
        samples = sum(map(len, self._samples.values()))
        return samples + self._build_cost * (len(self._measured()) + len(self._broken))

    def _build(self, index: int) -> float:
        return 0.0 if index in self._built else self._build_cost

    def _one(self, count: int) -> float:
        variance = sample_variance(self._sample_sd, np.array([count]))
        return self.belief.build_sd**2 + float(variance[0])

    def _variance(self, side: Sequence[int]) -> float:
        weight = sum(1 / self._one(self._count(index)) for index in side)
        return 1 / weight if weight else math.inf

    @staticmethod
    def _with(variance: float, before: float, after: float) -> float:
        """The variance of a weighted mean once one of its parts has another one."""
        return 1 / (1 / variance - 1 / before + 1 / after)


def _weights(commits: int, prior: Sequence[float] | Floats | None) -> Floats:
    """The probability of each commit to be the first changed one, (1 - FLAT) together."""
    weights = np.ones(commits) if prior is None else np.array(prior, dtype=np.float64)
    if weights.shape != (commits,) or not np.isfinite(weights).all() or (weights < 0).any():
        raise ValueError(f"a prior needs {commits} weights from 0")
    weights[0] = 0.0
    if not weights.any():
        raise ValueError("a prior needs a weight above 0")
    return np.asarray((1 - FLAT) * weights / weights.sum(), dtype=np.float64)
