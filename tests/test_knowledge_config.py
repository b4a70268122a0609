"""What a knowledge base may be told, what the environment overrides, and who is named when it is wrong."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path
from typing import Any

import pytest

from noesis.errors import ConfigError
from noesis.knowledge import PRESETS, KnowledgeBase, KnowledgeConfig
from noesis.knowledge.config import processors

DIRS = (Path("docs"),)


def test_what_is_not_told() -> None:
    config = KnowledgeConfig(knowledge_dirs=DIRS)
    assert (config.cache_file, config.max_cache_size, config.heartbeat_interval) == (None, 100, 300.0)
    assert (config.auto_warm, config.warming_queries) == (True, ())
    assert config.max_workers == processors() >= 1
    assert config.level == logging.WARNING


def test_lists_and_strings_are_taken_and_tuples_and_paths_are_kept() -> None:
    told: Any = {"knowledge_dirs": ["a", Path("b")], "cache_file": "c", "warming_queries": ["d"]}
    config = KnowledgeConfig(**told)
    assert config.knowledge_dirs == (Path("a"), Path("b"))
    assert config.cache_file == Path("c")
    assert config.warming_queries == ("d",)
    assert hash(config) == hash(dataclasses.replace(config))
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.max_workers = 3  # type: ignore[misc]  # which is what must not go


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("knowledge_dirs", ()),
        ("knowledge_dirs", "docs"),
        ("knowledge_dirs", Path("docs")),
        ("knowledge_dirs", None),
        ("knowledge_dirs", b"docs"),
        ("knowledge_dirs", [""]),
        ("knowledge_dirs", [3]),
        ("knowledge_dirs", ["a\0b"]),
        ("knowledge_dirs", ["docs", "docs"]),
        ("knowledge_dirs", ["docs", "docs/inner"]),
        ("knowledge_dirs", ["docs/inner", "docs/inner/../../docs"]),
        ("cache_file", ""),
        ("cache_file", 3),
        ("cache_file", b"index"),
        ("cache_file", "a\0b"),
        ("max_cache_size", -1),
        ("max_cache_size", True),
        ("max_cache_size", 1.0),
        ("max_cache_size", "10"),
        ("max_workers", 0),
        ("max_workers", False),
        ("max_workers", None),
        ("heartbeat_interval", 0),
        ("heartbeat_interval", -1.0),
        ("heartbeat_interval", float("nan")),
        ("heartbeat_interval", float("inf")),
        ("heartbeat_interval", 1e10),  # no thread can wait so long: OverflowError in the thread
        ("heartbeat_interval", 10**400),
        ("heartbeat_interval", True),
        ("heartbeat_interval", "300"),
        ("auto_warm", 1),
        ("verbose", "yes"),
        ("warming_queries", "alpha"),
        ("warming_queries", None),
        ("warming_queries", ["alpha", 3]),
        ("log_level", "LOUD"),
        ("log_level", "info"),
        ("log_level", 10),
    ],
)
def test_a_bad_value_names_its_field(field: str, value: object) -> None:
    told: dict[str, Any] = {"knowledge_dirs": DIRS, field: value}
    with pytest.raises(ConfigError, match=f"^{field}") as raised:
        KnowledgeConfig(**told)
    assert raised.value.exit_code == 2


def test_folders_overlap_through_links_too(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "link").symlink_to("docs")
    (tmp_path / "circle").symlink_to("circle")
    with pytest.raises(ConfigError, match="lies in"):
        KnowledgeConfig(knowledge_dirs=(tmp_path / "docs", tmp_path / "link"))
    KnowledgeConfig(knowledge_dirs=(tmp_path / "docs", tmp_path / "circle"))  # said when it is read


def test_a_warming_query_that_nobody_may_ask_is_refused_at_once(tmp_path: Path) -> None:
    long = " ".join(f"w{number}" for number in range(257))
    config = KnowledgeConfig(knowledge_dirs=(tmp_path,), warming_queries=("fine", long))
    with pytest.raises(ConfigError, match=r"^warming_queries: .* at most 256 different terms, not 257"):
        KnowledgeBase(config, environment={})


def test_the_environment_overrides() -> None:
    config = KnowledgeConfig(knowledge_dirs=DIRS, max_workers=1, max_cache_size=1, cache_file=Path("a"))
    told = {"KB_MAX_WORKERS": "3", "KB_MAX_CACHE_SIZE": "0", "KB_CACHE_FILE": "b", "LOG_LEVEL": "debug"}
    found = config.overridden({**told, "KB_HEARTBEAT": "7"})
    assert found == dataclasses.replace(
        config, max_workers=3, max_cache_size=0, cache_file=Path("b"), log_level="DEBUG"
    )
    assert config.overridden({}) == config
    assert config.overridden(dict.fromkeys(told, "")) == config  # set to nothing is not set


@pytest.mark.parametrize(
    ("variable", "value", "field"),
    [
        ("KB_MAX_WORKERS", "many", "max_workers"),
        ("KB_MAX_WORKERS", "0", "max_workers"),
        ("KB_MAX_WORKERS", "2.5", "max_workers"),
        ("KB_MAX_CACHE_SIZE", "-1", "max_cache_size"),
        ("KB_CACHE_FILE", "a\0b", "cache_file"),
        ("LOG_LEVEL", "loud", "log_level"),
    ],
)
def test_a_bad_value_in_the_environment_names_the_variable(variable: str, value: str, field: str) -> None:
    with pytest.raises(ConfigError, match=f"^{variable} in the environment: {field} must be"):
        KnowledgeConfig(knowledge_dirs=DIRS).overridden({variable: value})


def test_a_base_takes_the_environment_of_its_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_MAX_CACHE_SIZE", "7")
    config = KnowledgeConfig(knowledge_dirs=(tmp_path,))
    with KnowledgeBase(config) as told, KnowledgeBase(config, environment={}) as untold:
        assert (told.config.max_cache_size, untold.config.max_cache_size) == (7, 100)


@pytest.mark.parametrize(
    ("name", "cache", "level"),
    [("dev", 50, logging.INFO), ("prod", 1000, logging.INFO), ("highload", 2000, logging.WARNING)],
)
def test_the_presets(name: str, cache: int, level: int) -> None:
    config = PRESETS[name]([Path("docs")], Path("index"))
    assert (config.knowledge_dirs, config.cache_file) == (DIRS, Path("index"))
    assert (config.max_cache_size, config.level) == (cache, level)
    assert config.max_workers == (2 if name == "dev" else processors())
    assert PRESETS[name](DIRS).cache_file is None


@pytest.mark.parametrize(
    ("level", "verbose", "expected"),
    [("WARNING", True, logging.INFO), ("DEBUG", True, logging.DEBUG), ("ERROR", False, logging.ERROR)],
)
def test_verbose_says_everything_from_info_on(level: str, verbose: bool, expected: int) -> None:
    assert KnowledgeConfig(knowledge_dirs=DIRS, log_level=level, verbose=verbose).level == expected
