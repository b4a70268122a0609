"""A baseline from what the results hold of a commit, and what is to be said when another is held against it.

Owns which measurements a baseline keeps and what differs about the host and the installed packages. How two
measurements compare is ``compare``'s. Measures nothing, writes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from groundspeed.config.globs import names
from groundspeed.config.tolerances import Tolerances
from groundspeed.errors import GroundspeedError, HostMismatchError, NothingMeasuredError
from groundspeed.machine.profile import Difference
from groundspeed.measurements import Measurement
from groundspeed.records import Case, SeriesKey
from groundspeed.results.baselines import Baseline
from groundspeed.results.origin import Origin, read_origin
from groundspeed.verdicts.compare import Comparison, Ending, Status, Unpaired, compare_suite
from groundspeed.verdicts.origins import host_differences, package_differences
from groundspeed.verdicts.reading import ProjectResults, dates_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Cases:
    """Those in whose text ``pattern`` is found; without one (None) all but what ``nightly`` globs mean."""

    pattern: str | None
    nightly: tuple[str, ...]

    def __post_init__(self) -> None:
        try:
            re.compile(self.pattern or "")
        except re.error as error:
            raise GroundspeedError(f"--bench {self.pattern!r} is no regular expression: {error}.") from error

    def of(self, found: Iterable[Ending]) -> tuple[Ending, ...]:
        """The measurements of these cases."""
        return tuple(one for one in found if self._has(one.key.case))

    def _has(self, case: Case) -> bool:
        if self.pattern is not None:
            return re.search(self.pattern, str(case)) is not None
        return not any(names(glob, case) for glob in self.nightly)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which measurements: of a commit (full hash) on a machine."""

    machine: str
    commit: str
    cases: Cases


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """A commit held against a baseline. ``hosts`` and ``packages`` are what else differs from then."""

    baseline: Baseline
    machine: str
    commit: str
    comparison: Comparison
    hosts: tuple[Difference, ...]
    packages: tuple[Difference, ...]

    @property
    def unchecked(self) -> tuple[Unpaired, ...]:
        """What the baseline has and the commit has not, or has redefined: no pass."""
        return tuple(row for row in self.comparison.unpaired if row.status in _UNCHECKED)

    def exit_code(self, *, strict: bool) -> int:
        """That of the comparison; 3 also where something of the baseline was not checked, and is no pass."""
        compared = self.comparison.exit_code(strict=strict)
        return 3 if self.unchecked and compared != _BAD_NEWS else compared


_BAD_NEWS = 1
_UNCHECKED = (Status.GONE, Status.REDEFINED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """How a check judges: tolerances, and whether a baseline of another machine will do."""

    tolerances: Tolerances
    any_machine: bool


def check(reading: ProjectResults, baseline: Baseline, wanted: Wanted, terms: Terms) -> Check:
    """Hold what the results hold of a commit against a baseline.

    Raises HostMismatchError for one of another machine, unless any will do, NothingMeasuredError where
    the results hold nothing of the commit.
    """
    found = present(reading, wanted)
    head = origin_of(reading, wanted, found)
    if not terms.any_machine:
        refuse_other_machine(baseline, head)
    if not any(isinstance(one, Measurement) for one in found):
        raise NothingMeasuredError(_nothing(wanted, found))
    before = wanted.cases.of(reading.renames.apply_to(baseline.measurements))
    return Check(
        baseline=baseline,
        machine=wanted.machine,
        commit=wanted.commit,
        comparison=compare_suite(
            before, found, floors=reading.floors(wanted.machine), tolerances=terms.tolerances
        ),
        hosts=host_differences(baseline.origin, head),
        packages=package_differences(baseline.origin, head),
    )


def baseline_of(reading: ProjectResults, wanted: Wanted, name: str, saved_at: datetime) -> Baseline:
    """What the results hold of a commit, as a baseline.

    Raises NothingMeasuredError where they hold no value of it.
    """
    found = present(reading, wanted)
    if not any(isinstance(one, Measurement) for one in found):
        raise NothingMeasuredError(_nothing(wanted, found))
    return Baseline(
        name=name,
        saved_at=saved_at,
        commit=wanted.commit,
        commit_date=dates_of(reading.whole)[wanted.commit],
        origin=origin_of(reading, wanted, found),
        measurements=found,
    )


def present(reading: ProjectResults, wanted: Wanted) -> tuple[Ending, ...]:
    """Every wanted measurement, of several versions of a benchmark the one that the suite has now."""
    found = wanted.cases.of(reading.measurements(wanted.machine, wanted.commit))
    now = {name: one.version for name, one in reading.archive.benchmarks.items()}
    return newest(found, now)


def newest(found: Iterable[Ending], now: Mapping[str, str]) -> tuple[Ending, ...]:
    """One version of each series: the suite's own (``now``), else the one measured last."""
    chosen: dict[SeriesKey, Ending] = {}
    for one in found:
        key = replace(one.key, version=None)
        chosen[key] = max(chosen.get(key, one), one, key=lambda other: _rank(other, now))
    return tuple(chosen.values())


def fewest_sessions(found: Iterable[Ending]) -> int:
    """In how many sessions the least measured of these was, at the commit itself; 0 where none was."""
    counts = [
        0 if one.carried_from else len({process.session for process in one.processes})
        for one in found
        if isinstance(one, Measurement) and one.processes
    ]
    return min(counts, default=0)


def origin_of(reading: ProjectResults, wanted: Wanted, found: Iterable[Ending]) -> Origin:
    """The host and the packages behind measurements of a commit."""
    sessions = {process.session for one in found if isinstance(one, Measurement) for process in one.processes}
    results_dir = reading.configuration.suite.results_dir
    return read_origin(results_dir, wanted.machine, wanted.commit, sessions)


def _rank(one: Ending, now: Mapping[str, str]) -> tuple[bool, bool, str]:
    """Higher is preferred: the suite's version, a value, the last one measured."""
    processes = one.processes if isinstance(one, Measurement) else ()
    last = max((process.started_at.isoformat() for process in processes), default="")
    current = now.get(one.key.case.benchmark) == one.key.version
    return current, isinstance(one, Measurement), last


def _nothing(wanted: Wanted, found: tuple[Ending, ...]) -> str:
    where = f"commit {wanted.commit[:8]} on {wanted.machine}"
    if found:
        return f"All {len(found)} cases of {where} failed or were skipped: there is no value to keep."
    pattern = wanted.cases.pattern
    which = "" if pattern is None else f" of a case that holds {pattern!r}"
    return f"There is no result{which} of {where}. Measure it with: groundspeed run {wanted.commit[:8]}^!"


# --- what is not as it was ---------------------------------------------------------------------------


def refuse_other_machine(baseline: Baseline, head: Origin) -> None:
    """Raise HostMismatchError when a baseline is of another machine than ``head``'s."""
    if baseline.origin.machine == head.machine:
        return
    lines = "\n".join(f"  {one}" for one in host_differences(baseline.origin, head))
    raise HostMismatchError(
        f"The baseline {baseline.name} is of {baseline.origin.machine}, "
        f"the measurements are of {head.machine}:\n"
        f"{lines or '  nothing that either says of itself differs'}\n"
        "Figures of two machines say nothing of the code. Check it there, or compare all the same "
        "with --any-machine."
    )
