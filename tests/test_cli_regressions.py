"""groundspeed regressions and triage as a user calls them, on a real repository with asv's results."""

from __future__ import annotations

import contextlib
import io
import json
import math
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from groundspeed import config
from groundspeed.cli import main
from groundspeed.errors import GroundspeedError
from groundspeed.history.order import history_order
from groundspeed.results.archive import read_archive
from groundspeed.results.index.memory import Memory
from groundspeed.verdicts.culprits import judge
from groundspeed.verdicts.reading import ProjectResults, dates_of, read
from groundspeed.verdicts.regressions import (
    NoSuchGroupError,
    View,
    current_suite,
    decide,
    find_regressions,
    group_named,
    narrowed,
    who,
)
from groundspeed.verdicts.since import commits_since
from groundspeed.verdicts.steps import find_steps, method
from groundspeed.verdicts.triage import Ruling
from tests.archives import numpy_results
from tests.commands import groundspeed as in_a_process
from tests.readings import made
from tests.repositories import git
from tests.results_records import MACHINE, PY, benchmark

__all__ = ["numpy_results"]  # a fixture

COUNT, AT = 30, 18  # made() dates commit n n hours after 2024-01-01T12:00
LAST = datetime(2024, 1, 2, 17, tzinfo=UTC)


def wobbling(before: float, after: float, at: int = AT) -> list[float]:
    return [(after if n >= at else before) * (1 + 0.01 * math.sin(2.3 * n * n)) for n in range(COUNT)]


VALUES = {
    "m.time_walk": [wobbling(0.001, 0.0015), wobbling(0.002, 0.0035)],
    "m.time_run": [wobbling(0.1, 0.12), wobbling(0.1, 0.1)],
    "m.time_sit": [wobbling(0.5, 0.3, at=9), wobbling(0.5, 0.5)],
}


def write_results(root: Path, commits: Sequence[str], values: Mapping[str, Sequence[list[float]]]) -> None:
    """As asv lays it out: a file a commit, two cases a benchmark."""
    results = root / "results"
    (results / "box").mkdir(parents=True, exist_ok=True)
    (results / "box" / "machine.json").write_text(json.dumps({**MACHINE, "version": 1}))
    params = [["1", "2"]]
    entries = {
        name: {**benchmark(name, version="v1").definition, "params": params, "param_names": ["n"]}
        for name in values
    }
    (results / "benchmarks.json").write_text(json.dumps({**entries, "version": 2}))
    for at, commit in enumerate(commits):
        rows = {name: [[case[at] for case in cases], params, "v1"] for name, cases in values.items()}
        document = {
            "version": 2,
            "commit_hash": commit,
            "env_name": PY.name,
            "date": 1704110400000 + at * 3600000,
            "params": {**MACHINE, "python": "3.11"},
            "python": "3.11",
            "requirements": {},
            "env_vars": {},
            "durations": {},
            "result_columns": ["result", "params", "version"],
            "results": rows,
        }
        (results / "box" / f"{commit[:8]}-{PY.name}.json").write_text(json.dumps(document))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[str, ...]]:
    root = tmp_path_factory.mktemp("walks")
    commits = made(root, count=COUNT)
    git(root, "tag", "v1", commits[12])
    write_results(root, commits, VALUES)
    return root, commits


@pytest.fixture
def fresh(project: tuple[Path, tuple[str, ...]]) -> tuple[Path, tuple[str, ...]]:
    """The project without decisions."""
    (project[0] / "triage.toml").unlink(missing_ok=True)
    return project


def reading(root: Path) -> ProjectResults:
    return read(config.load(root))


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    stdout: str
    stderr: str


