"""The figures of a machine by the questions they answer: a report's sections. Pure.

Owns which figures stand together and what each of a kind's metrics means there (a percentile, the rate of
so many workers, a peak). Measures nothing, renders nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from groundspeed.config.report import ITEM, StatedSection
from groundspeed.definition import kind_of as named_kind
from groundspeed.records import Benchmark, Case
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.performance import Operation

PERCENTILES = ("p50", "p90", "p95", "p99", "p99.9", "max")
_RATE = re.compile(r"rate(?:_w(\d+))?")
_MAIN = {
    "time": "time",
    "timeraw": "time",
    "latency": "p50",
    "throughput": "item",
    "peakmemory": "peak",
    "peakmem": "peak",
    "memory": "size",
    "mem": "size",
    "alloc": "peak",
    "gpu": "device",
}  # what the value under the plain name is, by kind as discovery writes it, else as the name begins


class Shape(StrEnum):
    """What a section's figures are: how they are drawn and written follows from it."""

    LATENCY = "latency"
    THROUGHPUT = "throughput"
    MEMORY = "memory"
    VALUES = "values"


_SHAPES = {
    "latency": Shape.LATENCY,
    "throughput": Shape.THROUGHPUT,
    "peakmemory": Shape.MEMORY,
    "peakmem": Shape.MEMORY,
    "memory": Shape.MEMORY,
    "mem": Shape.MEMORY,
    "alloc": Shape.MEMORY,
}
DERIVED = (Shape.LATENCY, Shape.THROUGHPUT, Shape.MEMORY)
"""What has a section of its own where groundspeed.toml names none: the rest stands in the list of cases."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """A figure under the name that it has in its section: ``p99``, ``hit_ratio``."""

    name: str
    figure: Operation


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """Work per second with so many workers; ``efficiency`` is the share of what as many single ones do."""

    workers: int
    rate: Interval
    efficiency: Interval
    figure: Operation


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One case in one environment: its figures that the section means, by name, and all that it has."""

    case: Case
    environment: str
    shape: Shape
    figures: tuple[Named, ...]
    every: tuple[Named, ...]

    @property
    def main(self) -> Operation:
        """The figure that stands for the entry: the case's own value where it is meant, else the first."""
        return next((one.figure for one in self.figures if not one.figure.key.metric), self.figures[0].figure)

    def get(self, name: str) -> Operation | None:
        """The figure of a name, None where the section means none of it."""
        return _of(self.figures, name)


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A question and what answers it. ``stated``: groundspeed.toml names it; else its kind does."""

    name: str
    stated: bool
    item: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Unanswered:
    """A section that groundspeed.toml names and no result belongs to."""

    name: str
    reason: str
    command: str


def sections_of(
    figures: Sequence[Operation], stated: Sequence[StatedSection], benchmarks: Mapping[str, Benchmark]
) -> tuple[Section | Unanswered, ...]:
    """Those of groundspeed.toml in its order, then what they leave of each kind that has a section."""
    every = _entries(figures, benchmarks)
    taken: set[tuple[Case, str]] = set()
    found: list[Section | Unanswered] = []
    for one in stated:
        entries = tuple(
            replace(entry, figures=own)
            for entry in every
            if (
                own := tuple(
                    named for named in entry.figures if one.means(entry.case, named.figure.key.metric)
                )
            )
        )
        taken |= {(entry.case, entry.environment) for entry in entries}
        found.append(
            Section(name=one.name, stated=True, item=one.item, entries=entries)
            if entries
            else _unanswered(one)
        )
    others = [entry for entry in every if (entry.case, entry.environment) not in taken]
    for shape in DERIVED:
        of_shape = tuple(entry for entry in others if entry.shape is shape)
        if of_shape and shape not in {one.name for one in found}:
            found.append(Section(name=shape, stated=False, item=ITEM, entries=of_shape))
    return tuple(found)


def rates(entry: Entry) -> tuple[Rate, ...]:
    """The rates of an entry, the fewest workers first.

    One worker's efficiency is 1 by what the word means. Where asv alone measured there is no ``@rate``: the
    rate of one worker is then the inverse of its seconds an item.
    """
    found: dict[int, Rate] = {}
    for one in entry.figures:
        match = _RATE.fullmatch(one.name)
        if match is not None and isinstance(one.figure.value, Interval):
            workers = int(match[1] or 1)
            found[workers] = Rate(
                workers=workers,
                rate=one.figure.value,
                efficiency=_efficiency(entry, workers),
                figure=one.figure,
            )
    alone = entry.get(_MAIN["throughput"])
    if not found and alone is not None and isinstance(alone.value, Interval) and alone.value.low > 0:
        value = alone.value
        inverse = Interval(centre=1 / value.centre, low=1 / value.high, high=1 / value.low)
        found[1] = Rate(workers=1, rate=inverse, efficiency=_WHOLE, figure=alone)
    return tuple(found[workers] for workers in sorted(found))


_WHOLE = Interval(centre=1.0, low=1.0, high=1.0)
_UNKNOWN = Interval(centre=math.nan, low=-math.inf, high=math.inf)


def _efficiency(entry: Entry, workers: int) -> Interval:
    """As measured beside the rate, whether the section means it or not; NaN where it is not known."""
    if workers == 1:
        return _WHOLE
    found = _of(entry.every, f"efficiency_w{workers}")
    return found.value if found is not None and isinstance(found.value, Interval) else _UNKNOWN


def _of(named: Sequence[Named], name: str) -> Operation | None:
    return next((one.figure for one in named if one.name == name), None)


def _entries(figures: Sequence[Operation], benchmarks: Mapping[str, Benchmark]) -> tuple[Entry, ...]:
    """Figures by case and environment, in their order; a case whose every figure is absent is one, too."""
    groups: dict[tuple[Case, str], list[Named]] = {}
    for one in figures:
        named = Named(name=name_of(one, benchmarks), figure=one)
        groups.setdefault((one.key.case, one.key.environment), []).append(named)
    return tuple(
        Entry(
            case=case,
            environment=environment,
            shape=_SHAPES.get(kind_of(case.benchmark, benchmarks), Shape.VALUES),
            figures=named,
            every=named,
        )
        for (case, environment), found in groups.items()
        for named in [tuple(sorted(found, key=lambda one: (bool(one.figure.key.metric), one.name)))]
    )


def kind_of(benchmark: str, benchmarks: Mapping[str, Benchmark]) -> str:
    """The kind that discovery found; what the suite has dropped is told by its name."""
    known = benchmarks.get(benchmark)
    return known.kind if known is not None else named_kind(benchmark)


def name_of(figure: Operation, benchmarks: Mapping[str, Benchmark]) -> str:
    """What a figure is called in its section."""
    if figure.key.metric:
        return figure.key.metric
    benchmark = figure.key.case.benchmark
    known = benchmarks.get(benchmark)
    stated = known.definition.get("main") if known is not None else None
    return str(stated) if stated else _MAIN.get(kind_of(benchmark, benchmarks), "value")


def _unanswered(section: StatedSection) -> Unanswered:
    globs = ", ".join(one.glob for one in section.cases)
    pattern = "|".join(_expression(one.glob) for one in section.cases)
    return Unanswered(
        name=section.name,
        reason=f"the results hold nothing of {globs} here",
        command=f"groundspeed run --bench '{pattern}'",
    )


def _expression(glob: str) -> str:
    """What --bench searches for what a glob means: its stars are of any text."""
    return ".*".join(re.escape(part) for part in glob.split("*"))
