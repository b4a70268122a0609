"""Where a night measures next: which commits fill the gaps of a history, the most telling first. Pure."""

from __future__ import annotations

from collections.abc import Sequence, Set
from itertools import zip_longest

from groundspeed.measure.commits import newest_then_gaps
from groundspeed.records import Commit

MOST = 500
"""Commits of one night: of a suite that takes a quarter of a minute they fill two hours, and a plan of all
commits of a long history would take memory for nothing."""


def telling_first(
    lines: Sequence[Sequence[Commit]],
    heads: Sequence[Commit],
    measured: Set[str],
    suspected: Sequence[Sequence[Commit]],
) -> tuple[str, ...]:
    """The hashes of the commits of ``lines`` in the order in which a limited time tells most.

    A line is a branch's commits, newest first; ``suspected`` are the stretches of them that hold a suspected
    step. ``heads`` lead, for they show the suite, and are measured already. Then, stretch by stretch, what of
    it is not measured; then the middle of the longest gap, again and again, of one line after the other; then
    what is measured, newest first, for something may be missing there.
    """
    done = frozenset(measured) | {one.hash for one in heads}
    within = [one for stretch in suspected for one in _inside(stretch, done)]
    known = done | {one.hash for one in within}
    orders = [newest_then_gaps(line, known) for line in lines]
    rest = [one for turn in zip_longest(*orders) for one in turn if one is not None]
    rest.sort(key=lambda one: one.hash in known)  # stable: what is measured comes last
    order = dict.fromkeys(one.hash for one in (*heads, *within, *rest))
    return tuple(order)[: len(heads) + MOST]


def _inside(stretch: Sequence[Commit], done: Set[str]) -> tuple[Commit, ...]:
    """What is not measured of a stretch, the middle first, without its newest: that end was measured."""
    ends = done | {one.hash for one in stretch[:1]}
    return tuple(one for one in newest_then_gaps(stretch, ends) if one.hash not in ends)
