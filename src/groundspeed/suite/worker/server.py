"""Serving requests: the imported suite, the caches that setup_cache filled, the cases that are alive."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from typing import Callable, Dict, List, Tuple

from .children import LIVING, Child, fork_child, spawn_child
from .discovery import describe, fork_reason, import_suite
from .wire import Message, send

PROTOCOL = 2
# A forked child starts with its parent's memory.
FRESH_TYPES = ("peakmemory", "alloc")
# Their statement's process inherits the variables that any module of the suite set at its import. asv_runner
# tells them by these beginnings alone: their type says time.
FRESH_NAMES = ("timeraw_", "Timeraw")

Spawn = Callable[[Message, int, int, int], int]


class Server:
    """Holds the imported suite and the cases that are alive, and knows where setup_cache has been run."""

    def __init__(self, suite: str, spawn: Spawn, launch: str, wanted: Message, ends: List[int]) -> None:
        """``ends`` are this process's own ends of the line: no child may hold them."""
        self.suite = suite
        self.spawn = spawn
        self.launch = launch
        self.cpus = wanted["cpus"]
        self.caches = wanted["caches"]
        self.ends = ends
        self.folder = tempfile.mkdtemp(dir=wanted["folder"])
        self.children: Dict[int, Tuple[Child, str]] = {}

    def handle(self, request: Message) -> Message:
        """Answer one request."""
        number = request["id"]
        if request["do"] == "prepare":
            return self._prepare(number, dict(request, suite=self.suite, what="case"))
        child, folder = self.children[number]
        return self._after(number, folder, child.ask(request))

    def close(self) -> None:
        """End every case and remove what it wrote."""
        for child, _ in self.children.values():
            child.stop(0.0)
            child.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _prepare(self, number: int, request: Message) -> Message:
        """Start a case, its setup_cache first where nobody ran it yet."""
        folder = os.path.join(self.folder, str(number))
        key = request.get("setup_cache_key")
        if key is None:
            os.mkdir(folder)
        else:
            cache = self._cache(key, request)
            if "failure" in cache:
                return dict(cache["failure"])
            shutil.copytree(cache["folder"], folder)
        child = self._start(dict(request, cwd=folder))
        self.children[number] = (child, folder)
        return self._after(number, folder, child.answer())

    def _after(self, number: int, folder: str, message: Message) -> Message:
        if message["event"] not in LIVING:
            del self.children[number]
            shutil.rmtree(folder, ignore_errors=True)
        return message

    def _cache(self, key: str, request: Message) -> Message:
        """What became of a setup_cache: an earlier worker of this commit may have run it."""
        folder = cache_folder(self.caches, key)
        answer = folder + ".json"
        if not os.path.exists(answer):
            shutil.rmtree(folder, ignore_errors=True)
            os.mkdir(folder)
            filled = self._fill(folder, request)
            with open(answer, "w", encoding="utf-8") as file:
                json.dump(filled, file)
        with open(answer, encoding="utf-8") as file:
            return dict(json.load(file))

    def _fill(self, folder: str, request: Message) -> Message:
        timeout_s = request.get("setup_cache_timeout_s") or request["timeout_s"]
        request = dict(request, what="setup_cache", cwd=folder, timeout_s=timeout_s, process_tree=False)
        reply = self._start(request).answer()
        if reply["event"] == "filled":
            return {"folder": folder}
        text = reply.get("text", "") or "it timed out after {:g} s".format(timeout_s)
        failure = {"event": "setup_cache", "text": text, "output": reply["output"], "active_s": 0.0}
        return {"failure": failure}

    def _start(self, request: Message) -> Child:
        request = dict(request, cpu_affinity=self.cpus or None)

        def start(output_fd: int, read_fd: int, write_fd: int) -> int:
            if self.launch == "fork" and not wants_fresh(request):
                return fork_child(request, output_fd, read_fd, write_fd, self._held())
            return self.spawn(request, output_fd, read_fd, write_fd)

        return Child(request, start)

    def _held(self) -> List[int]:
        """The ends of every line that a forked child would hold open."""
        held = [(child.requests, child.replies) for child, _ in self.children.values()]
        return self.ends + [fd for pair in held for fd in pair]


def wants_fresh(request: Message) -> bool:
    """Whether a case is run in an interpreter that imported nothing but its own module."""
    own_name = request["benchmark"].rpartition(".")[2]
    return request.get("type") in FRESH_TYPES or own_name.startswith(FRESH_NAMES)


def cache_folder(caches: str, key: str) -> str:
    """Where what a setup_cache made is kept."""
    return os.path.join(caches, hashlib.sha256(key.encode("utf-8")).hexdigest()[:16])


def serve(suite: str, read_fd: int, write_fd: int, paths: List[str]) -> None:
    """Greet, then answer requests until the caller closes the line."""
    with os.fdopen(read_fd, "r", encoding="utf-8") as requests:
        wanted = json.loads(requests.readline())
        before = dict(os.environ)  # the suite's import may change it
        spawn = functools.partial(spawn_child, paths=paths, variables=before)
        started = time.perf_counter()
        errors = import_suite(suite)
        reason = fork_reason(wanted["launch"])
        server = Server(suite, spawn, "spawn" if reason else "fork", wanted, [read_fd, write_fd])
        hello = {"event": "hello", "protocol": PROTOCOL, "python": sys.version.split()[0]}
        hello.update(describe(suite))
        hello.update(import_errors=errors, launch=server.launch)
        hello.update(launch_reason=reason, import_s=time.perf_counter() - started)
        send(write_fd, hello)
        try:
            for line in requests:
                send(write_fd, server.handle(json.loads(line)))
        finally:
            server.close()
