"""The stages of a night that measure commits: the host they are measured on, the newest ones, the gaps.

Owns when a stage may measure at all. What was measured is on record at once, so a night that was cut short is
continued by the next one.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

from groundspeed import units
from groundspeed.errors import HistoryError
from groundspeed.history import History
from groundspeed.machine.fitness.room import DISK
from groundspeed.measure.commits import Range as CommitRange
from groundspeed.measure.commits import choose_commits
from groundspeed.measure.host import Host, look
from groundspeed.measure.plan import Selection
from groundspeed.measure.run import Tally
from groundspeed.measure.session import Report, Request, run
from groundspeed.measure.workplace import commit_of
from groundspeed.nightly.context import Night, Said, failed, left_out
from groundspeed.nightly.gaps import telling_first
from groundspeed.nightly.questions import unclear
from groundspeed.records import CarriedOver, Commit, Failed, Finding, Measured, Sampling, Severity
from groundspeed.results.store import ResultStore
from groundspeed.verdicts.groups import Range
from groundspeed.verdicts.reading import ProjectResults, read

WAIT_S = 60.0
PATIENCE = 0.1
"""A host that is busy is looked at again each minute, for a tenth of the budget: a backup ends, a job that
runs all night does not, and what is measured beside it is flagged."""

NEWEST_SHARE, GAPS_SHARE = 0.75, 0.5
"""Of what is left of the budget, while there is something to look into: a suite that takes longer than its
nights would leave every suspicion one for ever."""


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
    open_ = unclear(read(night.configuration), host.machine.name)
    commits = CommitRange(revisions=None, last=None, steps=None, new=False)
    return _measure(night, host, commits, night.left_s * (NEWEST_SHARE if open_ else 1.0))


@measuring
def fill_gaps(night: Night, host: Host) -> Said:
    """What lies between measured commits."""
    reading = read(night.configuration)
    if not (reading.commits or night.configuration.project.nightly.since):
        return left_out("no commit of the repository is measured yet")
    history = History.open(night.configuration.suite.repo_path)
    branches = history.branches(night.configuration.suite.branches)
    oldest = _oldest(night, reading, history)
    newest = CommitRange(revisions=None, last=None, steps=None, new=False)
    heads = choose_commits(history, night.configuration.suite.branches, newest, ())
    lines = [_line(history, branch, oldest) for branch in branches]
    store = ResultStore(night.configuration.suite.results_dir, host.machine.description)
    open_ = unclear(reading, host.machine.name)
    stretches = [_stretch(reading, history, lines, one) for one in open_]
    order = telling_first(lines, heads, frozenset(store.measured_commits()), stretches)
    wanted = CommitRange(revisions=None, last=None, steps=None, new=False, named=order)
    budget_s = night.left_s * (GAPS_SHARE if open_ else 1.0)
    return _measure(night, host, wanted, budget_s, where=_back_to(night, oldest))


def _oldest(night: Night, reading: ProjectResults, history: History) -> Commit:
    """Where the history begins that is to be filled. Raises ``HistoryError`` for a `since` that is none."""
    since = night.configuration.project.nightly.since
    if not since:
        return next(reading.commits[one] for one in reading.order if one in reading.commits)
    try:
        return commit_of(history, since)
    except HistoryError as error:
        raise HistoryError(f"[nightly] since: {error}") from error


def _back_to(night: Night, oldest: Commit) -> str:
    """How far back gaps are filled, for whoever wonders about what is older."""
    if night.configuration.project.nightly.since:
        return f" back to {oldest.short}"
    return f" back to {oldest.short}, the oldest that was measured ([nightly] since goes further)"


def _line(history: History, branch: str, oldest: Commit) -> tuple[Commit, ...]:
    """The commits of a branch, newest first, as far back as ``oldest``."""
    return (*history.commits(f"{branch} ^{oldest.hash}"), oldest)


def _stretch(
    reading: ProjectResults, history: History, lines: Sequence[Sequence[Commit]], range_: Range
) -> tuple[Commit, ...]:
    """What of a range is to be filled at all, newest first; nothing where git does not know it."""
    if not {range_.base, range_.head} <= reading.commits.keys():
        return ()
    there = {one.hash for line in lines for one in line}
    return tuple(one for one in history.commits(f"{range_.base}..{range_.head}") if one.hash in there)


def _measure(night: Night, host: Host, commits: CommitRange, budget_s: float, where: str = "") -> Said:
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
    return _measured(report, where)


def _measured(report: Report, where: str) -> Said:
    tally = report.tally
    lines = tuple(filter(None, (_of_commit(tally, one) for one in report.commits)))
    broken = {one.commit for one in tally.not_built}
    faults = f", {units.counted(len(broken), 'commit')} did not build" if broken else ""
    if not report.plan.steps:
        recorded = units.counted(report.plan.recorded, "case")
        return Said(said=f"nothing is missing{where}: {recorded} on record")
    cases = tally.count(Measured)
    at = sum(bool(tally.count(Measured, one.hash)) for one in report.commits)
    counted = f"{units.counted(cases, 'case')} measured at {units.counted(at, 'commit')}"
    said = counted if cases else "nothing measured"
    said += f", {tally.carried:,} carried over" if tally.carried else ""
    said += f", {tally.count(Failed):,} failed" if tally.count(Failed) else ""
    left = {step.commit.hash for step in report.plan.steps} - {at for at, _ in tally.builds}
    ended = f" with {units.counted(len(left), 'commit')} to go" if left else " first"
    said += f"{faults}; its time ended{ended}" if tally.out_of_time else faults
    return failed(said, *lines) if report.exit_code else Said(said=said, lines=lines)


def _of_commit(tally: Tally, commit: Commit) -> str:
    """What came of a commit; empty where nothing was tried."""
    measured, faults = tally.count(Measured, commit.hash), tally.count(Failed, commit.hash)
    carried = tally.count(CarriedOver, commit.hash)
    counts = ((measured, "measured"), (carried, "carried over"), (faults, "failed"))
    said = [f"{count:,} {word}" for count, word in counts if count]
    if any(one.commit == commit.hash for one in tally.not_built):
        said.append("did not build")
    return f"{commit.short} {commit.subject}: {', '.join(said)}" if said else ""
