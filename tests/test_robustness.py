"""A host that fills its disk, loses its network or goes down: nothing is lost, and the next run goes on."""

from __future__ import annotations

import functools
import json
import os
import re
import socket
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest

from groundspeed.config import load
from groundspeed.disk import lack_of_room, nearly_full
from groundspeed.errors import StorageError
from groundspeed.history import History
from groundspeed.history.remote import RemoteBranch
from groundspeed.machine.fitness import DISK, fitness, take_look
from groundspeed.measure.frame import Frame
from groundspeed.measure.host import look
from groundspeed.nightly.exchange import exchange_results
from groundspeed.nightly.notifying.news import Told
from groundspeed.nightly.notifying.told import read_told, write_told
from groundspeed.nightly.outside import Outside
from groundspeed.records import Build, Case, Finding, Measured, Severity
from groundspeed.results.archive import read_archive
from groundspeed.results.index import open_index
from groundspeed.results.size import LIMIT_BYTES
from groundspeed.results.store import ResultStore
from groundspeed.site.publish import publish_results
from groundspeed.suite import cache
from groundspeed.suite.isolation import bytecode_folder, worker_variables
from groundspeed.verdicts.triage import read_triage
from tests.commands import groundspeed, items, runs
from tests.gating import Quiet
from tests.hosts import write_tree
from tests.looks import EVERYTHING, MOVED, NONE, QUIET
from tests.projects import make_project
from tests.readings import made, measure
from tests.repositories import git
from tests.results_records import MACHINE, T0, benchmark, measured, run, session
from tests.small_disk import PAGE, free, leave, on_a_small_disk
from tests.test_suite_environments import Project
from tests.test_verdicts_triage import FIRST, SECOND, put

MB = 1_000_000
OF_THEIR_OWN = {"summary.json", "badge.svg", "feed.xml"}  # of a site: no page loads them
CASE = Case(benchmark="m.time_a", params=())


def until_there_is_room(
    disk: Path, attempt: Callable[[], object], whole: Callable[[], None], *, rooms: range = range(400)
) -> int:
    """How often an attempt was refused while the room on the disk grew: at every stage, the last left out.

    ``whole`` looks after each refusal at what stood there before.
    """
    for refused, pages in enumerate(rooms):
        leave(disk, pages)
        try:
            attempt()
        except StorageError:
            whole()
        else:
            free(disk)
            return refused
    raise AssertionError("there was never room enough")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# --- too many results ---------------------------------------------------------------------------------


def test_results_above_the_limit_are_spoken_of_wherever_somebody_looks(tmp_path: Path) -> None:
    """A file of nothing, a byte larger than the limit. Old results are a complaint, large ones are none."""
    bare, root = tmp_path / "bare.git", tmp_path / "p"
    (commit,) = made(root, count=1)
    measure(root, 1, {commit: 1.0}, "m.time_a", "v1")
    git(tmp_path, "init", "--quiet", "--bare", str(bare))
    git(root, "remote", "add", "origin", str(bare))
    commands = {("publish",): 0, ("deploy", "--results"): 0, ("health", "--format", "json"): 1}
    with (root / "results" / "notes.bin").open("wb") as file:
        file.truncate(LIMIT_BYTES + 1)
    said = {words: groundspeed(root, *words, code=code) for words, code in commands.items()}
    assert [one.stderr.count("above 50 MB") for one in said.values()] == [1, 1, 1]
    wire = said["health", "--format", "json"].json()
    assert "above 50 MB" in wire["warnings"][0]
    assert "above 50 MB" not in json.dumps(wire["complaints"])


# --- a disk that is nearly full -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (
            "a\nerror: file write error: No space left on device\nfatal: b",
            "error: file write error: No space left on device",
        ),
        ("OSError: [Errno 122] Disk quota exceeded", "OSError: [Errno 122] Disk quota exceeded"),
        ("SyntaxError: invalid syntax", ""),
        ("", ""),
    ],
)
def test_words_and_room_together_say_why_a_program_failed(tmp_path: Path, said: str, line: str) -> None:
    """On a large disk the same words are those of the code that was built."""
    assert on_a_small_disk(tmp_path / "disk", MB, lambda disk: lack_of_room(said, disk)) == line
    if not nearly_full(tmp_path):
        assert lack_of_room(said, tmp_path) == ""


