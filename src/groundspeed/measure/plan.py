"""What is to be measured: commits × environments × cases, less what is recorded already.

Pure: the history, the suite and the record go in as values. Decides what and how often; the order
inside a round is shuffled by a seed, so that no case always follows the same other one.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from groundspeed.errors import GroundspeedError
from groundspeed.records import Benchmark, Case, Commit, Environment
from groundspeed.results.ledger import Recorded, Standing

_FAILURES = (Standing.FAILED, Standing.NOT_BUILT)

Record = Callable[[str, str], Mapping[tuple[Case, str], Recorded]]
"""The record of a commit (hash) in an environment (name), by case and benchmark version."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """Which cases of the suite are wanted, and how thoroughly.

    ``pattern`` is searched in the case's text; ``nightly`` are globs of cases left out unless the
    pattern is given or ``with_nightly``; ``retry`` tries again what is recorded as failed, ``again``
    measures all that is recorded once more; ``quick`` makes one unwarmed call of each.
    """

    pattern: str | None
    nightly: tuple[str, ...]
    with_nightly: bool
    quick: bool
    retry: bool
    again: bool

    def __post_init__(self) -> None:
        try:
            re.compile(self.pattern or "")
        except re.error as error:
            raise GroundspeedError(f"--bench {self.pattern!r} is no regular expression: {error}.") from error

    def wants(self, case: Case) -> bool:
        """Whether the case is selected."""
        text = str(case)
        if self.pattern is not None:
            return re.search(self.pattern, text) is not None
        return self.with_nightly or not any(_matches(text, glob) for glob in self.nightly)


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedCase:
    """One case to run at one commit, ``runs`` times."""

    benchmark: Benchmark
    case: Case
    runs: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """Everything to do at one commit in one environment."""

    commit: Commit
    environment: Environment
    cases: tuple[PlannedCase, ...]

    def rounds(self, seed: int) -> tuple[tuple[PlannedCase, ...], ...]:
        """Who runs in each round; a case with fewer runs leaves early. The order depends on the seed."""
        order = random.Random(f"{seed}-{self.commit.hash}-{self.environment.name}")  # noqa: S311 -- an order, no secret
        rounds = []
        for number in range(max((one.runs for one in self.cases), default=0)):
            members = [one for one in self.cases if one.runs > number]
            order.shuffle(members)
            rounds.append(tuple(members))
        return tuple(rounds)


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
        """How many runs the plan holds."""
        return sum(case.runs for step in self.steps for case in step.cases)


def make_plan(
    commits: Sequence[Commit],
    environments: Sequence[Environment],
    benchmarks: Sequence[Benchmark],
    record: Record,
    selection: Selection,
) -> Plan:
    """Plan the selected cases at each commit, in the order given (newest first, usually)."""
    steps: list[Step] = []
    done: list[Recorded] = []
    wanted = [one for one in _candidates(benchmarks, selection) if selection.wants(one.case)]
    for commit in commits:
        for environment in environments:
            known = record(commit.hash, environment.name)
            left = [_remaining(one, known, selection) for one in wanted]
            done += [known[one.case, one.benchmark.version] for one in left if one.runs == 0]
            open_cases = tuple(one for one in left if one.runs > 0)
            if open_cases:
                steps.append(Step(commit=commit, environment=environment, cases=open_cases))
    failed = sum(one.standing in _FAILURES for one in done)
    return Plan(steps=tuple(steps), recorded=len(done), failed=failed)


def _candidates(benchmarks: Sequence[Benchmark], selection: Selection) -> list[PlannedCase]:
    return [
        PlannedCase(benchmark=one, case=case, runs=1 if selection.quick else max(1, one.rounds))
        for one in benchmarks
        for case in one.cases()
    ]


def _remaining(
    planned: PlannedCase, known: Mapping[tuple[Case, str], Recorded], selection: Selection
) -> PlannedCase:
    """The case with the runs still to do: none after a failure, the missing ones after an interruption."""
    recorded = known.get((planned.case, planned.benchmark.version))
    if recorded is None or selection.again or (recorded.quick and not selection.quick):
        return planned
    if selection.retry and recorded.standing in _FAILURES:
        return planned
    runs = max(0, planned.runs - recorded.runs) if recorded.standing is Standing.MEASURED else 0
    return PlannedCase(benchmark=planned.benchmark, case=planned.case, runs=runs)


def _matches(text: str, glob: str) -> bool:
    """Whether a glob names the case; without parentheses it names every case of the benchmarks."""
    return fnmatchcase(text if "(" in glob else text.partition("(")[0], glob)
