"""What several commands have alike: options, exit codes, and the frame of what is printed as JSON."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

BAD_NEWS = 1
NO_DATA = 3


class Format(StrEnum):
    """How a result is printed."""

    TEXT = "text"
    JSON = "json"


Output = Annotated[Format, typer.Option("--format", help="How it is printed.")]
Workers = Annotated[
    int | None,
    typer.Option("--workers", metavar="N", help="Processes that read; else one a processor."),
]
Folders = Annotated[
    list[Path] | None,
    typer.Argument(metavar="FOLDER", help="Where documents are; else as last time."),
]


def print_json(name: str, value: dict[str, Any]) -> None:
    """Print a value of the format ``noesis-<name>``, version 1."""
    typer.echo(json.dumps({"format": f"noesis-{name}", "version": 1, **value}, indent=2))
