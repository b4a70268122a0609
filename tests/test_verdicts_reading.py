"""One way from a configuration to a history: renames, order and floors of a real repository's results."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from groundspeed import config
from groundspeed.measurements import Basis, Measurement
from groundspeed.records import Case
from groundspeed.results.store import ResultStore
from groundspeed.verdicts.reading import ProjectResults, read
from tests.readings import made, measure
from tests.results_records import MACHINE, PY, benchmark, build, measured, run, session

NEW = benchmark("m.time_new", version="v2")


def reading(root: Path) -> ProjectResults:
    return read(config.load(root))


RENAMED = '[renamed]\n"m.time_old" = "m.time_new"\n'


@pytest.fixture(scope="module")
def renamed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[str, ...]]:
    """Two commits measured under the old name, the last two under the new one, in three sessions each."""
    root = tmp_path_factory.mktemp("renamed")
    commits = made(root, RENAMED)
    for number, factor in enumerate((1.0, 1.02, 0.98)):
        measure(root, number, {commits[0]: factor, commits[1]: factor}, "m.time_old", "v1")
        measure(root, number + 10, {commits[2]: 2 * factor}, "m.time_new", "v2")
    return root, commits


def test_everything_bears_the_present_name(renamed: tuple[Path, tuple[str, ...]]) -> None:
    root, commits = renamed
    found = reading(root)
    (one,) = found.archive.series
    assert (one.key.case.benchmark, one.key.version) == ("m.time_new", "v2")
    assert [found.archive.commits[at].hash for at in one.commits] == sorted(
        commits, key=[commit.hash for commit in found.archive.commits].index
    )
    assert sorted(found.archive.benchmarks) == ["m.time_new"]
    (before,) = found.measurements("box", commits[0])
    assert isinstance(before, Measurement)
    assert before.key == one.key
    assert len(before.processes) == 6
    (floor,) = found.floors("box").items()
    assert floor[0] == replace(one.key, version=None)
    assert floor[1].basis is Basis.SESSIONS


def test_a_floor_is_learned_from_sessions_of_one_commit(renamed: tuple[Path, tuple[str, ...]]) -> None:
    """0.98, 1 and 1.02, three times, is 2 % between sessions; what is taken for granted pulls it up a bit."""
    (one,) = reading(renamed[0]).noise("box")
    assert one.seen == 6
    assert one.processes == 2
    assert one.floor.between_sessions == pytest.approx(0.02, abs=0.005)
    assert one.floor.between_processes == pytest.approx(0.01 * math.sqrt(2), rel=0.1)


def test_nothing_on_disk_knows_of_a_rename(renamed: tuple[Path, tuple[str, ...]]) -> None:
    root, commits = renamed
    ours = root / "groundspeed.toml"
    text = ours.read_text(encoding="utf-8")
    ours.write_text("", encoding="utf-8")
    try:
        found = reading(root)
        assert sorted(str(one.key.case) for one in found.archive.series) == ["m.time_new", "m.time_old"]
        (before,) = found.measurements("box", commits[0])
        assert before.key.case.benchmark == "m.time_old"
    finally:
        ours.write_text(text, encoding="utf-8")


def test_commits_of_one_identity_are_one_code(tmp_path: Path) -> None:
    commits = made(tmp_path, count=2)
    case = Case(benchmark="m.time_new", params=())
    for number, commit in enumerate(commits):
        store = ResultStore(tmp_path / "results", MACHINE)
        store.begin(session(number, [NEW], [PY], commits))
        store.add(build(commit, identity="same"))
        store.add(run(case, measured(1.0 + number / 100), commit, version="v2"))
        store.close()
    (floor,) = reading(tmp_path).floors("box").values()
    assert floor.basis is Basis.SESSIONS


def test_commits_stand_in_the_order_of_git(tmp_path: Path) -> None:
    commits = made(tmp_path)
    measure(tmp_path, 1, dict.fromkeys(reversed(commits), 1.0), "m.time_new", "v2")
    found = reading(tmp_path)
    assert found.order == commits
    assert [found.commits[commit].subject for commit in commits] == ["change 0", "change 1", "change 2"]
    assert found.machines == ("box",)
    assert found.notices == ()


def test_without_git_commits_go_by_their_dates(tmp_path: Path) -> None:
    (tmp_path / "asv.conf.json").write_text('{"version": 1, "repo": "nowhere"}', encoding="utf-8")
    commits = ("a" * 40, "b" * 40)
    measure(tmp_path, 1, dict.fromkeys(commits, 1.0), "m.time_new", "v2")
    found = reading(tmp_path)
    assert found.order == commits
    assert found.commits == {}
    (notice,) = found.notices
    assert notice.startswith("Commits go by their dates, without their subjects: ")


def test_no_results_are_no_error(tmp_path: Path) -> None:
    made(tmp_path, RENAMED, count=1)
    found = reading(tmp_path)
    assert found.machines == ()
    assert found.order == ()
    assert found.archive.series == ()
    assert found.measurements("box", "c" * 40) == ()
    assert found.floors("box") == {}
    assert found.keys("box") == frozenset()
    (notice,) = found.notices
    assert '"m.time_old" is no name in the results' in notice


def test_what_is_left_to_the_night_and_is_not_there_is_told(tmp_path: Path) -> None:
    globs = '["m.time_*", "m.Tiem.*", "m.time_new(7)"]'
    (commit,) = made(tmp_path, f"[nightly]\ncases = {globs}\n", count=1)
    assert reading(tmp_path).notices == ()  # nothing is known of the suite yet
    measure(tmp_path, 1, {commit: 1.0}, "m.time_new", "v2")
    assert [notice.partition(":")[2].split('"')[1] for notice in reading(tmp_path).notices] == [
        "m.Tiem.*",
        "m.time_new(7)",
    ]
