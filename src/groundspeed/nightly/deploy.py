"""Bringing the published page to where people read it: a branch of a remote, or a folder by rsync.

Owns that a branch holds one commit without history, and whose branch it is: the commit says which tree we
deployed, so that one that a person changed, or that was never ours, is not overwritten unasked.
"""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from groundspeed.config import Configuration
from groundspeed.errors import GroundspeedError, NothingMeasuredError
from groundspeed.history import History
from groundspeed.history.making import Made, commit_tree, read_made, store_files, store_text, store_tree
from groundspeed.history.remote import RemoteBranch, RemoteError
from groundspeed.nightly.outside import Outside
from groundspeed.results.atomic import is_temporary
from groundspeed.results.attempts import Stage, attempting
from groundspeed.results.lock import file_lock
from groundspeed.site.folder import MARKER, SiteFolder
from groundspeed.site.publish import MANIFEST

BRANCH = "gh-pages"
RACES = 10
"""Times that another push may come first. Each of them is one that arrived, so somebody always gets on."""

_TRAILER = "Groundspeed-Site:"
_PLAIN = ".nojekyll"  # what serves such branches else runs every file through a generator of blogs


@dataclass(frozen=True, kw_only=True, slots=True)
class Deployed:
    """Where the page is now. ``commit`` is empty by rsync; ``pushed`` is False where it was there already."""

    where: str
    commit: str
    files: int
    pushed: bool

    @property
    def sentence(self) -> str:
        """What became of it."""
        if not self.commit:
            return f"Deployed {self.files:,} files to {self.where}."
        if not self.pushed:
            return f"{self.where} holds this page already ({self.commit[:8]})."
        return f"Deployed {self.files:,} files to {self.where} ({self.commit[:8]})."


def deploy_site(
    configuration: Configuration,
    outside: Outside,
    *,
    remote: str = "origin",
    branch: str = BRANCH,
    force: bool = False,
) -> Deployed:
    """Put what is published on ``branch`` of ``remote``, as its only commit.

    Raises NothingMeasuredError where nothing is published, GroundspeedError where the branch is somebody
    else's (unless ``force``), RemoteError where the remote refuses or is not reached, LockedError beside
    another deployment of this project.
    """
    html_dir = configuration.suite.html_dir
    history = History.open(configuration.suite.root)
    there = RemoteBranch(history=history, remote=remote, branch=branch)
    workspace = configuration.workspace
    with (
        attempting(workspace, Stage.DEPLOY, outside.now),
        file_lock(workspace / "locks" / "deploy"),
        _published(html_dir),
    ):
        tree, count = _stored(history, site_files(html_dir))
        message = site_message(configuration.suite.project, tree)

        def replace() -> Deployed:
            for _ in range(RACES):
                before = there.tip()
                made = None if before is None else read_made(history, there.fetch())
                if made is not None and not (force or is_ours(made)):
                    raise _not_ours(there)
                if before and made and made.tree == tree and is_ours(made):
                    return Deployed(where=str(there), commit=before, files=count, pushed=False)
                commit = commit_tree(history, tree, message, (), outside.now())
                if there.push(commit, before):
                    return Deployed(where=str(there), commit=commit, files=count, pushed=True)
            raise busy(there)

        return outside.patiently(replace)


def is_ours(made: Made) -> bool:
    """Whether a commit is what groundspeed deployed: alone, and with the tree that it says."""
    return not made.parents and made.message.rstrip().endswith(f"\n{_TRAILER} {made.tree}")


def site_message(project: str, tree: str) -> str:
    """What such a commit says."""
    return f"Performance of {' '.join(project.split())}\n\n{_TRAILER} {tree}\n"


def site_files(html_dir: Path) -> Mapping[str, Path]:
    """What is deployed: every file of the folder, a stranger's (CNAME, robots.txt) too; by its path in it."""
    found = sorted(path for path in html_dir.rglob("*") if path.is_file() and not is_temporary(path))
    return {path.relative_to(html_dir).as_posix(): path for path in found}


def busy(there: RemoteBranch) -> RemoteError:
    """That others push there all the time."""
    return RemoteError(
        f"{there} was changed by others {RACES} times while this was pushed. Nothing of theirs was "
        "overwritten; run it again when they are done."
    )


def _stored(history: History, files: Mapping[str, Path]) -> tuple[str, int]:
    hashes = dict(zip(files, store_files(history, list(files.values())), strict=True))
    hashes.setdefault(_PLAIN, store_text(history, ""))
    return store_tree(history, hashes), len(hashes)


@contextlib.contextmanager
def _published(html_dir: Path) -> Iterator[None]:
    """Nobody publishes while inside. Raises NothingMeasuredError where nobody has."""
    if not ((html_dir / MARKER).is_file() and (html_dir / MANIFEST).is_file()):
        raise NothingMeasuredError(
            f"Nothing is published in {html_dir}, so there is nothing to deploy. First: groundspeed publish."
        )
    with SiteFolder.claim(html_dir, force=False):
        yield


def _not_ours(there: RemoteBranch) -> GroundspeedError:
    return GroundspeedError(
        f"{there} holds something that groundspeed did not deploy, or that was changed since. "
        "Name another branch (--branch; page_branch of [nightly]), or give up what stands there: "
        f"groundspeed deploy --branch {there.branch} --force."
    )


# --- by rsync ---------------------------------------------------------------------------------------

_HEX = "[0-9a-f]" * 16
_OURS = (
    f"R /data/*-{_HEX}.*",
    f"R /app/{_HEX}/***",
    "R /reports/",
    "R /reports/*/",
    "R /reports/*/*.html",
    "R /reports/*/*.md",
    "P *",
)  # what may go there; a stranger's files stay
_WORD = re.compile(r"[^-\s][^\s]*")


def deploy_by_rsync(configuration: Configuration, target: str, outside: Outside) -> Deployed:
    """Copy what is published to ``target``, as rsync writes it (``host:folder``, ``folder``).

    In two passes: what the new page needs first; then the manifest, which makes it the page, and away with
    what only the old one needed. Raises NothingMeasuredError, LockedError, RemoteError.
    """
    html_dir = configuration.suite.html_dir
    if not _WORD.fullmatch(target):
        raise RemoteError(f"{target!r} is no target of rsync: write host:folder, or a folder.")
    with attempting(configuration.workspace, Stage.DEPLOY, outside.now), _published(html_dir):
        _rsync("--exclude=/manifest.json", "--exclude=/index.html", source=html_dir, target=target)
        filters = [f"--filter={one}" for one in _OURS]
        _rsync("--delete-after", "--delay-updates", *filters, source=html_dir, target=target)
        return Deployed(where=target, commit="", files=len(site_files(html_dir)), pushed=True)


def _rsync(*options: str, source: Path, target: str) -> None:
    command = ["rsync", "--recursive", "--times", "--checksum", "--exclude=.groundspeed-*.tmp", *options]
    try:
        done = subprocess.run(
            [*command, "--", f"{source}/", target],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise RemoteError("rsync cannot be run. Install rsync, or deploy to a branch.") from error
    if done.returncode:
        words = " · ".join(done.stderr.strip().splitlines()[:2]) or f"it ended with code {done.returncode}"
        raise RemoteError(
            f"rsync did not reach {target}: {words}. A page that stood there is whole. "
            "Check the address and your rights there, then run it again."
        )
