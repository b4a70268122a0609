"""``groundspeed gate``: is anything slower at head than at base?"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Annotated

import typer

from groundspeed.report.table import GateFormat


def gate(
    base: Annotated[
        str | None, typer.Option(metavar="REV", help="What head is held against; else [gate] base.")
    ] = None,
    head: Annotated[str, typer.Option(metavar="REV", help="The commit in question.")] = "HEAD",
    worktree: Annotated[
        bool, typer.Option("--worktree", help="The uncommitted code, in place of a commit.")
    ] = False,
    tolerance: Annotated[
        str | None, typer.Option(metavar="SHARE", help="The change that is ignored, for every case.")
    ] = None,
    budget: Annotated[
        str | None, typer.Option(metavar="TIME", help="For measuring; else [gate] budget, or 10m.")
    ] = None,
    bench: Annotated[
        str | None, typer.Option("--bench", "-b", metavar="REGEX", help="Cases whose text it is found in.")
    ] = None,
    no_carry: Annotated[
        bool, typer.Option("--no-carry", help="Measure also where both ends build the same.")
    ] = False,
    pin: Annotated[bool, typer.Option("--pin", help="Keep what is measured on one core.")] = False,
    machine: Annotated[str | None, typer.Option(metavar="NAME", help="The profile to measure under.")] = None,
    output: Annotated[
        GateFormat, typer.Option("--format", help="How the answer is printed.")
    ] = GateFormat.TEXT,
    file: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write it there, and a text here.")
    ] = None,
) -> None:
    """Is anything slower at head than at base?

    Both are measured in turn until each case is decided or the budget ends; what looks slower is measured
    again. Exit code 0: nothing is slower. 1: something is, or broke. 3: too little to say. 4: undecided.

    Example: groundspeed gate --base main --tolerance 3% --format markdown --output gate.md
    """
    from groundspeed import config, units
    from groundspeed.cli.options import parsed
    from groundspeed.cli.progress import ProgressLine
    from groundspeed.gate.answer import Question
    from groundspeed.gate.asking import Asked, ask
    from groundspeed.measure.host import look
    from groundspeed.measure.plan import Selection
    from groundspeed.measure.workplace import Workplace
    from groundspeed.report.gate import render
    from groundspeed.results.atomic import write_output

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # asked to end is ended as by Ctrl-C
    if worktree and head != "HEAD":
        raise typer.BadParameter("the working tree stands on HEAD", param_hint="--head, --worktree")
    configuration = config.load(Path.cwd())
    base = base or configuration.project.gate.base
    if base is None:
        raise typer.BadParameter(
            "name the revision that head is held against, such as main", param_hint="--base"
        )
    screen = ProgressLine()
    for warning in configuration.warnings:
        screen.note(warning)
    nightly = configuration.project.nightly.cases
    selection = Selection.matching(bench, nightly, again=False, carry=not no_carry)
    question = Question(
        base=base,
        head=head,
        worktree=worktree,
        pattern=bench,
        tolerance=None if tolerance is None else parsed("--tolerance", tolerance, units.parse_share),
        budget_s=configuration.project.gate.budget_s
        if budget is None
        else parsed("--budget", budget, units.parse_duration),
    )
    at = Workplace(
        configuration=configuration,
        host=look(configuration, machine, pin=pin),
        variables=os.environ,
        screen=screen,
    )
    answer = ask(at, Asked(question=question, selection=selection)).answer
    text = render(answer, output)
    if file is not None:
        write_output(file, f"{text}\n".encode())
        text = render(answer, GateFormat.TEXT)
    typer.echo(text)
    raise typer.Exit(answer.exit_code)
