"""``groundspeed report``: the state of a machine at a commit, in one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from groundspeed.report.table import OverviewFormat

if TYPE_CHECKING:
    from groundspeed.config import Configuration

INTERRUPTED = 130


def report(
    rev: Annotated[
        str | None, typer.Option(metavar="REV", help="Of this commit; else of the newest measured one.")
    ] = None,
    machine: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of this machine; else this host's, or the only one.")
    ] = None,
    bench: Annotated[
        str | None, typer.Option("--bench", "-b", metavar="REGEX", help="Cases whose text it is found in.")
    ] = None,
    run: Annotated[bool, typer.Option("--run", help="Measure first what the record lacks.")] = False,
    output: Annotated[
        OverviewFormat | None,
        typer.Option("--format", help="How it is written; else as the file's name says, text without."),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", dir_okay=False, help="Write this file; needed for html."
        ),
    ] = None,
) -> None:
    """Say how a machine stands at a commit: targets, latency, throughput, memory, scaling, regressions, host.

    Exit 1 where a target fails, 3 where data is missing, 4 where a limit lies inside a value's interval.

    Example: groundspeed report --run -o report.html
    """
    from groundspeed.cli.options import expression
    from groundspeed.config import load
    from groundspeed.measure.host import machine_with_results
    from groundspeed.report.overview import render_overview
    from groundspeed.results.atomic import write_output
    from groundspeed.verdicts.newest import Present
    from groundspeed.verdicts.overview import overview
    from groundspeed.verdicts.reading import read

    kind = output or _kind_of(file)
    if kind is OverviewFormat.HTML and file is None:
        raise typer.BadParameter("a page goes into a file: -o report.html", param_hint="--format")
    found = None if bench is None else expression("--bench", bench)
    configuration = load(Path.cwd())
    measured = 0
    if run:
        machine, measured = _measure(configuration, rev, machine, found)
    reading = read(configuration)
    for notice in (*configuration.warnings, *reading.notices):
        typer.echo(f"groundspeed: {notice}", err=True)
    present = Present(reading, machine_with_results(configuration, reading.machines, machine), rev)
    made = overview(present, found)
    text = render_overview(made, kind)
    if file is None:
        typer.echo(text)
    else:
        write_output(file, f"{text}\n".encode())
        typer.echo(f"Wrote {file}.")
    raise typer.Exit(measured or made.exit_code)


def _kind_of(file: Path | None) -> OverviewFormat:
    """Raises ``typer.BadParameter`` where the file's name promises what there is not."""
    from groundspeed.report.overview import SUFFIXES

    suffix = "" if file is None else file.suffix.lower()
    if suffix not in SUFFIXES:
        raise typer.BadParameter(
            f"what {file} shall hold cannot be told from {suffix}: end its name in "
            f"{', '.join(filter(None, SUFFIXES))}, or say --format",
            param_hint="-o",
        )
    return SUFFIXES[suffix]


def _measure(
    configuration: Configuration, rev: str | None, machine: str | None, bench: str | None
) -> tuple[str, int]:
    """Measure what the record lacks of the commit: the machine it was on, and how the measuring ended.

    Raises ``typer.Exit`` where it was interrupted: what was measured is kept, and half of it is no report.
    """
    import os
    import signal

    from groundspeed.cli.progress import ProgressLine
    from groundspeed.measure.commits import Range
    from groundspeed.measure.host import look
    from groundspeed.measure.plan import Selection
    from groundspeed.measure.session import Request
    from groundspeed.measure.session import run as measure
    from groundspeed.records import Sampling

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # asked to end is ended as by Ctrl-C
    project = configuration.project
    request = Request(
        commits=Range(revisions=rev and f"{rev}^!", last=None, steps=None, new=False),
        selection=Selection.matching(bench, project.nightly_cases, again=False, carry=True),
        sampling=Sampling(
            precision=project.precision,
            case_budget_s=project.case_budget_s,
            budget_s=None,
            interleave=True,
            cpus=(),
        ),
        dry_run=False,
    )
    host = look(configuration, machine, pin=False)
    done = measure(configuration, host, request, os.environ, ProgressLine())
    if done.interrupted:
        typer.echo("groundspeed: interrupted; what was measured is kept, no report was written.", err=True)
        raise typer.Exit(INTERRUPTED)
    return host.machine.name, done.exit_code
