"""``[bottlenecks]`` of groundspeed.toml: from where on a place in the code is worth an optimisation.

Owns the decision rule: the thresholds, and what a plan's gain means for the next step. What the profiles
say, the results know.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from groundspeed import units
from groundspeed.config.table import Table
from groundspeed.errors import ConfigError


@dataclass(frozen=True, kw_only=True, slots=True)
class BottleneckRule:
    """What lies above is a bottleneck. Of bytes and counts those of one call of the benchmark are meant.

    ``cpu`` a share of a case's CPU time; ``allocated`` bytes; ``small`` the mean size in bytes below which
    ``allocations`` (a number) are frequent small ones; ``regrown`` how often memory is moved to a larger
    place, as lists and bytearrays do; ``blocked_s`` seconds waited for locks in all; ``exponent`` of the
    growth with the size. ``top`` is how many are shown. From a gain of ``next_tier`` on a plan goes on to
    the next tier, below ``investigate`` it asks why; both are shares.
    """

    top: int = 5
    cpu: float = 0.05
    allocated: float = 1e6
    small: float = (
        512.0  # the largest block of Python's own allocator (Objects/obmalloc.c): an object, no data
    )
    allocations: float = 1_000.0  # 29 us of a call: object() takes 29 ns
    regrown: float = 100.0  # more than one list: append moves it 47 times up to 10,000 items, 86 to a million
    blocked_s: float = 0.1
    exponent: float = 1.25  # from 100 to 10,000 n log n has 1.15
    next_tier: float = 0.30
    investigate: float = 0.20


def read_bottlenecks(table: Table) -> BottleneckRule:
    """The table; what it lacks is as above. Raises ``ConfigError``."""
    table.only(
        "top",
        "cpu",
        "allocated",
        "small",
        "allocations",
        "regrown",
        "blocked",
        "exponent",
        "next_tier",
        "investigate",
    )
    usual = BottleneckRule()
    top = table.get("top", int)
    rule = BottleneckRule(
        top=usual.top if top is None else top,
        cpu=_parsed(table, "cpu", units.parse_share, usual.cpu),
        allocated=_parsed(table, "allocated", units.parse_bytes, usual.allocated),
        small=_parsed(table, "small", units.parse_bytes, usual.small),
        allocations=_number(table, "allocations", usual.allocations),
        regrown=_number(table, "regrown", usual.regrown),
        blocked_s=_parsed(table, "blocked", units.parse_duration, usual.blocked_s),
        exponent=_number(table, "exponent", usual.exponent),
        next_tier=_parsed(table, "next_tier", units.parse_share, usual.next_tier),
        investigate=_parsed(table, "investigate", units.parse_share, usual.investigate),
    )
    if rule.top < 1 or rule.investigate > rule.next_tier:
        wrong = '"top" is at least 1' if rule.top < 1 else '"investigate" is at most "next_tier"'
        raise ConfigError(f"{table.file}: under [{table.path}] {wrong}.")
    return rule


def _parsed(table: Table, key: str, parse: Callable[[str], float], usual: float) -> float:
    found = table.parsed(key, parse)
    return usual if found is None else float(found)


def _number(table: Table, key: str, usual: float) -> float:
    """A plain number, greater than nothing."""
    found = table.get(key, int, float)
    if found is not None and found <= 0:
        raise ConfigError(f'{table.file}: "{table.path}.{key}" must be greater than nothing, not {found}.')
    return usual if found is None else float(found)
