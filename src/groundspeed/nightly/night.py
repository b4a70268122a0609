"""A night, whole: one stage after the other, each for itself, and what came of each.

Owns the order, that a stage which fails costs the others nothing, and the end: a signal ends the night, the
budget ends what measures, and whatever was measured until then is on record. Also keeps the last summaries.
"""

from __future__ import annotations

import contextlib
import json
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from groundspeed.config import Configuration, load
from groundspeed.errors import ConfigError, GroundspeedError, HostMismatchError, NothingMeasuredError
from groundspeed.measure.host import this_host
from groundspeed.nightly import bringing, explaining, measuring
from groundspeed.nightly.context import Asked, Night, Said, Work, World, failed, left_out
from groundspeed.nightly.rendering import render, stage_line
from groundspeed.nightly.summary import Ending, Stage, StageReport, Summary
from groundspeed.report.table import Format
from groundspeed.results import attempts
from groundspeed.results.atomic import replace_bytes
from groundspeed.results.lock import file_lock

COURSE: tuple[tuple[Stage, Work], ...] = (
    (Stage.FETCH, bringing.fetch),
    (Stage.BRING, bringing.exchange),
    (Stage.HOST, measuring.look_at_host),
    (Stage.NEWEST, measuring.measure_newest),
    (Stage.GAPS, measuring.fill_gaps),
    (Stage.CONFIRM, explaining.confirm_suspects),
    (Stage.FIND, explaining.find_culprits),
    (Stage.PROFILE, explaining.profile_culprits),
    (Stage.TARGETS, bringing.judge_targets),
    (Stage.SEND, bringing.exchange),
    (Stage.PUBLISH, bringing.publish),
    (Stage.DEPLOY, bringing.deploy),
    (Stage.NOTIFY, bringing.notify),
)

_MEASURING = (Stage.NEWEST, Stage.GAPS)

KEPT = 30
"""Summaries of the last nights: a month of them."""


def spend_night(root: Path, asked: Asked, world: World) -> Summary:
    """Everything that is to be done unattended for the project in ``root``.

    Raises ``ConfigError`` where its configuration cannot be read, ``LockedError`` beside another night of it,
    and where this is not the machine asked for as ``measure.host.this_host``: but a host that no longer is
    what it was in the nights before only measures nothing.
    Everything else that goes wrong stands in the summary, which is kept under ``.groundspeed/nightly``.
    """
    configuration = load(root)
    _refuse_another_host(configuration, asked)
    budget_s = configuration.project.nightly.budget_s if asked.budget_s is None else asked.budget_s
    begun_at, started = world.clock.now(), world.clock.monotonic()
    night = Night(
        root=root, asked=asked, world=world, configuration=configuration, ends_at=started + budget_s
    )
    workspace = configuration.workspace
    with (
        file_lock(workspace / "locks" / "nightly"),
        attempts.attempting(workspace, attempts.Stage.NIGHTLY, world.clock.now) as take_down,
    ):
        interrupted = _spend(night, take_down)
        summary = Summary(
            project=configuration.suite.project,
            machine="" if night.host is None else night.host.machine.name,
            begun_at=begun_at,
            budget_s=budget_s,
            duration_s=world.clock.monotonic() - started,
            reports=tuple(night.reports),
            interrupted=interrupted,
        )
        _keep(night, summary)
        if summary.exit_code:
            take_down(_why(night, summary))
    return summary


def _refuse_another_host(configuration: Configuration, asked: Asked) -> None:
    """A wrong --machine is a slip of whoever typed it. One that nobody knows may be on its way here."""
    if asked.machine is None:
        return
    try:
        this_host(configuration, asked.machine)
    except HostMismatchError:
        if asked.machine not in _machines_before(configuration):
            raise
    except ConfigError:
        if asked.local or not configuration.project.nightly.results_branch:
            raise


