"""``groundspeed find``: which commit of a range changed a benchmark?"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Annotated

import typer

from groundspeed.report.table import Format


def find(
    revisions: Annotated[str, typer.Argument(metavar="RANGE", help="Old end and new end, as v1.2..main.")],
    bench: Annotated[str, typer.Argument(metavar="BENCH", help="Regular expression: the cases to search.")],
    metric: Annotated[
        str, typer.Option(metavar="NAME", help="One metric (p99) instead of the main one.")
    ] = "",
    confidence: Annotated[
        float, typer.Option(min=0.5, max=0.9999, help="How probable an answer must be.")
    ] = 0.95,
    budget: Annotated[str, typer.Option(metavar="TIME", help="For building and measuring.")] = "30m",
    worse: Annotated[bool, typer.Option("--worse", help="Look for a change to the worse alone.")] = False,
    better: Annotated[bool, typer.Option("--better", help="Look for a change to the better alone.")] = False,
    either: Annotated[bool, typer.Option("--any", help="Look for either: what is done anyway.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Search anew what was found before.")] = False,
    pin: Annotated[bool, typer.Option("--pin", help="Keep what is measured on one core.")] = False,
    machine: Annotated[str | None, typer.Option(metavar="NAME", help="The profile to measure under.")] = None,
    output: Annotated[Format, typer.Option("--format", help="How the answer is printed.")] = Format.TEXT,
) -> None:
    """Which commit of a range changed a benchmark?

    Measures where it learns most for its cost, checks the answer in fresh processes, and goes on where an
    interrupted search was. Exit code 0: nothing changed. 1: a culprit was found. 4: undecided.

    Example: groundspeed find v1.2..main 'text.Parser.time_parse' --budget 20m
    """
    from groundspeed import config, units
    from groundspeed.cli.options import expression, parsed
    from groundspeed.cli.progress import ProgressLine
    from groundspeed.find.answer import Question
    from groundspeed.find.finding import find as searched
    from groundspeed.find.posterior import Direction
    from groundspeed.measure.host import look
    from groundspeed.measure.workplace import Workplace
    from groundspeed.report.find import render

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # asked to end is ended as by Ctrl-C
    if worse + better + either > 1:
        raise typer.BadParameter("they exclude each other", param_hint="--worse, --better, --any")
    configuration = config.load(Path.cwd())
    screen = ProgressLine()
    for warning in configuration.warnings:
        screen.note(warning)
    question = Question(
        revisions=revisions,
        pattern=expression("BENCH", bench),
        metric=metric,
        direction=Direction.WORSE if worse else Direction.BETTER if better else Direction.ANY,
        confidence=confidence,
        budget_s=parsed("--budget", budget, units.parse_duration),
        again=again,
    )
    at = Workplace(
        configuration=configuration,
        host=look(configuration, machine, pin=pin),
        variables=os.environ,
        screen=screen,
    )
    answer = searched(at, question)
    typer.echo(render(answer, output))
    raise typer.Exit(answer.exit_code)
