"""``groundspeed report``: the state of a machine at a commit, in one file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from groundspeed.cli.options import OfMachine, ToFile, Written
from groundspeed.report.table import OverviewFormat

if TYPE_CHECKING:
    from groundspeed.config import Configuration
    from groundspeed.verdicts.plan_values import Ends

INTERRUPTED = 130


@dataclass(frozen=True, kw_only=True, slots=True)
class _Output:
    """How a report is written; ``file`` is None for the screen."""

    kind: OverviewFormat
    file: Path | None


def report(
    rev: Annotated[
        str | None, typer.Option(metavar="REV", help="Of this commit; else of the newest measured one.")
    ] = None,
    machine: OfMachine = None,
    bench: Annotated[
        str | None, typer.Option("--bench", "-b", metavar="REGEX", help="Cases whose text it is found in.")
    ] = None,
    run: Annotated[bool, typer.Option("--run", help="Measure first what the record lacks.")] = False,
    plan: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of this plan's expected gains in place of the state.")
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(metavar="REV", help="With --plan: the commit before the optimisation; else its own."),
    ] = None,
    head: Annotated[
        str | None,
        typer.Option(metavar="REV", help="With --plan: the one after; else its own, or the newest measured."),
    ] = None,
    output: Written = None,
    file: ToFile = None,
) -> None:
    """Say how a machine stands at a commit: targets, latency, throughput, memory, scaling, regressions, host.

    With --plan: what was expected of optimisations against what they brought, what remains, the next step.
    Exit 1 where a target fails or a gain is missed, 3 where data is missing, 4 where a limit lies inside a
    value's interval.

    Example: groundspeed report --run -o report.html
    """
    from groundspeed.cli.options import expression
    from groundspeed.cli.output import format_of, put
    from groundspeed.config import load
    from groundspeed.measure.host import machine_with_results
    from groundspeed.report.overview import render_overview
    from groundspeed.verdicts.newest import Present
    from groundspeed.verdicts.overview import overview
    from groundspeed.verdicts.reading import read

    kind = format_of(output, file)
    if plan is not None:
        if run or rev is not None or bench is not None:
            raise typer.BadParameter("it has --base and --head alone", param_hint="--plan")
        from groundspeed.verdicts.plan_values import Ends

        raise typer.Exit(_judge(plan, Ends(base=base, head=head), machine, _Output(kind=kind, file=file)))
    if base is not None or head is not None:
        raise typer.BadParameter("they are a plan's: name it with --plan", param_hint="--base, --head")
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
    put(render_overview(made, kind), file)
    raise typer.Exit(measured or made.exit_code)


def _judge(plan: str, ends: Ends, machine: str | None, output: _Output) -> int:
    """Write what became of a plan; the exit code. Raises ``typer.BadParameter`` for an unknown one."""
    import difflib

    from groundspeed.cli.output import put
    from groundspeed.config import load
    from groundspeed.measure.host import machine_with_results
    from groundspeed.report.plan import render_plan
    from groundspeed.verdicts.plan_values import judge_plan
    from groundspeed.verdicts.reading import read

    configuration = load(Path.cwd())
    plans = {one.name: one for one in configuration.project.plans}
    if plan not in plans:
        near = difflib.get_close_matches(plan, plans, n=1)
        meant = f"did you mean {near[0]}?" if near else f"known: {', '.join(plans) or 'none'}"
        raise typer.BadParameter(f"groundspeed.toml has no [plan.{plan}]; {meant}", param_hint="--plan")
    reading = read(configuration)
    name = machine_with_results(configuration, reading.machines, machine)
    made = judge_plan(reading, name, plans[plan], ends.or_those_of(plans[plan]))
    for notice in dict.fromkeys([*configuration.warnings, *reading.notices, *made.remaining.notices]):
        typer.echo(f"groundspeed: {notice}", err=True)
    put(render_plan(made, output.kind), output.file)
    return made.exit_code


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
        selection=Selection.matching(bench, project.nightly.cases, again=False, carry=True),
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
