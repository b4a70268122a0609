"""What is put in front of a command that is counted: from util-linux, where it is there and allowed."""

from __future__ import annotations

import shutil
import subprocess


def steady_prefix() -> tuple[str, ...]:
    """`setarch -R`: no address randomisation. Some containers forbid it."""
    return _allowed("setarch", "-R")


def leash() -> tuple[str, ...]:
    """What ends a command with the process that started it, on Linux: prctl(2), PR_SET_PDEATHSIG."""
    return _allowed("setpriv", "--pdeathsig", "KILL")


def _allowed(*prefix: str) -> tuple[str, ...]:
    """The prefix, when a command runs behind it; else nothing."""
    if shutil.which(prefix[0]) is None:
        return ()
    tried = subprocess.run([*prefix, "true"], capture_output=True, check=False)
    return prefix if tried.returncode == 0 else ()
