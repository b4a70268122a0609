"""Which files a knowledge base has, and what becomes of those that are no documents or no files."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from noesis.errors import SourceError
from noesis.folders import entries
from noesis.knowledge import Failure, KnowledgeBase, KnowledgeConfig, apart, reading
from noesis.knowledge.readers import read_all
from noesis.knowledge.reading import NoText, Text, files_of, read, refused
from tests.searching_naively import base_of


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """One document, ``good.md``; beside the folder another, ``outside.md``."""
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "good.md").write_text("alpha")
    (tmp_path / "outside.md").write_text("alpha outside")
    return folder


def failures(folder: Path) -> dict[str, str]:
    """Why files are refused, by name; the good one is found all the same, and again nothing has changed."""
    with base_of(folder) as base:
        found = base.ingest_all()
        assert [hit.path for hit in base.query("alpha").hits] == [str(folder / "good.md")]
        assert not base.ingest_all().is_switched
        return {os.path.relpath(one.path, folder): one.reason for one in found.failures}


def test_only_files_of_the_four_kinds_are_documents(folder: Path) -> None:
    for name in [
        ".hidden.md",
        "notes.rst",
        "md",
        "b.TXT",
        "deep/c.md",
        ".git/d.md",
        "e.md.bak",
        "folder.md/f.md",
    ]:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("alpha")
    found = [os.path.relpath(path, folder) for path in files_of([folder])]
    assert found == ["b.TXT", "deep/c.md", "folder.md/f.md", "good.md"]


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("../outside.md", "is a link out of the folder; put the file itself there"),
        ("/dev/zero", "is a link out of the folder; put the file itself there"),
        ("../gone.md", "is a link out of the folder; put the file itself there"),
        ("gone.md", "cannot be read (No such file or directory)"),
        ("link.md", "cannot be read (Too many levels of symbolic links)"),
        (".", "is a link to a folder; its documents are read where they are"),
        ("good.md/x", "cannot be read (Not a directory)"),
    ],
)
def test_a_link_that_leads_to_no_document_is_told(folder: Path, target: str, reason: str) -> None:
    (folder / "link.md").symlink_to(target)
    assert failures(folder) == {"link.md": reason}


def test_a_circle_of_links_is_told(folder: Path) -> None:
    (folder / "a.md").symlink_to("b.md")
    (folder / "b.md").symlink_to("a.md")
    assert failures(folder) == dict.fromkeys(
        ["a.md", "b.md"], "cannot be read (Too many levels of symbolic links)"
    )


def test_a_link_within_the_folders_is_read(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "second").mkdir()
    (tmp_path / "second" / "link.md").symlink_to(folder / "good.md")
    (tmp_path / "door").symlink_to("documents")  # the folder itself may be a link
    config = KnowledgeConfig(knowledge_dirs=(tmp_path / "door", tmp_path / "second"), max_workers=1)
    with KnowledgeBase(config, environment={}) as base:
        assert base.ingest_all().failures == ()
        paths = [hit.path for hit in base.query("alpha").hits]
    assert paths == [str(tmp_path / "door" / "good.md"), str(tmp_path / "second" / "link.md")]


def test_a_folder_behind_a_link_is_not_entered(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "x.md").write_text("alpha")
    (folder / "link").symlink_to("../elsewhere")
    assert failures(folder) == {}


def test_what_is_no_ordinary_file_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe.md")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket.md"))
        assert failures(folder) == {
            "pipe.md": "is no ordinary file; take it out of the folder",
            "socket.md": "cannot be read (No such device or address)",
        }


def test_a_file_that_is_too_large_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LARGEST_FILE_BYTES", 1_000_000)
    (folder / "fits.md").write_bytes(b"word " * 200_000)
    with (folder / "large.md").open("wb") as out:
        out.truncate(1_000_001)
    assert failures(folder) == {"large.md": "is larger than 1 MB; split it"}


@pytest.mark.parametrize(
    "name", [b"caf\xe9.md", b"two\nlines.md", "日本.md".encode(), b"a\\b.md", b"-n.md", b" .md"]
)
def test_a_name_may_be_any_bytes(folder: Path, tmp_path: Path, name: bytes) -> None:
    path = Path(os.fsdecode(os.fsencode(folder) + b"/" + name))
    path.write_text("beta")
    bad = Path(f"{path}.txt")
    bad.write_bytes(b"\xff")
    for workers in (1, 2):
        with base_of(folder, tmp_path / "index", workers=workers) as base:
            base.ingest_all()
            assert [hit.path for hit in base.query("beta").hits] == [str(path)]
    with base_of(folder, tmp_path / "index") as base:
        assert [hit.path for hit in base.query("beta").hits] == [str(path)]
        assert not (found := base.ingest_all()).is_switched
        assert [one.path for one in found.failures] == [str(bad)]


def test_a_file_that_goes_between_the_listing_and_the_reading_is_told(folder: Path) -> None:
    (gone,) = (path for path in files_of([folder]))
    Path(gone).unlink()
    reason = "cannot be read (No such file or directory)"
    assert read(gone, [folder]) == NoText(path=gone, digest="", reason=reason)
    with base_of(folder) as base:
        assert base.ingest_all().failures == ()  # and is none of the folder's the next time


def test_a_folder_takes_the_place_of_a_file(folder: Path) -> None:
    (folder / "good.md").unlink()
    (folder / "good.md").mkdir()
    before = len([*Path("/proc/self/fd").iterdir()])
    assert read(str(folder / "good.md"), [folder]) == NoText(
        path=str(folder / "good.md"), digest="", reason="cannot be read (Is a directory)"
    )
    assert len([*Path("/proc/self/fd").iterdir()]) == before


def test_a_document_is_known_by_its_bytes(folder: Path) -> None:
    path = str(folder / "good.md")
    digest = "b52f7e54cd313e691148cc2c80345831"  # b2sum -l 128
    assert read(path, [folder]) == Text(path=path, digest=digest, text=b"alpha")


@pytest.mark.parametrize(("name", "problem"), [("gone", "is no folder"), ("outside.md", "is no folder")])
def test_a_place_that_is_no_folder_is_an_error(folder: Path, name: str, problem: str) -> None:
    with base_of(folder.parent / name) as base, pytest.raises(SourceError, match=problem) as raised:
        base.ingest_all()
    assert raised.value.exit_code == 3


def test_a_folder_that_goes_keeps_the_index_as_it_was(folder: Path) -> None:
    with base_of(folder) as base:
        base.ingest_all()
        (folder / "good.md").unlink()
        folder.rmdir()
        with pytest.raises(SourceError):
            base.ingest_all()
        assert base.query("alpha").total == 1
        folder.mkdir()
        assert base.ingest_all().removed == 1
        assert base.query("alpha").total == 0


def test_an_empty_folder_has_an_index_of_nothing(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    with base_of(tmp_path / "documents", tmp_path / "index", workers=16) as base:
        found = base.ingest_all()
        assert (found.documents, found.added, found.failures) == (0, 0, ())
        assert not base.ingest_all().is_switched
        assert base.query("alpha").total == 0
        assert (base.vocabulary(), base.stats().documents) == ([], 0)


def test_what_may_not_be_read_is_told(folder: Path) -> None:
    """In a process that is not root, for root may read everything."""
    deep = folder / "deep"
    deep.mkdir()
    (deep / "closed.md").write_text("alpha")
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from noesis.errors import SourceError\n"
        "from noesis.knowledge.reading import files_of, read\n"
        "folder = Path(sys.argv[1])\n"
        "os.chdir(folder)\n"
        "if os.geteuid() == 0:\n"
        "    os.seteuid(65534)\n"
        "print(read('deep/closed.md', [Path('.')]).reason)\n"
        "try:\n"
        "    files_of([Path('.')])\n"
        "except SourceError as error:\n"
        "    print(error)\n"
        "try:\n"
        "    files_of([Path('deep/deeper')])\n"
        "except SourceError as error:\n"
        "    print(error)\n"
    )
    (deep / "closed.md").chmod(0)
    deep.chmod(0o711)  # may be passed through, not listed
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=True
    )
    deep.chmod(0o700)
    assert done.stdout.splitlines() == [
        "cannot be read (Permission denied)",
        "./deep cannot be listed (Permission denied); make it readable",
        "deep/deeper is no folder; name one that holds documents",
    ]


def test_failures_come_and_go_with_their_reasons(folder: Path) -> None:
    bad = folder / "bad.md"
    bad.write_bytes(b"\xff")
    with base_of(folder) as base:
        first = base.ingest_all()
        assert [type(one) for one in first.failures] == [Failure]
        bad.unlink()
        bad.symlink_to("../outside.md")
        assert "link out" in base.ingest_all().failures[0].reason
        bad.unlink()
        bad.write_text("beta")
        assert base.ingest_all().failures == ()
        assert base.stats().failures == 0
        bad.write_bytes(b"\xff")
        found = base.ingest_all()  # a document that no longer is one is gone
        assert (found.removed, len(found.failures), base.query("beta").total) == (1, 1, 0)


def test_a_subfolder_that_goes_while_others_are_listed_is_left_out(folder: Path) -> None:
    (folder / "deep").mkdir()
    (folder / "deep" / "x.md").write_text("alpha")
    found = entries(folder, (".md",))
    assert next(found).name == "good.md"  # the folder was listed, its subfolders were not yet
    shutil.rmtree(folder / "deep")
    assert [*found] == []


def test_files_that_go_are_told_by_the_processes_that_read_in_their_order(folder: Path) -> None:
    paths = [str(folder / ("good.md" if number % 50 == 7 else f"gone{number}.md")) for number in range(150)]
    found = [*read_all(paths, [folder], workers=2)]
    assert [one.path for one in found] == paths
    assert [number for number, one in enumerate(found) if isinstance(one, Text)] == [7, 57, 107]


def test_a_file_that_ended_its_reader_and_went_has_no_hash(folder: Path) -> None:
    gone = str(folder / "gone.md")
    assert refused(gone, [folder], "why") == NoText(path=gone, digest="", reason="why")


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("sys.executable", "/no/python", r"no process that reads files can be started \(.*/no/python"),
        ("noesis.knowledge.apart._PROGRAM", "raise SystemExit(3)", r"ends as it starts \(exit code 3\)"),
    ],
)
def test_no_file_is_blamed_for_a_process_that_does_not_start(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, problem: str
) -> None:
    with base_of(folder, workers=2) as base:
        base.ingest_all()
        for number in range(100):
            (folder / f"{number}.md").write_text("beta")
        with monkeypatch.context() as changed:
            changed.setattr(name, value)
            with pytest.raises(SourceError, match=problem):
                base.ingest_all()
        assert base.query("alpha").total == 1
        assert base.ingest_all().added == 100


def test_a_reader_that_is_killed_at_its_start_is_replaced(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The first process kills itself; those that come after it find its mark and serve."""
    for number in range(200):
        (folder / f"{number}.md").write_text("beta")
    mark = tmp_path / "mark"
    dying = (
        f"import os, pathlib; mark = pathlib.Path({str(mark)!r})\n"
        "if not mark.exists():\n"
        "    mark.touch(); os.kill(os.getpid(), 9)\n"
    )
    monkeypatch.setattr(apart, "_PROGRAM", dying + apart._PROGRAM)
    with base_of(folder, workers=2) as base:
        found = base.ingest_all()
    assert (found.documents, found.failures) == (201, ())
    assert mark.exists()


def test_a_name_in_any_bytes_is_logged_as_text(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / os.fsdecode(b"caf\xe9\n.md")).write_bytes(b"\xff")
    with base_of(folder) as base:
        base.ingest_all()
    (said,) = caplog.messages
    assert said == rf"{folder}/caf\udce9\n.md: is not UTF-8 (byte 1); save it as UTF-8"
