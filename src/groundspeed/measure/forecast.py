"""How long a plan will take: what earlier runs took, else what this one has shown so far. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from groundspeed.measure.plan import Plan
from groundspeed.records import Case, Run

# Nothing is known yet: asv's default of a timed benchmark is 0.1 s of warm-up and 10 samples of
# 10 ms, half of them a round; an environment from a warm cache takes a second or two.
GUESSED_RUN_S = 0.4
GUESSED_BUILD_S = 4.0


class Forecast:
    """Seconds still to go, learning from each build and run as it ends.

    Asked before every run, so each answer and each lesson costs the same however long the plan is:
    open runs are counted by step and case, and their known seconds are kept as a sum.
    """

    def __init__(self, plan: Plan, runs_s: Mapping[Case, float], build_s: float | None) -> None:
        self._steps = {
            (step.commit.hash, step.environment.name): {one.case: one.runs for one in step.cases}
            for step in plan.steps
        }
        self._open: Counter[Case] = Counter()  # by case, over all steps
        for cases in self._steps.values():
            self._open.update(cases)
        self._runs_s = {case: seconds for case, seconds in runs_s.items() if case in self._open}
        self._open_runs = self._open.total()
        self._known_runs = sum(self._open[case] for case in self._runs_s)
        self._known_s = sum(seconds * self._open[case] for case, seconds in self._runs_s.items())
        self._open_builds = len(plan.steps)
        self._runs, self._builds = _Mean(GUESSED_RUN_S), _Mean(GUESSED_BUILD_S)
        if build_s is not None:
            self._builds.add(build_s)

    @property
    def left_s(self) -> float:
        """Seconds to the end, as far as one can tell."""
        unknown = self._open_runs - self._known_runs
        return self._open_builds * self._builds.value + unknown * self._runs.value + max(0.0, self._known_s)

    @property
    def open_runs(self) -> int:
        """Runs still to do."""
        return self._open_runs

    def built(self, duration_s: float) -> None:
        """A commit's environment is there."""
        self._open_builds = max(0, self._open_builds - 1)
        self._builds.add(duration_s)

    def ran(self, run: Run) -> None:
        """One run ended: that is how long the case takes."""
        left = self._steps[run.commit, run.environment][run.case]
        self._close(
            run.commit, run.environment, run.case, min(1, left)
        )  # a noisy case takes more than guessed
        still_open = self._open[run.case]
        known_s = self._runs_s.get(run.case)
        self._known_s += (run.duration_s - (known_s or 0.0)) * still_open
        self._known_runs += still_open if known_s is None else 0
        self._runs_s[run.case] = run.duration_s
        self._runs.add(run.duration_s)

    def dropped(self, commit: str, environment: str, case: Case | None = None) -> None:
        """A case is not tried again at this step; without a case: nothing is left of the step."""
        left = self._steps[commit, environment]
        for one in [case] if case else list(left):
            self._close(commit, environment, one, left[one])

    def _close(self, commit: str, environment: str, case: Case, runs: int) -> None:
        self._steps[commit, environment][case] -= runs
        self._open[case] -= runs
        self._open_runs -= runs
        if case in self._runs_s:
            self._known_runs -= runs
            self._known_s -= self._runs_s[case] * runs


class _Mean:
    """The mean of what was seen, a guess before that."""

    def __init__(self, guess: float) -> None:
        self._guess, self._total, self._count = guess, 0.0, 0

    def add(self, value: float) -> None:
        self._total += value
        self._count += 1

    @property
    def value(self) -> float:
        return self._total / self._count if self._count else self._guess
