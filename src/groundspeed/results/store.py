"""The record of one machine while it measures: sessions appended, asv's files derived and replaced.

Owns the order of writing: the session's line first, then asv's file of that commit and environment.
Whatever happens in between, asv's files can be made again from the sessions (``rebuild``). The
caller holds the results lock.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping
from pathlib import Path

from groundspeed.errors import StorageError
from groundspeed.records import Benchmark, Build, Case, Run, Session
from groundspeed.results.asv_files import BrokenFileError, Row, StoredFile, file_name, parse, render, row
from groundspeed.results.atomic import refused, replace_bytes, sweep
from groundspeed.results.catalog import (
    BENCHMARKS,
    METRICS,
    benchmark,
    merged_definitions,
    merged_metrics,
    read_definitions,
    read_metrics,
    write_definitions,
    write_machine,
    write_metrics,
)
from groundspeed.results.gather import result_paths
from groundspeed.results.ledger import COMPLETE, Ledger, Place, Recorded, Standing
from groundspeed.results.session_format import NewerSessionError, SessionFormatError
from groundspeed.results.sessions import (
    FOLDER,
    SessionWriter,
    read_header,
    read_session_file,
    session_paths,
)

_COMMIT_FIRST = re.compile(rb'\{"commit_hash": "([0-9a-f]+)"')


class ResultStore:
    """What is recorded under one machine's name, and the session that adds to it."""

    def __init__(self, results_dir: Path, machine: Mapping[str, str]) -> None:
        """Load what earlier sessions say. ``machine`` is asv's machine.json, its name in ``machine``.

        Raises NewerSessionError when a newer groundspeed wrote there; other broken files are named
        in ``warnings``.
        """
        self._results_dir = results_dir
        self._machine = dict(machine)
        self._folder = results_dir / machine["machine"]
        self._writer: SessionWriter | None = None
        self._session = ""
        self._line = 1
        self._ledger, _, warnings = _load(self._folder)
        self._warnings = warnings

    @property
    def warnings(self) -> tuple[str, ...]:
        """Broken files that were met so far."""
        return tuple(self._warnings)

    def begin(self, session: Session) -> None:
        """Start a session: its file, machine.json, benchmarks.json and metrics.toml. StorageError."""
        if session.machine != self._machine["machine"]:
            raise ValueError(f"session of {session.machine} in the store of {self._machine['machine']}")
        sweep(self._folder)
        sweep(self._results_dir)
        self._warnings += _write_catalogs(self._results_dir, session.benchmarks)
        self._writer = SessionWriter(self._folder / FOLDER, session, self._machine)
        self._session, self._line = session.id, 1
        self._ledger.open(session, self._machine)
        write_machine(self._folder, self._machine)

    def add(self, item: Build | Run) -> None:
        """Record what was done; returns when it is safe. Raises StorageError.

        A failure to write asv's file is raised too, with the session's line already safe.
        """
        if self._writer is None:
            raise ValueError("no session has begun")
        self._ledger.check(self._session, item)
        self._writer.append(item)
        self._line += 1
        self._ledger.add(Place(session=self._session, line=self._line), item)
        self._warnings += _write_file(self._folder, self._ledger, item.commit, item.environment)

    def close(self) -> None:
        """End the session; one in which nothing was done leaves no file."""
        writer, self._writer = self._writer, None
        if writer is None:
            return
        if self._line == 1:
            writer.discard()
        else:
            writer.close()

    def recorded(self, commit: str, environment: str) -> Mapping[tuple[Case, str], Recorded]:
        """What sessions and asv's own rows hold of each case, by case and benchmark version."""
        existing, _ = _read_file(self._folder, commit, environment)
        found = {} if existing is None else _recorded_by_asv(existing, self._versions())
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
            commits.update(hash_ for name in names if (hash_ := _commit_of(folder / name)))
        return tuple(sorted(commits))

    def durations(self) -> Mapping[Case, float]:
        """Seconds that a run of each case took last."""
        return self._ledger.durations()

    def build_duration(self) -> float | None:
        """Seconds that the last build took."""
        return self._ledger.build_duration()

    def benchmarks(self) -> tuple[Benchmark, ...]:
        """The suite as benchmarks.json knows it."""
        found = []
        try:
            for name, definition in sorted(read_definitions(self._results_dir).items()):
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
    ledger, last_machine, warnings = _load(folder)
    if last_machine is None:
        return tuple(warnings)
    write_machine(folder, last_machine)
    warnings += _write_catalogs(results_dir, ())
    for commit, environment in ledger.spots():
        warnings += _write_file(folder, ledger, commit, environment)
    return tuple(warnings)


