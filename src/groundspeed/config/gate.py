"""``[gate]`` of groundspeed.toml: what a change is held against, and how long that may take."""

from __future__ import annotations

from dataclasses import dataclass

from groundspeed import units
from groundspeed.config.table import Table

BUDGET_S = 600.0
"""Ten minutes of measuring: what people wait for in a pull request, and thirty cases need a quarter of."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GateConfig:
    """``base`` is the revision that a change is held against, None where it must be named; ``removed`` are
    globs of benchmarks that may be gone; ``page`` is the address of the published page, empty for none.
    """

    base: str | None
    budget_s: float
    removed: tuple[str, ...]
    page: str


def read_gate(table: Table) -> GateConfig:
    """The table. Raises ``ConfigError``."""
    table.only("base", "budget", "removed", "page")
    return GateConfig(
        base=table.get("base", str),
        budget_s=table.parsed("budget", units.parse_duration) or BUDGET_S,
        removed=table.strings("removed"),
        page=table.get("page", str) or "",
    )