def test_no_bytecode_is_written_or_trusted_there(tmp_path: Path) -> None:
    """CPython 3.11 leaves the part of a file that there was room for; the next run would import it."""

    def nearly(disk: Path) -> tuple[str, bool]:
        part = bytecode_folder(disk) / Path(json.__file__).parent.relative_to("/") / "decoder.pyc"
        part.parent.mkdir(parents=True)
        part.write_bytes(b"a part")
        cache.sweep_leftovers(disk)
        return worker_variables({}, disk / "home", ())["PYTHONDONTWRITEBYTECODE"], part.exists()

    assert on_a_small_disk(tmp_path / "disk", MB, nearly) == ("1", False)


def test_the_doctor_says_so_and_measuring_goes_on(tmp_path: Path) -> None:
    """1 MB less and 10 MB more than the limit; a file system is told of once, used room is not free."""

    def looked(disk: Path) -> list[Finding]:
        look = take_look(
            write_tree(disk / "host", QUIET),
            sleep=lambda _: None,
            gpus=lambda: NONE,
            countable=lambda _: EVERYTHING,
            affinity=range(4),
            places={"builds": disk / "not" / "yet", "results": disk},
        )
        return [one for one in fitness(look) if one.check == DISK]

    (nearly,) = on_a_small_disk(tmp_path / "a", 999 * MB, looked)
    (fine,) = on_a_small_disk(tmp_path / "b", 1_010 * MB, looked)
    assert (nearly.check, nearly.severity) == (DISK, Severity.NOTE)
    assert re.fullmatch(r"nearly full: 99\d MB of 999 MB free for builds and results", nearly.seen)
    assert "groundspeed env clean" in nearly.advice
    assert (fine.severity, fine.advice) == (Severity.FINE, "")


# --- a full disk --------------------------------------------------------------------------------------


def test_a_small_disk_is_small(tmp_path: Path) -> None:
    def both(disk: Path) -> tuple[int, str]:
        leave(disk, 2)
        (disk / "two").write_bytes(b"x" * 2 * PAGE)
        with pytest.raises(OSError, match="No space left on device") as refused:
            (disk / "more").write_bytes(b"x")
        free(disk)
        (disk / "more").write_bytes(b"x")
        return len(list(disk.iterdir())), os.strerror(refused.value.errno or 0)

    assert on_a_small_disk(tmp_path / "disk", MB, both) == (2, "No space left on device")
    assert list((tmp_path / "disk").iterdir()) == []


def test_a_session_that_cannot_be_written_costs_nothing_that_was(tmp_path: Path) -> None:
    """What was recorded before is read after every refusal, and what the last attempt records as well."""

    def sessions(disk: Path) -> tuple[int, list[float]]:
        results, number = disk / "results", 0

        def attempt() -> None:
            nonlocal number
            number += 1
            store = ResultStore(results, MACHINE)
            commit = f"{number:08x}" * 5
            store.begin(session(number, [benchmark("m.time_a")], commits=[commit]))
            try:
                store.add(run(CASE, measured(float(number)), commit))
            finally:
                store.close()

        def whole() -> None:
            archive = read_archive(results)
            assert f"{1:08x}" * 5 in {one.hash for one in archive.commits}

        attempt()
        refused = until_there_is_room(disk, attempt, whole)
        attempt()
        archive = read_archive(results)
        assert archive.warnings == ()
        return refused, [float(one.values[-1]) - number for one in archive.series]

    refused, last = on_a_small_disk(tmp_path / "disk", 4 * MB, sessions)
    assert refused > 1
    assert last == [0.0]


def test_a_page_that_cannot_be_written_leaves_the_one_that_stood(tmp_path: Path) -> None:
    def publishing(disk: Path) -> tuple[int, int, int]:
        hashes = made(disk / "p", count=2)
        measure(disk / "p", 1, {hashes[0]: 1.0}, "m.time_a", "v1")
        configuration = load(disk / "p")
        publish_results(configuration)
        measure(disk / "p", 2, {hashes[1]: 2.0}, "m.time_a", "v1")
        old = contents(disk / "p" / "html")
        counted: list[int] = []

        def whole() -> None:
            now = contents(disk / "p" / "html")
            assert {path for path in old if now.get(path) != old[path]} <= OF_THEIR_OWN

        refused = until_there_is_room(
            disk,
            lambda: counted.append(publish_results(configuration).commits),
            whole,
            rooms=range(0, 400, 4),
        )
        return refused, counted[0], publish_results(configuration).commits

    refused, first, second = on_a_small_disk(tmp_path / "disk", 16 * MB, publishing)
    assert refused > 2
    assert (first, second) == (2, 2)


