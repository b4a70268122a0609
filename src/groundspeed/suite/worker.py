"""The process that runs inside a measured environment: imports the suite, runs one case a child.

Standard library and asv_runner only, Python 3.8 or newer: it measures commits older than this tool.
It is started by path, talks JSON lines over two inherited descriptors (docs/worker-protocol.md) and
never imports groundspeed. It decides nothing: what to run, and what to make of it, is the caller's.
One file, longer than a room should be: where it runs there is nothing else of ours.

    python worker.py SUITE READ_FD WRITE_FD PATH...     serve requests
    python worker.py --case REQUEST WRITE_FD PATH...    run one case in this fresh interpreter
"""

from __future__ import annotations

import importlib
import json
import math
import os
import pickle
import pkgutil
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from typing import Any, BinaryIO, Dict, List, Optional, Tuple

Message = Dict[str, Any]

PROTOCOL = 1
OUTPUT_KEPT = 8192  # bytes of a case's output that travel; the end says what went wrong
GRACE_S = 2.0  # between the polite signal and the final one
PEEK_S = 0.05  # how often a child is looked at whose pipe somebody else keeps open
# These keep threads or device handles that a forked child would only seem to have.
HOSTILE_TO_FORK = ("jax", "grpc", "tensorflow", "cupy")
# A forked child starts with its parent's memory; a statement of its own wants its own interpreter.
FRESH_TYPES = ("peakmemory", "timeraw")
QUICK = {"number": 1, "repeat": 1, "warmup_time": 0, "rounds": 1}


# --- the suite ----------------------------------------------------------------------------------


def import_suite(root: str) -> Dict[str, str]:
    """Import every module of the suite; map each that fails to its traceback.

    As in asv, the suite alone is found in its parent folder: a package that lies beside it is not the
    installed one and must not be imported instead.
    """
    from asv_runner._aux import update_sys_path

    update_sys_path(root)
    errors: Dict[str, str] = {}

    def visit(name: str) -> None:
        try:
            module = importlib.import_module(name)
        except BaseException as error:  # a module may even call sys.exit: that is its failure, not ours
            errors[name] = suite_traceback(error)
            return
        for _, child, _ in pkgutil.iter_modules(getattr(module, "__path__", ()), name + "."):
            visit(child)

    visit(os.path.basename(root))
    return errors


def describe(root: str) -> List[Message]:
    """Asv's dictionary of every benchmark that could be imported (asv_runner's list_benchmarks, which
    would stop at the first module that fails)."""
    from asv_runner.discovery import disc_benchmarks

    kept = (str, int, float, list, dict, bool)
    found = []
    for benchmark in disc_benchmarks(root, ignore_import_errors=True):
        public = {k: v for k, v in vars(benchmark).items() if isinstance(v, kept) and not k.startswith("_")}
        found.append(json.loads(json.dumps(public, skipkeys=True)))
    return found


def fork_reason(launch: str) -> Optional[str]:
    """Why cases are spawned, or None when forking is safe."""
    if launch == "spawn":
        return "asked for"
    if not hasattr(os, "fork"):
        return "no fork on this platform"
    if launch == "fork":
        return None
    if threading.active_count() > 1:
        return "the suite left a thread running after its import"
    loaded = [name for name in HOSTILE_TO_FORK if name in sys.modules]
    if loaded:
        return "the suite imports " + ", ".join(loaded)
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        return "the suite opens a CUDA context at its import"
    return None


# --- one case, in a process of its own ----------------------------------------------------------


def run_case(request: Message) -> Message:
    """Prepare, run and tear down one case. Return the message about it."""
    from asv_runner._aux import set_cpu_affinity_from_params
    from asv_runner.benchmarks.mark import SkipNotImplemented
    from asv_runner.discovery import get_benchmark_from_name

    set_cpu_affinity_from_params(request)
    extra = dict(QUICK) if request["quick"] else {}
    extra["timeout"] = request["timeout_s"]
    name = "{}-{}".format(request["benchmark"], request["index"])
    benchmark = get_benchmark_from_name(request["suite"], name, extra_params=extra)
    benchmark.set_cache(None)
    if request["what"] == "setup_cache":
        with open("cache.pickle", "wb") as file:
            pickle.dump(benchmark.do_setup_cache(), file)
        return {"event": "value", "value": None}
    if os.path.exists("cache.pickle"):
        with open("cache.pickle", "rb") as file:
            benchmark.set_cache(pickle.load(file))
    skip = benchmark.do_setup()
    try:
        if skip:
            return {"event": "skipped", "reason": "setup says that it does not apply"}
        return {"event": "value", "value": benchmark.do_run()}
    except SkipNotImplemented as error:
        return {"event": "skipped", "reason": str(error) or "not implemented"}
    finally:
        benchmark.do_teardown()


