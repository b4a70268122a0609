"""The index on the disk: strangers, damage, a full disk, several that write."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from noesis.errors import BusyError, StorageError
from noesis.knowledge import folders_of
from noesis.knowledge.generation import NOTHING
from noesis.knowledge.ingesting import newest
from noesis.knowledge.store import Store
from tests.searching_naively import base_of, folder, index, left_over

__all__ = ["folder", "index"]  # fixtures


def generation_of(index: Path) -> Path:
    name: str = json.loads(index.read_text())["generation"]
    return index.with_name(f"{index.name}.d") / name


# whose file it is


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"my notes",
        b"\xff\x00" * 5000,
        b"[]",
        b"null",
        b"[" * 4000,
        b'{"format": "noesis-documents", "version": 1, "generation": "0123456789abcdef"}',
        b'{"format": "noesis-knowledge", "version": 1}',
        b'{"format": "noesis-knowledge", "version": 1, "generation": 3}',
        b'{"format": "noesis-knowledge", "version": 1, "generation": "../documents"}',
        b'{"format": "noesis-knowledge", "version": 1, "generation": ""}',
        b'{"format": "noesis-knowl',
    ],
)
def test_a_file_that_is_somebody_elses_is_refused_and_left_alone(folder: Path, data: bytes) -> None:
    index = folder.parent / "index"
    index.write_bytes(data)
    with pytest.raises(StorageError, match="is no index of a knowledge base; name another") as raised:
        base_of(folder, index)
    assert raised.value.exit_code == 3
    assert index.read_bytes() == data
    assert sorted(path.name for path in folder.parent.iterdir()) == ["documents", "index"]


def test_a_file_that_becomes_somebody_elses_is_not_replaced(folder: Path, index: Path) -> None:
    with base_of(folder, index) as base:
        (folder / "a.md").write_text("delta")
        index.write_text("my notes")
        with pytest.raises(StorageError, match="is no index"):
            base.ingest_all()
        assert index.read_text() == "my notes"
        assert base.query("beta").total == 1


@pytest.mark.parametrize("kind", ["folder", "pipe", "device"])
def test_a_place_that_is_no_file_is_refused(folder: Path, kind: str) -> None:
    index = folder.parent / "index"
    if kind == "folder":
        index.mkdir()
    elif kind == "pipe":
        os.mkfifo(index)
    else:
        index = Path("/dev/zero")
    with pytest.raises(StorageError, match="is no index of a knowledge base"):
        base_of(folder, index)


@pytest.mark.parametrize("index", ["documents/a.md/index", "x" * 300, "circle"])
def test_a_place_that_nobody_can_write_is_told(folder: Path, index: str) -> None:
    (folder.parent / "circle").symlink_to("circle")

    def ingest() -> None:
        with base_of(folder, folder.parent / index) as base:
            base.ingest_all()

    with pytest.raises(StorageError, match=r"cannot be (read|written) .*; name another"):
        ingest()


def test_a_lock_that_cannot_be_taken_is_told(folder: Path, index: Path) -> None:
    (index.parent / "index.d" / "lock").unlink()
    (index.parent / "index.d" / "lock").mkdir()
    with base_of(folder, index) as base:
        with pytest.raises(StorageError, match="cannot be written"):
            base.ingest_all()
        assert base.query("alpha").total == 2


def test_nothing_is_swept_that_is_not_named_as_ours(folder: Path) -> None:
    """A cache file ``conf`` beside a folder ``conf.d`` of somebody else's."""
    kept = folder.parent / "conf.d" / "site"
    kept.mkdir(parents=True)
    (kept / "main.conf").write_text("theirs")
    (folder.parent / ".conf.swp").write_text("theirs")
    for text in ("one", "two"):
        (folder / "a.md").write_text(text)
        with base_of(folder, folder.parent / "conf") as base:
            assert base.ingest_all().is_switched
    assert (kept / "main.conf").read_text() == (folder.parent / ".conf.swp").read_text() == "theirs"
    assert sorted(left_over(folder.parent / "conf")) == [".conf.swp", "site"]


# damage


def test_another_versions_index_is_made_again(folder: Path, index: Path) -> None:
    index.write_text(json.dumps({"format": "noesis-knowledge", "version": 2, "new": {}}))
    with base_of(folder, index) as base:
        assert base.query("alpha").total == 0
        assert base.ingest_all().added == 3
    assert left_over(index) == []


