"""What a report draws, as numbers: no format but HTML shows them. Owns which points make a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from groundspeed.report.scaling import at_text
from groundspeed.stats.extrapolation import Curve, Prediction
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.answers import Answer, Grown
from groundspeed.verdicts.ladders import size_text
from groundspeed.verdicts.sections import PERCENTILES, Entry, Rate
from groundspeed.verdicts.targets import Judged

_ALONG = 33  # points of a drawn curve: straight lines between them are no longer seen


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """A point with its interval, and what it is called."""

    at: float
    value: Interval
    name: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Percentiles:
    """The distribution of one case: ``marks`` from the median on, ``at`` is the percentile's place."""

    title: str
    unit: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Workers:
    """Work per second (``at``: so many workers)."""

    title: str
    unit: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Growth:
    """Values over sizes; ``line`` is the best form with its band, ``answers`` are sizes asked for."""

    title: str
    said: str
    unit: str
    size_unit: str
    marks: tuple[Mark, ...]
    line: tuple[Mark, ...]
    answers: tuple[Mark, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Bullet:
    """A value against its limit. ``upper``: the value must stay below."""

    value: Interval
    limit: float
    upper: bool
    state: str


Picture = Percentiles | Workers | Growth


def percentiles(title: str, entry: Entry) -> list[Percentiles]:
    """The percentiles that have a value; nothing where there are not two."""
    marks = tuple(
        Mark(at=float(place), value=figure.value, name=name)
        for place, name in enumerate(PERCENTILES)
        if (figure := entry.get(name)) is not None
        and isinstance(figure.value, Interval)
        and figure.value.centre > 0
    )
    return [Percentiles(title=title, unit=entry.main.unit, marks=marks)] if len(marks) > 1 else []


def workers(title: str, unit: str, found: Sequence[Rate]) -> list[Workers]:
    """The rates, where there are several numbers of workers."""
    marks = tuple(Mark(at=float(one.workers), value=one.rate, name=str(one.workers)) for one in found)
    return [Workers(title=title, unit=unit, marks=marks)] if len(marks) > 1 else []


def growth(one: Grown, said: str) -> list[Growth]:
    """The sizes measured, the curve through them, and the answers; nothing without a curve."""
    scaled = one.scaled
    if not isinstance(scaled.growth, Curve):
        return []
    answers = tuple(mark for answer in one.answers for mark in _answered(answer))
    sizes = [*scaled.growth.sizes, *(mark.at for mark in answers)]
    return [
        Growth(
            title=str(scaled.ladder),
            said=said,
            unit=scaled.ladder.unit,
            size_unit=scaled.ladder.size_unit,
            marks=tuple(
                Mark(at=found.size, value=found.value, name=size_text(found.size, scaled.ladder.size_unit))
                for found in scaled.measured
                if found.value.centre > 0
            ),
            line=_line(scaled.growth, min(sizes), max(sizes)),
            answers=answers,
        )
    ]


def bullet(row: Judged) -> Bullet:
    """A judged target."""
    upper = row.target.relation.is_upper
    return Bullet(value=row.value, limit=row.limit, upper=upper, state=str(row.state))


def _answered(answer: Answer) -> list[Mark]:
    """A guess without end is not drawn."""
    found = answer.prediction
    if not isinstance(found, Prediction) or found.is_far or not 0 < found.low <= found.high < math.inf:
        return []
    value = Interval(centre=found.value, low=found.low, high=found.high)
    return [Mark(at=found.size, value=value, name=at_text(answer.size))]


def _line(curve: Curve, first: float, last: float) -> tuple[Mark, ...]:
    """Evenly spaced in logarithms."""
    share = [place / (_ALONG - 1) for place in range(_ALONG)]
    found = [curve.at(first * (last / first) ** one) for one in share]
    return tuple(
        Mark(at=one.size, value=Interval(centre=one.value, low=one.low, high=one.high)) for one in found
    )
