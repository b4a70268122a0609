"""Both configuration files as one typed value, read without asv.

``asv.conf.json`` is asv's (JSON5; an unknown key is a warning, and kept); ``groundspeed.toml``, or
``[tool.groundspeed]`` in pyproject.toml, is ours (an unknown key is an error that names the nearest
one). Owns where things lie; looks at no repository and no host.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from groundspeed import units
from groundspeed.errors import ConfigError
from groundspeed.records import MachineProfile

# asv 0.6's own keys: config.py and what its plugins read.
_ASV_KEYS = frozenset(
    "version project project_url repo repo_subdir branches dvcs environment_type show_commit_url "
    "pythons matrix exclude include env_dir benchmark_dir results_dir html_dir hash_length "
    "install_timeout default_benchmark_timeout regressions_first_commits regressions_thresholds "
    "plugins conda_channels conda_environment_file build_command install_command uninstall_command "
    "launch_method build_cache_size wheel_cache_size rattler_channels github_pages_branch".split()
)
_ASV_NAMES = ("asv.conf.json", "asv.conf.jsonc")
_OUR_NAME = "groundspeed.toml"
_LAUNCHES = ("auto", "fork", "spawn")
_PRECISION = 0.01
_CASE_BUDGET_S = 2.0
_LOCKS = ("tree", "commit")
_CACHE_BYTES = 5_000_000_000  # some 300 environments of a pure-Python project; a tenth with numpy and scipy
_CACHE_AGE_S = 30 * 86_400.0

T = TypeVar("T")


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
    def repo_path(self) -> Path:
        """Where the repository lies here; a remote one is cloned under the project's name, as asv does."""
        return self.root / self.project if _is_remote(self.repo) else Path(self.repo)

    @property
    def is_remote(self) -> bool:
        """Whether ``repo`` names a repository on another host."""
        return _is_remote(self.repo)


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

    ``passed_variables`` are environment variables that builds and workers see beyond the allow-list;
    ``nightly_cases`` are globs of cases that only a nightly run measures.
    """

    path: Path | None
    machines: Mapping[str, MachineProfile]
    passed_variables: tuple[str, ...]
    environment: EnvironmentConfig
    launch: str
    precision: float
    case_budget_s: float
    nightly_cases: tuple[str, ...]


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


def load(start: Path) -> Configuration:
    """Read the configuration that governs ``start``: a file, a folder, or the nearest folder above.

    Raises ``ConfigError`` when there is none, when it cannot be parsed, or when a value is wrong.
    """
    asv_path = _find(start)
    suite, warnings = _suite(asv_path)
    return Configuration(suite=suite, project=_project(asv_path.parent), warnings=warnings)


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


# --- asv.conf.json ------------------------------------------------------------------------------


def _suite(path: Path) -> tuple[SuiteConfig, tuple[str, ...]]:
    raw = _read_json5(path)
    table = _Table(values=raw, file=path, path="")
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
        repo=repo if _is_remote(repo) else str((root / repo).resolve()),
        branches=tuple(name for name in table.strings("branches") if name),
        benchmark_dir=(root / (table.get("benchmark_dir", str) or "benchmarks")).resolve(),
        results_dir=(root / (table.get("results_dir", str) or "results")).resolve(),
        html_dir=(root / (table.get("html_dir", str) or "html")).resolve(),
        environment_type=table.get("environment_type", str) or "virtualenv",
        default_benchmark_timeout_s=float(table.get("default_benchmark_timeout", int, float) or 60.0),
        raw=raw,
    )
    warnings = tuple(
        f'{path}: unknown key "{key}"{_nearest(key, _ASV_KEYS)}; asv ignores it, and so does groundspeed.'
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
        raise ConfigError(f"{path} must hold one JSON object, not {_kind(raw)}.")
    return raw


def _is_remote(repo: str) -> bool:
    return "://" in repo or repo.startswith("git@")


# --- groundspeed.toml ---------------------------------------------------------------------------


def _project(root: Path) -> ProjectConfig:
    file, values = _read_project(root)
    table = _Table(values=values, file=file or root / _OUR_NAME, path="")
    table.only("machines", "environment", "run", "nightly")
    environment = table.table("environment").only(
        "pass", "lock", "lock_from", "ignore", "cache_size", "cache_age"
    )
    run = table.table("run").only("launch", "precision", "case_budget")
    nightly = table.table("nightly").only("cases")
    machines = table.table("machines")
    return ProjectConfig(
        path=file,
        machines={name: _profile(name, machines.table(name)) for name in machines.values},
        passed_variables=environment.strings("pass"),
        environment=_environment(environment),
        launch=run.choice("launch", _LAUNCHES) or "auto",
        precision=run.parsed("precision", units.parse_share) or _PRECISION,
        case_budget_s=run.parsed("case_budget", units.parse_duration) or _CASE_BUDGET_S,
        nightly_cases=nightly.strings("cases"),
    )


def _environment(table: _Table) -> EnvironmentConfig:
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


def _read_project(root: Path) -> tuple[Path | None, Mapping[str, Any]]:
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


def _profile(name: str, table: _Table) -> MachineProfile:
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


@dataclass(frozen=True, kw_only=True, slots=True)
class _Table:
    """A table of a configuration file that knows where it stands, so that errors can say it."""

    values: Mapping[str, Any]
    file: Path
    path: str

    def only(self, *known: str) -> _Table:
        for key in self.values:
            if key not in known:
                raise ConfigError(f'{self.file}: unknown key "{self._at(key)}"{_nearest(key, known)}.')
        return self

    def get(self, key: str, *types: type[T]) -> T | None:
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            wanted = " or ".join(_NAMES.get(one, one.__name__) for one in types)
            raise ConfigError(f'{self.file}: "{self._at(key)}" must be {wanted}, not {_kind(value)}.')
        return value

    def table(self, key: str) -> _Table:
        value: Mapping[str, Any] = self.get(key, dict) or {}
        return _Table(values=value, file=self.file, path=self._at(key))

    def strings(self, key: str) -> tuple[str, ...]:
        values: Sequence[Any] = self.get(key, list) or ()
        for position, value in enumerate(values):
            if not isinstance(value, str) and value is not None:
                at = f"{self._at(key)}[{position}]"
                raise ConfigError(f'{self.file}: "{at}" must be a text, not {_kind(value)}.')
        return tuple(value for value in values if value is not None)

    def choice(self, key: str, choices: tuple[str, ...]) -> str | None:
        value = self.get(key, str)
        if value is not None and value not in choices:
            raise ConfigError(
                f'{self.file}: "{self._at(key)}" must be one of {", ".join(choices)}, not "{value}".'
            )
        return value

    def parsed(self, key: str, parse: Callable[[str], T]) -> T | None:
        text = self.get(key, str)
        try:
            return None if text is None else parse(text)
        except ValueError as error:
            raise ConfigError(f'{self.file}: "{self._at(key)}": {error}.') from error

    def _at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key


_NAMES: Mapping[type, str] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    list: "a list",
    dict: "a table",
}


def _kind(value: object) -> str:
    return {**_NAMES, bool: "true or false", type(None): "null"}.get(type(value), type(value).__name__)


def _nearest(key: str, known: Sequence[str] | frozenset[str]) -> str:
    near = difflib.get_close_matches(key, sorted(known), n=1)
    return f' (did you mean "{near[0]}"?)' if near else f" (known: {', '.join(sorted(known))})"
