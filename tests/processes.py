"""Waiting for processes of this host and for what they do, not sleeping: the kernel says when they end."""

from __future__ import annotations

import os
import select
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

PATIENCE_S = 20.0  # how long a killed process may take on a busy host before the test fails
LOOK_S = 0.02  # a look without a pause took one of two processors away from what was waited for


def ended(pid: int) -> bool:
    """Whether the process is gone, or goes within the patience."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], PATIENCE_S)[0])
    finally:
        os.close(descriptor)


def wait_until(happened: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Until the running process has done it; one that ends without fails the test with what it printed."""
    descriptor = os.pidfd_open(process.pid)
    try:
        while not happened():
            over = select.select([descriptor], [], [], LOOK_S)[0]
            assert not over or happened(), process.communicate()
    finally:
        os.close(descriptor)


def processes_of(root: Path) -> list[int]:
    """Processes whose command line names something below the folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes()
        except OSError:
            continue  # it ended while we looked
        if os.fsencode(root) in line:
            found.append(int(path.parent.name))
    return found
