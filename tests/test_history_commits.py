"""Ranges, order, metadata and hostile repositories, each against git itself or a table."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed.errors import HistoryError
from groundspeed.history import History, spread
from groundspeed.records import Commit
from tests.repositories import EPOCH, CommitSpec, git, make_repository

if TYPE_CHECKING:
    from pathlib import Path

# 0 ── 1 ── 4(merge) ── 5 main        2 ── 3 is the side branch, merged at 4
#  └── 2 ── 3 ──┘
MERGED = [
    CommitSpec("zero", {"a": "0"}, tags=("v0",)),
    CommitSpec("one", {"a": "1"}, annotated_tags=("v1",)),
    CommitSpec("two", {"b": "2"}, branch="side", parents=(0,)),
    CommitSpec("three", {"b": "3"}, branch="side"),
    CommitSpec("four", {"b": "3"}, parents=(1, 3), tags=("v4", "also-v4")),
    CommitSpec("five", {"a": "5"}),
]


@pytest.fixture(scope="module")
def merged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[str, ...]]:
    path = tmp_path_factory.mktemp("history") / "a folder with späces"
    return path, make_repository(path, MERGED)


RANGES = {
    # what is asked: positions in MERGED, newest first, along first parents
    "main": (5, 4, 1, 0),
    "v1..main": (5, 4),
    "v1..": (5, 4),
    "side...main": (5, 4, 1),  # minus the merge base, which is `side` itself and what it reaches
    "main^!": (5,),
    "v1^!": (1,),
    "v0..side": (3, 2),
    "side ^v0": (3, 2),
    "main~1": (4, 1, 0),
    "v4^2": (3, 2, 0),
    "main..main": (),
    "'main@{0}' ^v4": (5,),
}


@pytest.mark.parametrize("asked", [*RANGES])
def test_ranges_mean_what_git_means(merged: tuple[Path, tuple[str, ...]], asked: str) -> None:
    path, hashes = merged
    if asked == "side...main":
        expected = tuple(git(path, "rev-list", "--first-parent", asked).split())
    else:
        expected = tuple(hashes[position] for position in RANGES[asked])
    if "@{0}" in asked:
        git(path, "reflog", "expire", "--expire=never", "--all")
        git(path, "update-ref", "--create-reflog", "refs/heads/main", "main~1")
        git(path, "update-ref", "--create-reflog", "refs/heads/main", hashes[5])
    assert tuple(commit.hash for commit in History.open(path).commits(asked)) == expected


def test_all_parents_are_walked_when_asked(merged: tuple[Path, tuple[str, ...]]) -> None:
    path, hashes = merged
    found = History.open(path).commits("main", first_parent=False)
    assert {commit.hash for commit in found} == set(hashes)


def test_a_commit_carries_what_git_knows(merged: tuple[Path, tuple[str, ...]]) -> None:
    path, hashes = merged
    merge = History.open(path).commits("main", last=2)[1]
    assert merge == Commit(
        hash=hashes[4],
        parents=(hashes[1], hashes[3]),
        date=EPOCH + timedelta(hours=4),
        author="Ada Lovelace",
        subject="four",
        tags=("also-v4", "v4"),
    )


def test_none_is_the_default_branch_and_last_and_steps_choose(
    merged: tuple[Path, tuple[str, ...]],
) -> None:
    path, hashes = merged
    history = History.open(path)
    assert [commit.subject for commit in history.commits(last=3)] == ["five", "four", "one"]
    assert [commit.subject for commit in history.commits(steps=3)] == ["five", "one", "zero"]
    assert [commit.subject for commit in history.commits(last=3, steps=2)] == ["five", "one"]
    assert [commit.subject for commit in history.commits(steps=1)] == ["five"]
    assert len(history.commits(last=99, steps=99)) == 4
    assert history.order("main") == tuple(hashes[position] for position in (0, 1, 4, 5))


@settings(deadline=None, derandomize=True, max_examples=60)
@given(total=st.integers(0, 200), steps=st.integers(1, 220))
def test_steps_are_spread_evenly_with_both_ends(total: int, steps: int) -> None:
    commits = tuple(
        Commit(hash=f"{n:040x}", parents=(), date=EPOCH, author="", subject="", tags=()) for n in range(total)
    )
    picked = spread(commits, steps)
    positions = [int(commit.hash, 16) for commit in picked]
    assert len(picked) == min(total, steps)
    assert positions == sorted(set(positions))
    if len(picked) > 1:
        assert (positions[0], positions[-1]) == (0, total - 1)
        gaps = {right - left for left, right in itertools.pairwise(positions)}
        assert max(gaps) - min(gaps) <= 1


def test_dates_are_the_authors_as_asv_stores_them(tmp_path: Path) -> None:
    """asv's date is `%at` in ms (asv/plugins/git.py get_date): a rebase keeps it, unlike the committer's."""
    (made,) = make_repository(tmp_path, [CommitSpec("first", {"a": "1"})])
    git(
        tmp_path,
        "commit",
        "--amend",
        "--no-edit",
        "--quiet",
        "--reset-author",
        "--date=2020-02-03T04:05:06+0900",
    )
    (commit,) = History.open(tmp_path).commits("HEAD")
    assert commit.hash != made
    assert commit.date == datetime(2020, 2, 2, 19, 5, 6, tzinfo=UTC)
    assert int(commit.date.timestamp()) == int(git(tmp_path, "log", "-1", "--format=%at"))


@pytest.mark.parametrize(
    ("message", "encoding", "subject"),
    [
        ("one\ntwo lines\n\nbody", None, "one two lines"),
        ("", None, ""),
        ("naïve – 測定 🚀", None, "naïve – 測定 🚀"),
        ("tab\tbell\x07 escape\x1b[31m", None, "tab\tbell\x07 escape\x1b[31m"),
        ("comes\x1efrom\x1fa format", None, "comes\x1efrom\x1fa format"),
        ("commit 0123\nauthor x", None, "commit 0123 author x"),
        ("café".encode("latin-1"), "ISO-8859-1", "café"),
        ("café".encode("latin-1"), None, "caf\ufffd"),
    ],
)
def test_any_message_is_read(
    tmp_path: Path, message: str | bytes, encoding: str | None, subject: str
) -> None:
    hashes = make_repository(
        tmp_path,
        [CommitSpec("before"), CommitSpec(message, {"a": "1"}, encoding=encoding), CommitSpec("after")],
    )
    found = History.open(tmp_path).commits("main")
    assert [commit.hash for commit in found] == [*reversed(hashes)]
    assert [commit.subject for commit in found] == ["after", subject, "before"]


def test_a_date_nobody_can_read_does_not_end_the_run(tmp_path: Path) -> None:
    make_repository(tmp_path, [CommitSpec("first", {"a": "1"})])
    tree = git(tmp_path, "rev-parse", "HEAD^{tree}")
    who = "Ada <a@b> 99999999999999999 +0000"
    raw = f"tree {tree}\nauthor {who}\ncommitter {who}\n\nfrom the far future\n"
    made = git(tmp_path, "hash-object", "-w", "-t", "commit", "--literally", "--stdin", stdin=raw.encode())
    (commit,) = History.open(tmp_path).commits(f"{made}^!")
    assert (commit.subject, commit.date) == ("from the far future", datetime(1970, 1, 1, tzinfo=UTC))


def test_known_gives_what_is_here_and_leaves_out_the_rest(merged: tuple[Path, tuple[str, ...]]) -> None:
    path, hashes = merged
    blob = git(path, "rev-parse", "main:a")
    asked = [
        hashes[5],
        hashes[3][:8],
        hashes[0],
        "0" * 40,
        "deadbeef",
        blob,
        "main",
        "--all",
        "",
        "HEAD",
        "a\nb",
    ]
    found = History.open(path).known(asked)
    assert [*found] == [hashes[5], hashes[3][:8], hashes[0]]
    assert found[hashes[3][:8]].subject == "three"
    assert found[hashes[0]].tags == ("v0",)
    assert History.open(path).known([]) == {}


def test_a_branch_named_like_a_hash_is_not_taken_for_one(tmp_path: Path) -> None:
    make_repository(tmp_path, [CommitSpec("first", {"a": "1"}), CommitSpec("second", branch="deadbeef")])
    assert History.open(tmp_path).known(["deadbeef"]) == {}


REFUSED = {
    "--all": "no revision",
    "-n1": "no revision",
    "main --output=x": "no revision",
    "": "no revision",
    "main\x00": "no revision",
    "'main": "Close the quotation",
    "mian": "Did you mean main?",
    "v0..mian": "Did you mean main?",
    "^mian main": "Did you mean main?",
    "mian^!": "Did you mean main?",
    "v4...sid": "Did you mean side?",
    "qqqqqq": "There are main, side, also-v4, v0, v1 and 1 more.",
}


@pytest.mark.parametrize("asked", [*REFUSED])
def test_a_range_with_a_typo_says_what_is_near(merged: tuple[Path, tuple[str, ...]], asked: str) -> None:
    path, _ = merged
    with pytest.raises(HistoryError) as caught:
        History.open(path).commits(asked)
    assert REFUSED[asked] in str(caught.value)
    assert not [*path.glob("*x*")]


@pytest.mark.parametrize("asked", ["mian", "--all", "main..side", "main:a", ""])
def test_resolve_refuses_what_is_no_commit(merged: tuple[Path, tuple[str, ...]], asked: str) -> None:
    with pytest.raises(HistoryError):
        History.open(merged[0]).resolve(asked)


@pytest.mark.parametrize(("number", "word"), [(0, "--last 0"), (-3, "--last -3")])
def test_none_or_fewer_commits_cannot_be_asked_for(
    merged: tuple[Path, tuple[str, ...]], number: int, word: str
) -> None:
    with pytest.raises(HistoryError, match=word):
        History.open(merged[0]).commits("main", last=number)


def test_resolve_follows_names_to_commits(merged: tuple[Path, tuple[str, ...]]) -> None:
    path, hashes = merged
    history = History.open(path)
    for name, position in {"v1": 1, "v4": 4, "main": 5, "HEAD~1": 4, "side": 3, hashes[2][:8]: 2}.items():
        assert history.resolve(name) == hashes[position]
