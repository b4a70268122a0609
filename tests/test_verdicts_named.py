"""Whose commit a regression is where its range alone tells: on the newest commit's line, and on others."""

from __future__ import annotations

import dataclasses
import json
from datetime import timedelta

import pytest

from groundspeed.config import load
from groundspeed.results.store import ResultStore
from groundspeed.verdicts.groups import Group, Range
from groundspeed.verdicts.named import Named, named_culprits
from groundspeed.verdicts.reading import ProjectResults, read
from tests.repositories import CommitSpec, make_repository
from tests.results_records import MACHINE, PY, T0, benchmark, build, measured, run, session

CASE = benchmark("m.time_a")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[ProjectResults, tuple[str, ...]]:
    """Every commit is measured: 0, 1, 2 on main, then 3, 4 on stable, which leaves main at 0, then 5 on main.

    6 is the topic that 7, the newest of main, merges.
    """
    root = tmp_path_factory.mktemp("named") / "project"
    configuration = {"version": 1, "project": "sample", "repo": ".", "branches": ["main", "stable"]}
    specs = [
        CommitSpec("0", {"asv.conf.json": json.dumps(configuration)}),
        *(CommitSpec(text, {"a.txt": text}) for text in "12"),
        CommitSpec("3", {"a.txt": "3"}, branch="stable", parents=(0,)),
        CommitSpec("4", {"a.txt": "4"}, branch="stable"),
        CommitSpec("5", {"a.txt": "5"}),
        CommitSpec("6", {"b.txt": "6"}, branch="topic", parents=(5,)),
        CommitSpec("7", {"b.txt": "6"}, parents=(5, 6)),
    ]
    commits = make_repository(root, specs)
    store = ResultStore(root / "results", MACHINE)
    store.begin(dataclasses.replace(session(1, [CASE], [PY], commits), machine="box"))
    for place, commit in enumerate(commits):
        store.add(build(commit))
        at = T0 + timedelta(minutes=place)
        store.add(run(CASE.cases()[0], measured(1.0), commit, at=at))
    store.close()
    return read(load(root)), commits


@pytest.mark.parametrize(
    ("base", "head", "named"),
    [
        (1, 2, True),  # neighbours on the line of the newest commit
        (0, 2, False),  # 1 or 2
        (3, 4, True),  # neighbours on the other branch
        (0, 3, True),  # its first one
        (0, 4, False),  # 3 or 4
        (2, 3, False),  # measured one after the other, and neither follows the other
        (4, 5, False),
    ],
)
def test_the_only_commit_of_a_range_is_its_culprit(
    project: tuple[ProjectResults, tuple[str, ...]], base: int, head: int, named: bool
) -> None:
    reading, commits = project
    group = group_of(commits[base], commits[head])
    culprit = Named(commit=commits[head], parent=commits[base], subject=str(head))
    assert named_culprits(reading, [group]) == ({group.id: culprit} if named else {})


def test_a_merge_is_named_and_is_to_be_opened(project: tuple[ProjectResults, tuple[str, ...]]) -> None:
    reading, commits = project
    group = group_of(commits[5], commits[7])
    merge = Named(commit=commits[7], parent=commits[5], subject="7", unopened=True)
    assert named_culprits(reading, [group]) == {group.id: merge}


def group_of(base: str, head: str) -> Group:
    range_ = Range(base=base, head=head)
    return Group(id="aa11bb22", range=range_, likely=range_, affected=(), decisions=())
