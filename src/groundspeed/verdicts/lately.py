"""What the newest commit makes suspicious before there are enough values for a step: slower than lately.

A history shows a step once its level has some values (``stats.changepoints``); who measures a commit a night
has them a week later. Owns what is worth measuring again until then. Decides nothing: what two commits'
stored values say of each other may be the host's doing.
"""

from __future__ import annotations

from dataclasses import dataclass

from groundspeed.records import Case, SeriesKey, Verdict
from groundspeed.verdicts.between import Wanted, compare_commits
from groundspeed.verdicts.compare import Compared
from groundspeed.verdicts.groups import Range, Regressions
from groundspeed.verdicts.reading import ProjectResults

AGO = 5
"""Measured commits that the newest is held against the one before: with five values a level begins to be
seen by itself, so that each regression is looked at on so many occasions."""

MOST = 20
"""Series: the worst. A host that changed makes all of them slower, and twenty show that as well."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lately:
    """``series`` (case and metric) are worse at the end of ``range`` than at its start, or look like it."""

    range: Range
    series: frozenset[tuple[Case, str]]


def lately(reading: ProjectResults, machine: str, head: str, known: Regressions) -> Lately | None:
    """What is suspicious of ``head`` (a full hash) on a machine and not ``known`` as a step in that range;
    None where nothing is.
    """
    measured = _measured(reading, machine)
    if head not in measured or not measured.index(head):
        return None
    at = measured.index(head)
    range_ = Range(base=measured[max(0, at - AGO)], head=head)
    found = compare_commits(
        reading,
        machine,
        (range_.base, range_.head),
        Wanted(pattern="", environment="", metric=""),
        reading.configuration.project.tolerances,
    )
    rows = [row for row in found.comparison.compared if _looks_worse(row)]
    rows = [row for row in rows if not _is_known(row.key, reading, range_, known)]
    worst = sorted(rows, key=lambda row: -row.judgement.worse.centre)[:MOST]
    if not worst:
        return None
    return Lately(range=range_, series=frozenset((row.key.case, row.key.metric) for row in worst))


def _measured(reading: ProjectResults, machine: str) -> list[str]:
    """The commits that a machine has values of, oldest first."""
    archive = reading.archive
    own = {
        archive.commits[place].hash
        for series in archive.series
        if series.key.machine == machine
        for place in series.commits.tolist()
    }
    return [commit for commit in reading.order if commit in own]


def _looks_worse(row: Compared) -> bool:
    """Slower, or so far beyond what is tolerated that only the noise between sessions leaves it open.

    By its main metric: the largest of a thousand latencies looks worse every other night.
    """
    judgement = row.judgement
    unsure = judgement.verdict is Verdict.INCONCLUSIVE and judgement.worse.centre > 1 + judgement.tolerance
    return not row.key.metric and (judgement.verdict is Verdict.SLOWER or unsure)


def _is_known(key: SeriesKey, reading: ProjectResults, range_: Range, known: Regressions) -> bool:
    """Whether the history shows it as a step of that range, whatever became of it."""
    place_of = {commit: place for place, commit in enumerate(reading.order)}
    base, head = place_of[range_.base], place_of[range_.head]
    return any(
        one.step.key == key and place_of[one.step.base] < head and base < place_of[one.step.head]
        for group in known.groups
        for one in group.affected
    )
