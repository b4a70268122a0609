"""Bringing a clone's branches up to what its remote has: forwards, or not at all.

Owns that nothing of the clone's own is lost: a branch with commits that the remote lacks stays where it is,
and so does a working tree whose changes are in the way.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from groundspeed import units
from groundspeed.errors import HistoryError
from groundspeed.history.commits import History
from groundspeed.history.process import run
from groundspeed.history.remote import fetch_all


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """A branch and how many commits it went forwards; ``why`` is said where it should have and did not.

    ``in_the_way``: because of what lies in the working tree. ``begun``: it was not here before.
    """

    branch: str
    commits: int
    why: str = ""
    in_the_way: bool = False
    begun: bool = False

    @property
    def sentence(self) -> str:
        """What became of it."""
        if self.why:
            return f"{self.branch} stays where it is: {self.why}"
        if self.begun:
            return f"{self.branch} is new here"
        return (
            f"{self.branch}: {units.counted(self.commits, 'new commit') if self.commits else 'nothing new'}"
        )


def remotes_of(root: Path) -> tuple[str, ...]:
    """What the clone that ``root`` lies in calls other repositories; none where it lies in no clone."""
    answer = run(root, "remote")
    return () if answer.code else tuple(answer.text().split())


def follow(root: Path, remote: str, branches: Sequence[str]) -> tuple[Moved, ...]:
    """Fetch ``remote`` into the clone at ``root``; then move what is checked out, and ``branches``, forwards.

    Raises ``HistoryError`` where ``root`` is in no clone, ``UnreachableError`` where nobody answers.
    """
    history = History.open(root)
    fetch_all(history, remote)
    current = run(root, "symbolic-ref", "--quiet", "--short", "HEAD").text().strip()
    names = dict.fromkeys(name for name in (current, *branches) if name)
    found = [_moved(root, remote, name, checked_out=name == current) for name in names]
    return tuple(one for one in found if one is not None)


def put_back(root: Path, remote: str, folder: Path) -> None:
    """Give up what lies under ``folder`` in the place of files that the remote's branch has otherwise.

    Whoever calls holds a copy. Then nothing of that folder is in the way any more.
    """
    branch = run(root, "symbolic-ref", "--quiet", "--short", "HEAD").text().strip()
    there = f"refs/remotes/{remote}/{branch}"
    listed = run(root, "diff", "--name-only", "--no-renames", "-z", "HEAD", there, "--", str(folder))
    if listed.code:
        raise HistoryError(f"{root}: git cannot compare HEAD and {there}: {listed.said()}.")
    top = Path(os.fsdecode(run(root, "rev-parse", "--show-toplevel").out.rstrip(b"\n")))
    for name in listed.out.split(b"\0")[:-1]:
        path = top / os.fsdecode(name)
        path.unlink(missing_ok=True)
        run(top, "checkout", "--quiet", "HEAD", "--", os.fsdecode(name))  # which may not have it either


def _moved(root: Path, remote: str, branch: str, *, checked_out: bool) -> Moved | None:
    """None where the remote has no such branch; one that is not here yet begins where the remote's stands."""
    here, there = f"refs/heads/{branch}", f"refs/remotes/{remote}/{branch}"
    ours, theirs = _hash(root, here), _hash(root, there)
    if not theirs:
        return None
    if not ours:
        return _begun(root, branch, theirs)
    ahead, behind = _counts(root, ours, theirs)
    if behind and ahead:
        them = "it" if ahead == 1 else "them"
        why = f"it has {units.counted(ahead, 'commit')} that {remote} has not. Push {them}, or drop {them}"
        return Moved(branch=branch, commits=0, why=why)
    if not behind:
        return Moved(branch=branch, commits=0)
    if checked_out:
        answer = run(root, "-c", "advice.mergeConflict=false", "merge", "--ff-only", "--quiet", there)
    else:
        answer = run(root, "update-ref", here, theirs, ours)
    if answer.code:
        why = f"git will not go forwards: {' '.join(answer.err.split()) or answer.said()}"
        return Moved(branch=branch, commits=0, why=why, in_the_way=checked_out)
    return Moved(branch=branch, commits=behind)


def _begun(root: Path, branch: str, commit: str) -> Moved:
    answer = run(root, "update-ref", f"refs/heads/{branch}", commit, "")  # only where there is none
    if answer.code:
        return Moved(branch=branch, commits=0, why=f"git cannot make it: {answer.said()}")
    return Moved(branch=branch, commits=0, begun=True)


def _hash(root: Path, ref: str) -> str:
    answer = run(root, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    return "" if answer.code else answer.text().strip()


def _counts(root: Path, ours: str, theirs: str) -> tuple[int, int]:
    """How many commits each side has that the other one has not."""
    answer = run(root, "rev-list", "--left-right", "--count", f"{ours}...{theirs}", "--")
    if answer.code:
        raise HistoryError(f"{root}: git cannot compare {ours[:8]} and {theirs[:8]}: {answer.said()}.")
    ahead, behind = answer.text().split()
    return int(ahead), int(behind)
