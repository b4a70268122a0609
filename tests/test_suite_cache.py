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
from groundspeed.records import Case
from groundspeed.results.archive import read_archive
from groundspeed.results.lock import file_lock
from groundspeed.results.sessions import session_paths
from groundspeed.results.store import ResultStore
from groundspeed.suite import cache
from groundspeed.suite.isolation import bytecode_folder
from tests.results_records import COMMITS, MACHINE, PY, benchmark, measured, run, session

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


def limited(blocks: int, age: timedelta = FOREVER) -> cache.Limits:
    return cache.Limits(size_bytes=blocks * BLOCK, age=age, results_age=FOREVER)


def beside(workspace: Path) -> dict[str, int]:
    """The blocks of everything that is no environment and no wheel."""
    stock = cache.stock(workspace)
    return {one.name: one.size_bytes // BLOCK for one in (*stock.parts, *stock.staying) if one.size_bytes}


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
    assert (stock.wheels, stock.wheels_bytes) == (1, 5 * BLOCK)
    assert not any(one.size_bytes for one in (*stock.parts, *stock.staying))
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
    freed = cache.trim(workspace, limited(blocks), NOW)
    assert left(workspace) == environments
    assert cache.stock(workspace).wheels == wheels
    assert (freed.environments, freed.wheels) == (3 - len(environments), 1 - wheels)
    assert freed.freed_bytes == 35 * BLOCK - cache.stock(workspace).total_bytes
    assert not freed.parts


def test_what_was_not_used_for_long_goes_whatever_the_room(workspace: Path) -> None:
    limits = limited(1_000_000, timedelta(days=2, hours=1))
    freed = cache.trim(workspace, limits, NOW)
    assert left(workspace) == {"c1", "c2"}
    assert (freed.environments, freed.wheels) == (1, 1)


def test_what_is_in_use_stays_and_counts(workspace: Path) -> None:
    oldest = cache.environments_folder(workspace) / "c3" / "virtualenv-py3.11"
    cache.trim(workspace, limited(15, timedelta(hours=1)), NOW, {oldest})
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
    assert beside(workspace)["downloads"] == 40
    assert stock.total_bytes == 76 * BLOCK
    freed = cache.trim(workspace, limited(41), NOW)
    assert left(workspace) == {"c4"}
    assert not freed.parts
    assert cache.trim(workspace, limited(39), NOW).parts == ("downloads",)
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
    work = fill(cache.work_folder(workspace) / "c9" / "scratch.bin", 1)
    busy = fill(cache.worktrees_folder(workspace) / "cd" / "virtualenv-py3.11" / "bin" / "python", 1)
    cache.sweep_leftovers(workspace, {busy.parent.parent})
    assert [path.exists() for path in (half, older, part, lock, tree)] == [False] * 5
    assert busy.exists()
    assert work.exists()  # of the session that uses what is spared
    cache.sweep_leftovers(workspace)
    assert not busy.exists()
    assert not work.exists()
    assert left(workspace) == {"c1", "c2", "c3"}
    assert cache.stock(workspace).wheels == 1


# --- what else grows ----------------------------------------------------------------------------


@pytest.fixture
def crowded(workspace: Path) -> Path:
    """The three environments (30 blocks), the wheel (5), and 1, 2, 4, 8 and 16 blocks of what else goes."""
    compiled = bytecode_folder(workspace)
    fill(workspace / "viewer" / "profile.js", 1)
    fill(workspace / "tools" / "cpython-311" / "memray" / "memray.py", 2)
    fill(compiled / Path(__file__).parent.relative_to("/") / "x.cpython-311.pyc", 4)
    fill(workspace / "home" / ".local" / "share" / "left.bin", 8)
    fill(cache.downloads_folder(workspace) / "uv" / "archive" / "numpy.py", 16)
    fill(workspace / "index" / "part.bin", 3)
    return workspace


EVERYTHING = {"viewer": 1, "tools": 2, "bytecode": 4, "home": 8, "downloads": 16, "index": 3}


def test_everything_that_grows_is_counted(crowded: Path) -> None:
    assert beside(crowded) == EVERYTHING
    assert cache.stock(crowded).total_bytes == (35 + 31) * BLOCK  # the index follows the results


@pytest.mark.parametrize(
    ("blocks", "parts"),
    [
        (31, ""),
        (30, "viewer"),
        (29, "viewer tools"),
        (27, "viewer tools bytecode"),
        (23, "viewer tools bytecode home"),
        (15, "viewer tools bytecode home downloads"),
    ],
)
def test_after_the_environments_goes_what_costs_least_to_make_again(
    crowded: Path, blocks: int, parts: str
) -> None:
    freed = cache.trim(crowded, limited(blocks), NOW)
    assert (freed.environments, freed.wheels, freed.parts) == (3, 1, tuple(parts.split()))
    gone = set(parts.split())
    assert beside(crowded) == {name: size for name, size in EVERYTHING.items() if name not in gone}


def test_beside_an_environment_in_use_only_downloads_go(crowded: Path) -> None:
    """Its interpreter may lie in the home, its bytecode is being read."""
    used = cache.environments_folder(crowded) / "c1" / "virtualenv-py3.11"
    freed = cache.trim(crowded, limited(0), NOW, {used})
    assert freed.parts == ("downloads",)
    assert left(crowded) == {"c1"}


def test_an_environment_is_as_large_as_it_is_with_its_bytecode(workspace: Path) -> None:
    """c1 has 10 blocks of files and 7 of bytecode; both go at once, and nothing is counted twice."""
    folder = cache.environments_folder(workspace) / "c1" / "virtualenv-py3.11"
    pyc = fill(bytecode_folder(workspace) / folder.relative_to("/") / "lib" / "module.cpython-311.pyc", 7)
    stock = cache.stock(workspace)
    assert stock.environments[0].size_bytes == 17 * BLOCK
    assert stock.total_bytes == 42 * BLOCK
    assert beside(workspace) == {}
    assert cache.trim(workspace, limited(0), NOW).freed_bytes == 42 * BLOCK
    assert not pyc.exists()


def test_measurements_of_no_commit_end_by_their_age_only(tmp_path: Path) -> None:
    """The first session's file and its row are 31 days old; the second's stay whole, and the machine's."""
    results, suite = cache.outside_results(tmp_path), [benchmark("m.time_a")]
    case = Case(benchmark="m.time_a", params=())
    for number, commit in enumerate(COMMITS[:2]):
        store = ResultStore(results, MACHINE)
        store.begin(session(number, suite))
        store.add(run(case, measured(1.0), commit))
        store.close()
    (first, _), row = session_paths(results / "box"), results / "box" / f"{COMMITS[0][:8]}-{PY.name}.json"
    for path in (first, row, results / "box" / "machine.json"):
        use(path, 31)
    limits = cache.Limits(size_bytes=0, age=timedelta(0), results_age=timedelta(days=30))
    assert cache.trim(tmp_path, limits, NOW).results == 2
    archive = read_archive(results)
    assert archive.warnings == ()
    assert [one.hash for one in archive.commits] == [COMMITS[1]]
    assert list(archive.machines) == ["box"]
    assert cache.trim(tmp_path, limits, NOW).results == 0


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
        "3 environments; 1 wheel 20.5 KB, in all 2.15 MB.",
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
    assert say("list") == "No environment is kept; 0 wheels 0 B, in all 0 B.\n"


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
    stays = fill(compiled / "new" / "virtualenv-py3.11" / "lib" / "module.cpython-311.pyc", 1)
    goes = fill(compiled / "gone" / "virtualenv-py3.11" / "module.cpython-311.pyc", 1)
    make(workspace, "new", blocks=1, days=0)
    cache.sweep_leftovers(workspace)
    assert stays.exists()
    assert not goes.exists()
