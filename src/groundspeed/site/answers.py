"""What was found in a history, as the site shows it. Owns which of it is asked for; finds nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from groundspeed.config.tolerances import Tolerances
from groundspeed.errors import HistoryError
from groundspeed.history import History
from groundspeed.measurements import NoiseFloor
from groundspeed.records import MachineProfile, SeriesKey
from groundspeed.results.finds import FindFile, stored_finds
from groundspeed.results.index import RecordedSession
from groundspeed.results.profiles import StoredProfile, stored_profiles
from groundspeed.site.judged import TargetRow, judged_by_project
from groundspeed.site.sampled import Sampled
from groundspeed.verdicts.answers import Grown
from groundspeed.verdicts.complaints import Examination, examined
from groundspeed.verdicts.groups import Regressions
from groundspeed.verdicts.health import Health, health
from groundspeed.verdicts.machine_rows import rows_of_machine
from groundspeed.verdicts.module_trends import ModuleTrend, module_trends
from groundspeed.verdicts.reading import ProjectResults, dates_of
from groundspeed.verdicts.regressions import Standing, distances, find_regressions, trend

STANDING_POINTS = 48
"""Of the number of open regressions over time: what a small picture can show."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """Verdicts of a whole history. ``floors`` hold, by machine, the noise floors by key without a version.

    ``distance`` counts the commits of the branch before each one; ``standing`` is how many regressions were
    open over time; ``sessions`` are by machine, oldest first; ``profiled`` are the machines that the project
    describes. ``notices`` say what could not be judged. ``history`` is the repository, where there is one and
    a profile asks for sources, ``suite`` the folder of the benchmarks as profiles name it. None, or nothing
    in a mapping: nobody asked, as when a site is made of a bare archive.
    """

    regressions: Regressions | None = None
    improvements: Regressions | None = None
    floors: Mapping[str, Mapping[SeriesKey, NoiseFloor]] = field(default_factory=dict)
    tolerances: Tolerances = field(default_factory=Tolerances)
    profiles: tuple[StoredProfile, ...] = ()
    distance: Mapping[str, int] = field(default_factory=dict)
    standing: tuple[Standing, ...] = ()
    targets: tuple[TargetRow, ...] = ()
    targets_stated: bool = False
    grown: tuple[Grown, ...] = ()
    growing: tuple[tuple[str, str], ...] = ()
    examination: Examination | None = None
    sessions: Mapping[str, tuple[RecordedSession, ...]] = field(default_factory=dict)
    trends: tuple[ModuleTrend, ...] = ()
    profiled: Mapping[str, MachineProfile] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    sampled: Sampled | None = None
    history: History | None = None
    suite: str = ""
    finds: tuple[FindFile, ...] = ()

    @property
    def health(self) -> tuple[Health, ...]:
        """How each machine does."""
        return () if self.examination is None else self.examination.machines


NO_ANSWERS = Answers()


def answers_of(reading: ProjectResults, now: datetime) -> Answers:
    """Everything that the site shows beside the measurements. ``reading`` has results.

    ``now`` is when it is published: complaints are those of the hour that has begun, so that what is
    published twice within one is the same, and nothing is to be deployed.
    """
    regressions = find_regressions(reading)
    judged = judged_by_project(reading)
    rows = [rows_of_machine(reading.archive, machine, reading.order) for machine in reading.machines]
    sessions = {machine: reading.index.sessions(machine) for machine in reading.machines}
    machines = [health(reading, one, sessions[one.machine]) for one in rows]
    profiles = stored_profiles(reading.configuration.suite.results_dir)
    hour = now.replace(minute=0, second=0, microsecond=0)
    return Answers(
        regressions=regressions,
        improvements=find_regressions(reading, improvements=True),
        floors={machine: reading.floors(machine) for machine in reading.machines},
        tolerances=reading.configuration.project.tolerances,
        profiles=profiles,
        finds=stored_finds(reading.configuration.suite.results_dir),
        distance=distances(reading),
        standing=trend(regressions, dates_of(reading.archive), points=STANDING_POINTS),
        targets=judged.targets,
        targets_stated=judged.stated,
        grown=judged.grown,
        growing=judged.growing,
        examination=_for_everybody(examined(reading.configuration, machines, hour), reading),
        sessions=sessions,
        trends=tuple(trend for one in rows for trend in module_trends(one, reading.archive)),
        profiled=reading.configuration.project.machines,
        notices=judged.notices,
        sampled=reading,
        history=_history(reading) if profiles else None,
        suite=reading.configuration.suite.benchmark_folder,
    )


def _for_everybody(found: Examination, reading: ProjectResults) -> Examination:
    """Without the places of this host, that an error names: the page is read elsewhere."""
    if not found.faults:
        return found
    from groundspeed.suite.isolation import redaction

    redacted = redaction(reading.configuration.suite.root, reading.configuration.workspace)
    return replace(found, faults=tuple(replace(one, text=redacted(one.text)) for one in found.faults))


def _history(reading: ProjectResults) -> History | None:
    try:
        return History.open(reading.configuration.suite.repo_path)
    except HistoryError:
        return None  # the notices say so
