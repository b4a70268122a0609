"""Where a report goes: its format by a file's name, and the file or the screen that it is written to."""

from __future__ import annotations

from pathlib import Path

import typer

from groundspeed.report.table import OverviewFormat


def format_of(output: OverviewFormat | None, file: Path | None) -> OverviewFormat:
    """The one asked for, else what the file's name says. Raises ``typer.BadParameter`` where the name
    promises what there is not, and where a page has no file to go into.
    """
    from groundspeed.report.overview import SUFFIXES

    suffix = "" if file is None else file.suffix.lower()
    kind = output or SUFFIXES.get(suffix)
    if kind is None:
        raise typer.BadParameter(
            f"what {file} shall hold cannot be told from {suffix}: end its name in "
            f"{', '.join(filter(None, SUFFIXES))}, or say --format",
            param_hint="-o",
        )
    if kind is OverviewFormat.HTML and file is None:
        raise typer.BadParameter("a page goes into a file: -o report.html", param_hint="--format")
    return kind


def put(text: str, file: Path | None) -> None:
    """Print the text, or write the file and say so."""
    from groundspeed.results.atomic import write_output

    if file is None:
        typer.echo(text)
        return
    write_output(file, f"{text}\n".encode())
    typer.echo(f"Wrote {file}.")
