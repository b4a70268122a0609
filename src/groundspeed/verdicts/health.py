"""Whether a machine still measures, and all it should: its last session, what fails, what vanished, its host.

Owns the rules of what is stale and what has vanished. Knows no clock: staleness is a moment, and whoever
asks brings the time. Where no session tells when something was measured, asv's files do, else the dates
of commits.
"""

from __future__ import annotations

import itertools
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from groundspeed.config.globs import names
from groundspeed.records import Case, SeriesKey
from groundspeed.results.archive import Archive
from groundspeed.results.index import RecordedSession
from groundspeed.results.measured_at import measured_at
from groundspeed.stats.control import Drift, NoDrift, drift
from groundspeed.verdicts.machine_rows import Rows
from groundspeed.verdicts.reading import ProjectResults

LATE = 4
"""Usual gaps of silence that are no accident: where gaps are random a sixteenth is so long (2^-4, the usual
one being their median), and what measures by the clock never misses three times in turn."""

LEAST = timedelta(days=3)
"""Nobody measures at a weekend, and that is no news on Monday."""

UNKNOWN = timedelta(days=14)
"""Where the usual gap is not known: the longest that a team that measures at all is used to wait."""

MOST = timedelta(days=92)
"""Of a machine that measures seldom: a season's commits are not judged by what was before them."""

GAPS = 20
"""The newest gaps, that the usual one is the median of: habits change."""

MISSED = 3
"""Measurings without a benchmark, that measured most others: one may have broken off, two have been short
of time."""

REMEMBERED = 20
"""Measurings for which a benchmark that the suite dropped is still told of: then everybody knows."""

RECENT = 10  # commits of a machine that are counted one by one
_WHOLE = (
    0.5  # of the benchmarks that a machine usually measures: less was asked for, it is no whole measuring
)


class KnownBy(StrEnum):
    """What tells when something was measured."""

    SESSION = "session"
    FILE = "file"
    COMMIT = "commit"


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """What a machine has on record of a commit: series with a value, that failed, that were carried over."""

    commit: str
    values: int
    failures: int
    carried: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Last:
    """What was measured last; ``tally`` is of the newest commit in history that it was measured at.

    ``session`` is empty where none tells.
    """

    at: datetime
    known_by: KnownBy
    session: str
    tally: Tally


@dataclass(frozen=True, kw_only=True, slots=True)
class Failing:
    """Cases that failed alike when they were measured last, the smallest first. ``reason`` may be empty."""

    commit: str
    keys: tuple[SeriesKey, ...]
    reason: str


class Gone(StrEnum):
    """Why a benchmark has vanished."""

    DROPPED = "dropped"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True, kw_only=True, slots=True)
class Vanished:
    """A benchmark that is measured no more: ``missed`` whole measurings of the machine since ``commit``."""

    benchmark: str
    cases: int
    commit: str
    why: Gone
    missed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """How a machine does. None: ``last`` where it measured nothing, ``usual_s`` where too few tell the gap,
    ``silence`` (how long it may measure nothing) where nobody waits for it any more.

    ``recent`` are its newest commits, newest first; ``carried_since`` is the newest that something was
    carried over to, where that is newer than anything measured. ``failing``, ``vanished``: newest first.
    """

    machine: str
    last: Last | None
    usual_s: float | None
    silence: timedelta | None
    series: int
    failing: tuple[Failing, ...]
    vanished: tuple[Vanished, ...]
    control: Drift | NoDrift
    recent: tuple[Tally, ...]
    carried_since: Tally | None

    @property
    def stale_at(self) -> datetime | None:
        """From when on it has been silent for too long, if nothing comes; None: nothing to be stale."""
        return None if self.last is None or self.silence is None else self.last.at + self.silence

    def is_stale(self, now: datetime) -> bool:
        """Whether it has been silent for too long, or for ever."""
        return self.silence is not None and (self.stale_at is None or now >= self.stale_at)


def patience(usual_s: float | None) -> timedelta:
    """How long a machine may be silent that usually measures every ``usual_s`` seconds."""
    if usual_s is None:
        return UNKNOWN
    return min(MOST, max(LEAST, LATE * timedelta(seconds=usual_s)))