def test_results_are_read_without_an_index_that_cannot_be_written(tmp_path: Path) -> None:
    """No refusal at all: the same answer, slower, with a warning; and an index as soon as there is room."""

    def opening(disk: Path) -> list[tuple[int, bool]]:
        measure(disk, 1, {"a" * 40: 1.0}, "m.time_a", "v1")
        found = []
        for pages in (0, 1, 2, 4, 8, 16, 32, 64):
            leave(disk, pages)
            index = open_index(disk / "results", disk / "index")
            found.append((len(index.measurements("box", "a" * 40)), bool(index.warnings)))
        free(disk)
        return found

    found = on_a_small_disk(tmp_path / "disk", 4 * MB, opening)
    assert {count for count, _ in found} == {1}
    assert found[0][1]
    assert not found[-1][1]


def test_what_was_told_and_decided_stays(tmp_path: Path) -> None:
    def deciding(disk: Path) -> tuple[int, int, int]:
        put(disk, FIRST)
        write_told(disk / "told.toml", {"webhook": Told(missed=("m.time_a",))})
        old = {path: (disk / path).read_bytes() for path in ("triage.toml", "told.toml")}
        long = replace(SECOND, note="because " * 2_000)
        told = {"webhook": Told(missed=tuple(f"m.time_{number}" for number in range(2_000)))}

        def whole() -> None:
            assert {path: (disk / path).read_bytes() for path in old} == old

        decided = until_there_is_room(disk, lambda: put(disk, long), whole)
        del old["triage.toml"]
        remembered = until_there_is_room(disk, lambda: write_told(disk / "told.toml", told), whole)
        assert read_told(disk / "told.toml") == told
        return decided, remembered, len(read_triage(disk / "triage.toml"))

    decided, remembered, decisions = on_a_small_disk(tmp_path / "disk", MB, deciding)
    assert decided > 2
    assert remembered > 2
    assert decisions == 2


def test_git_answers_on_a_full_disk_and_says_what_it_cannot_write(tmp_path: Path) -> None:
    """Questions need no room, also where temporary files would lie there. Of a reference that it cannot write
    git says nothing of the disk: that is not taken for a network that is gone, and waited for.
    """

    def asking(disk: Path) -> tuple[bool, str]:
        hashes = made(disk / "p", count=2)
        git(tmp_path, "clone", "--quiet", "--bare", str(disk / "p"), "bare.git")
        tempfile.tempdir = str(disk)  # of this child alone
        history = History.open(disk / "p")
        leave(disk, 0)
        with pytest.raises(StorageError) as refused:
            RemoteBranch(history=history, remote=str(tmp_path / "bare.git"), branch="main").fetch()
        return set(history.known(hashes)) == set(hashes), str(refused.value)

    known, text = on_a_small_disk(tmp_path / "disk", MB, asking)
    assert known
    assert "git cannot write there" in text
    assert "make room" in text


def test_results_that_cannot_be_exchanged_are_here_and_there(tmp_path: Path) -> None:
    """The other machine's arrive as soon as there is room, and ours go; in between nothing is half there."""
    bare = tmp_path / "bare.git"

    def machine(root: Path, number: int) -> Path:
        made(root, count=1)
        git(root, "remote", "add", "origin", str(bare))
        measure(root, number, {f"{number:08x}" * 5: float(number)}, "m.time_a", "v1")
        return root

    def exchange(root: Path) -> None:
        exchange_results(load(root), Outside(now=lambda: T0, pause=lambda _: None, tries=1))

    def exchanging(disk: Path) -> tuple[int, list[str]]:
        root = machine(disk / "one", 1)
        old = contents(root / "results" / "box" / "sessions")

        def whole() -> None:
            assert old.items() <= contents(root / "results" / "box" / "sessions").items()
            assert read_archive(root / "results").warnings == ()

        refused = until_there_is_room(disk, lambda: exchange(root), whole, rooms=range(0, 400, 7))
        archive = read_archive(root / "results")
        assert archive.warnings == ()
        return refused, [one.hash for one in archive.commits]

    git(tmp_path, "init", "--quiet", "--bare", str(bare))
    exchange(machine(tmp_path / "other", 2))
    refused, commits = on_a_small_disk(tmp_path / "disk", 8 * MB, exchanging)
    assert refused > 1
    both = [f"{number:08x}" * 5 for number in (1, 2)]
    assert commits == both
    exchange(tmp_path / "other")
    assert [one.hash for one in read_archive(tmp_path / "other" / "results").commits] == both


