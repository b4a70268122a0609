"""Single files as they were at a commit. Owns finding one by the end of its path; judges no content."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Set
from pathlib import PurePosixPath

from groundspeed.errors import HistoryError
from groundspeed.history.commits import History
from groundspeed.history.process import run

_UNSPEAKABLE = "\n\r\0"  # `cat-file --batch` takes a name a line


def paths_at(history: History, commit: str) -> tuple[str, ...]:
    """Every file of a commit, relative to the repository's root. Raises HistoryError where it is not here."""
    listed = run(
        history.git_dir, f"--git-dir={history.git_dir}", "ls-tree", "-r", "-z", "--name-only", commit
    )
    if listed.code:
        raise HistoryError(f"The files of {commit[:8]} cannot be listed: {listed.said()}. Fetch the commit.")
    return tuple(listed.out.decode("utf-8", "surrogateescape").split("\0")[:-1])


def path_like(file: str, paths: Iterable[str]) -> str:
    """The path of the repository that a profiler calls ``file``; empty where none is, or several may be.

    An installed ``pkg/a.py`` is ``src/pkg/a.py``; of an absolute file the longest path that ends it.
    """
    parts = PurePosixPath(file).parts
    if not parts:
        return ""
    every = tuple(paths)
    near = [one for one in every if one.endswith(parts[-1])]  # few are left for what is slower
    if PurePosixPath(file).is_absolute():
        return max((one for one in near if file.endswith(f"/{one}")), key=len, default="")
    packages = packages_in(every)
    found = [one for one in near if one == file] or [one for one in near if file in names_of(one, packages)]
    return found[0] if len(found) == 1 else ""


def packages_in(paths: Iterable[str]) -> Set[str]:
    """The folders that are packages: those with an ``__init__.py``."""
    return {str(PurePosixPath(one).parent) for one in paths if one.endswith("/__init__.py")}


def names_of(path: str, packages: Set[str]) -> Iterator[str]:
    """How profilers may name a file of the repository: from its root, or from a folder that modules are
    imported from, which is no package. A name of the standard library is that library's.
    """
    parts = PurePosixPath(path).parts
    yield path
    for start in range(1, len(parts)):
        top = parts[start].removesuffix(".py")
        if "/".join(parts[:start]) not in packages and top not in sys.stdlib_module_names:
            yield "/".join(parts[start:])


def texts_at(history: History, commit: str, paths: Iterable[str]) -> Mapping[str, str]:
    """The texts of files of a commit, one process for all; those that are not there are absent."""
    asked = [one for one in dict.fromkeys(paths) if not set(one) & set(_UNSPEAKABLE)]
    names = "".join(f"{commit}:{one}\n" for one in asked)
    answer = run(history.git_dir, f"--git-dir={history.git_dir}", "cat-file", "--batch", stdin=names)
    if answer.code:
        raise HistoryError(f"Files of {commit[:8]} cannot be read: {answer.said()}. Fetch the commit.")
    found, position = {}, 0
    for path in asked:
        end = answer.out.index(b"\n", position)
        words = answer.out[position:end].rsplit(b" ", 2)
        position = end + 1
        if not words[-1].isdigit():
            continue  # "<name> missing"
        content = answer.out[position : position + int(words[-1])]
        position += len(content) + 1
        if words[-2] == b"blob":
            found[path] = content.decode("utf-8", "replace")
    return found
