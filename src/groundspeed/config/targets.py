"""``[targets]`` of groundspeed.toml: which limit a metric of a case must keep, on every machine or on one.

Owns the text of a limit. Whether its unit is the metric's, and whether it is kept, the results say.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from groundspeed import units
from groundspeed.config.globs import split_key
from groundspeed.config.table import Table, kind_of
from groundspeed.errors import ConfigError
from groundspeed.units import Quantity

_LIMIT = re.compile(r"\s*(<=|>=|<|>)\s*(.+?)\s*", re.DOTALL)
_SHARE = re.compile(r"(.+?)\s+of\s+(\S.*)", re.DOTALL)
_SIZED = re.compile(r"(.+?)\s+at\s+(\S.*)", re.DOTALL)
_EXAMPLES = '"< 80 ms", "> 800 /s", "< 60 s at 1 GB" or "< 50 % of module.Class.time_other"'


class Relation(StrEnum):
    """How a value must stand to its limit."""

    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="

    def holds(self, value: float, limit: float) -> bool:
        """Whether it does."""
        return bool(_HOLDS[self](value, limit))

    @property
    def is_upper(self) -> bool:
        """Whether the limit lies above."""
        return self in (Relation.LESS, Relation.AT_MOST)


_HOLDS = {
    Relation.LESS: operator.lt,
    Relation.AT_MOST: operator.le,
    Relation.MORE: operator.gt,
    Relation.AT_LEAST: operator.ge,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Amount:
    """A limit that is a quantity."""

    quantity: Quantity


@dataclass(frozen=True, kw_only=True, slots=True)
class AtSize:
    """A limit that is a quantity, for what the growth of the benchmark comes to at a size."""

    quantity: Quantity
    size: Quantity
    size_text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ShareOf:
    """A limit that is a share of another case's metric: of ``case`` as written, which without
    parentheses is the case of that benchmark with the same parameters.
    """

    share: float
    case: str
    metric: str


Bound = Amount | AtSize | ShareOf


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """One limit. ``where`` says where it stands, for errors; ``text`` is the limit as written."""

    where: str
    key: str
    glob: str
    metric: str
    relation: Relation
    bound: Bound
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class StatedTargets:
    """The targets of every machine, and those of one alone, by its name."""

    general: tuple[Target, ...]
    by_machine: Mapping[str, tuple[Target, ...]]

    def of(self, machine: str) -> tuple[Target, ...]:
        """What a machine must keep: a key that it has of its own replaces the general one."""
        own = self.by_machine.get(machine, ())
        replaced = {one.key for one in own}
        return (*(one for one in self.general if one.key not in replaced), *own)


def read_targets(table: Table) -> StatedTargets:
    """The table: ``"case@metric" = "< LIMIT"`` or a list of limits, and a table of the same for a machine.

    Raises ``ConfigError``.
    """
    machines = [key for key, value in table.values.items() if isinstance(value, dict)]
    return StatedTargets(
        general=tuple(
            target for key in table.values if key not in machines for target in _of_key(table, key)
        ),
        by_machine={name: _of_machine(table.table(name)) for name in machines},
    )


def _of_machine(table: Table) -> tuple[Target, ...]:
    for key, value in table.values.items():
        if isinstance(value, dict):
            raise ConfigError(
                f'{table.file}: "{table.path}.{key}" is a table. Below a machine\'s name stand limits; '
                "write the name of a benchmark in quotation marks, or TOML takes its dots for tables."
            )
    return tuple(target for key in table.values for target in _of_key(table, key))


def _of_key(table: Table, key: str) -> list[Target]:
    where = f'{table.file}: {table.path}."{key}"'
    value = table.values[key]
    texts = value if isinstance(value, list) else [value]
    if not texts or not all(isinstance(one, str) for one in texts):
        raise ConfigError(f"{where} must be a limit such as {_EXAMPLES}, not {kind_of(value)}.")
    return [_target(where, key, one) for one in texts]


def _target(where: str, key: str, text: str) -> Target:
    match = _LIMIT.fullmatch(text)
    glob, metric = split_key(key)
    if match is None or not glob:
        raise ConfigError(f'{where} = "{text}" is no limit. Write {_EXAMPLES}.')
    try:
        bound = _bound(match[2])
    except ValueError as error:
        raise ConfigError(f'{where} = "{text}": {error}.') from error
    return Target(
        where=where,
        key=key,
        glob=glob,
        metric=metric,
        relation=Relation(match[1]),
        bound=bound,
        text=" ".join(text.split()),
    )


def _bound(text: str) -> Bound:
    if match := _SHARE.fullmatch(text):
        share = units.parse_amount(match[1])
        if share.unit or share.value <= 0:
            raise ValueError(f"{match[1]!r} is not a share such as 50 % or 0.5")
        case, metric = split_key(match[2])
        return ShareOf(share=share.value, case=case, metric=metric)
    if match := _SIZED.fullmatch(text):
        size = units.parse(match[2])
        if size.unit not in ("bytes", "") or size.value <= 0:
            raise ValueError(f"{match[2]!r} is not a size such as 1 GB or 10000")
        return AtSize(quantity=units.parse_amount(match[1]), size=size, size_text=match[2])
    return Amount(quantity=units.parse_amount(text))
