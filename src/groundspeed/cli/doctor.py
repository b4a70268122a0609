"""``groundspeed doctor``: is this host fit to measure on now, and what to do about what is not."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundspeed.report.table import Format

UNFIT = 1


def doctor(
    output: Annotated[Format, typer.Option("--format", help="How it is printed.")] = Format.TEXT,
) -> None:
    """Look at this host for half a second: load, steal, memory, heat, clocks, limits, counters, room, GPUs.

    Exit 1 when what is measured here now could not be trusted. Nothing is changed.

    Example: groundspeed doctor --format json
    """
    from groundspeed.config import load
    from groundspeed.errors import ConfigError
    from groundspeed.machine.fitness import fitness, take_look
    from groundspeed.report.doctor import doctor_report, is_fit

    try:
        places = load(Path.cwd()).places
    except ConfigError:  # a host is looked at anywhere; what stands there may be no project, or a broken one
        places = {"this folder": Path.cwd()}
    findings = fitness(take_look(places=places))
    typer.echo(doctor_report(findings, output))
    if not is_fit(findings):
        raise typer.Exit(UNFIT)
