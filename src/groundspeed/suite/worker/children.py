"""The child processes of a worker: born by fork or as a fresh interpreter, asked, ended."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from typing import BinaryIO, Callable, Dict, List, Optional

from .case import attempt
from .wire import Message, send

OUTPUT_KEPT = 8192  # bytes of a case's output that travel; the end says what went wrong
GRACE_S = 2.0  # between the polite signal and the final one
PEEK_S = 0.05  # how often a child is looked at whose pipe somebody else keeps open
LIVING = ("prepared", "samples")  # any other event is a case's last


def child_main(request: Message, read_fd: int, write_fd: int) -> None:
    """What the child does between its birth and its exit code."""
    os.chdir(request["cwd"])
    with os.fdopen(read_fd, "r", encoding="utf-8") as lines:
        last = attempt(request, lines, lambda message: send(write_fd, message))
    sys.stdout.flush()
    sys.stderr.flush()
    send(write_fd, last)


@functools.lru_cache(maxsize=None)
def find_prctl() -> Optional[Callable[[int, int], int]]:
    """Linux's call of that name, found before the first fork: loading ctypes takes a child 4 ms."""
    try:
        import ctypes

        found: Callable[[int, int], int] = ctypes.CDLL(None).prctl
    except (ImportError, OSError, AttributeError):
        return None
    return found


def die_with_parent(parent: int) -> None:
    """Ask Linux to kill this process when its parent ends (prctl PR_SET_PDEATHSIG = 1)."""
    prctl = find_prctl()
    if prctl is None:
        return  # elsewhere the caller's sweep at the next start does it
    prctl(1, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before we could ask
        os._exit(1)


def fork_child(request: Message, output_fd: int, read_fd: int, write_fd: int, others: List[int]) -> int:
    """Fork a child for the case; return its process number. ``others`` are the parent's own ends."""
    parent = os.getpid()
    find_prctl()
    sys.stdout.flush()  # what the import printed is not the child's to print again
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.setsid()
        die_with_parent(parent)
        for fd in others:  # held open here they would hide the end of the parent or of a sibling
            os.close(fd)
        os.dup2(output_fd, 1)
        os.dup2(output_fd, 2)
        child_main(request, read_fd, write_fd)
        code = 0
    finally:
        os._exit(code)


def spawn_child(
    request: Message, output_fd: int, read_fd: int, write_fd: int, paths: List[str], variables: Dict[str, str]
) -> int:
    """Start a fresh interpreter for the case, with these environment variables; return its process number."""
    command = [sys.executable, "-m", "groundspeed_worker", "--case", json.dumps(request)]
    command += [str(read_fd), str(write_fd)]
    parent = os.getpid()

    def settle() -> None:
        os.setsid()
        die_with_parent(parent)

    child = subprocess.Popen(
        command + paths,
        cwd=paths[0],
        env=variables,
        stdout=output_fd,
        stderr=output_fd,
        pass_fds=[read_fd, write_fd],
        preexec_fn=settle,
    )
    child.returncode = 0  # it is waited for by number, below; Popen must not warn or wait
    return child.pid


class Child:
    """A running case seen from the worker: its process, its line, the active seconds it has left."""

    def __init__(self, request: Message, start: Callable[[int, int, int], int]) -> None:
        """``start`` begins the process, given its output, its requests and its replies."""
        self.left_s: float = request["timeout_s"]
        self.watched = bool(request.get("process_tree"))
        self.output = tempfile.TemporaryFile()  # noqa: SIM115 -- closed by close()
        read_fd, self.requests = os.pipe()
        self.replies, write_fd = os.pipe()
        self.buffer = b""
        self.status: Optional[int] = None
        try:
            self.pid = start(self.output.fileno(), read_fd, write_fd)
        finally:
            os.close(read_fd)
            os.close(write_fd)

    def ask(self, request: Message) -> Message:
        """Send a request, wait for the answer."""
        with contextlib.suppress(BrokenPipeError):  # it has ended: waiting for it tells how
            os.write(self.requests, (json.dumps(request) + "\n").encode("utf-8"))
        if request["do"] == "sample" and self.watched:
            return self._watched_answer()
        return self.answer()

    def answer(self) -> Message:
        """The next message. One that is not of a living case is its last: it says what was printed."""
        started = time.monotonic()
        try:
            message = self._receive(started + self.left_s)
        except TimeoutError:
            message = {"event": "timed out"}
            self.stop(0.0)
        if message is None:
            message = {"event": "exited", "text": ended_text(self.status or 0)}
        message["active_s"] = time.monotonic() - started
        self.left_s -= message["active_s"]
        if message["event"] not in LIVING:
            self.stop(GRACE_S)
            message["output"] = tail(self.output)
            self.close()
        return message

    def stop(self, patience_s: float) -> None:
        """End it and everything it started, after the patience: politely, then not."""
        asked = time.monotonic() + patience_s
        while not self._ended():
            now = time.monotonic()
            if now >= asked:
                signal_group(self.pid, signal.SIGKILL if now >= asked + GRACE_S else signal.SIGTERM)
            time.sleep(0.001)
        signal_group(self.pid, signal.SIGKILL)  # what it started and left behind

    def close(self) -> None:
        """Give back what it holds here."""
        self.output.close()
        os.close(self.requests)
        os.close(self.replies)

    def _watched_answer(self) -> Message:
        from asv_bench_groundspeed.process_tree import TreeWatch

        watch = TreeWatch(self.pid)
        watch.start()
        message = self.answer()
        found = watch.stop()
        if message["event"] == "samples":
            message["metrics"] = message["metrics"] + found
        return message

    def _receive(self, deadline: float) -> Optional[Message]:
        """The next line; None when it ended without one. Raises TimeoutError.

        Its end of the pipe may be held open by a process that it left behind, so its own end counts too.
        """
        while b"\n" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            ended = self._ended()
            ready = select.select([self.replies], [], [], 0 if ended else min(left, PEEK_S))[0]
            chunk = os.read(self.replies, 1 << 16) if ready else b""
            self.buffer += chunk
            if ended and not chunk:
                return None
            if ready and not chunk:
                self.stop(GRACE_S)
        line, _, self.buffer = self.buffer.partition(b"\n")
        return dict(json.loads(line.decode("utf-8")))

    def _ended(self) -> bool:
        if self.status is None:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            self.status = status if done else None
        return self.status is not None


def signal_group(pid: int, number: int) -> None:
    """Send a signal to the child's process group, if there still is one."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def ended_text(status: int) -> str:
    """How a process ended that said nothing."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return "the process was ended by signal {} ({})".format(number, signal.Signals(number).name)
    return "the process ended with exit code {} before it gave a value".format(os.WEXITSTATUS(status))


def tail(file: BinaryIO) -> str:
    """The end of what the case printed."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - OUTPUT_KEPT))
    return file.read().decode("utf-8", "replace")