def attempt(request: Message) -> Message:
    """``run_case``, with whatever it raises made a message."""
    try:
        message = run_case(request)
        json.dumps(message)
        return message
    except SystemExit as error:
        return {"event": "exited", "text": suite_traceback(error)}
    except BaseException as error:  # measured code may raise anything; each is this case's failure alone
        return {"event": "raised", "text": suite_traceback(error)}


def suite_traceback(error: BaseException) -> str:
    """The traceback from where it enters the suite: our own frames and asv_runner's explain nothing."""
    frames = error.__traceback__
    while frames is not None and frames.tb_next is not None and is_ruler(frames.tb_frame.f_code.co_filename):
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames)).strip()


def is_ruler(path: str) -> bool:
    """Whether a source file measures, rather than being measured."""
    return (
        path == __file__
        or os.sep + "asv_runner" + os.sep in path
        or path == importlib.__file__
        or path.startswith("<frozen importlib")
    )


def child_main(request: Message, write_fd: int) -> None:
    """What the child does between its birth and its exit code."""
    os.chdir(request["cwd"])
    message = attempt(request)
    sys.stdout.flush()
    sys.stderr.flush()
    send(write_fd, message)


def die_with_parent(parent: int) -> None:
    """Ask Linux to kill this process when its parent ends (prctl PR_SET_PDEATHSIG = 1)."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    except (ImportError, OSError, AttributeError):
        return  # elsewhere the caller's sweep at the next start does it
    if os.getppid() != parent:  # it ended before we could ask
        os._exit(1)


# --- launching ----------------------------------------------------------------------------------


def fork_child(request: Message, output_fd: int, read_fd: int, write_fd: int) -> int:
    """Fork a child for the case; return its process number."""
    parent = os.getpid()
    sys.stdout.flush()  # what the import printed is not the child's to print again
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.setsid()
        die_with_parent(parent)
        os.close(read_fd)
        os.dup2(output_fd, 1)
        os.dup2(output_fd, 2)
        child_main(request, write_fd)
        code = 0
    finally:
        os._exit(code)


def spawn_child(request: Message, output_fd: int, write_fd: int, paths: List[str]) -> int:
    """Start a fresh interpreter for the case; return its process number."""
    command = [sys.executable, os.path.abspath(__file__), "--case", json.dumps(request), str(write_fd)]
    parent = os.getpid()

    def settle() -> None:
        os.setsid()
        die_with_parent(parent)

    child = subprocess.Popen(
        command + paths, stdout=output_fd, stderr=output_fd, pass_fds=[write_fd], preexec_fn=settle
    )
    child.returncode = 0  # it is waited for by number, below; Popen must not warn or wait
    return child.pid


def wait_for(pid: int, read_fd: int, timeout_s: float) -> Tuple[Optional[Message], int, bool]:
    """Wait for the child's message or its end. Return (message or None, wait status, timed out)."""
    deadline = time.monotonic() + timeout_s
    buffer, status = b"", None
    while status is None:
        left = deadline - time.monotonic()
        if left <= 0:
            return None, stop(pid), True
        if select.select([read_fd], [], [], min(left, PEEK_S))[0]:
            chunk = os.read(read_fd, 1 << 16)
            buffer += chunk
            if not chunk or buffer.endswith(b"\n"):
                break
        done, ended = os.waitpid(pid, os.WNOHANG)
        status = ended if done else None
    if status is None:
        status = stop(pid, patience_s=GRACE_S)
    if not buffer:
        buffer = drain(read_fd)
    return (json.loads(buffer.decode("utf-8")) if buffer.endswith(b"\n") else None), status, False


def drain(read_fd: int) -> bytes:
    """Everything that is in the pipe already."""
    data = b""
    while select.select([read_fd], [], [], 0)[0]:
        chunk = os.read(read_fd, 1 << 16)
        if not chunk:
            break
        data += chunk
    return data


def stop(pid: int, patience_s: float = 0.0) -> int:
    """End the child and everything it started, after the patience; return its wait status."""
    asked = time.monotonic() + patience_s
    killed = asked + GRACE_S
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            break
        now = time.monotonic()
        if now >= asked:
            signal_group(pid, signal.SIGKILL if now >= killed else signal.SIGTERM)
        time.sleep(0.001)
    signal_group(pid, signal.SIGKILL)  # what it started and left behind
    return status


