"""What the newest commit makes suspicious: by results as asv lays them out, of two cases a benchmark."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from groundspeed.config import load
from groundspeed.records import Case
from groundspeed.verdicts.lately import AGO, Lately, lately
from groundspeed.verdicts.reading import read
from groundspeed.verdicts.regressions import find_regressions
from tests.repositories import CommitSpec, make_repository
from tests.test_cli_regressions import write_results

FAST = [1.0, 1.001, 0.999, 1.0, 1.001, 1.0, 0.999, 1.0]


def found(
    root: Path, values: dict[str, list[list[float]]], head: int = -1
) -> tuple[Lately | None, list[str]]:
    """What is suspicious of a commit, and all commits."""
    count = len(next(iter(values.values()))[0])
    commits = make_repository(root, [CommitSpec(f"{place}", {"a.txt": f"{place}"}) for place in range(count)])
    (root / "asv.conf.json").write_text(json.dumps({"version": 1, "project": "sample", "repo": "."}))
    write_results(root, commits, values)
    reading = read(load(root))
    return lately(reading, "box", commits[head], find_regressions(reading)), list(commits)


def test_what_is_slower_than_lately_is_named_with_its_range(tmp_path: Path) -> None:
    slow = [*FAST, 1.6]
    suspicious, commits = found(tmp_path, {"m.time_a": [slow, [*FAST, 1.0]], "m.time_b": [[*FAST, 1.0]] * 2})
    assert suspicious is not None
    assert suspicious.series == {(Case(benchmark="m.time_a", params=("1",)), "")}
    assert (suspicious.range.base, suspicious.range.head) == (commits[-1 - AGO], commits[-1])


def test_a_short_history_is_compared_from_its_beginning(tmp_path: Path) -> None:
    suspicious, commits = found(tmp_path, {"m.time_a": [[1.0, 1.0, 1.6]] * 2})
    assert suspicious is not None
    assert suspicious.range.base == commits[0]


@pytest.mark.parametrize(
    "values",
    [
        [*FAST, 1.0],  # nothing changed
        [*FAST, 0.5],  # it got faster
        [*FAST, 1.02],  # within what is tolerated
        [1.0] * 10 + [1.6] * 10,  # ten commits ago: the history shows it, and both ends are slow
    ],
)
def test_nothing_else_is_suspicious(tmp_path: Path, values: list[float]) -> None:
    assert found(tmp_path, {"m.time_a": [values, values]})[0] is None


def test_what_the_history_shows_in_that_range_is_not_asked_twice(tmp_path: Path) -> None:
    values = [1.0, 1.001, 0.999] * 7 + [1.6, 1.601, 1.599, 1.6, 1.601]
    assert found(tmp_path, {"m.time_a": [values, values]})[0] is None


def test_a_commit_that_was_not_measured_says_nothing(tmp_path: Path) -> None:
    commits = make_repository(
        tmp_path, [CommitSpec("one", {"a.txt": "1"}), CommitSpec("two", {"a.txt": "2"})]
    )
    (tmp_path / "asv.conf.json").write_text(json.dumps({"version": 1, "project": "sample", "repo": "."}))
    write_results(tmp_path, commits[:1], {"m.time_a": [[1.0], [1.0]]})
    reading = read(load(tmp_path))
    regressions = find_regressions(reading)
    assert lately(reading, "box", commits[1], regressions) is None
    assert lately(reading, "box", commits[0], regressions) is None  # with nothing before it
    assert lately(reading, "oryx", commits[0], regressions) is None
