"""What each operation of a suite costs on a machine, how it grows, and which targets it keeps.

Owns the putting together; each part is another module's. Measures nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from groundspeed.config.targets import Target
from groundspeed.errors import NothingMeasuredError
from groundspeed.records import SeriesKey
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
    """A metric of a case: its present value, and the commit that was measured."""

    key: SeriesKey
    subject: str
    unit: str
    value: Interval | Absent
    commit: str


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
    present: Present, sizes: Sizes, targets: Sequence[Target], at: Sequence[Quantity]
) -> Performance:
    """The present state of a machine, with an answer for each size of ``at``.

    Raises NothingMeasuredError where the branch has no results of the machine, ConfigError as the targets do.
    """
    tracks = present.tracks(lambda key: key.metric != EXPONENT)
    if not tracks:
        raise NothingMeasuredError(
            f"No commit of the branch was measured on {present.machine}. Measure one: groundspeed run."
        )
    operations = sorted((_operation(present, track) for track in tracks), key=lambda one: one.subject)
    commit = max((one.commit for one in operations), key=present.branch.index)
    return Performance(
        machine=present.machine,
        hardware=present.reading.archive.machines.get(present.machine, {}),
        commit=commit,
        date=dates_of(present.reading.archive)[commit],
        operations=tuple(operations),
        ladders=grown(present, sizes, targets, at=at),
        targets=judge_targets([present], {present.machine: targets}, sizes),
    )


def _operation(present: Present, track: Track) -> Operation:
    last = track.rows[-1]
    return Operation(
        key=track.series.key,
        subject=text_of(track.series.key),
        unit=track.series.unit,
        value=Absent(reason=reason(last)) if isinstance(last, NoValue) else present.value(track),
        commit=last.commit,
    )
