"""Which commit speaks for the present: the newest measured one on the branch, not the newest anything.

Owns the branch as results know it, and what a series holds along it. Judges nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from groundspeed.errors import HistoryError, NothingMeasuredError
from groundspeed.history import History
from groundspeed.measurements import Measurement, Missing, NoiseFloor
from groundspeed.records import Case, SeriesKey
from groundspeed.results.archive import Archive, MeasuredCommit, Series
from groundspeed.stats.precision import Prior
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.changes import interval_at
from groundspeed.verdicts.compare import Priors, learned
from groundspeed.verdicts.reading import ProjectResults
from groundspeed.verdicts.values import value_of

Answer = TypeVar("Answer")


@dataclass(frozen=True, kw_only=True, slots=True)
class At:
    """A value at a commit: its interval as asv's files hold it, infinite where they know no bound."""

    commit: str
    value: Interval
    carried_from: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class NoValue:
    """That a series has no value at a commit, and why: it failed, or the suite skipped it."""

    commit: str
    reason: str
    skipped: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Track:
    """What a series holds along the branch, oldest first. The last row is the present.

    ``places`` (n,) on the ``branch`` rise; ``rows`` (n,) are where each one's value stands in the series, of
    a carried-over commit that of the measured one; ``commits`` are the archive's. A row becomes an object
    when it is asked for: a large archive has two million, and most questions are about the last.
    """

    series: Series
    commits: Sequence[MeasuredCommit]
    branch: Sequence[str]
    places: NDArray[np.intp] = field(compare=False)  # both follow from the others
    rows: NDArray[np.intp] = field(compare=False)

    @property
    def newest(self) -> int:
        """Its place on the branch."""
        return int(self.places[-1])

    @property
    def last(self) -> At | NoValue:
        """What stands there."""
        return self.at(-1)

    @property
    def values(self) -> tuple[At, ...]:
        """Those with a value."""
        return tuple(one for one in map(self.at, range(len(self.rows))) if isinstance(one, At))

    def at(self, number: int) -> At | NoValue:
        """One of the n."""
        commit, row = self.branch[self.places[number]], int(self.rows[number])
        if math.isfinite(self.series.values[row]):
            measured = self.commits[self.series.commits[row]].hash
            from_ = None if measured == commit else measured
            return At(commit=commit, value=interval_at(self.series, row), carried_from=from_)
        why = self.series.skipped.get(row) or self.series.failures.get(row) or ""
        return NoValue(commit=commit, reason=why, skipped=row in self.series.skipped)


class Present:
    """A machine's history up to a commit: the newest on the branch, or the one asked for."""

    def __init__(self, reading: ProjectResults, machine: str, revision: str | None = None) -> None:
        """Raises HistoryError where ``revision`` names no commit."""
        self.reading = reading
        self.machine = machine
        self.at = None if revision is None else resolve(reading, revision)
        self._commits: dict[str, _AtCommit] = {}
        self._answers: list[tuple[object, object]] = []

    @cached_property
    def branch(self) -> tuple[str, ...]:
        """The commits of the branch that results speak of, oldest first, up to the one asked for.

        Of one that a merge brought in the line is its own: its first parents, not the branch's.
        """
        if self.at in self.reading.aside:
            return _on_line(self.reading, self.reading.whole_order, self.at)
        order = branch_order(self.reading)
        if self.at is None:
            return order
        if self.at in order:
            return order[: order.index(self.at) + 1]
        whole = self.reading.order
        return whole[: whole.index(self.at) + 1] if self.at in whole else ()

    @property
    def _archive(self) -> Archive:
        """The history; with what came in by merges where such a commit was asked for."""
        return self.reading.whole if self.at in self.reading.aside else self.reading.archive

    def tracks(self, wanted: Callable[[SeriesKey], bool]) -> tuple[Track, ...]:
        """What the wanted series of the machine hold along the branch, in the order of their names.

        Where a commit was asked for, those that hold something at it. Of several versions of a benchmark
        the one measured last counts: the others measured something else. Of several environments those
        count that were measured at the newest commit: one that was given up would fail for ever.
        """
        found: dict[SeriesKey, Track] = {}
        for series in self._archive.series:
            if series.key.machine != self.machine or not wanted(series.key):
                continue
            track = self._told(self._track(series))
            key = _without_version(series.key)
            if track.rows.size and (key not in found or track.newest > found[key].newest):
                found[key] = track
        newest: dict[tuple[Case, str], int] = {}
        for key, track in found.items():
            newest[key.case, key.metric] = max(newest.get((key.case, key.metric), -1), track.newest)
        return tuple(track for key, track in found.items() if track.newest == newest[key.case, key.metric])

    def once(self, question: object, work: Callable[[], Answer]) -> Answer:
        """What ``work`` gives; it is done once for all questions that are equal."""
        for asked, answer in self._answers:
            if asked == question:
                return cast("Answer", answer)
        answer = work()
        self._answers.append((question, answer))
        return answer

    def value(self, track: Track) -> Interval:
        """The present value, by all that is known of it. ``track`` must end in one."""
        return self.value_at(track, track.last.commit)

    def value_at(self, track: Track, commit: str) -> Interval:
        """The same at any commit that has a value."""
        known = self._commit(commit)
        one = known.measurements.get(track.series.key)
        if one is None:
            return next(at.value for at in track.values if at.commit == commit)
        return value_of(one, self.floor(track.series.key), known.priors.of(one))

    def measurement(self, track: Track, commit: str) -> Measurement | None:
        """What stands behind a value, None where the index knows no more than the value."""
        return self._commit(commit).measurements.get(track.series.key)

    def prior(self, one: Measurement) -> Prior:
        """What the cases measured at the same commit say of the variance between its processes."""
        return self._commit(one.commit).priors.of(one)

    def floor(self, key: SeriesKey) -> NoiseFloor | None:
        """The noise floor of a series, None where the results tell none."""
        return self._floors.get(_without_version(key))

    @cached_property
    def _floors(self) -> Mapping[SeriesKey, NoiseFloor]:
        return self.reading.floors(self.machine)

    def _commit(self, commit: str) -> _AtCommit:
        if commit not in self._commits:
            self._commits[commit] = _AtCommit.of(self.reading.measurements(self.machine, commit))
        return self._commits[commit]

    @cached_property
    def _place(self) -> Mapping[str, int]:
        return {commit: place for place, commit in enumerate(self.branch)}

    @cached_property
    def _on_branch(self) -> NDArray[np.intp]:
        """Of each commit of the archive its place on the branch, -1 where it is not there."""
        return np.array([self._place.get(one.hash, -1) for one in self._archive.commits], np.intp)

    def _track(self, series: Series) -> Track:
        """What a series holds; nothing where it has none of the commit that was asked for."""
        carried = _carried(series, self._archive)
        over = [self._place.get(commit, -1) for commit in carried]
        places = np.append(self._on_branch[series.commits], np.array(over, np.intp))
        rows = np.append(np.arange(series.commits.size), np.array([*carried.values()], np.intp))
        order = np.argsort(places, kind="stable")[np.count_nonzero(places < 0) :]
        if self.at is not None and places.max(initial=-1) < len(self.branch) - 1:  # it is the last one there
            order = order[:0]
        return Track(
            series=series,
            commits=self._archive.commits,
            branch=self.branch,
            places=places[order],
            rows=rows[order],
        )

    def _told(self, track: Track) -> Track:
        """Without what merely was not run of late: asv writes a failure and a case not run alike.

        Sessions tell: a failure has a reason there. Where no session speaks of the benchmark, it failed.
        """
        key, end = track.series.key, len(track.rows)
        while end and isinstance(last := track.at(end - 1), NoValue) and not last.skipped and not last.reason:
            if (key.environment, key.case.benchmark) not in self._commit(last.commit).recorded:
                break
            end -= 1
        return replace(track, places=track.places[:end], rows=track.rows[:end])


