"""The groundspeed command in this process, which has imported what it needs: for what measures nothing."""

from __future__ import annotations

import contextlib
import io
import json
import signal
import sys
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


def inside(root: Path, *arguments: str, code: int = 0) -> Said:
    """The command in the folder ``root``, ended with the code; signals are handled as before afterwards."""
    out, err = io.StringIO(), io.StringIO()
    handler = signal.getsignal(signal.SIGTERM)
    with (
        contextlib.chdir(root),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch.object(sys, "argv", ["groundspeed", *arguments]),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    signal.signal(signal.SIGTERM, handler)
    assert (ended.value.code or 0) == code, f"exit {ended.value.code}\n{out.getvalue()}\n{err.getvalue()}"
    return Said(stdout=out.getvalue(), stderr=err.getvalue())


def strict(text: str) -> Any:
    """JSON that holds nothing but what JSON knows."""

    def refuse(literal: str) -> float:
        raise AssertionError(literal)

    return json.loads(text, parse_constant=refuse)
