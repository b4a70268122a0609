"""``groundspeed targets``: are the limits of groundspeed.toml kept, and since when."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundspeed.report.table import Format


def targets(
    pattern: Annotated[
        str | None, typer.Argument(metavar="PATTERN", help="Those in whose text the expression is found.")
    ] = None,
    machine: Annotated[
        str | None, typer.Option(metavar="NAME", help="The machine to judge; else this host's.")
    ] = None,
    all_machines: Annotated[bool, typer.Option("--all", help="Every machine with results.")] = False,
    rev: Annotated[
        str | None, typer.Option(metavar="REV", help="Judge this commit; else the newest measured one.")
    ] = None,
    output: Annotated[Format, typer.Option("--format", help="How it is printed.")] = Format.TEXT,
) -> None:
    """Judge the targets of groundspeed.toml: value, limit, room, trend, and since which commit.

    Exit 1 where one fails, 3 where data is missing, 4 where a limit lies inside a value's interval.

    Example: groundspeed targets 'documents' --machine rtx5090-ryzen-64gb
    """
    from groundspeed.cli.options import expression
    from groundspeed.config import load
    from groundspeed.measure.host import machines_to_judge
    from groundspeed.report.targets import render_targets
    from groundspeed.verdicts.ladders import Sizes
    from groundspeed.verdicts.newest import Present
    from groundspeed.verdicts.reading import read
    from groundspeed.verdicts.target_values import judge_targets, targets_by_machine

    if all_machines and machine is not None:
        raise typer.BadParameter("name one machine, or take all", param_hint="--machine, --all")
    found = None if pattern is None else expression("PATTERN", pattern)
    configuration = load(Path.cwd())
    reading = read(configuration)
    project = configuration.project
    judged = machines_to_judge(configuration, reading.machines, machine, every=all_machines)
    stated = targets_by_machine(
        project.targets, judged, sorted({*reading.machines, *project.machines, *judged})
    )
    report = judge_targets(
        [Present(reading, name, rev) for name in judged],
        stated,
        Sizes(benchmarks=reading.archive.benchmarks, stated=project.scaling),
        found,
    )
    for notice in (*configuration.warnings, *reading.notices):
        typer.echo(f"groundspeed: {notice}", err=True)
    typer.echo(render_targets(report, output))
    raise typer.Exit(report.exit_code)