@dataclass(frozen=True, kw_only=True, slots=True)
class _AtCommit:
    """What was measured at a commit, by series; ``recorded`` are environments and benchmarks with samples."""

    measurements: Mapping[SeriesKey, Measurement]
    recorded: frozenset[tuple[str, str]]
    priors: Priors

    @classmethod
    def of(cls, found: Sequence[Measurement | Missing]) -> _AtCommit:
        return cls(
            measurements={one.key: one for one in found if isinstance(one, Measurement)},
            recorded=frozenset(
                (one.key.environment, one.key.case.benchmark)
                for one in found
                if isinstance(one, Measurement) and one.processes
            ),
            priors=learned(found),
        )


def _carried(series: Series, archive: Archive) -> Mapping[str, int]:
    """Where in the series the value stands that each carried-over commit shares with the measured one."""
    valued = np.flatnonzero(np.isfinite(series.values)).tolist() if series.carried else []
    rows = {archive.commits[series.commits[row]].hash: row for row in valued}
    return {one.commit: rows[one.measured_at] for one in series.carried if one.measured_at in rows}


def newest_measured(reading: ProjectResults, machine: str) -> str:
    """The commit that speaks for a machine; where nothing was measured on it, the newest one of any machine.

    Raises NothingMeasuredError where the branch has no results.
    """
    machines = {one.key.machine for one in reading.archive.series}
    meant = machines & {machine} or machines
    places = [track.newest for one in meant for track in Present(reading, one).tracks(lambda _: True)]
    if not places:
        raise NothingMeasuredError(
            "No commit of the branch has results. Measure one: groundspeed run. Or name a commit: --rev."
        )
    return branch_order(reading)[max(places)]


def branch_order(reading: ProjectResults) -> tuple[str, ...]:
    """The commits of the first configured branch that results speak of, oldest first.

    All of them where no git is there, or where none of them is on the branch.
    """
    return _on_line(reading, reading.order, None)


def _on_line(reading: ProjectResults, order: Sequence[str], tip: str | None) -> tuple[str, ...]:
    """Those of ``order`` along the first parents of ``tip``, None being the first configured branch."""
    suite = reading.configuration.suite
    try:
        history = History.open(suite.repo_path)
        line = frozenset(history.order(tip or history.branches(suite.branches[:1])[0]))
    except HistoryError:
        return tuple(order)
    return tuple(one for one in order if one in line) or tuple(order)


def resolve(reading: ProjectResults, revision: str) -> str:
    """The commit that a revision names: git's, else the one that the results know by this prefix.

    Raises HistoryError.
    """
    known = [commit for commit in reading.whole_order if commit.startswith(revision)]
    try:
        return History.open(reading.configuration.suite.repo_path).resolve(revision)
    except HistoryError:
        if len(known) == 1 and len(revision) >= _LEAST_DIGITS:
            return known[0]
        raise


_LEAST_DIGITS = 4  # of a hash: what git itself asks for


def _without_version(key: SeriesKey) -> SeriesKey:
    return SeriesKey(
        machine=key.machine, environment=key.environment, case=key.case, metric=key.metric, version=None
    )
