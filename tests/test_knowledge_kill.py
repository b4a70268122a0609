"""Whatever ends an ingestion, one whole index is left, and nothing else of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from noesis.knowledge import Ingested, KnowledgeBase, Progress
from tests.ingesting_apart import stopped_at
from tests.processes import ended
from tests.searching_naively import base_of, left_over

COUNT = 150  # files: three batches, so that two processes read
QUERIES = ["version1", "version2", "alpha", "only7", "late", "early"]

Answers = list[tuple[int, list[tuple[str, str]]]]


def write(folder: Path, version: int) -> None:
    """All files anew; five went with the second version, five came."""
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    for number in range(COUNT):
        name = ("early" if version == 1 else "late") if number < 5 else "always"
        text = f"alpha version{version} only{number} {name} " + "word " * (number % 40)
        (folder / f"{name}{number:03}.md").write_text(text)


def answers(base: KnowledgeBase) -> Answers:
    found = [base.query(query, limit=COUNT + 10) for query in QUERIES]
    return [(one.total, [(hit.path, hit.snippet) for hit in one.hits]) for one in found]


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """Documents of the second version; the index beside them, ``index``, is of the first."""
    folder = tmp_path / "documents"
    write(folder, 1)
    with base_of(folder, tmp_path / "index") as base:
        base.ingest_all()
    write(folder, 2)
    return folder


def expected(folder: Path) -> Answers:
    with base_of(folder) as base:
        base.ingest_all()
        return answers(base)


@pytest.mark.parametrize(
    ("moment", "is_new"),
    [
        ("file 1", False),
        ("file 120", False),
        (f"file {COUNT}", False),
        ("finished", False),
        ("part", False),
        ("switched", True),
        ("sweeping", True),
    ],
)
def test_a_kill_leaves_the_old_index_or_the_new_one(folder: Path, moment: str, is_new: bool) -> None:
    index = folder.parent / "index"
    with base_of(folder, index) as base:
        old, new = answers(base), expected(folder)
        assert old != new
        with stopped_at(moment, folder, index) as apart:
            apart.process.kill()
            apart.process.wait()
            assert all(ended(pid) for pid in apart.readers)
            assert moment not in {"file 1", "file 120"} or len(apart.readers) == 2
        assert answers(base) == old  # who has it open keeps it
    with base_of(folder, index) as base:
        assert answers(base) == (new if is_new else old)
        assert left_over(index)
        assert base.ingest_all().is_switched is not is_new
        assert answers(base) == new
    assert left_over(index) == []


def test_a_first_ingestion_that_is_killed_leaves_nothing_to_find(tmp_path: Path) -> None:
    folder, index = tmp_path / "documents", tmp_path / "index"
    write(folder, 1)
    with stopped_at("part", folder, index):
        pass
    with base_of(folder, index) as base:
        assert base.stats().documents == 0
        assert base.ingest_all().added == COUNT
    assert left_over(index) == []


def test_ctrl_c_ends_an_ingestion_cleanly(folder: Path) -> None:
    """The terminal sends it to every process of the group; one of them says so, once."""
    index = folder.parent / "index"
    with stopped_at("file 70", folder, index) as apart:
        os.killpg(apart.process.pid, signal.SIGINT)
        _, said = apart.process.communicate()
        assert apart.process.returncode == -signal.SIGINT
        assert said.count("KeyboardInterrupt") == 1
        assert all(ended(pid) for pid in apart.readers)
        assert len(apart.readers) == 2
    assert left_over(index) == []  # at once, not with the next ingestion
    with base_of(folder, index) as base:
        assert base.query("version1").total == COUNT


def test_a_report_that_fails_leaves_no_process_and_no_folder(folder: Path) -> None:
    index = folder.parent / "index"

    def report(progress: Progress) -> None:
        if progress.done == 70:
            raise LookupError(*(one.pid for one in psutil.Process().children()))

    with base_of(folder, index, workers=2) as base:
        with pytest.raises(LookupError) as raised:
            base.ingest_all(report)
        readers = raised.value.args  # and its traceback, which holds on to what was under way
        assert len(readers) == 2
        assert not any(psutil.pid_exists(pid) for pid in readers)
        assert left_over(index) == []
        assert base.query("version1").total == COUNT
        assert base.ingest_all().changed == COUNT - 5


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_every_file_is_read_though_its_reader_is_killed(folder: Path, how: signal.Signals) -> None:
    for number in range(200):  # six batches in all: two are given to each reader before the first answer
        (folder / f"more{number}.md").write_text("more")
    killed: list[int] = []
    later: list[int] = []

    def report(progress: Progress) -> None:
        if progress.done == 1:
            for one in psutil.Process().children():
                one.send_signal(how)
                killed.append(one.pid)
        if progress.done == progress.total:
            later.extend(one.pid for one in psutil.Process().children())

    with base_of(folder, workers=2) as base:
        found = base.ingest_all(report)
        assert (found.documents, found.failures) == (COUNT + 200, ())
        assert answers(base) == expected(folder)
    assert len(killed) == len(later) == 2
    assert not {*later} & {*killed}  # others took their places
    assert not any(psutil.pid_exists(pid) for pid in killed + later)


def ingested_beside(folder: Path, library: str, monkeypatch: pytest.MonkeyPatch, workers: int) -> Ingested:
    """What becomes of the folder where the library that reads PDF is ``library``."""
    shadow = folder.parent / "shadow"
    shadow.mkdir()
    (shadow / "pypdfium2.py").write_text(library)
    monkeypatch.syspath_prepend(str(shadow))
    with base_of(folder, workers=workers) as base:
        found = base.ingest_all()
        assert not base.ingest_all().is_switched  # known by its bytes now
        return found


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    ("library", "how"),
    [
        ("import os; os._exit(3)", "exit code 3"),
        ("import os; os.kill(os.getpid(), 11)", "signal 11, Segmentation fault"),
    ],
)
def test_a_file_that_ends_its_reader_is_named_and_the_others_are_read(
    folder: Path, library: str, how: str, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "k.pdf").write_bytes(b"%PDF-1.4")
    found = ingested_beside(folder, library, monkeypatch, workers)
    assert found.documents == COUNT
    assert [(Path(one.path).name, one.reason) for one in found.failures] == [
        ("k.pdf", f"ended the process that read it ({how}); take it out")
    ]


def test_a_lonely_file_of_a_foreign_library_is_not_read_in_this_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "one.PDF").write_bytes(b"%PDF-1.4")
    found = ingested_beside(folder, "import os; os._exit(3)", monkeypatch, 1)
    assert "exit code 3" in found.failures[0].reason


def test_a_file_that_takes_too_much_memory_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "k.pdf").write_bytes(b"%PDF-1.4")
    library = "FPDF_ERR_PASSWORD = 0\nbytearray(4_000_000_000)\n"
    found = ingested_beside(folder, library, monkeypatch, 2)
    assert found.documents == COUNT
    assert [(Path(one.path).name, one.reason) for one in found.failures] == [
        ("k.pdf", "takes more memory than there is; split it")
    ]


def test_a_file_that_takes_too_long_ends_its_reader() -> None:
    """The limit is of processor time, so it comes however busy the host is."""
    program = (
        "from noesis.knowledge import readers\n"
        "readers._LONGEST_S = 0.05\n"
        "readers.read = lambda *_: [None for _ in iter(int, 1)]\n"
        "readers._read_in_time('', ())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False)
    assert done.returncode == -signal.SIGPROF
