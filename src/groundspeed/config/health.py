"""``[health]`` of groundspeed.toml: how long a machine may be silent, and what is no complaint."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from groundspeed import units
from groundspeed.config.globs import names
from groundspeed.config.table import Table
from groundspeed.records import Case


@dataclass(frozen=True, kw_only=True, slots=True)
class HealthConfig:
    """``silent_s`` is None where each machine's own habit decides; ``retired`` are globs of machines that
    nobody waits for, ``known`` globs of cases that may fail or be gone.
    """

    silent_s: float | None
    retired: tuple[str, ...]
    known: tuple[str, ...]

    def is_retired(self, machine: str) -> bool:
        """Whether nobody waits for the machine."""
        return any(fnmatchcase(machine, glob) for glob in self.retired)

    def is_known(self, case: Case) -> bool:
        """Whether it is known that the case fails or is gone."""
        return any(names(glob, case) for glob in self.known)


def read_health(table: Table) -> HealthConfig:
    """The table. Raises ``ConfigError``."""
    table.only("silent", "retired", "known")
    return HealthConfig(
        silent_s=table.parsed("silent", units.parse_duration),
        retired=table.strings("retired"),
        known=table.strings("known"),
    )
