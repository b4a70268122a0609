"""Two commits measured in turn, and what that says of one against the other: ``compare --measure``.

The measuring is the gate's, with its end: a case is done when head is not slower than tolerated, or twice is.
The comparison is that of every command.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from groundspeed.config.tolerances import Tolerances
from groundspeed.errors import NothingMeasuredError
from groundspeed.gate.asking import Answered, Asked, ask
from groundspeed.measure.workplace import Workplace
from groundspeed.records import SeriesKey
from groundspeed.verdicts.between import Between, End, Wanted
from groundspeed.verdicts.compare import Compared, Comparison, Row, compare_suite
from groundspeed.verdicts.means import means


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """The comparison, and whether somebody ended the measuring before its end."""

    between: Between
    interrupted: bool


def compare_measured(at: Workplace, asked: Asked, wanted: Wanted, tolerances: Tolerances) -> Seen:
    """Measure both ends in turn, and compare what that gave. Raises as ``ask``, and ``NothingMeasuredError``
    where an interruption left nothing to compare.
    """
    answered = ask(at, asked)
    rows = tuple(_rows(answered, wanted, tolerances))
    if not rows:
        raise NothingMeasuredError("Nothing was measured at both ends. The same command starts again.")
    comparison = Comparison(rows=rows)
    answer = answered.answer
    between = Between(
        machine=answer.machine,
        environments=tuple(sorted({row.key.environment for row in rows})),
        apart=(),
        installed=(),  # both ends were built here, in turn
        base=End(revision=asked.question.base, commit=answer.base.hash, known=answer.base),
        head=End(revision=asked.question.head, commit=answer.head.hash, known=answer.head),
        comparison=comparison,
        means=means(comparison.compared),
    )
    return Seen(between=between, interrupted=answer.effort.interrupted)


def _rows(answered: Answered, wanted: Wanted, tolerances: Tolerances) -> Iterator[Row]:
    """All that both ends gave; of what was measured again, what the later sessions say."""
    course = answered.course
    cases = {_case(key) for key in course.positions}
    keys = [key for key in course.evidence.keys if _case(key) in cases and wanted(key)]
    base, head = course.evidence.pairs(keys, lambda _key, _session: True)
    for row in compare_suite(base, head, floors={}, tolerances=tolerances).rows:
        position = course.positions.get(row.key)
        if isinstance(row, Compared) and position is not None and position.fresh is not None:
            yield replace(row, judgement=position.fresh)
        else:
            yield row


def _case(key: SeriesKey) -> SeriesKey:
    return replace(key, metric="")
