"""The file that thoughts are kept in, as SQLite sees it. Owns its tables, its versions and the one place
where a row becomes a thought; knows nothing of connections, threads and indexes.

A file says that it is ours by its ``application_id``, and its version by ``user_version``:

1. ``thoughts``, in the order of their numbers.
2. ``branches``: what each comes to, so that its priority needs no look at its thoughts.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from noesis.errors import StorageError, ThoughtError
from noesis.thoughts.records import Branch, Metadata, Mode, Thought

APPLICATION = 0x6E6F_6574  # "noet"
SELECT = "SELECT number, id, content, mode, branch, confidence, key_points, metadata FROM thoughts"

GROW = (
    "INSERT INTO branches (name, thoughts, confidences, key_points) VALUES (?, 1, ?, ?) "
    "ON CONFLICT (name) DO UPDATE SET thoughts = thoughts + 1, "
    "confidences = confidences + excluded.confidences, key_points = key_points + excluded.key_points"
)
INSERT = (
    "INSERT INTO thoughts (id, content, mode, branch, confidence, key_points, metadata) "
    "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"
)


def _with_thoughts(connection: sqlite3.Connection) -> None:
    connection.execute(
        "CREATE TABLE thoughts (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, content TEXT NOT NULL, "
        "mode TEXT NOT NULL, branch TEXT NOT NULL, confidence REAL NOT NULL, key_points TEXT NOT NULL, "
        "metadata TEXT NOT NULL)"
    )


def _with_branches(connection: sqlite3.Connection) -> None:
    connection.execute(
        "CREATE TABLE branches (name TEXT PRIMARY KEY, thoughts INTEGER NOT NULL, "
        "confidences REAL NOT NULL, key_points INTEGER NOT NULL) WITHOUT ROWID"
    )
    for row in connection.execute(SELECT + " ORDER BY number"):
        grow(connection, thought_of(row))


STEPS: list[Callable[[sqlite3.Connection], None]] = [_with_thoughts, _with_branches]
VERSION = len(STEPS)


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the file to the newest version, in one transaction: it is of the old one or of the new.

    Raises ``StorageError`` where it is somebody else's or a newer noesis wrote it.
    """
    connection.execute("BEGIN")  # one look: another process may be making the file
    version = _version(connection, path)
    connection.execute("COMMIT")
    if version == VERSION:
        return
    connection.execute("PRAGMA journal_mode = WAL")  # stays with the file; cannot be in a transaction
    connection.execute("BEGIN IMMEDIATE")
    for step in STEPS[_version(connection, path) :]:  # again: another process may have been here
        step(connection)
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


def _version(connection: sqlite3.Connection, path: Path) -> int:
    version = number(connection, "PRAGMA user_version")
    if number(connection, "PRAGMA application_id") != APPLICATION:
        if version or number(connection, "SELECT count(*) FROM sqlite_schema"):
            raise StorageError(f"{path} is another program's database; name another file")
        return 0
    if version > VERSION:
        raise StorageError(
            f"{path} was written by a newer noesis (version {version}, this one knows {VERSION}); "
            "update noesis"
        )
    return version


def number(connection: sqlite3.Connection, question: str) -> int:
    """The one number that answers the question."""
    rows: list[tuple[int]] = connection.execute(question).fetchall()  # to its end: nothing stays open
    return rows[0][0]


def row_of(thought: Thought) -> tuple[object, ...]:
    """The values that ``INSERT`` wants."""
    return (
        thought.id,
        thought.content,
        thought.mode.value,
        thought.branch,
        thought.confidence,
        json.dumps(thought.key_points),
        json.dumps(thought.metadata.copy()),
    )


def thought_of(row: tuple[Any, ...]) -> Thought:
    """The thought of a row that ``SELECT`` gives. Raises ``StorageError`` where it holds none."""
    place, key, content, mode, branch, confidence, key_points, metadata = row
    try:
        return Thought(
            id=key,
            content=content,
            mode=Mode(mode),
            branch=branch,
            confidence=confidence,
            key_points=tuple(json.loads(key_points)),
            metadata=Metadata(json.loads(metadata)),
        )
    except (ValueError, TypeError, ThoughtError) as error:
        raise StorageError(f"row {place} of thoughts holds none ({error}); restore the file") from error


def branch_of(row: tuple[Any, ...]) -> Branch:
    """The branch of a row of ``branches``."""
    name, thoughts, confidences, key_points = row
    return Branch(name=name, thoughts=thoughts, confidences=confidences, key_points=key_points)


def grow(connection: sqlite3.Connection, thought: Thought) -> None:
    """Count the thought to its branch, if it has one."""
    if thought.branch:
        connection.execute(GROW, (thought.branch, thought.confidence, len(thought.key_points)))
