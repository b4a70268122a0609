"""What both ends of a question gave so far: their worker processes, by series and session.

Evidence is what ran at both ends in one session, taken in turn: a session's own shift cancels there.
Judges nothing, measures nothing.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field

from groundspeed.definition import better as stated_better
from groundspeed.measurements import Measurement, Missing, Process, Stored
from groundspeed.records import Benchmark, Better, Failed, Measured, NotRun, Run, SeriesKey, Skipped

Found = Measurement | Missing
Counts = Callable[[SeriesKey, str], bool]
"""Whether what a session (its id) gave of a series counts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ends:
    """The two commits (hashes) of a question."""

    base: str
    head: str


@dataclass(kw_only=True, slots=True)
class _Series:
    """One series at both ends: processes by commit, and the last reason why a process gave none."""

    unit: str
    better: Better
    processes: dict[str, list[Process]] = field(default_factory=dict)
    why: dict[str, Failed | Skipped | NotRun] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=dict)
    checks: dict[str, set[str]] = field(default_factory=dict)


class Evidence:
    """Grows pair by pair. ``machine`` is whose series they are."""

    def __init__(self, ends: Ends, machine: str, benchmarks: Iterable[Benchmark]) -> None:
        self.ends = ends
        self._machine = machine
        self._benchmarks = {one.name: one for one in benchmarks}
        self._series: dict[SeriesKey, _Series] = {}

    def add(self, session: str, run: Run) -> None:
        """One process at one of the ends, in a session."""
        series = self._of(self._key(run, ""), self._stated(run))
        if not isinstance(run.outcome, Measured):
            assert isinstance(run.outcome, Failed | Skipped | NotRun)
            series.why[run.commit] = run.outcome
            series.refusals[run.commit] = series.refusals.get(run.commit, 0) + 1
            return
        series.refusals[run.commit] = 0
        if run.check is not None:
            series.checks.setdefault(run.commit, set()).add(run.check)
        _keep(series, session, run, run.outcome.samples, run.outcome.number)
        readings: dict[str, list[float]] = {}
        for one in run.metrics:
            readings.setdefault(one.metric, []).extend(one.samples)
            self._of(self._key(run, one.metric), (one.unit, one.better))
        for metric, samples in readings.items():
            if samples:
                _keep(self._series[self._key(run, metric)], session, run, tuple(samples), None)

    def take_in(self, base: Iterable[Found], head: Iterable[Found], sessions: Container[str]) -> None:
        """What is on record of both ends, as far as they ran in one session, of the sessions that count."""
        stored = {one.key: one for one in base if isinstance(one, Measurement)}
        for there in head:
            here = stored.get(there.key)
            if here is None or not isinstance(there, Measurement) or here.carried_from or there.carried_from:
                continue
            both = {one.session for one in here.processes} & {one.session for one in there.processes}
            series = self._of(there.key, (there.unit, there.better))
            for end in (here, there):
                known = {(one.session, one.started_at) for one in series.processes.get(end.commit, ())}
                series.processes.setdefault(end.commit, []).extend(
                    one
                    for one in end.processes
                    if one.session in both
                    and one.session in sessions
                    and (one.session, one.started_at) not in known
                )

    @property
    def keys(self) -> tuple[SeriesKey, ...]:
        """Every series that anything is known of."""
        return tuple(self._series)

    @property
    def sessions(self) -> tuple[str, ...]:
        """The sessions that gave a process, oldest first."""
        found = {
            process.session
            for series in self._series.values()
            for processes in series.processes.values()
            for process in processes
        }
        return tuple(sorted(found))

    def pairs(self, keys: Iterable[SeriesKey], counts: Counts) -> tuple[list[Found], list[Found]]:
        """The series at base and at head, of which anything is known, from the sessions that count."""
        known = [key for key in keys if key in self._series]
        return (
            [self._at(key, self.ends.base, counts) for key in known],
            [self._at(key, self.ends.head, counts) for key in known],
        )

    def processes(self, key: SeriesKey) -> tuple[int, int]:
        """How many there are at base and at head."""
        series = self._series.get(key)
        found = series.processes if series else {}
        return len(found.get(self.ends.base, ())), len(found.get(self.ends.head, ()))

    def refusals(self, key: SeriesKey) -> tuple[int, int]:
        """How many of the last processes at base and at head gave nothing, one after the other."""
        series = self._series.get(key)
        found: Mapping[str, int] = series.refusals if series else {}
        return found.get(self.ends.base, 0), found.get(self.ends.head, 0)

    def returns_else(self, key: SeriesKey) -> bool:
        """Whether what the benchmark returns is one thing at base and another at head: then both ends do not
        compute the same. Values that processes of one commit do not agree on tell nothing.
        """
        series = self._series.get(key)
        base, head = (series.checks.get(one, set()) if series else set() for one in self._both)
        return len(base) == len(head) == 1 and base != head

    @property
    def _both(self) -> tuple[str, str]:
        return self.ends.base, self.ends.head

    def unit(self, key: SeriesKey) -> str:
        """The unit of a series; that of its benchmark while nothing is known of it."""
        series = self._series.get(key)
        return series.unit if series else self._benchmarks[key.case.benchmark].unit

    def whys(self, key: SeriesKey) -> tuple[Failed | Skipped | NotRun, ...]:
        """Why processes gave nothing, the last reason at each end that has one."""
        series = self._series.get(key)
        return tuple(series.why.values()) if series else ()

    def _of(self, key: SeriesKey, stated: tuple[str, Better]) -> _Series:
        unit, better = stated
        return self._series.setdefault(key, _Series(unit=unit, better=better))

    def _key(self, run: Run, metric: str) -> SeriesKey:
        return SeriesKey(
            machine=self._machine,
            environment=run.environment,
            case=run.case,
            metric=metric,
            version=run.version,
        )

    def _stated(self, run: Run) -> tuple[str, Better]:
        described = self._benchmarks[run.case.benchmark]
        return described.unit, stated_better(described.definition) or Better.LOWER

    def _at(self, key: SeriesKey, commit: str, counts: Counts) -> Found:
        series = self._series[key]
        found = tuple(one for one in series.processes.get(commit, ()) if counts(key, one.session))
        if not found:
            why = series.why.get(commit) or NotRun(reason="not measured in turn with the other end")
            return Missing(key=key, commit=commit, unit=series.unit, better=series.better, why=why)
        return Measurement(
            key=key,
            commit=commit,
            unit=series.unit,
            better=series.better,
            processes=found,
            stored=_stored(found),
            carried_from=None,
        )


def _keep(series: _Series, session: str, run: Run, samples: tuple[float, ...], number: int | None) -> None:
    series.processes.setdefault(run.commit, []).append(
        Process(
            session=session,
            started_at=run.started_at,
            number=number,
            samples=tuple(map(float, samples)),  # a benchmark may give whole numbers
        )
    )


def _stored(processes: Iterable[Process]) -> Stored:
    """The value that all samples come to; what it is uncertain by, the processes tell better."""
    value = statistics.median(sample for one in processes for sample in one.samples)
    return Stored(value=value, low=math.nan, high=math.nan)
