"""How long a plan will take: what earlier runs took, else what this one has shown so far. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean

from groundspeed.measure.plan import Plan
from groundspeed.records import Case

# Nothing is known yet: asv's default of a timed benchmark is 0.1 s of warm-up and 10 samples of
# 10 ms, half of them a round; an environment from a warm cache takes a second or two.
GUESSED_RUN_S = 0.4
GUESSED_BUILD_S = 4.0


class Forecast:
    """Seconds still to go, learning from each build and run as it ends."""

    def __init__(self, plan: Plan, runs_s: Mapping[Case, float], build_s: float | None) -> None:
        self._runs_s = dict(runs_s)
        self._seen_runs: list[float] = []
        self._builds = [build_s] if build_s is not None else []
        self._open = [
            (step.commit.hash, planned.case)
            for step in plan.steps
            for planned in step.cases
            for _ in range(planned.runs)
        ]
        self._open_builds = len(plan.steps)

    @property
    def left_s(self) -> float:
        """Seconds to the end, as far as one can tell."""
        typical = fmean(self._seen_runs) if self._seen_runs else GUESSED_RUN_S
        builds = self._open_builds * (fmean(self._builds) if self._builds else GUESSED_BUILD_S)
        return builds + sum(self._runs_s.get(case, typical) for _, case in self._open)

    @property
    def open_runs(self) -> int:
        """Runs still to do."""
        return len(self._open)

    def built(self, duration_s: float) -> None:
        """A commit's environment is there."""
        self._open_builds = max(0, self._open_builds - 1)
        self._builds.append(duration_s)

    def ran(self, commit: str, case: Case, duration_s: float) -> None:
        """One run ended."""
        self._seen_runs.append(duration_s)
        self._runs_s[case] = duration_s
        self._drop(commit, case, once=True)

    def dropped(self, commit: str, case: Case | None = None) -> None:
        """A case failed and is not tried again at the commit; without a case: nothing is left there."""
        self._drop(commit, case, once=False)

    def _drop(self, commit: str, case: Case | None, *, once: bool) -> None:
        gone = [at for at, (hash_, one) in enumerate(self._open) if hash_ == commit and case in (None, one)]
        for at in reversed(gone[:1] if once else gone):
            del self._open[at]
