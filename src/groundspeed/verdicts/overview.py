"""The state of a machine at a commit, whole: what a report says in every format.

Owns the putting together, and which regressions were open at a commit; each part is another module's.
Measures nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from groundspeed.errors import NothingMeasuredError
from groundspeed.records import Benchmark, Commit, MachineProfile, SeriesKey
from groundspeed.results.index import RecordedSession
from groundspeed.results.profiles import stored_profiles
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.answers import Grown
from groundspeed.verdicts.bottlenecks import BottleneckReport
from groundspeed.verdicts.evidence import find_bottlenecks
from groundspeed.verdicts.groups import OPEN, Affected, Regressions, State, ranked
from groundspeed.verdicts.ladders import Sizes
from groundspeed.verdicts.newest import Present
from groundspeed.verdicts.noise import CaseNoise
from groundspeed.verdicts.performance import Operation, performance
from groundspeed.verdicts.profiled import CaseProfile, case_profiles
from groundspeed.verdicts.regressions import find_regressions, text_of
from groundspeed.verdicts.sections import Section, Unanswered, sections_of
from groundspeed.verdicts.targets import TargetReport


@dataclass(frozen=True, kw_only=True, slots=True)
class Overview:
    """All of it. ``commit`` is the one asked for, else the newest that was measured; ``commits`` are those
    that git knows. ``hardware`` is asv's machine.json, ``profile`` what groundspeed.toml expects of the
    machine, ``session`` the newest that measured the commit, else the newest of the machine: None where only
    asv measured. ``noise`` is by key without a version. ``regressions`` were open at the commit, by what is
    known today. ``bottlenecks`` are what profiles say, ``costliest`` what lies above the thresholds.
    """

    project: str
    machine: str
    commit: str
    date: datetime
    commits: Mapping[str, Commit]
    hardware: Mapping[str, str]
    profile: MachineProfile | None
    session: RecordedSession | None
    benchmarks: Mapping[str, Benchmark]
    figures: tuple[Operation, ...]
    noise: Mapping[SeriesKey, CaseNoise]
    sections: tuple[Section | Unanswered, ...]
    targets: TargetReport
    ladders: tuple[Grown, ...]
    regressions: Regressions
    bottlenecks: tuple[CaseProfile, ...]
    costliest: BottleneckReport
    notices: tuple[str, ...]

    @property
    def known(self) -> Commit | None:
        """What git says of the commit, None where it does not know it."""
        return self.commits.get(self.commit)

    @property
    def exit_code(self) -> int:
        """As ``targets`` has it; a section that the project states and nothing answers is no pass either."""
        kept = self.targets.exit_code if self.targets.rows else 0
        if kept == _BAD:
            return kept
        lacking = any(isinstance(one, Unanswered) for one in self.sections)
        absent = not any(isinstance(one.value, Interval) for one in self.figures)
        return NothingMeasuredError.exit_code if lacking or absent else kept

    def noise_of(self, key: SeriesKey) -> CaseNoise | None:
        """The noise of a figure, None where the results tell none."""
        return self.noise.get(replace(key, version=None))


_BAD = 1  # exit code: a target fails


def overview(present: Present, pattern: str | None = None) -> Overview:
    """The state of a machine, of what ``pattern`` is found in.

    Raises NothingMeasuredError where nothing is known, ConfigError and TriageError as its parts do.
    """
    reading = present.reading
    configuration, archive = reading.configuration, reading.archive
    project = configuration.project
    sizes = Sizes(benchmarks=archive.benchmarks, stated=project.scaling)
    found = performance(present, sizes, project.targets.of(present.machine), (), pattern)
    commit = present.at or found.commit
    sections = sections_of(found.operations, project.report, archive.benchmarks)
    if pattern is not None:  # what was not asked for is not missed
        sections = tuple(one for one in sections if isinstance(one, Section))
    profiles = [
        one for one in stored_profiles(configuration.suite.results_dir) if one.machine == present.machine
    ]
    cases = {one.key.case for one in found.operations}
    order = present.branch if commit in reading.aside else reading.order
    profiled = case_profiles(profiles, cases, order, commit)
    return Overview(
        project=configuration.suite.project,
        machine=present.machine,
        commit=commit,
        date=found.date,
        commits=reading.commits,
        hardware=found.hardware,
        profile=project.machines.get(present.machine),
        session=_session(reading.index.sessions(present.machine), commit),
        benchmarks=archive.benchmarks,
        figures=found.operations,
        noise={one.key: one for one in reading.noise(present.machine)},
        sections=sections,
        targets=found.targets,
        ladders=found.ladders,
        regressions=open_at(find_regressions(reading), _on_line(present, commit), present.machine, pattern),
        bottlenecks=profiled.found,
        costliest=find_bottlenecks(present, pattern, commit),
        notices=(*configuration.warnings, *reading.notices, *profiled.notices),
    )


def _session(sessions: Sequence[RecordedSession], commit: str) -> RecordedSession | None:
    """``sessions`` are oldest first."""
    there = [one for one in sessions if any(done.commit == commit for done in one.done)]
    return next(reversed(there or list(sessions)), None)


def _on_line(present: Present, commit: str) -> str | None:
    """The commit at which regressions are asked for: itself, but of what a merge brought in the last measured
    one that it stands on; None where it stands on none.
    """
    aside = present.reading.aside
    if commit not in aside:
        return commit
    return next((one for one in reversed(present.branch) if one not in aside), None)


def open_at(found: Regressions, commit: str | None, machine: str, pattern: str | None) -> Regressions:
    """Those that were open on a machine at a commit, with the series of them that were.

    Open is what began at the commit or before, and had not gone back by then. What was acknowledged or not
    confirmed, whenever that was, is not.
    """
    place_of = {one: place for place, one in enumerate(found.order)}
    place = -1 if commit is None else place_of[commit]

    def was_open(one: Affected) -> bool:
        key = one.step.key
        if key.machine != machine or place_of[one.step.head] > place:
            return False
        if pattern is not None and re.search(pattern, text_of(key)) is None:
            return False
        if one.state is State.RECOVERED and one.recovered is not None:
            return place_of[one.recovered.head] > place
        return one.state in OPEN

    kept = [
        replace(group, affected=affected)
        for group in found.groups
        if (affected := tuple(one for one in group.affected if was_open(one)))
    ]
    return replace(found, groups=ranked(kept))
