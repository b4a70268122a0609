"""One writer at a time, files replaced whole, and a word about size."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from groundspeed.errors import LockedError, StorageError
from groundspeed.results.atomic import replace_bytes, sweep
from groundspeed.results.lock import file_lock
from groundspeed.results.size import size_warnings

HOLDER = """
import subprocess, sys
from pathlib import Path
from groundspeed.results.lock import file_lock
with file_lock(Path(sys.argv[1])):
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    print(child.pid, flush=True)
    input()
"""


def test_the_second_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "results"
    with file_lock(path), pytest.raises(LockedError) as caught, file_lock(path):
        pass
    assert caught.value.exit_code == 6
    assert f"process {os.getpid()} since 2" in str(caught.value)
    assert str(path) in str(caught.value)
    assert "Wait until it ends" in str(caught.value)
    with file_lock(path):
        pass


def test_the_lock_dies_with_its_process_and_no_child_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "results"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        grandchild = int(holder.stdout.readline())
        with pytest.raises(LockedError, match=f"process {holder.pid} "), file_lock(path):
            pass
        holder.kill()
        holder.wait()
        with file_lock(path):
            os.kill(grandchild, 0) if Path(f"/proc/{grandchild}").exists() else None


def test_a_lock_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"lock file"), file_lock(tmp_path / "file" / "results"):
        pass


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "x.json"
    replace_bytes(path, b"one")
    replace_bytes(path, b"two")
    assert path.read_bytes() == b"two"
    assert [one.name for one in path.parent.iterdir()] == ["x.json"]


FULL = """
import resource, sys
from pathlib import Path
from groundspeed.errors import StorageError
from groundspeed.results.atomic import replace_bytes
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    replace_bytes(Path(sys.argv[1]), b"x" * 2000)
except StorageError as error:
    print(error)
"""


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(b"old")
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(path)], stdout=subprocess.PIPE, text=True, check=True
    )
    assert f"{path} could not be written" in done.stdout
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {"x.json": b"old"}


def test_what_a_killed_writer_left_is_swept(tmp_path: Path) -> None:
    for name in (".groundspeed-7.tmp", "x.json", "other.tmp"):
        (tmp_path / name).touch()
    sweep(tmp_path)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["other.tmp", "x.json"]


def test_a_large_folder_is_spoken_of(tmp_path: Path) -> None:
    (tmp_path / "box").mkdir()
    (tmp_path / "box" / "a.json").write_bytes(b"x" * 600_000)
    (tmp_path / "box" / "b.json").write_bytes(b"x" * 600_000)
    assert size_warnings(tmp_path) == ()
    (warning,) = size_warnings(tmp_path, limit_bytes=1_000_000)
    assert warning.startswith(f"{tmp_path} holds 1 MB, above 1 MB")
    assert size_warnings(tmp_path / "none") == ()
