"""What got worse in a project's history, as a command asks for it: from a reading to ranked groups.

Owns what the project says about it (tolerances, triage.toml, the current suite) and how a group is called.
"""

from __future__ import annotations

import contextlib
import getpass
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from groundspeed.config import Configuration
from groundspeed.errors import GroundspeedError, HistoryError, NothingMeasuredError
from groundspeed.history.process import run
from groundspeed.records import SeriesKey
from groundspeed.results.archive import Archive
from groundspeed.verdicts.culprits import judge
from groundspeed.verdicts.groups import OPEN, Affected, Group, Regressions, State
from groundspeed.verdicts.reading import ProjectResults
from groundspeed.verdicts.triage import NAME, Decision, Ruling, read_triage

_POINTS = 5  # of the trend: what fits into a line


class NoSuchGroupError(GroundspeedError):
    """An id or a range names no regression, or several."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How many regressions were open at a commit, by what is known today."""

    commit: str
    open: int


def triage_path(configuration: Configuration) -> Path:
    """triage.toml: beside asv.conf.json, for it is committed with it."""
    return configuration.suite.root / NAME


def find_regressions(reading: ProjectResults, *, improvements: bool = False) -> Regressions:
    """Every regression of the project's history; or every improvement.

    Raises ``NothingMeasuredError`` when there are no results, ``TriageError`` for a broken triage.toml.
    """
    decisions = read_triage(triage_path(reading.configuration))
    archive = reading.archive
    if not archive.series:
        raise NothingMeasuredError(
            f"There are no results in {reading.configuration.suite.results_dir}. "
            "Measure something first: groundspeed run."
        )
    tolerances = reading.configuration.project.tolerances
    return judge(
        reading.steps,
        tolerance=lambda key: tolerances.of(key.case, key.metric),
        decisions=decisions,
        current=current_suite(archive),
        improvements=improvements,
    )


def current_suite(archive: Archive) -> Callable[[SeriesKey], bool]:
    """Whether the suite still measures what a series holds, as asv's own pages ask.

    Where benchmarks.json names no benchmark at all, every series is taken for current.
    """
    known = archive.benchmarks

    def current(key: SeriesKey) -> bool:
        one = known.get(key.case.benchmark)
        return not known or (one is not None and (one.version or None) == (key.version or None))

    return current


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """Which series: None asks for all, ``pattern`` is searched in the case's text.

    Raises ``GroundspeedError`` where it is no expression.
    """

    machine: str | None = None
    pattern: str | None = None

    def __post_init__(self) -> None:
        try:
            re.compile(self.pattern or "")
        except re.error as error:
            raise GroundspeedError(f"--bench {self.pattern!r} is no regular expression: {error}.") from error

    def wants(self, key: SeriesKey) -> bool:
        """Whether a series is meant."""
        named = self.machine is None or key.machine == self.machine
        return named and (self.pattern is None or re.search(self.pattern, text_of(key)) is not None)


def narrowed(reading: ProjectResults, found: Regressions, view: View) -> Regressions:
    """Those series of the regressions that are meant; ids, ranges and evidence stay those of the whole.

    Raises ``GroundspeedError`` for a machine without results.
    """
    machines = sorted({one.key.machine for one in reading.archive.series})
    if view.machine is not None and view.machine not in machines:
        raise GroundspeedError(
            f"--machine {view.machine}: there are results of {', '.join(machines)} and of no other machine."
        )
    return found if view == View() else found.only(view.wants)


def distances(reading: ProjectResults) -> Mapping[str, int]:
    """How many commits lie before each one, along the first parents of the newest that git knows; none
    without git.
    """
    newest = next((commit for commit in reversed(reading.order) if commit in reading.commits), None)
    if newest is None:
        return {}
    return {commit: place for place, commit in enumerate(reading.line_to(newest))}


def text_of(key: SeriesKey) -> str:
    """``module.Class.name(p1, p2)@metric``: how a case's metric is written."""
    return f"{key.case}@{key.metric}" if key.metric else str(key.case)


