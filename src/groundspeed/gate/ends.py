"""The two ends of a gate: which commits they are, and the environments in which both stand.

Owns what is refused before anything is measured: one commit at both ends, an end that does not build.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from groundspeed.errors import NothingMeasuredError
from groundspeed.measure import outside
from groundspeed.measure.discover import Preparing
from groundspeed.measure.place import build_of
from groundspeed.measure.plan import Step
from groundspeed.measure.workplace import Workplace, last_said
from groundspeed.measure.world import Screen, SystemClock
from groundspeed.records import Build, Commit, Environment, Failed
from groundspeed.suite.environments import Environments, Prepared


@dataclass(frozen=True, kw_only=True, slots=True)
class BothEnds:
    """Both commits, and who makes their environments."""

    base: Commit
    head: Commit
    environments: Preparing
    matrix: tuple[Environment, ...]


@contextlib.contextmanager
def both_ends(
    at: Workplace, environments: Environments, commits: tuple[Commit, Commit], *, worktree: bool
) -> Iterator[BothEnds]:
    """Base and head as they can be built; with ``worktree`` head is what its commit's working tree holds."""
    base, head = commits
    matrix = environments.matrix()
    if not worktree:
        if base.hash == head.hash:
            raise NothingMeasuredError(
                f"Base and head are both {head.short} ({head.subject}): there is nothing to compare. "
                "Name another base, or --worktree for what is not committed."
            )
        yield BothEnds(base=base, head=head, environments=environments, matrix=matrix)
        return
    at.screen.doing("building the working tree")
    with environments.worktree(matrix[0], head.hash) as made:
        tree = _working_tree(head, made)
        yield BothEnds(
            base=base,
            head=tree,
            environments=outside.Outside(
                environments=environments, commit=tree.hash, environment=matrix[0], made=made
            ),
            matrix=matrix[:1],
        )


def _working_tree(head: Commit, made: Prepared | Failed) -> Commit:
    """A commit that is none. The same content has the same hash: what was measured of it goes on counting."""
    identity = None if isinstance(made, Failed) else made.identity
    text = f"working tree {head.hash} {identity or secrets.token_hex(20)}"
    return Commit(
        hash=hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest(),
        parents=(head.hash,),
        date=head.date if identity else SystemClock().now(),
        author="",
        subject=f"working tree on {head.short}",
        tags=(),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Built:
    """An environment that stands at both ends."""

    environment: Environment
    base: Prepared
    head: Prepared

    @property
    def same(self) -> bool:
        """Whether both hold the same content, as far as one can know."""
        return self.base.identity is not None and self.base.identity == self.head.identity


@dataclass(frozen=True, kw_only=True, slots=True)
class Building:
    """The environments in which both ends stand, one at least, and the record of every attempt."""

    built: tuple[Built, ...]
    builds: tuple[Build, ...]


def build_both(ends: BothEnds, screen: Screen) -> Building:
    """Every environment that base builds. Raises ``NothingMeasuredError`` where head builds one of them not,
    or base none.
    """
    by_hash = {one.hash: one for one in (ends.base, ends.head)}
    screen.doing(f"building {', '.join(one.short for one in by_hash.values())}")
    started_at, started = SystemClock().now(), time.monotonic()
    made: dict[tuple[str, str], Prepared | Failed] = {}
    builds = []
    for one in ends.environments.prepare_many(
        [(commit, environment) for commit in by_hash for environment in ends.matrix]
    ):
        made[one.commit, one.environment.name] = one.result
        step = Step(commit=by_hash[one.commit], environment=one.environment, cases=(), second_look=False)
        builds.append(build_of(step, one.result, started_at, time.monotonic() - started))
    found = [_built(ends, environment, made, screen) for environment in ends.matrix]
    built = tuple(one for one in found if isinstance(one, Built))
    if not built:
        why = "; ".join(found_why for found_why in found if isinstance(found_why, str))
        raise NothingMeasuredError(f"There is nothing to compare: {why}")
    return Building(built=built, builds=tuple(builds))


def _built(
    ends: BothEnds,
    environment: Environment,
    made: Mapping[tuple[str, str], Prepared | Failed],
    screen: Screen,
) -> Built | str:
    """The environment at both ends, or why base has none of it."""
    base, head = (made[one.hash, environment.name] for one in (ends.base, ends.head))
    if isinstance(base, Failed):
        why = f"base {ends.base.short} does not build in {environment.name}: {last_said(base)}"
        screen.note(why)
        return why
    if isinstance(head, Failed):
        raise NothingMeasuredError(
            f"Head {ends.head.short} ({ends.head.subject}) does not build in {environment.name}, and base "
            f"does: {last_said(head)}"
        )
    return Built(environment=environment, base=base, head=head)
