"""Ending a process with everything that it started. Owns no process.

asv puts each command into a process group of its own, so one signal to a group does not reach it; the
kernel's session does, because only a daemon leaves it.
"""

from __future__ import annotations

import contextlib
import os
import signal

_PASSES = 100  # a pass finds what the one before was too early for; a build forks no faster than this


def end_all(leader: int) -> None:
    """Kill every process in the kernel's session of ``leader`` but the caller, until none is left."""
    for _ in range(_PASSES):
        left = [pid for pid in _members(leader) if pid != os.getpid()]
        if not left:
            return
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


def _members(leader: int) -> list[int]:
    import psutil

    found = []
    for process in psutil.process_iter(["status"]):
        with contextlib.suppress(OSError):
            if os.getsid(process.pid) == leader and process.info["status"] != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
    return found
