"""``groundspeed triage``: what was decided about regressions, and deciding it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundspeed.report.table import Format

app = typer.Typer(
    help="What was decided about regressions: list it, acknowledge one, open it again.",
    rich_markup_mode=None,
    invoke_without_command=True,
)
Output = Annotated[Format, typer.Option("--format", help="How it is printed.")]
Which = Annotated[str, typer.Argument(metavar="ID_OR_RANGE", help="As groundspeed regressions shows it.")]


@app.callback()
def triage(context: typer.Context, output: Output = Format.TEXT) -> None:
    """List what triage.toml holds, and what of it is about nothing that is found now.

    Example: groundspeed triage --format json
    """
    if context.invoked_subcommand is not None:
        return
    from groundspeed.config import load
    from groundspeed.report.triage import render
    from groundspeed.verdicts.reading import read
    from groundspeed.verdicts.regressions import find_regressions, triage_path
    from groundspeed.verdicts.triage import read_triage

    configuration = load(Path.cwd())
    decisions = read_triage(triage_path(configuration))
    stale = find_regressions(read(configuration)).stale if decisions else ()
    typer.echo(render(decisions, stale, output))


@app.command()
def acknowledge(
    which: Which,
    bench: Annotated[
        str | None,
        typer.Option("--bench", "-b", metavar="REGEX", help="Only cases it is found in."),
    ] = None,
    note: Annotated[str, typer.Option(metavar="TEXT", help="Why it may stay.")] = "",
) -> None:
    """Say that a regression is known and may stay: it is listed with --all only, and does not count.

    Example: groundspeed triage acknowledge 1f0c9a3e --note 'correct results cost that much'
    """
    from datetime import UTC, datetime

    from groundspeed.config import load
    from groundspeed.report.triage import written
    from groundspeed.verdicts.reading import read
    from groundspeed.verdicts.regressions import View, decide, find_regressions, group_named, triage_path, who
    from groundspeed.verdicts.triage import Ruling, record

    configuration = load(Path.cwd())
    group = group_named(find_regressions(read(configuration)), which)
    decision = decide(
        group,
        Ruling.ACKNOWLEDGED,
        View(pattern=bench).wants,
        by=who(configuration),
        at=datetime.now(UTC),
        note=note,
    )
    path = triage_path(configuration)
    record(path, decision, locks=configuration.workspace / "locks")
    typer.echo(written(decision, path.name))


@app.command()
def reopen(which: Which) -> None:
    """Take back what was decided about a regression, whatever it was.

    Example: groundspeed triage reopen 1f0c9a3e
    """
    from groundspeed.config import load
    from groundspeed.report.triage import withdrawn
    from groundspeed.verdicts.reading import read
    from groundspeed.verdicts.regressions import decided, find_regressions, triage_path
    from groundspeed.verdicts.triage import read_triage, withdraw

    configuration = load(Path.cwd())
    path = triage_path(configuration)
    meant = decided(find_regressions(read(configuration)), read_triage(path), which)
    withdraw(path, meant, locks=configuration.workspace / "locks")
    typer.echo(withdrawn(meant, path.name))
