"""What a machine has still to look into: suspects to confirm, culprits to find. Measures nothing."""

from __future__ import annotations

from groundspeed.gate.confirm import Suspicion, suspected, suspicion_of, suspicion_of_newest
from groundspeed.history import History
from groundspeed.records import SeriesKey
from groundspeed.results.further import EXPONENT
from groundspeed.verdicts.groups import Group, Range, Regressions, State
from groundspeed.verdicts.lately import lately
from groundspeed.verdicts.named import named_culprits
from groundspeed.verdicts.reading import ProjectResults
from groundspeed.verdicts.regressions import find_regressions


def unclear(reading: ProjectResults, machine: str) -> list[Range]:
    """Where something may have got slower, and it is not known whether, or who made it so; nowhere before
    there are results.
    """
    if not reading.commits:
        return []
    ranges = [one.range for one in suspicions(reading, machine)]
    return [*ranges, *(one.range for one in unnamed(reading, find_regressions(reading), machine))]


def suspicions(reading: ProjectResults, machine: str) -> list[Suspicion]:
    """What the machine can measure again: of the history the most pressing first, then of the newest commit
    of each branch.
    """
    found = find_regressions(reading)
    suite = reading.configuration.suite
    history = History.open(suite.repo_path)
    newest = dict.fromkeys(history.resolve(one) for one in history.branches(suite.branches))
    new = [one for head in newest if (one := lately(reading, machine, head, found))]
    shown = (suspicion_of(one, machine) for one in suspected(found.open))
    return [*(one for one in shown if one.series), *map(suspicion_of_newest, new)]


def confirmed_on(found: Regressions, machine: str) -> list[Group]:
    """Those that were confirmed on the machine."""
    return [one for one in found.open if _confirmed(one, machine)]


def unnamed(reading: ProjectResults, found: Regressions, machine: str) -> list[Group]:
    """The confirmed ones of which nobody knows the commit, be it that inside of a merge."""
    groups = confirmed_on(found, machine)
    named = named_culprits(reading, groups)
    return [one for one in groups if one.id not in named or named[one.id].unopened]


def main_series(group: Group, machine: str) -> SeriesKey:
    """The confirmed series of a group that shows it most."""
    return max(_confirmed(group, machine), key=lambda one: one[0])[1]


def _confirmed(group: Group, machine: str) -> list[tuple[float, SeriesKey]]:
    """What of a group was confirmed on a machine and is a case that can be run, and how much worse it is."""
    return [
        (one.size, one.step.key)
        for one in group.affected
        if one.state is State.CONFIRMED
        and one.step.key.machine == machine
        and one.step.key.metric != EXPONENT
    ]
