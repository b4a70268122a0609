"""``[nightly]`` of groundspeed.toml: what only a night measures, how long it lasts, what it brings where.

Nothing is pushed that is not named here: whoever tries a night in a clone of their own changes no remote.
"""

from __future__ import annotations

from dataclasses import dataclass

from groundspeed import units
from groundspeed.config.table import Table
from groundspeed.errors import ConfigError

BUDGET_S = 7200.0
"""Two hours: the newest commit of a large suite takes ten minutes, a find half an hour."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NightlyConfig:
    """``cases`` are globs of cases that only a night measures; ``budget_s`` bounds building and measuring.
    ``since`` is the revision from which on gaps are filled, empty for the oldest measured commit.

    ``remote`` is where commits come from. ``results_branch`` (there), ``page_branch`` (there) and
    ``page_rsync`` say what goes where; empty for nowhere.
    """

    cases: tuple[str, ...]
    budget_s: float
    since: str
    remote: str
    results_branch: str
    page_branch: str
    page_rsync: str


def read_nightly(table: Table) -> NightlyConfig:
    """The table. Raises ``ConfigError``, also where the page is to go two ways, or beside the results."""
    table.only("cases", "budget", "since", "remote", "results_branch", "page_branch", "page_rsync")
    names = ("results_branch", "page_branch", "page_rsync")
    results, branch, rsync = (table.get(name, str) or "" for name in names)
    budget_s = table.parsed("budget", units.parse_duration)
    if branch and rsync:
        raise ConfigError(
            f"{table.file}: nightly.page_branch and nightly.page_rsync both say where the page goes: "
            "keep one of them."
        )
    if branch and branch == results:
        raise ConfigError(
            f"{table.file}: nightly.page_branch and nightly.results_branch are both {branch!r}: "
            "each needs a branch of its own."
        )
    return NightlyConfig(
        cases=table.strings("cases"),
        budget_s=BUDGET_S if budget_s is None else budget_s,
        since=table.get("since", str) or "",
        remote=table.get("remote", str) or "origin",
        results_branch=results,
        page_branch=branch,
        page_rsync=rsync,
    )
