"""What surrounds a session, whatever is measured in it: its header, a look at the host, the control
benchmark and telemetry, the folder that cases run in.

What is measured between, and why, is its callers' to say.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from groundspeed.config import Configuration
from groundspeed.machine.control import ControlError, run_control
from groundspeed.machine.fitness import DISK, fitness, for_the_record, take_look
from groundspeed.machine.telemetry import TelemetryRecorder
from groundspeed.measure.host import Host
from groundspeed.measure.world import Screen, SystemClock
from groundspeed.records import (
    Benchmark,
    Commit,
    Control,
    Environment,
    Finding,
    Sampling,
    Session,
    Severity,
)
from groundspeed.results.store import ResultStore
from groundspeed.suite.client import Folders, Worker
from groundspeed.suite.environments import Prepared


@dataclass(frozen=True, kw_only=True, slots=True)
class Content:
    """What a session is about: the commits and environments it measures, with which suite, how thoroughly."""

    commits: Sequence[Commit]
    environments: tuple[Environment, ...]
    benchmarks: tuple[Benchmark, ...]
    sampling: Sampling


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """Where a session measures, and where it says so. ``controls`` are what the control benchmark gave."""

    configuration: Configuration
    host: Host
    store: ResultStore
    screen: Screen
    controls: list[Control] = field(default_factory=list)

    def header(self, content: Content, found: tuple[Finding, ...]) -> Session:
        """A new session, with a name and a seed of its own. ``found`` is how fit the host is."""
        started_at = SystemClock().now()
        return Session(
            id=f"{started_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}",
            started_at=started_at,
            machine=self.host.machine.name,
            fingerprint=self.host.machine.fingerprint,
            environments=content.environments,
            benchmarks=content.benchmarks,
            commits={commit.hash: commit.date for commit in content.commits},
            seed=secrets.randbits(32),
            versions={
                "python": sys.version.split()[0],
                **{
                    name: version(name)
                    for name in ("groundspeed", "asv", "asv_runner", "asv_bench_groundspeed")
                },
            },
            sampling=content.sampling,
            fitness=found,
        )

    def look(self) -> tuple[Finding, ...]:
        """How fit the host is now, for the record; what speaks against measuring is said at once."""
        self.screen.doing("looking at the host")
        found = for_the_record(fitness(take_look(places=self.configuration.places)))
        for finding in found:
            if finding.check == DISK and finding.severity is Severity.NOTE:
                self.screen.note(f"the disk is {finding.seen}; see groundspeed doctor")
            if finding.severity is Severity.UNFIT:
                why = f"{finding.check}: {finding.seen}"
                self.screen.note(f"this host is not fit to measure on ({why}); see groundspeed doctor")
        return found

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """The control benchmark before and after, telemetry in between."""
        self._control()
        recorder = TelemetryRecorder(cpus=self.host.cpus + self.host.idle)
        try:
            with recorder:
                yield
        except KeyboardInterrupt:  # of any other end the store may be the reason
            self.store.add(recorder.telemetry)
            raise
        self.store.add(recorder.telemetry)
        self._control()

    def worker(self, prepared: Prepared, work: Path, cpus: tuple[int, ...]) -> Worker:
        """A worker at a commit, pinned to processors where any are named."""
        return Worker(prepared, self.configuration, folders(prepared, work, cpus))

    def _control(self) -> None:
        self.screen.doing("running the control benchmark")
        try:
            control = run_control(cpus=self.host.cpus)
        except ControlError as error:
            self.screen.note(str(error))
            return
        self.store.add(control)
        self.controls.append(control)


def folders(prepared: Prepared, work: Path, cpus: tuple[int, ...]) -> Folders:
    """Of every process at a commit: its cases find what an earlier one's setup_cache made."""
    caches = work / "caches" / prepared.commit[:12] / prepared.environment
    caches.mkdir(parents=True, exist_ok=True)
    return Folders(work=work, caches=caches, cpus=cpus)


@contextlib.contextmanager
def work_folder(workspace: Path) -> Iterator[Path]:
    """Where cases run and setup_cache leaves what it made; what a killed session left goes first."""
    work = workspace / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)
