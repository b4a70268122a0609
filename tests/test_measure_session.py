"""Which commits a request means, on real repositories: branches, ranges, what is new, what is cut."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from groundspeed.errors import HistoryError
from groundspeed.history import History
from groundspeed.measure.commits import Range, choose_commits, newest_then_gaps
from groundspeed.records import Commit
from tests.measuring import commit
from tests.repositories import CommitSpec, make_repository


def request(
    revisions: str | None = None, *, last: int | None = None, steps: int | None = None, new: bool = False
) -> Range:
    return Range(revisions=revisions, last=last, steps=steps, new=new)


@pytest.fixture
def repository(tmp_path: Path) -> tuple[History, tuple[str, ...]]:
    """Four commits on main; the branch `side` leaves at the second and has one of its own."""
    main = [CommitSpec(f"main {number}", {"a.txt": str(number)}) for number in range(4)]
    side = CommitSpec("side", {"b.txt": "b"}, branch="side", parents=(1,))
    hashes = make_repository(tmp_path, [*main, side])
    return History.open(tmp_path), hashes


def subjects(
    repository: tuple[History, tuple[str, ...]],
    asked: Range,
    *,
    branches: tuple[str, ...] = ("main",),
    measured: tuple[int, ...] = (),
) -> list[str]:
    history, hashes = repository
    found = choose_commits(history, branches, asked, [hashes[at] for at in measured])
    return [commit.subject for commit in found]


def test_without_a_range_it_is_the_newest_of_each_branch(repository: tuple[History, tuple[str, ...]]) -> None:
    assert subjects(repository, request()) == ["main 3"]
    assert subjects(repository, request(), branches=()) == ["main 3"]
    assert subjects(repository, request(), branches=("main", "side")) == ["side", "main 3"]


def test_last_and_steps_thin_out(repository: tuple[History, tuple[str, ...]]) -> None:
    assert subjects(repository, request(last=2)) == ["main 3", "main 2"]
    assert subjects(repository, request(steps=2)) == ["main 3", "main 0"]
    assert subjects(repository, request("main~3..main", last=1)) == ["main 3"]


def test_new_is_what_is_newer_than_the_line_not_than_what_was_merged(tmp_path: Path) -> None:
    """The side commit is the newest measured one; what is newer than it leaves out main 1 and main 2."""
    main = [CommitSpec(f"main {number}", {"a.txt": str(number)}) for number in range(3)]
    side = CommitSpec("side", {"b.txt": "b"}, branch="side", parents=(2,))
    merge = CommitSpec("merge", {"b.txt": "b"}, parents=(2, 3))
    hashes = make_repository(tmp_path, [*main, side, merge])
    repository = History.open(tmp_path), hashes
    assert subjects(repository, request(new=True), measured=(0, 3)) == ["merge", "main 2", "main 1"]
    assert subjects(repository, request(new=True), measured=(3,)) == ["merge"]  # as if nothing were measured


def test_two_branches_share_their_past_once(repository: tuple[History, tuple[str, ...]]) -> None:
    both = subjects(repository, request(last=9), branches=("main", "side"))
    assert both == ["side", "main 3", "main 2", "main 1", "main 0"]


def test_new_means_since_the_newest_measured(repository: tuple[History, tuple[str, ...]]) -> None:
    assert subjects(repository, request(new=True), measured=(0, 1)) == ["main 3", "main 2"]
    assert subjects(repository, request(new=True), measured=(3,)) == []
    assert subjects(repository, request(new=True)) == ["main 3"]


def test_an_empty_range_says_how_to_look(repository: tuple[History, tuple[str, ...]]) -> None:
    with pytest.raises(HistoryError, match=r"main\.\.main holds no commit"):
        subjects(repository, request("main..main"))


def letters(order: tuple[Commit, ...]) -> str:
    return "".join(commit.subject for commit in order)


@pytest.mark.parametrize(
    ("measured", "order"),
    [
        ("", "abcdefghi"),
        ("a", "egchbdfia"),
        ("d", "abcgehfid"),
        ("cg", "abehdficg"),
        ("abcdefghi", "abcdefghi"),
    ],
)
def test_a_budget_goes_to_the_newest_and_then_to_the_middle_of_the_longest_gaps(
    measured: str, order: str
) -> None:
    commits = [replace(commit(9 - at), subject=letter) for at, letter in enumerate("abcdefghi")]
    known = {one.hash for one in commits if one.subject in measured}
    found = letters(newest_then_gaps(commits, known))
    assert sorted(found) == sorted("abcdefghi")
    assert found == order
