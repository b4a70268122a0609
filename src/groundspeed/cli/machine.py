"""``groundspeed machine``: what this host is, and whose results it may add to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundspeed.report.table import Format

MISMATCH = 5

app = typer.Typer(
    help="What this host is, and which machine its results are stored under.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Output = Annotated[Format, typer.Option("--format", help="How it is printed.")]


@app.command()
def show(output: Output = Format.TEXT) -> None:
    """Print this host's fingerprint, the name its results are stored under, and why.

    Example: groundspeed machine show --format json
    """
    from groundspeed.config import load
    from groundspeed.measure.host import this_host
    from groundspeed.report.machine import choice_report

    typer.echo(choice_report(this_host(load(Path.cwd()), None), output))


@app.command()
def check(
    machine: Annotated[
        str | None, typer.Option(metavar="NAME", help="The machine to compare with; else the one chosen.")
    ] = None,
    output: Output = Format.TEXT,
) -> None:
    """Compare this host with a machine; exit 5 and list the differences when it is another.

    Example: groundspeed machine check --machine rtx5090-ryzen-64gb
    """
    from groundspeed.config import load
    from groundspeed.measure.host import compare_host
    from groundspeed.report.machine import check_report

    name, differences = compare_host(load(Path.cwd()), machine)
    typer.echo(check_report(name, differences, output))
    if differences:
        raise typer.Exit(MISMATCH)


@app.command(name="list")
def list_machines(output: Output = Format.TEXT) -> None:
    """List the profiles of groundspeed.toml and the machines with results, and say which is this host.

    Example: groundspeed machine list
    """
    from groundspeed.config import load
    from groundspeed.machine.fingerprint import read_fingerprint
    from groundspeed.measure.host import known_machines, this_host
    from groundspeed.report.machine import list_report

    configuration = load(Path.cwd())
    host = read_fingerprint()
    machines = known_machines(configuration, host)
    typer.echo(list_report(machines, this_host(configuration, None, host).name, output))
