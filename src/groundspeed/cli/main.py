"""The program: registers the commands, and turns what they raise into a sentence and an exit code."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import traceback
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from groundspeed.cli import (
    baseline,
    bottlenecks,
    compare,
    corpus,
    deploy,
    doctor,
    env,
    find,
    gate,
    health,
    init,
    machine,
    nightly,
    noise,
    notify,
    preview,
    profile,
    publish,
    regressions,
    report,
    run,
    scaling,
    sql,
    targets,
    triage,
)
from groundspeed.errors import GroundspeedError, StorageError

FAULT = 70  # a fault of ours (sysexits: EX_SOFTWARE)
INTERRUPTED = 130  # as a shell says it of SIGINT
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class _Commands(TyperGroup):
    """Ends by Ctrl-C as a shell expects it, where no command had more to say."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            typer.echo("\ngroundspeed: interrupted.", err=True)
            raise typer.Exit(INTERRUPTED) from None


app = typer.Typer(
    name="groundspeed",
    cls=_Commands,
    help="Which commit made it slower, on which machine, by how much, and how sure we are.",
    # rich's help costs 0.17 s of the 0.2 s that --help may take
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(init.init)
app.command()(doctor.doctor)
app.command()(run.run)
app.command()(compare.compare)
app.command()(gate.gate)
app.command()(find.find)
app.command()(noise.noise)
app.command()(targets.targets)
app.command()(scaling.scaling)
app.command()(report.report)
app.command()(regressions.regressions)
app.command()(bottlenecks.bottlenecks)
app.command()(profile.profile)
app.command()(publish.publish)
app.command()(preview.preview)
app.command()(nightly.nightly)
app.command()(deploy.deploy)
app.command()(health.health)
app.add_typer(baseline.app, name="baseline")
app.add_typer(triage.app, name="triage")
app.add_typer(notify.app, name="notify")
app.add_typer(machine.app, name="machine")
app.add_typer(env.app, name="env")
app.add_typer(corpus.app, name="corpus")
app.command()(sql.sql)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"groundspeed {version('groundspeed')}")
        raise typer.Exit


@app.callback()
def _options(
    _: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and leave."
        ),
    ] = False,
) -> None:
    """Which commit made it slower, on which machine, by how much, and how sure we are."""


def main() -> None:
    """Run the command line; the process ends here, with an exit code."""
    try:
        app()
    except GroundspeedError as error:
        typer.echo(f"groundspeed: {error}", err=True)
        sys.exit(error.exit_code)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            _let_go_of_output()
            typer.echo(
                f"groundspeed: {error.filename or 'standard output'} could not be written: {error.strerror}. "
                "Make room there, then run again.",
                err=True,
            )
            sys.exit(StorageError.exit_code)
        typer.echo(
            f"groundspeed: a fault of its own: {error!r}. The details are in {_report_fault()}.", err=True
        )
        sys.exit(FAULT)


def _let_go_of_output() -> None:
    """What is left for standard output goes nowhere: Python would fail on it at its end, with 120."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


def _report_fault() -> str:
    """Write the traceback to a file of its own; its name."""
    with tempfile.NamedTemporaryFile(
        "w", prefix="groundspeed-fault-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        traceback.print_exc(file=file)
    return file.name


if __name__ == "__main__":
    main()