def health(reading: ProjectResults, rows: Rows, sessions: Sequence[RecordedSession]) -> Health:
    """How a machine of the project does, by its rows and its sessions, oldest first."""
    configuration = reading.configuration
    nightly, rule = configuration.project.nightly.cases, configuration.project.health

    def waits(usual_s: float | None) -> timedelta | None:
        if rule.is_retired(rows.machine):
            return None
        return patience(usual_s) if rule.silent_s is None else timedelta(seconds=rule.silent_s)

    return health_of(
        rows,
        reading.archive,
        sessions,
        seldom=lambda name: any(names(glob, Case(benchmark=name, params=())) for glob in nightly),
        started=lambda commit: measured_at(configuration.suite.results_dir, rows.machine, commit),
        waits=waits,
    )


def health_of(
    rows: Rows,
    archive: Archive,
    sessions: Sequence[RecordedSession],
    *,
    seldom: Callable[[str], bool] = lambda _: False,
    started: Callable[[str], datetime | None] = lambda _: None,
    waits: Callable[[float | None], timedelta | None] = patience,
) -> Health:
    """How the machine does whose ``rows`` and ``sessions`` (oldest first) these are.

    ``seldom`` names benchmarks that only some measurings run; ``started`` is what asv's files say of when a
    commit was measured; ``waits`` is how long it may be silent, by its usual gap (seconds).
    """
    usual_s = _usual([one.started_at for one in sessions] or _dates(rows))
    tallies = _Tallies(rows=rows)
    vanished = _vanished(rows, archive, seldom)
    return Health(
        machine=rows.machine,
        last=_last(tallies, sessions, started),
        usual_s=usual_s,
        silence=waits(usual_s),
        series=len(rows.series),
        failing=_failing(rows, archive, {one.benchmark for one in vanished}),
        vanished=vanished,
        control=drift([_median(one) for one in sessions if any(each.samples for each in one.controls)]),
        recent=tallies.newest(RECENT),
        carried_since=tallies.carried_since(),
    )


# --- when -------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class _Tallies:
    """What each commit holds, from the rows."""

    rows: Rows

    def at(self, place: int) -> Tally:
        return Tally(
            commit=self.rows.order[place],
            values=int(self.rows.values_at[place]),
            failures=int(self.rows.failures_at[place]),
            carried=int(self.rows.carried_at[place]),
        )

    @property
    def measured(self) -> NDArray[np.intp]:
        """The places that were measured."""
        return np.flatnonzero(self.rows.values_at + self.rows.failures_at)

    def newest(self, count: int) -> tuple[Tally, ...]:
        rows = self.rows
        touched = np.flatnonzero(rows.values_at + rows.failures_at + rows.carried_at)
        return tuple(self.at(place) for place in touched[-count:][::-1].tolist())

    def carried_since(self) -> Tally | None:
        over, measured = np.flatnonzero(self.rows.carried_at), self.measured
        if not over.size or (measured.size and over[-1] <= measured[-1]):
            return None
        return self.at(int(over[-1]))


def _last(
    tallies: _Tallies, sessions: Sequence[RecordedSession], started: Callable[[str], datetime | None]
) -> Last | None:
    place_of = {commit: place for place, commit in enumerate(tallies.rows.order)}
    for session in reversed(sessions):
        done = [place_of[one.commit] for one in session.done if one.commit in place_of]
        if done:
            tally = tallies.at(max(done))
            return Last(at=session.started_at, known_by=KnownBy.SESSION, session=session.id, tally=tally)
    measured = tallies.measured
    if not measured.size:
        return None
    tally = tallies.at(int(measured[-1]))
    told = started(tally.commit)
    return Last(
        at=told or tallies.rows.dates[int(measured[-1])],
        known_by=KnownBy.COMMIT if told is None else KnownBy.FILE,
        session="",
        tally=tally,
    )


def _dates(rows: Rows) -> list[datetime]:
    """The dates of the commits that were measured: they stand for the times of measuring."""
    return [rows.dates[place] for place in np.flatnonzero(rows.values_at + rows.failures_at).tolist()]


def _usual(times: Iterable[datetime]) -> float | None:
    """The median gap between days with a measuring: several sessions of a day are one sitting."""
    days = {time.date(): time for time in sorted(times, reverse=True)}  # the first time of each day stays
    ordered = [days[day] for day in sorted(days)]
    gaps = [(after - before).total_seconds() for before, after in itertools.pairwise(ordered)][-GAPS:]
    return statistics.median(gaps) if len(gaps) > 1 else None


