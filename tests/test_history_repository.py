"""What is opened, what is named, what is missing: clones of every kind, tags, branches, environments."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest

from groundspeed.errors import HistoryError
from groundspeed.history import History
from tests.repositories import CommitSpec, add_commits, git, make_repository

THREE = [CommitSpec(name, {"pkg/mod.py": f"x = '{name}'\n"}) for name in ("one", "two", "three")]
ARCHIVE = Path(__file__).parents[2] / "shared" / "archives" / "numpy-bench" / "history.tar.xz"


def test_a_clone_opens_from_a_folder_inside_it_and_from_its_git_folder(tmp_path: Path) -> None:
    hashes = make_repository(tmp_path / "clone", THREE)
    for where in ("clone", "clone/pkg", "clone/.git"):
        assert History.open(tmp_path / where).resolve("HEAD") == hashes[2]


def test_a_bare_repository_and_a_linked_worktree_open(tmp_path: Path) -> None:
    hashes = make_repository(tmp_path / "bare.git", THREE, bare=True)
    bare = History.open(tmp_path / "bare.git")
    assert [commit.hash for commit in bare.commits()] == [*reversed(hashes)]
    assert bare.default_branch() == "main"
    git(tmp_path / "bare.git", "worktree", "add", "--quiet", "--detach", str(tmp_path / "tree"), hashes[0])
    assert History.open(tmp_path / "tree").resolve("HEAD") == hashes[0]


def test_what_is_no_repository_is_said_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for where in ("absent", "file", "."):
        with pytest.raises(HistoryError, match="Name a clone") as caught:
            History.open(tmp_path / where)
        assert str(tmp_path / where) in str(caught.value)


def test_no_git_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_repository(tmp_path, THREE)
    history = History.open(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    for ask in (lambda: History.open(tmp_path), lambda: history.commits("main")):
        with pytest.raises(HistoryError, match="Install git"):
            ask()


def test_an_empty_repository_says_that_it_is(tmp_path: Path) -> None:
    make_repository(tmp_path, [])
    history = History.open(tmp_path)
    for ask in (
        history.commits,
        history.branches,
        lambda: history.resolve("HEAD"),
        lambda: history.order("x"),
    ):
        with pytest.raises(HistoryError, match="holds no commit yet"):
            ask()
    assert history.known(["0" * 40]) == {}
    assert history.tags() == {}
    assert history.shallow() is None


def test_a_shallow_clone_says_what_is_missing(tmp_path: Path) -> None:
    hashes = make_repository(tmp_path / "whole", THREE)
    git(tmp_path, "clone", "--quiet", "--depth", "2", (tmp_path / "whole").as_uri(), "cut")
    history = History.open(tmp_path / "cut")
    shallow = history.shallow()
    assert shallow is not None
    assert (shallow.commits, shallow.boundary) == (2, (hashes[1],))
    assert [commit.hash for commit in history.commits()] == [hashes[2], hashes[1]]
    assert history.known([hashes[0], hashes[0][:8], hashes[1]]).keys() == {hashes[1]}
    for asked in (f"{hashes[0]}..main", "main~2..main", "main~2"):
        with pytest.raises(HistoryError, match=r"cut at 2 commits: `git fetch --unshallow`"):
            history.commits(asked)
    assert History.open(tmp_path / "whole").shallow() is None


def test_a_partial_clone_is_not_asked_to_fetch(tmp_path: Path) -> None:
    hashes = make_repository(tmp_path / "whole", THREE)
    git(tmp_path / "whole", "config", "uploadpack.allowFilter", "true")
    clone = ["clone", "--quiet", "--bare", "--filter=tree:0", (tmp_path / "whole").as_uri(), "part"]
    git(tmp_path, *clone)
    history = History.open(tmp_path / "part")
    assert len(history.commits()) == 3
    assert [*history.known(["0" * 40, hashes[1]])] == [hashes[1]]
    with pytest.raises(HistoryError, match="not here"):
        history.content_id(hashes[0], ["pkg"])


def test_tags_are_followed_to_commits(tmp_path: Path) -> None:
    hashes = make_repository(
        tmp_path,
        [CommitSpec("one", {"a": "1"}, tags=("light",), annotated_tags=("full",)), CommitSpec("two")],
    )
    git(tmp_path, "tag", "-a", "-m", "a tag of a tag", "nested/tag", "full")
    git(tmp_path, "tag", "of-a-tree", "HEAD^{tree}")
    history = History.open(tmp_path)
    assert history.tags() == dict.fromkeys(("full", "light", "nested/tag"), hashes[0])
    assert history.commits()[1].tags == ("full", "light", "nested/tag")


# --- branches ---------------------------------------------------------------------------------------


def test_configured_branches_are_kept_and_checked(tmp_path: Path) -> None:
    make_repository(tmp_path, [*THREE, CommitSpec("other", branch="release")])
    history = History.open(tmp_path)
    assert history.branches(("release", "main")) == ("release", "main")
    assert history.branches() == ("main",)
    with pytest.raises(HistoryError, match="Did you mean release"):
        history.branches(("relase",))


def test_the_default_branch_is_origins_then_heads(tmp_path: Path) -> None:
    make_repository(tmp_path / "origin", THREE, default="trunk")
    add_commits(tmp_path / "origin", [CommitSpec("on trunk", branch="trunk")])
    git(tmp_path, "clone", "--quiet", "origin", "clone")
    clone = tmp_path / "clone"
    assert History.open(clone).default_branch() == "trunk"
    git(clone, "switch", "--quiet", "--create", "topic")
    assert History.open(clone).default_branch() == "trunk"
    git(clone, "branch", "--quiet", "-D", "trunk")
    assert History.open(clone).default_branch() == "origin/trunk"
    assert [commit.subject for commit in History.open(clone).commits(last=1)] == ["on trunk"]
    git(clone, "remote", "set-head", "origin", "--delete")
    assert History.open(clone).default_branch() == "topic"


def test_a_detached_head_has_a_default_branch_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    hashes = make_repository(tmp_path / "a", [CommitSpec(n, {"f": n}, branch="master") for n in "xyz"])
    git(tmp_path / "a", "update-ref", "--no-deref", "HEAD", hashes[0])
    git(tmp_path / "a", "checkout", "--quiet", "--detach", hashes[0])
    assert History.open(tmp_path / "a").default_branch() == "master"
    git(tmp_path / "a", "branch", "--quiet", "dev", hashes[1])
    git(tmp_path / "a", "branch", "--quiet", "-m", "master", "prod")
    assert History.open(tmp_path / "a").default_branch() == "HEAD"
    assert [commit.hash for commit in History.open(tmp_path / "a").commits()] == [hashes[0]]
    git(tmp_path / "a", "config", "init.defaultBranch", "dev")
    assert History.open(tmp_path / "a").default_branch() == "dev"
    git(tmp_path / "a", "branch", "--quiet", "-D", "prod", "dev")
    assert History.open(tmp_path / "a").default_branch() == "HEAD"


# --- the world around -------------------------------------------------------------------------------


def test_an_outer_hooks_environment_does_not_mislead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = make_repository(tmp_path / "ours", THREE)
    make_repository(tmp_path / "other", [CommitSpec("another", {"x": "1"})])
    other = tmp_path / "other" / ".git"
    values = {
        "GIT_DIR": str(other),
        "GIT_WORK_TREE": str(tmp_path / "other"),
        "GIT_INDEX_FILE": str(other / "index"),
        "GIT_OBJECT_DIRECTORY": str(other / "objects"),
        "GIT_COMMON_DIR": str(other),
        "GIT_NAMESPACE": "x",
        "LC_ALL": "de_DE.UTF-8",
        "GIT_PAGER": "false",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    history = History.open(tmp_path / "ours" / "pkg")
    assert [commit.hash for commit in history.commits()] == [*reversed(hashes)]
    assert os.environ["GIT_DIR"] == str(other)


def test_the_users_way_of_showing_logs_changes_nothing(tmp_path: Path) -> None:
    hashes = make_repository(tmp_path, THREE)
    plain = History.open(tmp_path).commits()
    for name, value in {
        "log.showSignature": "true",
        "log.decorate": "full",
        "log.date": "relative",
        "i18n.logOutputEncoding": "UTF-16",
        "format.pretty": "oneline",
        "core.abbrev": "4",
        "core.quotePath": "true",
        "color.ui": "always",
        "column.ui": "always",
        "tag.sort": "-creatordate",
    }.items():
        git(tmp_path, "config", name, value)
    assert History.open(tmp_path).commits() == plain
    assert History.open(tmp_path).order("main") == hashes


# --- content ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> tuple[History, dict[str, str]]:
    path = tmp_path_factory.mktemp("content")
    specs = [
        CommitSpec("base", {"src/pkg/a.py": "1", "src/pkg/b c.py": "2", "setup.py": "s", "README": "r"}),
        CommitSpec("readme", {"README": "r2"}),
        CommitSpec("source", {"src/pkg/a.py": "other"}),
        CommitSpec("back", {"src/pkg/a.py": "1"}),
        CommitSpec("new file", {"pyproject.toml": "p"}),
        CommitSpec("gone", {"setup.py": None}),
        CommitSpec("file for folder", {"src/pkg": "a file"}),
    ]
    names = [str(spec.message) for spec in specs]
    hashes = make_repository(path, specs)
    return History.open(path), dict(zip(names, hashes, strict=True))


BUILD = ("src/pkg", "setup.py", "pyproject.toml")


def test_content_is_the_same_when_what_the_build_reads_is(contents: tuple[History, dict[str, str]]) -> None:
    history, at = contents
    found = history.content_ids(at.values(), BUILD)
    same = [found[at[name]] for name in ("base", "readme", "back")]
    assert len({*same}) == 1
    others = [found[at[name]] for name in ("source", "new file", "gone", "file for folder")]
    assert len({*others, same[0]}) == 5
    assert history.content_id("main~6", tuple(reversed(BUILD))) == same[0]
    assert history.content_id("main~6", ("./src/pkg/", *BUILD)) == same[0]


def test_no_path_means_the_whole_tree(contents: tuple[History, dict[str, str]]) -> None:
    history, at = contents
    trees = [git(history.path, "rev-parse", f"{commit}^{{tree}}") for commit in at.values()]
    assert len({*history.content_ids(at.values()).values()}) == len({*trees}) == 6  # `back` is `readme` again
    assert history.content_id(at["base"]) == history.content_id(at["base"], (".",))


@pytest.mark.parametrize("path", ["src/pkg/a.py", "src/pkg/b c.py", "absent", "setup.py/x", "absent/deeper"])
def test_single_files_are_paths_too(contents: tuple[History, dict[str, str]], path: str) -> None:
    history, at = contents
    listed = {
        name: git(history.path, "ls-tree", "--full-tree", commit, "--", path) for name, commit in at.items()
    }
    found = {name: history.content_id(commit, (path,)) for name, commit in at.items()}
    for one in at:
        for two in at:
            assert (found[one] == found[two]) == (listed[one] == listed[two])


def test_modes_and_submodules_belong_to_content(tmp_path: Path) -> None:
    (first,) = make_repository(tmp_path, [CommitSpec("base", {"run": "x", "sub/x": "1"})])
    git(tmp_path, "update-index", "--chmod=+x", "run")
    git(tmp_path, "commit", "--quiet", "-m", "executable")
    executable = git(tmp_path, "rev-parse", "HEAD")
    ids = []
    for pinned in (first, executable):
        git(tmp_path, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 8}{pinned[8:]},module")
        git(tmp_path, "commit", "--quiet", "-m", "submodule")
        ids.append(History.open(tmp_path).content_id("HEAD", ("module",)))
    history = History.open(tmp_path)
    assert history.content_id(first, ("run",)) != history.content_id(executable, ("run",))
    assert len({*ids, history.content_id(first, ("module",))}) == 3


@pytest.mark.parametrize("path", ["/etc", "../x", "a/../../b", "a\nb"])
def test_paths_outside_are_refused(contents: tuple[History, dict[str, str]], path: str) -> None:
    with pytest.raises(HistoryError, match="relative to its root"):
        contents[0].content_id("main", (path,))


def test_content_of_what_is_not_here_is_an_error(contents: tuple[History, dict[str, str]]) -> None:
    with pytest.raises(HistoryError, match="not here"):
        contents[0].content_ids(["0" * 40], ("src",))


# --- the archive ------------------------------------------------------------------------------------


@pytest.mark.archive
def test_forty_thousand_commits_are_read(tmp_path: Path) -> None:
    if not ARCHIVE.is_file():
        pytest.skip("the archive of numpy's history is not beside this clone")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="data")
    history = History.open(tmp_path / "numpy-history.git")
    commits = history.commits("main", first_parent=False)
    assert len(commits) == 41_819
    assert len(history.tags()) == 279
    assert history.default_branch() == "main"
    assert len(history.order("main")) == len(history.commits()) == 19_975
    known = history.known(commit.hash[:10] for commit in commits[:2000])
    assert [commit.hash for commit in known.values()] == [commit.hash for commit in commits[:2000]]
