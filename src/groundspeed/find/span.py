"""The commits that a search is over: a line of them, the old end first. Asks git, decides nothing."""

from __future__ import annotations

from dataclasses import dataclass

from groundspeed.errors import HistoryError
from groundspeed.history import History
from groundspeed.measure.workplace import commit_of
from groundspeed.records import Commit


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """Two commits at least, the old end first: it is taken to be as it was, each other may be the changed
    one. ``merge`` is the commit that brought them in; None for the line that was asked about."""

    commits: tuple[Commit, ...]
    merge: Commit | None

    def index_of(self, commit: str) -> int | None:
        """The position of a commit (hash); None where it is not of the line."""
        return next((at for at, one in enumerate(self.commits) if one.hash == commit), None)


def span_of(history: History, revisions: str) -> Span:
    """The commits of a range along first parents, and before them the one that the first of them stands on.

    Raises ``HistoryError`` for a range that is none, or holds nothing to choose from.
    """
    found = history.commits(revisions)[::-1]
    if not found:
        raise HistoryError(
            f"{revisions} holds no commit. A search needs the old end and a newer one, such as v1.0..main."
        )
    if found[0].parents:
        found = (commit_of(history, found[0].parents[0]), *found)
    if len(found) < 2:
        raise HistoryError(
            f"{revisions} is the one commit {found[0].short}, which stands on none: there is nothing to "
            "hold it against. Name a range, such as v1.0..main."
        )
    return Span(commits=found, merge=None)


def span_inside(history: History, merge: Commit) -> Span | None:
    """The commits that a merge brought in: those of its second parent that the first has not, and before
    them the one that they stand on. None where it is no merge, or brought none."""
    if len(merge.parents) < 2:
        return None
    found = history.commits(f"{merge.parents[0]}..{merge.parents[1]}")[::-1]
    if not found or not found[0].parents:
        return None
    return Span(commits=(commit_of(history, found[0].parents[0]), *found), merge=merge)
