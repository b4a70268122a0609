"""Bringing a clone forwards to its remote: what moves, and what stays, or somebody would lose something."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundspeed.errors import HistoryError
from groundspeed.history.following import Moved, follow, remotes_of
from groundspeed.history.remote import UnreachableError
from tests.repositories import CommitSpec, add_commits, git, make_repository


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone of a bare repository with the branches main and stable; main is checked out."""
    first = [CommitSpec("first", {"a.txt": "1\n"}), CommitSpec("kept", {"b.txt": "1\n"}, branch="stable")]
    make_repository(tmp_path / "bare.git", first, bare=True)
    git(tmp_path, "clone", "--quiet", str(tmp_path / "bare.git"), "clone")
    git(tmp_path / "clone", "branch", "--quiet", "stable", "origin/stable")
    return tmp_path / "clone"


def grow(clone: Path, branch: str, *texts: str) -> tuple[str, ...]:
    specs = [CommitSpec(text, {"a.txt": f"{text}\n"}, branch=branch) for text in texts]
    return add_commits(clone.parent / "bare.git", specs)


def tip(clone: Path, branch: str) -> str:
    return git(clone, "rev-parse", f"refs/heads/{branch}")


def test_what_is_checked_out_and_other_branches_go_forwards(clone: Path) -> None:
    main, stable = grow(clone, "main", "two", "three"), grow(clone, "stable", "four")
    moved = follow(clone, "origin", ["main", "stable"])
    assert [one.sentence for one in moved] == ["main: 2 new commits", "stable: 1 new commit"]
    assert (tip(clone, "main"), tip(clone, "stable")) == (main[-1], stable[-1])
    assert (clone / "a.txt").read_text() == "three\n"
    assert git(clone, "status", "--porcelain") == ""
    assert [one.sentence for one in follow(clone, "origin", [])] == ["main: nothing new"]


def test_commits_of_its_own_keep_a_branch_where_it_is(clone: Path) -> None:
    grow(clone, "main", "two")
    (own,) = add_commits(clone, [CommitSpec("own", {"c.txt": "1\n"})])
    (moved,) = follow(clone, "origin", [])
    assert moved == Moved(
        branch="main", commits=0, why="it has 1 commit that origin has not. Push it, or drop it"
    )
    assert tip(clone, "main") == own


def test_commits_that_are_not_pushed_yet_are_nothing_to_complain_of(clone: Path) -> None:
    (own,) = add_commits(clone, [CommitSpec("own", {"c.txt": "1\n"})])
    assert follow(clone, "origin", []) == (Moved(branch="main", commits=0),)
    assert tip(clone, "main") == own


def test_a_change_in_the_working_tree_is_not_overwritten(clone: Path) -> None:
    before = tip(clone, "main")
    grow(clone, "main", "two")
    (clone / "a.txt").write_text("mine\n")
    (moved,) = follow(clone, "origin", [])
    assert moved.why.startswith("git will not go forwards: ")
    assert "a.txt" in moved.why
    assert (tip(clone, "main"), (clone / "a.txt").read_text()) == (before, "mine\n")


def test_a_change_elsewhere_is_carried_along(clone: Path) -> None:
    (new,) = grow(clone, "main", "two")
    (clone / "mine.txt").write_text("mine\n")
    follow(clone, "origin", [])
    assert tip(clone, "main") == new
    assert (clone / "mine.txt").read_text() == "mine\n"


def test_a_detached_head_stays_and_named_branches_move(clone: Path) -> None:
    git(clone, "checkout", "--quiet", "--detach")
    head = git(clone, "rev-parse", "HEAD")
    (new,) = grow(clone, "main", "two")
    follow(clone, "origin", ["main"])
    assert (git(clone, "rev-parse", "HEAD"), tip(clone, "main")) == (head, new)


def test_a_branch_that_is_new_here_begins_where_the_remote_stands(clone: Path) -> None:
    (there,) = grow(clone, "later", "four")
    assert [one.sentence for one in follow(clone, "origin", ["later"])] == [
        "main: nothing new",
        "later is new here",
    ]
    assert tip(clone, "later") == there


def test_branches_that_the_remote_lacks_are_passed_over(clone: Path) -> None:
    git(clone, "branch", "--quiet", "topic")
    assert [one.branch for one in follow(clone, "origin", ["topic", "nowhere"])] == ["main"]


def test_an_address_goes_from_where_the_clone_lies(clone: Path) -> None:
    git(clone, "remote", "set-url", "origin", "../bare.git")
    (new,) = grow(clone, "main", "two")
    follow(clone, "origin", [])
    assert tip(clone, "main") == new


def test_remotes_that_are_not_there(clone: Path, tmp_path: Path) -> None:
    assert remotes_of(clone) == ("origin",)
    assert remotes_of(tmp_path) == ()
    git(clone, "remote", "set-url", "origin", str(tmp_path / "gone.git"))
    with pytest.raises(UnreachableError, match="origin cannot be fetched"):
        follow(clone, "origin", [])
    with pytest.raises(HistoryError):
        follow(tmp_path, "origin", [])
