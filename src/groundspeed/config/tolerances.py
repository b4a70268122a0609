"""[tolerance] of groundspeed.toml: the change that is ignored, for all cases and for those a glob names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from groundspeed import units
from groundspeed.config.globs import names, split_key
from groundspeed.config.table import Table
from groundspeed.errors import ConfigError
from groundspeed.records import Case

DEFAULT = 0.05
"""The change that a project is willing to ignore, unless it says otherwise."""

_KEY = "default"


@dataclass(frozen=True, kw_only=True, slots=True)
class Tolerance:
    """What is ignored of the cases that ``glob`` means; ``metric`` is empty where every metric is meant."""

    glob: str
    metric: str
    share: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Tolerances:
    """``default``, and what departs from it, in the order of the file."""

    default: float = DEFAULT
    stated: Sequence[Tolerance] = ()

    def of(self, case: Case, metric: str) -> float:
        """What is ignored of a case's metric: the last that means it decides."""
        return next(
            (
                one.share
                for one in reversed(self.stated)
                if one.metric in ("", metric) and names(one.glob, case)
            ),
            self.default,
        )


def read_tolerances(table: Table) -> Tolerances:
    """``default`` and globs on cases, each with a share. Raises ``ConfigError``."""
    stated = []
    for key in table.values:
        share = table.parsed(key, units.parse_share)
        if share is None:
            raise ConfigError(f'{table.file}: "{table.path}.{key}" must be a share such as "5 %".')
        if key != _KEY:
            glob, metric = split_key(key)
            stated.append(Tolerance(glob=glob, metric=metric, share=share))
    default = table.parsed(_KEY, units.parse_share)
    return Tolerances(default=DEFAULT if default is None else default, stated=tuple(stated))
