"""Measures what a baseline, or what is held against one, lacks at a commit. Owns no rule of measuring.

It is the ordinary session with the project's own precision, recorded in results/ as by ``groundspeed run``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from groundspeed.config import Configuration
from groundspeed.errors import GroundspeedError, HistoryError, NothingMeasuredError
from groundspeed.history import History
from groundspeed.measure.commits import Range
from groundspeed.measure.host import Host, look, this_host
from groundspeed.measure.plan import Selection
from groundspeed.measure.session import Request, at_work
from groundspeed.measure.session import run as measure
from groundspeed.measure.world import Screen, SystemClock
from groundspeed.records import Sampling
from groundspeed.results.baselines import Baseline, baseline_path, refuse_taken, write_baseline
from groundspeed.verdicts.baselines import Wanted, baseline_of
from groundspeed.verdicts.reading import Reading, read


class InterruptedMeasuringError(GroundspeedError):
    """Ctrl-C ended the measuring; what was measured is recorded."""

    exit_code = 130


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a user asks for: a revision, the cases in whose text ``pattern`` is found (None: all), whose
    results (None: this host's). With ``stored`` nothing is measured, and the machine may be another.
    """

    revision: str
    pattern: str | None
    machine: str | None
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
class Workplace:
    """Where measuring happens: the project, the shell's variables, and who watches."""

    configuration: Configuration
    variables: Mapping[str, str]
    screen: Screen


def save(at: Workplace, asked: Asked, keeping: Keeping) -> Saved:
    """Measure what the commit lacks, and keep all of it under a name.

    Raises GroundspeedError when the name is taken or none (before anything is measured),
    NothingMeasuredError when there is no value, else as ``measure.session.run``.
    """
    results_dir = at.configuration.suite.results_dir
    baseline_path(results_dir, keeping.name)
    if not keeping.overwrite:
        refuse_taken(results_dir, keeping.name)
    wanted = _settled(at, asked, None)
    reading = read(at.configuration)
    for notice in reading.notices:
        at.screen.note(notice)
    baseline = baseline_of(reading, wanted, keeping.name, SystemClock().now())
    path = write_baseline(results_dir, baseline, overwrite=keeping.overwrite)
    return Saved(baseline=baseline, path=path)


def _settled(at: Workplace, asked: Asked, baseline: Baseline | None) -> Wanted:
    """Commit and machine by name, and measured there, unless what is stored is to do."""
    if asked.stored:
        reading = read(at.configuration)
        return Wanted(
            machine=_stored_machine(reading, asked.machine, baseline),
            commit=_stored_commit(reading, asked.revision),
            pattern=asked.pattern,
        )
    host = look(at.configuration, asked.machine, pin=False)
    commit = _commit(at, asked.revision)
    wanted = Wanted(machine=host.machine.name, commit=commit, pattern=asked.pattern)
    _measure_missing(at, host, wanted)
    return wanted


def _measure_missing(at: Workplace, host: Host, wanted: Wanted) -> None:
    project = at.configuration.project
    request = Request(
        commits=Range(revisions=wanted.commit, last=1, steps=None, new=False),
        selection=Selection(
            pattern=wanted.pattern,
            nightly=project.nightly_cases,
            with_nightly=False,
            quick=False,
            retry=False,
            again=False,
            carry=True,
        ),
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


def _commit(at: Workplace, revision: str) -> str:
    """The full hash; a remote repository is fetched first. Raises HistoryError where it names none."""
    if at.configuration.suite.is_remote:
        with at_work(at.configuration, at.variables) as (environments, _):
            environments.fetch()
    return History.open(at.configuration.suite.repo_path).resolve(revision)


# --- what is stored ------------------------------------------------------------------------------------


def _stored_machine(reading: Reading, requested: str | None, baseline: Baseline | None) -> str:
    """Whose results are meant: those asked for, a baseline's own, this host's, the only ones."""
    known = sorted(reading.archive.machines)
    if requested is not None and requested not in known:
        raise NothingMeasuredError(
            f"There are no results of a machine {requested}. There are: {', '.join(known) or 'none at all'}."
        )
    own = this_host(reading.configuration, None).name
    wanted = [requested, baseline.origin.machine if baseline else None, own, *known[:1]]
    found = next((one for one in wanted if one in known), None)
    if found is None:
        raise NothingMeasuredError(
            f"There are no results in {reading.configuration.suite.results_dir}. Measure: groundspeed run"
        )
    if found not in wanted[:3] and len(known) > 1:
        raise GroundspeedError(
            f"None of the machines with results is this host: {', '.join(known)}. Say which with --machine."
        )
    return found


def _stored_commit(reading: Reading, revision: str) -> str:
    """A revision that git knows, else the only commit of the results that begins so."""
    try:
        return History.open(reading.configuration.suite.repo_path).resolve(revision)
    except HistoryError as error:
        found = [commit for commit in reading.order if commit.startswith(revision)]
        if len(found) != 1 or not revision:
            raise HistoryError(f"{error} The results hold {len(found)} commits that begin so.") from error
        return found[0]