def _machines_before(configuration: Configuration) -> frozenset[str]:
    """As which machines this clone spent the nights of which it keeps a summary."""
    found = set()
    for path in summaries_folder(configuration).glob("*.json"):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):  # a damaged one tells nothing
            found.add(json.loads(path.read_bytes())["machine"])
    return frozenset(found)


def _spend(night: Night, take_down: Callable[[str], None]) -> bool:
    """All stages; whether a signal ended the night before the last one.

    What failed is taken down at once: the page is published before the night ends, and says it.
    """
    interrupted = False
    for number, (stage, work) in enumerate(COURSE, start=1):
        started = night.world.clock.monotonic()
        try:
            said = left_out("the night was interrupted") if interrupted else _said(night, stage, work)
        except KeyboardInterrupt:
            interrupted = True
            said = left_out("interrupted; what was measured is on record")
        report = StageReport(
            stage=stage,
            ending=said.ending,
            said=_once(night.reports, said),
            lines=said.lines,
            duration_s=night.world.clock.monotonic() - started,
        )
        night.reports.append(report)
        if report.ending is Ending.FAILED:
            take_down(_failures(night, [one for one in night.reports if one.ending is Ending.FAILED]))
        night.world.screen.finish()
        night.world.screen.note(f"{number:>2}/{len(COURSE)} {stage_line(report)}")
    return interrupted


def _said(night: Night, stage: Stage, work: Work) -> Said:
    """What a stage says, or why it failed, be it a fault of ours: the others have to be done all the same."""
    night.world.screen.doing(stage)
    try:
        return work(night)
    except NothingMeasuredError as error:  # whoever could have measured says why there is nothing
        return failed(str(error)) if stage in _MEASURING else left_out(str(error))
    except GroundspeedError as error:
        return failed(str(error))
    except Exception as error:
        return failed(f"a fault of groundspeed's own: {error!r}", *traceback.format_exc().splitlines())


def _once(before: Sequence[StageReport], said: Said) -> str:
    """What a stage says, in a line; where an earlier one failed in the same words, the name of that one."""
    line = " ".join(said.said.split())
    same = [one.stage for one in before if one.ending is said.ending is Ending.FAILED and one.said == line]
    return f"as {same[0]}" if same else line


def _why(night: Night, summary: Summary) -> str:
    """What `groundspeed health` says of it, and where the particulars are: in what was kept, if it was."""
    reasons = [_failures(night, summary.failed)] if summary.failed else []
    reasons += ["it was interrupted"] if summary.interrupted else []
    return f"{'; '.join(reasons)} (more in .groundspeed/nightly/{_name(summary)}.md)"


def _failures(night: Night, reports: Sequence[StageReport]) -> str:
    """What failed, and why; without the words of what an attempt on record complains of by itself."""
    attempted = attempts.read_attempts(night.configuration.workspace)
    complained = {" ".join(one.failure.split()) for one in attempted}
    return "; ".join(
        str(one.stage) if one.said in complained else f"{one.stage}: {one.said}" for one in reports
    )


def _name(summary: Summary) -> str:
    return f"{summary.begun_at:%Y%m%dT%H%M%SZ}"


def summaries_folder(configuration: Configuration) -> Path:
    """Where the summaries of the last nights lie, named by the time they began."""
    return configuration.workspace / "nightly"


def _keep(night: Night, summary: Summary) -> None:
    """Write the summary down, as far as the disk lets us: it is printed as well."""
    folder = summaries_folder(night.configuration)
    name = _name(summary)
    try:
        replace_bytes(folder / f"{name}.json", f"{render(summary, Format.JSON)}\n".encode())
        replace_bytes(folder / f"{name}.md", f"{render(summary, Format.MARKDOWN)}\n".encode())
        for old in sorted(folder.glob("*.json"))[:-KEPT]:
            old.unlink(missing_ok=True)
            old.with_suffix(".md").unlink(missing_ok=True)
    except (GroundspeedError, OSError) as error:
        night.world.screen.note(f"the summary cannot be kept: {error}")