@pytest.mark.slow  # a build, and one that tries everything before it gives up: 4 s
def test_a_full_disk_is_no_failure_of_the_commit(tmp_path: Path) -> None:
    """Nothing is recorded of it; with room again the same object builds, and a full disk can be cleaned."""

    def building(disk: Path) -> tuple[str, str, int, str]:
        project = Project(disk / "p", [{}])
        leave(disk, 100)
        with pytest.raises(StorageError) as refused:
            project.environments.prepare(project.hashes[0], project.environment)
        left = list((disk / "p" / ".groundspeed" / "environments").glob("*/*"))
        free(disk)
        made = project.prepare()
        leave(disk, 0)
        said = groundspeed(disk / "p", "env", "clean", "--all").stdout
        return str(refused.value), made.commit, len(left), said

    text, commit, left, said = on_a_small_disk(tmp_path / "disk", 100 * MB, building)
    assert "could not be written" in text
    assert "No space left on device" in text
    assert (len(commit), left) == (40, 0)
    assert said.startswith("Removed 1 environment, 1 wheel")


# --- no network ---------------------------------------------------------------------------------------


@pytest.fixture
def silent_index() -> Iterator[str]:
    """The address of an index that takes every question and answers none."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/simple"


@pytest.mark.slow  # three builds, one of which waits twice for a second: 10 s
def test_without_network_what_is_built_is_measured_and_the_rest_comes_the_next_night(
    tmp_path: Path, silent_index: str
) -> None:
    first, second = make_project(tmp_path, (1, 2))
    groundspeed(tmp_path, "run", f"{first}^!", "--bench", "track_size")
    lost = {
        **dict.fromkeys(["UV_NO_INDEX", "UV_OFFLINE"], "false"),
        **dict.fromkeys(["PIP_NO_INDEX", "PIP_FIND_LINKS", "UV_FIND_LINKS"], ""),
        **dict.fromkeys(["PIP_INDEX_URL", "UV_DEFAULT_INDEX"], silent_index),
        **dict.fromkeys(["PIP_RETRIES", "UV_HTTP_RETRIES"], "0"),
        **dict.fromkeys(["PIP_DEFAULT_TIMEOUT", "UV_HTTP_TIMEOUT"], "1"),
    }
    night = ("run", "--last", "2", "--bench", "track_size|peakmem")
    # what the first build brought is forgotten, so that the second has to ask
    cache.remove(cache.downloads_folder(tmp_path / ".groundspeed"))
    said = groundspeed(tmp_path, *night, more=lost).stdout
    assert "did not build" in said
    assert "No package index or host could be reached" in said
    assert built(tmp_path) == {first: [True, True], second: [False]}
    cases = {str(run.case) for run in runs(tmp_path) if isinstance(run.outcome, Measured)}
    assert cases == {"work.Work.track_size(10)", "work.Work.track_size(1000)", "work.peakmem_list"}
    groundspeed(tmp_path, *night)
    assert built(tmp_path)[second] == [False, True]
    assert {run.case for run in runs(tmp_path) if run.commit == second} == {
        run.case for run in runs(tmp_path) if run.commit == first
    }


def built(root: Path) -> dict[str, list[bool]]:
    """Whether each commit was built, one night after the other."""
    found: dict[str, list[bool]] = {}
    for item in items(root):
        if isinstance(item, Build):
            found.setdefault(item.commit, []).append(item.failure is None)
    return found


# --- a busy host --------------------------------------------------------------------------------------


class Noting(Quiet):
    """Remembers what stays."""

    def note(self, text: str) -> None:
        self.said.append(text)


def test_a_session_says_and_records_that_others_use_the_host(tmp_path: Path) -> None:
    """Two looks at a made host whose processors were busy in between; measuring is not refused."""

    def half_a_second(_: float) -> None:
        write_tree(tmp_path / "host", MOVED)

    made(tmp_path / "p", count=1)
    configuration, screen = load(tmp_path / "p"), Noting()
    busy = functools.partial(
        take_look,
        write_tree(tmp_path / "host", QUIET),
        sleep=half_a_second,
        gpus=lambda: NONE,
        countable=lambda _: EVERYTHING,
        affinity=range(4),
    )
    frame = Frame(
        configuration=configuration,
        host=look(configuration, None, pin=False),
        store=ResultStore(configuration.suite.results_dir, MACHINE),
        screen=screen,
    )
    with mock.patch("groundspeed.measure.frame.take_look", busy):
        found = {one.check: one for one in frame.look()}
    assert found["load"].severity is Severity.UNFIT
    assert found[DISK].seen.endswith("free for builds and results")
    assert any("not fit to measure on (load: 1.20 of 4 processors busy" in one for one in screen.said)
