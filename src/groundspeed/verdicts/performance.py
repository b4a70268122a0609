"""What each operation of a suite costs on a machine, how it grows, and which targets it keeps.

Owns the putting together; each part is another module's. Measures nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from groundspeed.config.targets import Target
from groundspeed.errors import NothingMeasuredError
from groundspeed.records import Better, SeriesKey
from groundspeed.results.further import EXPONENT
from groundspeed.stats.ratio import Interval
from groundspeed.units import Quantity
from groundspeed.verdicts.answers import Grown, grown
from groundspeed.verdicts.ladders import Sizes
from groundspeed.verdicts.newest import NoValue, Present, Track
from groundspeed.verdicts.reading import dates_of
from groundspeed.verdicts.scaling import reason
from groundspeed.verdicts.target_values import judge_targets, text_of
from groundspeed.verdicts.targets import TargetReport


@dataclass(frozen=True, kw_only=True, slots=True)
class Absent:
    """An operation has no present value, and why."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """A metric of a case: its present value, and the commit that it stands at.

    ``carried_from`` is the commit that was measured in this one's place. ``processes`` and ``samples`` count
    what is kept behind the value: nothing where asv's files alone hold it.
    """

    key: SeriesKey
    subject: str
    unit: str
    better: Better
    value: Interval | Absent
    commit: str
    carried_from: str | None
    processes: int
    samples: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Performance:
    """All of it. ``hardware`` is asv's machine.json; ``commit`` the newest one that was measured."""

    machine: str
    hardware: Mapping[str, str]
    commit: str
    date: datetime
    operations: tuple[Operation, ...]
    ladders: tuple[Grown, ...]
    targets: TargetReport


def performance(
    present: Present,
    sizes: Sizes,
    targets: Sequence[Target],
    at: Sequence[Quantity],
    pattern: str | None = None,
) -> Performance:
    """The present state of a machine, with an answer for each size of ``at``.

    ``pattern`` is searched in the text of each. Raises NothingMeasuredError where the branch has no results
    of the machine, or none that are meant, ConfigError as the targets do.
    """
    tracks = present.tracks(
        lambda key: (
            key.metric != EXPONENT and (pattern is None or re.search(pattern, text_of(key)) is not None)
        )
    )
    if not tracks:
        raise NothingMeasuredError(_nothing(present, pattern))
    operations = sorted((_operation(present, track) for track in tracks), key=lambda one: one.subject)
    commit = max((one.commit for one in operations), key=present.branch.index)
    return Performance(
        machine=present.machine,
        hardware=present.reading.archive.machines.get(present.machine, {}),
        commit=commit,
        date=dates_of(present.reading.whole)[commit],
        operations=tuple(operations),
        ladders=grown(present, sizes, targets, pattern=pattern, at=at),
        targets=judge_targets([present], {present.machine: targets}, sizes, pattern),
    )


def _nothing(present: Present, pattern: str | None) -> str:
    meant = f"nothing that {pattern!r} is found in" if pattern else "nothing"
    where = f"at {present.at[:8]}" if present.at else "on the branch"
    return f"{present.machine} has results of {meant} {where}. Measure it: groundspeed run."


def _operation(present: Present, track: Track) -> Operation:
    last = track.last
    kept = present.measurement(track, last.commit)
    return Operation(
        key=track.series.key,
        subject=text_of(track.series.key),
        unit=track.series.unit,
        better=track.series.better,
        value=Absent(reason=reason(last)) if isinstance(last, NoValue) else present.value(track),
        commit=last.commit,
        carried_from=None if isinstance(last, NoValue) else last.carried_from,
        processes=len(kept.processes) if kept else 0,
        samples=sum(len(one.samples) for one in kept.processes) if kept else 0,
    )
