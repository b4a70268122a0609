"""``groundspeed run``: measure commits that the record lacks, say what came of it."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Annotated

import typer

from groundspeed.report.table import Format


def run(
    revisions: Annotated[
        str | None, typer.Argument(metavar="RANGE", help="Commits as git writes them: v1.2..main, HEAD^!")
    ] = None,
    last: Annotated[int | None, typer.Option(help="The newest N commits of the range.")] = None,
    steps: Annotated[int | None, typer.Option(help="N commits spread evenly over the range.")] = None,
    new: Annotated[bool, typer.Option("--new", help="The commits since the newest measured one.")] = False,
    bench: Annotated[
        str | None, typer.Option("--bench", "-b", metavar="REGEX", help="Cases whose text it is found in.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="One unwarmed call of each: does it work?")] = False,
    nightly: Annotated[
        bool, typer.Option("--nightly", help="Also the cases that groundspeed.toml leaves to the night.")
    ] = False,
    retry: Annotated[
        bool, typer.Option("--retry", help="Try again what is recorded as failed or not built.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Measure what is recorded once more; its samples are added.")
    ] = False,
    precision: Annotated[
        str | None,
        typer.Option(metavar="SHARE", help="The standard error that each median shall have; else 1 %."),
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="For all of it, such as 10m: newest commits, then the gaps."),
    ] = None,
    no_interleave: Annotated[
        bool, typer.Option("--no-interleave", help="One commit after the other, instead of four in turn.")
    ] = False,
    no_carry: Annotated[
        bool, typer.Option("--no-carry", help="Measure also what is built like a measured commit.")
    ] = False,
    pin: Annotated[bool, typer.Option("--pin", help="Keep what is measured on one core.")] = False,
    instructions: Annotated[
        bool, typer.Option("--instructions", help="Count what a call executes, by perf.")
    ] = False,
    callgrind: Annotated[
        bool, typer.Option("--callgrind", help="The same by callgrind: on any Linux, 50 times slower.")
    ] = False,
    counters: Annotated[
        bool, typer.Option("--counters", help="Count cache misses and memory bandwidth, by perf.")
    ] = False,
    worktree: Annotated[
        bool, typer.Option("--worktree", help="The uncommitted code, beside the commit it stands on.")
    ] = False,
    existing: Annotated[
        Path | None, typer.Option(metavar="PYTHON", help="What is installed for this interpreter.")
    ] = None,
    machine: Annotated[
        str | None, typer.Option(metavar="NAME", help="The profile to store results under.")
    ] = None,
    publish: Annotated[bool, typer.Option("--publish", help="Publish the page afterwards.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan and an estimate.")] = False,
    output: Annotated[Format, typer.Option("--format", help="How the report is printed.")] = Format.TEXT,
) -> None:
    """Measure commits that the record lacks; each result is saved before the next run.

    Without a range: the newest commit of each branch.

    Example: groundspeed run v1.2..main --steps 10 --bench 'Query'
    """
    from groundspeed import config, units
    from groundspeed.cli.options import parsed
    from groundspeed.cli.progress import ProgressLine
    from groundspeed.measure.commits import Range
    from groundspeed.measure.counting import BANDWIDTH, CACHE_MISSES, CALLGRIND, INSTRUCTIONS
    from groundspeed.measure.host import look
    from groundspeed.measure.outside import run_existing, run_worktree
    from groundspeed.measure.plan import Selection
    from groundspeed.measure.session import Request
    from groundspeed.measure.session import run as measure
    from groundspeed.publishing import publish_project
    from groundspeed.records import Sampling
    from groundspeed.report.session import page_of, render, render_plan

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # asked to end is ended as by Ctrl-C
    configuration = config.load(Path.cwd())
    screen = ProgressLine()
    for warning in configuration.warnings:
        screen.note(warning)
    host = look(configuration, machine, pin=pin)
    selection = Selection(
        pattern=bench,
        nightly=configuration.project.nightly.cases,
        with_nightly=nightly,
        quick=quick,
        retry=retry,
        again=again,
        carry=not no_carry,
    )
    counts = {INSTRUCTIONS: instructions, CALLGRIND: callgrind, CACHE_MISSES: counters, BANDWIDTH: counters}
    if quick and any(counts.values()):
        raise typer.BadParameter(
            "one unwarmed call does not say how many calls to count: leave --quick out",
            param_hint="--instructions, --callgrind, --counters",
        )
    project = configuration.project
    request = Request(
        commits=Range(revisions=revisions, last=last, steps=steps, new=new),
        selection=selection,
        sampling=Sampling(
            precision=project.precision
            if precision is None
            else parsed("--precision", precision, units.parse_share),
            case_budget_s=project.case_budget_s,
            budget_s=None if budget is None else parsed("--budget", budget, units.parse_duration),
            interleave=not no_interleave,
            cpus=host.cpus,
        ),
        dry_run=dry_run,
        counts={metric for metric, wanted in counts.items() if wanted},
    )
    outside = worktree or existing is not None
    if outside and (revisions or last or steps or new or publish or (worktree and existing is not None)):
        raise typer.BadParameter(
            "what is no commit takes no range and no --publish, and is one of both",
            param_hint="--worktree, --existing",
        )
    if worktree:
        report = run_worktree(configuration, host, request, os.environ, screen)
    elif existing is not None:
        report = run_existing(configuration, host, request, os.environ, screen, existing)
    else:
        report = measure(configuration, host, request, os.environ, screen)
    if dry_run:
        typer.echo(render_plan(report, output))
        return
    published = publish_project(configuration) if publish and not report.interrupted else None
    page_path = published.html_dir / "index.html" if published else None
    page = page_of(report, configuration, page_path, outside=outside)
    for warning in dict.fromkeys([*page.warnings, *(published.warnings if published else ())]):
        screen.note(warning)
    typer.echo(render(page, output))
    raise typer.Exit(report.exit_code)