def groundspeed(root: Path, *words: str, code: int = 0) -> Said:
    """The program in this process: a start of Python for each call would take most of the time."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(root),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.MonkeyPatch.context() as patched,
    ):
        patched.setattr(sys, "argv", ["groundspeed", *words])
        with pytest.raises(SystemExit) as end:
            main.main()
    assert end.value.code == code, f"exit {end.value.code}\n{out.getvalue()}\n{err.getvalue()}"
    return Said(stdout=out.getvalue(), stderr=err.getvalue())


def found(root: Path, *words: str, code: int = 1) -> Any:
    done = groundspeed(root, "regressions", "--format", "json", *words, code=code)
    assert done.stderr == ""
    return json.loads(done.stdout)


def cases(document: Any) -> list[list[str]]:
    return [[one["case"] for one in group["series"]] for group in document["groups"]]


def test_from_results_to_a_list_and_what_was_decided_about_it(fresh: tuple[Path, tuple[str, ...]]) -> None:
    root, commits = fresh
    shown = in_a_process(root, "regressions", code=1).stdout
    assert shown.startswith("1 open regression.\n6 series searched;")
    assert f"{commits[AT - 1][:8]}..{commits[AT][:8]}  2024-01-02  1 commit\n     change {AT}\n" in shown
    assert "m.time_walk(2)" in shown
    assert f"$ git show {commits[AT][:10]}" in shown

    document = found(root)
    assert cases(document) == [["m.time_walk(2)", "m.time_walk(1)", "m.time_run(1)"]]
    id_ = document["groups"][0]["id"]

    said = groundspeed(root, "triage", "acknowledge", id_, "--bench", "walk", "--note", "it's fine").stdout
    assert said.startswith(f"{id_} is acknowledged for m.time_walk.\n")
    assert 'note = "it\'s fine"' in (root / "triage.toml").read_text()
    document = found(root)
    assert {one["case"]: one["state"] for one in document["groups"][0]["series"]} == {
        "m.time_walk(1)": "acknowledged",
        "m.time_walk(2)": "acknowledged",
        "m.time_run(1)": "suspected",
    }
    groundspeed(root, "triage", "acknowledge", f"{commits[AT - 1][:7]}..{commits[AT][:7]}")
    assert found(root, code=0)["groups"] == []
    assert cases(found(root, "--all", code=0)) == cases(document)
    listed = json.loads(groundspeed(root, "triage", "--format", "json").stdout)["decisions"]
    assert [(one["id"], one["cases"]) for one in listed] == [
        (id_, ["m.time_walk"]),
        (id_, ["m.time_run", "m.time_walk"]),
    ]
    assert groundspeed(root, "triage", "reopen", id_).stdout.startswith(f"2 decisions about {id_} taken back")
    assert found(root)["open"] == 1
    assert "no decision" in groundspeed(root, "triage").stdout


def test_views(fresh: tuple[Path, tuple[str, ...]]) -> None:
    root, _ = fresh
    assert cases(found(root, "--bench", "run")) == [["m.time_run(1)"]]
    assert found(root, "--bench", "sit", code=0)["groups"] == []
    assert cases(found(root, "--improvements", code=0)) == [["m.time_sit(1)"]]
    assert found(root, "--since", "v1")["open"] == 1
    assert found(root, "--since", "HEAD~3", code=0)["open"] == 0
    assert found(root, "--since", "2024-01-02T00:00", "--machine", "box")["open"] == 1
    assert found(root, "--since", "30 days", code=0)["open"] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("regressions", "--bench", "("), "is no regular expression"),
        (("regressions", "--machine", "camel"), "results of box and of no other machine"),
        (("regressions", "--since", "yesteryear"), "no date .*no time .*and no revision"),
        (("triage", "acknowledge", "ffff"), "'ffff' names no regression. Give an id"),
        (("triage", "acknowledge", ""), "names several regressions|names no regression"),
        (("triage", "acknowledge", "..", "--bench", "nothing"), "has no such case"),
        (("triage", "reopen", ".."), "Nothing was decided about"),
    ],
)
def test_wrong_use_is_told_with_the_next_move(
    fresh: tuple[Path, tuple[str, ...]], words: tuple[str, ...], said: str
) -> None:
    done = groundspeed(fresh[0], *words, code=2)
    assert done.stdout == ""
    assert re.search(said, done.stderr), done.stderr


def test_a_broken_triage_file_is_told_and_left_alone(fresh: tuple[Path, tuple[str, ...]]) -> None:
    root, _ = fresh
    (root / "triage.toml").write_text("version = 1\n<<<<<<< HEAD\n")
    for words in (("regressions",), ("triage",), ("triage", "acknowledge", "..")):
        assert "triage.toml is not valid TOML" in groundspeed(root, *words, code=2).stderr
    assert "HEAD" in (root / "triage.toml").read_text()


def test_without_results_it_says_what_makes_them(tmp_path: Path) -> None:
    made(tmp_path)
    for words in (("regressions",), ("triage", "acknowledge", "1f0c9a3e")):
        assert "Measure something first: groundspeed run" in groundspeed(tmp_path, *words, code=3).stderr
    assert "no decision" in groundspeed(tmp_path, "triage").stdout


def test_without_git_commits_stand_by_their_dates(tmp_path: Path) -> None:
    (tmp_path / "asv.conf.json").write_text(json.dumps({"version": 1, "repo": "./nowhere"}))
    write_results(tmp_path, [f"{at + 1:08x}" * 5 for at in range(COUNT)], VALUES)
    done = groundspeed(tmp_path, "regressions", code=1)
    assert "by their dates" in done.stderr
    assert "00000012..00000013  2024-01-02\n" in done.stdout
    assert "$ groundspeed find 00000012..00000013 " in done.stdout
    assert "no revision" in groundspeed(tmp_path, "regressions", "--since", "v1", code=2).stderr


def test_a_tolerance_of_the_project_is_kept_to(tmp_path: Path) -> None:
    commits = made(tmp_path, '[tolerance]\n"m.time_walk" = "60 %"\n', count=COUNT)
    write_results(tmp_path, commits, VALUES)
    assert cases(found(tmp_path)) == [["m.time_walk(2)", "m.time_run(1)"]]  # 75 % and 20 %; 50 % is ignored


def test_one_that_recovered_is_listed_when_asked_for(tmp_path: Path) -> None:
    values = wobbling(0.001, 0.0015, at=8)
    values[21:] = wobbling(0.001, 0.001)[21:]
    write_results(tmp_path, made(tmp_path, count=COUNT), {"m.time_walk": [values, values]})
    assert found(tmp_path, code=0)["groups"] == []
    (group,) = found(tmp_path, "--all", code=0)["groups"]
    assert group["state"] == "recovered"


# --- the library ----------------------------------------------------------------------------------------


def test_groups_are_called_by_id_or_range_as_far_as_it_is_unique(
    fresh: tuple[Path, tuple[str, ...]],
) -> None:
    root, commits = fresh
    all_ = find_regressions(reading(root))
    (group,) = all_.groups
    for text in (group.id, group.id[:4], f"{commits[AT - 1]}..{commits[AT]}", f"{commits[AT - 1][:6]}.."):
        assert group_named(all_, text) == group
    for text in ("zz", f"{commits[AT]}..{commits[AT + 1]}", ""):
        with pytest.raises(NoSuchGroupError):
            group_named(all_, text)


def test_a_measurement_that_confirms_is_recorded_like_a_person_s_word(
    fresh: tuple[Path, tuple[str, ...]],
) -> None:
    """What `regressions --confirm` does with what it measured."""
    (group,) = find_regressions(reading(fresh[0])).groups
    some = decide(
        group, Ruling.CONFIRMED, View(pattern="walk.1").wants, by="groundspeed", at=LAST, note="1.5 times"
    )
    assert (some.cases, some.machines) == (("m.time_walk(1)",), ("box",))
    every = decide(group, Ruling.CONFIRMED, View().wants, by="groundspeed", at=LAST, note="")
    assert every.cases == ("m.time_run(1)", "m.time_walk(1)", "m.time_walk(2)")
    word = decide(group, Ruling.ACKNOWLEDGED, View(pattern="[12]").wants, by="Ada", at=LAST, note="")
    assert (word.cases, word.machines) == (("m.time_run", "m.time_walk"), ())
    word = decide(group, Ruling.ACKNOWLEDGED, View(pattern="1").wants, by="Ada", at=LAST, note="")
    assert word.cases == ("m.time_run", "m.time_walk(1)")
    assert (every.base, every.head) == (group.range.base, group.range.head)


def test_a_view_of_everything_is_everything(fresh: tuple[Path, tuple[str, ...]]) -> None:
    one = reading(fresh[0])
    all_ = find_regressions(one)
    assert narrowed(one, all_, View()) is all_


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("v1", 13),
        ("2024-01-02", 12),
        ("2024-01-02T05:00:00+02:00", 15),
        ("3 h", COUNT - 4),
        ("90 m", COUNT - 2),
        ("100000 d", 0),
        ("99999999999 d", None),
        ("HEAD", COUNT),
        ("nothing", None),
        ("30", None),
    ],
)
def test_since(fresh: tuple[Path, tuple[str, ...]], text: str, first: int | None) -> None:
    root, commits = fresh
    if first is None:
        with pytest.raises(GroundspeedError, match="is no date"):
            commits_since(reading(root), text, LAST)
    else:
        assert commits_since(reading(root), text, LAST) == set(commits[first:])


def test_who_decides_is_whom_git_knows(tmp_path: Path) -> None:
    made(tmp_path)
    git(tmp_path, "config", "user.name", "Grace Hopper")
    assert who(config.load(tmp_path)) == "Grace Hopper"


# --- the numpy archive ------------------------------------------------------------------------------------


@pytest.mark.archive
@pytest.mark.slow
def test_the_numpy_archive_is_a_list_that_can_be_read(numpy_results: Path, tmp_path: Path) -> None:
    """asv lists 2,622 regressions. Every series in a group has its step within the group's range."""
    history = read_archive(numpy_results)
    order = history_order(dates_of(history), {})
    all_ = judge(
        find_steps(history, order, Memory(tmp_path, method())),
        tolerance=lambda _: 0.05,
        current=current_suite(history),
        decisions=(),
    )
    place_of = {commit: place for place, commit in enumerate(order)}
    assert sum(all_.searched.values()) == 7_249
    assert 20 <= len(all_.open) <= len(all_.groups) <= 150
    for group in all_.groups:
        base, head = place_of[group.likely.base], place_of[group.likely.head]
        for affected in group.affected:
            step = affected.step
            assert place_of[step.earliest] < head
            assert base < place_of[step.latest]
    first = all_.groups[0]
    assert {each.step.key.case.benchmark for each in first.affected} == {
        "bench_trim_zeros.TrimZeros.time_trim_zeros"
    }
    assert first.range.head.startswith("e4e0ab8e")  # "Merge pull request #17171 from mattip/revert-16911"
