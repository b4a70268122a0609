"""``groundspeed baseline``: measurements kept under a name, and commits held against them."""

from __future__ import annotations

import dataclasses
import os
import signal
from pathlib import Path
from typing import Annotated

import typer

from groundspeed.report.table import Format

app = typer.Typer(
    help="Measurements kept under a name, and commits held against them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Name = Annotated[str, typer.Argument(metavar="NAME", help="Of the baseline.")]
Revision = Annotated[str, typer.Argument(metavar="REV", help="The commit; else HEAD.")]
Bench = Annotated[
    str | None, typer.Option("--bench", "-b", metavar="REGEX", help="Cases whose text it is found in.")
]
Machine = Annotated[str | None, typer.Option(metavar="NAME", help="Whose results; else this host's.")]
Sessions = Annotated[
    int, typer.Option(min=1, metavar="N", help="Measured anew until N sessions hold every case.")
]
Stored = Annotated[bool, typer.Option("--stored", help="Measure nothing: what is on record.")]
Output = Annotated[Format, typer.Option("--format", help="How it is printed.")]


@app.command()
def save(
    name: Name,
    revision: Revision = "HEAD",
    bench: Bench = None,
    machine: Machine = None,
    sessions: Sessions = 1,
    stored: Stored = False,
    replace: Annotated[bool, typer.Option("--replace", help="Give up an older one of this name.")] = False,
    export: Annotated[
        Path | None, typer.Option(metavar="FILE.json", help="Write all of it into a JSON file, too.")
    ] = None,
    output: Output = Format.TEXT,
) -> None:
    """Keep the measurements of a commit under a name; what it lacks is measured first.

    Example: groundspeed baseline save v1.2 v1.2 --export v1.2.json
    """
    from groundspeed import config
    from groundspeed.cli.progress import ProgressLine
    from groundspeed.gate.baseline import Asked, Keeping, Project
    from groundspeed.gate.baseline import save as keep
    from groundspeed.report.baseline import saved_report
    from groundspeed.results.atomic import write_output

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # asked to end is ended as by Ctrl-C
    screen = ProgressLine()
    at = Project(configuration=config.load(Path.cwd()), variables=os.environ, screen=screen)
    asked = Asked(revision=revision, pattern=bench, machine=machine, sessions=sessions, stored=stored)
    saved = keep(at, asked, Keeping(name=name, overwrite=replace))
    if export is not None:
        text = saved_report(saved.baseline, saved.path, Format.JSON)
        write_output(export, f"{text}\n".encode())
        screen.note(f"Exported to {export}.")
    typer.echo(saved_report(saved.baseline, saved.path, output))


@app.command()
def check(
    name: Name,
    revision: Revision = "HEAD",
    bench: Bench = None,
    tolerance: Annotated[
        str | None, typer.Option(metavar="SHARE", help="The change that is ignored, such as 5%.")
    ] = None,
    machine: Machine = None,
    sessions: Sessions = 1,
    stored: Stored = False,
    any_machine: Annotated[
        bool, typer.Option("--any-machine", help="Compare with one of another machine, too.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 4 when any case is inconclusive.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="The unchanged cases as well.")] = False,
    output: Output = Format.TEXT,
) -> None:
    """Hold a commit against a baseline; what it lacks is measured first.

    Example: groundspeed baseline check v1.2 --tolerance '10 %'
    """
    from groundspeed import config, units
    from groundspeed.cli.options import parsed
    from groundspeed.cli.progress import ProgressLine
    from groundspeed.gate.baseline import Asked, Project, check_against
    from groundspeed.report.baseline_check import check_report
    from groundspeed.report.comparison import Show, View
    from groundspeed.verdicts.baselines import Terms

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # asked to end is ended as by Ctrl-C
    configuration = config.load(Path.cwd())
    tolerances = configuration.project.tolerances
    if tolerance is not None:
        tolerances = dataclasses.replace(
            tolerances, default=parsed("--tolerance", tolerance, units.parse_share)
        )
    found = check_against(
        Project(configuration=configuration, variables=os.environ, screen=ProgressLine()),
        Asked(revision=revision, pattern=bench, machine=machine, sessions=sessions, stored=stored),
        name,
        Terms(tolerances=tolerances, any_machine=any_machine),
    )
    typer.echo(check_report(found, View(show=Show.ALL if everything else Show.FIRST), output))
    raise typer.Exit(found.exit_code(strict=strict))


@app.command(name="list")
def list_baselines(output: Output = Format.TEXT) -> None:
    """List every baseline: its name, commit, dates, number of cases and machine.

    Example: groundspeed baseline list --format json
    """
    from groundspeed import config
    from groundspeed.report.baseline import list_report
    from groundspeed.results.baselines import read_shelf

    shelf = read_shelf(config.load(Path.cwd()).suite.results_dir)
    for warning in shelf.warnings:
        typer.echo(f"groundspeed: {warning}", err=True)
    typer.echo(list_report(shelf, output))
