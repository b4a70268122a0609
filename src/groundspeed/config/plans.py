"""``[plan.NAME]`` of groundspeed.toml: which gains optimisations shall bring, between which commits.

Owns the text of an expectation. A case against another of the same commit is a target (config/targets.py);
what a case gained between two commits, and whether that is enough, the results say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from groundspeed import units
from groundspeed.config.globs import names, split_key
from groundspeed.config.table import Table, kind_of
from groundspeed.config.targets import Relation, ShareOf, Target
from groundspeed.errors import ConfigError
from groundspeed.records import Case

_CHANGE = re.compile(r"\s*([-+\u2212])\s*(\d.*?)\s*")
_AGAINST = re.compile(r"(\S.*?)\s+against\s+(\S.*)")
_EXAMPLE = '"thoughts.Copy" = "-50 %"'
_ENDS = ("base", "head")  # no case is named so: each has a module and a function, with a dot between


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """A gain between two commits: head over base stands so to ``share``. ``where`` is for errors.

    ``key`` is the entry as written, ``text`` the change: ``-50 %``.
    """

    where: str
    key: str
    glob: str
    metric: str
    relation: Relation
    share: float
    text: str

    def means(self, case: Case, metric: str) -> bool:
        """Whether a case's metric is meant; the name of a class means every benchmark in it."""
        return metric == self.metric and (names(self.glob, case) or names(f"{self.glob}.*", case))


@dataclass(frozen=True, kw_only=True, slots=True)
class Against:
    """A case against another one of the same commit: ``target`` says the same as a limit."""

    key: str
    text: str
    target: Target

    @property
    def relation(self) -> Relation:
        """How the share must stand to the expected one."""
        return self.target.relation


Entry = Expected | Against
"""A gain between two commits, or between two cases of one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StatedPlan:
    """Its entries, in the order of the file, and the revisions between which they are expected.

    ``base`` None where the plan names no commit before the optimisation, ``head`` None for the newest one.
    """

    name: str
    base: str | None
    head: str | None
    entries: tuple[Entry, ...]


def read_plans(table: Table) -> tuple[StatedPlan, ...]:
    """The plans: ``"CASE" = "-50 %"``, ``"CASE against CASE" = "-50 %"``, ``base`` and ``head`` revisions.

    Raises ``ConfigError``.
    """
    for name, value in table.values.items():
        if not isinstance(value, dict) or not value.keys() - _ENDS:
            raise ConfigError(
                f'{table.file}: "{table.path}.{name}" must be a table of expected gains such as '
                f"{_EXAMPLE}, not {'one without any' if isinstance(value, dict) else kind_of(value)}."
            )
    return tuple(_plan(name, table.table(name)) for name in table.values)


def _plan(name: str, table: Table) -> StatedPlan:
    base, head = (table.parsed(one, _revision) for one in _ENDS)
    return StatedPlan(name=name, base=base, head=head, entries=tuple(_entries(table)))


def _revision(text: str) -> str:
    """A name of a commit; which one, git knows. Raises ValueError."""
    if not text.strip():
        raise ValueError("it names no commit; write a revision as git does, such as v1.2")
    return text.strip()


def _entries(table: Table) -> Iterator[Entry]:
    for key in table.values:
        if key in _ENDS:
            continue
        where = f'{table.file}: {table.path}."{key}"'
        text = table.get(key, str) or ""
        relation, share = _change(where, text)
        against = _AGAINST.fullmatch(key)
        named = against[1] if against else key
        glob, metric = split_key(named)
        if not glob:
            raise ConfigError(f"{where} names no case. Write {_EXAMPLE}.")
        written = " ".join(text.split())
        if against:
            case, other = split_key(against[2])
            target = Target(
                where=where,
                key=named,
                glob=glob,
                metric=metric,
                relation=relation,
                bound=ShareOf(share=share, case=case, metric=other),
                text=written,
            )
            yield Against(key=key, text=written, target=target)
            continue
        yield Expected(
            where=where,
            key=key,
            glob=glob,
            metric=metric,
            relation=relation,
            share=share,
            text=written,
        )


def _change(where: str, text: str) -> tuple[Relation, float]:
    """``-50 %`` is at most a half, ``+30 %`` at least 1.3 times as much."""
    match = _CHANGE.fullmatch(text)
    try:
        change = units.parse(match[2]) if match else None
    except ValueError:
        change = None
    if match is None or change is None or change.unit or not change.value > 0:
        raise ConfigError(f'{where} = "{text}" is no change. Write {_EXAMPLE}, or "+30 %" for a rate.')
    if match[1] == "+":
        return Relation.AT_LEAST, 1 + change.value
    if change.value >= 1:
        raise ConfigError(f'{where} = "{text}": nothing loses all of itself, or more.')
    return Relation.AT_MOST, 1 - change.value
