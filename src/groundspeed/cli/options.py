"""Options that several commands have: those of a report as types, quantities and expressions checked, with an
error that names the option.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from groundspeed.report.table import OverviewFormat

OfMachine = Annotated[
    str | None, typer.Option(metavar="NAME", help="Of this machine; else this host's, or the only one.")
]
Written = Annotated[
    OverviewFormat | None,
    typer.Option("--format", help="How it is written; else as the file's name says, text without."),
]
ToFile = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", dir_okay=False, help="Write this file; needed for html."),
]

T = TypeVar("T")


def expression(option: str, text: str) -> str:
    """A regular expression, as it is. Raises ``typer.BadParameter`` where it is none."""
    try:
        re.compile(text)
    except re.error as error:
        raise typer.BadParameter(f"{text!r} is no regular expression: {error}", param_hint=option) from error
    return text


def parsed(option: str, text: str, parse: Callable[[str], T]) -> T:
    """The value of an option. Raises ``typer.BadParameter`` (exit code 2) where it is none."""
    try:
        return parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error
