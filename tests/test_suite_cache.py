"""What the cache keeps and what goes first, on folders made by hand; and the commands that show it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from groundspeed.cli.main import app
from groundspeed.results.lock import file_lock
from groundspeed.suite import cache
from groundspeed.suite.cache import Limits
from groundspeed.suite.isolation import bytecode_folder

NOW = datetime(2026, 6, 1, tzinfo=UTC)
BLOCK = 4096
FOREVER = timedelta(days=9999)


def fill(path: Path, blocks: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * BLOCK * blocks)
    return path


def make(workspace: Path, commit: str, *, blocks: int, days: float, wheel: str | None = None) -> Path:
    """An environment of so many blocks, used so many days ago."""
    folder = cache.environments_folder(workspace) / commit / "virtualenv-py3.11"
    fill(folder / "lib" / "module.py", blocks)
    identity = f"{commit}identity" if commit != "old" else None
    cache.write_ready(folder, {"commit": commit * 8, "wheel": wheel, "identity": identity})
    use(folder / cache.READY, days)
    return folder


def make_wheel(workspace: Path, key: str, *, blocks: int, days: float) -> Path:
    folder = cache.wheels_folder(workspace) / key
    fill(folder / "sample-0-py3-none-any.whl", blocks)
    use(folder, days)
    return folder


def use(path: Path, days: float) -> None:
    at = (NOW - timedelta(days=days)).timestamp()
    os.utime(path, (at, at))


def left(workspace: Path) -> set[str]:
    stock = cache.stock(workspace)
    return {one.path.parent.name for one in stock.environments}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Three environments of 10 blocks, used 1, 2 and 3 days ago, and a wheel of 5, used 2.5 days ago."""
    for number in (1, 2, 3):
        make(tmp_path, f"c{number}", blocks=10, days=number, wheel="k")
    make_wheel(tmp_path, "k", blocks=5, days=2.5)
    return tmp_path


def test_what_is_kept_is_listed_the_last_used_first(workspace: Path) -> None:
    stock = cache.stock(workspace)
    assert [one.commit for one in stock.environments] == ["c1" * 8, "c2" * 8, "c3" * 8]
    assert [one.size_bytes for one in stock.environments] == [10 * BLOCK] * 3
    assert (stock.wheels, stock.wheels_bytes, stock.downloads_bytes) == (1, 5 * BLOCK, 0)
    assert stock.total_bytes == 35 * BLOCK
    assert stock.environments[0].used_at == NOW - timedelta(days=1)


@pytest.mark.parametrize(
    ("blocks", "environments", "wheels"),
    [
        (35, {"c1", "c2", "c3"}, 1),
        (34, {"c1", "c2"}, 1),
        (25, {"c1", "c2"}, 1),
        (24, {"c1", "c2"}, 0),
        (19, {"c1"}, 0),
        (9, set(), 0),
    ],
)
def test_what_was_used_least_recently_goes_first(
    workspace: Path, blocks: int, environments: set[str], wheels: int
) -> None:
    freed = cache.trim(workspace, Limits(size_bytes=blocks * BLOCK, age=FOREVER), NOW)
    assert left(workspace) == environments
    assert cache.stock(workspace).wheels == wheels
    assert (freed.environments, freed.wheels) == (3 - len(environments), 1 - wheels)
    assert freed.freed_bytes == 35 * BLOCK - cache.stock(workspace).total_bytes
    assert not freed.downloads


def test_what_was_not_used_for_long_goes_whatever_the_room(workspace: Path) -> None:
    limits = Limits(size_bytes=1_000_000_000, age=timedelta(days=2, hours=1))
    freed = cache.trim(workspace, limits, NOW)
    assert left(workspace) == {"c1", "c2"}
    assert (freed.environments, freed.wheels) == (1, 1)


def test_what_is_in_use_stays_and_counts(workspace: Path) -> None:
    oldest = cache.environments_folder(workspace) / "c3" / "virtualenv-py3.11"
    cache.trim(workspace, Limits(size_bytes=15 * BLOCK, age=timedelta(hours=1)), NOW, {oldest})
    assert left(workspace) == {"c3"}


def test_downloads_count_once_and_go_last(workspace: Path) -> None:
    """An environment that uv links from its cache frees nothing of it."""
    archived = fill(cache.downloads_folder(workspace) / "uv" / "archive" / "numpy.py", 40)
    linked = cache.environments_folder(workspace) / "c4" / "virtualenv-py3.11"
    linked.mkdir(parents=True)
    os.link(archived, linked / "numpy.py")
    make(workspace, "c4", blocks=1, days=0.5)
    stock = cache.stock(workspace)
    assert stock.environments[0].size_bytes == BLOCK
    assert stock.downloads_bytes == 40 * BLOCK
    assert stock.total_bytes == 76 * BLOCK
    freed = cache.trim(workspace, Limits(size_bytes=41 * BLOCK, age=FOREVER), NOW)
    assert left(workspace) == {"c4"}
    assert not freed.downloads
    assert cache.trim(workspace, Limits(size_bytes=39 * BLOCK, age=FOREVER), NOW).downloads
    assert cache.stock(workspace).total_bytes == 0


