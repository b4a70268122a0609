"""``noesis`` from a shell: what it prints, how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from asv_bench_groundspeed.workloads.files import as_docx, as_pdf

QUIET = {name: value for name, value in os.environ.items() if not name.startswith(("KB_", "LOG_LEVEL"))}


def noesis(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "noesis", *words],
        cwd=folder, capture_output=True, text=True, env=QUIET, check=False,
    )  # fmt: skip


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """A folder to stand in, with one document of each format in ``notes``."""
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.md").write_text("# Locks\n\nA lock is held, a queue waits.\n")
    (folder / "b.txt").write_text("Nobody waits here.\n")
    (folder / "c.pdf").write_bytes(as_pdf("Printed: the lock again."))
    (folder / "d.docx").write_bytes(as_docx("Typed: nothing of it."))
    return tmp_path


def test_from_folders_to_an_answer(notes: Path) -> None:
    made = noesis(notes, "ingest", "notes", "--workers", "2")
    assert (made.returncode, made.stdout) == (
        0,
        "4 documents: 4 added, 0 changed, 0 removed, 0 could not be read\n",
    )
    found = noesis(notes, "query", "LOCK waits")
    assert found.returncode == 0
    assert [line.split()[1] for line in found.stdout.splitlines()[::2]] == [
        "notes/a.md",  # holds both terms
        "notes/b.txt",  # one term in three words
        "notes/c.pdf",  # one term in four
    ]
    assert found.stdout.splitlines()[1].strip() == "# Locks A lock is held, a queue waits."
    assert found.stderr == "3 documents hold any of: lock waits\n"


def test_answers_in_json(notes: Path) -> None:
    noesis(notes, "ingest", "notes")
    answer = json.loads(
        noesis(notes, "query", "lock waits", "--limit", "1", "--offset", "1", "--format", "json").stdout
    )
    assert (answer["format"], answer["version"], answer["total"]) == ("noesis-query", 1, 3)
    assert [hit["path"] for hit in answer["hits"]] == ["notes/b.txt"]
    held = json.loads(noesis(notes, "stats", "--format", "json").stdout)
    assert (held["format"], held["folders"], held["documents"]) == ("noesis-stats", ["notes"], 4)
    diagnosis = noesis(notes, "diagnose", "--format", "json")
    states = {one["subject"]: one["state"] for one in json.loads(diagnosis.stdout)["findings"]}
    assert states["cache inefficiency"] == "unknown"
    assert states["high memory"] == "fine"
    assert diagnosis.returncode == ("problem" in states.values())


def test_the_second_ingestion_knows_the_folders(notes: Path) -> None:
    noesis(notes, "ingest", "notes", "--index", "kept")
    (notes / "notes" / "a.md").unlink()
    (notes / "notes" / "b.txt").write_bytes(b"\xff\xfe\xff")
    again = noesis(notes, "ingest", "--index", "kept")
    assert again.returncode == 1
    assert again.stdout == "2 documents: 0 added, 0 changed, 2 removed, 1 could not be read\n"
    assert again.stderr.startswith("noesis: notes/b.txt: ")


def test_a_log_that_the_cache_is_too_small_for(notes: Path) -> None:
    noesis(notes, "ingest", "notes")
    # three questions in turn: a cache of two forgets each before it comes again
    (notes / "asked.log").write_text("lock\nqueue\nwaits\n" * 40)
    found = noesis(notes, "diagnose", "--queries", "asked.log", "--cache-size", "2")
    assert found.returncode == 1
    told = found.stdout.split("cache inefficiency: ")[1]
    assert told.startswith("problem\n    0.0% of the log's 120 queries are hits with max_cache_size = 2\n")
    assert "→ set max_cache_size to 4: 97.5% of this log would be hits\n" in told  # 117 of 120


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("query", "lock"), 3, "there is no index .noesis; ingest folders first"),
        (("ingest", "lost"), 3, "lost is no folder"),
        (("ingest", "notes", "notes"), 2, "knowledge_dirs: notes lies in notes already"),
        (("ingest", "notes", "--workers", "0"), 2, "max_workers must be a whole number from 1, not 0"),
        (("query", "lock", "--index", "notes/a.md"), 3, "notes/a.md is no index of a knowledge base"),
        (("ingest", "notes", "--index", "notes/a.md"), 3, "notes/a.md is no index of a knowledge base"),
    ],
)
def test_wrong_use(notes: Path, words: tuple[str, ...], code: int, said: str) -> None:
    ended = noesis(notes, *words)
    assert (ended.returncode, ended.stdout) == (code, "")
    assert ended.stderr.startswith(f"noesis: {said}")
    assert (notes / "notes" / "a.md").read_text().startswith("# Locks")


def test_an_empty_index_is_asked_and_diagnosed(notes: Path) -> None:
    (notes / "empty").mkdir()
    assert noesis(notes, "ingest", "empty").stdout.startswith("0 documents: 0 added")
    assert noesis(notes, "query", "lock").stdout == ""
    found = noesis(notes, "diagnose")
    assert (found.returncode, found.stdout.splitlines()[0]) == (0, "queries: unknown")


def test_without_its_libraries_it_says_what_to_install(notes: Path) -> None:
    program = "import sys; sys.modules['tantivy'] = None; from noesis.cli.main import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", program, "ingest", "notes"],
        cwd=notes, capture_output=True, text=True, env=QUIET, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "noesis: tantivy is not installed; install groundspeed[noesis]\n"


def test_watching_sees_changes_and_ends_by_ctrl_c(notes: Path) -> None:
    noesis(notes, "ingest", "notes")
    watching = subprocess.Popen(
        [sys.executable, "-m", "noesis", "watch", "--every", "0.01"],
        cwd=notes, env=QUIET, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert watching.stderr is not None
    with watching.stderr:
        assert watching.stderr.readline() == "noesis: watching; 4 documents; Ctrl-C ends it\n"
        (notes / "notes" / "e.md").write_text("A zebra.\n")
        while "zebra" not in noesis(notes, "query", "zebra").stdout:
            assert watching.poll() is None
        watching.send_signal(signal.SIGINT)
        assert watching.stderr.read() == "\nnoesis: interrupted.\n"
    assert watching.wait() == 130