@pytest.mark.parametrize("kept", [0.0, 0.5, 0.99])
@pytest.mark.parametrize(
    "name", ["texts", "documents.json", "meta.json", ".idx", ".term", ".fast", ".fieldnorm"]
)
def test_a_damaged_index_is_made_again(folder: Path, index: Path, name: str, kept: float) -> None:
    (path,) = (path for path in generation_of(index).rglob("*") if path.name.endswith(name))
    data = path.read_bytes()
    path.unlink()  # tantivy's are read-only
    path.write_bytes(data[: int(len(data) * kept)])
    with base_of(folder, index) as base:
        assert base.stats().documents == 0
        assert base.ingest_all().added == 3
        assert base.query("alpha").total == 2
    assert left_over(index) == []


def test_a_generation_that_is_gone_is_made_again(folder: Path, index: Path) -> None:
    shutil.rmtree(index.with_name("index.d"))
    with base_of(folder, index) as base:
        assert base.ingest_all().added == 3


def test_an_index_that_is_removed_is_written_again_without_a_change(folder: Path, index: Path) -> None:
    with base_of(folder, index) as base:
        index.unlink()
        assert base.query("alpha").total == 2
        assert base.ingest_all().changed == 0
    with base_of(folder, index) as base:
        assert base.query("alpha").total == 2


def test_the_folders_are_part_of_an_index(folder: Path, index: Path) -> None:
    assert folders_of(index) == (folder,)
    assert folders_of(folder.parent / "none") == ()
    other = folder.parent / "other"
    other.mkdir()
    with base_of(other, index) as base:
        assert base.query("alpha").total == 2
        found = base.ingest_all()
        assert (found.documents, found.removed, found.is_switched) == (0, 3, True)
    assert folders_of(index) == (other,)


FULL = """
import resource, sys, threading
from pathlib import Path
from noesis.errors import StorageError
from tests.searching_naively import base_of, folder, index, left_over
folder, index = Path(sys.argv[1]), Path(sys.argv[2])
limit = resource.RLIMIT_FSIZE
outcomes = []
with base_of(folder, index, workers=2) as base:
    old = base.query("alpha")
    for number in range(60):
        (folder / f"{number}.md").write_text(" ".join(f"w{number}x{at}" for at in range(200)))
    for most in (0, 60, 300, 2_000, 20_000, 60_000):
        resource.setrlimit(limit, (most, resource.RLIM_INFINITY))
        try:
            base.ingest_all()
        except StorageError as error:
            assert "cannot be written" in str(error) and "name another cache file" in str(error), error
            outcomes.append(most)
        resource.setrlimit(limit, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert base.query("alpha", use_cache=False) == old
        assert left_over(index) == [], left_over(index)
    assert outcomes == [0, 60, 300, 2_000, 20_000, 60_000], outcomes
    assert base.ingest_all().added == 60
    assert threading.active_count() == 1
"""


def test_a_full_disk_is_told_and_the_old_index_stays(folder: Path, index: Path) -> None:
    """A limit on the size of files stands for the disk: as the room grows, it fails at every stage, from the
    first file of tantivy's to the list of documents."""
    subprocess.run([sys.executable, "-c", FULL, str(folder), str(index)], check=True)


def test_a_generation_that_goes_before_it_is_named_is_told(folder: Path, index: Path) -> None:
    store, before = Store(index), index.read_bytes()
    with store.writing() as made:
        made.rmdir()
        with pytest.raises(StorageError, match=r"cannot be written \(No such file .*; name another"):
            store.switch(made)
    assert index.read_bytes() == before
    assert left_over(index) == []


def test_one_writes_at_a_time(index: Path) -> None:
    store = Store(index)
    with store.writing() as made:
        assert [*made.iterdir()] == []
        with pytest.raises(BusyError, match="somebody else is writing"), Store(index).writing():
            pass
    assert not made.exists()
    with store.writing():
        pass


def test_opening_goes_on_to_what_is_named_now(folder: Path, index: Path) -> None:
    """The generation that was named when it looked is gone when it opens it."""

    class Racing(Store):
        asked = 0

        def current(self) -> Path | None:
            self.asked += 1
            return index.with_name("index.d") / "gone" if self.asked == 1 else super().current()

    assert len(newest(Racing(index), NOTHING).kept) == 3


def test_a_cache_file_among_the_documents_is_no_document(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    with base_of(Path(folder.name), Path(folder.name, "kept.txt")) as base:
        count = base.ingest_all().documents
        assert count == len([*folder.glob("*.md")])
        assert not base.ingest_all().is_switched
    with base_of(folder, folder / "kept.txt") as base:  # the same, named otherwise
        assert base.ingest_all().documents == count
