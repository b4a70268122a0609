"""Where a night measures next: which commits fill the gaps of a history, the most telling first. Pure."""

from __future__ import annotations

from collections.abc import Sequence, Set

from groundspeed.measure.commits import newest_then_gaps
from groundspeed.records import Commit
from groundspeed.verdicts.groups import Range

MOST = 500
"""Commits of one night: of a suite that takes a quarter of a minute they fill two hours, and a plan of all
commits of a long history would take memory for nothing."""


def telling_first(
    commits: Sequence[Commit], heads: Sequence[Commit], measured: Set[str], suspected: Sequence[Range]
) -> tuple[str, ...]:
    """The hashes of ``commits`` (newest first) in the order in which a limited time tells most.

    ``heads`` lead, for they show the suite, and are measured already. Then, range by range, what lies within
    those that hold a suspected step; then the middle of the longest gap, again and again; then what is
    measured, newest first, for something may be missing there.
    """
    done = frozenset(measured) | {one.hash for one in heads}
    within = [one for range_ in suspected for one in _inside(commits, range_, done)]
    rest = newest_then_gaps(commits, done | {one.hash for one in within})
    order = dict.fromkeys(one.hash for one in (*heads, *within, *rest))
    return tuple(order)[: len(heads) + MOST]


def _inside(commits: Sequence[Commit], range_: Range, done: Set[str]) -> tuple[Commit, ...]:
    """What is not measured strictly between both ends, the middle first."""
    places = {one.hash: place for place, one in enumerate(commits)}
    if not {range_.base, range_.head} <= places.keys():
        return ()
    between = commits[places[range_.head] : places[range_.base] + 1]  # newest first
    ends = frozenset({range_.base, range_.head})
    return tuple(one for one in newest_then_gaps(between, done | ends) if one.hash not in done | ends)
