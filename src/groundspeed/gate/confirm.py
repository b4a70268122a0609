"""Suspected regressions measured again: both ends of their range in turn, in a session of its own.

Owns what of a suspicion can be measured here, and what a measurement decides; that is recorded in
triage.toml. What the history holds of both ends made them suspects, so it confirms nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from groundspeed.errors import HistoryError, NothingMeasuredError
from groundspeed.gate.answer import Answer, Outcome, Question, Row
from groundspeed.gate.asking import Asked, ask
from groundspeed.measure.plan import Selection
from groundspeed.measure.workplace import Workplace
from groundspeed.records import Case, SeriesKey
from groundspeed.results.further import EXPONENT
from groundspeed.verdicts.groups import Group, State
from groundspeed.verdicts.regressions import decide, triage_path, who
from groundspeed.verdicts.triage import Decision, Ruling, record

Suspects = frozenset[tuple[Case, str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Confirmed:
    """What measuring a group again came to. ``answer`` is None where that was not possible, for ``why``.

    ``decisions`` are those that were recorded.
    """

    group: Group
    answer: Answer | None
    why: str
    decisions: tuple[Decision, ...]


def confirm(
    at: Workplace, groups: Sequence[Group], budget_s: float, monotonic: Callable[[], float], now: datetime
) -> tuple[Confirmed, ...]:
    """Measure the groups' ranges again, the first group first, and record what that decides.

    Each gets its share of what is left of the budget. An interruption ends it; what was decided stays.
    """
    found: list[Confirmed] = []
    ends_at = monotonic() + budget_s
    for place, group in enumerate(groups):
        left_s = max(0.0, ends_at - monotonic()) / (len(groups) - place)
        found.append(_confirm(at, group, left_s, now))
        answer = found[-1].answer
        if answer is not None and answer.effort.interrupted:
            break
    return tuple(found)


def suspected(groups: Sequence[Group]) -> tuple[Group, ...]:
    """Those of the groups in which there is something to confirm."""
    return tuple(group for group in groups if any(one.state is State.SUSPECTED for one in group.affected))


def suspects(group: Group, machine: str) -> Suspects:
    """What a machine can measure again of a group: its own suspects. Growth is no case that could be run."""
    found = {one.step.key for one in group.affected if one.state is State.SUSPECTED}
    return frozenset(
        (key.case, key.metric) for key in found if key.machine == machine and key.metric != EXPONENT
    )


def _confirm(at: Workplace, group: Group, budget_s: float, now: datetime) -> Confirmed:
    wanted = suspects(group, at.host.machine.name)
    if not wanted:
        machines = ", ".join(sorted({one.step.key.machine for one in group.affected}))
        why = f"none of its suspects can be measured on {at.host.machine.name} (they are of {machines})"
        return Confirmed(group=group, answer=None, why=why, decisions=())
    try:
        answer = ask(at, _asked(group, wanted, budget_s)).answer
    except (HistoryError, NothingMeasuredError) as error:
        return Confirmed(group=group, answer=None, why=str(error), decisions=())
    decisions = tuple(_decisions(at, group, answer, now))
    for decision in decisions:
        record(triage_path(at.configuration), decision, locks=at.configuration.workspace / "locks")
    return Confirmed(group=group, answer=answer, why="", decisions=decisions)


def _asked(group: Group, wanted: Suspects, budget_s: float) -> Asked:
    pattern = "|".join(sorted(re.escape(str(case)) for case, _ in wanted))
    pattern = f"^(?:{pattern})$"
    return Asked(
        question=Question(
            base=group.range.base,
            head=group.range.head,
            worktree=False,
            pattern=pattern,
            tolerance=None,
            budget_s=budget_s,
        ),
        selection=Selection.matching(pattern, (), again=False, carry=True),
        suspects=wanted,
    )


_RULINGS = {
    Ruling.CONFIRMED: (Outcome.SLOWER,),
    Ruling.NOT_CONFIRMED: (Outcome.NOT_CONFIRMED, Outcome.SAME),  # the same: both ends build the same
}


def _decisions(at: Workplace, group: Group, answer: Answer, now: datetime) -> list[Decision]:
    """One for what was slower again in any environment, one for what was not in all of them; what stayed
    undecided stays suspected.
    """
    found = []
    for ruling, outcomes in _RULINGS.items():
        others = {_series(row) for row in answer.rows if row.outcome not in outcomes}
        named = {_series(row) for row in answer.of(*outcomes)}
        if ruling is Ruling.NOT_CONFIRMED:
            named -= others
        if named:
            note = _note(answer, outcomes)
            wanted = _among(named, answer.machine)
            decision = decide(group, ruling, wanted, by=who(at.configuration), at=now, note=note)
            found.append(decision)
    return found


def _series(row: Row) -> tuple[Case, str]:
    return row.key.case, row.key.metric


def _among(named: set[tuple[Case, str]], machine: str) -> Callable[[SeriesKey], bool]:
    return lambda key: key.machine == machine and (key.case, key.metric) in named


def _note(answer: Answer, outcomes: tuple[Outcome, ...]) -> str:
    """What a reader of triage.toml wants to know of the measurement."""
    if answer.same_content:
        return f"both ends build the same content on {answer.machine}"
    worse = [row.judgement.worse.centre for row in answer.of(*outcomes) if row.judgement is not None]
    sizes = f"×{min(worse):.3f}" if len(worse) == 1 else f"×{min(worse):.3f} to ×{max(worse):.3f}"
    sessions = ", ".join(answer.effort.sessions) or "sessions on record"
    return f"worse by {sizes}, measured in turn on {answer.machine} ({sessions})"
