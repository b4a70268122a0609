"""``groundspeed init``: a project made ready to be measured, nothing of it overwritten."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from groundspeed.report.table import Format


def init(
    path: Annotated[
        Path | None, typer.Argument(metavar="PATH", help="The project's folder; else this one.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be written.")] = False,
    output: Annotated[Format, typer.Option("--format", help="How the report is printed.")] = Format.TEXT,
) -> None:
    """Write what a project lacks to be measured: asv.conf.json, a first benchmark, this machine.

    What is there is kept as it is; a second time changes nothing.

    Example: groundspeed init --dry-run
    """
    from groundspeed.initialise.project import initialise
    from groundspeed.report.initialise import setup_report

    setup = initialise(path or Path.cwd(), os.environ, dry_run=dry_run)
    typer.echo(setup_report(setup, Path.cwd(), output, dry_run=dry_run))
