"""``groundspeed notify``: tell what is new, once, to whom groundspeed.toml names."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundspeed.report.table import Format

app = typer.Typer(
    help="Tell what is new: GitHub issues, a webhook, e-mail; or comment on a pull request.",
    rich_markup_mode=None,
    invoke_without_command=True,
)


@app.callback()
def notify(
    context: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be sent; nobody is asked or told.")
    ] = False,
    output: Annotated[Format, typer.Option("--format", help="How it is printed.")] = Format.TEXT,
) -> None:
    """Tell each channel under [notify] what it was not told yet. Secrets come from the environment.

    Exit 1 where a channel was not told; the others were.

    Example: groundspeed notify --dry-run
    """
    if context.invoked_subcommand is not None:
        return
    import os
    from datetime import UTC, datetime

    from groundspeed.config import load
    from groundspeed.nightly.notifying.net import Net
    from groundspeed.nightly.notifying.outcomes import NotSent, render, render_drafts
    from groundspeed.nightly.notifying.present import troubles_of
    from groundspeed.nightly.notifying.project import draft_project, tell_project
    from groundspeed.nightly.notifying.secrets import Secrets
    from groundspeed.verdicts.complaints import examine
    from groundspeed.verdicts.reading import read

    configuration = load(Path.cwd())
    secrets = Secrets.of({} if dry_run else os.environ)
    reading = read(configuration)
    for notice in (*configuration.warnings, *reading.notices):
        typer.echo(f"groundspeed: {notice}", err=True)
    troubles = troubles_of(examine(reading, datetime.now(UTC)))
    if dry_run:
        typer.echo(render_drafts(draft_project(reading, troubles), output))
        return
    outcomes = tell_project(reading, troubles, secrets, Net())
    typer.echo(render(outcomes, output))
    if any(isinstance(one, NotSent) for one in outcomes):
        raise typer.Exit(1)


@app.command()
def comment(
    number: Annotated[int, typer.Argument(min=1, metavar="NUMBER", help="The pull request.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Markdown, as groundspeed gate writes it.")],
    purpose: Annotated[
        str, typer.Option(metavar="WORD", help="Which comment: one for each is kept up to date.")
    ] = "gate",
) -> None:
    """Write a file as a comment on a pull request, or bring the comment up to date.

    Example: groundspeed notify comment 41 gate.md
    """
    import os

    from groundspeed.config import load
    from groundspeed.nightly.notifying.comments import comment_on
    from groundspeed.nightly.notifying.net import Net
    from groundspeed.nightly.notifying.secrets import Secrets

    configuration = load(Path.cwd())
    said = comment_on(
        configuration.project.notify, number, file, Secrets.of(os.environ), Net(), purpose=purpose
    )
    typer.echo(said)
