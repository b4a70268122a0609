"""The page on a branch of a bare remote, or copied by rsync: whose it was, races, refusals, no answer."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from groundspeed.config import Configuration, load
from groundspeed.errors import GroundspeedError, LockedError, NothingMeasuredError
from groundspeed.history.remote import RemoteBranch, RemoteError, UnreachableError
from groundspeed.nightly.deploy import RACES, Deployed, deploy_by_rsync, deploy_site
from groundspeed.nightly.outside import Outside
from groundspeed.results.attempts import Stage, read_attempts
from groundspeed.results.lock import file_lock
from groundspeed.site.publish import publish
from tests.commands import groundspeed
from tests.repositories import CommitSpec, git, make_repository
from tests.site_archives import small_archive, subject

AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
CNAME = "bench.example.org\n"


def outside(*, tries: int = 1, paused: list[float] | None = None) -> Outside:
    return Outside(now=lambda: AT, pause=(paused if paused is not None else []).append, tries=tries)


@dataclass(frozen=True, kw_only=True, slots=True)
class Here:
    """A clone with a published page, and the bare repository that it calls origin."""

    root: Path
    bare: Path

    @property
    def configuration(self) -> Configuration:
        return load(self.root)

    def deploy(self, *, branch: str = "gh-pages", force: bool = False) -> Deployed:
        return deploy_site(self.configuration, outside(), branch=branch, force=force)

    def there(self, path: str, branch: str = "gh-pages") -> str:
        return git(self.bare, "show", f"{branch}:{path}")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    html_dir = tmp_path_factory.mktemp("page") / "html"
    publish(subject(small_archive(), {}), html_dir)
    (html_dir / "CNAME").write_text(CNAME)
    return html_dir


@pytest.fixture
def here(page: Path, tmp_path: Path) -> Here:
    return clone(page, tmp_path, "clone")


def clone(page: Path, folder: Path, name: str) -> Here:
    """A clone of its own; the bare repository is the folder's."""
    bare, root = folder / "bare.git", folder / name
    if not bare.exists():
        make_repository(bare, [CommitSpec("first", {"code.py": "x = 1\n"})], bare=True)
    git(folder, "clone", "--quiet", str(bare), name)
    (root / "asv.conf.json").write_text(json.dumps({"version": 1, "project": "sample", "repo": "."}))
    (root / ".gitignore").write_text("/.groundspeed/\n")
    shutil.copytree(page, root / "html")
    return Here(root=root, bare=bare)


def republish(here: Here) -> None:
    (here.root / "html" / "robots.txt").write_text(f"{here.root.name}\n")


def state(root: Path) -> tuple[str, str, str]:
    """What a deployment must not touch: branches, HEAD, what git status says."""
    return (
        git(root, "for-each-ref", "refs/heads", "refs/tags"),
        git(root, "rev-parse", "HEAD"),
        git(root, "status", "--porcelain"),
    )


def test_the_page_is_the_only_commit_of_its_branch(here: Here) -> None:
    before = state(here.root)
    done = here.deploy()
    assert done.pushed
    assert git(here.bare, "rev-list", "gh-pages") == done.commit
    listed = set(git(here.bare, "ls-tree", "-r", "--name-only", "gh-pages").splitlines())
    written = {
        path.relative_to(here.root / "html").as_posix()
        for path in (here.root / "html").rglob("*")
        if path.is_file()
    }
    assert listed == written | {".nojekyll"}
    assert done.files == len(listed)
    assert here.there("CNAME") == CNAME.strip()
    assert (
        git(here.bare, "show", "gh-pages:manifest.json")
        == (here.root / "html/manifest.json").read_text().strip()
    )
    assert (
        git(here.bare, "show", "-s", "--format=%at %ct", "gh-pages")
        == f"{AT.timestamp():.0f} {AT.timestamp():.0f}"
    )
    assert state(here.root) == before


