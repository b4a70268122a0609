"""``groundspeed publish``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundspeed.config import load


def publish(
    force: Annotated[
        bool, typer.Option("--force", help="Publish into a folder that groundspeed did not write, too.")
    ] = False,
) -> None:
    """Write the site of the results into html_dir; a reader sees the old site or the new, never half.

    Where profiles are stored, or groundspeed.toml states [report] or a plan, each machine's reports stand
    beside it.

    Example: groundspeed publish && groundspeed preview
    """
    from groundspeed.publishing import publish_project
    from groundspeed.results.size import size_warnings

    configuration = load(Path())
    published = publish_project(configuration, force=force)
    swollen = size_warnings(configuration.suite.results_dir)
    for warning in (*configuration.warnings, *published.warnings, *swollen):
        typer.echo(f"groundspeed: {warning}", err=True)
    typer.echo(
        f"Published to {published.html_dir}: benchmarks {published.benchmarks:,}, "
        f"series {published.series:,}, commits {published.commits:,}"
    )
    typer.echo(
        f"Files: written {len(published.written):,}, kept {len(published.kept):,}, "
        f"removed {len(published.removed):,}; the site weighs {published.weight}"
    )
    typer.echo("See it with: groundspeed preview")
