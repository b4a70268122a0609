"""What all sessions of one machine say, line by line: what is recorded of each case, what is not.

Pure: no file is touched. The order in which lines are added does not matter, only where they stand
(session id, then line), so what follows from them is the same whether they come one by one during a
run or all at once. What asv's files then hold is ``rows``' business.

Rules: all runs of a case at one commit, in one environment, of one benchmark version make one
measurement. Quick runs count only where no other run measured, failed or was skipped. A measured run
beats failed and skipped ones; without one the last outcome counts. A failed build counts as a failure
of each benchmark it names. Carried-over and not-run lines are no data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from groundspeed.records import (
    Benchmark,
    Build,
    CarriedOver,
    Case,
    Failed,
    Measured,
    NotRun,
    Reading,
    Run,
    Session,
)
from groundspeed.results.entries import Entry, Place, RowEntries, SpotEntries, insert, place_of
from groundspeed.results.further import metric_fault

Spot = tuple[str, str]
"""A commit (hash) and an environment (name): what one of asv's files is about."""


class Standing(StrEnum):
    """What the record says of a case at a commit."""

    MEASURED = "measured"
    FAILED = "failed"
    NOT_BUILT = "did not build"
    SKIPPED = "skipped"
    CARRIED_OVER = "carried over"


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """What is recorded of one case.

    ``runs`` count; ``quick`` when they are quick ones; of a case that was not built they are the
    sessions in which it was not. ``complete`` when no further run is wanted: a measured case was
    stopped, or has as many runs as its benchmark states where sessions did not say; a failed or
    skipped one has had its say. ``samples`` are those of each run that measured.
    """

    standing: Standing
    runs: int
    quick: bool
    complete: bool
    samples: tuple[tuple[float, ...], ...]

    @property
    def measured(self) -> bool:
        """Whether there is a value."""
        return self.standing is Standing.MEASURED


@dataclass(kw_only=True, slots=True)
class _Metric:
    """A further metric of a benchmark: its newest reading, and the versions that have shown it."""

    place: Place
    reading: Reading
    versions: set[str]


