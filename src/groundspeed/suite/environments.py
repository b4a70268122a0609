"""One environment per commit, kept under ``.groundspeed/environments`` and made on demand.

Owns the cache of environments and the processes that make them (``builder``); knows nothing of
what is measured in them.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundspeed.config import Configuration
from groundspeed.errors import ConfigError
from groundspeed.records import Environment, Failed, FailureKind
from groundspeed.suite import isolation

KEPT = 12  # environments; one takes 5-20 MB of its own beside what uv links from its cache
_LOG_KEPT = 12_000  # characters of a failed build's log: the end says why
_READY = "ready.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """A commit's environment that stands: its interpreter and the variables of its workers.

    ``build_s`` is what it took to make it, whenever that was.
    """

    commit: str
    environment: str
    python: Path
    variables: Mapping[str, str]
    dependencies: tuple[str, ...]
    build_s: float


class Environments:
    """The environments of one configured suite. Not safe for two at once: callers hold the lock."""

    def __init__(self, configuration: Configuration, outer: Mapping[str, str]) -> None:
        self._configuration = configuration
        self._folder = configuration.workspace / "environments"
        self._home = isolation.make_home(configuration.workspace)
        passed = configuration.project.passed_variables
        self._for_builds = isolation.build_variables(outer, self._home, passed)
        self._for_workers = isolation.worker_variables(outer, self._home, passed)
        self._redact = isolation.redaction(configuration.suite.root, configuration.workspace)
        self._failures: dict[tuple[str, str], Failed] = {}
        self._search_path = outer.get("PATH", os.defpath)

    def fetch(self) -> None:
        """Clone the remote repository that asv.conf.json names, or bring the clone up to date.

        Raises ``ConfigError`` when it cannot be reached.
        """
        answer, log = self._call({"do": "fetch", "folder": str(self._folder / "none")})
        if "fetched" not in answer:
            suite = self._configuration.suite
            reason = answer.get("failure") or log
            raise ConfigError(f'{suite.path}: "repo": {suite.repo} cannot be fetched: {reason}')

    def matrix(self) -> tuple[Environment, ...]:
        """Every environment that asv.conf.json asks for, under asv's names.

        Raises ``ConfigError`` when asv cannot make any of them here.
        """
        answer, log = self._call({"do": "list", "folder": str(self._folder / "none")})
        found = answer.get("environments")
        if not found:
            reason = answer.get("failure") or log or "asv names none"
            raise ConfigError(f"{self._configuration.suite.path}: no environment can be made here: {reason}")
        return tuple(
            Environment(
                name=one["name"],
                python=one["python"],
                requirements=one["requirements"],
                env_vars=one["env_vars"],
            )
            for one in found
        )

    def prepare(self, commit: str, environment: Environment) -> Prepared | Failed:
        """The environment with this commit installed: from the cache, else made now.

        A failure is remembered as long as this object lives: who asks again gets the same answer.
        """
        known = self._failures.get((commit, environment.name))
        if known is not None:
            return known
        folder = self._folder / commit[:12] / environment.name
        ready = folder / _READY
        if not ready.is_file():
            shutil.rmtree(folder, ignore_errors=True)  # what a killed run left half made
            folder.mkdir(parents=True)
            started = time.monotonic()
            answer, log = self._call(
                {"do": "build", "folder": str(folder), "environment": environment.name, "commit": commit}
            )
            if "built" not in answer:
                shutil.rmtree(folder, ignore_errors=True)
                text = f"{log}\n{answer.get('failure', 'the build ended without an answer')}".strip()
                failed = Failed(kind=FailureKind.NOT_BUILT, text=self._redact(text)[-_LOG_KEPT:])
                self._failures[commit, environment.name] = failed
                return failed
            _write_whole(ready, {**answer["built"], "build_s": time.monotonic() - started})
        os.utime(ready)
        return self._prepared(commit, environment, json.loads(ready.read_text(encoding="utf-8")))

    def sweep(self, keep: int = KEPT) -> None:
        """Remove all but the environments used last."""
        ready = sorted(
            self._folder.glob(f"*/*/{_READY}"), key=lambda path: path.stat().st_mtime, reverse=True
        )
        for path in ready[keep:]:
            shutil.rmtree(path.parent, ignore_errors=True)
            with contextlib.suppress(OSError):  # another environment of the commit is kept
                path.parent.parent.rmdir()

    def _prepared(self, commit: str, environment: Environment, built: dict[str, Any]) -> Prepared:
        python = Path(built["python"])
        path = f"{python.parent}{os.pathsep}{self._for_workers.get('PATH', os.defpath)}"
        return Prepared(
            commit=commit,
            environment=environment.name,
            python=python,
            variables={**self._for_workers, **built["variables"], "PATH": path},
            dependencies=tuple(built["dependencies"]),
            build_s=built["build_s"],
        )

    def _call(self, request: dict[str, Any]) -> tuple[dict[str, Any], str]:
        """Run the builder; return its answer (empty when it died) and what it printed."""
        uv = isolation.find_uv()
        suite = self._configuration.suite
        request = {**request, "config": str(suite.path), "uv": str(uv) if uv else None}
        return _builder(request, suite.root, {**self._for_builds, "PATH": self._interpreters()})

    def _interpreters(self) -> str:
        """The search path with the real interpreters first, so that asv finds no version manager."""
        pythons: Sequence[Any] = self._configuration.suite.raw.get("pythons") or ()
        folders = [
            str(isolation.find_interpreter(version, self._search_path).parent)
            for version in pythons
            if isinstance(version, str) and version[:1].isdigit()
        ]
        return os.pathsep.join([*dict.fromkeys(folders), self._search_path])


def _builder(request: dict[str, Any], root: Path, variables: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    read_fd, write_fd = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "groundspeed.suite.builder", str(write_fd)],
        cwd=root,
        env={**variables, "PYTHONPATH": os.pathsep.join(_our_paths())},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=[write_fd],
        start_new_session=True,
    )
    os.close(write_fd)
    try:
        output, _ = process.communicate(json.dumps(request).encode())
        with os.fdopen(read_fd, encoding="utf-8") as line:
            text = line.read()
    finally:
        if process.poll() is None:  # interrupted: nothing of the build goes on
            os.killpg(process.pid, 9)
            process.wait()
    return (json.loads(text) if text else {}), output.decode("utf-8", "replace")


def _our_paths() -> list[str]:
    """Where this very groundspeed and its asv lie: the builder runs them, whatever is on its path."""
    return [path for path in sys.path if path and Path(path).is_dir()]


def _write_whole(path: Path, value: dict[str, Any]) -> None:
    beside = path.with_suffix(f".{os.getpid()}.{time.monotonic_ns()}")
    beside.write_text(json.dumps(value), encoding="utf-8")
    beside.replace(path)
