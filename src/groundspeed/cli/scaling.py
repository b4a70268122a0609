"""``groundspeed scaling``: how cases grow with their size, and what they come to at a size asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundspeed.report.table import Format


def scaling(
    pattern: Annotated[
        str | None, typer.Argument(metavar="PATTERN", help="Those in whose text the expression is found.")
    ] = None,
    at: Annotated[
        str | None, typer.Option(metavar="SIZE", help="What it comes to at this size: 1GB, 10000.")
    ] = None,
    size: Annotated[
        str | None,
        typer.Option(metavar="PARAM", help="The parameter that is the size, where no file says which."),
    ] = None,
    machine: Annotated[
        str | None, typer.Option(metavar="NAME", help="Whose results; else this host's, or the only ones.")
    ] = None,
    rev: Annotated[
        str | None, typer.Option(metavar="REV", help="This commit alone; else of each size the newest.")
    ] = None,
    page: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the page of every operation's performance.")
    ] = None,
    output: Annotated[Format, typer.Option("--format", help="How it is printed.")] = Format.TEXT,
) -> None:
    """Fit how cases grow with their size: exponent, form, and the answer for a size, where it can be told.

    Exit 1 where a target at a size fails, 3 without data, 4 where --at cannot be answered at all.

    Example: groundspeed scaling documents --at 1GB
    """
    from groundspeed.cli.options import expression, parsed
    from groundspeed.config import load
    from groundspeed.measure.host import machine_with_results
    from groundspeed.report.performance import performance_page
    from groundspeed.report.scaling import exit_code, render_scaling
    from groundspeed.results.atomic import replace_changed
    from groundspeed.verdicts.answers import grown
    from groundspeed.verdicts.ladders import Sizes, asked_size, refuse_without_ladders
    from groundspeed.verdicts.newest import Present
    from groundspeed.verdicts.performance import performance
    from groundspeed.verdicts.reading import read

    found = None if pattern is None else expression("PATTERN", pattern)
    asked = [] if at is None else [parsed("--at", at, asked_size)]
    configuration = load(Path.cwd())
    reading = read(configuration)
    project = configuration.project
    present = Present(reading, machine_with_results(configuration, reading.machines, machine), rev)
    sizes = Sizes(benchmarks=reading.archive.benchmarks, stated=project.scaling, asked=size)
    ladders = grown(present, sizes, project.targets.of(present.machine), pattern=found, at=asked)
    for notice in (*configuration.warnings, *reading.notices):
        typer.echo(f"groundspeed: {notice}", err=True)
    if page is not None:
        found_all = performance(present, sizes, project.targets.of(present.machine), asked)
        replace_changed(page, performance_page(found_all).encode())
        typer.echo(f"Wrote {page}.")
        return
    refuse_without_ladders(ladders, sizes, found)
    typer.echo(render_scaling(present.machine, ladders, output))
    raise typer.Exit(exit_code(ladders, asked=at is not None))
