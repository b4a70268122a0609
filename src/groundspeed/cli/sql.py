"""``groundspeed sql``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundspeed.report.table import RowFormat


def sql(
    question: Annotated[
        str | None,
        typer.Argument(metavar="QUESTION", help="One SELECT; without it the views and columns are listed."),
    ] = None,
    output: Annotated[RowFormat, typer.Option("--format", help="How it is printed.")] = RowFormat.TEXT,
) -> None:
    """Ask the results in SQL: views over the index, read by DuckDB.

    Example: groundspeed sql "SELECT case_name, max(value) FROM measurements GROUP BY 1"
    """
    from groundspeed.config import load
    from groundspeed.report.sql import answer_report, views_report
    from groundspeed.results.index.sql import questions

    configuration = load(Path())
    folder = configuration.workspace / "index"
    with questions(configuration.suite.results_dir, folder) as (asked, warnings):
        for warning in (*configuration.warnings, *warnings):
            typer.echo(f"groundspeed: {warning}", err=True)
        if question is None:
            typer.echo(views_report(asked.views(), output))
            return
        for block in answer_report(asked.ask(question), output):
            typer.echo(block)
