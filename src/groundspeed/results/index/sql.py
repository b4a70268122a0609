"""Questions in SQL over the tables of an index, through DuckDB. Owns the views, and what a question may do.

It may read those tables and nothing else: no file, no network, no extension, no setting.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundspeed.errors import GroundspeedError, NothingMeasuredError, StorageError
from groundspeed.results.index.columnar import ColumnarIndex
from groundspeed.results.index.opening import open_index
from groundspeed.results.index.schemas import TABLES, table_of

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_BATCH = 10_000  # rows


class QueryError(GroundspeedError):
    """A question that cannot be answered as it stands."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column of an answer or a view, with DuckDB's name of its type."""

    name: str
    type: str


class Answer:
    """What a question came to. Its rows come once, as they are asked for, in the order of ``columns``."""

    def __init__(self, columns: tuple[Column, ...], batches: Iterator[pa.RecordBatch]) -> None:
        self.columns = columns
        self._batches = batches

    def blocks(self) -> Iterator[list[tuple[Any, ...]]]:
        """All rows, as Python's values, some thousands at a time. Raises QueryError."""
        for batch in self._each():
            yield _rows(batch)

    def first(self, count: int) -> tuple[list[tuple[Any, ...]], int]:
        """The first rows, and how many there are beyond them. Raises QueryError."""
        rows: list[tuple[Any, ...]] = []
        more = 0
        for batch in self._each():
            wanted = count - len(rows)
            rows += _rows(batch.slice(0, wanted)) if wanted else []
            more += max(batch.num_rows - wanted, 0)
        return rows, more

    def _each(self) -> Iterator[pa.RecordBatch]:
        with _explained():
            yield from self._batches


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """A table that can be asked, and what stands in it."""

    name: str
    about: str
    columns: tuple[Column, ...]


_CASE_NAME = """CREATE MACRO case_name(benchmark, params, metric) AS
    benchmark || CASE WHEN len(params) > 0 THEN '(' || array_to_string(params, ', ') || ')' ELSE '' END
    || CASE WHEN metric <> '' THEN '@' || metric ELSE '' END"""

_VIEWS: Mapping[str, tuple[str, str]] = {
    "measurements": (
        "the value of every case's metric at every commit, as asv's files hold it",
        """SELECT s.machine, s.environment, case_name(s.benchmark, s.params, s.metric) AS case_name,
            m.commit, m.date, m.value, m.low, m.high, m.state, s.unit, s.better,
            s.benchmark, s.params, s.metric, s.version, m.series
        FROM stored.measurements m JOIN stored.series s ON m.machine = s.machine AND m.series = s.series""",
    ),
    "processes": (
        "what each worker process gave: its samples, their median, or why there are none",
        """SELECT machine, environment, case_name(benchmark, params, metric) AS case_name, commit,
            started_at, outcome, reason, median, count, unit, better, samples, number, quick, duration_s,
            check_value, stop, benchmark, params, metric, version, series, session, line
        FROM stored.processes""",
    ),
    "samples": (
        "every sample, one row each",
        """SELECT machine, environment, case_name, commit, started_at, unnest(samples) AS sample,
            generate_subscripts(samples, 1) AS position, unit, quick, benchmark, params, metric, version,
            series, session, line
        FROM processes WHERE outcome = 'measured'""",
    ),
    "failures": (
        "what has no value, and why, as sessions say it",
        """SELECT machine, environment, case_name, commit, started_at, outcome, reason, session
            FROM processes WHERE outcome IN ('failed', 'skipped')
        UNION ALL
        SELECT machine, environment, unnest(benchmarks), commit, started_at, 'failed',
            failure || coalesce(': ' || nullif(text, ''), ''), session
            FROM stored.builds WHERE failure IS NOT NULL""",
    ),
    "builds": ("each attempt to build a commit", "SELECT machine, * EXCLUDE (machine) FROM stored.builds"),
    "sessions": (
        "each invocation that measured, and the host that it ran on",
        "SELECT machine, * EXCLUDE (machine) FROM stored.sessions",
    ),
    "controls": (
        "the control benchmark beside the measuring: what moves there is the host",
        "SELECT machine, * EXCLUDE (machine) FROM stored.controls",
    ),
    "series": (
        "what each series is, and how many commits have a row for it",
        """SELECT machine, environment, case_name(benchmark, params, metric) AS case_name, unit, better,
            cells AS commits, benchmark, params, metric, version, series
        FROM stored.series""",
    ),
    "commits": (
        "the commits that results speak of, by their dates",
        """SELECT commit, max(date) AS date, count(DISTINCT machine) AS machines,
            count(*) FILTER (state = 'measured') AS measured, count(*) FILTER (state = 'failed') AS failed,
            count(*) FILTER (state = 'skipped') AS skipped
        FROM stored.measurements GROUP BY commit""",
    ),
}


