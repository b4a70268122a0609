"""What costs most, as a block of a report: what lies above the thresholds, then what each profile says."""

from __future__ import annotations

from groundspeed import units
from groundspeed.report.bottlenecks import table_of
from groundspeed.report.overview.block import Block, Listing, sentence
from groundspeed.report.overview.cells import SECOND
from groundspeed.report.table import Table
from groundspeed.results.speedscope import Function
from groundspeed.verdicts.overview import Overview
from groundspeed.verdicts.profiled import CaseProfile

_HOTTEST = 5  # functions of a profile: what one can do something about
_WORST = "What costs most, by the thresholds of groundspeed.toml"
_BESIDE = ("memory-peak", "allocations", "reallocations")  # are taken along with memory; JSON has them
_PROFILED = (
    "The functions that take most by themselves, in the newest profile of each case at this commit or before"
)


def bottlenecks_block(overview: Overview) -> Block:
    """The block; it says nothing where nothing lies above the thresholds and nothing was profiled."""
    worst, profiled = overview.costliest.top, _profiled(overview)
    listings = []
    if worst:
        listings.append(Listing(title=_WORST, table=table_of(worst)))
    if profiled.rows:
        listings.append(Listing(title=_PROFILED if worst else "", table=profiled))
    return Block(
        anchor="bottlenecks",
        title="Bottlenecks",
        said=(sentence(_PROFILED),) if profiled.rows and not worst else (),
        listings=tuple(listings),
    )


def _profiled(overview: Overview) -> Table:
    header = ("case", "function", "own", "with its calls", "profile")
    rows = [
        (
            one.case if place == 0 else "",
            function.name + (f"{SECOND}{_at(function)}" if function.file else ""),
            _share(function.own),
            _share(function.whole),
            _profile_text(one) if place == 0 else "",
        )
        for one in overview.bottlenecks
        if one.kind not in _BESIDE
        for place, function in enumerate(one.profile.functions[:_HOTTEST])
    ]
    return Table(header=header, rows=tuple(rows), right=frozenset({"own", "with its calls"}))


def _profile_text(one: CaseProfile) -> str:
    total = f", {units.display(one.profile.total, one.profile.unit)}" if one.profile.unit else ""
    return f"{one.kind}{total}{SECOND}{one.commit[:8]}"


def _at(function: Function) -> str:
    return function.file if function.line is None else f"{function.file}:{function.line}"


def _share(share: float) -> str:
    return units.display(share * 100, "%", digits=2)
