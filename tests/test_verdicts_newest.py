"""What a series holds along the branch: the rows that are made when asked for, against all of them."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed import config
from groundspeed.errors import NothingMeasuredError
from groundspeed.results.archive import Archive, Series
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.newest import At, NoValue, Present, newest_measured
from groundspeed.verdicts.reading import ProjectResults, read
from tests.site_archives import commit_hash, measured, series

COUNT = 6
NAN = math.nan


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A suite without results and without git: what it holds is put into its reading."""
    folder = tmp_path_factory.mktemp("suite")
    suite = {"version": 1, "project": "dromedary", "repo": "https://example.invalid/dromedary.git"}
    (folder / "asv.conf.json").write_text(json.dumps(suite), encoding="utf-8")
    return folder


def reading(root: Path, *held: Series) -> ProjectResults:
    """The series as if they were the results, measured on the first days of history."""
    found = read(config.load(root))
    found.archive = Archive(
        commits=measured(COUNT),
        series=held,
        benchmarks={},
        machines={"camel": {}},
        files=0,
        warnings=(),
    )
    return found


def rows(one: Series, last: int) -> list[At | NoValue]:
    """All of a series up to a day, each an object, by the words of ``Series``."""
    held: dict[int, At | NoValue] = {}
    for row, day in enumerate(one.commits.tolist()):
        value = Interval(centre=one.values[row], low=one.low[row], high=one.high[row])
        held[day] = At(commit=commit_hash(day), value=value, carried_from=None)
        if math.isnan(one.values[row]):
            reason = one.failures.get(row, "") + one.skipped.get(row, "")
            held[day] = NoValue(commit=commit_hash(day), reason=reason, skipped=row in one.skipped)
    for over in one.carried:
        day, at = (int(text[:8], 16) for text in (over.commit, over.measured_at))
        if isinstance(shared := held.get(at), At):
            held[day] = replace(shared, commit=over.commit, carried_from=over.measured_at)
    return [held[day] for day in sorted(held) if day <= last]


@settings(deadline=None, derandomize=True, max_examples=200)
@given(
    values=st.lists(st.sampled_from([1.0, 2.0, NAN]), min_size=1, max_size=COUNT - 2),
    first=st.integers(0, 1),
    carried=st.dictionaries(st.integers(4, COUNT - 1), st.integers(0, 3)),
    skipped=st.sets(st.integers(0, 3)),
    last=st.integers(0, COUNT - 1) | st.none(),
)
def test_a_track_holds_what_the_series_does(
    root: Path,
    values: list[float],
    first: int,
    carried: dict[int, int],
    skipped: set[int],
    last: int | None,
) -> None:
    absent = {row for row, value in enumerate(values) if math.isnan(value)}
    carried = {day: at for day, at in carried.items() if day >= first + len(values)}
    one = series("m.time_a", values, first=first, carried=carried)
    one = replace(
        one,
        failures=dict.fromkeys(absent - skipped, "raised"),
        skipped=dict.fromkeys(absent & skipped, ""),
    )
    expected = rows(one, COUNT - 1 if last is None else last)
    present = Present(reading(root, one), "camel", None if last is None else commit_hash(last))
    if not expected or (last is not None and expected[-1].commit != commit_hash(last)):
        assert present.tracks(lambda _: True) == ()
        return
    (track,) = present.tracks(lambda _: True)
    assert [track.at(number) for number in range(len(track.rows))] == expected
    assert track.last == expected[-1]
    assert track.values == tuple(at for at in expected if isinstance(at, At))
    if isinstance(expected[-1], At):
        assert present.value(track) == expected[-1].value, "the index knows nothing more"


def test_of_several_versions_and_environments_the_newest_counts(root: Path) -> None:
    """By version v2, which has a later row; by environment those that have a row where the newest does."""
    found = reading(
        root,
        series("m.time_a", [1, 1, 1], version="v1"),
        series("m.time_a", [2, 2], version="v2", first=2),
        series("m.time_a", [3, 3], version="v1", environment="conda"),
        series("m.time_b", [4], environment="conda"),
        series("m.time_a", [5] * COUNT, machine="oryx"),
    )
    tracks = Present(found, "camel").tracks(lambda _: True)
    assert [track.values[-1].value.centre for track in tracks] == [2, 4]


@pytest.mark.parametrize(
    ("machine", "day"),
    [
        ("camel", 3),  # its own newest, whatever others measured later
        ("oryx", 5),
        ("goat", 5),  # has no results: the newest of any machine
    ],
)
def test_the_newest_measured_commit_is_the_machines_own(root: Path, machine: str, day: int) -> None:
    camel, oryx = (
        series("x.time_a", [1.0] * days, machine=name) for name, days in (("camel", 4), ("oryx", 6))
    )
    assert newest_measured(reading(root, camel, oryx), machine) == commit_hash(day)


def test_without_results_no_commit_is_the_newest(root: Path) -> None:
    with pytest.raises(NothingMeasuredError, match="groundspeed run"):
        newest_measured(reading(root), "camel")
