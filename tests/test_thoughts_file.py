"""The file of thoughts: kills, older versions, other people's files, several processes."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from noesis.errors import BusyError, StorageError
from noesis.thoughts import Branch, MemoryStore, SqliteStore, schema, sqlite
from tests.conftest import ROOT
from tests.thinking import thought


@contextmanager
def apart(path: Path, what: str) -> Iterator[subprocess.Popen[str]]:
    """The process of ``writing_apart``, which is killed at the end."""
    line = [sys.executable, "-m", "tests.writing_apart", str(path), what]
    pipe = subprocess.PIPE
    with subprocess.Popen(line, stdin=pipe, stdout=pipe, text=True, cwd=ROOT) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str], lines: int | None = None) -> list[str]:
    """So many lines of what it says; what it had said when it ended, without a number."""
    assert process.stdout is not None
    if lines is None:
        return [line.strip() for line in process.stdout if line.endswith("\n")]
    return [process.stdout.readline().strip() for _ in range(lines)]


def is_sound(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)])


@pytest.mark.parametrize("acknowledged", [1, 10])
def test_a_kill_loses_nothing_that_was_acknowledged(tmp_path: Path, acknowledged: int) -> None:
    """Two processes write one file; both are killed in the middle of whatever they are doing."""
    path = tmp_path / "thoughts"
    with ExitStack() as stack:
        writers = [stack.enter_context(apart(path, name)) for name in ("left", "right")]
        heard = [said(one, acknowledged) for one in writers]
        for one in writers:
            one.kill()
        for one, names in zip(writers, heard, strict=True):
            names += said(one)
    assert is_sound(path)
    with SqliteStore(path) as store:
        for names in heard:
            assert len(names) >= acknowledged
            assert all(store.get(name).id == name for name in names)
        kept = store.search("lock", limit=10**6)
        assert len(kept) == len(store) >= sum(map(len, heard))
        assert len(kept) <= sum(map(len, heard)) + 2  # each may have stored one that it could not say
        for branch in store.branches():
            assert branch.thoughts == branch.confidences == sum(one.branch == branch.name for one in kept)


VERSION_1 = """
PRAGMA journal_mode = WAL;
CREATE TABLE thoughts (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, content TEXT NOT NULL,
    mode TEXT NOT NULL, branch TEXT NOT NULL, confidence REAL NOT NULL, key_points TEXT NOT NULL,
    metadata TEXT NOT NULL);
INSERT INTO thoughts VALUES (1, 'a', 'lock', 'tree', 'left', 0.25, '["short", "rare"]', '{"by": "me"}');
INSERT INTO thoughts VALUES (2, 'b', 'queue', 'linear', '', 0.5, '[]', '{}');
INSERT INTO thoughts VALUES (3, 'c', 'lock free', 'tree', 'left', 0.75, '["long"]', '{}');
PRAGMA application_id = 1852794228;
PRAGMA user_version = 1;
"""


def old_file(path: Path) -> None:
    """What the first version left, written out: nothing of this is asked of the program."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(VERSION_1)


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return schema.number(connection, "PRAGMA user_version")


def is_whole(store: SqliteStore) -> bool:
    assert [one.id for one in store.search("lock")] == ["c", "a"]
    assert store.get("a").metadata == {"by": "me"}
    assert store.branches() == (Branch(name="left", thoughts=2, confidences=1.0, key_points=3),)
    assert store.branch("left").priority == 0.5 + 0.1 * 3
    return True


def test_a_file_of_the_first_version_is_brought_up(tmp_path: Path) -> None:
    path = tmp_path / "thoughts"
    old_file(path)
    for _ in range(2):
        with SqliteStore(path) as store:
            assert is_whole(store)
        assert version(path) == schema.VERSION == 2


def test_a_kill_in_the_middle_of_that_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "thoughts"
    old_file(path)
    with apart(path, "migrating") as process:
        assert said(process, 1) == ["stopped"]
    assert (version(path), is_sound(path)) == (1, True)
    with SqliteStore(path) as store:
        assert is_whole(store)


def changed(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)


def test_a_file_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other"
    changed(path, "CREATE TABLE accounts (name TEXT)")
    before = path.read_bytes()
    with pytest.raises(StorageError, match="other is another program's database; name another file"):
        SqliteStore(path)
    path.with_name("text").write_text("no database, but long enough to be taken for one" * 20)
    with pytest.raises(StorageError, match=r"text cannot be read or written \(file is not a database\)"):
        SqliteStore(path.with_name("text"))
    with pytest.raises(StorageError, match="unable to open database file"):
        SqliteStore(tmp_path / "no folder" / "thoughts")
    assert path.read_bytes() == before


def test_a_newer_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "thoughts"
    SqliteStore(path).close()
    changed(path, "PRAGMA user_version = 3")
    with pytest.raises(StorageError, match=r"newer noesis \(version 3, this one knows 2\)"):
        SqliteStore(path)


@pytest.mark.parametrize(
    "damage", ["mode = 'none'", "key_points = '7'", "metadata = '['", "confidence = 7", "content = x'00'"]
)
def test_a_row_that_is_no_thought_is_named(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "thoughts"
    with SqliteStore(path) as store:
        store.store(thought("1", "lock"))
        changed(path, f"UPDATE thoughts SET {damage}")
        with pytest.raises(StorageError, match="row 1 of thoughts holds none"):
            store.get("1")


def test_who_waits_too_long_for_another_process_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_PATIENCE_S", 0.0)
    path = tmp_path / "thoughts"
    with SqliteStore(path) as store, closing(sqlite3.connect(path, isolation_level=None)) as other:
        store.store(thought("1", "lock"))
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(BusyError, match="somebody else is writing"):
            store.store(thought("2", "lock"))
        assert [one.id for one in store.search("lock")] == ["1"]  # who reads does not wait
        other.execute("ROLLBACK")
        store.store(thought("2", "lock"))
        assert len(store) == 2


def test_a_store_sees_at_once_what_another_one_wrote(tmp_path: Path) -> None:
    path = tmp_path / "thoughts"
    with SqliteStore(path) as one, SqliteStore(path) as other:
        for number in range(5):
            writer, reader = (one, other) if number % 2 else (other, one)
            writer.store(thought(str(number), "lock", branch="left"))
            assert reader.search("lock")[0].id == str(number)
            assert reader.branch("left").thoughts == number + 1


def test_both_kinds_of_store_read_what_a_file_holds(tmp_path: Path) -> None:
    memory = MemoryStore()
    with SqliteStore(tmp_path / "thoughts", survives_power_cut=False) as store:
        store.store_all(thought(str(one), f"lock x{one % 3}") for one in range(50))
        memory.store_all(reversed(store.search(limit=50)))
        assert memory.search("x1 lock", limit=50) == store.search("x1 lock", limit=50)
        assert len(memory.search("x1", limit=50)) == 17  # 1, 4, ... 49
