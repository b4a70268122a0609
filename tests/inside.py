"""The groundspeed command in this process, which has imported what it needs: for what measures nothing."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from groundspeed.cli.main import main


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What a command printed."""

    stdout: str
    stderr: str

    def json(self) -> Any:
        """Standard output as JSON; what is not strict fails."""
        return strict(self.stdout)


def inside(root: Path, *arguments: str, code: int = 0, variables: Mapping[str, str] | None = None) -> Said:
    """The command in the folder ``root``, ended with the code; signals are handled as before afterwards.

    ``variables`` are all that it finds in its environment; None leaves this process's.
    """
    out, err = io.StringIO(), io.StringIO()
    handler = signal.getsignal(signal.SIGTERM)
    with (
        contextlib.chdir(root),
        _environment(variables),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch.object(sys, "argv", ["groundspeed", *arguments]),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    signal.signal(signal.SIGTERM, handler)
    assert (ended.value.code or 0) == code, f"exit {ended.value.code}\n{out.getvalue()}\n{err.getvalue()}"
    return Said(stdout=out.getvalue(), stderr=err.getvalue())


@contextlib.contextmanager
def _environment(variables: Mapping[str, str] | None) -> Iterator[None]:
    """The folder of temporary files, which Python remembers, is looked up anew on both ways."""
    if variables is None:
        yield
        return
    with mock.patch.dict(os.environ, variables, clear=True), mock.patch.object(tempfile, "tempdir", None):
        yield


def strict(text: str) -> Any:
    """JSON that holds nothing but what JSON knows."""

    def refuse(literal: str) -> float:
        raise AssertionError(literal)

    return json.loads(text, parse_constant=refuse)
