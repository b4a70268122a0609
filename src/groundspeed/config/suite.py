"""asv.conf.json as a typed value, read without asv: JSON5; an unknown key is a warning, and kept."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundspeed.config.table import Table, kind_of, nearest
from groundspeed.errors import ConfigError

# asv 0.6's own keys: config.py and what its plugins read.
_ASV_KEYS = frozenset(
    "version project project_url repo repo_subdir branches dvcs environment_type show_commit_url "
    "pythons matrix exclude include env_dir benchmark_dir results_dir html_dir hash_length "
    "install_timeout default_benchmark_timeout regressions_first_commits regressions_thresholds "
    "plugins conda_channels conda_environment_file build_command install_command uninstall_command "
    "launch_method build_cache_size wheel_cache_size rattler_channels github_pages_branch".split()
)


@dataclass(frozen=True, kw_only=True, slots=True)
class SuiteConfig:
    """What asv.conf.json says. Paths are absolute; relative ones stood relative to the file.

    ``repo`` is an absolute path, or the address as written when it is remote. ``branches`` is empty
    where none is named: the repository's default branch is meant. ``raw`` is the whole file.
    """

    path: Path
    project: str
    project_url: str
    show_commit_url: str
    repo: str
    branches: tuple[str, ...]
    benchmark_dir: Path
    results_dir: Path
    html_dir: Path
    environment_type: str
    default_benchmark_timeout_s: float
    raw: Mapping[str, Any]

    @property
    def root(self) -> Path:
        """The folder of the configuration: where asv's own code must run."""
        return self.path.parent

    @property
    def benchmark_folder(self) -> str:
        """``benchmark_dir`` from the configuration's folder on, as profiles name files: ``benchmarks``."""
        return os.path.relpath(self.benchmark_dir, self.root.resolve())

    @property
    def repo_path(self) -> Path:
        """Where the repository lies here; a remote one is cloned under the project's name, as asv does."""
        return self.root / self.project if is_remote_address(self.repo) else Path(self.repo)

    @property
    def is_remote(self) -> bool:
        """Whether ``repo`` names a repository on another host."""
        return is_remote_address(self.repo)


def read_suite(path: Path) -> tuple[SuiteConfig, tuple[str, ...]]:
    """The file and what is to be said of it. Raises ``ConfigError``."""
    raw = _read_json5(path)
    table = Table(values=raw, file=path, path="")
    root = path.parent
    repo = table.get("repo", str)
    if not repo:
        raise ConfigError(f'{path}: "repo" is missing: name the repository, "." for this one.')
    if table.get("dvcs", str) == "hg":
        raise ConfigError(f'{path}: "dvcs": Mercurial is not supported; groundspeed reads git repositories.')
    project = table.get("project", str) or "project"
    suite = SuiteConfig(
        path=path,
        project=project,
        project_url=table.get("project_url", str) or "",
        show_commit_url=table.get("show_commit_url", str) or "",
        repo=repo if is_remote_address(repo) else str((root / repo).resolve()),
        branches=tuple(name for name in table.strings("branches") if name),
        benchmark_dir=(root / (table.get("benchmark_dir", str) or "benchmarks")).resolve(),
        results_dir=(root / (table.get("results_dir", str) or "results")).resolve(),
        html_dir=(root / (table.get("html_dir", str) or "html")).resolve(),
        environment_type=table.get("environment_type", str) or "virtualenv",
        default_benchmark_timeout_s=float(table.get("default_benchmark_timeout", int, float) or 60.0),
        raw=raw,
    )
    warnings = tuple(
        f'{path}: unknown key "{key}"{nearest(key, _ASV_KEYS)}; asv ignores it, and so does groundspeed.'
        for key in raw
        if key not in _ASV_KEYS
    )
    return suite, warnings


def _read_json5(path: Path) -> Mapping[str, Any]:
    import json5

    try:
        raw = json5.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise ConfigError(
            f"{path} cannot be read: {error}. It must be JSON (comments are allowed)."
        ) from error
    if not isinstance(raw, dict):
        raise ConfigError(f"{path} must hold one JSON object, not {kind_of(raw)}.")
    return raw


def is_remote_address(repo: str) -> bool:
    """Whether a repository is named by an address and not by a path."""
    return "://" in repo or repo.startswith("git@")
