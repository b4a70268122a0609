"""What the service is told. Owns defaults and which values are refused; opens nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from noesis.errors import ConfigError
from noesis.service.registry import MODULES, Module

MOST_BODY_BYTES = 1_000_000  # a batch of a hundred queries of 10,000 letters each
MOST_RUNS = 20  # twice what it must stand at once
MOST_KEPT_RUNS = 100
MOST_LOG_BYTES = 256_000_000  # a million lines of 256 bytes
RUN_TIMEOUT_S = 3600.0
CACHE_SIZE = 1000
KEY_LENGTH = 16  # letters, at the least


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceConfig:
    """What is served and within what limits. Raises ``ConfigError`` that names the field.

    ``index`` is a knowledge base's ``cache_file``; ``runs_folder`` holds a folder for each run, and every
    server with the same one shows the same runs. Without an ``api_key`` what needs one is refused.
    ``run_timeout_s`` is when a run is ended; of a log ``most_log_bytes`` are kept; of ended runs the newest,
    so that ``most_kept_runs`` are listed.
    ``max_requests``: a process that has answered so many ends once it has no run (0: never).
    """

    index: Path
    runs_folder: Path
    api_key: str = ""
    cache_size: int = CACHE_SIZE
    warming_queries: tuple[str, ...] = ()
    modules: tuple[Module, ...] = MODULES
    most_body_bytes: int = MOST_BODY_BYTES
    most_runs: int = MOST_RUNS
    most_kept_runs: int = MOST_KEPT_RUNS
    most_log_bytes: int = MOST_LOG_BYTES
    run_timeout_s: float = RUN_TIMEOUT_S
    max_requests: int = 0

    def __post_init__(self) -> None:
        for name in ("cache_size", "max_requests"):
            _least(name, getattr(self, name), 0)
        for name in ("most_body_bytes", "most_runs", "most_kept_runs", "most_log_bytes"):
            _least(name, getattr(self, name), 1)
        if not self.run_timeout_s > 0:
            raise ConfigError(f"run_timeout_s must be above 0, not {self.run_timeout_s!r}")
        is_safe = len(self.api_key) >= KEY_LENGTH and self.api_key.isascii() and self.api_key.isprintable()
        if self.api_key and not is_safe:
            raise ConfigError(f"api_key must have at least {KEY_LENGTH} printable ASCII letters")
        _refuse_twice([module.name for module in self.modules])


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerOptions:
    """Where and by how many processes it is served. Raises ``ConfigError`` that names the field.

    With ``port`` 0 a free one is taken. ``keep_alive_s``: an idle connection is closed after so long;
    ``timeout_s``: what is being answered when the server is told to end gets so long.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    keep_alive_s: int = 5
    timeout_s: int = 30

    def __post_init__(self) -> None:
        _least("workers", self.workers, 1)
        _least("keep_alive_s", self.keep_alive_s, 0)
        _least("timeout_s", self.timeout_s, 1)
        if not 0 <= self.port <= 65_535:
            raise ConfigError(f"port must be from 0 to 65535, not {self.port!r}")


def _least(name: str, value: int, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ConfigError(f"{name} must be a whole number from {least}, not {value!r}")


def _refuse_twice(names: Sequence[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"modules: {name} is there {names.count(name)} times; names are unique")