class Questions:
    """The views of one index, ready to be asked."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def views(self) -> tuple[View, ...]:
        """What can be asked."""
        found = self._connection.execute(
            "SELECT table_name, column_name, data_type FROM duckdb_columns() "
            "WHERE schema_name = 'main' ORDER BY column_index"
        ).fetchall()
        return tuple(
            View(
                name=name,
                about=about,
                columns=tuple(Column(name=column, type=kind) for view, column, kind in found if view == name),
            )
            for name, (about, _) in _VIEWS.items()
        )

    def ask(self, question: str) -> Answer:
        """The answer to one SELECT. Raises QueryError."""
        import duckdb

        allowed = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
        with _explained():
            statements = self._connection.extract_statements(question)
            if len(statements) != 1 or statements[0].type not in allowed:
                raise QueryError(
                    "groundspeed sql takes one SELECT (or EXPLAIN, DESCRIBE, SUMMARIZE): it only reads."
                )
            relation = self._connection.sql(question)
            columns = tuple(
                Column(name=name, type=str(kind))
                for name, kind in zip(relation.columns, relation.types, strict=True)
            )
            # through Arrow: DuckDB's own rows need a further package for every time with a zone
            return Answer(columns, relation.to_arrow_reader(_BATCH))


@contextmanager
def questions(results_dir: Path, folder: Path) -> Iterator[tuple[Questions, tuple[str, ...]]]:
    """The results of a folder, ready to be asked, and what a user should hear of them.

    An index that cannot be kept under ``folder`` is made in a temporary place. Raises NothingMeasuredError
    where there are no results, StorageError where no place is to be had.
    """
    index = open_index(results_dir, folder)
    if isinstance(index, ColumnarIndex):
        yield _questions(index, results_dir), index.warnings
        return
    with tempfile.TemporaryDirectory(prefix="groundspeed-index-") as temporary:
        other = open_index(results_dir, Path(temporary))
        if not isinstance(other, ColumnarIndex):
            raise StorageError(f"SQL needs an index, and none can be written. {other.warnings[0]}")
        yield _questions(other, results_dir), index.warnings


def _questions(index: ColumnarIndex, results_dir: Path) -> Questions:
    if index.is_empty:
        raise NothingMeasuredError(
            f"There are no results in {results_dir}. Measure something first: groundspeed run."
        )
    return Questions(_connected(index.table_files()))


def _connected(files: Mapping[str, Sequence[Path]]) -> duckdb.DuckDBPyConnection:
    """A database that holds the views and can reach nothing but ``files``."""
    import duckdb

    connection = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "python_enable_replacements": "false",
            "temp_directory": "",
        },
    )
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"SET allowed_paths = {_listed([one for found in files.values() for one in found])}")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    connection.execute(_CASE_NAME)
    connection.execute("CREATE SCHEMA stored")
    for table in TABLES:
        if table in files:
            options = "hive_partitioning = true, hive_types = {machine: VARCHAR}"
            source = f"read_parquet({_listed(files[table])}, {options})"
            connection.execute(f"CREATE VIEW stored.{table} AS FROM {source}")
        else:
            connection.register("nothing", table_of(table, []))
            connection.execute(f"CREATE TABLE stored.{table} AS FROM nothing")
            connection.execute(f"ALTER TABLE stored.{table} ADD COLUMN machine VARCHAR")
            connection.unregister("nothing")
    for name, (_, query) in _VIEWS.items():
        connection.execute(f"CREATE VIEW {name} AS {query}")
    return connection


def _listed(paths: Sequence[Path]) -> str:
    return f"[{', '.join(map(_quoted, map(str, paths)))}]"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _rows(batch: pa.RecordBatch) -> list[tuple[Any, ...]]:
    return list(zip(*(column.to_pylist() for column in batch.columns), strict=True))


@contextmanager
def _explained() -> Iterator[None]:
    """DuckDB's errors as ours; while rows come they arrive as OSError, by way of Arrow.

    A question that is interrupted arrives as a RuntimeError.
    """
    import duckdb

    try:
        yield
    except RuntimeError as error:
        raise KeyboardInterrupt from error
    except (duckdb.Error, OSError) as error:
        raise QueryError(
            f"{_reason(str(error))} `groundspeed sql` without a question lists the views and columns."
        ) from error


def _reason(text: str) -> str:
    """DuckDB's reason in one sentence; what follows its first line draws an arrow into the question."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    hint = next((f" {line}" for line in lines if line.startswith(("Candidate", "Did you mean"))), "")
    return f"{lines[0].rstrip('.!') if lines else 'It failed'}.{hint}"
