"""Which commit each regression is known to come from: a range that holds one, or a search that found it.

Owns when a search speaks of a group. Searches nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from groundspeed.history import History
from groundspeed.records import Case
from groundspeed.results.finds import FindFile, stored_finds
from groundspeed.results.found import Change
from groundspeed.verdicts.groups import Group, Range
from groundspeed.verdicts.reading import ProjectResults
from groundspeed.verdicts.regressions import distances

_WORSE = (Change.SLOWER, Change.BROKE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """A culprit, with its first line, and the commit it is held against; both as full hashes.

    ``unopened``: it is a merge, inside of which nobody has searched yet.
    """

    commit: str
    parent: str
    subject: str
    unopened: bool = False


def named_culprits(reading: ProjectResults, groups: Sequence[Group]) -> Mapping[str, Named]:
    """By a group's id its culprit, for those that have one: the newest search's, else the only commit of
    the range.
    """
    if not groups:
        return {}
    place_of = distances(reading)
    line = tuple(place_of)
    finds = stored_finds(reading.configuration.suite.results_dir)
    found: dict[str, Named] = {}
    for group in groups:
        base, head = place_of.get(group.range.base), place_of.get(group.range.head)
        if base is None or head is None:
            inside = _on_another_line(reading, group.range)
        else:
            inside = frozenset(line[base + 1 : head + 1])
        searched = list(_searched(group, finds, inside))
        if searched:
            found[group.id] = searched[-1]
        elif inside == {group.range.head}:
            commit = reading.commits[group.range.head]
            unopened = len(commit.parents) > 1
            found[group.id] = Named(
                commit=commit.hash, parent=group.range.base, subject=commit.subject, unopened=unopened
            )
    return found


def _on_another_line(reading: ProjectResults, range_: Range) -> frozenset[str]:
    """The commits of a range on a branch that the newest commit is not of; none where both ends are apart."""
    if not {range_.base, range_.head} <= reading.commits.keys():
        return frozenset()
    history = History.open(reading.configuration.suite.repo_path)
    commits = history.commits(f"{range_.base}..{range_.head}")
    follows = bool(commits) and commits[-1].parents[:1] == (range_.base,)
    return frozenset(one.hash for one in commits) if follows else frozenset()


def _searched(group: Group, finds: Sequence[FindFile], inside: Set[str]) -> Iterator[Named]:
    """What searches of a series of the group found within its range, the oldest search first.

    A culprit inside of a merge stands on no line of its own: the merge's place counts.
    """
    series: set[tuple[str, Case, str]] = {
        (one.step.key.machine, one.step.key.case, one.step.key.metric) for one in group.affected
    }
    for one in finds:
        culprit = None if one.found is None else one.found.culprit
        if culprit is None or culprit.change not in _WORSE:
            continue
        asked = one.asked
        on_line = culprit.merge or culprit.commit
        if (asked.machine, asked.case, asked.metric) in series and on_line.hash in inside:
            found = culprit.commit
            yield Named(commit=found.hash, parent=culprit.parent.hash, subject=found.subject)
