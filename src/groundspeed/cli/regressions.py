"""``groundspeed regressions``: which commits made it slower, by the history."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundspeed.report.table import Format


def regressions(
    since: Annotated[
        str | None,
        typer.Option(metavar="WHEN", help="Newer than a revision, a date, or a time such as '30 days'."),
    ] = None,
    machine: Annotated[str | None, typer.Option(metavar="NAME", help="Of this machine alone.")] = None,
    bench: Annotated[
        str | None, typer.Option("--bench", "-b", metavar="REGEX", help="Cases whose text it is found in.")
    ] = None,
    improvements: Annotated[
        bool, typer.Option("--improvements", help="What got better, in place of what got worse.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what recovered, was acknowledged or not confirmed.")
    ] = False,
    top: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="So many groups; else 10, and all in JSON.")
    ] = None,
    output: Annotated[Format, typer.Option("--format", help="How it is printed.")] = Format.TEXT,
) -> None:
    """List the steps to the worse in all series, grouped by the commits that may have made them.

    Ends with 1 while a regression is open, with 3 without results.

    Example: groundspeed regressions --since v1.2 --bench Query
    """
    from datetime import UTC, datetime

    from groundspeed.config import load
    from groundspeed.report.regressions import TOP, page_of, render
    from groundspeed.verdicts.reading import read
    from groundspeed.verdicts.regressions import View, find_regressions, narrowed
    from groundspeed.verdicts.since import commits_since

    configuration = load(Path.cwd())
    reading = read(configuration)
    view = View(machine=machine, pattern=bench)
    wanted = narrowed(reading, find_regressions(reading, improvements=improvements), view)
    found = wanted if since is None else wanted.since(commits_since(reading, since, datetime.now(UTC)))
    for notice in (*configuration.warnings, *reading.notices):
        typer.echo(f"groundspeed: {notice}", err=True)
    limit = TOP if top is None and output is not Format.JSON else top
    page = page_of(reading, found, wanted, everything=everything, top=limit)
    typer.echo(render(page, output))
    if found.open and not improvements:
        raise typer.Exit(1)
