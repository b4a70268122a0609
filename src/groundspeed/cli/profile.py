"""``groundspeed profile``: where the time and the memory of a benchmark go, at a commit or between two."""

from __future__ import annotations

import os
import signal
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from groundspeed.report.table import Format

if TYPE_CHECKING:
    from groundspeed.config import Configuration
    from groundspeed.profiling.values import Answer, Wanted


class Kind(StrEnum):
    """What to look at."""

    CPU = "cpu"
    MEMORY = "memory"
    CONTENTION = "contention"
    LINES = "lines"
    LEAKS = "leaks"


def profile(
    benchmark: Annotated[
        str | None, typer.Argument(metavar="BENCH", help="A regex: cases whose text it is found in.")
    ] = None,
    rev: Annotated[
        str | None, typer.Option("--rev", metavar="REV", help="The commit to profile; else HEAD.")
    ] = None,
    measured: Annotated[
        bool, typer.Option("--measured", help="The newest commit with results, instead of --rev.")
    ] = False,
    against: Annotated[
        str | None, typer.Option(metavar="REV", help="The commit to hold it against, profiled in turn.")
    ] = None,
    kind: Annotated[
        list[Kind] | None, typer.Option("--kind", "-k", help="What to look at; several times for several.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every case of the suite, and a summary.")] = False,
    native: Annotated[
        bool, typer.Option("--native", help="cpu: also the frames of C, C++ and Rust.")
    ] = False,
    function: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="lines: of this function, not of the hottest.")
    ] = None,
    duration: Annotated[
        str | None, typer.Option(metavar="TIME", help="How long calls, or a process, are sampled; else 3 s.")
    ] = None,
    runs: Annotated[
        int | None, typer.Option(min=1, help="Processes of each case; else 1, and 5 with --against.")
    ] = None,
    pid: Annotated[
        int | None, typer.Option(metavar="PID", min=1, help="A process that runs already.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="Rows of each table.")] = 20,
    machine: Annotated[str | None, typer.Option(metavar="NAME", help="The profile to store under.")] = None,
    output: Annotated[Format, typer.Option("--format", help="How it is printed.")] = Format.TEXT,
    file: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="--pid: where the profile goes.")
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Show it in the browser, as a flame graph.")] = False,
) -> None:
    """Where the time and the memory of a benchmark go, in the environment of a commit.

    What is taken is stored beside the results and shown on the page. Exit code 3: nothing could be taken.

    Example: groundspeed profile 'Query' --rev main --kind cpu --kind memory
    """
    from groundspeed import config, units
    from groundspeed.cli.options import expression, parsed

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # asked to end is ended as by Ctrl-C
    seconds = parsed("--duration", duration or "3 s", units.parse_duration)
    if seconds <= 0:
        raise typer.BadParameter(
            "in no time nothing is seen: name some, such as 3 s", param_hint="--duration"
        )
    kinds = tuple(dict.fromkeys(kind or [Kind.CPU]))
    if native and Kind.CPU not in kinds:
        raise typer.BadParameter("it is of --kind cpu: name that as well", param_hint="--native")
    if function and Kind.LINES not in kinds:
        raise typer.BadParameter("it is of --kind lines: name that as well", param_hint="--function")
    if pid is not None:
        if benchmark or every or kinds != (Kind.CPU,):
            raise typer.BadParameter("a process takes no benchmark, and cpu alone", param_hint="--pid")
        if rev or measured or against or runs or machine:
            raise typer.BadParameter(
                "a process is of no commit: leave out --rev, --measured, --against, --runs and --machine",
                param_hint="--pid",
            )
        _profile_process(pid, seconds, file, output, top=top, native=native, show=open_)
        return
    if file is not None:
        raise typer.BadParameter("profiles of cases lie beside the results", param_hint="--output")
    if (benchmark is None) != every:
        raise typer.BadParameter("name the cases, or say --all", param_hint="BENCH")
    if measured and rev:
        raise typer.BadParameter("name a commit or say --measured, not both", param_hint="--rev")
    configuration = config.load(Path.cwd())
    from groundspeed.profiling.cpu import sampler_or_why
    from groundspeed.profiling.values import Wanted

    sampler, why = sampler_or_why(native=native)

    wanted = Wanted(
        pattern=None if benchmark is None else expression("BENCH", benchmark),
        revision=_newest(configuration, machine) if measured else rev or "HEAD",
        kinds=tuple(map(str, kinds)),
        seconds=seconds,
        runs=runs or (5 if against else 1),
        sampler=sampler,
        why_no_sampler=why,
        against=against,
        functions=tuple(function or ()),
    )
    _profile_cases(configuration, wanted, machine, output, top=top, show=open_)


def _profile_cases(
    configuration: Configuration,
    wanted: Wanted,
    machine: str | None,
    output: Format,
    *,
    top: int,
    show: bool,
) -> None:
    from groundspeed.cli.progress import ProgressLine
    from groundspeed.history import History
    from groundspeed.measure.host import look
    from groundspeed.measure.workplace import Workplace
    from groundspeed.profiling.asking import ask
    from groundspeed.report.profile import render_profile
    from groundspeed.report.profile_against import render_against

    screen = ProgressLine()
    for warning in configuration.warnings:
        screen.note(warning)
    host = look(configuration, machine, pin=False)
    at = Workplace(configuration=configuration, host=host, variables=os.environ, screen=screen)
    answer = ask(at, wanted)
    if answer.against is None:
        typer.echo(render_profile(answer, output, top=top, root=configuration.suite.root))
    else:
        history = History.open(configuration.suite.repo_path)
        typer.echo(render_against(answer, history, configuration.suite, output, top=top))
    if show:
        _show(configuration, answer)
    raise typer.Exit(answer.exit_code)


def _newest(configuration: Configuration, machine: str | None) -> str:
    """The newest commit with results of this machine, or of any."""
    from groundspeed.measure.host import this_host
    from groundspeed.verdicts.newest import newest_measured
    from groundspeed.verdicts.reading import read

    return newest_measured(read(configuration), this_host(configuration, machine).name)


def _profile_process(
    pid: int, seconds: float, file: Path | None, output: Format, *, top: int, native: bool, show: bool
) -> None:
    from groundspeed.profiling.cpu import find_sampler
    from groundspeed.profiling.live import sample_process
    from groundspeed.report.profile import render_live
    from groundspeed.results.atomic import write_output

    live = sample_process(pid, seconds, find_sampler(native=native))
    path = file or Path(f"process-{pid}.speedscope.json")
    write_output(path, live.document())
    typer.echo(render_live(live, output, top=top, file=path))
    if show:
        _open(Path.cwd() / ".groundspeed", path.name, live.document())


def _show(configuration: Configuration, answer: Answer) -> None:
    """The first profile of the first case: one look is what a browser is opened for."""
    import gzip

    for case in answer.cases:
        for path in case.files.values():
            _open(configuration.workspace, str(case.case), gzip.decompress(path.read_bytes()))
            return


def _open(workspace: Path, name: str, content: bytes) -> None:
    import webbrowser

    from groundspeed.site.viewer import put_viewer

    address = put_viewer(workspace / "viewer", name, content)
    if not webbrowser.open(address):
        typer.echo(f"No browser can be started here. Open {address}", err=True)