def test_the_next_page_replaces_it_and_the_same_one_is_not_sent(here: Here) -> None:
    first = here.deploy()
    again = here.deploy()
    assert (again.commit, again.pushed) == (first.commit, False)
    republish(here)
    second = here.deploy()
    assert second.pushed
    assert git(here.bare, "rev-list", "gh-pages") == second.commit != first.commit
    assert git(here.bare, "rev-list", "--count", "main") == "1"


def test_the_commit_is_its_user_s_else_the_program_s(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is configured in continuous integration; git's own guess would name the host."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    who = ("show", "-s", "--format=%an <%ae> %cn <%ce>", "gh-pages")
    here.deploy()
    assert git(here.bare, *who) == "groundspeed <groundspeed@localhost> groundspeed <groundspeed@localhost>"
    git(here.root, "config", "user.name", "Grace Hopper")
    git(here.root, "config", "user.email", "grace@example.org")
    republish(here)
    here.deploy()
    assert git(here.bare, *who) == "Grace Hopper <grace@example.org> Grace Hopper <grace@example.org>"


def test_bytes_are_sent_as_they_lie_there(here: Here) -> None:
    """Whatever git is told about line ends."""
    git(here.root, "config", "core.autocrlf", "true")
    (here.root / ".gitattributes").write_text("* text eol=crlf\n")
    (here.root / "html" / "note.txt").write_bytes(b"one\r\ntwo\n\x00")
    here.deploy()
    size = git(here.bare, "cat-file", "-s", "gh-pages:note.txt")
    assert int(size) == len(b"one\r\ntwo\n\x00")


def test_what_was_not_deployed_by_us_stays(here: Here, tmp_path: Path) -> None:
    here.deploy()
    git(tmp_path, "clone", "--quiet", "--branch", "gh-pages", str(here.bare), "person")
    (tmp_path / "person" / "CNAME").write_text("else.example.org\n")
    git(tmp_path / "person", "add", ".")
    git(tmp_path / "person", "commit", "--quiet", "-m", "an address of our own")
    git(tmp_path / "person", "push", "--quiet", "origin", "gh-pages")
    republish(here)
    with pytest.raises(GroundspeedError, match=r"did not deploy, or.*deploy --branch gh-pages --force"):
        here.deploy()
    assert here.there("CNAME") == "else.example.org"
    assert here.deploy(force=True).pushed
    assert here.there("CNAME") == CNAME.strip()


def test_a_change_that_keeps_our_words_is_seen_too(here: Here, tmp_path: Path) -> None:
    """The message names the tree that was deployed, and this is another one."""
    here.deploy()
    git(tmp_path, "clone", "--quiet", "--branch", "gh-pages", str(here.bare), "person")
    (tmp_path / "person" / "CNAME").write_text("else.example.org\n")
    git(tmp_path / "person", "commit", "--quiet", "--all", "--amend", "--no-edit")
    git(tmp_path / "person", "push", "--quiet", "--force", "origin", "gh-pages")
    with pytest.raises(GroundspeedError, match="changed since"):
        here.deploy()


def test_a_branch_of_the_project_is_nobody_s_page(here: Here) -> None:
    with pytest.raises(GroundspeedError, match="main at origin holds something that groundspeed did not"):
        here.deploy(branch="main")
    assert here.there("code.py", "main") == "x = 1"


def raced(monkeypatch: pytest.MonkeyPatch, first: Callable[[int], object]) -> None:
    """Somebody else does ``first`` each time right before a push."""
    push, count = RemoteBranch.push, 0

    def late(there: RemoteBranch, commit: str, expected: str | None) -> bool:
        nonlocal count
        count += 1
        first(count)
        return push(there, commit, expected)

    monkeypatch.setattr(RemoteBranch, "push", late)


@pytest.mark.parametrize("known", [False, True], ids=["first deployment", "later one"])
def test_two_deployments_at_once(
    here: Here, page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    """The one that comes second looks again, sees a page of groundspeed, and replaces it."""
    if known:
        here.deploy()
    republish(here)
    other = clone(page, tmp_path, "other")
    republish(other)
    theirs: list[Deployed] = []

    def between(count: int) -> None:
        if count == 1:
            theirs.append(other.deploy())

    raced(monkeypatch, between)
    mine = here.deploy()
    assert len(theirs) == 1
    assert theirs[0].commit != mine.commit
    assert git(here.bare, "rev-list", "gh-pages") == mine.commit
    assert here.there("robots.txt") == "clone"


def test_a_person_who_comes_between_is_not_overwritten(
    here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raced(monkeypatch, lambda _: git(here.bare, "branch", "--force", "gh-pages", "main"))
    with pytest.raises(GroundspeedError, match="did not deploy"):
        here.deploy()
    assert here.there("code.py") == "x = 1"


def test_it_ends_where_others_never_do(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    trees = [make_commit(here, at) for at in range(2)]

    def between(count: int) -> None:
        git(here.bare, "update-ref", "refs/heads/gh-pages", trees[count % 2])

    raced(monkeypatch, between)
    with pytest.raises(RemoteError, match=f"changed by others {RACES} times"):
        deploy_site(here.configuration, outside(), force=True)


def make_commit(here: Here, number: int) -> str:
    tree = git(here.bare, "rev-parse", "main^{tree}")
    return git(here.bare, "commit-tree", tree, "-m", f"number {number}")


def test_a_remote_that_refuses_says_so(here: Here) -> None:
    hook = here.bare / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'this branch is protected' >&2\nexit 1\n")
    hook.chmod(0o755)
    paused: list[float] = []
    with pytest.raises(RemoteError, match=r"does not take the push.*this branch is protected") as caught:
        deploy_site(here.configuration, outside(tries=3, paused=paused))
    assert caught.value.exit_code == 1
    assert not isinstance(caught.value, UnreachableError)
    assert paused == []  # it would say no again
    (attempt,) = read_attempts(here.configuration.workspace)
    assert attempt.stage is Stage.DEPLOY
    assert (
        "[remote rejected] (pre-receive hook declined) · remote: this branch is protected" in attempt.failure
    )
    assert attempt.failure.isprintable()
    hook.unlink()
    here.deploy()
    (attempt,) = read_attempts(here.configuration.workspace)
    assert (attempt.failure, attempt.ended_at) == ("", AT)


def test_an_address_goes_from_where_the_clone_lies(here: Here) -> None:
    git(here.root, "remote", "set-url", "origin", f"../{here.bare.name}")
    assert here.deploy().pushed


def test_nobody_answers_for_a_while(here: Here) -> None:
    """The pauses grow fourfold from two seconds: no network at first, then there is."""
    away = here.bare.with_name("away.git")
    here.bare.rename(away)
    paused: list[float] = []

    def pause(seconds: float) -> None:
        paused.append(seconds)
        if len(paused) == 2:
            away.rename(here.bare)

    done = deploy_site(here.configuration, Outside(now=lambda: AT, pause=pause, tries=4))
    assert done.pushed
    assert paused == [2.0, 8.0]


def test_nobody_answers_at_all(here: Here) -> None:
    shutil.rmtree(here.bare)
    paused: list[float] = []
    with pytest.raises(UnreachableError, match=r"origin cannot be asked for its branches.*[^.]\. Check"):
        deploy_site(here.configuration, outside(tries=3, paused=paused))
    assert paused == [2.0, 8.0]


def test_a_token_in_an_address_is_not_told(here: Here) -> None:
    address = "http://name:secret-token@127.0.0.1:1/x.git"
    with pytest.raises(UnreachableError) as caught:
        deploy_site(here.configuration, outside(), remote=address)
    assert "secret-token" not in str(caught.value)
    assert "http://127.0.0.1:1/x.git" in str(caught.value)


@pytest.mark.parametrize("given", [{"branch": "--mirror"}, {"branch": "a..b"}, {"remote": "--upload-pack=x"}])
def test_what_is_no_name_is_no_option_either(here: Here, given: dict[str, str]) -> None:
    with pytest.raises(RemoteError, match=r"is no remote|cannot be the name of a branch"):
        deploy_site(here.configuration, outside(), **given)  # type: ignore[arg-type]  # a test's table


def test_nothing_is_published(here: Here) -> None:
    (here.root / "html" / "manifest.json").unlink()
    with pytest.raises(NothingMeasuredError, match="First: groundspeed publish"):
        here.deploy()
    assert "gh-pages" not in git(here.bare, "for-each-ref")


def test_one_deployment_of_a_project_at_a_time(here: Here) -> None:
    with (
        file_lock(here.configuration.workspace / "locks" / "deploy"),
        pytest.raises(LockedError, match="holds the lock"),
    ):
        here.deploy()


def test_the_command(here: Here) -> None:
    said = groundspeed(here.root, "deploy").stdout
    assert "to gh-pages at origin" in said
    assert "holds this page already" in groundspeed(here.root, "deploy").stdout
    shutil.rmtree(here.bare)
    assert "cannot be asked" in groundspeed(here.root, "deploy", "--tries", "1", code=1).stderr


@pytest.mark.parametrize(
    "words", [("--results", "--force"), ("--rsync", "x:y", "--branch", "z"), ("--rsync", "x:y", "--results")]
)
def test_options_that_exclude_each_other(here: Here, words: tuple[str, ...]) -> None:
    groundspeed(here.root, "deploy", *words, code=2)


# --- by rsync ---------------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("rsync") is None, reason="rsync is not installed")
def test_rsync_brings_the_new_page_and_takes_the_old_one_away(here: Here, tmp_path: Path) -> None:
    """Only what groundspeed names goes; what a person put there stays."""
    target = tmp_path / "www"
    old = {
        "data/start-0123456789abcdef.json": False,
        "data/notes.txt": True,
        "app/0123456789abcdef/main.js": False,
        "app/else/main.js": True,
        "reports/camel/baseline.html": False,
        "reports/oryx/bottlenecks.md": False,
        "reports/oryx/notes.txt": True,
        "private/index.html": True,
        ".well-known/x": True,
    }
    for name in old:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_text("old")
    done = deploy_by_rsync(here.configuration, str(target), outside())
    assert {name: (target / name).exists() for name in old} == old
    for path in (here.root / "html").rglob("*"):
        if path.is_file():
            assert (target / path.relative_to(here.root / "html")).read_bytes() == path.read_bytes()
    assert done.files == sum(path.is_file() for path in (here.root / "html").rglob("*"))


RSYNC = """#!/bin/sh
echo "$@" >> "$(dirname "$0")/calls"
[ ! -e "$(dirname "$0")/down" ] || { echo 'connection refused' >&2; exit 12; }
"""


def test_the_manifest_comes_last_by_rsync(
    here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is called, by a program of that name: also where there is no rsync."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "rsync").write_text(RSYNC)
    (programs / "rsync").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    deploy_by_rsync(here.configuration, "box:www", outside())
    first, second = (programs / "calls").read_text().splitlines()
    assert "--exclude=/manifest.json" in first
    assert "--delete" not in first
    assert "--exclude=/manifest.json" not in second
    assert "--delete-after" in second
    assert first.endswith(f"-- {here.root / 'html'}/ box:www")
    (programs / "down").touch()
    with pytest.raises(RemoteError, match="rsync did not reach box:www: connection refused"):
        deploy_by_rsync(here.configuration, "box:www", outside())
    with pytest.raises(RemoteError, match="no target of rsync"):
        deploy_by_rsync(here.configuration, "--delete", outside())
