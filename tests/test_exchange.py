"""Results of several machines on a branch: the union of what each has, whoever pushes when."""

from __future__ import annotations

import dataclasses
import json
import shutil
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from groundspeed.config import load
from groundspeed.errors import GroundspeedError, LockedError, NothingMeasuredError, StorageError
from groundspeed.history.remote import RemoteBranch
from groundspeed.nightly.exchange import BRANCH, Exchanged, exchange_results
from groundspeed.nightly.outside import Outside
from groundspeed.records import Benchmark
from groundspeed.results.archive import read_archive
from groundspeed.results.catalog import read_definitions
from groundspeed.results.lock import file_lock
from groundspeed.results.merging import Changed, Theirs, belongs, merge
from groundspeed.results.store import ResultStore
from groundspeed.verdicts.triage import NAME as TRIAGE
from groundspeed.verdicts.triage import Decision, Ruling, read_triage, record
from tests.commands import groundspeed
from tests.repositories import CommitSpec, git, make_repository
from tests.results_records import COMMITS, MACHINE, PY, T0, benchmark, build, measured, run, session

A, B = benchmark("m.time_a"), benchmark("m.time_b")
AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def clone(folder: Path, name: str) -> Path:
    """A clone of its own of the folder's bare repository."""
    bare = folder / "bare.git"
    if not bare.exists():
        make_repository(bare, [CommitSpec("first", {"code.py": "x = 1\n"})], bare=True)
    git(folder, "clone", "--quiet", str(bare), name)
    root = folder / name
    (root / "asv.conf.json").write_text(json.dumps({"version": 1, "project": "sample", "repo": "."}))
    return root


@pytest.fixture
def one(tmp_path: Path) -> Path:
    return clone(tmp_path, "one")


@pytest.fixture
def other(tmp_path: Path) -> Path:
    return clone(tmp_path, "other")


def measure(
    root: Path, number: int, value: float, *, machine: str = "box", suite: Sequence[Benchmark] = (A,)
) -> None:
    """Session ``number`` of a machine: its benchmarks at a commit."""
    store = ResultStore(root / "results", {**MACHINE, "machine": machine})
    store.begin(dataclasses.replace(session(number, suite, [PY]), machine=machine))
    commit = COMMITS[number % len(COMMITS)]
    store.add(build(commit))
    for each in suite:
        at = T0 + timedelta(days=number)
        store.add(run(each.cases()[0], measured(value), commit, version=each.version, at=at))
    store.close()


def exchange(root: Path) -> Exchanged:
    return exchange_results(load(root), Outside(now=lambda: AT, pause=lambda _: None, tries=1))


def files(root: Path) -> dict[str, bytes]:
    """Every file of the results by its path."""
    results = root / "results"
    return {
        path.relative_to(results).as_posix(): path.read_bytes()
        for path in results.rglob("*")
        if path.is_file()
    }


def branch_files(root: Path) -> set[str]:
    listed = git(root.parent / "bare.git", "ls-tree", "-r", "--name-only", BRANCH).splitlines()
    return {path.removeprefix("results/") for path in listed} - {".groundspeed-results"}


def values(root: Path) -> dict[tuple[str, str, str], float]:
    """What asv's files say: by machine, benchmark and commit."""
    archive = read_archive(root / "results")
    assert archive.warnings == ()
    return {
        (series.key.machine, series.key.case.benchmark, archive.commits[at].hash): float(value)
        for series in archive.series
        for at, value in zip(series.commits, series.values, strict=True)
    }


def test_each_machine_gets_the_other_s(one: Path, other: Path) -> None:
    measure(one, 1, 1.0, machine="ants")
    measure(other, 2, 2.0, machine="bees", suite=(A, B))
    first, second, third = exchange(one), exchange(other), exchange(one)
    assert (first.pushed, second.pushed, third.pushed) == (True, True, False)
    assert first.brought == ()
    assert third.commit == second.commit
    assert (
        values(one)
        == values(other)
        == {
            ("ants", "m.time_a", COMMITS[1]): 1.0,
            ("bees", "m.time_a", COMMITS[2]): 2.0,
            ("bees", "m.time_b", COMMITS[2]): 2.0,
        }
    )
    assert files(one) == files(other)
    assert branch_files(one) == set(files(one))
    assert set(read_definitions(one / "results")) >= {"m.time_a", "m.time_b"}


