"""``[report]`` of groundspeed.toml: which cases of a project answer which of its usual questions.

Owns what a section's name and cases may be. What such a case was measured to be, the results know.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from groundspeed.config.globs import names, split_key
from groundspeed.config.table import Table, kind_of
from groundspeed.errors import ConfigError
from groundspeed.records import Case

OWN_KEYS = (
    "schema",
    "version",
    "project",
    "machine",
    "commit",
    "system",
    "outcome",
    "sections",
    "targets",
    "scaling",
    "regressions",
    "costliest",
    "bottlenecks",
    "cases",
    "notices",
)
"""The keys of the report's JSON itself: a section stands beside them under its own name."""

ITEM = "items"
"""What is counted where nobody says it: ``throughput_`` benchmarks count items."""

_WORD = re.compile(r"[a-z][a-z0-9_]*")  # what jq, Python and JavaScript read without quotation marks
_EXAMPLE = '"module.Class.latency_name" or { cases = "module.Class.throughput_name", item = "queries" }'


@dataclass(frozen=True, kw_only=True, slots=True)
class Meant:
    """Cases by a glob; ``metric`` is a glob of their metrics, empty for the whole case."""

    glob: str
    metric: str

    def means(self, case: Case, metric: str) -> bool:
        """Whether a case's metric is meant."""
        return names(self.glob, case) and (not self.metric or fnmatchcase(metric, self.metric))


@dataclass(frozen=True, kw_only=True, slots=True)
class StatedSection:
    """A section and the cases in it. ``item`` is what its throughput counts, in the plural."""

    name: str
    cases: tuple[Meant, ...]
    item: str

    def means(self, case: Case, metric: str) -> bool:
        """Whether a case's metric belongs to the section."""
        return any(one.means(case, metric) for one in self.cases)


def read_report(table: Table) -> tuple[StatedSection, ...]:
    """The sections, in the order of the file. Raises ``ConfigError``."""
    return tuple(_section(table, name) for name in table.values)


def _section(table: Table, name: str) -> StatedSection:
    where = f'{table.file}: "{table.path}.{name}"'
    if _WORD.fullmatch(name) is None:
        raise ConfigError(f"{where} cannot name a section: small letters, digits and _ can.")
    if name in OWN_KEYS:
        raise ConfigError(f"{where} is a key of the report itself: name the section otherwise.")
    value: Any = table.values[name]
    item = None
    if isinstance(value, Mapping):
        inner = table.table(name).only("cases", "item")
        value, item = inner.values.get("cases"), inner.get("item", str)
    keys = [value] if isinstance(value, str) else value
    if not isinstance(keys, list) or not keys or not all(isinstance(one, str) and one for one in keys):
        raise ConfigError(f"{where} must name cases, such as {_EXAMPLE}, not {_said(value)}.")
    if item is not None and _WORD.fullmatch(item) is None:
        raise ConfigError(f'{table.file}: "{table.path}.{name}.item" must be a word such as "queries".')
    cases = tuple(Meant(glob=glob, metric=metric) for glob, metric in map(split_key, keys))
    return StatedSection(name=name, cases=cases, item=item or ITEM)


def _said(value: object) -> str:
    if isinstance(value, list):
        return "a list of something else" if value else "an empty list"
    return kind_of(value)