def group_named(found: Regressions, text: str) -> Group:
    """The regression that ``text`` means: its id, or its range, each as far as it is unique.

    Raises ``NoSuchGroupError``.
    """
    base, dots, head = text.partition("..")
    named = [
        group
        for group in found.groups
        if (
            (group.range.base.startswith(base) and group.range.head.startswith(head.lstrip(".")))
            if dots
            else group.id.startswith(text)
        )
    ]
    if len(named) == 1 and text:
        return named[0]
    what = "names several regressions" if named else "names no regression"
    raise NoSuchGroupError(
        f"{text!r} {what}. Give an id (such as {_example(found)}) or a range as "
        "`groundspeed regressions --all` lists them."
    )


def _example(found: Regressions) -> str:
    return found.groups[0].id if found.groups else "1f0c9a3e"


def decide(
    group: Group, ruling: Ruling, wanted: Callable[[SeriesKey], bool], *, by: str, at: datetime, note: str
) -> Decision:
    """A decision about those series of a group that are wanted. Raises ``NoSuchGroupError`` when none is.

    What a person acknowledges holds on every machine, and for the whole of a benchmark where all of its
    cases in the group are meant; what was measured holds for the very cases and machines that were.
    """
    meant = [one for one in group.affected if wanted(one.step.key)]
    names = {text_of(one.step.key) for one in meant}
    machines = {one.step.key.machine for one in meant}
    if ruling is Ruling.ACKNOWLEDGED:
        parts = {_whole(one) for one in group.affected if not wanted(one.step.key)}
        names = {text_of(one.step.key) if _whole(one) in parts else _whole(one) for one in meant}
        machines = set()
    if not meant:
        raise NoSuchGroupError(
            f"The regression {group.id} has no such case. List its cases: groundspeed regressions --all."
        )
    return Decision(
        id=group.id,
        ruling=ruling,
        base=group.range.base,
        head=group.range.head,
        cases=tuple(sorted(names)),
        machines=tuple(sorted(machines)),
        by=by,
        at=at,
        note=note,
    )


def who(configuration: Configuration) -> str:
    """Who decides: the name that git signs commits with here, else the user's."""
    with contextlib.suppress(HistoryError):
        name = run(configuration.suite.root, "config", "--get", "user.name").text().strip()
        if name:
            return name
    with contextlib.suppress(OSError, KeyError):
        return getpass.getuser()
    return "somebody"


def _whole(one: Affected) -> str:
    key = one.step.key
    return f"{key.case.benchmark}@{key.metric}" if key.metric else key.case.benchmark


def decided(found: Regressions, decisions: Sequence[Decision], text: str) -> tuple[Decision, ...]:
    """The decisions that ``text`` means: those of that id, else those about the regression it names.

    Raises ``NoSuchGroupError``.
    """
    direct = tuple(one for one in decisions if text and one.id.startswith(text))
    meant = direct or group_named(found, text).decisions
    if not meant:
        raise NoSuchGroupError(f"Nothing was decided about {text}: it is open already.")
    return meant


def trend(
    found: Regressions, dates: Mapping[str, datetime], *, points: int = _POINTS
) -> tuple[Standing, ...]:
    """How many regressions were open at ``points`` times spread evenly over the history, the newest included.

    One counts from the first commit of its new level until all of its series went back; what was
    acknowledged or not confirmed never counts.
    """
    if len(found.order) < 2:
        return ()
    place_of = {commit: place for place, commit in enumerate(found.order)}
    spans = [
        (place_of[group.range.head], _end(group, place_of))
        for group in found.groups
        if group.state in OPEN or group.state is State.RECOVERED
    ]
    return tuple(
        Standing(commit=found.order[place], open=sum(first <= place < end for first, end in spans))
        for place in _spread([dates[commit] for commit in found.order], points)
    )


def _spread(dates: Sequence[datetime], points: int) -> list[int]:
    """The last of ``dates`` (nearly in order) before each of evenly spaced times; the last one of all."""
    first, last = min(dates), max(dates)
    times = [first + (last - first) * (number / points) for number in range(1, points)]
    places = {max(place for place, date in enumerate(dates) if date <= time) for time in times}
    return sorted(places | {len(dates) - 1})


def _end(group: Group, place_of: Mapping[str, int]) -> int:
    """The place from which on a group is not open any more; beyond all where it is."""
    ends = [
        place_of[one.recovered.head] if one.recovered else len(place_of)
        for one in group.affected
        if one.state in OPEN or one.state is State.RECOVERED
    ]
    return max(ends)
