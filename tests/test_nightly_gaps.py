"""Where a night measures next, by what is measured and what is suspected."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from groundspeed.nightly.gaps import MOST, telling_first
from groundspeed.verdicts.groups import Range
from tests.site_archives import commit_hash, known


def numbers(order: Sequence[str]) -> list[int]:
    return [int(one[:8], 16) for one in order]


def order(count: int, measured: Sequence[int], *suspected: tuple[int, int]) -> list[int]:
    there = {place: known(count + 2)[commit_hash(place)] for place in range(count)}
    commits = [there[place] for place in range(count - 1, -1, -1)]
    ranges = [Range(base=commit_hash(base), head=commit_hash(head)) for base, head in suspected]
    done = frozenset(commit_hash(place) for place in measured)
    return numbers(telling_first(commits, commits[:1], done, ranges))


@pytest.mark.parametrize(
    ("count", "measured", "suspected", "expected"),
    [
        # the newest shows the suite; then the middle of the longest gap, again and again; what is measured
        (8, [0, 7], [], [7, 4, 2, 6, 5, 3, 1, 0]),
        # what lies in a suspected range comes first, its middle before all
        (12, [0, 8, 11], [(0, 4)], [11, 2, 3, 1]),
        # nothing lies between its ends: as if nothing were suspected
        (6, [0, 2, 3, 5], [(2, 3)], [5, 4, 1]),
        # a range of commits that are not on the line is nobody's gap
        (4, [0, 3], [(40, 44)], [3, 2, 1, 0]),
        # everything is measured: the newest first
        (4, [0, 1, 2, 3], [], [3, 2, 1, 0]),
    ],
)
def test_the_order(
    count: int, measured: list[int], suspected: list[tuple[int, int]], expected: list[int]
) -> None:
    found = order(count, measured, *suspected)
    assert found[: len(expected)] == expected
    assert sorted(found) == list(range(count))


def test_a_long_history_is_cut() -> None:
    assert len(order(MOST + 50, [0])) == MOST + 1
