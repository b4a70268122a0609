"""What a project says of names that changed: ``[renamed]`` and ``[parameters]`` of groundspeed.toml.

Owns which name a benchmark bears now. Knows no results: whether a name was ever measured is theirs to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from groundspeed.config.table import Table, kind_of
from groundspeed.errors import ConfigError

_MOST = 100  # names that one benchmark bore: more are prefixes that lead to longer and longer names


@dataclass(frozen=True, kw_only=True, slots=True)
class StatedRenames:
    """``names`` map an old name to a newer one, a prefix that ends in a dot (a module, a class) to another.

    ``defaults`` hold, by a benchmark's present name, the parameters that came later, in the order they
    came, each with the value that results from before have: asv's ``repr``, or its plain text.
    """

    names: Mapping[str, str]
    defaults: Mapping[str, Mapping[str, str]]

    def __bool__(self) -> bool:
        return bool(self.names or self.defaults)

    def present(self, benchmark: str) -> str:
        """The name that a benchmark bears now. Raises ValueError naming the round when names go in one."""
        return self.trail(benchmark)[-1]

    def trail(self, benchmark: str) -> tuple[str, ...]:
        """Every name of a benchmark from this one on, the present one last."""
        found = [benchmark]
        while (rule := self.rule(found[-1])) is not None:
            after = self.names[rule] + found[-1].removeprefix(rule)
            if after in found or len(found) > _MOST:
                raise ValueError(f"{' → '.join([*found, after])} never ends")
            found.append(after)
        return tuple(found)

    def rule(self, name: str) -> str | None:
        """Which of ``names`` speaks of a name: the whole name, else the longest prefix; None where none."""
        if name in self.names:
            return name
        return max(
            (old for old in self.names if old.endswith(".") and name.startswith(old)), key=len, default=None
        )


def read_renames(renamed: Table, parameters: Table) -> StatedRenames:
    """Both tables. Raises ``ConfigError``."""
    names = {old: _new(renamed, old) for old in renamed.values}
    stated = StatedRenames(names=names, defaults={})
    for old in names:
        _present(stated, old, f'{renamed.file}: "{renamed.path}"')
    defaults: dict[str, Mapping[str, str]] = {}
    for name in parameters.values:
        inner = parameters.table(name)
        present = _present(stated, name, f'{parameters.file}: "{parameters.path}.{name}"')
        if present in defaults:
            raise ConfigError(
                f'{parameters.file}: "{parameters.path}" speaks of {present} twice, '
                "by an older name as well: keep one table."
            )
        defaults[present] = {one: _value(inner, one) for one in inner.values}
    return StatedRenames(names=names, defaults=defaults)


def _new(renamed: Table, old: str) -> str:
    new = renamed.get(old, str) or ""
    where = f'{renamed.file}: "{renamed.path}"."{old}"'
    if not old.strip(".") or not new.strip("."):
        raise ConfigError(f"{where} must name two benchmarks, or two prefixes that end in a dot.")
    if old.endswith(".") != new.endswith("."):
        raise ConfigError(
            f'{where} = "{new}": a prefix becomes a prefix and a name a name; '
            "end both in a dot (a module, a class) or neither (a benchmark)."
        )
    if "@" in old or "@" in new or "(" in old or "(" in new:
        raise ConfigError(
            f'{where} = "{new}": name benchmarks, without metric and parameters; they follow their benchmark.'
        )
    if old.endswith(".") and new.startswith(old):
        raise ConfigError(
            f'{where} = "{new}": what it leads to begins with "{old}" again. Name the benchmarks one by one.'
        )
    return new


def _present(stated: StatedRenames, name: str, where: str) -> str:
    try:
        return stated.present(name)
    except ValueError as error:
        raise ConfigError(f"{where}: {error}. A benchmark has one present name: take one out.") from error


def _value(table: Table, parameter: str) -> str:
    """The text asv would store: numbers and truth values are written as Python does."""
    value = table.values[parameter]
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return repr(value)
    raise ConfigError(
        f'{table.file}: "{table.path}.{parameter}" must be one value of the parameter, not {kind_of(value)}.'
    )
