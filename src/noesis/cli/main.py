"""The program ``noesis``: registers the commands; what they raise becomes a sentence and an exit code."""

from __future__ import annotations

import sys
import traceback
from typing import Any

import typer
from typer.core import TyperGroup

from noesis.cli import knowledge, rag, service
from noesis.errors import NoesisError

FAULT = 70  # a fault of ours (sysexits: EX_SOFTWARE)
INTERRUPTED = 130  # as a shell says it of SIGINT


class _Commands(TyperGroup):
    """Ends by Ctrl-C as a shell expects it."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            typer.echo("\nnoesis: interrupted.", err=True)
            raise typer.Exit(INTERRUPTED) from None


app = typer.Typer(
    name="noesis",
    cls=_Commands,
    help="A small local knowledge system: put folders of documents in, ask, and see how it fares.",
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(knowledge.ingest)
app.command()(knowledge.query)
app.command()(knowledge.stats)
app.command()(knowledge.watch)
app.command()(knowledge.diagnose)
app.command()(rag.embed)
app.command()(rag.ask)
app.command()(service.serve)


def main() -> None:
    """Run the command line; the process ends here, with an exit code."""
    try:
        app()
    except NoesisError as error:
        typer.echo(f"noesis: {error}", err=True)
        sys.exit(error.exit_code)
    except ModuleNotFoundError as error:
        typer.echo(f"noesis: {error.name} is not installed; install groundspeed[noesis]", err=True)
        sys.exit(NoesisError.exit_code)
    except Exception:
        traceback.print_exc()
        sys.exit(FAULT)


if __name__ == "__main__":
    main()
