"""The files of vector indexes: whole, old or new, whatever ends the writing; and files that are none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from noesis.errors import StorageError
from noesis.rag.vectors import ENGINES, open_index, vector_index
from noesis.rag.vectors.files import HEADER_BYTES
from tests.conftest import ROOT
from tests.neighbours import clustered

ROWS = clustered(60, 16, seed=8)
KEYS = np.arange(60)


def saved(path: Path, name: str, count: int = 60) -> Path:
    index = vector_index(name, 16)
    index.add(KEYS[:count], ROWS[:count])
    index.save(path)
    return path


@pytest.mark.parametrize("name", ENGINES)
def test_a_file_answers_as_what_was_saved(name: str, tmp_path: Path) -> None:
    path = saved(tmp_path / "index", name)
    before = path.read_bytes()
    opened, again = open_index(path), open_index(path)
    assert (opened.name, opened.dimensions, len(opened)) == (name, 16, 60)
    found = opened.search(ROWS[:5], 7)
    opened.remove(KEYS[:30])  # its own copy: neither the file nor who else has it open
    assert np.array_equal(again.search(ROWS[:5], 7).keys, found.keys)
    assert path.read_bytes() == before
    opened.save(path)  # over the file that both have mapped
    assert np.array_equal(again.search(ROWS[:5], 7).scores, found.scores)
    assert len(open_index(path)) == 30


@pytest.mark.parametrize("name", ENGINES)
def test_an_index_of_nothing_is_one(name: str, tmp_path: Path) -> None:
    path = saved(tmp_path / "index", name, 0)
    opened = open_index(path)
    assert (opened.name, opened.dimensions, len(opened)) == (name, 16, 0)
    opened.add(KEYS, ROWS)
    assert opened.search(ROWS[3:4], 1).keys.tolist() == [[3]]


@pytest.mark.parametrize("name", ENGINES)
def test_a_file_that_is_cut_short_is_refused(name: str, tmp_path: Path) -> None:
    path = saved(tmp_path / "index", name)
    whole = path.read_bytes()
    for size in (0, 1, 100, HEADER_BYTES - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(StorageError, match="holds no vector index; name the file that one was saved to"):
            open_index(path)
    for size in (HEADER_BYTES, HEADER_BYTES + 1, HEADER_BYTES + 300, len(whole) - 1, len(whole) + 1):
        path.write_bytes((whole + b"x")[:size])
        with pytest.raises(StorageError, match=rf"has {size:,} bytes, not {len(whole):,}: it was cut short"):
            open_index(path)


def with_header(path: Path, **said: object) -> None:
    whole = path.read_bytes()
    line = json.dumps({**json.loads(whole[:HEADER_BYTES]), **said}).encode()
    path.write_bytes(line.ljust(HEADER_BYTES) + whole[HEADER_BYTES:])


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"format": "other"}, "holds no vector index"),
        ({"version": 2}, "is of version 2, this reads 1; build the index again"),
        (
            {"engine": "annoy"},
            "says that 'annoy' wrote vectors of 16 numbers, which this version does not know",
        ),
        ({"engine": 3}, "has a damaged beginning"),
        ({"dimensions": -1}, "has a damaged beginning"),
        ({"dimensions": 0}, "wrote vectors of 0 numbers"),
        ({"dimensions": 1 << 40}, "wrote vectors of 1099511627776 numbers"),
        ({"count": True}, "has a damaged beginning"),
        ({"count": 61}, "is damaged"),
        ({"dimensions": 8}, "is damaged"),
        ({"bytes": 1 << 62}, "it was cut short or written over"),
    ],
)
def test_a_beginning_that_says_something_else(
    name: str, said: dict[str, object], why: str, tmp_path: Path
) -> None:
    path = saved(tmp_path / "index", name)
    with_header(path, **said)
    with pytest.raises(StorageError, match=why):
        open_index(path)


@pytest.mark.parametrize("name", ENGINES)
def test_bytes_of_something_else_behind_a_beginning(name: str, tmp_path: Path) -> None:
    """As many as the beginning says; as numbers that exact would take they are too few."""
    path = saved(tmp_path / "index", name)
    path.write_bytes(path.read_bytes()[:HEADER_BYTES] + b"noise" * 20)
    with_header(path, bytes=100)
    with pytest.raises(StorageError, match="is damaged"):
        open_index(path)


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "list").write_text("[1, 2]".ljust(HEADER_BYTES))
    (tmp_path / "deep").write_text("[" * HEADER_BYTES)
    for name in ("list", "deep"):
        with pytest.raises(StorageError, match="holds no vector index"):
            open_index(tmp_path / name)
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(StorageError, match="is no file; name the one"):
            open_index(path)
    with pytest.raises(StorageError, match=r"cannot be read .No such file or directory.; name another"):
        open_index(tmp_path / "nowhere")


def missing(folder: Path) -> Path:
    return folder / "missing" / "index"


def read_only(folder: Path) -> Path:
    if not os.geteuid():
        pytest.skip("root may write everywhere")
    folder.chmod(0o500)
    return folder / "index"


def taken(folder: Path) -> Path:
    (folder / "index").mkdir()
    return folder / "index"


@pytest.mark.parametrize(
    ("place", "why"),
    [
        (missing, "No such file or directory"),
        (read_only, "Permission denied"),
        (taken, "Is a directory"),
    ],
)
def test_a_place_that_cannot_be_written(place: Callable[[Path], Path], why: str, tmp_path: Path) -> None:
    path = place(tmp_path)
    with pytest.raises(StorageError, match=rf"index cannot be written .{why}.; make room there, or name"):
        saved(path, "exact")
    assert not [one for one in tmp_path.rglob("*") if one.is_file()]


FULL = """
import resource, sys
from pathlib import Path
import numpy as np
from noesis.errors import StorageError
from noesis.rag.vectors import open_index, vector_index
for name in ("usearch", "faiss", "exact"):
    path = Path(sys.argv[1]) / name
    index = vector_index(name, 16)
    index.add(np.arange(9), np.eye(16, dtype=np.float32)[:9])
    index.save(path)
    index.add(np.arange(9, 500), np.eye(16, dtype=np.float32)[np.arange(9, 500) % 16])
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, resource.RLIM_INFINITY))
    try:
        index.save(path)
    except StorageError as error:
        print(str(error).replace(sys.argv[1], ""), len(open_index(path)))
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
"""


def test_a_disk_without_room_leaves_the_old_file(tmp_path: Path) -> None:
    """A limit on the size of files stands in for it: writing ends in the middle with an error as there."""
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    why = "cannot be written (File too large); make room there, or name another file 9"
    assert done.stdout.splitlines() == [f"/{name} {why}" for name in ENGINES]
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted(ENGINES)


SAVING = """
import os, signal, sys
from pathlib import Path
import numpy as np
from noesis.rag.vectors import files, vector_index
from tests.neighbours import clustered
path, moment, rows = Path(sys.argv[1]), sys.argv[2], clustered(600, 64, seed=9)
old, new = vector_index("usearch", 64), vector_index("usearch", 64)
old.add(np.arange(200), rows[:200])
new.add(np.arange(600), rows)
old.save(path)
def end(*_):
    os.kill(os.getpid(), signal.SIGKILL)
if moment == "written":
    os.fsync = end
if moment == "replaced":
    files._sync_folder = end
while True:
    new.save(path)
    print("saved", flush=True)
    old.save(path)
"""


@pytest.mark.parametrize(("moment", "counts"), [("written", {200}), ("replaced", {600}), ("any", {200, 600})])
def test_a_kill_leaves_the_old_file_or_the_new_one(moment: str, counts: set[int], tmp_path: Path) -> None:
    """At ``any``: when one file after the other is written, whatever is done just then."""
    path = tmp_path / "index"
    line = [sys.executable, "-c", SAVING, str(path), moment]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == ("saved\n" if moment == "any" else "")
        finally:
            process.kill()
    opened = open_index(path)
    assert len(opened) in counts
    rows = clustered(600, 64, seed=9)
    assert opened.search(rows[:200:39], 1).keys[:, 0].tolist() == [*range(0, 200, 39)]
    assert all(one == path or one.name.startswith(".index.") for one in tmp_path.iterdir())
