"""Commits that a merge brought in: measured, compared and asked for, and no step of the branch's line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from groundspeed import config
from groundspeed.history import History
from groundspeed.measurements import Measurement
from groundspeed.results.archive import Archive, Series
from groundspeed.results.leaving import without
from groundspeed.results.unmeasured import Carried
from groundspeed.site.publish import publish_results
from groundspeed.verdicts.between import Wanted, compare_commits
from groundspeed.verdicts.newest import Present
from groundspeed.verdicts.overview import overview
from groundspeed.verdicts.reading import ProjectResults, read
from groundspeed.verdicts.regressions import distances, find_regressions
from groundspeed.verdicts.steps import find_steps
from tests.readings import measure
from tests.repositories import CommitSpec, make_repository

BEFORE, ASIDE, AFTER = 12, 12, 2
MERGE = BEFORE + ASIDE
# By date: the line, what is beside it, the merge and what follows; at last one of a branch that is open.
SPECS = [
    *(CommitSpec(f"line {at}", {"file": f"l{at}"}) for at in range(BEFORE)),
    *(CommitSpec(f"aside {at}", {"file": f"s{at}"}, branch="aside") for at in range(ASIDE)),
    CommitSpec("merge", {"file": "m"}, parents=(BEFORE - 1, BEFORE + ASIDE - 1)),
    *(CommitSpec(f"later {at}", {"file": f"t{at}"}) for at in range(AFTER)),
    CommitSpec("unmerged", {"file": "u"}, branch="open"),
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[str, ...]]:
    """Every commit is measured: 1 s along the line, 10 s aside, up to a percent more."""
    root = tmp_path_factory.mktemp("aside")
    hashes = make_repository(root, SPECS)
    (root / "asv.conf.json").write_text(json.dumps({"version": 1, "repo": ".", "branches": ["main"]}))
    slow = hashes[BEFORE:MERGE]
    noise = (1 + at * 7 % 11 / 1000 for at in range(len(hashes)))
    values = {one: (10.0 if one in slow else 1.0) * more for one, more in zip(hashes, noise, strict=True)}
    measure(root, 1, values, "m.time_x", "v1")
    return root, hashes


@pytest.fixture(scope="module")
def reading(project: tuple[Path, tuple[str, ...]]) -> ProjectResults:
    return read(config.load(project[0]))


def test_a_merge_brings_in_what_no_line_of_first_parents_has(
    project: tuple[Path, tuple[str, ...]],
) -> None:
    root, hashes = project
    history = History.open(root)
    assert history.merged(hashes, ["main"]) == frozenset(hashes[BEFORE:MERGE])
    assert history.merged(hashes, ["main", "aside"]) == frozenset()  # the line of another branch
    assert history.merged(hashes, ["aside"]) == frozenset()  # no branch reaches what is not on its line
    assert history.merged(hashes[:3], ["main"]) == frozenset()


def test_the_line_is_judged_without_it(
    project: tuple[Path, tuple[str, ...]], reading: ProjectResults
) -> None:
    _, hashes = project
    assert reading.aside == frozenset(hashes[BEFORE:MERGE])
    line = (*hashes[:BEFORE], *hashes[MERGE:])  # with the one of an open branch, which nobody merged
    assert reading.order == line
    assert {one.hash for one in reading.archive.commits} == set(line)
    assert find_regressions(reading).groups == ()
    assert find_regressions(reading, improvements=True).groups == ()
    assert not set(distances(reading)) & reading.aside
    everything = find_steps(reading.whole, reading.whole_order, reading.index.remembered("aside"))
    assert everything.rows.p.size == 1  # were they all of one line


def test_it_is_compared_and_asked_for_all_the_same(
    project: tuple[Path, tuple[str, ...]], reading: ProjectResults
) -> None:
    _, hashes = project
    base, head = hashes[BEFORE], hashes[-2]
    wanted = Wanted(pattern="", environment="", metric="")
    tolerances = reading.configuration.project.tolerances
    between = compare_commits(reading, "box", (base, head), wanted, tolerances)
    assert between.base.known is not None
    assert between.base.known.subject == "aside 0"
    assert len(between.comparison.compared) == 1
    present = Present(reading, "box", base)
    (track,) = present.tracks(lambda _: True)
    assert track.last.commit == base
    assert present.value(track).centre == pytest.approx(10.0, rel=0.01)
    assert present.branch == hashes[: BEFORE + 1]  # its own first parents
    state = overview(present)
    assert (state.commit, state.regressions.groups, len(state.figures)) == (base, (), 1)
    (found,) = reading.measurements("box", base)
    assert isinstance(found, Measurement)
    (newest,) = Present(reading, "box").tracks(lambda _: True)
    assert newest.last.commit == head


def test_the_page_shows_the_line(project: tuple[Path, tuple[str, ...]]) -> None:
    root, hashes = project
    published = publish_results(config.load(root))
    (commits,) = (root / "html" / "data").glob("commits-*.json")
    text = commits.read_text(encoding="utf-8")
    assert hashes[0] in text
    assert not [one for one in hashes[BEFORE:MERGE] if one in text]
    assert published.commits == len(hashes) - ASIDE


def test_where_nothing_else_is_left_all_is_the_history(tmp_path: Path) -> None:
    """A branch that takes everything by merges: what was measured beside it is all there is."""
    hashes = make_repository(tmp_path, SPECS)
    (tmp_path / "asv.conf.json").write_text(json.dumps({"version": 1, "repo": ".", "branches": ["main"]}))
    measure(tmp_path, 0, dict.fromkeys(hashes[BEFORE:MERGE], 1.0), "m.time_x", "v1")
    found = read(config.load(tmp_path))
    assert found.aside == frozenset()
    assert found.order == hashes[BEFORE:MERGE]


def test_rows_their_reasons_and_what_was_carried_go_together(reading: ProjectResults) -> None:
    """Of commits 0 to 3 the second goes: rows 0, 2, 3 are 0, 1, 2, and so are their reasons."""
    whole = reading.whole
    commits = whole.commits[:4]
    gone = commits[1]
    series = replace(
        whole.series[0],
        commits=np.array([0, 1, 2, 3], np.int32),
        values=np.array([1.0, np.nan, np.nan, 4.0]),
        low=np.array([0.0, 1.0, 2.0, 3.0]),
        high=np.array([5.0, 6.0, 7.0, 8.0]),
        failures={1: "gone"},
        skipped={2: "stays"},
        carried=tuple(
            Carried(commit=one.hash, date=one.date, measured_at=commits[0].hash)
            for one in (gone, whole.commits[5])
        ),
    )
    alone = replace(series, commits=series.commits[1:2], values=series.values[1:2], failures={}, carried=())
    left = without(_archive(whole, series, alone), frozenset({gone.hash}))
    (one,) = left.series
    assert [left.commits[at] for at in one.commits] == [commits[0], commits[2], commits[3]]
    assert (one.low.tolist(), one.high.tolist()) == ([0.0, 2.0, 3.0], [5.0, 7.0, 8.0])
    assert (dict(one.failures), dict(one.skipped)) == ({}, {1: "stays"})
    assert [carried.commit for carried in one.carried] == [whole.commits[5].hash]


def _archive(whole: Archive, *series: Series) -> Archive:
    return replace(whole, commits=whole.commits[:4], series=series)