def test_links_inside_one_folder_are_one_file(tmp_path: Path) -> None:
    one = fill(tmp_path / "in" / "a", 3)
    os.link(one, tmp_path / "in" / "b")
    assert cache.size_of(tmp_path / "in") == 3 * BLOCK
    os.link(one, tmp_path / "outside")
    assert cache.size_of(tmp_path / "in") == 0
    assert cache.size_of(tmp_path / "in", shared=True) == 3 * BLOCK
    assert cache.size_of(tmp_path / "nothing") == 0


def test_what_a_killed_run_left_is_removed(workspace: Path) -> None:
    half = fill(cache.environments_folder(workspace) / "c9" / "virtualenv-py3.11" / "bin" / "python", 1)
    older = make(workspace, "c8", blocks=1, days=0)
    (older / cache.READY).write_text('{"python": "of a format before"}')
    part = fill(cache.wheels_folder(workspace) / ".k.123" / "sample-0-py3-none-any.whl", 1)
    lock = fill(cache.wheels_folder(workspace) / "k.lock", 0)
    tree = fill(cache.worktrees_folder(workspace) / "ab" / "virtualenv-py3.11" / "bin" / "python", 1)
    busy = fill(cache.worktrees_folder(workspace) / "cd" / "virtualenv-py3.11" / "bin" / "python", 1)
    cache.sweep_leftovers(workspace, {busy.parent.parent})
    assert [path.exists() for path in (half, older, part, lock, tree, busy)] == [*[False] * 5, True]
    assert left(workspace) == {"c1", "c2", "c3"}
    assert cache.stock(workspace).wheels == 1


# --- the commands -------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "asv.conf.json").write_text('{"version": 1, "repo": "."}')
    (tmp_path / "groundspeed.toml").write_text('[environment]\ncache_age = "10000 weeks"\n')
    workspace = tmp_path / ".groundspeed"
    make(workspace, "c1", blocks=500, days=1, wheel="k")
    make(workspace, "c2", blocks=10, days=2, wheel="k")
    make(workspace, "old", blocks=10, days=30)
    make_wheel(workspace, "k", blocks=5, days=2)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def say(*arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["env", *arguments])
    assert done.exit_code == code, done.output
    return done.output


def test_the_list_as_text(project: Path) -> None:
    assert say("list").splitlines() == [
        "commit    environment           size  last used (UTC)   wheel          identity",
        "c1c1c1c1  virtualenv-py3.11  2.05 MB  2026-05-31 00:00  shared with 1  c1identity",
        "c2c2c2c2  virtualenv-py3.11  41.0 KB  2026-05-30 00:00  shared with 1  c2identity",
        "oldoldol  virtualenv-py3.11  41.0 KB  2026-05-02 00:00  none           unknown",
        "",
        "3 environments; 1 wheel 20.5 KB, downloads 0 B, in all 2.15 MB.",
    ]
    assert say("list", "--format", "markdown").startswith("| commit | environment | size |")


def test_the_list_as_json(project: Path) -> None:
    found = json.loads(say("list", "--format", "json"))
    assert found["version"] == 1
    assert found["total_bytes"] == 525 * BLOCK
    assert found["environments"][1] == {
        "commit": "c2" * 8,
        "environment": "virtualenv-py3.11",
        "size_bytes": 10 * BLOCK,
        "used_at": "2026-05-30T00:00:00+00:00",
        "wheel": "k",
        "identity": "c2identity",
    }


def test_cleaning_within_bounds_removes_nothing(project: Path) -> None:
    assert say("clean") == "Removed 0 environments, 0 wheels: 0 B. 3 environments left, 2.15 MB in all.\n"


def test_cleaning_everything(project: Path) -> None:
    assert say("clean", "--all").startswith("Removed 3 environments, 1 wheel")
    assert say("list") == "No environment is kept; 0 wheels 0 B, downloads 0 B, in all 0 B.\n"


def test_cleaning_what_is_old(project: Path) -> None:
    since_s = (datetime.now(UTC) - NOW).total_seconds()
    age = f"{since_s / 86400 + 3:.3f} days"
    found = json.loads(say("clean", "--older-than", age, "--format", "json"))
    assert (found["environments"], found["wheels"]) == (1, 0)
    assert left(project / ".groundspeed") == {"c1", "c2"}


def test_an_age_that_is_none_is_wrong_use(project: Path) -> None:
    assert "'old' is not a" in say("clean", "--older-than", "old", code=2)


def test_while_a_run_goes_on_nothing_is_removed_and_the_list_works(project: Path) -> None:
    with file_lock(project / ".groundspeed" / "locks" / "results"):
        command = [sys.executable, "-m", "groundspeed", "env", "clean", "--all"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 6, done.stderr
        assert "holds the lock" in done.stderr
        assert "3 environments" in say("list")


def test_the_bytecode_of_an_environment_goes_with_it(workspace: Path) -> None:
    kept = cache.environments_folder(workspace)
    compiled = bytecode_folder(workspace) / kept.relative_to(kept.anchor)
    stays = fill(compiled / "new" / "virtualenv-py3.11" / "module.cpython-311.pyc", 1)
    goes = fill(compiled / "gone" / "virtualenv-py3.11" / "module.cpython-311.pyc", 1)
    make(workspace, "new", blocks=1, days=0)
    cache.sweep_leftovers(workspace)
    assert stays.exists()
    assert not goes.exists()
