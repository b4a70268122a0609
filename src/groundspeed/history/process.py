"""One git process, through GitPython, that nothing around us misleads; only where asked it reaches a network.

Owns the environment git sees and what its absence is called. Judges no answer: a refusal is a code.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from groundspeed.disk import full, lack_of_room
from groundspeed.errors import HistoryError, StorageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import BinaryIO

# A hook of another repository sets these for its own children (git rev-parse --local-env-vars). The
# configuration among them stays: a CI names its safe.directory there.
_FOREIGN = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_COMMON_DIR GIT_DIR GIT_GRAFT_FILE GIT_IMPLICIT_WORK_TREE "
    "GIT_INDEX_FILE GIT_INTERNAL_SUPER_PREFIX GIT_NAMESPACE GIT_NO_REPLACE_OBJECTS GIT_OBJECT_DIRECTORY "
    "GIT_PREFIX GIT_QUARANTINE_PATH GIT_REPLACE_REF_BASE GIT_SHALLOW_FILE GIT_WORK_TREE"
).split()
# A partial clone fetches what it lacks when asked; no protocol is allowed, so nothing leaves this host.
ONLINE: Mapping[str, str] = {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}  # nobody is there to type a password
OFFLINE: Mapping[str, str] = {**ONLINE, "GIT_ALLOW_PROTOCOL": "", "GIT_NO_LAZY_FETCH": "1"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a git process left: its code, its bytes, and what it complained of."""

    code: int
    out: bytes
    err: str

    def text(self) -> str:
        """Messages need not be UTF-8: what cannot be read is marked, not refused."""
        return self.out.decode("utf-8", "replace")

    def lines(self) -> list[str]:
        """The lines, names kept to the byte (``os.fsencode`` gives them back)."""
        return self.out.decode("utf-8", "surrogateescape").split("\n")[:-1]

    def said(self) -> str:
        """Its complaint in one line, to be shown and never to be branched on."""
        return self.err.strip().partition("\n")[0] or f"git ended with code {self.code}"


def run(where: Path, *arguments: str, stdin: str = "", variables: Mapping[str, str] = OFFLINE) -> Answer:
    """One git process. The variables of an outer hook are taken away by `env`: GitPython only adds.

    ``variables`` are added; ``ONLINE`` are those of a process that may reach a remote.
    """
    try:
        import git
        from git.exc import GitCommandNotFound
    except ImportError as error:  # GitPython looks for git when it is imported
        raise _no_git() from error
    foreign = [name for name in _FOREIGN if name in os.environ]
    without = ["env", *(word for name in foreign for word in ("-u", name))] if foreign else []
    try:
        process = git.Git(str(where)).execute(
            [*without, "git", *arguments],
            istream=cast("BinaryIO", subprocess.PIPE),
            as_process=True,
            env=dict(variables),
        )
    except GitCommandNotFound as error:
        raise _no_git() from error
    # through pipes both ways: a file between would need room, and a full disk be read as well
    out, err = process.communicate(stdin.encode("utf-8", "surrogateescape"))
    return Answer(code=process.returncode, out=out, err=err.decode("utf-8", "replace").removesuffix("\n"))


def refuse_full(git_dir: Path, answer: Answer) -> None:
    """Raise ``StorageError`` where a git process failed because the disk of the repository is full."""
    if said := lack_of_room(answer.err, git_dir) or (answer.said() if full(git_dir) else ""):
        raise StorageError(
            f"{git_dir}: git cannot write there: {said}. What stood there before is whole; "
            "make room, then run again."
        )


def _no_git() -> HistoryError:
    return HistoryError("git cannot be run. Install git and put it on PATH.")
