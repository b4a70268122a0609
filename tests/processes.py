"""Whether processes of this host have ended, without sleeping: the kernel says when."""

from __future__ import annotations

import os
import select
from pathlib import Path

PATIENCE_S = 20.0  # how long a killed process may take on a busy host before the test fails


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
