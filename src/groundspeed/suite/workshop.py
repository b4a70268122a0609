"""Builders for one configured suite: what they are told, what they see of the shell, and how they end.

Owns the orders and the builds that run; keeps nothing of what they make.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from groundspeed.config import Configuration
from groundspeed.records import Environment
from groundspeed.suite import cache, engines, isolation
from groundspeed.suite.builder import Order
from groundspeed.suite.building import Build

# What asv.conf.json says of how a commit becomes an environment.
_RECIPE = (
    "build_command install_command uninstall_command repo_subdir conda_channels conda_environment_file"
).split()


class Workshop:
    """Where builders are started. Ended once, it answers nothing more and starts none."""

    def __init__(self, configuration: Configuration, outer: Mapping[str, str], home: Path) -> None:
        self._configuration = configuration
        self._search_path = outer.get("PATH", os.defpath)
        self.variables = isolation.build_variables(outer, home, configuration.project.passed_variables)

    def ask(self, do: str) -> tuple[dict[str, Any], str]:
        """Have the builder do what concerns no commit; its answer and what it printed."""
        nothing = Environment(name="", python="", requirements={}, env_vars={})
        return Crew().run(self, self.order(do, "", nothing, self._configuration.workspace / "none"))

    def order(
        self, do: str, commit: str, environment: Environment, folder: Path, worktree: Path | None = None
    ) -> Order:
        """The order for one commit's environment in ``folder``, or for its working tree's."""
        uv = isolation.find_uv()
        settings = self._configuration.project.environment
        return Order(
            do=do,
            config=str(self._configuration.suite.path),
            folder=str(folder),
            wheels=str(cache.wheels_folder(self._configuration.workspace)),
            uv=str(uv) if uv else None,
            environment=environment.name,
            commit=commit,
            ignored=settings.ignored,
            lock=settings.lock,
            lock_of_commit=settings.lock_from == "commit",
            worktree=str(worktree) if worktree else None,
        )

    def start(self, order: Order) -> Build:
        """Start a builder."""
        path = self._interpreters()
        if order.uv:  # asv's own uv class looks for it there
            path = f"{path}{os.pathsep}{Path(order.uv).parent}"
        return Build(order, self._configuration.suite.root, {**self.variables, "PATH": path})

    def recipe(self) -> str:
        """A digest of how commits become environments: one that was made otherwise is made again."""
        suite, settings = self._configuration.suite, self._configuration.project.environment
        lock = suite.root / settings.lock if settings.lock and settings.lock_from != "commit" else None
        stated = {
            **{key: suite.raw.get(key) for key in _RECIPE},
            "lock": [
                settings.lock,
                settings.lock_from,
                lock.read_text() if lock and lock.is_file() else None,
            ],
            "ignored": settings.ignored,
        }
        return hashlib.sha256(json.dumps(stated, sort_keys=True, default=str).encode()).hexdigest()

    def _interpreters(self) -> str:
        """The search path with the real interpreters first, so that asv finds no version manager."""
        suite = self._configuration.suite
        pythons: Sequence[Any] = suite.raw.get("pythons") or ()
        if engines.brings_pythons(suite):
            return self._search_path
        folders = [
            str(isolation.find_interpreter(version, self._search_path).parent)
            for version in pythons
            if isinstance(version, str) and version[:1].isdigit()
        ]
        return os.pathsep.join([*dict.fromkeys(folders), self._search_path])


class Crew:
    """Builds that run at the same time, and end together."""

    def __init__(self) -> None:
        self._running: set[Build] = set()
        self._lock = threading.Lock()
        self.over = False

    def run(self, workshop: Workshop, order: Order) -> tuple[dict[str, Any], str]:
        """Start a builder and wait for its answer; after ``end`` there is none."""
        with self._lock:
            if self.over:
                return {}, ""
            build = workshop.start(order)
            self._running.add(build)
        try:
            return build.answer()
        finally:
            with self._lock:
                self._running.discard(build)

    def end(self) -> None:
        """End what runs, with everything that it started, and start no more."""
        with self._lock:
            self.over = True
            running = list(self._running)
        for build in running:
            build.end()
