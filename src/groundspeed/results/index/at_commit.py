"""What a machine's results hold of one commit: every series with its samples, or why there is none.

Joins the two halves of a history: asv's cells, and what sessions say. Pure: no file is touched.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from groundspeed.measurements import Measurement, Missing, Stored
from groundspeed.records import Better, Failed, FailureKind, NotRun, SeriesKey, Skipped
from groundspeed.results.index.spoken import Spoken


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """What asv's files hold of a series at a commit: ``stored``, or None where it failed or was skipped."""

    key: SeriesKey
    unit: str
    better: Better
    stored: Stored | None
    skipped: bool


def joined(
    commit: str, held: Iterable[Held], spoken: Mapping[SeriesKey, Spoken]
) -> dict[SeriesKey, Measurement | Missing]:
    """Every series that asv's files or sessions know at ``commit``.

    The value is asv's where its file has one, as in the archive; samples and reasons are the sessions'.
    A further metric of a case that failed has failed for the case's reason. In a row that sessions made,
    an empty cell that none speaks of is a case that nobody has run.
    """
    found = {key: _one(key, commit, None, said) for key, said in spoken.items()}
    rows = {_row(key) for key in spoken}
    for cell in held:
        said = spoken.get(cell.key) or spoken.get(replace(cell.key, metric=""))
        one = _one(cell.key, commit, cell, said)
        if isinstance(one, Missing) and said is None and _row(cell.key) in rows:
            one = replace(one, why=NotRun(reason="nobody has run it here yet"))
        found[cell.key] = one
    return found


def carried(one: Measurement, commit: str) -> Measurement:
    """The measurement of a commit whose built content is the same, under the name of ``commit``."""
    return replace(one, commit=commit, carried_from=one.carried_from or one.commit)


def held_cell(value: float, low: float, high: float) -> Stored | None:
    """asv's value with its interval; None where it is no number."""
    return None if math.isnan(value) else Stored(value=value, low=low, high=high)


def _row(key: SeriesKey) -> tuple[str, str, str | None]:
    return (key.environment, key.case.benchmark, key.version)


def _one(key: SeriesKey, commit: str, cell: Held | None, said: Spoken | None) -> Measurement | Missing:
    same = said if said is not None and said.metric == key.metric else None
    stored = (cell and cell.stored) or (same and same.stored)
    named = cell or same or said
    assert named is not None
    if stored:
        return Measurement(
            key=key,
            commit=commit,
            unit=named.unit,
            better=named.better,
            processes=same.processes if same else (),
            stored=stored,
            carried_from=None,
        )
    return Missing(key=key, commit=commit, unit=named.unit, better=named.better, why=_why(cell, said))


def _why(cell: Held | None, said: Spoken | None) -> Failed | Skipped | NotRun:
    """A session knows why; asv's file knows no more than that there is no number."""
    if said is not None and said.why is not None:
        return said.why
    if cell is not None and cell.skipped:
        return Skipped(reason="")
    return Failed(kind=FailureKind.NO_VALUE, text="")