class Ledger:
    """What the sessions of one machine say. Sessions are opened, then their lines added."""

    def __init__(self) -> None:
        """An empty ledger."""
        self._sessions: dict[str, tuple[Session, Mapping[str, str]]] = {}
        self._benchmarks: dict[str, dict[str, Benchmark]] = {}
        self._spots: dict[Spot, SpotEntries] = {}
        self._carried: dict[Spot, set[tuple[Case, str]]] = {}
        self._metrics: dict[str, dict[str, _Metric]] = {}

    def open(self, session: Session, machine: Mapping[str, str]) -> None:
        """Make a session known; ``machine`` is asv's machine.json during it."""
        self._sessions[session.id] = (session, dict(machine))
        self._benchmarks[session.id] = {one.name: one for one in session.benchmarks}

    def add(self, place: Place, item: Build | Run) -> set[Spot]:
        """Add a line of an opened session; returns the spots of which it changes what follows.

        ValueError when the session's header does not know what the line names.
        """
        self.check(place.session, item)
        where = (item.commit, item.environment)
        if isinstance(item, Run) and isinstance(item.outcome, NotRun | CarriedOver):
            if isinstance(item.outcome, CarriedOver):
                self._carried.setdefault(where, set()).add((item.case, item.version))
            return set()
        spot = self._spots.setdefault(where, SpotEntries(last=place))
        spot.last = max(spot.last, place)
        entry = Entry(place=place, item=item)
        if isinstance(item, Run):
            spot.rows.setdefault((item.case.benchmark, item.version), RowEntries()).add(entry)
            return {where} | self._learn(place, item)
        insert(spot.builds, entry)
        if item.failure is not None:
            for name in item.benchmarks:
                version = self._benchmarks[place.session][name].version
                spot.rows.setdefault((name, version), RowEntries()).add(entry)
        return {where}

    def _learn(self, place: Place, run: Run) -> set[Spot]:
        """Remember the run's metrics; one that is new has a row wherever its benchmark has one."""
        name, version = run.case.benchmark, run.version
        changed = False
        for reading in run.metrics if isinstance(run.outcome, Measured) else ():
            known = self._metrics.setdefault(name, {}).setdefault(
                reading.metric, _Metric(place=place, reading=reading, versions=set())
            )
            if place >= known.place:
                known.place, known.reading = place, reading
            changed |= version not in known.versions
            known.versions.add(version)
        rows = ((where, spot.rows) for where, spot in self._spots.items() if changed)
        return {where for where, found in rows if (name, version) in found}

    def check(self, session_id: str, item: Build | Run) -> None:
        """Raise ValueError when the session's header does not know what the line names."""
        session, _ = self._sessions[session_id]
        if item.commit not in session.commits:
            raise ValueError(f"commit {item.commit} is not in the header of session {session.id}")
        if item.environment not in {one.name for one in session.environments}:
            raise ValueError(f"environment {item.environment} is not in the header of session {session.id}")
        names = [item.case.benchmark] if isinstance(item, Run) else item.benchmarks
        for name in names:
            if name not in self._benchmarks[session_id]:
                raise ValueError(f"benchmark {name} is not in the header of session {session.id}")
        if isinstance(item, Run):
            if not _belongs(item.case, self._benchmarks[session_id][names[0]]):
                raise ValueError(
                    f"case {item.case} is none of the suite's in the header of session {session.id}"
                )
            for reading in item.metrics:
                if fault := metric_fault(reading.metric):
                    raise ValueError(f"case {item.case}: {fault}")

    # --- what rows are made of ---------------------------------------------------------------------

    def spots(self) -> list[Spot]:
        """Every (commit, environment) of which something is said, sorted."""
        return sorted(self._spots)

    def at(self, spot: Spot) -> SpotEntries | None:
        """Everything said of one spot."""
        return self._spots.get(spot)

    def session(self, name: str) -> tuple[Session, Mapping[str, str]]:
        """An opened session, and asv's machine.json during it."""
        return self._sessions[name]

    def benchmark(self, session: str, name: str) -> Benchmark:
        """A benchmark as a session's header describes it."""
        return self._benchmarks[session][name]

    def metrics(self, name: str, version: str | None = None) -> list[str]:
        """The further metrics that runs of a benchmark (of one version) have shown, sorted."""
        known = self._metrics.get(name, {})
        return sorted(one for one, metric in known.items() if version is None or version in metric.versions)

    def readings(self) -> dict[tuple[str, str], Reading]:
        """The newest reading of every benchmark's every further metric."""
        return {
            (name, metric): known.reading
            for name, metrics in self._metrics.items()
            for metric, known in metrics.items()
        }

    def news(self, run: Run) -> dict[tuple[str, str], Reading]:
        """Those of a run's readings that are new, or whose unit or direction is, as ``readings``."""
        known = self._metrics.get(run.case.benchmark, {})
        measured = isinstance(run.outcome, Measured)
        last = {one.metric: one for one in run.metrics if measured}
        return {
            (run.case.benchmark, one.metric): one
            for one in last.values()
            if (before := known.get(one.metric)) is None
            or (before.reading.unit, before.reading.better) != (one.unit, one.better)
        }

    # --- what a scheduler asks ---------------------------------------------------------------------

    def commits(self) -> list[str]:
        """Every commit of which something is said."""
        return sorted({commit for commit, _ in self._spots})

    def durations(self) -> dict[Case, float]:
        """Seconds of the newest run of each case, quick ones only where there is no other."""
        lists = [
            one for spot in self._spots.values() for rows in spot.rows.values() for one in rows.runs.items()
        ]
        newest: dict[Case, tuple[bool, Place, float]] = {}
        for case, entries in lists:
            for entry in entries:
                if isinstance(entry.item, Run):
                    rank = (not entry.item.quick, entry.place, entry.item.duration_s)
                    newest[case] = max(newest.get(case, rank), rank)
        return {case: duration_s for case, (_, _, duration_s) in newest.items()}

    def builds(self) -> dict[Spot, Build]:
        """Of each spot the last build that stood, or the last failed one where none did."""
        found: dict[Spot, Build] = {}
        for where, spot in self._spots.items():
            builds = [entry.item for entry in spot.builds if isinstance(entry.item, Build)]
            for build in sorted(builds, key=lambda one: one.failure is None):  # stable: the last one stays
                found[where] = build
        return found

    def build_duration(self) -> float | None:
        """Seconds of the newest build that stood."""
        builds = [entry for spot in self._spots.values() for entry in spot.builds]
        for entry in sorted(builds, key=place_of, reverse=True):
            if isinstance(entry.item, Build) and entry.item.failure is None:
                return entry.item.duration_s
        return None

    def checks(self) -> dict[tuple[str, Case, str], dict[str, frozenset[str]]]:
        """What runs that measured returned: by environment, case and version, then by commit.

        Quick runs are as good as others here: a check value takes no time.
        """
        found: dict[tuple[str, Case, str], dict[str, frozenset[str]]] = {}
        for (commit, environment), spot in sorted(self._spots.items()):
            for (_, version), entries in spot.rows.items():
                for case, lines in entries.runs.items():
                    if values := frozenset(value for entry in lines if (value := _check(entry)) is not None):
                        found.setdefault((environment, case, version), {})[commit] = values
        return found

    def recorded(self, commit: str, environment: str) -> dict[tuple[Case, str], Recorded]:
        """What sessions say of each case and benchmark version, carried-over ones included."""
        none = Recorded(standing=Standing.CARRIED_OVER, runs=0, quick=False, complete=False, samples=())
        found = dict.fromkeys(self._carried.get((commit, environment), ()), none)
        spot = self._spots.get((commit, environment))
        for (name, version), entries in spot.rows.items() if spot else ():
            cases = dict.fromkeys(entries.runs)
            for build in entries.builds:
                cases.update(dict.fromkeys(self._benchmarks[build.place.session][name].cases()))
            for case in cases:
                found[case, version] = self._standing(entries.of(case))
        return found

    def _standing(self, data: Sequence[Entry]) -> Recorded:
        """What the entries that count for one case, one at least, mean for who wants to measure it."""
        runs = [(entry.place.session, entry.item) for entry in data if isinstance(entry.item, Run)]
        measured = [(session, run) for session, run in runs if isinstance(run.outcome, Measured)]
        last = data[-1].item
        if measured:
            standing, counted = Standing.MEASURED, len(measured)
        elif isinstance(last, Build):
            unbuilt = {entry.place.session for entry in data if isinstance(entry.item, Build)}
            standing, counted = Standing.NOT_BUILT, len(unbuilt)
        else:
            failed = isinstance(last.outcome, Failed)
            standing, counted = Standing.FAILED if failed else Standing.SKIPPED, len(runs)
        samples = [run.outcome.samples for _, run in measured if isinstance(run.outcome, Measured)]
        return Recorded(
            standing=standing,
            runs=counted,
            quick=any(run.quick for _, run in runs) and standing is not Standing.NOT_BUILT,
            complete=self._enough(measured) if measured else standing is not Standing.NOT_BUILT,
            samples=tuple(samples),
        )

    def _enough(self, measured: Sequence[tuple[str, Run]]) -> bool:
        """A session that says how it samples says when to stop; before, a benchmark's rounds did."""
        unstated = 0
        for name, run in measured:
            if self._sessions[name][0].sampling is None:
                unstated += 1
                if unstated >= self._benchmarks[name][run.case.benchmark].rounds:
                    return True
            elif run.stop is not None:
                return True
        return False


def _belongs(case: Case, benchmark: Benchmark) -> bool:
    """Whether the case is one of the benchmark's, without making them all."""
    return len(case.params) == len(benchmark.params) and all(
        value in values for value, values in zip(case.params, benchmark.params, strict=True)
    )


def _check(entry: Entry) -> str | None:
    run = entry.item
    return run.check if isinstance(run, Run) and isinstance(run.outcome, Measured) else None
