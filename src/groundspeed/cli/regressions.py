"""``groundspeed regressions``: which commits made it slower, by the history."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from groundspeed.report.table import Format

if TYPE_CHECKING:
    from groundspeed.config import Configuration
    from groundspeed.verdicts.groups import Group, Regressions


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
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Measure the suspects again first, both ends in turn.")
    ] = False,
    budget: Annotated[
        str | None, typer.Option(metavar="TIME", help="For --confirm; else [gate] budget, or 10m.")
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

    if improvements and confirm:
        raise typer.BadParameter("what got better is not measured again", param_hint="--confirm")
    configuration = load(Path.cwd())
    reading = read(configuration)
    view = View(machine=machine, pattern=bench)
    newer = None if since is None else commits_since(reading, since, datetime.now(UTC))

    def look() -> tuple[Regressions, Regressions]:
        wanted = narrowed(reading, find_regressions(reading, improvements=improvements), view)
        return wanted, wanted if newer is None else wanted.since(newer)

    wanted, found = look()
    if confirm:
        if _is_interrupted(configuration, found.open, (top or TOP, machine, budget)):
            raise typer.Exit(130)
        wanted, found = look()  # by what was decided
    for notice in (*configuration.warnings, *reading.notices):
        typer.echo(f"groundspeed: {notice}", err=True)
    limit = TOP if top is None and output is not Format.JSON else top
    page = page_of(reading, found, wanted, everything=everything, top=limit)
    typer.echo(render(page, output))
    if found.open and not improvements:
        raise typer.Exit(1)


def _is_interrupted(
    configuration: Configuration, groups: Sequence[Group], how: tuple[int, str | None, str | None]
) -> bool:
    """Measure the suspects of groups again, saying what came of each; whether Ctrl-C ended that.

    ``how``: so many groups, the machine, the budget, as options give them.
    """
    import signal
    import time
    from datetime import UTC, datetime

    from groundspeed import units
    from groundspeed.cli.options import parsed
    from groundspeed.cli.progress import ProgressLine
    from groundspeed.gate.confirm import confirm, suspected, suspicion_of
    from groundspeed.measure.host import look
    from groundspeed.measure.workplace import Workplace
    from groundspeed.report.confirm import confirmed_lines

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # asked to end is ended as by Ctrl-C
    top, machine, budget = how
    budget_s = (
        configuration.project.gate.budget_s
        if budget is None
        else parsed("--budget", budget, units.parse_duration)
    )
    screen = ProgressLine()
    host = look(configuration, machine, pin=False)
    at = Workplace(configuration=configuration, host=host, variables=os.environ, screen=screen)
    try:
        suspicions = [suspicion_of(one, host.machine.name) for one in suspected(groups)[:top]]
        done = confirm(at, suspicions, budget_s, time.monotonic, datetime.now(UTC))
    except KeyboardInterrupt:  # while something was built
        screen.finish()
        return True
    for line in confirmed_lines(done):
        screen.note(line)
    return any(one.answer is not None and one.answer.effort.interrupted for one in done)
