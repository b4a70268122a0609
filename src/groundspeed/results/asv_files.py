"""asv's result files: bytes to domain and back. The one file that knows their layout, old and new.

A row is one benchmark at one commit in one environment. ``StoredFile`` keeps rows as asv's own
lists, since most of them are only passed through; ``row`` gives one as a typed value.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from groundspeed.results.asv_json import read_exact, read_fast, truncated, write_compact

COLUMNS = (
    "result",
    "params",
    "version",
    "started_at",
    "duration",
    "stats_ci_99_a",
    "stats_ci_99_b",
    "stats_q_25",
    "stats_q_75",
    "stats_number",
    "stats_repeat",
    "samples",
    "profile",
)  # asv.results.Results.save
STATS = COLUMNS[5:11]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BrokenFileError(ValueError):
    """A file is not what asv writes; the text says what is wrong, the caller knows which file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredFile:
    """One result file. ``columns`` maps a column's name to its position in each of ``rows``.

    ``rows`` are asv's lists, cut after the last value that is not null, or whatever stands there in
    a damaged file; whoever takes one looks. ``durations`` holds what
    belongs to no benchmark (``<build>``, ``<setup_cache KEY>``).
    """

    commit: str
    date_ms: int
    environment: str
    params: Mapping[str, Any]
    python: str
    requirements: Mapping[str, Any]
    env_vars: Mapping[str, Any]
    columns: Mapping[str, int]
    rows: Mapping[str, Any]
    durations: Mapping[str, Any]

    @property
    def date(self) -> datetime:
        """The commit's date."""
        return _EPOCH + timedelta(milliseconds=self.date_ms)


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One case in a row: a value (None: failed, NaN: skipped) and asv's statistics, if any."""

    value: float | None
    stats: Mapping[str, float | None]
    samples: Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One benchmark's row. ``cells`` are in the order of the parameters' product."""

    params: tuple[tuple[str, ...], ...]
    version: str | None
    started_at_ms: int | None
    duration_s: float | None
    cells: tuple[Cell, ...]
    profile: Any


def parse(data: bytes, *, exact: bool) -> StoredFile:
    """Read a result file, version 1 or 2. ``exact`` keeps NaN a float, else see ``read_fast``.

    Raises BrokenFileError. The rows themselves are judged one by one by whoever reads them.
    """
    try:
        document = read_exact(data) if exact else read_fast(data)
    except UnicodeDecodeError as error:
        raise BrokenFileError(f"is not UTF-8 (byte {error.start})") from error
    except (ValueError, RecursionError) as error:
        raise BrokenFileError(f"is not JSON: {error}" if data.strip() else "is empty") from error
    if not isinstance(document, dict):
        raise BrokenFileError("holds no JSON object")
    version = document.get("version")
    if version == 1:
        document = _upgraded(document)
    elif version != 2:
        raise BrokenFileError(f"has version {version!r}; versions 1 and 2 are known")
    return _stored(document)


def _stored(document: Mapping[str, Any]) -> StoredFile:
    columns = _typed(document, "result_columns", list)
    date_ms = _typed(document, "date", (int, float))
    try:
        _EPOCH + timedelta(milliseconds=date_ms)
    except (OverflowError, ValueError) as error:
        raise BrokenFileError(f"has an impossible date: {date_ms!r}") from error
    if "result" not in columns or not all(isinstance(column, str) for column in columns):
        raise BrokenFileError(f"has result_columns without a result: {columns!r}")
    return StoredFile(
        commit=_typed(document, "commit_hash", str),
        date_ms=int(date_ms),
        environment=_typed(document, "env_name", str),
        params=_typed(document, "params", dict),
        python=_typed(document, "python", str),
        requirements=_typed(document, "requirements", dict),
        env_vars=document.get("env_vars") or {},
        columns={column: position for position, column in enumerate(columns)},
        rows=_typed(document, "results", dict),
        durations=document.get("durations") or {},
    )


def _typed(document: Mapping[str, Any], key: str, kind: type | tuple[type, ...]) -> Any:
    value = document.get(key)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise BrokenFileError(
            f"lacks {key}" if value is None else f"has {key} of a wrong type: {value!r:.60}"
        )
    return value


# --- version 1 -----------------------------------------------------------------------------------


def _upgraded(document: Mapping[str, Any]) -> dict[str, Any]:
    """Version 1 as version 2, by the rules of ``asv.results.Results.update_to_2``."""
    results = _typed(document, "results", dict)
    names = sorted(results)
    rows = {name: _upgraded_row(name, results[name], document) for name in names}
    durations = document.get("duration") or {}
    return {
        **document,
        "version": 2,
        "env_name": document.get("env_name") or _old_environment_name(document),
        "result_columns": list(COLUMNS),
        "results": rows,
        "durations": {key: value for key, value in durations.items() if key.startswith("<")},
    }


def _upgraded_row(name: str, entry: Any, document: Mapping[str, Any]) -> list[Any]:
    """One row; a version 1 entry is a bare value or a mapping, its other facts stand elsewhere."""
    if not isinstance(entry, dict):
        entry = {"result": entry}
    stats = entry.get("stats")
    stats = stats if isinstance(stats, list) else [stats]
    value: dict[str, Any] = {
        "result": entry.get("result") if isinstance(entry.get("result"), list) else [entry.get("result")],
        "params": entry.get("params") or [],
        "samples": entry.get("samples"),
        "version": _of(document, "benchmark_version", name),
        "started_at": _of(document, "started_at", name),
        "duration": _shortened(_of(document, "duration", name)),
        "profile": _of(document, "profiles", name),
    }
    for column in STATS:
        value[column] = [_old_stat(one, column.removeprefix("stats_")) for one in stats]
    return _trimmed([value[column] for column in COLUMNS])


def _of(document: Mapping[str, Any], key: str, name: str) -> Any:
    table = document.get(key)
    return table.get(name) if isinstance(table, dict) else None


def _old_stat(stats: Any, key: str) -> Any:
    if not isinstance(stats, dict):
        return None
    if not key.startswith("ci_99"):
        return _shortened(stats.get(key))
    interval = stats.get("ci_99")
    if not isinstance(interval, list) or len(interval) != 2:
        return None
    return _shortened(interval[key.endswith("b")])


def _shortened(value: Any) -> Any:
    return truncated(value) if isinstance(value, float) else value


def _old_environment_name(document: Mapping[str, Any]) -> str:
    from asv.environment import get_env_name

    requirements = _typed(document, "requirements", dict)
    return str(get_env_name("", _typed(document, "python", str), requirements, {}))


# --- rows ----------------------------------------------------------------------------------------


def row(file: StoredFile, name: str) -> Row | None:
    """One row as a typed value; None where its shape is not asv's."""
    raw = file.rows[name]
    if not isinstance(raw, list):
        return None
    table = {column: raw[at] if at < len(raw) else None for column, at in file.columns.items()}
    params = table.get("params") or []
    if not isinstance(params, list) or not all(isinstance(values, list) for values in params):
        return None
    version = table.get("version")
    return Row(
        params=tuple(tuple(str(value) for value in values) for values in params),
        version=version if isinstance(version, str) else None,
        started_at_ms=_number(table.get("started_at")),
        duration_s=_number(table.get("duration")),
        cells=tuple(
            Cell(
                value=_number(_at(table.get("result"), position)),
                stats={column: _at(table.get(column), position) for column in STATS},
                samples=_at(table.get("samples"), position),
            )
            for position in range(math.prod(len(values) for values in params))
        ),
        profile=table.get("profile"),
    )


