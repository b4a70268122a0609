"""What the project's own configuration asks of its history: targets and growth, judged on every machine.

Owns that what cannot be judged is said and stops nothing: a site shows what is right. Judges nothing itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from groundspeed.config.targets import Target
from groundspeed.errors import ConfigError, NothingMeasuredError
from groundspeed.verdicts.answers import Grown, grown
from groundspeed.verdicts.ladders import Sizes
from groundspeed.verdicts.newest import Present
from groundspeed.verdicts.reading import ProjectResults
from groundspeed.verdicts.target_values import rows_of, targets_by_machine
from groundspeed.verdicts.targets import Judged, Lacking

TargetRow = Judged | Lacking


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """Targets by machine in the order of groundspeed.toml, and ladders by machine.

    ``stated``: whether the project has any target. ``growing`` are benchmarks with a parameter that could be
    a size. ``notices`` name what could not be judged.
    """

    targets: tuple[TargetRow, ...]
    stated: bool
    grown: tuple[Grown, ...]
    growing: tuple[tuple[str, str], ...]
    notices: tuple[str, ...]


def judged_by_project(reading: ProjectResults) -> Told:
    """Every target and every ladder on every machine with results. Git is asked only where there are any."""
    project = reading.configuration.project
    sizes = Sizes(benchmarks=reading.archive.benchmarks, stated=project.scaling)
    grows = any(sizes.of(name) is not None for name in reading.archive.benchmarks)
    notices = [*_unknown_machines(reading)]
    targets: list[TargetRow] = []
    ladders: list[Grown] = []
    for machine in reading.machines:
        present, stated = Present(reading, machine), project.targets.of(machine)
        kept = [one for one in stated if _judge(one, present, sizes, targets, notices)]
        if grows:
            ladders += grown(present, sizes, kept)
    return Told(
        targets=tuple(targets),
        stated=bool(project.targets.general or project.targets.by_machine),
        grown=tuple(ladders),
        growing=sizes.candidates(None),
        notices=tuple(dict.fromkeys(notices)),
    )


def _judge(target: Target, present: Present, sizes: Sizes, rows: list[TargetRow], notices: list[str]) -> bool:
    """Add a target's rows; whether it could be judged."""
    try:
        rows += rows_of(target, present, sizes)
    except ConfigError as error:
        notices.append(str(error))
        return False
    return True


def _unknown_machines(reading: ProjectResults) -> list[str]:
    """What is wrong with the machines that targets are stated for."""
    project = reading.configuration.project
    try:
        targets_by_machine(project.targets, reading.machines, sorted({*reading.machines, *project.machines}))
    except ConfigError as error:
        return [str(error)]
    except NothingMeasuredError:
        return []  # no target at all is no fault here
    return []
