"""groundspeed.toml, or [tool.groundspeed] in pyproject.toml, as a typed value.

Ours: an unknown key is an error that names the nearest one. Every key has a default.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundspeed import units
from groundspeed.config.bottlenecks import BottleneckRule, read_bottlenecks
from groundspeed.config.gate import GateConfig, read_gate
from groundspeed.config.health import HealthConfig, read_health
from groundspeed.config.nightly import NightlyConfig, read_nightly
from groundspeed.config.notify import NotifyConfig, read_notify, without_secrets
from groundspeed.config.plans import StatedPlan, read_plans
from groundspeed.config.renames import StatedRenames, read_renames
from groundspeed.config.report import StatedSection, read_report
from groundspeed.config.scaling import StatedScaling, read_scaling
from groundspeed.config.table import Table
from groundspeed.config.targets import StatedTargets, read_targets
from groundspeed.config.tolerances import Tolerances, read_tolerances
from groundspeed.errors import ConfigError
from groundspeed.records import MachineProfile

_OUR_NAME = "groundspeed.toml"
_LAUNCHES = ("auto", "fork", "spawn")
_PRECISION = 0.01
_CASE_BUDGET_S = 2.0
_LOCKS = ("tree", "commit")
# A month of nights with two new commits each, at 160 MB an environment with numpy and scipy; a pure-Python
# project's take a tenth of that.
_CACHE_BYTES = 10_000_000_000
_CACHE_AGE_S = 30 * 86_400.0


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvironmentConfig:
    """How environments are made and kept.

    ``lock`` is the lock file, relative to the configuration; ``lock_from`` tells whose it is, the working
    ``tree``'s or each ``commit``'s. ``ignored`` are globs of files in the built wheel that do not count.
    """

    lock: str | None
    lock_from: str
    ignored: tuple[str, ...]
    cache_bytes: int
    cache_age_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectConfig:
    """What groundspeed.toml says; every key has a default.

    ``passed_variables`` are environment variables that builds and workers see beyond the allow-list.
    """

    path: Path | None
    machines: Mapping[str, MachineProfile]
    passed_variables: tuple[str, ...]
    bottlenecks: BottleneckRule
    environment: EnvironmentConfig
    gate: GateConfig
    health: HealthConfig
    launch: str
    precision: float
    case_budget_s: float
    nightly: NightlyConfig
    notify: NotifyConfig
    plans: tuple[StatedPlan, ...]
    renames: StatedRenames
    report: tuple[StatedSection, ...]
    scaling: StatedScaling
    targets: StatedTargets
    tolerances: Tolerances


def read_project(root: Path) -> ProjectConfig:
    """What governs the project in ``root``. Raises ``ConfigError``."""
    file, values = _file_and_values(root)
    table = Table(values=values, file=file or root / _OUR_NAME, path="")
    table.only(
        "machines",
        "bottlenecks",
        "environment",
        "gate",
        "health",
        "run",
        "nightly",
        "notify",
        "plan",
        "renamed",
        "parameters",
        "report",
        "scaling",
        "targets",
        "tolerance",
    )
    environment = table.table("environment").only(
        "pass", "lock", "lock_from", "ignore", "cache_size", "cache_age"
    )
    run = table.table("run").only("launch", "precision", "case_budget")
    machines = table.table("machines")
    return ProjectConfig(
        path=file,
        machines={name: _profile(name, machines.table(name)) for name in machines.values},
        passed_variables=without_secrets(environment.strings("pass"), environment),
        bottlenecks=read_bottlenecks(table.table("bottlenecks")),
        environment=_environment(environment),
        gate=read_gate(table.table("gate")),
        health=read_health(table.table("health")),
        launch=run.choice("launch", _LAUNCHES) or "auto",
        precision=run.parsed("precision", units.parse_share) or _PRECISION,
        case_budget_s=run.parsed("case_budget", units.parse_duration) or _CASE_BUDGET_S,
        nightly=read_nightly(table.table("nightly")),
        notify=read_notify(table.table("notify")),
        plans=read_plans(table.table("plan")),
        renames=read_renames(table.table("renamed"), table.table("parameters")),
        report=read_report(table.table("report")),
        scaling=read_scaling(table.table("scaling")),
        targets=read_targets(table.table("targets")),
        tolerances=read_tolerances(table.table("tolerance")),
    )


def _environment(table: Table) -> EnvironmentConfig:
    size = table.parsed("cache_size", units.parse_bytes)
    age = table.parsed("cache_age", units.parse_duration)
    lock = table.get("lock", str)
    if lock is not None and not lock.endswith((".lock", ".txt")):
        raise ConfigError(
            f'{table.file}: "environment.lock" must name a uv.lock or a requirements .txt file.'
        )
    return EnvironmentConfig(
        lock=lock,
        lock_from=table.choice("lock_from", _LOCKS) or "tree",
        ignored=table.strings("ignore"),
        cache_bytes=_CACHE_BYTES if size is None else size,
        cache_age_s=_CACHE_AGE_S if age is None else age,
    )


def _file_and_values(root: Path) -> tuple[Path | None, Mapping[str, Any]]:
    ours, theirs = root / _OUR_NAME, root / "pyproject.toml"
    inner = _read_toml(theirs).get("tool", {}).get("groundspeed") if theirs.is_file() else None
    if not ours.is_file():
        return (theirs, inner) if isinstance(inner, dict) else (None, {})
    if inner is not None:
        raise ConfigError(
            f"Both {ours} and [tool.groundspeed] in {theirs} configure groundspeed: keep one of them."
        )
    return ours, _read_toml(ours)


def _read_toml(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise ConfigError(f"{path} cannot be read: {error}.") from error


def _profile(name: str, table: Table) -> MachineProfile:
    table.only("cpu", "cores", "threads", "ram", "gpu", "gpu_memory")
    if not name or name.startswith(".") or "/" in name:
        raise ConfigError(f"{table.file}: machines.{name!r} must be usable as the name of a folder.")
    return MachineProfile(
        name=name,
        cpu=table.get("cpu", str),
        cores_physical=table.get("cores", int),
        cores_logical=table.get("threads", int),
        ram_bytes=table.parsed("ram", units.parse_bytes),
        gpu=table.get("gpu", str),
        gpu_memory_bytes=table.parsed("gpu_memory", units.parse_bytes),
    )
