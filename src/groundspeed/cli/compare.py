"""``groundspeed compare``: what the results say of one commit against another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from groundspeed.report.table import Format, Sort

if TYPE_CHECKING:
    from groundspeed.config import Configuration
    from groundspeed.config.tolerances import Tolerances
    from groundspeed.gate.comparing import Seen
    from groundspeed.verdicts.between import Wanted


def compare(
    base: Annotated[str, typer.Argument(metavar="BASE", help="The revision that was there before.")],
    head: Annotated[str, typer.Argument(metavar="HEAD", help="The one it is asked about.")] = "HEAD",
    bench: Annotated[
        str, typer.Option("--bench", "-b", metavar="REGEX", help="Cases in whose text it is found.")
    ] = "",
    metric: Annotated[
        str, typer.Option(metavar="NAME", help="One metric (p99), 'main' for the one without a name.")
    ] = "",
    machine: Annotated[
        str | None, typer.Option(metavar="NAME", help="Whose results; else this host's, or the only ones.")
    ] = None,
    environment: Annotated[str, typer.Option(metavar="NAME", help="One environment.")] = "",
    tolerance: Annotated[
        str | None, typer.Option(metavar="SHARE", help="The change that is ignored, for every case.")
    ] = None,
    sort: Annotated[Sort, typer.Option(help="Which row of a kind comes first.")] = Sort.RATIO,
    everything: Annotated[bool, typer.Option("--all", help="Every row, the unchanged ones too.")] = False,
    only_changed: Annotated[
        bool, typer.Option("--only-changed", help="What became slower or faster, broke or was fixed.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 4 when any case is inconclusive, not only all.")
    ] = False,
    measure: Annotated[
        bool, typer.Option("--measure", help="Measure both in turn first, as groundspeed gate does.")
    ] = False,
    budget: Annotated[
        str | None, typer.Option(metavar="TIME", help="For --measure; else [gate] budget, or 10m.")
    ] = None,
    output: Annotated[Format, typer.Option("--format", help="How the report is printed.")] = Format.TEXT,
) -> None:
    """Compare what is on record of two commits; with --measure what is measured now.

    Example: groundspeed compare v1.2 main --bench 'Query' --tolerance 3%
    """
    from groundspeed import config, units
    from groundspeed.cli.options import parsed
    from groundspeed.cli.progress import ProgressLine
    from groundspeed.config.tolerances import Tolerances
    from groundspeed.measure.host import machine_with_results
    from groundspeed.report.comparison import Show, View, render
    from groundspeed.verdicts.between import Wanted, compare_commits
    from groundspeed.verdicts.reading import read

    if everything and only_changed:
        raise typer.BadParameter("they exclude each other", param_hint="--all, --only-changed")
    view = View(
        sort=sort,
        show=Show.ALL if everything else Show.CHANGED if only_changed else Show.FIRST,
    )
    configuration = config.load(Path.cwd())
    tolerances = configuration.project.tolerances
    if tolerance is not None:
        share = parsed("--tolerance", tolerance, units.parse_share)
        tolerances = Tolerances(default=share)
    screen = ProgressLine()
    wanted = Wanted(pattern=bench, environment=environment, metric=metric)
    if measure:
        seen = _measured(configuration, (base, head), wanted, tolerances, (machine, budget))
        typer.echo(render(seen.between, view, output))
        raise typer.Exit(130 if seen.interrupted else seen.between.comparison.exit_code(strict=strict))
    reading = read(configuration)
    name = machine_with_results(configuration, reading.machines, machine)
    found = compare_commits(reading, name, (base, head), wanted, tolerances)
    for warning in dict.fromkeys([*configuration.warnings, *reading.notices]):
        screen.note(warning)
    typer.echo(render(found, view, output))
    raise typer.Exit(found.comparison.exit_code(strict=strict))


def _measured(
    configuration: Configuration,
    revisions: tuple[str, str],
    wanted: Wanted,
    tolerances: Tolerances,
    how: tuple[str | None, str | None],
) -> Seen:
    """Both ends measured in turn; ``how``: the machine and the budget, as options give them."""
    import os
    import signal

    from groundspeed import units
    from groundspeed.cli.options import parsed
    from groundspeed.cli.progress import ProgressLine
    from groundspeed.gate.answer import Question
    from groundspeed.gate.asking import Asked
    from groundspeed.gate.comparing import compare_measured
    from groundspeed.measure.host import look
    from groundspeed.measure.plan import Selection
    from groundspeed.measure.workplace import Workplace

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # asked to end is ended as by Ctrl-C
    machine, budget = how
    question = Question(
        base=revisions[0],
        head=revisions[1],
        worktree=False,
        pattern=wanted.pattern or None,
        tolerance=tolerances.default,
        budget_s=configuration.project.gate.budget_s
        if budget is None
        else parsed("--budget", budget, units.parse_duration),
    )
    nightly = configuration.project.nightly.cases
    selection = Selection.matching(question.pattern, nightly, again=False, carry=False)
    at = Workplace(
        configuration=configuration,
        host=look(configuration, machine, pin=False),
        variables=os.environ,
        screen=ProgressLine(),
    )
    return compare_measured(at, Asked(question=question, selection=selection), wanted, tolerances)
