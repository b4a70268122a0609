"""``groundspeed preview``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundspeed.config import load


def preview(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any free port.")] = 0,
    open_browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page in the browser.")
    ] = False,
) -> None:
    """Serve the published site to this machine alone, until Ctrl-C.

    Example: groundspeed preview --open
    """
    from groundspeed.site.preview import open_preview

    server = open_preview(load(Path()).suite.html_dir, port)
    try:
        typer.echo(f"The site is at {server.url} until Ctrl-C.")
        if open_browser:
            typer.launch(server.url)
        server.serve()
    except KeyboardInterrupt:
        typer.echo("Stopped.", err=True)
