"""``noesis serve``: a knowledge base over HTTP, from a shell."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

INDEX = Path(".noesis")
Log = Annotated[
    Path | None,
    typer.Option(
        "--warm", metavar="FILE", help="A log, one query a line, that is answered for the cache first."
    ),
]


def serve(
    index: Annotated[
        Path,
        typer.Option("--index", metavar="FILE", envvar="KB_CACHE_FILE", help="The index that is served."),
    ] = INDEX,
    host: Annotated[str, typer.Option("--host", metavar="NAME", help="Who listens.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="N", help="0: a free one.")] = 8000,
    workers: Annotated[int, typer.Option("--workers", metavar="N", help="Processes that answer.")] = 1,
    keep_alive: Annotated[
        int, typer.Option("--keep-alive", metavar="SECONDS", help="An idle connection is kept so long.")
    ] = 5,
    timeout: Annotated[
        int, typer.Option("--timeout", metavar="SECONDS", help="At the end requests get so long.")
    ] = 30,
    max_requests: Annotated[
        int, typer.Option("--max-requests", metavar="N", help="A worker is replaced after so many; 0: never.")
    ] = 0,
    runs: Annotated[
        Path | None,
        typer.Option("--runs", metavar="FOLDER", help="Where runs and logs are kept; else beside the index."),
    ] = None,
    cache_size: Annotated[
        int,
        typer.Option("--cache-size", metavar="N", envvar="KB_MAX_CACHE_SIZE", help="Answers kept a worker."),
    ] = 1000,
    warm: Log = None,
) -> None:
    """Answer queries over HTTP and run modules until Ctrl-C.

    NOESIS_API_KEY in the environment is the key for what changes something; without it that is refused.

    Example: noesis serve --index knowledge --port 8000 --workers 4
    """
    from noesis.service import ServerOptions, ServiceConfig
    from noesis.service import serve as serve_it

    config = ServiceConfig(
        index=index,
        runs_folder=runs or index.with_name(f"{index.name}.runs"),
        api_key=os.environ.get("NOESIS_API_KEY", ""),
        cache_size=cache_size,
        warming_queries=() if warm is None else _lines(warm),
        max_requests=max_requests,
    )
    options = ServerOptions(host=host, port=port, workers=workers, keep_alive_s=keep_alive, timeout_s=timeout)
    serve_it(config, options)


def _lines(path: Path) -> tuple[str, ...]:
    from noesis.errors import SourceError

    try:
        return tuple(line for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path} cannot be read as UTF-8 text ({error}); one query a line") from error
