"""Where an installed package keeps its files. Imports none: what we want of them is data, and importing one
sets up logging."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from noesis.errors import ExtraError


def file_of(package: str, name: str, extra: str) -> Path:
    """The file ``name`` of an installed package. Raises ``ExtraError`` where it is not there."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ExtraError(f"{package} is not installed; install groundspeed[{extra}]")
    path = Path(spec.origin).parent / name
    if not path.is_file():
        raise ExtraError(f"{path} is not there; install groundspeed[{extra}] again")
    return path
