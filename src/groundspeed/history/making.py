"""Commits made of files that lie anywhere: no working tree, no index and no branch is touched.

Owns git's objects on their way in and out of a repository. What is in them is the caller's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from groundspeed.errors import HistoryError
from groundspeed.history.commits import History
from groundspeed.history.process import OFFLINE, Answer, refuse_full, run

_FILE = "100644"
_FOLDER = "40000"
_IDENTITY = re.compile(r"(.+) <(.*)> \d+ [+-]\d{4}\n?")
_OWN_NAME, _OWN_ADDRESS = "groundspeed", "groundspeed@localhost"
"""Who commits where nobody is configured, as in continuous integration: git's own guess names the host."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """A commit as it stands: hashes of its tree and its parents, and its message."""

    tree: str
    parents: tuple[str, ...]
    message: str


def store_files(history: History, paths: Sequence[Path]) -> tuple[str, ...]:
    """Put the contents of files into the repository; their hashes, in the order of ``paths``.

    Line ends and filters of the user's configuration are left out: bytes are stored as they lie there.
    """
    if odd := [path for path in paths if not str(path).isprintable()]:
        raise HistoryError(f"{str(odd[0])!r} cannot be stored in git: give it a name that can be printed.")
    listed = "".join(f"{path.absolute()}\n" for path in paths)
    stored = _ask(history, "hash-object", "-w", "--no-filters", "--stdin-paths", stdin=listed)
    return tuple(_done(history, stored).text().split())


def store_text(history: History, text: str) -> str:
    """Put a text into the repository; its hash."""
    return _done(history, _ask(history, "hash-object", "-w", "--stdin", stdin=text)).text().strip()


def store_tree(history: History, files: Mapping[str, str]) -> str:
    """The hash of a tree: path (parted by slashes) to the hash of its content. One process a folder."""
    lines = []
    folders: dict[str, dict[str, str]] = {}
    for path, content in files.items():
        top, _, rest = path.partition("/")
        if rest:
            folders.setdefault(top, {})[rest] = content
        else:
            lines.append(f"{_FILE} blob {content}\t{top}\0")
    lines += [f"{_FOLDER} tree {store_tree(history, inner)}\t{top}\0" for top, inner in folders.items()]
    return _done(history, _ask(history, "mktree", "-z", stdin="".join(lines))).text().strip()


def commit_tree(history: History, tree: str, message: str, parents: Sequence[str], at: datetime) -> str:
    """The hash of a new commit that no branch knows, made at ``at`` by whoever git is configured for."""
    name, address = _identity(history)
    date = f"{int(at.timestamp())} +0000"
    who = {
        f"GIT_{role}_{key}": value
        for role in ("AUTHOR", "COMMITTER")
        for key, value in (("NAME", name), ("EMAIL", address), ("DATE", date))
    }
    ends = [word for parent in parents for word in ("-p", parent)]
    made = run(
        history.git_dir,
        f"--git-dir={history.git_dir}",
        "commit-tree",
        tree,
        *ends,
        stdin=message,
        variables={**OFFLINE, **who},
    )
    return _done(history, made).text().strip()


def read_made(history: History, commit: str) -> Made:
    """A commit that is here, by its hash."""
    text = _done(history, _ask(history, "cat-file", "commit", commit)).text()
    head, _, message = text.partition("\n\n")
    fields = [line.partition(" ")[::2] for line in head.splitlines()]
    return Made(
        tree=next(value for key, value in fields if key == "tree"),
        parents=tuple(value for key, value in fields if key == "parent"),
        message=message,
    )


def files_of(history: History, commit: str) -> Mapping[str, str]:
    """Every regular file of a commit: path to the hash of its content; links and submodules are left out."""
    listed = _done(history, _ask(history, "ls-tree", "-r", "-z", commit))
    found = {}
    for line in listed.out.decode("utf-8", "surrogateescape").split("\0")[:-1]:
        head, _, path = line.partition("\t")
        mode, kind, content = head.split(" ")
        if kind == "blob" and mode.startswith("100"):
            found[path] = content
    return found


def contents_of(history: History, hashes: Iterable[str]) -> Mapping[str, bytes]:
    """The bytes behind hashes of files, one process for all. Raises HistoryError where one is not here."""
    asked = list(dict.fromkeys(hashes))
    answer = _done(history, _ask(history, "cat-file", "--batch", stdin="".join(f"{one}\n" for one in asked)))
    found, position = {}, 0
    for name in asked:
        end = answer.out.index(b"\n", position)
        words = answer.out[position:end].split(b" ")
        if len(words) != 3:
            raise HistoryError(f"{history.path}: object {name} is not here. Fetch the whole repository.")
        position = end + 1 + int(words[2]) + 1
        found[name] = answer.out[end + 1 : position - 1]
    return found


def _identity(history: History) -> tuple[str, str]:
    told = _ask(history, "-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT")
    match = None if told.code else _IDENTITY.fullmatch(told.text())
    return (match[1], match[2]) if match else (_OWN_NAME, _OWN_ADDRESS)


def _ask(history: History, *arguments: str, stdin: str = "") -> Answer:
    return run(history.git_dir, f"--git-dir={history.git_dir}", *arguments, stdin=stdin)


def _done(history: History, answer: Answer) -> Answer:
    if answer.code:
        refuse_full(history.git_dir, answer)
        raise HistoryError(
            f"{history.path}: git cannot store or read objects: {answer.said()}. Is the clone whole?"
        )
    return answer
