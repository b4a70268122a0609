"""Measures what a baseline, or what is held against one, lacks at a commit. Owns no rule of measuring.

It is the ordinary session with the project's own precision, recorded in results/ as by ``groundspeed run``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from groundspeed.config import Configuration
from groundspeed.errors import GroundspeedError
from groundspeed.history import History
from groundspeed.measure.commits import Range
from groundspeed.measure.host import Host, look, machine_with_results
from groundspeed.measure.plan import Selection
from groundspeed.measure.session import Request, at_work
from groundspeed.measure.session import run as measure
from groundspeed.measure.world import Screen, SystemClock
from groundspeed.records import Sampling
from groundspeed.results.baselines import (
    Baseline,
    baseline_path,
    read_baseline,
    refuse_taken,
    write_baseline,
)
from groundspeed.results.origin import Origin
from groundspeed.verdicts.baselines import (
    Cases,
    Check,
    Terms,
    Wanted,
    baseline_of,
    check,
    fewest_sessions,
    present,
    refuse_other_machine,
)
from groundspeed.verdicts.newest import resolve
from groundspeed.verdicts.reading import ProjectResults, read


class InterruptedMeasuringError(GroundspeedError):
    """Ctrl-C ended the measuring; what was measured is recorded."""

    exit_code = 130


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a user asks for: a revision, the cases in whose text ``pattern`` is found (None: all), whose
    results (None: this host's), measured in so many ``sessions`` at least. With ``stored`` nothing is
    measured, and the machine may be another.
    """

    revision: str
    pattern: str | None
    machine: str | None
    sessions: int
    stored: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Keeping:
    """Under which name a baseline is kept; ``overwrite`` gives up an older one of that name."""

    name: str
    overwrite: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Saved:
    """A baseline that was written, and where."""

    baseline: Baseline
    path: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Project:
    """What baselines are of: the project's configuration, the shell's variables, and who watches."""

    configuration: Configuration
    variables: Mapping[str, str]
    screen: Screen


def save(at: Project, asked: Asked, keeping: Keeping) -> Saved:
    """Measure what the commit lacks, and keep all of it under a name.

    Raises GroundspeedError when the name is taken or none (before anything is measured),
    NothingMeasuredError when there is no value, else as ``measure.session.run``.
    """
    results_dir = at.configuration.suite.results_dir
    baseline_path(results_dir, keeping.name)
    if not keeping.overwrite:
        refuse_taken(results_dir, keeping.name)
    wanted = (
        _stored(at, asked)
        if asked.stored
        else _measured(at, asked, look(at.configuration, asked.machine, pin=False))
    )
    baseline = baseline_of(_read(at), wanted, keeping.name, SystemClock().now())
    path = write_baseline(results_dir, baseline, overwrite=keeping.overwrite)
    return Saved(baseline=baseline, path=path)


def check_against(at: Project, asked: Asked, name: str, terms: Terms) -> Check:
    """Measure what the commit lacks, and hold it against the baseline of a name.

    Raises as ``read_baseline`` and ``verdicts.baselines.check``; a baseline of another machine is refused
    before anything is measured.
    """
    baseline = read_baseline(at.configuration.suite.results_dir, name)
    if asked.stored:
        machines = read(at.configuration).machines
        own = baseline.origin.machine
        wanted = _stored(at, replace(asked, machine=asked.machine or (own if own in machines else None)))
    else:
        host = look(at.configuration, asked.machine, pin=False)
        if not terms.any_machine:
            refuse_other_machine(baseline, _origin(host))
        wanted = _measured(at, asked, host)
    return check(_read(at), baseline, wanted, terms)


def _read(at: Project) -> ProjectResults:
    """The results, and on the screen what is to be said of them."""
    reading = read(at.configuration)
    for notice in reading.notices:
        at.screen.note(notice)
    return reading


def _stored(at: Project, asked: Asked) -> Wanted:
    """What is on record, of any machine."""
    reading = read(at.configuration)
    return Wanted(
        machine=machine_with_results(at.configuration, reading.machines, asked.machine),
        commit=resolve(reading, asked.revision),
        cases=_cases(at, asked),
    )


def _measured(at: Project, asked: Asked, host: Host) -> Wanted:
    """What this host can measure, once it has."""
    wanted = Wanted(machine=host.machine.name, commit=_commit(at, asked.revision), cases=_cases(at, asked))
    _measure(at, host, wanted, again=False, carry=asked.sessions == 1)
    for _ in range(asked.sessions - 1):
        if fewest_sessions(present(read(at.configuration), wanted)) >= asked.sessions:
            break
        _measure(at, host, wanted, again=True, carry=False)
    return wanted


def _cases(at: Project, asked: Asked) -> Cases:
    return Cases(pattern=asked.pattern, nightly=at.configuration.project.nightly.cases)


def _origin(host: Host) -> Origin:
    machine = host.machine
    return Origin(
        machine=machine.name,
        description=machine.description,
        fingerprint=machine.fingerprint,
        installed=(),
        versions={},
    )


def _measure(at: Project, host: Host, wanted: Wanted, *, again: bool, carry: bool) -> None:
    """One session: what the record lacks, or all of it ``again``; ``carry`` takes over what is measured of
    the same built content.
    """
    project = at.configuration.project
    request = Request(
        commits=Range(revisions=wanted.commit, last=1, steps=None, new=False),
        selection=Selection.matching(wanted.cases.pattern, wanted.cases.nightly, again=again, carry=carry),
        sampling=Sampling(
            precision=project.precision,
            case_budget_s=project.case_budget_s,
            budget_s=None,
            interleave=True,
            cpus=host.cpus,
        ),
        dry_run=False,
    )
    report = measure(at.configuration, host, request, at.variables, at.screen)
    if report.interrupted:
        raise InterruptedMeasuringError(
            "Interrupted. What was measured is recorded; the same command goes on from here."
        )


def _commit(at: Project, revision: str) -> str:
    """The full hash; a remote repository is fetched first. Raises HistoryError where it names none."""
    if at.configuration.suite.is_remote:
        with at_work(at.configuration, at.variables) as (environments, _):
            environments.fetch()
    return History.open(at.configuration.suite.repo_path).resolve(revision)
