"""What a knowledge base is told. Owns defaults, presets, the environment's overrides, and which values
are refused; reads no file.
"""

from __future__ import annotations

import itertools
import logging
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from noesis.errors import ConfigError

HEARTBEAT_S = 300.0
CACHE_SIZE = 100
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, kw_only=True, slots=True)
class KnowledgeConfig:
    """Where the documents are, where the index is kept, and how much may be spent.

    ``cache_file`` names the index on the disk, which lies in a folder beside it; without one it is
    temporary. ``heartbeat_interval`` is in seconds. Raises ``ConfigError`` that names the field.
    """

    knowledge_dirs: tuple[Path, ...]
    cache_file: Path | None = None
    max_cache_size: int = CACHE_SIZE
    heartbeat_interval: float = HEARTBEAT_S
    auto_warm: bool = True
    warming_queries: tuple[str, ...] = ()
    max_workers: int = field(default_factory=processors)
    verbose: bool = False
    log_level: str = "WARNING"

    def __post_init__(self) -> None:
        put = object.__setattr__  # lists and strings are taken, tuples and paths are kept
        put(self, "knowledge_dirs", _paths("knowledge_dirs", self.knowledge_dirs))
        if self.cache_file is not None:
            put(self, "cache_file", _path("cache_file", self.cache_file))
        put(self, "warming_queries", _texts("warming_queries", self.warming_queries))
        _whole("max_cache_size", self.max_cache_size, least=0)
        _whole("max_workers", self.max_workers, least=1)
        _positive("heartbeat_interval", self.heartbeat_interval)
        for name in ("auto_warm", "verbose"):
            if not isinstance(getattr(self, name), bool):
                raise ConfigError(f"{name} must be true or false, not {getattr(self, name)!r}")
        if self.log_level not in LEVELS:
            raise ConfigError(f"log_level must be one of {', '.join(LEVELS)}, not {self.log_level!r}")

    @property
    def level(self) -> int:
        """The least severe message that is logged; ``verbose`` says everything from INFO on."""
        level = int(getattr(logging, self.log_level))
        return min(level, logging.INFO) if self.verbose else level

    def overridden(self, environment: Mapping[str, str]) -> KnowledgeConfig:
        """With what KB_MAX_WORKERS, KB_MAX_CACHE_SIZE, KB_CACHE_FILE and LOG_LEVEL say, where they are set.

        Raises ``ConfigError`` that names the variable.
        """
        config = self
        for variable, (name, value_of) in _VARIABLES.items():
            if written := environment.get(variable):
                told: dict[str, Any] = {name: value_of(written)}
                try:
                    config = replace(config, **told)
                except ConfigError as error:
                    raise ConfigError(f"{variable} in the environment: {error}") from error
        return config


def dev(knowledge_dirs: Iterable[Path], cache_file: Path | None = None) -> KnowledgeConfig:
    """For a desk: two workers, a small cache, everything said."""
    return KnowledgeConfig(
        knowledge_dirs=tuple(knowledge_dirs),
        cache_file=cache_file,
        max_cache_size=50,
        max_workers=2,
        verbose=True,
    )


def prod(knowledge_dirs: Iterable[Path], cache_file: Path | None = None) -> KnowledgeConfig:
    """For a server: every processor, a thousand answers kept."""
    return KnowledgeConfig(
        knowledge_dirs=tuple(knowledge_dirs), cache_file=cache_file, max_cache_size=1000, log_level="INFO"
    )


def highload(knowledge_dirs: Iterable[Path], cache_file: Path | None = None) -> KnowledgeConfig:
    """For many askers at once: two thousand answers kept, warnings only."""
    return KnowledgeConfig(
        knowledge_dirs=tuple(knowledge_dirs), cache_file=cache_file, max_cache_size=2000, log_level="WARNING"
    )


PRESETS = {"dev": dev, "prod": prod, "highload": highload}


def _path(name: str, value: object) -> Path:
    if not isinstance(value, (str, os.PathLike)) or not os.fspath(value):
        raise ConfigError(f"{name} must be a path, not {value!r}")
    if "\0" in (written := os.fspath(value)):
        raise ConfigError(f"{name} must be a path, and no path holds a NUL: {written!r}")
    return Path(written)


def _paths(name: str, values: object) -> tuple[Path, ...]:
    if isinstance(values, (str, os.PathLike)) or not isinstance(values, Iterable):
        raise ConfigError(f"{name} must be a list of folders, not {values!r}")
    paths = tuple(_path(name, value) for value in values)
    if not paths:
        raise ConfigError(f"{name} is empty; name at least one folder of documents")
    for inner, outer in itertools.permutations(paths, 2):
        if Path(os.path.realpath(inner)).is_relative_to(os.path.realpath(outer)):
            raise ConfigError(f"{name}: {inner} lies in {outer} already; name one of them")
    return paths


def _texts(name: str, values: object) -> tuple[str, ...]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise ConfigError(f"{name} must be a list of queries, not {values!r}")
    texts = tuple(values)
    for text in texts:
        if not isinstance(text, str):
            raise ConfigError(f"{name} must be a list of queries; {text!r} is none")
    return texts


def _whole(name: str, value: object, *, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ConfigError(f"{name} must be a whole number from {least}, not {value!r}")


def _positive(name: str, value: object) -> None:
    most = threading.TIMEOUT_MAX  # what a thread can wait
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= most:
        raise ConfigError(f"{name} must be a number of seconds above 0 and up to {most:.0f}, not {value!r}")


def _number(written: str) -> int | str:
    try:
        return int(written)
    except ValueError:
        return written  # what it should have been is said where every value is looked at


_VARIABLES: Mapping[str, tuple[str, Callable[[str], object]]] = {
    "KB_MAX_WORKERS": ("max_workers", _number),
    "KB_MAX_CACHE_SIZE": ("max_cache_size", _number),
    "KB_CACHE_FILE": ("cache_file", str),
    "LOG_LEVEL": ("log_level", str.upper),
}
