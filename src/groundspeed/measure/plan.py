"""What is to be measured: commits × environments × cases, less what is recorded already.

Pure: the history, the suite and the record go in as values. Decides what; when it is enough is decided
while sampling.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from groundspeed.errors import GroundspeedError
from groundspeed.records import Benchmark, Case, Commit, Environment
from groundspeed.results.ledger import Recorded, Standing

ADAPTIVE = frozenset({"time", "latency", "throughput", "gpu"})
"""Kinds (of ``timeraw_`` it is time) that are sampled until they are precise; what gives one value (a peak, a
count) is asked once."""

GUESSED_RUNS = 3  # that an adaptive case takes: two are the least, a noisy one takes more

_FAILURES = (Standing.FAILED, Standing.NOT_BUILT)
_BUILDS_AGREE = 2  # sessions: one failed build may be a night without network

Record = Callable[[str, str], Mapping[tuple[Case, str], Recorded]]
"""The record of a commit (hash) in an environment (name), by case and benchmark version."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """Which cases of the suite are wanted, and how thoroughly.

    ``pattern`` is searched in the case's text; ``nightly`` are globs of cases left out unless the
    pattern is given or ``with_nightly``; ``retry`` tries again what is recorded as failed, ``again``
    measures all that is recorded once more; ``quick`` makes one unwarmed call of each; ``carry`` takes
    over what was measured at a commit whose built content is the same.
    """

    pattern: str | None
    nightly: tuple[str, ...]
    with_nightly: bool
    quick: bool
    retry: bool
    again: bool
    carry: bool

    def __post_init__(self) -> None:
        try:
            re.compile(self.pattern or "")
        except re.error as error:
            raise GroundspeedError(f"--bench {self.pattern!r} is no regular expression: {error}.") from error

    @classmethod
    def matching(
        cls, pattern: str | None, nightly: tuple[str, ...], *, again: bool, carry: bool
    ) -> Selection:
        """The cases that a pattern names, the night's left out where there is none; nothing is retried."""
        return cls(
            pattern=pattern,
            nightly=nightly,
            with_nightly=False,
            quick=False,
            retry=False,
            again=again,
            carry=carry,
        )

    def wants(self, case: Case) -> bool:
        """Whether the case is selected."""
        text = str(case)
        if self.pattern is not None:
            return re.search(self.pattern, text) is not None
        return self.with_nightly or not any(_matches(text, glob) for glob in self.nightly)


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedCase:
    """One case to run at one commit: ``runs`` times, or until it is precise where it is ``adaptive``.

    ``runs`` is then a guess of what that takes. ``earlier`` are the samples of each run that an
    interrupted session left: they count.
    """

    benchmark: Benchmark
    case: Case
    runs: int
    adaptive: bool
    earlier: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """Everything to do at one commit in one environment.

    ``second_look`` when the commit did not build once before, and nothing else of it is open.
    """

    commit: Commit
    environment: Environment
    cases: tuple[PlannedCase, ...]
    second_look: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """The steps in the order they are taken.

    ``recorded`` counts the cases that need nothing more, ``failed`` those of them that failed.
    """

    steps: tuple[Step, ...]
    recorded: int
    failed: int

    @property
    def runs(self) -> int:
        """How many runs the plan holds, about."""
        return sum(case.runs for step in self.steps for case in step.cases)


def make_plan(
    commits: Sequence[Commit],
    environments: Sequence[Environment],
    benchmarks: Sequence[Benchmark],
    stated_rounds: frozenset[str],
    record: Record,
    selection: Selection,
) -> Plan:
    """Plan the selected cases at each commit, in the order given (newest first, usually).

    ``stated_rounds`` names the benchmarks whose suite says how many processes measure them.
    """
    steps: list[Step] = []
    done: list[Recorded] = []
    wanted = [one for one in _candidates(benchmarks, stated_rounds, selection) if selection.wants(one.case)]
    for commit in commits:
        for environment in environments:
            known = record(commit.hash, environment.name)
            left = [_remaining(one, known, selection) for one in wanted]
            done += [known[one.case, one.benchmark.version] for one in left if one.runs == 0]
            open_cases = tuple(one for one in left if one.runs > 0)
            if open_cases:
                second = not selection.retry and all(_was_not_built(one, known) for one in open_cases)
                steps.append(
                    Step(commit=commit, environment=environment, cases=open_cases, second_look=second)
                )
    failed = sum(one.standing in _FAILURES for one in done)
    return Plan(steps=tuple(steps), recorded=len(done), failed=failed)


def _candidates(
    benchmarks: Sequence[Benchmark], stated_rounds: frozenset[str], selection: Selection
) -> list[PlannedCase]:
    found = []
    for one in benchmarks:
        adaptive = one.kind in ADAPTIVE and one.name not in stated_rounds and not selection.quick
        runs = GUESSED_RUNS if adaptive else 1 if selection.quick else max(1, one.rounds)
        found += [
            PlannedCase(benchmark=one, case=case, runs=runs, adaptive=adaptive, earlier=())
            for case in one.cases()
        ]
    return found


def _remaining(
    planned: PlannedCase, known: Mapping[tuple[Case, str], Recorded], selection: Selection
) -> PlannedCase:
    """The case with the runs still to do: none after a failure, the missing ones after an interruption."""
    recorded = known.get((planned.case, planned.benchmark.version))
    if recorded is None or selection.again or (recorded.quick and not selection.quick):
        return planned
    if recorded.standing is Standing.MEASURED and not recorded.complete:
        left = max(1, planned.runs - recorded.runs)
        return replace(planned, runs=left, earlier=recorded.samples)
    again = (
        (selection.retry and recorded.standing in _FAILURES)
        or (recorded.standing is Standing.NOT_BUILT and recorded.runs < _BUILDS_AGREE)
        or (recorded.standing is Standing.CARRIED_OVER and not selection.carry)
    )
    return planned if again else replace(planned, runs=0)


def _was_not_built(planned: PlannedCase, known: Mapping[tuple[Case, str], Recorded]) -> bool:
    recorded = known.get((planned.case, planned.benchmark.version))
    return recorded is not None and recorded.standing is Standing.NOT_BUILT


def _matches(text: str, glob: str) -> bool:
    """Whether a glob names the case; without parentheses it names every case of the benchmarks."""
    return fnmatchcase(text if "(" in glob else text.partition("(")[0], glob)
