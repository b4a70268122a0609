"""Keys of groundspeed.toml that mean cases: globs on ``module.Class.name(p1, p2)``, some with a metric.

Owns what such a glob means; whether anything is called so, the results know.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from groundspeed.records import Case


def names(glob: str, case: Case) -> bool:
    """Whether a glob means the case; without parentheses it means every case of the benchmarks it fits."""
    return fnmatchcase(str(case) if "(" in glob else case.benchmark, glob)


def split_key(key: str) -> tuple[str, str]:
    """``case@metric`` as both; the metric is empty for the main one. Parameters may hold an ``@``."""
    case, at, metric = key.rpartition("@")
    return (case, metric) if at and ")" not in metric else (key, "")
