"""``groundspeed nightly``: everything that is to be done while nobody watches."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from datetime import datetime, time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from groundspeed.report.table import Format


class Timer(StrEnum):
    """Who starts the night."""

    SYSTEMD = "systemd"
    CRON = "cron"


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
    install: Annotated[
        Timer | None, typer.Option(help="Write a timer that starts this every day, and explain it.")
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="HH:MM", help="--install: when it starts; else 01:17.")
    ] = None,
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

    budget_s = None if budget is None else parsed("--budget", budget, units.parse_duration)
    if install is not None:
        options = ["--budget", budget] if budget else []
        options += ["--machine", machine] if machine else []
        options += [flag for flag, wanted in (("--pin", pin), ("--local", local)) if wanted]
        typer.echo(_install(install, options, at))
        return
    if at is not None:
        raise typer.BadParameter("it says when a timer starts", param_hint="--at without --install")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # asked to end is ended as by Ctrl-C
    asked = Asked(
        budget_s=budget_s,
        machine=machine,
        pin=pin,
        local=local,
    )
    summary = spend_night(Path.cwd(), asked, World(variables=os.environ, screen=ProgressLine()))
    typer.echo(render(summary, output))
    raise typer.Exit(summary.exit_code)


def _install(kind: Timer, options: Sequence[str], at: str | None) -> str:
    """Write the timer; what to say of it."""
    from groundspeed.cli.options import parsed
    from groundspeed.config import load
    from groundspeed.nightly.timers.installing import TimerKind, install
    from groundspeed.nightly.timers.schedule import AT, Schedule, real_host

    load(Path.cwd())  # a folder without a project is refused now, and not by night
    schedule = Schedule(
        root=Path.cwd(),
        interpreter=Path(sys.executable),
        arguments=tuple(options),
        at=AT if at is None else parsed("--at", at, _time_of_day),
    )
    return install(TimerKind(kind), schedule, real_host()).text


def _time_of_day(text: str) -> time:
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 -- a time of day, on no day
    except ValueError as error:
        raise ValueError(f"{text!r} is no time of day: write it as 01:17") from error