def _number(value: Any) -> Any:
    return value if isinstance(value, int | float) else None


def _at(values: Any, position: int) -> Any:
    return values[position] if isinstance(values, list) and position < len(values) else None


def row_to_wire(value: Row) -> list[Any]:
    """The list that ``Results.save`` writes: columns of nothing are null, null ends are cut."""
    cells = value.cells
    return _trimmed(
        [
            [cell.value for cell in cells],
            [list(values) for values in value.params],
            value.version,
            value.started_at_ms,
            truncated(value.duration_s),
            *([cell.stats.get(column) for cell in cells] for column in STATS),
            [cell.samples for cell in cells],
            value.profile,
        ]
    )


def _trimmed(wire: list[Any]) -> list[Any]:
    emptied = [
        None
        if position != 1 and isinstance(entry, list) and all(one is None for one in entry)  # 1: params
        else entry
        for position, entry in enumerate(wire)
    ]
    while emptied and emptied[-1] is None:
        emptied.pop()
    return emptied


def foreign_row(file: StoredFile, name: str) -> Any:
    """A row as it stands, its columns put in today's order."""
    raw = file.rows[name]
    if tuple(file.columns) == COLUMNS or not isinstance(raw, list):
        return raw
    known = {column: raw[at] for column, at in file.columns.items() if at < len(raw)}
    return _trimmed([known.get(column) for column in COLUMNS])


def render(file: StoredFile) -> bytes:
    """The bytes of a result file. ``rows`` must be in the order of ``COLUMNS``."""
    return write_compact(
        {
            "commit_hash": file.commit,
            "env_name": file.environment,
            "date": file.date_ms,
            "params": dict(file.params),
            "python": file.python,
            "requirements": dict(file.requirements),
            "env_vars": dict(file.env_vars),
            "result_columns": list(COLUMNS),
            "results": dict(file.rows),
            "durations": dict(file.durations),
            "version": 2,
        }
    )


def file_name(commit: str, environment: str) -> str:
    """``asv.results.get_filename`` without the machine: a long environment is named by its hash."""
    if len(environment) >= 128:
        digest = hashlib.md5(environment.encode("utf-8"), usedforsecurity=False).hexdigest()
        environment = f"env-{digest}"
    return f"{commit[:8]}-{environment}.json"


def milliseconds(moment: datetime) -> int:
    """asv's time stamp: milliseconds since 1970, halves rounded up (``datetime_to_js_timestamp``)."""
    return (moment - _EPOCH + timedelta(microseconds=500)) // timedelta(milliseconds=1)
