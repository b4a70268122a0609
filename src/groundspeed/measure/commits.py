"""Which commits of the history a request means, and in which order a budget is spent on them. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Sequence, Set
from dataclasses import dataclass

from groundspeed.errors import HistoryError
from groundspeed.history import History
from groundspeed.records import Commit


@dataclass(frozen=True, kw_only=True, slots=True)
class Range:
    """The commits that a user asks for. Without ``revisions`` it is the newest one of each branch.

    ``revisions`` as git writes them; ``last`` and ``steps`` thin them out; ``new`` means the commits
    since the newest measured one. ``named`` are full hashes in the very order in which they are to be
    measured; nothing else counts where there are any.
    """

    revisions: str | None
    last: int | None
    steps: int | None
    new: bool
    named: tuple[str, ...] = ()


def choose_commits(
    history: History, branches: Sequence[str], wanted: Range, measured: Sequence[str]
) -> tuple[Commit, ...]:
    """The commits of a request, newest first. ``measured`` are the hashes with results, for ``new``."""
    if wanted.named:
        there = history.known(wanted.named)
        return tuple(there[one] for one in wanted.named if one in there)
    if wanted.revisions is not None:
        return _chosen(history, [wanted.revisions], wanted)
    ranges = history.branches(branches)
    along = _along(history, ranges, measured) if wanted.new else ()
    if along:
        newest = max(along, key=lambda commit: commit.date)
        return _chosen(history, [f"{newest.hash}..{one}" for one in ranges], wanted)
    last = 1 if wanted.last is None and wanted.steps is None else wanted.last
    return _merged([history.commits(one, last=last, steps=wanted.steps) for one in ranges])


def _along(history: History, branches: Sequence[str], measured: Sequence[str]) -> tuple[Commit, ...]:
    """The measured commits that git knows, without what came into a branch by a merge: what is newer than
    such a one may be older than the branch's last, and was not measured."""
    known = {commit.hash: commit for commit in history.known(measured).values()}
    aside = history.merged(tuple(known), branches)
    return tuple(commit for commit in known.values() if commit.hash not in aside)


def _chosen(history: History, ranges: Sequence[str], wanted: Range) -> tuple[Commit, ...]:
    found = _merged([history.commits(one, last=wanted.last, steps=wanted.steps) for one in ranges])
    if not found and not wanted.new:
        raise HistoryError(
            f"{' '.join(ranges)} holds no commit. Look at it with: git log --first-parent {' '.join(ranges)}"
        )
    return found


def _merged(lists: Sequence[Sequence[Commit]]) -> tuple[Commit, ...]:
    """Several branches as one list, newest first, each commit once."""
    unique = {commit.hash: commit for commits in lists for commit in commits}
    return (
        tuple(unique.values())
        if len(lists) == 1
        else tuple(sorted(unique.values(), key=lambda c: c.date, reverse=True))
    )


def newest_then_gaps(commits: Sequence[Commit], measured: Set[str]) -> tuple[Commit, ...]:
    """The order in which a limited time tells most. ``commits`` are newest first.

    What is newer than any measured commit comes first, newest first; then, again and again, the middle
    of the longest stretch without a measured commit (the newer one of equally long ones). O(n log n).
    """
    done = {at for at, commit in enumerate(commits) if commit.hash in measured}
    newest = min(done, default=len(commits))
    order = list(range(newest))
    longest = [(first - last, first, last) for first, last in _gaps(done, newest, len(commits))]
    heapq.heapify(longest)
    while longest:
        _, first, last = heapq.heappop(longest)
        middle = (first + last) // 2
        order.append(middle)
        for begin, end in ((first, middle - 1), (middle + 1, last)):
            if begin <= end:
                heapq.heappush(longest, (begin - end, begin, end))
    return tuple(commits[at] for at in [*order, *sorted(done)])


def _gaps(done: Set[int], start: int, end: int) -> list[tuple[int, int]]:
    """The stretches (first, last) of open positions from ``start`` on."""
    gaps, first = [], start
    for at in [*sorted(at for at in done if at >= start), end]:
        if first < at:
            gaps.append((first, at - 1))
        first = at + 1
    return gaps
