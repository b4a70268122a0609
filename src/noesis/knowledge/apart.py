"""A function in a process of its own. Owns its start and its end; what is said on the line is its user's.

Of our own making, because a knowledge base has threads, which a fork would break, and its caller's script,
which ``multiprocessing`` would import again. The process ends with the one that started it, also when that is
killed: its line is closed then, and whoever serves ends by that.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from importlib import import_module
from multiprocessing.connection import Connection

from noesis.errors import SourceError

_PROGRAM = (
    "import sys; sys.path[:] = sys.argv[3:]; "
    "from noesis.knowledge.apart import serve; serve(sys.argv[1], int(sys.argv[2]))"
)


class Apart:
    """A process that calls ``function`` (``"module:name"``) with its end of ``line``."""

    def __init__(self, function: str) -> None:
        """Start it. Raises ``SourceError`` where none can be started."""
        ours, theirs = socket.socketpair()
        self.line = Connection(ours.detach())
        with theirs:
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-c", _PROGRAM, function, str(theirs.fileno()), *map(str, sys.path)],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    process_group=0,  # Ctrl-C is the business of who started it
                )
            except OSError as error:
                self.line.close()
                raise SourceError(f"no process that reads files can be started ({error})") from error

    def ended(self) -> int:
        """Wait for its end; the exit code, or the number of the signal below 0."""
        return self._process.wait()

    def dismiss(self) -> None:
        """Close its line and wait until it has seen that and ended."""
        self.line.close()
        self._process.wait()

    def stop(self) -> None:
        """End it at once; what it still does nobody wants."""
        self.line.close()
        self._process.kill()
        self._process.wait()


def serve(function: str, number: int) -> None:
    """In the new process: call the function with the line that has this number."""
    module, _, name = function.partition(":")
    with Connection(number) as line:
        getattr(import_module(module), name)(line)


def how_it_ended(code: int) -> str:
    """An exit code, or a signal with its name."""
    return f"exit code {code}" if code >= 0 else f"signal {-code}, {signal.strsignal(-code)}"
