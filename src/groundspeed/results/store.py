"""The record of one machine while it measures: sessions appended, asv's files derived and replaced.

Owns the order of writing: the session's line first, which is the truth and safe at once; asv's file of
that commit and environment at once when it was not written lately, else a little later. Whatever
happens in between, asv's files can be made again from the sessions: the next session begins with
those that a killed one left behind, ``catch_up`` makes them where none follows, ``rebuild`` makes all. The
caller holds the results lock.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from groundspeed.records import Benchmark, Build, Case, Control, Run, SeriesKey, Session
from groundspeed.results.asv_files import BrokenFileError
from groundspeed.results.atomic import sweep
from groundspeed.results.catalog import (
    BENCHMARKS,
    benchmark,
    read_definitions,
    write_catalogs,
    write_machine,
)
from groundspeed.results.entries import Place
from groundspeed.results.further import split_metric
from groundspeed.results.gather import result_paths
from groundspeed.results.ledger import Ledger, Recorded, Spot
from groundspeed.results.session_lines import Item
from groundspeed.results.session_wire import NewerSessionError, SessionFormatError
from groundspeed.results.sessions import (
    FOLDER,
    SessionWriter,
    read_headers,
    read_session_file,
    session_paths,
)
from groundspeed.results.spot_files import commit_of, read_file, recorded_by_asv, write_file

LAG_S = 5.0
"""How long asv's file may stay behind the session while lines come in: replacing the file of 200 cases
after every line cost ten times the line itself (2.4 ms a run then, 0.2 ms now)."""


class ResultStore:
    """What is recorded under one machine's name, and the session that adds to it."""

    def __init__(
        self,
        results_dir: Path,
        machine: Mapping[str, str],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Load what earlier sessions say. ``machine`` is asv's machine.json, its name in ``machine``.

        ``monotonic`` gives seconds from an arbitrary start. Raises NewerSessionError when a newer
        groundspeed wrote there; other broken files are named in ``warnings``.
        """
        self._results_dir = results_dir
        self._machine = dict(machine)
        self._folder = results_dir / machine["machine"]
        self._monotonic = monotonic
        self._writer: SessionWriter | None = None
        self._session = ""
        self._line = 1
        self._done = False
        self._headers: Sequence[tuple[Benchmark, ...]] = ()
        loaded = _load(self._folder)
        self._ledger, self._behind, self._warnings = loaded.ledger, loaded.behind, loaded.warnings
        self._controls = loaded.controls
        self._written_s: dict[Spot, float] = {}

    @property
    def warnings(self) -> tuple[str, ...]:
        """Broken files that were met so far."""
        return tuple(self._warnings)

    def begin(self, session: Session) -> None:
        """Start a session: its file, machine.json, benchmarks.json and metrics.toml. StorageError.

        asv's files that a killed session left behind are made again first.
        """
        if session.machine != self._machine["machine"]:
            raise ValueError(f"session of {session.machine} in the store of {self._machine['machine']}")
        self._resume(session.benchmarks)
        self._writer = SessionWriter(self._folder / FOLDER, session, self._machine)
        self._session, self._line, self._done = session.id, 1, False
        self._headers = (*self._headers, session.benchmarks)
        self._ledger.open(session, self._machine)
        write_machine(self._folder, self._machine)

    def add(self, item: Item) -> None:
        """Record what was done; returns when it is safe. Raises StorageError.

        A failure to write asv's file is raised too, with the session's line already safe. Control and
        telemetry lines change none of asv's files.
        """
        if self._writer is None:
            raise ValueError("no session has begun")
        if isinstance(item, Build | Run):
            self._ledger.check(self._session, item)
        self._writer.append(item)
        self._line += 1
        if isinstance(item, Build | Run):
            self._derive(item)

    def catch_up(self) -> None:
        """Make asv's files again that a killed session left behind, where none follows. StorageError."""
        if self._behind:
            self._resume(())

    def _resume(self, suite: tuple[Benchmark, ...]) -> None:
        sweep(self._folder)
        sweep(self._results_dir)
        self._catch_up()
        self._headers = read_headers(self._results_dir)
        self._warnings += write_catalogs(
            self._results_dir, self._headers, suite, earlier=self._ledger.readings(), now={}
        )

    def _derive(self, item: Build | Run) -> None:
        self._done = True
        new = self._ledger.news(item) if isinstance(item, Run) else {}
        self._behind |= self._ledger.add(Place(session=self._session, line=self._line), item)
        if new:
            self._warnings += write_catalogs(self._results_dir, self._headers, (), earlier={}, now=new)
        self._catch_up(lag_s=LAG_S)

    def _catch_up(self, *, lag_s: float = 0.0) -> None:
        """Write asv's files that are behind, but none that was written less than ``lag_s`` ago."""
        now_s = self._monotonic()
        for spot in sorted(self._behind):
            if now_s - self._written_s.get(spot, -math.inf) >= lag_s:
                self._warnings += write_file(self._folder, self._ledger, spot)
                self._behind.discard(spot)
                self._written_s[spot] = now_s

    def close(self) -> None:
        """End the session; one in which nothing was built or run leaves no file. Raises StorageError."""
        writer, self._writer = self._writer, None
        if writer is None:
            return
        if not self._done:
            writer.discard()
            return
        caught_up = False
        try:
            self._catch_up()
            caught_up = True
        finally:
            (writer.close if caught_up else writer.abandon)()

    def recorded(self, commit: str, environment: str) -> Mapping[tuple[Case, str], Recorded]:
        """What sessions and asv's own rows hold of each case, by case and benchmark version."""
        existing, _ = read_file(self._folder, commit, environment)
        found = {} if existing is None else recorded_by_asv(existing, self._versions())
        ours = self._ledger.recorded(commit, environment)
        rows = {(case.benchmark, version) for case, version in ours}
        # in a row that we wrote, an empty cell is a case that nobody has run yet
        theirs = {
            (case, version): recorded
            for (case, version), recorded in found.items()
            if recorded.measured or (case.benchmark, version) not in rows
        }
        return {**theirs, **ours}

    def measured_commits(self) -> tuple[str, ...]:
        """The commits that this machine has results for."""
        commits = set(self._ledger.commits())
        for folder, names in result_paths(self._folder):
            commits.update(hash_ for name in names if (hash_ := commit_of(folder / name)))
        return tuple(sorted(commits))

    def durations(self) -> Mapping[Case, float]:
        """Seconds that a run of each case took last."""
        return self._ledger.durations()

    def builds(self) -> Mapping[Spot, Build]:
        """By commit and environment the last build that stood, or the last failed one where none did.

        Builds of equal ``identity`` (not None) hold the same content.
        """
        return self._ledger.builds()

    def checks(self) -> Mapping[SeriesKey, Mapping[str, frozenset[str]]]:
        """Of each case's main series, by commit: every check value that its runs returned there."""
        return {
            SeriesKey(
                machine=self._machine["machine"],
                environment=environment,
                case=case,
                metric="",
                version=version,
            ): seen
            for (environment, case, version), seen in self._ledger.checks().items()
        }

    def build_duration(self) -> float | None:
        """Seconds that the last build took."""
        return self._ledger.build_duration()

    def controls(self) -> tuple[tuple[Control, ...], ...]:
        """What the control benchmark gave in each session before this one, oldest first."""
        return self._controls

    def benchmarks(self) -> tuple[Benchmark, ...]:
        """The suite as benchmarks.json knows it, without the entries of further metrics."""
        found = []
        try:
            for name, definition in sorted(read_definitions(self._results_dir).items()):
                if not split_metric(name)[1]:
                    found.append(benchmark(name, definition))
        except BrokenFileError as error:
            self._warnings.append(f"{self._results_dir / BENCHMARKS} {error}.")
        return tuple(found)

    def _versions(self) -> dict[str, str]:
        return {one.name: one.version for one in self.benchmarks()}


def rebuild(results_dir: Path, machine: str) -> tuple[str, ...]:
    """Make asv's files of ``machine`` again from its sessions; returns warnings.

    Rows and cells that no session says anything of stay as they are.
    """
    folder = results_dir / machine
    loaded = _load(folder)
    warnings = loaded.warnings
    if loaded.machine is None:
        return tuple(warnings)
    write_machine(folder, loaded.machine)
    headers = read_headers(results_dir)
    warnings += write_catalogs(results_dir, headers, (), earlier=loaded.ledger.readings(), now={})
    for spot in loaded.ledger.spots():
        warnings += write_file(folder, loaded.ledger, spot)
    return tuple(warnings)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Loaded:
    """All sessions of a machine; machine.json of the newest one; what a killed one left behind."""

    ledger: Ledger
    machine: Mapping[str, str] | None
    behind: set[Spot]
    controls: tuple[tuple[Control, ...], ...]
    warnings: list[str]


def _load(folder: Path) -> _Loaded:
    ledger, machine, warnings = Ledger(), None, []
    behind: set[Spot] = set()
    controls: list[tuple[Control, ...]] = []
    for path in session_paths(folder):
        try:
            file = read_session_file(path)
        except NewerSessionError:
            raise
        except SessionFormatError as error:
            warnings.append(str(error))
            continue
        warnings.extend(file.warnings)
        machine = file.machine
        controls.append(tuple(item for item in file.items if isinstance(item, Control)))
        ledger.open(file.session, file.machine)
        touched: set[Spot] = set()
        for line, item in enumerate(file.items, start=2):
            if not isinstance(item, Build | Run):
                continue
            try:
                touched |= ledger.add(Place(session=file.session.id, line=line), item)
            except ValueError as error:
                warnings.append(f"{path}: {error}; the line is skipped.")
        if not file.closed:
            behind |= touched
    return _Loaded(ledger=ledger, machine=machine, behind=behind, controls=tuple(controls), warnings=warnings)