def _load(folder: Path) -> tuple[Ledger, Mapping[str, str] | None, list[str]]:
    """All sessions of a machine; machine.json of the newest one."""
    ledger, machine, warnings = Ledger(), None, []
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
        ledger.open(file.session, file.machine)
        for line, item in enumerate(file.items, start=2):
            try:
                ledger.add(Place(session=file.session.id, line=line), item)
            except ValueError as error:
                warnings.append(f"{path}: {error}; the line is skipped.")
    return ledger, machine, warnings


# --- asv's files -----------------------------------------------------------------------------------


def _write_file(folder: Path, ledger: Ledger, commit: str, environment: str) -> list[str]:
    """Replace asv's file of one commit and environment; what is broken there is kept beside it."""
    existing, warnings = _read_file(folder, commit, environment)
    path = folder / file_name(commit, environment)
    if warnings:
        _set_aside(path)
    file = ledger.file(commit, environment, existing)
    if file is not None:
        replace_bytes(path, render(file))
    return warnings


def _set_aside(path: Path) -> None:
    try:
        path.replace(path.with_name(f"{path.name}.broken"))
    except OSError as error:
        raise refused(path, error) from error


def _read_file(folder: Path, commit: str, environment: str) -> tuple[StoredFile | None, list[str]]:
    """asv's file as it stands; None when there is none, or with a warning when it is broken."""
    path = folder / file_name(commit, environment)
    try:
        file = parse(path.read_bytes(), exact=True)
    except FileNotFoundError:
        return None, []
    except BrokenFileError as error:
        return None, [f"{path} {error}; kept as {path.name}.broken."]
    except OSError as error:
        raise refused(path, error) from error
    if file.commit != commit or file.environment != environment:
        raise StorageError(
            f"{path} holds {file.commit} in {file.environment}, where {commit} in {environment} belongs. "
            "Their names collide; move the file out of the results, then run again."
        )
    return file, []


def _recorded_by_asv(file: StoredFile, versions: Mapping[str, str]) -> dict[tuple[Case, str], Recorded]:
    """Rows without a version (old files have such) count for today's, as they do in asv."""
    found = {}
    for name in file.rows:
        stored = row(file, name)
        if stored is None:
            continue
        version = stored.version or versions.get(name)
        if version is not None:
            found.update({(case, version): standing for case, standing in _cases(name, stored)})
    return found


def _cases(name: str, stored: Row) -> list[tuple[Case, Recorded]]:
    cases = [Case(benchmark=name, params=one) for one in itertools.product(*stored.params)]
    return [
        (case, Recorded(standing=_standing(cell.value), runs=COMPLETE, quick=False))
        for case, cell in zip(cases, stored.cells, strict=True)
    ]


def _standing(value: float | None) -> Standing:
    if value is None:
        return Standing.FAILED
    return Standing.SKIPPED if math.isnan(value) else Standing.MEASURED


def _commit_of(path: Path) -> str | None:
    """The commit of a result file: asv writes it first, so its head is enough for all but old files."""
    try:
        with path.open("rb") as file:
            match = _COMMIT_FIRST.match(file.read(256))
        return match[1].decode("ascii") if match else parse(path.read_bytes(), exact=False).commit
    except (OSError, BrokenFileError):
        return None  # whoever reads its results names it


# --- what describes them ---------------------------------------------------------------------------


def _write_catalogs(results_dir: Path, now: tuple[Benchmark, ...]) -> list[str]:
    """benchmarks.json and metrics.toml: what they hold, what sessions of any machine knew, and ``now``.

    A broken benchmarks.json is set aside and made again; metrics.toml people may have edited.
    """
    definitions, warnings = {}, []
    try:
        definitions = read_definitions(results_dir)
    except BrokenFileError as error:
        path = results_dir / BENCHMARKS
        warnings.append(f"{path} {error}; kept as {path.name}.broken and made again.")
        _set_aside(path)
    try:
        metrics = read_metrics(results_dir)
    except BrokenFileError as error:
        raise StorageError(
            f"{results_dir / METRICS} {error}. Mend it, or restore it from git; nothing was written."
        ) from error
    headers = []
    for path in sorted(results_dir.glob(f"*/{FOLDER}/*"), key=lambda one: one.name):
        try:
            headers.append(read_header(path).benchmarks)
        except SessionFormatError:
            continue  # named where its lines are read
    write_definitions(results_dir, merged_definitions(definitions, headers, now))
    write_metrics(results_dir, merged_metrics(metrics, headers, now))
    return warnings
