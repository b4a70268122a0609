"""What a plan's expectations are judged by: two commits compared, or two cases of one. Measures nothing.

Owns how an entry finds its values. A case against another is a target and judged as one
(verdicts/target_values.py); two commits are compared as ``groundspeed compare`` does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from groundspeed.config.plans import Against, Expected, StatedPlan
from groundspeed.errors import ConfigError, NothingMeasuredError
from groundspeed.records import Better
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.between import Wanted, compare_commits, name_of
from groundspeed.verdicts.compare import Compared, Status
from groundspeed.verdicts.compare import Row as CompareRow
from groundspeed.verdicts.evidence import find_bottlenecks
from groundspeed.verdicts.ladders import Sizes
from groundspeed.verdicts.newest import Present
from groundspeed.verdicts.plans import (
    OUTCOMES,
    Answered,
    PlanReport,
    Row,
    Unanswered,
    gained,
    new_since,
    next_step,
)
from groundspeed.verdicts.reading import ProjectResults
from groundspeed.verdicts.target_values import rows_of
from groundspeed.verdicts.targets import Judged, Lacking, state_of

_GLOB = re.compile(r"[*?\[(]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ends:
    """The revisions asked for: ``base`` None where one commit is asked, ``head`` None for the newest one."""

    base: str | None
    head: str | None

    def or_those_of(self, plan: StatedPlan) -> Ends:
        """These, and the plan's own where none was asked for."""
        return Ends(base=self.base or plan.base, head=self.head or plan.head)


def judge_plan(reading: ProjectResults, machine: str, plan: StatedPlan, ends: Ends) -> PlanReport:
    """The plan on a machine. Raises HistoryError where a revision names no commit, ConfigError where an
    expectation is of the wrong direction or unit.
    """
    present = Present(reading, machine, ends.head)
    remaining = find_bottlenecks(present)
    rows = tuple(_rows(present, plan, ends, remaining.commit))
    gain = gained(rows)
    base = None if ends.base is None else find_bottlenecks(Present(reading, machine, ends.base))
    return PlanReport(
        name=plan.name,
        base=base.commit if base else "",
        head=remaining.commit,
        rows=rows,
        gain=gain,
        step=next_step(gain, remaining.rule),
        remaining=remaining,
        new=None if base is None else new_since(base, remaining),
    )


def _rows(present: Present, plan: StatedPlan, ends: Ends, head: str) -> Iterator[Row]:
    archive, project = present.reading.archive, present.reading.configuration.project
    sizes = Sizes(benchmarks=archive.benchmarks, stated=project.scaling)
    expected = [one for one in plan.entries if isinstance(one, Expected)]
    found = _compared(present, expected, ends, head)
    for one in plan.entries:
        if isinstance(one, Against):
            yield from (_of_target(one, row) for row in rows_of(one.target, present, sizes))
        else:
            yield from _of_commits(one, found)


# --- two cases of one commit -------------------------------------------------------------------------


def _of_target(entry: Against, row: Judged | Lacking) -> Row:
    if isinstance(row, Lacking):
        return Unanswered(entry=entry, subject=row.subject, reason=row.reason, command=row.command)
    return Answered(
        entry=entry, subject=row.subject, share=row.value, outcome=OUTCOMES[row.state], at=row.commit
    )


# --- one case at two commits -------------------------------------------------------------------------


def _compared(
    present: Present, entries: Sequence[Expected], ends: Ends, head: str
) -> tuple[CompareRow, ...] | str:
    """What both commits hold of all entries; else why there is nothing."""
    if not entries:
        return ()
    if ends.base is None:
        return "it is expected between two commits: name the first one with --base, or as the plan's base"
    reading = present.reading
    pattern = "|".join(f"^{re.escape(_GLOB.split(one.glob)[0])}" for one in entries)
    wanted = Wanted(pattern=pattern, environment="", metric="")
    tolerances = reading.configuration.project.tolerances
    try:
        between = compare_commits(reading, present.machine, (ends.base, head), wanted, tolerances)
    except NothingMeasuredError as error:
        return str(error)
    return between.comparison.rows


def _of_commits(entry: Expected, found: tuple[CompareRow, ...] | str) -> Iterator[Row]:
    """Its cases that both commits have, and those that broke; where there are none, what they lack."""
    if isinstance(found, str):
        yield _lacking(entry, entry.key, found)
        return
    own = [row for row in found if entry.means(row.key.case, row.key.metric)]
    compared = [row for row in own if isinstance(row, Compared)]
    for row in own:
        if isinstance(row, Compared):
            yield _judged(entry, row)
        elif row.status is Status.BROKEN or not compared:
            yield _lacking(entry, name_of(row.key), f"{row.status}: {row.reason}")
    if not own:
        yield _lacking(entry, entry.key, "neither commit has such a case")


def _judged(entry: Expected, row: Compared) -> Row:
    if entry.relation.is_upper is not (row.better is Better.LOWER):
        other = "+" if entry.relation.is_upper else "-"
        raise ConfigError(
            f'{entry.where} = "{entry.text}": of {name_of(row.key)} {row.better} is better. Write {other} '
            "before the gain."
        )
    ratio = row.judgement.ratio
    if not isinstance(ratio, Interval):
        return _lacking(entry, name_of(row.key), ratio.reason)
    state = state_of(ratio, entry.relation, entry.share)
    return Answered(entry=entry, subject=name_of(row.key), share=ratio, outcome=OUTCOMES[state], at=row.head)


def _lacking(entry: Expected, subject: str, reason: str) -> Unanswered:
    return Unanswered(entry=entry, subject=subject, reason=reason, command="")
