"""The figures of a report as cells of tables: numbers become words, for formats that people read."""

from __future__ import annotations

import math

from groundspeed import units
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.overview import Overview
from groundspeed.verdicts.performance import Operation
from groundspeed.verdicts.sections import Entry, Section

NOTHING = "–"
SECOND = "\n"
"""Divides a cell into what is read first and what is smaller below it."""

_MOST = 10.0  # a share: what shows only more shows nothing
_WIDEST = 100.0
"""Upper over lower bound: what two processes that disagree leave open is no information, but looks so."""


def words(name: str) -> str:
    """A section's name as it is read: ``query_latency`` is query latency."""
    return name.replace("_", " ")


def amount(figure: Operation | None) -> str:
    """A figure's value; why there is none, where there is none."""
    if figure is None:
        return NOTHING
    return units.display(figure.value.centre, figure.unit) if isinstance(figure.value, Interval) else NOTHING


def interval(value: Interval, unit: str) -> str:
    """``26.8 ms to 27.2 ms``; empty where nothing is known of the spread or it is not seen."""
    if not (math.isfinite(value.low) and math.isfinite(value.high)):
        return ""
    if 0 < _WIDEST * value.low < value.high:
        return "no bounds known"
    low, high = units.display(value.low, unit), units.display(value.high, unit)
    return "" if low == high else f"{low} to {high}"


def bounds(figure: Operation) -> str:
    """The interval of a figure, else why it has no value."""
    if not isinstance(figure.value, Interval):
        return figure.value.reason
    return interval(figure.value, figure.unit)


def smallest(overview: Overview, figure: Operation) -> str:
    """The smallest change that could be seen of a figure, empty where nobody knows."""
    noise = overview.noise_of(figure.key)
    if noise is None:
        return ""
    if noise.smallest >= _MOST:
        return f"over {_MOST * 100:.0f} %"
    return units.display(noise.smallest * 100, "%", digits=2)


def case_text(overview: Overview, entry: Entry) -> str:
    """The case, with its environment where there are several."""
    several = len({one.key.environment for one in overview.figures}) > 1
    return f"{entry.case} · {entry.environment}" if several else str(entry.case)


def label(overview: Overview, section: Section, entry: Entry) -> str:
    """What an entry is called: by its section where the project named it, with its case below."""
    case = case_text(overview, entry)
    return f"{words(section.name)}{SECOND}{case}" if section.stated else case


def where(overview: Overview, figure: Operation) -> str:
    """The commit a figure is from, where it is not the report's own."""
    if figure.carried_from:
        return f"carried over from {figure.carried_from[:8]}"
    return "" if figure.commit == overview.commit else figure.commit[:8]