def signal_group(pid: int, number: int) -> None:
    """Send a signal to the child's process group, if there still is one."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return


# --- serving ------------------------------------------------------------------------------------


class Server:
    """Holds the imported suite and the caches that setup_cache filled."""

    def __init__(self, suite: str, paths: List[str], launch: str) -> None:
        self.suite = suite
        self.paths = paths
        self.launch = launch
        self.folder = tempfile.mkdtemp(prefix="groundspeed-worker-")
        self.caches: Dict[str, Message] = {}
        self.count = 0

    def run(self, request: Message) -> Message:
        """Run one case, its setup_cache first where nobody ran it yet."""
        request = dict(request, suite=self.suite, what="case")
        key = request.get("setup_cache_key")
        if key is not None and key not in self.caches:
            self.caches[key] = self._fill(request)
        cache = self.caches.get(key) if key is not None else None
        if cache is not None and "failure" in cache:
            failure: Message = cache["failure"]
            return failure
        request["cwd"] = self._new_folder()
        try:
            if cache is not None:
                shutil.rmtree(request["cwd"])
                shutil.copytree(cache["folder"], request["cwd"])
            return self._launch(request)
        finally:
            shutil.rmtree(request["cwd"], ignore_errors=True)

    def _fill(self, request: Message) -> Message:
        folder = self._new_folder()
        timeout = request.get("setup_cache_timeout_s") or request["timeout_s"]
        reply = self._launch(dict(request, what="setup_cache", cwd=folder, timeout_s=timeout))
        if reply["event"] == "value":
            return {"folder": folder}
        text = reply.get("text", "") or "it timed out after {:g} s".format(timeout)
        return {"failure": {"event": "setup_cache", "text": text, "output": reply["output"]}}

    def _new_folder(self) -> str:
        self.count += 1
        folder = os.path.join(self.folder, str(self.count))
        os.mkdir(folder)
        return folder

    def _launch(self, request: Message) -> Message:
        read_fd, write_fd = os.pipe()
        with tempfile.TemporaryFile() as output:
            try:
                try:
                    pid = self._start(request, output.fileno(), read_fd, write_fd)
                finally:
                    os.close(write_fd)
                message, status, timed_out = wait_for(pid, read_fd, request["timeout_s"])
            finally:
                os.close(read_fd)
            if timed_out:
                message = {"event": "timed out"}
            elif message is None:
                message = {"event": "exited", "text": ended_text(status)}
            message["output"] = tail(output)
        return message

    def _start(self, request: Message, output_fd: int, read_fd: int, write_fd: int) -> int:
        if self.launch == "fork" and request.get("type") not in FRESH_TYPES:
            return fork_child(request, output_fd, read_fd, write_fd)
        return spawn_child(request, output_fd, write_fd, self.paths)


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


def send(fd: int, message: Message) -> None:
    """Write one line; a non-finite number becomes its name, so that every line is JSON."""
    data = (json.dumps(sanitise(message), allow_nan=False) + "\n").encode("utf-8")
    while data:
        data = data[os.write(fd, data) :]


def sanitise(value: Any) -> Any:
    """Replace each non-finite number by ``{"float": "nan"}`` (inf, -inf)."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": repr(value)}
    if isinstance(value, dict):
        return {key: sanitise(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [sanitise(one) for one in value]
    return value


def serve(suite: str, read_fd: int, write_fd: int, paths: List[str]) -> None:
    """Greet, then answer requests until the caller closes the line."""
    with os.fdopen(read_fd, "r", encoding="utf-8") as requests:
        wanted = json.loads(requests.readline())
        started = time.perf_counter()
        errors = import_suite(suite)
        reason = fork_reason(wanted["launch"])
        server = Server(suite, paths, "spawn" if reason else "fork")
        hello = {"event": "hello", "protocol": PROTOCOL, "python": sys.version.split()[0]}
        hello.update(benchmarks=describe(suite), import_errors=errors, launch=server.launch)
        hello.update(launch_reason=reason, import_s=time.perf_counter() - started)
        send(write_fd, hello)
        try:
            for line in requests:
                started = time.perf_counter()
                reply = server.run(json.loads(line))
                reply["duration_s"] = time.perf_counter() - started
                send(write_fd, reply)
        finally:
            shutil.rmtree(server.folder, ignore_errors=True)


def main(arguments: List[str]) -> None:
    """Put the running tool's ruler first on the path, then serve or run one case."""
    single = arguments[0] == "--case"
    paths = arguments[3:]
    sys.path[:1] = paths  # the first entry was this file's own folder: nothing there is for the suite
    if single:
        child_main(json.loads(arguments[1]), int(arguments[2]))
    else:
        serve(arguments[0], int(arguments[1]), int(arguments[2]), paths)


if __name__ == "__main__":
    main(sys.argv[1:])
