"""How a project stands, in the words of a message: from groups, targets and troubles. Owns what is shown.

Judges nothing: what is confirmed, missed or not well was found elsewhere. From here on words hold no control
characters and no half ones, whatever a commit says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from groundspeed.nightly.notifying.news import Affected, Missed, Present, Regression, Trouble
from groundspeed.records import Commit
from groundspeed.report.regressions import change_text, levels_text
from groundspeed.report.table import plain
from groundspeed.report.targets import since_text, value_text
from groundspeed.verdicts import groups
from groundspeed.verdicts.complaints import Examination
from groundspeed.verdicts.groups import Group, Regressions
from groundspeed.verdicts.named import Named, named_culprits
from groundspeed.verdicts.reading import ProjectResults
from groundspeed.verdicts.regressions import text_of
from groundspeed.verdicts.targets import Judged, Lacking, State

CASES = 10
"""Series of a regression that a message lists, the most pressing: what is read without scrolling."""


def present_of(
    reading: ProjectResults,
    found: Regressions,
    targets: Sequence[Judged | Lacking],
    troubles: Sequence[Trouble],
) -> Present:
    """How the project stands, with the culprits that are known."""
    named = named_culprits(reading, found.groups)
    return Present(
        project=reading.configuration.suite.project,
        page=reading.configuration.project.gate.page,
        order=found.order,
        regressions=tuple(regression_of(one, named.get(one.id), reading.commits) for one in found.groups),
        missed=tuple(_missed(one) for one in targets if isinstance(one, Judged) and one.state is State.FAILS),
        troubles=tuple(troubles),
    )


def regression_of(group: Group, culprit: Named | None, commits: Mapping[str, Commit]) -> Regression:
    """A group in words."""
    commit = culprit or commits.get(group.range.head)
    fixed = [one.recovered.head for one in group.affected if one.recovered]
    recovered = group.state is groups.State.RECOVERED
    note = next((one.note for one in reversed(group.decisions) if one.note), "")
    return Regression(
        id=group.id,
        state=group.state,
        base=group.range.base,
        head=group.range.head,
        culprit=culprit.commit if culprit else "",
        subject=plain(commit.subject) if commit else "",
        machines=group.machines,
        cases=tuple(_affected(one) for one in group.counted[:CASES]),
        count=len(group.counted),
        fixed=fixed[0] if recovered and fixed else "",
        note=plain(" ".join(note.split())),
    )


def troubles_of(found: Examination) -> tuple[Trouble, ...]:
    """What ``groundspeed health`` complains of, as it is told."""
    return tuple(Trouble(key=plain(one.key), sentence=plain(one.text)) for one in found.complaints)


def _affected(one: groups.Affected) -> Affected:
    key = one.step.key
    return Affected(
        case=plain(text_of(key)), machine=key.machine, change=change_text(one), levels=levels_text(one)
    )


def _missed(row: Judged) -> Missed:
    return Missed(
        machine=row.machine,
        subject=plain(row.subject),
        limit=row.target.text,
        value=value_text(row),
        since=since_text(row),
    )
