"""Thoughts in a file of SQLite. Owns its connections and when they write; the file itself is ``schema``'s.

The file is the truth; the index is in memory, as that of ``MemoryStore``, and brought up to the file before
each search: so both stores answer alike, and several processes may use one file. In WAL mode readers wait
for nobody. Writers of one process queue for a lock of ours, those of others for SQLite's.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import islice
from pathlib import Path
from types import TracebackType

from noesis.errors import BusyError, StorageError
from noesis.thoughts import schema
from noesis.thoughts.index import CAPACITY, Index
from noesis.thoughts.records import Branch, Mode, Thought, by_priority
from noesis.thoughts.store import LIMIT, question_of, refuse_another, unknown
from noesis.thoughts.terms import Terms, index_terms

_PATIENCE_S = 30.0  # for another process that writes: longer than any transaction of ours takes
_NAMED = schema.SELECT + " WHERE id = ?"
_NEWER = schema.SELECT + " WHERE number > ? ORDER BY number DESC"
_OLDER = schema.SELECT + " WHERE number < ? ORDER BY number DESC"
_NUMBERED = schema.SELECT + " WHERE number IN (SELECT value FROM json_each(?)) ORDER BY number DESC"  # noqa: S608 (all of it is constant)


class SqliteStore:
    """A ``ThoughtStore`` in a file, which is made where there is none. Beyond what that says, every method
    raises ``StorageError`` where the file cannot be read or written, and ``BusyError`` where another process
    has been writing for half a minute.

    ``capacity`` bounds its index, in postings. What is stored survives the end of the process at any moment;
    with ``survives_power_cut`` also that of the machine, for which each ``store`` waits for the disk. A
    process that was forked opens a store of its own.
    """

    def __init__(
        self, path: Path | str, *, capacity: int = CAPACITY, survives_power_cut: bool = True
    ) -> None:
        self.path = Path(path)
        self._synchronous = "FULL" if survives_power_cut else "NORMAL"
        self._is_closed = False
        self._idle: list[sqlite3.Connection] = []
        self._writing = threading.Lock()
        self._indexing = threading.Lock()
        self._index = Index(capacity)
        self._last = 0  # the newest number that the index has seen
        try:
            with self._connected() as connection:
                schema.prepare(connection, self.path)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> SqliteStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file, as soon as the calls that other threads are in have ended."""
        self._is_closed = True
        while self._idle:
            with suppress(IndexError):  # another thread took the last one
                self._idle.pop().close()

    def __len__(self) -> int:
        with self._connected() as connection:
            return schema.number(connection, "SELECT count(*) FROM thoughts")

    def store(self, thought: Thought) -> None:
        """See ``ThoughtStore``."""
        self.store_all((thought,))

    def store_all(self, thoughts: Iterable[Thought]) -> None:
        """See ``ThoughtStore``. One transaction, so many thoughts cost one wait for the disk."""
        told = [(thought, schema.row_of(thought)) for thought in thoughts]
        with self._writing, self._connected() as connection:
            connection.execute("BEGIN IMMEDIATE")
            for thought, row in told:
                if connection.execute(schema.INSERT, row).rowcount:
                    schema.grow(connection, thought)
                else:
                    refuse_another(_kept(connection, thought.id), thought)
            connection.execute("COMMIT")

    def get(self, id: str) -> Thought:  # noqa: A002 (its name in the record)
        """See ``ThoughtStore``."""
        with self._connected() as connection:
            return _kept(connection, id)

    def search(
        self,
        query: str = "",
        mode: Mode | None = None,
        limit: int = LIMIT,
        offset: int = 0,
        *,
        branch: str | None = None,
    ) -> tuple[Thought, ...]:
        """See ``ThoughtStore``."""
        asked = question_of(query, mode, branch, limit, offset)
        with self._connected() as connection:
            with self._indexing:
                self._catch_up(connection)
                numbers = self._index.newest(asked.terms, asked.end)
                first = self._index.first
            found = _numbered(connection, numbers[asked.start :])
            if len(numbers) < asked.end:
                skipped = max(asked.start - len(numbers), 0)
                with closing(_before(connection, first, asked.terms)) as older:
                    found += islice(older, skipped, asked.end - len(numbers))
        return tuple(found)

    def branch(self, name: str) -> Branch:
        """See ``ThoughtStore``."""
        with self._connected() as connection:
            rows = connection.execute("SELECT * FROM branches WHERE name = ?", (name,)).fetchall()
        if not rows:
            raise unknown("branch", name)
        return schema.branch_of(rows[0])

    def branches(self) -> tuple[Branch, ...]:
        """See ``ThoughtStore``."""
        with self._connected() as connection:
            rows = connection.execute("SELECT * FROM branches").fetchall()
        return by_priority({row[0]: schema.branch_of(row) for row in rows})

    def _catch_up(self, connection: sqlite3.Connection) -> None:
        """Take what was stored since into the index, by whomever. Read from the newest back, as far as it
        has room and one further: where there are more, that one drives out whatever was there before."""
        entries: list[tuple[int, Terms]] = []
        size = 0
        with closing(connection.execute(_NEWER, (self._last,))) as rows:
            while size <= self._index.capacity and (row := rows.fetchone()):
                terms = index_terms(schema.thought_of(row))
                entries.append((row[0], terms))
                size += len(terms)
        for number, terms in reversed(entries):
            self._index.add(number, terms)
            self._last = number

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        """A connection that nobody else uses meanwhile; a transaction that is not committed is undone."""
        if self._is_closed:
            raise StorageError(f"the store of {self.path} is closed; open another one")
        connection = None
        try:
            try:
                connection = self._idle.pop()
            except IndexError:
                connection = self._open()
            yield connection
        except sqlite3.Error as error:
            raise self._said(error) from error
        finally:
            if connection is not None:
                self._put_back(connection)

    def _put_back(self, connection: sqlite3.Connection) -> None:
        if connection.in_transaction:
            connection.rollback()
        self._idle.append(connection)
        if self._is_closed:
            self.close()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _said(self, error: sqlite3.Error) -> StorageError | BusyError:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
            return BusyError(f"somebody else is writing {self.path} now; wait until that is done")
        return StorageError(f"{self.path} cannot be read or written ({error}); name another file")


def _kept(connection: sqlite3.Connection, key: str) -> Thought:
    rows = connection.execute(_NAMED, (key,)).fetchall()
    if not rows:
        raise unknown("thought", key)
    return schema.thought_of(rows[0])


def _numbered(connection: sqlite3.Connection, numbers: list[int]) -> list[Thought]:
    """Newest first, as the numbers are. One statement, whatever their count."""
    if not numbers:
        return []
    rows = connection.execute(_NUMBERED, (json.dumps(numbers),))
    return [schema.thought_of(row) for row in rows]


def _before(connection: sqlite3.Connection, first: int, terms: Terms) -> Generator[Thought, None, None]:
    """What has left the index, as far as it has the terms, newest first. To be closed: a question that is
    not at its end holds its connection to what the file was."""
    with closing(connection.execute(_OLDER, (first,))) as rows:
        for row in rows:
            thought = schema.thought_of(row)
            if terms <= index_terms(thought):
                yield thought
