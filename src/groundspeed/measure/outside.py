"""What is no commit: the working tree as it is now, or an environment that somebody else made.

Measured by the same session as commits, under a hash of its own, and recorded in the workspace: the
history of the project never holds what nobody can check out.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from groundspeed.config import Configuration
from groundspeed.history import History
from groundspeed.measure.discover import Preparing
from groundspeed.measure.host import Host
from groundspeed.measure.session import MeasuringSession, Report, Request, at_work
from groundspeed.measure.world import Screen, SystemClock
from groundspeed.records import Commit, Environment, Failed
from groundspeed.results.store import ResultStore
from groundspeed.suite.environments import Environments, Made, Prepared


def outside_results(configuration: Configuration) -> Path:
    """Where these measurements are recorded; ignored by git, safe to delete."""
    return configuration.workspace / "results"


def run_worktree(
    configuration: Configuration, host: Host, request: Request, variables: Mapping[str, str], screen: Screen
) -> Report:
    """Measure uncommitted code in a throw-away environment, and the commit it stands on beside it.

    Both are measured in this session, in turn, so that the difference is the change's. Raises as ``run``.
    """
    with at_work(configuration, variables) as (environments, locks):
        head = _head(configuration)
        (environment, *_) = environments.matrix()
        screen.doing("building the working tree")
        with environments.worktree(environment, head.hash) as made:
            commit = _named(f"working tree on {head.short}", parents=(head.hash,))
            outside = Outside(
                environments=environments, commit=commit.hash, environment=environment, made=made
            )
            session = _session(configuration, host, outside, screen, locks)
            return session.run(host, _all_of_it(request), (commit, head))


def run_existing(
    configuration: Configuration,
    host: Host,
    request: Request,
    variables: Mapping[str, str],
    screen: Screen,
    python: Path,
) -> Report:
    """Measure what is installed for an interpreter. Raises ``ConfigError`` when it does not run."""
    with at_work(configuration, variables) as (environments, locks):
        commit = _named(f"what is installed for {python}", parents=())
        made = environments.existing(python, _head(configuration).hash)
        environment = Environment(
            name=made.environment,
            python=made.environment.removeprefix("existing-py"),
            requirements={},
            env_vars={},
        )
        outside = Outside(environments=environments, commit=commit.hash, environment=environment, made=made)
        session = _session(configuration, host, outside, screen, locks)
        return session.run(host, _all_of_it(request), (commit,))


def _session(
    configuration: Configuration, host: Host, outside: Outside, screen: Screen, locks: contextlib.ExitStack
) -> MeasuringSession:
    return MeasuringSession(
        configuration=configuration,
        environments=outside,
        store=ResultStore(outside_results(configuration), host.machine.description),
        screen=screen,
        matrix=(outside.environment,),
        locks=locks,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Outside(Preparing):
    """Environments of commits, and one that was made of none."""

    environments: Environments
    commit: str
    environment: Environment
    made: Prepared | Failed

    def prepare(self, commit: str, environment: Environment) -> Prepared | Failed:
        """The environment of a commit, or the one that is none's under its own hash."""
        return self._own() if commit == self.commit else self.environments.prepare(commit, environment)

    def prepare_many(self, wanted: Sequence[tuple[str, Environment]]) -> Iterator[Made]:
        """Several at once."""
        if any(commit == self.commit for commit, _ in wanted):
            yield Made(commit=self.commit, environment=self.environment, result=self._own())
        yield from self.environments.prepare_many([one for one in wanted if one[0] != self.commit])

    def _own(self) -> Prepared | Failed:
        return self.made if isinstance(self.made, Failed) else replace(self.made, commit=self.commit)


def _all_of_it(request: Request) -> Request:
    """Nothing recorded counts: what is compared is measured side by side."""
    return replace(request, selection=replace(request.selection, again=True, carry=False))


def _head(configuration: Configuration) -> Commit:
    history = History.open(configuration.suite.repo_path)
    hash_ = history.resolve("HEAD")
    return history.known([hash_])[hash_]


def _named(subject: str, parents: tuple[str, ...]) -> Commit:
    """A commit that is none: its hash is nobody's."""
    return Commit(
        hash=secrets.token_hex(20),
        parents=parents,
        date=SystemClock().now(),
        author="",
        subject=subject,
        tags=(),
    )
