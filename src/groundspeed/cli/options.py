"""Options that are quantities or expressions: checked, with an error that names the option."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

import typer

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
