"""Lines of sessions at their places, in order, however they came in: of one benchmark, of one spot.

Owns the order and which of a case's entries count; what they mean is ``conclusion``'s business.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from groundspeed.records import Build, Case, Run
from groundspeed.results.conclusion import Concluded, conclude


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Place:
    """Where a line stands among all sessions of a machine."""

    session: str
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A line at its place."""

    place: Place
    item: Build | Run


@dataclass(kw_only=True, slots=True)
class RowEntries:
    """The entries of one benchmark version at one spot, each list in order."""

    builds: list[Entry] = field(default_factory=list)
    runs: dict[Case, list[Entry]] = field(default_factory=dict)
    concluded: dict[Case, Concluded | None] = field(default_factory=dict)

    def add(self, entry: Entry) -> None:
        """Put a run, or a failed build, in its place; what was concluded before is forgotten."""
        if isinstance(entry.item, Run):
            insert(self.runs.setdefault(entry.item.case, []), entry)
            self.concluded.pop(entry.item.case, None)
        else:
            insert(self.builds, entry)
            self.concluded.clear()

    def last(self) -> Place:
        """The place of the newest entry."""
        lists = [self.builds, *self.runs.values()]
        return max(entries[-1].place for entries in lists if entries)

    def of(self, case: Case) -> list[Entry]:
        """Everything that counts for one case, in order: failed builds and its runs."""
        return _counting(sorted([*self.builds, *self.runs.get(case, ())], key=place_of))

    def conclude(self, case: Case) -> Concluded | None:
        """What they come to, reckoned once until a new entry comes."""
        if case not in self.concluded:
            self.concluded[case] = conclude([entry.item for entry in self.of(case)])
        return self.concluded[case]


@dataclass(kw_only=True, slots=True)
class SpotEntries:
    """Everything that sessions say of one spot. ``rows`` by benchmark and version."""

    last: Place
    rows: dict[tuple[str, str], RowEntries] = field(default_factory=dict)
    builds: list[Entry] = field(default_factory=list)


place_of = attrgetter("place")


def insert(entries: list[Entry], entry: Entry) -> None:
    """Put an entry in its place in a list in order."""
    bisect.insort(entries, entry, key=place_of)


def _counting(entries: Sequence[Entry]) -> list[Entry]:
    """The entries that count: no quick runs where there are others."""
    if any(isinstance(entry.item, Run) and not entry.item.quick for entry in entries):
        return [entry for entry in entries if isinstance(entry.item, Build) or not entry.item.quick]
    return list(entries)
