"""``groundspeed env``: what is kept in the workspace, and room again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundspeed.report.table import Format

app = typer.Typer(
    help="What is kept of environments, wheels, downloads and the like.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Output = Annotated[Format, typer.Option("--format", help="How it is printed.")]


@app.command(name="list")
def list_environments(output: Output = Format.TEXT) -> None:
    """List every environment with its size, when it was last used, its wheel and its identity; and what else
    is kept in .groundspeed, with its size.

    Example: groundspeed env list --format json
    """
    from groundspeed.config import load
    from groundspeed.report.environments import stock_report
    from groundspeed.suite.cache import stock

    typer.echo(stock_report(stock(load(Path.cwd()).workspace), output))


@app.command()
def clean(
    everything: Annotated[
        bool, typer.Option("--all", help="All that is made again: environments, wheels, downloads.")
    ] = False,
    older_than: Annotated[
        str | None, typer.Option(metavar="AGE", help="What was not used for so long: 2 weeks, 12 h.")
    ] = None,
    output: Output = Format.TEXT,
) -> None:
    """Remove what is over the bounds that groundspeed.toml sets, and what a killed run left.

    Ends with 6 while a run is going on here: nothing is taken from under it.

    Example: groundspeed env clean --older-than '1 week'
    """
    from datetime import timedelta

    from groundspeed import units
    from groundspeed.cli.options import parsed
    from groundspeed.config import load
    from groundspeed.report.environments import freed_report
    from groundspeed.results.lock import file_lock
    from groundspeed.suite import cache

    configuration = load(Path.cwd())
    bounds = configuration.project.environment
    age_s = parsed("--older-than", older_than, units.parse_duration) if older_than else bounds.cache_age_s
    limits = cache.Limits(
        size_bytes=0 if everything else bounds.cache_bytes,
        age=timedelta(0) if everything else timedelta(seconds=age_s),
        results_age=timedelta(seconds=bounds.cache_age_s),
    )
    with file_lock(configuration.workspace / "locks" / "results"):
        freed = cache.clean(configuration.workspace, limits)
        left = cache.stock(configuration.workspace)
    typer.echo(freed_report(freed, left, output))
