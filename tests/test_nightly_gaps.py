"""Where a night measures next, by what is measured and what is suspected."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from groundspeed.nightly.gaps import MOST, telling_first
from tests.site_archives import commit_hash, known


def numbers(order: Sequence[str]) -> list[int]:
    return [int(one[:8], 16) for one in order]


def order(count: int, measured: Sequence[int], *suspected: tuple[int, int]) -> list[int]:
    there = {place: known(count + 2)[commit_hash(place)] for place in range(count)}
    commits = [there[place] for place in range(count - 1, -1, -1)]
    stretches = [commits[count - 1 - head : count - 1 - base] for base, head in suspected]
    done = frozenset(commit_hash(place) for place in measured)
    return numbers(telling_first([commits], commits[:1], done, stretches))


@pytest.mark.parametrize(
    ("count", "measured", "suspected", "expected"),
    [
        # the newest shows the suite; then the middle of the longest gap, again and again; what is measured
        (8, [0, 7], [], [7, 4, 2, 6, 5, 3, 1, 0]),
        # what lies in a suspected range comes first, its middle before all
        (12, [0, 8, 11], [(0, 4)], [11, 2, 3, 1]),
        # nothing lies between its ends: as if nothing were suspected
        (6, [0, 2, 3, 5], [(2, 3)], [5, 4, 1]),
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


def test_each_branch_has_gaps_of_its_own() -> None:
    """By date every other commit is the release branch's: in one line each gap would be of one commit."""
    there = known(18)
    main = [there[commit_hash(place)] for place in range(14, -1, -2)]  # 14, 12, ... 0: all are measured
    release = [there[commit_hash(place)] for place in (15, 13, 11, 9, 7, 5, 3, 1, 0)]  # left main at 0
    measured = frozenset({*(one.hash for one in main), commit_hash(15), commit_hash(1)})
    found = numbers(telling_first([main, release], [main[0], release[0]], measured, []))
    # of 13, 11, 9, 7, 5, 3 the middle is 9 (the newer of two); of 7, 5, 3 it is 5; of 13, 11 it is 13
    assert found[:8] == [14, 15, 9, 5, 13, 11, 7, 3]
    assert sorted(found) == list(range(16))


def test_a_long_history_is_cut() -> None:
    assert len(order(MOST + 50, [0])) == MOST + 1
