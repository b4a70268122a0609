"""Which commits a request means, on real repositories: branches, ranges, what is new, what is cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundspeed.errors import HistoryError
from groundspeed.history import History
from groundspeed.measure.plan import Selection
from groundspeed.measure.session import Request, choose_commits
from tests.repositories import CommitSpec, make_repository

EVERYTHING = Selection(pattern=None, nightly=(), with_nightly=False, quick=False, retry=False, again=False)


def request(
    revisions: str | None = None, *, last: int | None = None, steps: int | None = None, new: bool = False
) -> Request:
    return Request(revisions=revisions, last=last, steps=steps, new=new, selection=EVERYTHING, dry_run=False)


@pytest.fixture
def repository(tmp_path: Path) -> tuple[History, tuple[str, ...]]:
    """Four commits on main; the branch `side` leaves at the second and has one of its own."""
    main = [CommitSpec(f"main {number}", {"a.txt": str(number)}) for number in range(4)]
    side = CommitSpec("side", {"b.txt": "b"}, branch="side", parents=(1,))
    hashes = make_repository(tmp_path, [*main, side])
    return History.open(tmp_path), hashes


def subjects(
    repository: tuple[History, tuple[str, ...]],
    asked: Request,
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