def _median(session: RecordedSession) -> float:
    return statistics.median(sample for one in session.controls for sample in one.samples)


# --- what vanished ------------------------------------------------------------------------------------


def _vanished(rows: Rows, archive: Archive, seldom: Callable[[str], bool]) -> tuple[Vanished, ...]:
    """By name, those whose last measuring is the newest first.

    A measuring counts that measured half as many benchmarks as the machine usually does: who asks for one
    benchmark alone has not dropped the others. A benchmark that is measured every other time is not missed
    before twice its own habit.
    """
    present = rows.present
    measured = np.flatnonzero(present.any(axis=0))
    counts = present.sum(axis=0)[measured]
    usual = float(np.median(counts[-REMEMBERED:])) if counts.size else 0.0
    whole = measured[counts >= _WHOLE * usual]
    found = []
    for number, name in enumerate(rows.benchmarks):
        places = np.flatnonzero(present[number])
        missed = int(np.count_nonzero(whole > places[-1]))
        why = _why_gone(name, archive, missed)
        if why is None or (why is Gone.NOT_MEASURED and (seldom(name) or missed <= _habit(places, whole))):
            continue
        found.append((int(places[-1]), name, why, missed))
    return tuple(
        Vanished(benchmark=name, cases=rows.cases[name], commit=rows.order[place], why=why, missed=missed)
        for place, name, why, missed in sorted(found, key=lambda one: (-one[0], one[1]))
    )


def _why_gone(name: str, archive: Archive, missed: int) -> Gone | None:
    if archive.benchmarks and name not in archive.benchmarks:
        return Gone.DROPPED if missed <= REMEMBERED else None
    return Gone.NOT_MEASURED if missed >= MISSED else None


def _habit(places: NDArray[np.intp], whole: NDArray[np.intp]) -> float:
    """Twice the usual number of whole measurings from one of a benchmark to the next; 0 where none tells."""
    at = np.searchsorted(whole, places)
    return 2 * float(np.median(np.diff(at))) if at.size > 1 else 0.0


# --- what fails ---------------------------------------------------------------------------------------


def _failing(rows: Rows, archive: Archive, gone: AbstractSet[str]) -> tuple[Failing, ...]:
    """The cases whose newest row failed, those that failed alike together.

    The newest of all versions counts, and of the environments those that measured last: one that was given up
    would fail for ever. What the suite has no more fails no more.
    """
    newest = _newest_by_case(rows)
    groups: dict[tuple[int, str, str, str, str], list[int]] = defaultdict(list)
    for number in np.flatnonzero(rows.failed_last).tolist():
        key, place = rows.series[number].key, int(rows.last_place[number])
        case = key.case
        if case.benchmark in gone or place < newest[case.benchmark, case.params, key.metric]:
            continue
        if not _has(archive, key):
            continue
        groups[place, case.benchmark, key.environment, key.metric, last_line(rows.reason(number))].append(
            number
        )
    return tuple(
        Failing(
            commit=rows.order[group[0]],
            keys=tuple(sorted((rows.series[number].key for number in groups[group]), key=_by_params)),
            reason=rows.reason(groups[group][0]),
        )
        for group in sorted(groups, key=lambda one: (-one[0], *one[1:]))
    )


def _newest_by_case(rows: Rows) -> Mapping[tuple[str, tuple[str, ...], str], int]:
    """The newest place of the cases of benchmarks that have a failure, over environments and versions."""
    suspects = {
        rows.series[number].key.case.benchmark for number in np.flatnonzero(rows.failed_last).tolist()
    }
    newest: dict[tuple[str, tuple[str, ...], str], int] = {}
    for one, place in zip(rows.series, rows.last_place.tolist(), strict=True):
        case = one.key.case
        if case.benchmark in suspects:
            identity = case.benchmark, case.params, one.key.metric
            newest[identity] = max(newest.get(identity, -1), place)
    return newest


def _has(archive: Archive, key: SeriesKey) -> bool:
    """Whether the suite has such a case; a benchmark that nothing is known of has all."""
    known = archive.benchmarks.get(key.case.benchmark)
    if known is None or len(known.params) != len(key.case.params):
        return True
    return all(value in values for value, values in zip(key.case.params, known.params, strict=True))


def last_line(text: str) -> str:
    """The last line that says something: where a traceback names its exception."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")


def _by_params(key: SeriesKey) -> tuple[tuple[str, ...], str]:
    return key.case.params, key.version or ""
