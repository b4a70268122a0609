"""What was found in a history, as the site shows it. Owns which of it is asked for; finds nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from groundspeed.config.tolerances import Tolerances
from groundspeed.measurements import NoiseFloor
from groundspeed.records import SeriesKey
from groundspeed.results.profiles import StoredProfile, stored_profiles
from groundspeed.verdicts.groups import Regressions
from groundspeed.verdicts.reading import ProjectResults
from groundspeed.verdicts.regressions import find_regressions


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """Verdicts of a whole history. ``floors`` hold, by machine, the noise floors by key without a version.

    None, or nothing in a mapping: nobody asked, as when a site is made of a bare archive.
    """

    regressions: Regressions | None = None
    improvements: Regressions | None = None
    floors: Mapping[str, Mapping[SeriesKey, NoiseFloor]] = field(default_factory=dict)
    tolerances: Tolerances = field(default_factory=Tolerances)
    profiles: tuple[StoredProfile, ...] = ()


NO_ANSWERS = Answers()


def answers_of(reading: ProjectResults) -> Answers:
    """Everything that the site shows beside the measurements. ``reading`` has results."""
    return Answers(
        regressions=find_regressions(reading),
        improvements=find_regressions(reading, improvements=True),
        floors={machine: reading.floors(machine) for machine in reading.machines},
        tolerances=reading.configuration.project.tolerances,
        profiles=stored_profiles(reading.configuration.suite.results_dir),
    )
