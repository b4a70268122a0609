"""``groundspeed nightly``: everything that is to be done while nobody watches."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Annotated

import typer

from groundspeed.report.table import Format


def nightly(
    budget: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="For building and measuring; else [nightly] budget, or 2h."),
    ] = None,
    machine: Annotated[
        str | None, typer.Option(metavar="NAME", help="The profile to store results under.")
    ] = None,
    pin: Annotated[bool, typer.Option("--pin", help="Keep what is measured on one core.")] = False,
    local: Annotated[bool, typer.Option("--local", help="Nothing is fetched, pushed or told.")] = False,
    output: Annotated[Format, typer.Option("--format", help="How the summary is printed.")] = Format.TEXT,
) -> None:
    """Fetch, measure, confirm, find, profile, judge, publish, deploy, tell: what a night is for.

    A stage that fails costs the others nothing. Exit 1 where one failed; that something got slower is told,
    and is no failure. What was cut short goes on the next time.

    Example: groundspeed nightly --budget 2h --format markdown
    """
    from groundspeed import units
    from groundspeed.cli.options import parsed
    from groundspeed.cli.progress import ProgressLine
    from groundspeed.nightly.context import Asked, World
    from groundspeed.nightly.night import spend_night
    from groundspeed.nightly.rendering import render

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # asked to end is ended as by Ctrl-C
    asked = Asked(
        budget_s=None if budget is None else parsed("--budget", budget, units.parse_duration),
        machine=machine,
        pin=pin,
        local=local,
    )
    summary = spend_night(Path.cwd(), asked, World(variables=os.environ, screen=ProgressLine()))
    typer.echo(render(summary, output))
    raise typer.Exit(summary.exit_code)
