"""``groundspeed noise``: how far sessions of the same code lie apart, and what that hides."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from groundspeed.report.table import Format


def noise(
    pattern: Annotated[
        str | None, typer.Argument(metavar="PATTERN", help="Cases whose text this regex is found in.")
    ] = None,
    machine: Annotated[
        str | None, typer.Option(metavar="NAME", help="Whose results; else this host's, or the only ones.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, metavar="N", help="So many cases, the noisiest first.")] = 20,
    everything: Annotated[bool, typer.Option("--all", help="Every case.")] = False,
    output: Annotated[Format, typer.Option("--format", help="How the report is printed.")] = Format.TEXT,
) -> None:
    """Show which cases are too noisy to show a change, and what would help.

    Example: groundspeed noise 'Query' --top 5
    """
    from groundspeed import config
    from groundspeed.cli.options import parsed
    from groundspeed.cli.progress import ProgressLine
    from groundspeed.errors import NothingMeasuredError
    from groundspeed.measure.host import machine_with_results
    from groundspeed.report.noise import noise_page, render_noise
    from groundspeed.verdicts.reading import read

    if pattern is not None:
        parsed("PATTERN", pattern, regex)
    configuration = config.load(Path.cwd())
    screen = ProgressLine()
    reading = read(configuration)
    name = machine_with_results(configuration, reading.machines, machine)
    page = noise_page(name, reading.noise(name), reading.keys(name), pattern)
    for warning in dict.fromkeys([*configuration.warnings, *reading.notices]):
        screen.note(warning)
    if not page.cases and not page.unknown:
        raise NothingMeasuredError(f"No case of {name} matches {pattern or 'the results'}.")
    typer.echo(render_noise(page, output, top=None if everything else top))
    raise typer.Exit(0 if page.cases else 3)


def regex(text: str) -> re.Pattern[str]:
    """Raises ValueError where ``text`` is none."""
    try:
        return re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from error
