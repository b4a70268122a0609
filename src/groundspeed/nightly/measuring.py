"""The stages of a night that measure commits: the host they are measured on, the newest ones, the gaps.

Owns when a stage may measure at all. What was measured is on record at once, so a night that was cut short is
continued by the next one.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

from groundspeed import units
from groundspeed.history import History
from groundspeed.machine.fitness.room import DISK
from groundspeed.measure.commits import Range as CommitRange
from groundspeed.measure.commits import choose_commits
from groundspeed.measure.host import Host, look
from groundspeed.measure.plan import Selection
from groundspeed.measure.session import Report, Request, run
from groundspeed.measure.workplace import commit_of
from groundspeed.nightly.context import Night, Said, failed, left_out
from groundspeed.nightly.gaps import telling_first
from groundspeed.nightly.questions import open_questions
from groundspeed.records import Commit, Failed, Finding, Measured, Sampling, Severity
from groundspeed.results.store import ResultStore
from groundspeed.verdicts.reading import ProjectResults, read

WAIT_S = 60.0
PATIENCE = 0.1
"""A host that is busy is looked at again each minute, for a tenth of the budget: a backup ends, a job that
runs all night does not, and what is measured beside it is flagged."""


# --- the host -------------------------------------------------------------------------------------------


def look_at_host(night: Night) -> Said:
    """Which machine this is, and whether it is fit; one that is busy is waited for.

    Raises as ``measure.host.look``: then nothing is measured tonight.
    """
    night.host = look(night.configuration, night.asked.machine, pin=night.asked.pin)
    name = night.host.machine.name
    waited, findings = 0.0, night.world.findings(night.configuration)
    while _unfit(findings) and waited + WAIT_S <= PATIENCE * night.left_s:
        night.world.screen.note(f"{name} is busy ({', '.join(_unfit(findings))}): looking again in a minute")
        night.world.outside.pause(WAIT_S)
        waited += WAIT_S
        findings = night.world.findings(night.configuration)
    lines = tuple(
        f"{one.check}: {one.seen}"
        for one in findings
        if one.severity is Severity.UNFIT or (one.check == DISK and one.severity is Severity.NOTE)
    )
    if _unfit(findings):
        after = f" after {units.display_duration(waited)}" if waited else ""
        return Said(said=f"{name} is not fit{after}: what is measured now is flagged", lines=lines)
    return Said(said=f"{name} is fit", lines=lines)


def _unfit(findings: Sequence[Finding]) -> list[str]:
    return [one.check for one in findings if one.severity is Severity.UNFIT]


Measuring = Callable[[Night, Host], Said]


def measuring(stage: Measuring) -> Callable[[Night], Said]:
    """A stage that is left out without a host of ours, and when the budget is spent."""

    @functools.wraps(stage)
    def work(night: Night) -> Said:
        if night.host is None:
            return left_out("the host was not accepted")
        if not night.left_s:
            return left_out("the budget is spent")
        return stage(night, night.host)

    return work


# --- commits --------------------------------------------------------------------------------------------


@measuring
def measure_newest(night: Night, host: Host) -> Said:
    """The newest commit of each branch."""
    return _measure(night, host, CommitRange(revisions=None, last=None, steps=None, new=False), night.left_s)


@measuring
def fill_gaps(night: Night, host: Host) -> Said:
    """What lies between measured commits. Half of the time is kept where there is something to look into."""
    reading = read(night.configuration)
    history = History.open(night.configuration.suite.repo_path)
    branches = history.branches(night.configuration.suite.branches)
    oldest = _oldest(night, reading, history)
    if oldest is None:
        return left_out("no commit of the repository is measured yet")
    newest = CommitRange(revisions=None, last=None, steps=None, new=False)
    heads = choose_commits(history, night.configuration.suite.branches, newest, ())
    commits = _line(history, branches, oldest)
    store = ResultStore(night.configuration.suite.results_dir, host.machine.description)
    unclear = [one.range for one in open_questions(reading, host.machine.name)]
    order = telling_first(commits, heads, frozenset(store.measured_commits()), unclear)
    wanted = CommitRange(revisions=None, last=None, steps=None, new=False, named=order)
    return _measure(night, host, wanted, night.left_s / (2 if unclear else 1))


def _oldest(night: Night, reading: ProjectResults, history: History) -> Commit | None:
    """Where the history begins that is to be filled; None where nobody says and nothing is measured."""
    since = night.configuration.project.nightly.since
    if since:
        return commit_of(history, since)
    return min(reading.commits.values(), key=lambda one: one.date, default=None)


def _line(history: History, branches: Sequence[str], oldest: Commit) -> tuple[Commit, ...]:
    """The commits of the branches, newest first, as far back as ``oldest``."""
    found = history.commits(" ".join([*branches, f"^{oldest.hash}"]))
    return (*found, oldest)


def _measure(night: Night, host: Host, commits: CommitRange, budget_s: float) -> Said:
    project = night.configuration.project
    request = Request(
        commits=commits,
        selection=Selection(
            pattern=None,
            nightly=project.nightly.cases,
            with_nightly=True,
            quick=False,
            retry=False,
            again=False,
            carry=True,
        ),
        sampling=Sampling(
            precision=project.precision,
            case_budget_s=project.case_budget_s,
            budget_s=budget_s,
            interleave=True,
            cpus=host.cpus,
        ),
        dry_run=False,
    )
    report = run(night.configuration, host, request, night.world.variables, night.world.screen)
    if report.interrupted:
        raise KeyboardInterrupt
    return _measured(report)


def _measured(report: Report) -> Said:
    tally = report.tally
    lines = tuple(
        f"{one.short} {one.subject}: {tally.count(Measured, one.hash)} measured, "
        f"{tally.count(Failed, one.hash)} failed"
        for one in report.commits
        if tally.count(Measured, one.hash) or tally.count(Failed, one.hash)
    )
    broken = tuple(f"{one.commit[:8]} did not build" for one in tally.not_built)
    if report.exit_code:
        return failed("nothing could be measured", *broken, *lines)
    if not report.plan.steps:
        return Said(said=f"nothing is missing: {report.plan.recorded:,} cases are on record")
    said = f"{tally.count(Measured):,} cases measured at {units.counted(len(lines), 'commit')}"
    said += f", {tally.carried:,} carried over" if tally.carried else ""
    said += f", {tally.count(Failed):,} failed" if tally.count(Failed) else ""
    said += "; its time ended first" if tally.out_of_time else ""
    return Said(said=said, lines=(*broken, *lines))
