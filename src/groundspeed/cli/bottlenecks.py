"""``groundspeed bottlenecks``: what costs a suite most, and how much fixing it can win."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundspeed.cli.options import OfMachine, ToFile, Written


def bottlenecks(
    pattern: Annotated[
        str | None, typer.Argument(metavar="PATTERN", help="Cases in whose text the expression is found.")
    ] = None,
    rev: Annotated[
        str | None, typer.Option(metavar="REV", help="At this commit; else the newest measured or profiled.")
    ] = None,
    machine: OfMachine = None,
    top: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="How many; else [bottlenecks] top, or 5.")
    ] = None,
    output: Written = None,
    file: ToFile = None,
) -> None:
    """Name what costs most, by the profiles, allocations and growths on record, and what fixing it can win.

    Exit 0 whatever is found, 3 where nothing was profiled and no growth is known.

    Example: groundspeed bottlenecks 'rag' --top 10 -o bottlenecks.html
    """
    from dataclasses import replace

    from groundspeed.cli.options import expression
    from groundspeed.cli.output import format_of, put
    from groundspeed.config import load
    from groundspeed.measure.host import machine_with_results
    from groundspeed.report.bottlenecks import render_bottlenecks
    from groundspeed.results.profiles import stored_profiles
    from groundspeed.verdicts.evidence import find_bottlenecks
    from groundspeed.verdicts.newest import Present
    from groundspeed.verdicts.reading import read

    kind = format_of(output, file)
    found = None if pattern is None else expression("PATTERN", pattern)
    configuration = load(Path.cwd())
    reading = read(configuration)
    profiled = {one.machine for one in stored_profiles(configuration.suite.results_dir)}
    name = machine_with_results(configuration, sorted({*reading.machines, *profiled}), machine)
    report = find_bottlenecks(Present(reading, name, rev), found)
    for notice in (*configuration.warnings, *report.notices):
        typer.echo(f"groundspeed: {notice}", err=True)
    shown = report if top is None else replace(report, rule=replace(report.rule, top=top))
    put(render_bottlenecks(shown, kind), file)
    raise typer.Exit(report.exit_code)
