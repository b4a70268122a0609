"""Real git repositories for tests, made in two or three processes each.

Owns the making: `git fast-import` writes the whole history at once, with dates and names that never
change, so hashes are the same on every machine. Nothing of the user's git configuration is read.

    hashes = make_repository(tmp_path / "project", [
        CommitSpec("first", {"module.py": "x = 1\\n"}),
        CommitSpec("second", {"module.py": "x = 2\\n"}, tags=("v1",)),
    ])
    hashes += add_commits(tmp_path / "project", [CommitSpec("third", {"module.py": None})])
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

EPOCH = datetime(2024, 1, 1, 12, tzinfo=UTC)
WHO = "Ada Lovelace <ada@example.org>"


@dataclass(frozen=True, slots=True)
class CommitSpec:
    """One commit to make.

    ``files`` are changes against the first parent: path to new text, or None to delete. ``parents``
    are positions in the list given (``()`` makes a root); None means the tip of ``branch``, which
    starts at the commit before in the list when the branch is new. ``date`` is both dates; None is
    an hour after the commit before. A message may be bytes, for those that are not UTF-8.
    """

    message: str | bytes
    files: Mapping[str, str | bytes | None] = field(default_factory=dict)
    branch: str = "main"
    parents: tuple[int, ...] | None = None
    date: datetime | None = None
    tags: tuple[str, ...] = ()
    annotated_tags: tuple[str, ...] = ()
    encoding: str | None = None


def git_environment(**more: str) -> dict[str, str]:
    """An environment in which git reads no configuration but the repository's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    clean = {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Ada Lovelace",
        "GIT_AUTHOR_EMAIL": "ada@example.org",
        "GIT_COMMITTER_NAME": "Ada Lovelace",
        "GIT_COMMITTER_EMAIL": "ada@example.org",
        "LC_ALL": "C",
    }
    return kept | clean | more


def git(where: Path, *arguments: str, stdin: bytes = b"") -> str:
    """Run git in ``where`` and give what it printed, stripped."""
    done = subprocess.run(
        ["git", "-C", str(where), *arguments],
        input=stdin,
        capture_output=True,
        env=git_environment(),
        check=False,
    )
    assert done.returncode == 0, f"git {arguments}: {done.stderr.decode(errors='replace')}"
    return done.stdout.decode(errors="replace").strip()


def make_repository(
    path: Path, commits: Sequence[CommitSpec], *, bare: bool = False, default: str = "main"
) -> tuple[str, ...]:
    """Make a repository at ``path`` holding ``commits`` (oldest first) and give their hashes.

    HEAD is ``default``; a working clone has it checked out. No commits: an empty repository.
    """
    path.mkdir(parents=True, exist_ok=True)
    git(path, "init", "--quiet", "--initial-branch", default, *(["--bare"] if bare else []))
    return add_commits(path, commits) if commits else ()


def add_commits(path: Path, commits: Sequence[CommitSpec]) -> tuple[str, ...]:
    """Add ``commits`` on top of the branches they name, check out HEAD anew, give their hashes."""
    refs = git(path, "for-each-ref", "--format=%(refname:short)", "refs/heads").splitlines()
    marks = path / ("commits.marks" if _is_bare(path) else ".git/commits.marks")
    git(
        path,
        "fast-import",
        "--quiet",
        f"--export-marks={marks}",
        stdin=b"".join(_stream(commits, frozenset(refs), _newest(path))),
    )
    if not _is_bare(path) and git(path, "for-each-ref", git(path, "symbolic-ref", "HEAD")):
        git(path, "reset", "--quiet", "--hard")
    by_mark = dict(line.split() for line in marks.read_text(encoding="ascii").splitlines())
    marks.unlink()
    return tuple(by_mark[f":{position + 1}"] for position in range(len(commits)))


def _is_bare(path: Path) -> bool:
    return not (path / ".git").exists()


def _newest(path: Path) -> datetime:
    """The date after which new commits are dated: the newest commit's, or one hour before the epoch."""
    dates = git(path, "for-each-ref", "--format=%(committerdate:unix)", "refs/heads").split()
    if not dates:
        return EPOCH - timedelta(hours=1)
    return datetime.fromtimestamp(max(map(int, dates)), tz=UTC)


def _stream(commits: Sequence[CommitSpec], refs: frozenset[str], newest: datetime) -> Iterator[bytes]:
    """The history in git's fast-import format (git help fast-import); commits are marked from 1."""
    moved: set[str] = set()
    previous = newest
    for position, spec in enumerate(commits):
        previous = spec.date or previous + timedelta(hours=1)
        when = f"{WHO} {int(previous.timestamp())} +0000\n".encode()
        yield f"commit refs/heads/{spec.branch}\nmark :{position + 1}\n".encode()
        yield b"author " + when + b"committer " + when
        if spec.encoding is not None:
            yield f"encoding {spec.encoding}\n".encode()
        yield _data(spec.message)
        yield from _parents(spec, position, moved, refs)
        for name, text in spec.files.items():
            if text is None:
                yield f"D {name}\n".encode()
            else:
                yield f"M 100644 inline {name}\n".encode() + _data(text)
        moved.add(spec.branch)
        for tag in spec.tags:
            yield f"reset refs/tags/{tag}\nfrom :{position + 1}\n\n".encode()
        for tag in spec.annotated_tags:
            yield f"tag {tag}\nfrom :{position + 1}\ntagger ".encode() + when + _data(f"release {tag}")
    yield b"done\n"


def _parents(spec: CommitSpec, position: int, moved: set[str], refs: frozenset[str]) -> Iterator[bytes]:
    if spec.parents is None:
        if spec.branch in moved:
            return  # fast-import goes on from the branch's tip
        if spec.branch in refs:
            yield f"from refs/heads/{spec.branch}^0\n".encode()
        elif position > 0:
            yield f"from :{position}\n".encode()
        return
    if not spec.parents and spec.branch in moved:
        message = f"commit {position}: a second root needs a branch of its own"
        raise ValueError(message)
    for parent, word in zip(spec.parents, ["from", *["merge"] * len(spec.parents)], strict=False):
        yield f"{word} :{parent + 1}\n".encode()


def _data(content: str | bytes) -> bytes:
    raw = content.encode() if isinstance(content, str) else content
    return f"data {len(raw)}\n".encode() + raw + b"\n"
