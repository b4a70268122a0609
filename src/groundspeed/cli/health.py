"""``groundspeed health``: is everything still measured and published, or did it just become quiet?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundspeed.report.table import Format

UNHEALTHY = 1


def health(
    output: Annotated[Format, typer.Option("--format", help="How it is printed.")] = Format.TEXT,
) -> None:
    """Say what is not as it should be: old results, silent machines, failures, a host that changed.

    Exit 1 where there is a complaint. What is expected stands in [health] of groundspeed.toml.

    Example: groundspeed health --format markdown
    """
    from datetime import UTC, datetime

    from groundspeed.config import load
    from groundspeed.report.health import render_health
    from groundspeed.results.size import size_warnings
    from groundspeed.verdicts.complaints import examine
    from groundspeed.verdicts.reading import read

    configuration = load(Path.cwd())
    reading = read(configuration)
    found = examine(reading, datetime.now(UTC))
    warnings = (
        *configuration.warnings,
        *reading.notices,
        *size_warnings(configuration.suite.results_dir),
    )
    for warning in warnings:
        typer.echo(f"groundspeed: {warning}", err=True)
    typer.echo(render_health(found, output, warnings))
    if found.complaints:
        raise typer.Exit(UNHEALTHY)
