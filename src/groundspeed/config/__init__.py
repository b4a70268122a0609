"""Both configuration files as one typed value, read without asv.

Owns where things lie; looks at no repository and no host.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from groundspeed.config.project import EnvironmentConfig as EnvironmentConfig
from groundspeed.config.project import ProjectConfig, read_project
from groundspeed.config.suite import SuiteConfig as SuiteConfig
from groundspeed.config.suite import read_suite
from groundspeed.errors import ConfigError

_ASV_NAMES = ("asv.conf.json", "asv.conf.jsonc")


@dataclass(frozen=True, kw_only=True, slots=True)
class Configuration:
    """Both files. ``warnings`` are for the user's eyes, nothing failed."""

    suite: SuiteConfig
    project: ProjectConfig
    warnings: tuple[str, ...]

    @property
    def workspace(self) -> Path:
        """``.groundspeed/``: environments, wheels, locks; ignored by git, safe to delete."""
        return self.suite.root / ".groundspeed"

    @property
    def places(self) -> Mapping[str, Path]:
        """Where measuring writes, by what is written there."""
        return {"builds": self.workspace, "results": self.suite.results_dir}


def load(start: Path) -> Configuration:
    """Read the configuration that governs ``start``: a file, a folder, or the nearest folder above.

    Raises ``ConfigError`` when there is none, when it cannot be parsed, or when a value is wrong.
    """
    asv_path = _find(start)
    suite, warnings = read_suite(asv_path)
    return Configuration(suite=suite, project=read_project(asv_path.parent), warnings=warnings)


def _find(start: Path) -> Path:
    start = start.absolute()
    if start.is_file():
        return start
    for folder in (start, *start.parents):
        found = [folder / name for name in _ASV_NAMES if (folder / name).is_file()]
        if len(found) > 1:
            raise ConfigError(f"{folder} holds both {found[0].name} and {found[1].name}: keep one of them.")
        if found:
            return found[0]
    raise ConfigError(f"No asv.conf.json in {start} or above it. Change into a project that has one.")
