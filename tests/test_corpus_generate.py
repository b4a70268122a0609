"""``groundspeed corpus generate`` and what it leaves on the disk."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from asv_bench_groundspeed.workloads import corpus
from asv_bench_groundspeed.workloads.corpus import CorpusSpec, document, document_path, stream, write
from groundspeed.cli.corpus import app
from groundspeed.errors import GroundspeedError, StorageError


def generate(*words: str) -> Result:
    return CliRunner().invoke(app, ["generate", *words])


def refused(*words: str) -> GroundspeedError:
    error = generate(*words).exception
    assert isinstance(error, GroundspeedError), error
    return error


def test_one_document(tmp_path: Path) -> None:
    out = tmp_path / "new" / "one.md"
    result = generate("--size", "10KB", "--seed", "7", str(out))
    assert result.exit_code == 0
    assert result.stdout == f"Wrote 10,000 bytes, 1 document, 70 references (7.0 per KB): {out}\n"
    assert out.read_bytes() == b"".join(stream(CorpusSpec(size=10_000, seed=7)))
    assert [path.name for path in out.parent.iterdir()] == ["one.md"]


@pytest.mark.parametrize(
    ("words", "spec"),
    [
        (("--size", "100KB", "--files", "3"), CorpusSpec(size=100_000, files=3)),
        (("--files", "70", "--file-size", "2KiB"), CorpusSpec(size=70 * 2048, files=70)),
        (("--size", "100KB", "--file-size", "30KB"), CorpusSpec(size=100_000, files=4)),
        (
            ("--size", "0.1MB", "--files", "2", "--refs-per-kb", "12.5"),
            CorpusSpec(size=100_000, files=2, refs_per_kb=12.5),
        ),
    ],
)
def test_many_documents(tmp_path: Path, words: tuple[str, ...], spec: CorpusSpec) -> None:
    out = tmp_path / "out"
    assert generate(*words, str(out)).exit_code == 0
    found = {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*.md")}
    assert found == {
        document_path(spec, index): b"".join(document(spec, index)) for index in range(spec.files)
    }


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--size", "10XB"), "'10XB' is not a number with a unit"),
        (("--size", "10 ms"), "'10 ms' is not a size"),
        (("--size", "500"), "size must be at least 1,000 bytes a document"),
        ((), "say how much with --size"),
        (("--size", "1MB", "--files", "2", "--file-size", "1KB"), "two of them decide the third"),
        (("--size", "1MB", "--file-size", "0"), "--file-size must not be 0"),
        (("--size", "1MB", "--files", "-1"), "--files must not be negative"),
        (("--size", "1MB", "--refs-per-kb", "21"), "refs_per_kb must lie between 0 and 20"),
        (("--size", "1MB", "--seed", "-3"), "seed must not be negative"),
    ],
)
def test_wrong_use_is_named(tmp_path: Path, words: tuple[str, ...], text: str) -> None:
    error = refused(*words, str(tmp_path / "out"))
    assert text in str(error)
    assert error.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_stays_without_force(tmp_path: Path) -> None:
    out = tmp_path / "one.md"
    out.write_text("mine")
    error = refused("--size", "10KB", str(out))
    assert "one.md exists already" in str(error)
    assert "--force" in str(error)
    assert out.read_text() == "mine"
    assert generate("--size", "10KB", "--force", str(out)).exit_code == 0
    assert out.stat().st_size == 10_000


def test_force_replaces_a_corpus_and_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert generate("--size", "300KB", "--files", "70", str(out)).exit_code == 0
    assert generate("--size", "20KB", "--files", "2", "--force", str(out)).exit_code == 0
    assert len(list(out.rglob("*.md"))) == 2
    assert "is no file" in str(refused("--size", "20KB", "--force", str(out)))
    (out / "notes.md").write_text("mine")
    assert "holds more than a corpus" in str(refused("--size", "20KB", "--files", "2", "--force", str(out)))
    assert (out / "notes.md").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_file_in_the_way_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "file is a file, not a folder" in str(refused("--size", "10KB", str(tmp_path / "file" / "out.md")))


@pytest.mark.parametrize("files", [1, 4])
def test_a_full_disk_leaves_nothing(tmp_path: Path, files: int) -> None:
    written = 0

    def full(more: int) -> None:
        nonlocal written
        written += more
        if written > 300_000:
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write(CorpusSpec(size=1_000_000, files=files), tmp_path / "out", full)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(corpus, "write", full)
    error = refused("--size", "2GB", str(tmp_path / "out"))
    assert isinstance(error, StorageError)
    assert "No space left on device" in str(error)
    assert "make room for 2.00 GB" in str(error)


def test_ctrl_c_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chunks = 0

    def interrupted(spec: CorpusSpec, index: int, count: object = None) -> object:
        nonlocal chunks
        for chunk in document(spec, index):
            chunks += 1
            if chunks == 3:
                raise KeyboardInterrupt
            yield chunk

    monkeypatch.setattr(corpus, "document", interrupted)
    result = generate("--size", "1MB", str(tmp_path / "out.md"))
    assert result.exit_code == 130
    assert "nothing was left" in result.stderr
    assert list(tmp_path.iterdir()) == []
