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
from groundspeed.records import Case
from groundspeed.results.further import EXPONENT
from groundspeed.verdicts.groups import Group, Range, State
from groundspeed.verdicts.lately import Lately
from groundspeed.verdicts.regressions import triage_path, who
from groundspeed.verdicts.triage import Decision, Ruling, id_of, record

Suspects = frozenset[tuple[Case, str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Suspicion:
    """Series that are to be measured again at both ends of a range.

    ``shown``: the history shows it, and that it was not so is recorded as well.
    """

    id: str
    range: Range
    series: Suspects
    shown: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Confirmed:
    """What measuring a suspicion again came to. ``answer`` is None where that was not possible, for ``why``.

    ``decisions`` are those that were recorded.
    """

    suspicion: Suspicion
    answer: Answer | None
    why: str
    decisions: tuple[Decision, ...]


def confirm(
    at: Workplace,
    suspicions: Sequence[Suspicion],
    budget_s: float,
    monotonic: Callable[[], float],
    now: datetime,
) -> tuple[Confirmed, ...]:
    """Measure the ranges again, the first one first, and record what that decides.

    Each gets its share of what is left of the budget. An interruption ends it; what was decided stays.
    """
    found: list[Confirmed] = []
    ends_at = monotonic() + budget_s
    for place, one in enumerate(suspicions):
        left_s = max(0.0, ends_at - monotonic()) / (len(suspicions) - place)
        found.append(_confirm(at, one, left_s, now))
        answer = found[-1].answer
        if answer is not None and answer.effort.interrupted:
            break
    return tuple(found)


def suspected(groups: Sequence[Group]) -> tuple[Group, ...]:
    """Those of the groups in which there is something to confirm."""
    return tuple(group for group in groups if any(one.state is State.SUSPECTED for one in group.affected))


def suspicion_of(group: Group, machine: str) -> Suspicion:
    """What a machine can measure again of a group: its own suspects. Growth is no case that could be run."""
    found = {one.step.key for one in group.affected if one.state is State.SUSPECTED}
    series = frozenset(
        (key.case, key.metric) for key in found if key.machine == machine and key.metric != EXPONENT
    )
    return Suspicion(id=group.id, range=group.range, series=series, shown=True)


def suspicion_of_newest(found: Lately) -> Suspicion:
    """What the newest commit's values alone make suspicious: that it was not so is nobody's news."""
    range_ = found.range
    return Suspicion(id=id_of(range_.base, range_.head), range=range_, series=found.series, shown=False)


def _confirm(at: Workplace, suspicion: Suspicion, budget_s: float, now: datetime) -> Confirmed:
    if not suspicion.series:
        why = f"none of its suspects can be measured on {at.host.machine.name}"
        return Confirmed(suspicion=suspicion, answer=None, why=why, decisions=())
    try:
        answer = ask(at, _asked(suspicion, budget_s)).answer
    except (HistoryError, NothingMeasuredError) as error:
        return Confirmed(suspicion=suspicion, answer=None, why=str(error), decisions=())
    decisions = tuple(_decisions(at, suspicion, answer, now))
    for decision in decisions:
        record(triage_path(at.configuration), decision, locks=at.configuration.workspace / "locks")
    return Confirmed(suspicion=suspicion, answer=answer, why="", decisions=decisions)


def _asked(suspicion: Suspicion, budget_s: float) -> Asked:
    pattern = "|".join(sorted(re.escape(str(case)) for case, _ in suspicion.series))
    pattern = f"^(?:{pattern})$"
    return Asked(
        question=Question(
            base=suspicion.range.base,
            head=suspicion.range.head,
            worktree=False,
            pattern=pattern,
            tolerance=None,
            budget_s=budget_s,
        ),
        selection=Selection.matching(pattern, (), again=False, carry=True),
        suspects=suspicion.series,
    )


_RULINGS = {
    Ruling.CONFIRMED: (Outcome.SLOWER,),
    Ruling.NOT_CONFIRMED: (Outcome.NOT_CONFIRMED, Outcome.SAME),  # the same: both ends build the same
}


def _decisions(at: Workplace, suspicion: Suspicion, answer: Answer, now: datetime) -> list[Decision]:
    """One for what was slower again in any environment, one for what was not in all of them; what stayed
    undecided stays suspected.
    """
    found = []
    for ruling, outcomes in _RULINGS.items():
        others = {_series(row) for row in answer.rows if row.outcome not in outcomes}
        named = {_series(row) for row in answer.of(*outcomes)}
        if ruling is Ruling.NOT_CONFIRMED:
            named = named - others if suspicion.shown else set()
        if named:
            found.append(
                Decision(
                    id=suspicion.id,
                    ruling=ruling,
                    base=suspicion.range.base,
                    head=suspicion.range.head,
                    cases=tuple(
                        sorted(f"{case}@{metric}" if metric else str(case) for case, metric in named)
                    ),
                    machines=(answer.machine,),
                    by=who(at.configuration),
                    at=now,
                    note=_note(answer, outcomes),
                )
            )
    return found


def _series(row: Row) -> tuple[Case, str]:
    return row.key.case, row.key.metric


def _note(answer: Answer, outcomes: tuple[Outcome, ...]) -> str:
    """What a reader of triage.toml wants to know of the measurement."""
    if answer.same_content:
        return f"both ends build the same content on {answer.machine}"
    worse = [row.judgement.worse.centre for row in answer.of(*outcomes) if row.judgement is not None]
    sizes = f"×{min(worse):.3f}" if len(worse) == 1 else f"×{min(worse):.3f} to ×{max(worse):.3f}"
    sessions = ", ".join(answer.effort.sessions) or "sessions on record"
    return f"worse by {sizes}, measured in turn on {answer.machine} ({sessions})"
