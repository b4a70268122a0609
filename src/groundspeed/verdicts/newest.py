"""Which commit speaks for the present: the newest measured one on the branch, not the newest anything.

Owns the branch as results know it, and what a series holds along it. Judges nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from groundspeed.errors import HistoryError
from groundspeed.history import History
from groundspeed.measurements import Measurement, Missing, NoiseFloor
from groundspeed.records import Case, SeriesKey
from groundspeed.results.archive import Archive, Series
from groundspeed.stats.precision import Prior
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.changes import interval_of
from groundspeed.verdicts.compare import Priors, learned
from groundspeed.verdicts.reading import ProjectResults
from groundspeed.verdicts.values import value_of


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
    """What a series holds along the branch, oldest first. The last of ``rows`` is the present."""

    series: Series
    rows: tuple[At | NoValue, ...]

    @property
    def values(self) -> tuple[At, ...]:
        """Those with a value."""
        return tuple(one for one in self.rows if isinstance(one, At))


class Present:
    """A machine's history up to a commit: the newest on the branch, or the one asked for."""

    def __init__(self, reading: ProjectResults, machine: str, revision: str | None = None) -> None:
        """Raises HistoryError where ``revision`` names no commit."""
        self.reading = reading
        self.machine = machine
        self.at = None if revision is None else resolve(reading, revision)
        self._commits: dict[str, _AtCommit] = {}

    @cached_property
    def branch(self) -> tuple[str, ...]:
        """The commits of the branch that results speak of, oldest first, up to the one asked for."""
        order = branch_order(self.reading)
        if self.at is None:
            return order
        if self.at in order:
            return order[: order.index(self.at) + 1]
        whole = self.reading.order
        return whole[: whole.index(self.at) + 1] if self.at in whole else ()

    def tracks(self, wanted: Callable[[SeriesKey], bool]) -> tuple[Track, ...]:
        """What the wanted series of the machine hold along the branch, in the order of their names.

        Where a commit was asked for, those that hold something at it. Of several versions of a benchmark
        the one measured last counts: the others measured something else. Of several environments those
        count that were measured at the newest commit: one that was given up would fail for ever.
        """
        found: dict[SeriesKey, Track] = {}
        for series in self.reading.archive.series:
            if series.key.machine != self.machine or not wanted(series.key):
                continue
            track = Track(series=series, rows=self._told(series, self._rows(series)))
            key = _without_version(series.key)
            if track.rows and (key not in found or self._last(track) > self._last(found[key])):
                found[key] = track
        newest: dict[tuple[Case, str], int] = {}
        for key, track in found.items():
            newest[key.case, key.metric] = max(newest.get((key.case, key.metric), -1), self._last(track))
        return tuple(
            track for key, track in found.items() if self._last(track) == newest[key.case, key.metric]
        )

    def value(self, track: Track) -> Interval:
        """The present value, by all that is known of it. ``track`` must end in one."""
        return self.value_at(track, track.values[-1].commit)

    def value_at(self, track: Track, commit: str) -> Interval:
        """The same at any commit that has a value."""
        last = next(one for one in reversed(track.values) if one.commit == commit)
        known = self._commit(commit)
        one = known.measurements.get(track.series.key)
        if one is None:
            return last.value
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

    def _told(self, series: Series, rows: tuple[At | NoValue, ...]) -> tuple[At | NoValue, ...]:
        """Without what merely was not run of late: asv writes a failure and a case not run alike.

        Sessions tell: a failure has a reason there. Where no session speaks of the benchmark, it failed.
        """
        while rows and isinstance(last := rows[-1], NoValue) and not last.skipped and not last.reason:
            known = self._commit(last.commit).recorded
            if (series.key.environment, series.key.case.benchmark) not in known:
                break
            rows = rows[:-1]
        return rows

    def _last(self, track: Track) -> int:
        return self._place[track.rows[-1].commit]

    def _rows(self, series: Series) -> tuple[At | NoValue, ...]:
        rows = {one.commit: one for one in rows_of(series, self.reading.archive) if one.commit in self._place}
        if self.at is not None and self.at not in rows:
            return ()
        return tuple(rows[commit] for commit in sorted(rows, key=self._place.__getitem__))


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


def rows_of(series: Series, archive: Archive) -> list[At | NoValue]:
    """What a series holds, commit by commit, those included that its measurements were carried over to."""
    rows: list[At | NoValue] = []
    columns = (one.tolist() for one in (series.commits, series.values, series.low, series.high))
    for place, (commit, value, low, high) in enumerate(zip(*columns, strict=True)):
        hash_ = archive.commits[commit].hash
        if math.isfinite(value):
            rows.append(At(commit=hash_, value=interval_of(value, low, high), carried_from=None))
        else:
            skipped = place in series.skipped
            why = series.skipped.get(place) or series.failures.get(place) or ""
            rows.append(NoValue(commit=hash_, reason=why, skipped=skipped))
    measured = {one.commit: one for one in rows if isinstance(one, At)}
    rows += [
        At(commit=one.commit, value=measured[one.measured_at].value, carried_from=one.measured_at)
        for one in series.carried
        if one.measured_at in measured
    ]
    return rows


def branch_order(reading: ProjectResults) -> tuple[str, ...]:
    """The commits of the first configured branch that results speak of, oldest first.

    All of them where no git is there, or where none of them is on the branch.
    """
    suite = reading.configuration.suite
    try:
        history = History.open(suite.repo_path)
        on_branch = frozenset(history.order(history.branches(suite.branches[:1])[0]))
    except HistoryError:
        return reading.order
    return tuple(one for one in reading.order if one in on_branch) or reading.order


def resolve(reading: ProjectResults, revision: str) -> str:
    """The commit that a revision names: git's, else the one that the results know by this prefix.

    Raises HistoryError.
    """
    known = [commit for commit in reading.order if commit.startswith(revision)]
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
