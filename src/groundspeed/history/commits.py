"""Commits of a git repository: ranges, order, dates, tags, branches, content identity.

Owns the questions to git, each answered by one or two processes however many commits there are.
Refuses to write, to fetch, and to take an option for a revision. Dates are what asv stores: the
author's (`%at`), not the committer's.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import re
import shlex
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from groundspeed.errors import HistoryError
from groundspeed.history.process import Answer, run
from groundspeed.history.trees import Tree, entry, parts_of, read_trees
from groundspeed.records import Commit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

_FORMAT = "--format=%P%x00%at%x00%an%x00%s%x00"  # after a line "commit <hash>"; no field can hold a NUL
_HASH = re.compile(r"[0-9a-f]{4,64}")
_PARENT_SUFFIX = re.compile(r"\^(?:!|@|-\d*)$")
_UNREADABLE_DATE = datetime.fromtimestamp(0, UTC)  # a damaged commit sorts first instead of ending the run


@dataclass(frozen=True, kw_only=True, slots=True)
class Shallow:
    """A history that is cut: how many commits are here, and the oldest ones, whose parents are not."""

    commits: int
    boundary: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"the history of this clone is cut at {self.commits:,} commits: "
            "`git fetch --unshallow` brings the rest"
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """The commits of one repository. A value: it holds paths, and asks git anew every time."""

    path: Path
    git_dir: Path

    @classmethod
    def open(cls, path: Path) -> History:
        """The repository at ``path`` or above it: a working clone, a linked worktree, a bare repository.

        Raises HistoryError when there is none, or no git.
        """
        if not path.is_dir():
            raise HistoryError(f"{path} is no folder, so no git repository. Name a clone in its place.")
        answer = run(path, "rev-parse", "--absolute-git-dir")
        if answer.code:
            raise HistoryError(
                f"{path} is no git repository that git can open ({answer.said()}). "
                "Name a clone in its place, or make one with `git init`."
            )
        return cls(path=path, git_dir=Path(os.fsdecode(answer.out.removesuffix(b"\n"))))

    # --- revisions ---------------------------------------------------------------------------

    def resolve(self, revision: str) -> str:
        """The full hash of the commit that ``revision`` names (a tag is followed to its commit).

        Raises HistoryError naming the nearest branches and tags, and that the clone is shallow.
        """
        _refuse_options([revision])
        found = self._find(revision)
        if found is None:
            raise HistoryError(self._unknown(revision))
        return found

    def commits(
        self,
        revisions: str | None = None,
        *,
        last: int | None = None,
        steps: int | None = None,
        first_parent: bool = True,
    ) -> tuple[Commit, ...]:
        """The commits of a range, newest first, along first parents as asv walks them.

        ``revisions`` is what `git rev-list` takes, several parted by spaces: ``A..B``, ``A...B``,
        ``A^!`` (one commit), ``A`` (all that it reaches); None is the default branch. ``last``
        keeps the newest; of those ``steps`` picks so many, evenly spread, both ends included.
        """
        for name, number in (("last", last), ("steps", steps)):
            if number is not None and number < 1:
                raise HistoryError(f"--{name} {number}: ask for one commit at least.")
        tokens = [self.default_branch()] if revisions is None else _tokens(revisions)
        limit = [] if last is None else [f"--max-count={last}"]
        line = ["--first-parent"] if first_parent else []
        return spread(self._read(tokens, *line, *limit), steps)

    def order(self, branch: str) -> tuple[str, ...]:
        """The hashes of a branch along first parents, oldest first: the axis of a page."""
        _refuse_options([branch])
        answer = self._ask("rev-list", "--first-parent", "--reverse", branch, "--")
        if answer.code:
            raise HistoryError(self._why([branch], answer))
        return tuple(answer.text().split())

    def merged(self, hashes: Collection[str], branches: Sequence[str]) -> frozenset[str]:
        """Those of ``hashes`` (full, known here) that came into one of ``branches`` by a merge.

        A branch reaches them, but none has them on its line of first parents; of what no branch reaches
        nothing is said.
        """
        line = {one for branch in branches for one in self.order(branch)}
        return self.reached([one for one in hashes if one not in line], branches)

    def reached(self, hashes: Collection[str], branches: Sequence[str]) -> frozenset[str]:
        """Those of ``hashes`` (full, known here) that one of ``branches`` reaches."""
        if not hashes:
            return frozenset()
        listed = "".join(f"{one}\n" for one in [*hashes, *(f"^{branch}" for branch in branches)])
        answer = self._ask("rev-list", "--stdin", stdin=listed)
        if answer.code:
            raise HistoryError(self._why(branches, answer))
        return frozenset(hashes).difference(answer.text().split())

    def known(self, hashes: Iterable[str]) -> Mapping[str, Commit]:
        """The commits of ``hashes`` (prefixes too, as result files are named) by the hash as given.

        Those that are not here, or whose prefix is not unique, are absent: they left the branch, or
        the clone is shallow.
        """
        asked = [text for text in dict.fromkeys(hashes) if _HASH.fullmatch(text)]
        full = {
            text: found
            for text, found in zip(asked, self._peel(asked), strict=True)
            if found is not None and found.startswith(text)  # else a branch bears the name
        }
        if not full:
            return {}
        listed = "\n".join(dict.fromkeys(full.values())) + "\n"
        commits = {
            commit.hash: commit for commit in self._read([], "--no-walk=unsorted", "--stdin", stdin=listed)
        }
        return {text: commits[found] for text, found in full.items()}

    # --- names ---------------------------------------------------------------------------------

    def branches(self, configured: Sequence[str] = ()) -> tuple[str, ...]:
        """The configured branches, each checked; where none is named, the default branch."""
        for name in configured:
            self.resolve(name)
        return tuple(configured) or (self.default_branch(),)

    def default_branch(self) -> str:
        """The repository's own: origin's, else the one HEAD is on, else init.defaultBranch, main, master.

        A detached HEAD with none of these, as CI checks out, is ``HEAD``.
        """
        refs = dict(
            line.partition(" ")[::2]
            for line in self._ask("for-each-ref", "--format=%(refname) %(symref)", *_BRANCHES).lines()
        )
        names = [ref.removeprefix("refs/heads/") for ref in refs if ref.startswith("refs/heads/")]
        origin = refs.get(_ORIGIN_HEAD, "").removeprefix("refs/remotes/origin/")
        head = self._ask("symbolic-ref", "--quiet", "--short", "HEAD").text().strip()
        configured = self._ask("config", "--get", "init.defaultBranch").text().strip()
        for name in (origin, head, configured, "main", "master"):
            if name in names:
                return name
            if name and name != head and f"refs/remotes/origin/{name}" in refs:
                return f"origin/{name}"
        if len(names) == 1:
            return names[0]
        if self._find("HEAD") is None:
            raise HistoryError(self._unknown("HEAD"))
        return "HEAD"

    def tags(self) -> Mapping[str, str]:
        """Every tag that names a commit, and the commit's hash."""
        names = self._ask("for-each-ref", "--format=%(refname)", "refs/tags").lines()
        return {
            name.removeprefix("refs/tags/"): found
            for name, found in zip(names, self._peel(names), strict=True)
            if found is not None
        }

    def shallow(self) -> Shallow | None:
        """What a shallow clone lacks; None when the history is whole."""
        file = Path(os.fsdecode(self._ask("rev-parse", "--git-path", "shallow").out.removesuffix(b"\n")))
        try:
            boundary = tuple(file.read_text(encoding="ascii").split())
        except FileNotFoundError:
            return None
        count = self._ask("rev-list", "--count", "--all").text()
        return Shallow(commits=int(count or 0), boundary=boundary) if boundary else None

    # --- content -------------------------------------------------------------------------------

    def content_id(self, commit: str, paths: Sequence[str] = ()) -> str:
        """What ``paths`` hold at a commit, as one digest; see ``content_ids``."""
        full = self.resolve(commit)
        return self.content_ids([full], paths)[full]

    def content_ids(self, commits: Iterable[str], paths: Sequence[str] = ()) -> Mapping[str, str]:
        """By full hash, a digest of what ``paths`` hold there: names, modes, blobs, submodules.

        Equal digests mean that a build which reads these paths alone reads the same bytes. That a
        path is absent is part of it; no path at all is the whole tree. One process for all commits.
        """
        parts = sorted({parts_of(path) for path in paths or (".",)})
        folders = sorted({path[:depth] for path in parts for depth in range(max(1, len(path)))})
        asked = [(commit, folder) for commit in dict.fromkeys(commits) for folder in folders]
        trees: dict[str, dict[tuple[str, ...], Tree]] = {commit: {} for commit, _ in asked}
        names = [f"{commit}:{'/'.join(folder)}" for commit, folder in asked]
        answer = self._ask("cat-file", "--batch", stdin="".join(f"{name}\n" for name in names))
        if answer.code:  # a clone made with --filter, which may not fetch now
            raise HistoryError(self._not_here(f"of one of {len(trees)} commits"))
        for (commit, folder), tree in zip(asked, read_trees(answer.out), strict=True):
            if tree is not None:
                trees[commit][folder] = tree
        return {commit: self._digest(commit, parts, found) for commit, found in trees.items()}

    def _digest(
        self, commit: str, paths: Sequence[tuple[str, ...]], trees: Mapping[tuple[str, ...], Tree]
    ) -> str:
        try:
            lines = [f"{'/'.join(path)}\0{entry(path, trees)}\n" for path in paths]
        except KeyError as error:
            raise HistoryError(self._not_here(f"of commit {commit[:8]}")) from error
        return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()

    def changed_files(self, base: str, head: str) -> tuple[str, ...]:
        """The paths that differ between two commits (hashes), sorted; a moved file is both of its paths."""
        answer = self._ask("diff-tree", "-r", "-z", "--no-renames", "--name-only", base, head, "--")
        if answer.code:
            raise HistoryError(self._why([base, head], answer))
        return tuple(sorted(answer.text().split("\0")[:-1]))

    # --- asking --------------------------------------------------------------------------------

    def _ask(self, *arguments: str, stdin: str = "") -> Answer:
        return run(self.git_dir, f"--git-dir={self.git_dir}", *arguments, stdin=stdin)

    def _read(self, tokens: Sequence[str], *options: str, stdin: str = "") -> tuple[Commit, ...]:
        answer = self._ask("rev-list", *options, "--encoding=UTF-8", _FORMAT, *tokens, "--", stdin=stdin)
        if answer.code:
            raise HistoryError(self._why(tokens, answer))
        tags: dict[str, tuple[str, ...]] = {}
        for tag, commit in self.tags().items():
            tags[commit] = (*tags.get(commit, ()), tag)
        return tuple(_parse(answer.text(), tags))

    def _find(self, revision: str) -> str | None:
        answer = self._ask("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        return None if answer.code else answer.text().strip()

    def _peel(self, names: Sequence[str]) -> list[str | None]:
        """The commit behind each name, None where there is none or more than one."""
        listed = "".join(f"{name}^{{commit}}\n" for name in names)
        answer = self._ask("cat-file", "--batch-check=%(objectname) %(objecttype)", stdin=listed)
        if answer.code:
            raise HistoryError(
                f"{self.path}: git cannot look up commits: {answer.said()}. Is the clone whole?"
            )
        answers = [line.partition(" ")[::2] for line in answer.lines()]
        return [found if kind == "commit" else None for found, kind in answers]

    # --- what to say -----------------------------------------------------------------------------

    def _why(self, tokens: Sequence[str], answer: Answer) -> str:
        """Why git refused a range: its first end that names nothing, else git's own words."""
        for end in (end for token in tokens for end in _ends(token)):
            if self._find(end) is None:
                return self._unknown(end)
        return f"{self.path}: git cannot list {' '.join(tokens)}: {answer.said()}. Is the clone whole?"

    def _not_here(self, whose: str) -> str:
        return (
            f"{self.path}: the files {whose} are not here (no such commit, or a clone made with --filter). "
            "Fetch the whole repository."
        )

    def _unknown(self, revision: str) -> str:
        names = self._ask("for-each-ref", "--format=%(refname:short)", *_BRANCHES, "refs/tags").lines()
        if not names and self._find("HEAD") is None:
            return f"{self.path} holds no commit yet. Commit something first."
        near = difflib.get_close_matches(revision, names, n=3)
        move = f"Did you mean {' or '.join(near)}?" if near else f"There are {_some(names)}."
        cut = self.shallow()
        return f'{self.path}: "{revision}" names no commit. {move}' + (f" Or {cut}." if cut else "")


_ORIGIN_HEAD = "refs/remotes/origin/HEAD"
_BRANCHES = ("refs/heads", "refs/remotes")


def spread(commits: tuple[Commit, ...], steps: int | None) -> tuple[Commit, ...]:
    """``steps`` of ``commits`` at even distances, the first and the last included."""
    if steps is None or steps >= len(commits):
        return commits
    if steps == 1:
        return commits[:1]
    return tuple(commits[round(i * (len(commits) - 1) / (steps - 1))] for i in range(steps))


# --- text to values -------------------------------------------------------------------------------


def _parse(text: str, tags: Mapping[str, tuple[str, ...]]) -> Iterator[Commit]:
    fields = iter(text.split("\0"))
    for head, stamp, author, subject in zip(fields, fields, fields, fields, strict=False):
        line, _, parents = head.lstrip("\n").partition("\n")
        name = line.removeprefix("commit ")
        yield Commit(
            hash=name,
            parents=tuple(parents.split()),
            date=_date(stamp),
            author=author,
            subject=subject,
            tags=tags.get(name, ()),
        )


def _date(stamp: str) -> datetime:
    try:
        return datetime.fromtimestamp(int(stamp), UTC)
    except (ValueError, OverflowError, OSError):
        return _UNREADABLE_DATE


def _tokens(revisions: str) -> list[str]:
    try:
        tokens = shlex.split(revisions)
    except ValueError as error:
        raise HistoryError(
            f"The range {revisions!r} cannot be read: {error}. Close the quotation."
        ) from error
    _refuse_options(tokens or [""])
    return tokens


def _refuse_options(revisions: Sequence[str]) -> None:
    for revision in revisions:
        if not revision or revision.startswith("-") or not revision.isprintable():
            raise HistoryError(
                f"{revision!r} is no revision: name a commit, branch or tag, or a range such as v1.0..main."
            )


def _ends(token: str) -> list[str]:
    """The revisions that one argument of rev-list is made of: `A...B`, `A..`, `^A`, `A^!`."""
    ends = re.split(r"\.{2,3}", token.removeprefix("^"), maxsplit=1)
    return [_PARENT_SUFFIX.sub("", end) or "HEAD" for end in ends]


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
