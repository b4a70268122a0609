"""The environments of the commits of a search, and one process of a case in one of them.

Owns that a commit is built once, whoever asks, and that it is tried again by nobody. Decides nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from groundspeed.measure.discover import Preparing
from groundspeed.measure.interleave import interleave
from groundspeed.measure.standing_worker import Located, StandingWorker
from groundspeed.measure.taking import Settings, Spot, Taken, run_of, take
from groundspeed.measure.world import Clock
from groundspeed.records import Build, Case, Environment, Failed, Measured, NotRun, Run
from groundspeed.suite.answers import WorkerLike
from groundspeed.suite.environments import Prepared


@dataclass(kw_only=True, slots=True)
class Places:
    """Where the commits of a search are measured. ``versions`` are those of the suite's benchmarks."""

    environments: Preparing
    environment: Environment
    start_worker: Callable[[Prepared], WorkerLike]
    clock: Clock
    settings: Settings
    versions: Mapping[str, str]
    builds: dict[str, Build] = field(default_factory=dict)
    _prepared: dict[str, Prepared] = field(default_factory=dict)
    _numbers: dict[Case, int] = field(default_factory=dict)

    def stands(self, commit: str) -> bool:
        """Whether a commit (hash) is built, now and here."""
        return commit in self._prepared

    def broken(self, commit: str) -> bool:
        """Whether it does not build."""
        build = self.builds.get(commit)
        return build is not None and build.failure is not None

    def known_broken(self, build: Build) -> None:
        """An earlier sitting tried in vain: nobody tries again."""
        self.builds.setdefault(build.commit, build)

    def build(self, commits: Sequence[str]) -> Iterator[Build]:
        """Build those that neither stand nor are broken, several at once; each as it is known."""
        wanted = [one for one in commits if not self.stands(one) and not self.broken(one)]
        started_at, started = self.clock.now(), self.clock.monotonic()
        for made in self.environments.prepare_many([(one, self.environment) for one in wanted]):
            result = made.result
            failed = isinstance(result, Failed)
            took_s = result.build_s if isinstance(result, Prepared) else self.clock.monotonic() - started
            build = Build(
                commit=made.commit,
                environment=self.environment.name,
                failure=result if isinstance(result, Failed) else None,
                dependencies=() if isinstance(result, Failed) else result.dependencies,
                identity=None if isinstance(result, Failed) else result.identity,
                benchmarks=tuple(self.versions) if failed else (),
                started_at=started_at,
                duration_s=took_s,
            )
            if isinstance(result, Prepared):
                self._prepared[made.commit] = result
            self.builds[made.commit] = build
            yield build

    def process(self, commit: str, case: Case) -> Run:
        """One process of a case, of a worker of its own: forked ones share their worker's hash seed."""
        started_at, started = self.clock.now(), self.clock.monotonic()
        worker = StandingWorker(start=self._starter(commit))
        try:
            located = worker.locate(case.benchmark, case)
            taken: Taken | NotRun | Failed = (
                take(located, self.settings, self._numbers.get(case, 0))
                if isinstance(located, Located)
                else located
            )
        finally:
            worker.close()
        if isinstance(taken, Taken) and isinstance(taken.outcome, Measured):
            self._numbers.setdefault(case, taken.outcome.number or 0)
        run = run_of(case, self._spot(case, commit), taken, started_at)
        return dataclasses.replace(run, duration_s=self.clock.monotonic() - started)

    def pairs(self, base: str, head: str, case: Case, rounds: int) -> Generator[tuple[Run, Run], None, None]:
        """Pairs of processes at two commits that stand, sample by sample in turn, of fresh workers each.

        Close the iterator to stop early.
        """
        ends = self._starter(base), self._starter(head)
        pairs = interleave(*ends, [case], self.settings, rounds=rounds)
        try:
            started_at, started = self.clock.now(), self.clock.monotonic()
            for pair in pairs:
                each_s = (self.clock.monotonic() - started) / 2  # with its worker's start
                base_run = run_of(case, self._spot(case, base), pair.base, started_at)
                head_run = run_of(case, self._spot(case, head), pair.head, started_at)
                yield (
                    dataclasses.replace(base_run, duration_s=each_s),
                    dataclasses.replace(head_run, duration_s=each_s),
                )
                started_at, started = self.clock.now(), self.clock.monotonic()
        finally:
            pairs.close()

    def _starter(self, commit: str) -> Callable[[], WorkerLike]:
        return lambda: self.start_worker(self._prepared[commit])

    def _spot(self, case: Case, commit: str) -> Spot:
        return Spot(version=self.versions[case.benchmark], commit=commit, environment=self.environment.name)
