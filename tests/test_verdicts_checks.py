"""Check values along a series: each change is found once, disagreement within a commit is no change."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundspeed.verdicts.checks import check_changes

# what was seen at commits a, b, c, …; the pairs between which it changed
TABLE = {
    "nothing at all": ([], []),
    "no values": (["", ""], []),
    "one commit": (["x"], []),
    "the same": (["x", "x", "x"], []),
    "a change": (["x", "x", "y", "y"], ["bc"]),
    "there and back": (["x", "y", "x"], ["ab", "bc"]),
    "across commits without values": (["x", "", "", "y"], ["ad"]),
    "the same across a gap": (["x", "", "x"], []),
    "a commit that disagrees is passed over": (["x", "xy", "y"], ["ac"]),
    "it tells nothing of its neighbours": (["x", "yz", "x"], []),
    "never the same twice": (["xy", "zw", "uv"], []),
}


@pytest.mark.parametrize("name", TABLE)
def test_changes(name: str) -> None:
    values, pairs = TABLE[name]
    commits = "abcdefg"[: len(values)]
    found = check_changes(commits, {commit: set(one) for commit, one in zip(commits, values, strict=True)})
    assert [one.base + one.head for one in found] == pairs


def test_a_change_says_from_what_to_what() -> None:
    (change,) = check_changes("ab", {"a": {"x"}, "b": {"y"}, "other branch": {"z"}})
    assert (change.base, change.head, change.before, change.after) == ("a", "b", "x", "y")


@given(st.lists(st.sets(st.sampled_from("xyz"), max_size=2), max_size=12))
def test_changes_are_what_grouping_says(values: list[set[str]]) -> None:
    commits = [str(place) for place in range(len(values))]
    seen = dict(zip(commits, values, strict=True))
    found = check_changes(commits, seen)
    runs = [value for value, _ in itertools.groupby(next(iter(one)) for one in values if len(one) == 1)]
    assert [one.before for one in found] == runs[:-1]
    assert [one.after for one in found] == runs[1:]
    back = check_changes(commits[::-1], seen)
    assert [(one.head, one.base) for one in back][::-1] == [(one.base, one.head) for one in found]
