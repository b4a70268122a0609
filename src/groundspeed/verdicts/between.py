"""Two commits of a history compared: which ones are meant, and what the results hold of them.

Owns the question of ``groundspeed compare``; the comparison itself is compare's. Measures nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from groundspeed.config.tolerances import Tolerances
from groundspeed.errors import GroundspeedError, HistoryError, NothingMeasuredError
from groundspeed.history import History
from groundspeed.machine.profile import Difference
from groundspeed.records import Commit, SeriesKey
from groundspeed.results.origin import read_origin
from groundspeed.verdicts.compare import Comparison, Ending, compare_suite
from groundspeed.verdicts.means import Mean, means
from groundspeed.verdicts.newest import resolve
from groundspeed.verdicts.origins import package_differences
from groundspeed.verdicts.reading import ProjectResults, dates_of

MAIN = "main"
"""The name by which ``--metric`` asks for the metric that has none."""

_NEARBY = 3  # commits with data that are named on either side of one without


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which series are compared. ``pattern`` is searched in ``case@metric``; empty texts want all."""

    pattern: str
    environment: str
    metric: str

    def __post_init__(self) -> None:
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise GroundspeedError(f"--bench {self.pattern!r} is no regular expression: {error}.") from error

    def __call__(self, key: SeriesKey) -> bool:
        """Whether a series is among them."""
        if self.environment and key.environment != self.environment:
            return False
        if self.metric and (key.metric or MAIN) != self.metric:
            return False
        return re.search(self.pattern, name_of(key)) is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class End:
    """One end: the revision as it was typed, its commit, and what git knows of it."""

    revision: str
    commit: str
    known: Commit | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Between:
    """Head against base on a machine. ``environments`` are those compared; in ``apart`` one end alone was
    measured, and nothing can be compared. ``installed`` is what else the environments held, where that
    is on record: what changed may be its doing.
    """

    machine: str
    environments: tuple[str, ...]
    apart: tuple[str, ...]
    installed: tuple[Difference, ...]
    base: End
    head: End
    comparison: Comparison
    means: tuple[Mean, ...]


def name_of(key: SeriesKey) -> str:
    """A case, with its metric where it is not the main one."""
    return f"{key.case}@{key.metric}" if key.metric else str(key.case)


def compare_commits(
    reading: ProjectResults, machine: str, revisions: tuple[str, str], wanted: Wanted, tolerances: Tolerances
) -> Between:
    """What a machine's results say of head (the second revision) against base.

    Raises HistoryError where a revision names no commit, NothingMeasuredError where an end has no result.
    """
    base, head = (_end(reading, revision) for revision in revisions)
    before, now = (_found(reading, machine, end, wanted) for end in (base, head))
    of_base, of_head = ({one.key.environment for one in end} for end in (before, now))
    both = of_base & of_head
    if not both:
        raise NothingMeasuredError(_apart(base, head, before, now))
    comparison = compare_suite(
        [one for one in before if one.key.environment in both],
        [one for one in now if one.key.environment in both],
        floors=reading.floors(machine),
        tolerances=tolerances,
    )
    return Between(
        machine=machine,
        environments=tuple(sorted(both)),
        apart=tuple(sorted(of_base ^ of_head)),
        installed=_installed(reading, machine, base, head),
        base=base,
        head=head,
        comparison=comparison,
        means=means(comparison.compared),
    )


def _installed(reading: ProjectResults, machine: str, base: End, head: End) -> tuple[Difference, ...]:
    results_dir = reading.configuration.suite.results_dir
    before, now = (read_origin(results_dir, machine, end.commit, frozenset()) for end in (base, head))
    return package_differences(before, now)


def _end(reading: ProjectResults, revision: str) -> End:
    commit = resolve(reading, revision)
    return End(revision=revision, commit=commit, known=reading.commits.get(commit))


def _found(reading: ProjectResults, machine: str, end: End, wanted: Wanted) -> list[Ending]:
    """What is wanted of an end. Raises NothingMeasuredError."""
    everything = reading.measurements(machine, end.commit)
    found = [one for one in everything if wanted(one.key)]
    if found:
        return found
    if everything:
        raise NothingMeasuredError(
            f"None of the {len(everything):,} series of {_name(end)} on {machine} is asked for. "
            f"Environments: {_listed(one.key.environment for one in everything)}. "
            f"Metrics: {_listed(one.key.metric or MAIN for one in everything)}. "
            "Change --bench, --environment or --metric."
        )
    raise NothingMeasuredError(
        f"{_name(end)} has no results on {machine}.{_nearby(reading, machine, end)} "
        f"Measure it with: groundspeed run '{end.commit[:8]}^!'"
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(set(names)))


def _nearby(reading: ProjectResults, machine: str, end: End) -> str:
    """The measured commits that lie next to one that was not."""
    dates = dates_of(reading.archive)
    measured = _measured(reading, machine)
    when = _date(reading, end, dates)
    if when is None or not measured:
        return ""
    older = [one for one in measured if dates[one] <= when][-_NEARBY:]
    newer = [one for one in measured if dates[one] > when][:_NEARBY]
    listed = ", ".join(f"{one[:8]} ({dates[one]:%Y-%m-%d})" for one in [*older, *newer])
    return f" Measured nearby: {listed}."


def _measured(reading: ProjectResults, machine: str) -> list[str]:
    """By date, the commits that a machine has results of."""
    archive = reading.archive
    places = {
        place
        for series in archive.series
        if series.key.machine == machine
        for place in series.commits.tolist()
    }
    return [archive.commits[place].hash for place in sorted(places)]


def _date(reading: ProjectResults, end: End, dates: Mapping[str, datetime]) -> datetime | None:
    if end.commit in dates:
        return dates[end.commit]
    try:
        known = History.open(reading.configuration.suite.repo_path).known([end.commit])
    except HistoryError:
        return None
    return known[end.commit].date if end.commit in known else None


def _apart(base: End, head: End, before: Sequence[Ending], now: Sequence[Ending]) -> str:
    one, other = (_listed(found.key.environment for found in end) for end in (before, now))
    return (
        f"Both ends have results, but of no common environment: {_name(base)} of {one}; {_name(head)} of "
        f"{other}. Compare commits that were measured in the same one."
    )


def _name(end: End) -> str:
    return end.commit[:8] if end.commit.startswith(end.revision) else f"{end.revision} ({end.commit[:8]})"
