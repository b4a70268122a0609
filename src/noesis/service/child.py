"""The start of a run's process. Owns that it ends with the server: its standard input is a pipe that the
server holds open, and when that closes, however the server ended, the whole process group is killed.

``python -m noesis.service.child PROGRAM WORD...`` is ``python -m PROGRAM WORD...`` under this watch.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading


def main() -> None:
    """Watch the pipe in a thread, and become the program."""
    line = os.dup(0)
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 (no pathlib: a start costs milliseconds)
        os.dup2(nothing.fileno(), 0)
    threading.Thread(target=_end_with, args=(line,), daemon=True).start()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def _end_with(line: int) -> None:
    os.read(line, 1)  # nothing is ever written: this returns at its end
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