def test_sessions_of_one_machine_s_name_make_one_row(one: Path, other: Path) -> None:
    """asv's file of a commit is made of both sessions: neither side's alone would be right."""
    measure(one, 1, 1.0)
    measure(other, 5, 3.0)  # number 5 measures the commit of number 1
    exchange(one)
    exchange(other)
    exchange(one)
    assert values(one) == values(other) == {("box", "m.time_a", COMMITS[1]): 2.0}
    assert files(one) == files(other)


def test_the_branch_only_grows_and_the_project_is_not_touched(one: Path, other: Path) -> None:
    heads = git(one, "rev-parse", "HEAD")
    tips = []
    for number, root in enumerate((one, other, one), start=1):
        measure(root, number, 1.0)
        tips.append(exchange(root).commit)
    assert git(one.parent / "bare.git", "rev-list", "--reverse", BRANCH).split() == tips
    assert git(one, "rev-parse", "HEAD") == git(one.parent / "bare.git", "rev-parse", "main") == heads
    assert git(one, "branch", "--list").split() == ["*", "main"]


@pytest.mark.parametrize("known", [False, True], ids=["no branch yet", "a branch"])
def test_two_machines_push_at_once(
    one: Path, other: Path, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    """The other one's push comes right before ours, three times: ours is made again on top of it."""
    if known:
        measure(one, 1, 1.0, machine="ants")
        exchange(one)
    push, late = RemoteBranch.push, iter(range(3))

    def pushed(there: RemoteBranch, commit: str, expected: str | None) -> bool:
        if there.history.path == one and (number := next(late, None)) is not None:
            measure(other, 10 + number, 2.0, machine="bees")
            assert exchange(other).pushed
        return push(there, commit, expected)

    monkeypatch.setattr(RemoteBranch, "push", pushed)
    measure(one, 2, 4.0, machine="ants")
    assert exchange(one).pushed
    exchange(other)
    assert files(one) == files(other)
    sessions = [path for path in files(one) if path.endswith(".jsonl.gz")]
    assert len(sessions) == 4 + known
    assert branch_files(one) == set(files(one))
    assert git(one.parent / "bare.git", "rev-list", "--merges", BRANCH) == ""


def test_three_machines_push_at_the_same_moment(tmp_path: Path) -> None:
    """Whatever the order in which their processes of git get on."""
    roots = [clone(tmp_path, name) for name in ("ants", "bees", "cats")]
    for number, root in enumerate(roots, start=1):
        measure(root, number, float(number), machine=root.name)
    together = threading.Barrier(len(roots))

    def begin(root: Path) -> Exchanged:
        together.wait()
        return exchange(root)

    with ThreadPoolExecutor(len(roots)) as crew:
        done = list(crew.map(begin, roots))
    assert all(one.pushed for one in done)
    assert git(tmp_path / "bare.git", "rev-list", "--count", BRANCH) == "3"
    for root in roots:
        exchange(root)
    expected = {
        (root.name, "m.time_a", COMMITS[number % len(COMMITS)]): float(number)
        for number, root in enumerate(roots, start=1)
    }
    assert [values(root) for root in roots] == [expected] * 3


def test_a_session_that_went_on_is_one_session(one: Path, other: Path) -> None:
    """It was pushed while it was written: a file that grows is the longer one, on either side."""
    measure(one, 1, 1.0)
    (path,) = (one / "results").glob("*/sessions/*")
    whole = path.read_bytes()
    cut = whole[: len(whole) - 30]
    path.write_bytes(cut)
    exchange(one)
    exchange(other)
    (copy,) = (other / "results").glob("*/sessions/*")
    assert copy.read_bytes() == cut
    path.write_bytes(whole)
    exchange(one)
    exchange(other)
    assert copy.read_bytes() == path.read_bytes() == whole


def test_a_session_that_is_another_one_stops_it(one: Path, other: Path) -> None:
    measure(one, 1, 1.0)
    exchange(one)
    measure(other, 1, 2.0)  # the same name, other contents
    before = files(other)
    with pytest.raises(StorageError, match="neither continues the other"):
        exchange(other)
    assert files(other) == before
    assert values(one) == {("box", "m.time_a", COMMITS[1]): 1.0}


def test_what_changed_on_one_side_only_is_taken(one: Path, other: Path) -> None:
    """A baseline that one side saved anew; then the other."""
    baseline = Path("results", "baselines", "main.jsonl.gz")
    for root in (one, other):
        measure(root, 1 if root == one else 2, 1.0)
    (one / baseline).parent.mkdir()
    (one / baseline).write_bytes(b"first")
    for root in (one, other, one):
        exchange(root)
    (other / baseline).write_bytes(b"second")
    assert exchange(other).sent == ("baselines/main.jsonl.gz",)
    assert exchange(one).brought == ("baselines/main.jsonl.gz",)
    assert (one / baseline).read_bytes() == b"second"
    (one / baseline).write_bytes(b"third")
    assert exchange(one).brought == ()
    exchange(other)
    assert (other / baseline).read_bytes() == b"third"


def test_what_changed_on_both_sides_is_kept_beside(one: Path, other: Path) -> None:
    baseline = Path("results", "baselines", "main.jsonl.gz")
    for number, root in enumerate((one, other)):
        measure(root, number, 1.0)
        (root / baseline).parent.mkdir()
        (root / baseline).write_bytes(root.name.encode())
    exchange(one)
    done = exchange(other)
    assert "changed on both sides" in " ".join(done.warnings)
    assert (other / baseline).read_bytes() == b"one"
    assert (other / "results" / "baselines" / "main.jsonl.gz.ours").read_bytes() == b"other"
    assert "baselines/main.jsonl.gz.ours" not in branch_files(other)
    assert exchange(other).warnings == ()


def test_rows_that_no_session_knows_are_joined(one: Path, other: Path) -> None:
    """asv alone measured, on both sides, other benchmarks of one commit."""
    for root, suite, value in ((one, (A,), 1.0), (other, (B,), 2.0)):
        measure(root, 1, value, suite=suite)
        shutil.rmtree(root / "results" / "box" / "sessions")
    exchange(one)
    exchange(other)
    exchange(one)
    assert (
        values(one)
        == values(other)
        == {
            ("box", "m.time_a", COMMITS[1]): 1.0,
            ("box", "m.time_b", COMMITS[1]): 2.0,
        }
    )
    assert files(one) == files(other)


def test_files_that_git_put_back_do_not_undo_the_branch(one: Path, other: Path) -> None:
    """A checkout brings back an older state of results that are committed: half of a session, a row less."""
    measure(one, 1, 1.0)
    (path,) = (one / "results").glob("*/sessions/*")
    whole, old = path.read_bytes(), files(one)
    measure(one, 5, 3.0)  # of the same commit
    exchange(one)
    exchange(other)
    path.write_bytes(whole[:-30])
    (derived,) = (one / "results" / "box").glob("*-*.json")
    derived.write_bytes(old[f"box/{derived.name}"])
    assert exchange(one).sent == ()
    assert files(one) == files(other)
    assert values(one) == {("box", "m.time_a", COMMITS[1]): 2.0}


def test_a_merge_that_was_killed_is_made_up_for(one: Path, other: Path) -> None:
    """The other's session came, then the process died: asv's file knows the own one only."""
    measure(one, 1, 1.0)
    measure(other, 5, 3.0)
    exchange(one)
    for path in (one / "results").glob("*/sessions/*"):
        shutil.copy(path, other / "results" / "box" / "sessions")
    exchange(other)
    assert values(other) == {("box", "m.time_a", COMMITS[1]): 2.0}


def test_a_row_that_asv_measured_again_stays(one: Path, other: Path) -> None:
    """No session says which of both rows is newer; asv's own time does."""
    measure(one, 1, 1.0)
    shutil.rmtree(one / "results" / "box" / "sessions")
    exchange(one)
    (path,) = (one / "results" / "box").glob("*-*.json")
    document = json.loads(path.read_bytes())
    (row,) = document["results"].values()
    row[0], row[3] = [4.0], row[3] + 1  # result and started_at
    path.write_text(json.dumps(document))
    exchange(one)
    exchange(other)
    assert values(one) == values(other) == {("box", "m.time_a", COMMITS[1]): 4.0}


def test_what_was_removed_here_comes_back(one: Path, other: Path) -> None:
    measure(one, 1, 1.0)
    exchange(one)
    before = files(one)
    shutil.rmtree(one / "results")
    assert set(exchange(one).brought) == set(before)
    assert files(one) == before


def test_a_branch_of_something_else_is_left_alone(one: Path) -> None:
    measure(one, 1, 1.0)
    with pytest.raises(GroundspeedError, match="main at origin holds no results of groundspeed"):
        exchange_results(load(one), Outside(now=lambda: AT, pause=lambda _: None, tries=1), branch="main")


def test_there_are_no_results_anywhere(one: Path) -> None:
    with pytest.raises(NothingMeasuredError, match="Measure something first"):
        exchange(one)


def test_not_while_something_is_measured(one: Path) -> None:
    measure(one, 1, 1.0)
    with file_lock(one / ".groundspeed" / "locks" / "results"), pytest.raises(LockedError):
        exchange(one)


@pytest.mark.parametrize(
    "path", ["../../.bashrc", "/etc/passwd", "box/../../x", "box/.git/config", ".GIT/config"]
)
def test_a_branch_cannot_write_outside(path: str) -> None:
    with pytest.raises(StorageError, match="no place in a results folder"):
        belongs(path)


def test_leftovers_do_not_belong() -> None:
    named = ("box/.groundspeed-7.tmp", "benchmarks.json.broken", "x.ours")
    assert [belongs(name) for name in named] == [False] * 3


def test_the_newest_session_describes_a_benchmark(tmp_path: Path) -> None:
    """Whichever side it comes from: the definitions of both are joined, then corrected."""
    old, new = benchmark("m.time_a", unit="s"), benchmark("m.time_a", unit="ms")
    for root, number, suite in ((tmp_path / "a", 1, old), (tmp_path / "b", 2, new)):
        root.mkdir()
        measure(root, number, 1.0, suite=(suite,))
    for here, there in (("a", "b"), ("b", "a")):
        copy = tmp_path / f"{here}{there}"
        shutil.copytree(tmp_path / here, copy)
        ours = files(copy)
        theirs = files(tmp_path / there).items()
        came = [
            Theirs(path=path, content=content, ours=ours.get(path), changed=Changed.BOTH)
            for path, content in theirs
            if ours.get(path) != content
        ]
        assert merge(copy / "results", came).warnings == ()
        assert read_definitions(copy / "results")["m.time_a"]["unit"] == "ms"
    assert files(tmp_path / "ab") == files(tmp_path / "ba")


def test_the_command(one: Path, other: Path) -> None:
    measure(one, 1, 1.0)
    assert "sent" in groundspeed(one, "deploy", "--results").stdout
    said = groundspeed(other, "deploy", "--results", "--branch", BRANCH).stdout
    assert f"{BRANCH} at origin" in said
    assert values(one) == values(other)


# --- what was decided -------------------------------------------------------------------------------


def decide(root: Path, decided: Decision) -> None:
    record(root / TRIAGE, decided, locks=root / ".groundspeed" / "locks")


def decided(root: Path) -> set[str]:
    return {one.note for one in read_triage(root / TRIAGE)}


def decision(note: str, day: int) -> Decision:
    return Decision(
        id=f"{day:08x}",
        ruling=Ruling.CONFIRMED,
        base=COMMITS[0],
        head=COMMITS[1],
        cases=("m.time_a",),
        machines=(),
        by="Ada",
        at=AT + timedelta(days=day),
        note=note,
    )


def test_what_was_decided_goes_along(one: Path, other: Path) -> None:
    measure(one, 1, 1.0)
    decide(one, decision("mine", 1))
    decide(other, decision("theirs", 2))
    exchange(one)
    assert exchange(other).brought[-1] == TRIAGE
    assert exchange(one).brought == (TRIAGE,)
    assert decided(one) == decided(other) == {"mine", "theirs"}
    assert not exchange(other).pushed


def test_what_people_decide_they_commit(one: Path, other: Path) -> None:
    measure(one, 1, 1.0)
    decide(one, dataclasses.replace(decision("let it be", 1), ruling=Ruling.ACKNOWLEDGED))
    exchange(one)
    exchange(other)
    assert not (other / TRIAGE).exists()


def test_a_checkout_that_puts_the_file_back_undoes_nothing(one: Path, other: Path) -> None:
    measure(one, 1, 1.0)
    decide(one, decision("mine", 1))
    exchange(one)
    (one / TRIAGE).unlink()
    exchange(other)
    exchange(one)
    assert decided(one) == decided(other) == {"mine"}


def test_decisions_that_cannot_be_read_stop_no_results(one: Path, other: Path) -> None:
    measure(one, 1, 1.0)
    (one / TRIAGE).write_text("version = 1\n<<<<<<< ours\n")
    exchange(one)
    done = exchange(other)
    assert any("is not taken over" in warning for warning in done.warnings)
    assert values(other) == values(one)
    assert not (other / TRIAGE).exists()
