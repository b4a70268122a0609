"""What is optional. Owns the sentence that says which extra holds what is missing."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from noesis.errors import ExtraError


def required(module: str, extra: str) -> ModuleType:
    """The module. Raises ``ExtraError`` where it, or something that it needs, is not installed."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise ExtraError(f"{error.name} is not installed; install groundspeed[{extra}]") from error
