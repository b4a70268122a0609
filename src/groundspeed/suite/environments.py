"""One environment per commit, kept under ``.groundspeed/environments`` and made on demand.

Owns what is made when, and what a made environment is to its callers; the making is the builder's, the
keeping is ``cache``'s. Knows nothing of what is measured in them.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from groundspeed.config import Configuration
from groundspeed.disk import lack_of_room
from groundspeed.errors import ConfigError, StorageError
from groundspeed.records import Environment, Failed, FailureKind
from groundspeed.suite import cache, engines, isolation
from groundspeed.suite.builder import Order
from groundspeed.suite.building import failure_text
from groundspeed.suite.workshop import Crew, Workshop

MOST_BUILDS = 8  # at once; beyond it the index and the disk are what is waited for


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """A commit's environment that stands: its interpreter and the variables of its workers.

    ``build_s`` is what it took to make it, whenever that was; ``identity`` is equal for environments that
    hold the same content (docs/environments.md), None where that cannot be known.
    """

    commit: str
    environment: str
    python: Path
    variables: Mapping[str, str]
    dependencies: tuple[str, ...]
    identity: str | None
    build_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """What became of one of several environments asked for at once."""

    commit: str
    environment: Environment
    result: Prepared | Failed


class Environments:
    """The environments of one configured suite. Not safe for two at once: callers hold the lock.

    What it prepared stays until ``release`` or ``close``, whatever the bounds of the cache say.
    """

    def __init__(self, configuration: Configuration, outer: Mapping[str, str]) -> None:
        self._configuration = configuration
        self._workspace = configuration.workspace
        self._home = isolation.make_home(self._workspace)
        passed = configuration.project.passed_variables
        self._for_workers = isolation.worker_variables(outer, self._home, passed)
        self._workshop = Workshop(configuration, outer, self._home)
        self._redact = isolation.redaction(configuration.suite.root, self._workspace)
        self._failures: dict[tuple[str, str], Failed] = {}
        self._in_use: set[Path] = set()

    # --- the matrix ------------------------------------------------------------------------------

    def fetch(self) -> None:
        """Clone the remote repository that asv.conf.json names, or bring the clone up to date.

        Raises ``ConfigError`` when it cannot be reached.
        """
        answer, log = self._workshop.ask("fetch")
        if "fetched" not in answer:
            suite = self._configuration.suite
            reason = failure_text(answer, log, self._redact)
            raise ConfigError(f'{suite.path}: "repo": {suite.repo} cannot be fetched: {reason}')

    def matrix(self) -> tuple[Environment, ...]:
        """Every environment that asv.conf.json asks for, under asv's names.

        Raises ``ConfigError`` when what makes them is not here, or asv cannot make any of them.
        """
        suite = self._configuration.suite
        engines.require(self._configuration, self._workshop.variables, isolation.find_uv())
        answer, log = self._workshop.ask("list")
        found = answer.get("environments")
        if not found:
            reason = answer.get("failure") or log or "asv names none"
            raise ConfigError(f"{suite.path}: no environment can be made here: {reason}")
        return tuple(Environment(**one) for one in found)

    # --- commits ---------------------------------------------------------------------------------

    def prepare(self, commit: str, environment: Environment) -> Prepared | Failed:
        """The environment with this commit installed: from the cache, else made now.

        A failure is remembered as long as this object lives: who asks again gets the same answer.
        """
        (made,) = self.prepare_many([(commit, environment)])
        return made.result

    def prepare_many(
        self, wanted: Sequence[tuple[str, Environment]], workers: int | None = None
    ) -> Iterator[Made]:
        """Several at once, each as soon as it stands. Never while something is being measured.

        ``workers`` bounds the builds at a time; None means ``at_once()``.
        Whoever stops asking (Ctrl-C, an error, ``close`` of the iterator) ends the builds that run, and
        nothing of them is left. Raises ``StorageError`` where the disk is full: no commit's failure.
        """
        missing: dict[tuple[str, str], Environment] = {}
        for commit, environment in wanted:
            known = self._known(commit, environment)
            if known is None:
                missing[commit, environment.name] = environment
            else:
                yield Made(commit=commit, environment=environment, result=known)
        if missing:
            if self._configuration.suite.is_remote and not self._configuration.suite.repo_path.is_dir():
                self.fetch()  # two builds must not clone it at once
            jobs = {(commit, one.name): (commit, one) for (commit, _), one in missing.items()}
            yield from self._make_all(list(jobs.values()), workers or at_once())

    def release(self, prepared: Prepared) -> None:
        """It is not needed any more in this session: the cache may remove it."""
        self._in_use.discard(self._folder(prepared.commit, prepared.environment))

    def sweep(self) -> cache.Freed:
        """Hold the cache within the configuration's bounds, and remove what a killed run left."""
        settings = self._configuration.project.environment
        age = timedelta(seconds=settings.cache_age_s)
        limits = cache.Limits(size_bytes=settings.cache_bytes, age=age, results_age=age)
        return cache.clean(self._workspace, limits, self._in_use)

    def close(self) -> None:
        """The session is over: throw-away environments go, and the bounds of the cache hold for all."""
        self._in_use.clear()
        self.sweep()

    # --- what is no commit -----------------------------------------------------------------------

    def existing(self, python: Path, commit: str) -> Prepared:
        """An installed environment, measured as it is and taken for ``commit``.

        Raises ``ConfigError`` when the interpreter does not run or is older than 3.8.
        """
        path = Path(os.path.abspath(python))  # noqa: PTH100 -- a venv's python is a link that must not be followed
        started = time.monotonic()
        inventory = isolation.read_inventory(path)
        version = ".".join(map(str, inventory["version"]))
        suite = self._configuration.suite
        name = f"existing-py{version}"
        variables = {
            "ASV": "true",
            "ASV_PROJECT": suite.project,
            "ASV_CONF_DIR": str(suite.root),
            "ASV_ENV_NAME": name,
            "ASV_ENV_TYPE": "existing",
            "ASV_COMMIT": commit,
        }
        built = {"python": str(path), "variables": variables, "identity": None, **inventory}
        return self._prepared(commit, name, {**built, "build_s": time.monotonic() - started})

    @contextlib.contextmanager
    def worktree(self, environment: Environment, commit: str) -> Iterator[Prepared | Failed]:
        """The working tree as it is, uncommitted changes included, in an environment that goes afterwards.

        ``commit`` is the one that it stands on. Raises ``ConfigError`` for a repository without one.
        """
        suite = self._configuration.suite
        if suite.is_remote or not (suite.repo_path / ".git").exists():
            raise ConfigError(
                f'{suite.path}: "repo": {suite.repo} has no working tree to measure. '
                "Run this in a clone, or measure a commit."
            )
        folder = cache.worktrees_folder(self._workspace) / secrets.token_hex(4) / environment.name
        self._in_use.add(folder)
        try:
            (made,) = self._make_all([(commit, environment)], 1, folder, suite.repo_path)
            yield made.result
        finally:
            self._in_use.discard(folder)
            cache.remove(folder)

    # --- making ----------------------------------------------------------------------------------

    def _known(self, commit: str, environment: Environment) -> Prepared | Failed | None:
        failed = self._failures.get((commit, environment.name))
        folder = self._folder(commit, environment.name)
        ready = cache.read_ready(folder)
        if failed is not None or ready is None or ready["recipe"] != self._workshop.recipe():
            return failed
        os.utime(folder / cache.READY)
        self._in_use.add(folder)
        return self._prepared(commit, environment.name, ready)

    def _make_all(
        self,
        jobs: Sequence[tuple[str, Environment]],
        workers: int,
        folder: Path | None = None,
        worktree: Path | None = None,
    ) -> Iterator[Made]:
        crew, pool = Crew(), ThreadPoolExecutor(max_workers=workers)

        def make(commit: str, environment: Environment) -> Made:
            into = folder or self._folder(commit, environment.name)
            order = self._workshop.order("build", commit, environment, into, worktree)
            return Made(commit=commit, environment=environment, result=self._make(order, into, crew))

        try:
            for future in as_completed([pool.submit(make, *job) for job in jobs]):
                yield future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            crew.end()
            pool.shutdown(wait=True)

    def _make(self, order: Order, folder: Path, crew: Crew) -> Prepared | Failed:
        cache.remove(folder)  # what a killed run left half made, or another recipe
        self._in_use.add(folder)
        started = time.monotonic()
        try:
            folder.mkdir(parents=True)
            answer, log = crew.run(self._workshop, order)
            if "built" in answer:
                facts = {"commit": order.commit, "recipe": self._workshop.recipe()}
                ready = {**answer["built"], **facts, "build_s": time.monotonic() - started}
                cache.write_ready(folder, ready)
                return self._prepared(order.commit, order.environment, ready)
        except OSError as error:
            self._unmake(folder)
            raise _refused(folder, error.strerror or str(error)) from error
        failed = Failed(kind=FailureKind.NOT_BUILT, text=failure_text(answer, log, self._redact))
        no_room = lack_of_room(failed.text, self._workspace, Path(tempfile.gettempdir()))
        self._unmake(folder)
        if no_room and not crew.over:  # the host's failure, not the commit's: it is not recorded
            raise _refused(folder, no_room)
        if order.worktree is None and not crew.over:
            self._failures[order.commit, order.environment] = failed
        return failed

    def _unmake(self, folder: Path) -> None:
        cache.remove(folder)
        self._in_use.discard(folder)

    def _prepared(self, commit: str, environment: str, built: Mapping[str, Any]) -> Prepared:
        python = Path(built["python"])
        path = f"{python.parent}{os.pathsep}{self._for_workers.get('PATH', os.defpath)}"
        return Prepared(
            commit=commit,
            environment=environment,
            python=python,
            variables={**self._for_workers, **built["variables"], "PATH": path},
            dependencies=tuple(built["dependencies"]),
            identity=built["identity"],
            build_s=built["build_s"],
        )

    def _folder(self, commit: str, environment: str) -> Path:
        return cache.environments_folder(self._workspace) / commit[:12] / environment


def _refused(folder: Path, why: str) -> StorageError:
    return StorageError(
        f"The environment {folder} could not be written: {why}. What was recorded before is whole; make room "
        "there and where temporary files lie (groundspeed env clean --all), then run again."
    )


def at_once() -> int:
    """How many builds run at a time: one for each processor that is ours, MOST_BUILDS at most."""
    affinity = getattr(os, "sched_getaffinity", None)
    return min(len(affinity(0)) if affinity else os.cpu_count() or 1, MOST_BUILDS)
