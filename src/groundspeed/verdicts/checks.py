"""Where a benchmark began to return something else: "faster because wrong". Judges no times.

A check value stands for what a benchmark returned. Values are compared for equality only.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckChange:
    """Neighbours, ``base`` before ``head``, that do not compute the same.

    Between them lie only commits without a value or of several.
    """

    base: str
    head: str
    before: str
    after: str


def check_changes(commits: Sequence[str], seen: Mapping[str, AbstractSet[str]]) -> tuple[CheckChange, ...]:
    """The places in ``commits`` (oldest first) where the value changed.

    ``seen`` holds every value that runs returned at a commit; commits that ``commits`` lacks do not count,
    and those whose own runs disagree are passed over: what is not deterministic tells nothing. O(n).
    """
    steady = [(commit, next(iter(seen[commit]))) for commit in commits if len(seen.get(commit, ())) == 1]
    return tuple(
        CheckChange(base=base, head=head, before=before, after=after)
        for (base, before), (head, after) in itertools.pairwise(steady)
        if before != after
    )
