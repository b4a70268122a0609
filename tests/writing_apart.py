"""A process that stores thoughts until it is killed, and says each one that is stored. ``migrating``: one
that brings a file to the newest version, stops before the last word of it, and says so."""

from __future__ import annotations

import sqlite3
import sys
from itertools import count

from noesis.thoughts import Mode, SqliteStore, Thought, schema


def say(what: str) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def write(path: str, writer: str) -> None:
    with SqliteStore(path) as store:
        for number in count():
            name = f"{writer}-{number}"
            store.store(
                Thought(id=name, content=f"lock {number}", mode=Mode.TREE, branch=writer, confidence=1.0)
            )
            say(name)


def migrate(path: str) -> None:
    whole = schema.STEPS[-1]

    def stopping(connection: sqlite3.Connection) -> None:
        whole(connection)
        say("stopped")
        sys.stdin.readline()

    schema.STEPS[-1] = stopping
    SqliteStore(path).close()


if __name__ == "__main__":
    migrate(sys.argv[1]) if sys.argv[2] == "migrating" else write(sys.argv[1], sys.argv[2])
